"""What a Grafana dashboard holds: queries in panels, panels in lines; refused where it is wrong.

Nothing here knows grafanalib: `dashboards.grafana.panels` makes panels, `document` the JSON.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

COLUMNS = 24
MOST_QUERIES = 26  # they are named by letters
_UID = re.compile(r"[a-z][a-z-]{0,39}")  # Grafana takes 40 characters
_RATE = re.compile(r"\b(?:rate|irate|increase)\((?P<over>[^()]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query of a panel. `may_be_empty` is the reason why it may find nothing at all."""

    expr: str
    legend: str = ""
    is_instant: bool = False
    is_table: bool = False
    may_be_empty: str = ""

    def __post_init__(self) -> None:
        for rate in _RATE.finditer(self.expr):
            if not rate["over"].endswith("[$__rate_interval]"):
                raise ValueError(f"a rate over another stretch than $__rate_interval: {self.expr}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A panel of `width` columns; `make` writes it as what it is."""

    title: str
    help: str
    width: int
    queries: Sequence[Query]
    make: Callable[..., Any]

    def __post_init__(self) -> None:
        if not (self.title and self.help):
            raise ValueError(f"a panel without a title or a description: {self.title or self.help}")
        if len(self.queries) > MOST_QUERIES:
            raise ValueError(f"more than {MOST_QUERIES} queries in a panel: {self.title}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Panels of one height beside each other, under a heading where one is given."""

    height: int
    panels: Sequence[Panel]
    heading: str = ""

    def __post_init__(self) -> None:
        if sum(panel.width for panel in self.panels) > COLUMNS:
            raise ValueError(f"wider than {COLUMNS} columns: {[p.title for p in self.panels]}")


def letter(index: int) -> str:
    """What a query of a panel is called."""
    return chr(ord("A") + index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a panel, or a heading, stands."""

    number: int
    x: int
    y: int
    width: int
    height: int


def placed(lines: Sequence[Line]) -> Iterator[tuple[Position, Panel | str]]:
    """Panels and headings in the order in which they are read, each with its position."""
    number, y = 1, 0
    for line in lines:
        if line.heading:
            yield Position(number=number, x=0, y=y, width=COLUMNS, height=1), line.heading
            number, y = number + 1, y + 1
        x = 0
        for panel in line.panels:
            yield (
                Position(number=number, x=x, y=y, width=panel.width, height=line.height),
                panel,
            )
            number, x = number + 1, x + panel.width
        y += line.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A value to choose from what `query` finds; several, or all, where it is `is_multi`.

    One that is hidden is asked for by no query here, and handed on by the links.
    """

    name: str
    label: str
    query: str
    is_multi: bool = False
    is_hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that keeps time range and variables: to one dashboard, or to all with a tag."""

    title: str
    uid: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A dashboard. `alerts` are matchers of those that are annotations; None: it has no time axis.

    On a wall the time picker is hidden.
    """

    uid: str
    title: str
    help: str
    lines: Sequence[Line]
    variables: Sequence[Variable] = ()
    links: Sequence[Link] = ()
    tag: str
    since: str
    refresh: str
    alerts: str | None = None
    is_wall: bool = False

    def __post_init__(self) -> None:
        if not _UID.fullmatch(self.uid):
            raise ValueError(f"not a uid that Grafana takes: {self.uid!r}")

    @property
    def panels(self) -> list[Panel]:
        """All panels, in the order in which they are read."""
        return [panel for line in self.lines for panel in line.panels]
