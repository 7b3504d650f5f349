"""The kinds of panels, with the defaults of the house.

What grafanalib 0.7.1 writes wrongly for Grafana 11 and later is written here instead: bar gauges,
steps of thresholds. `dashboards.grafana.document` makes the JSON of a whole dashboard.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from grafanalib import core as gl
from grafanalib import formatunits

from dashboards.grafana import palette
from dashboards.grafana.layout import Panel, Query, letter

# Without one, Grafana takes a stat or a bar gauge for one of before 8 and migrates it: a percentage
# then gets a maximum of 1.
MADE_FOR = {"pluginVersion": "11.0.0"}

_UNITS = {value for value in vars(formatunits).values() if isinstance(value, str)}


def stat(
    title: str,
    help: str,
    width: int,
    *queries: Query,
    unit: str,
    decimals: int | None = None,
    words: palette.Words | None = None,
    steps: Sequence[tuple[float, str]] = (),
    is_judged: bool = False,
    name_size: int | None = None,
) -> Panel:
    """Big numbers. Those of a judged query are coloured by the state in their name."""
    options: dict[str, Any] = {
        "wideLayout": False,
        "showPercentChange": False,
        "percentChangeColorMode": "standard",
    }
    if name_size:
        options["text"] = {"titleSize": name_size}
    make = partial(
        gl.Stat,
        format=_known(unit),
        decimals=decimals,
        mappings=palette.mappings(words or {}),
        thresholds=palette.steps(steps),
        color={"mode": "thresholds"},
        colorMode="background_solid" if is_judged else "value",
        graphMode="none",
        textMode="value_and_name" if any(query.legend for query in queries) else "value",
        alignment="center",
        reduceCalc="lastNotNull",
        noValue=palette.NOTHING,
        overrides=palette.state_colours() if is_judged else [],
        extraJson={"options": options, **MADE_FOR},
    )
    return Panel(title=title, help=help, width=width, queries=queries, make=make)


class _BarGauge(gl.Panel):  # type: ignore[misc]
    """grafanalib's own writes the form of Grafana 6."""

    def to_json_data(self) -> Any:
        return self.panel_json({"type": "bargauge"})


def bar_gauge(
    title: str, help: str, width: int, *queries: Query, unit: str, decimals: int | None = None
) -> Panel:
    """Bars below each other, coloured by the state in their name."""
    defaults = {
        "unit": _known(unit),
        "decimals": decimals,
        "min": 0,
        "color": {"mode": "thresholds"},
        "mappings": palette.mappings({}),
        "noValue": palette.NOTHING,
    }
    options = {
        "displayMode": "basic",
        "valueMode": "text",
        "namePlacement": "left",
        "showUnfilled": True,
        "sizing": "auto",
        "minVizWidth": 8,
        "minVizHeight": 16,
        "maxVizHeight": 48,
        "orientation": "horizontal",
        "legend": {
            "showLegend": False,
            "displayMode": "hidden",
            "placement": "bottom",
            "calcs": [],
        },
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    fields = {"defaults": defaults, "overrides": palette.state_colours()}
    made = {"fieldConfig": fields, "options": options, **MADE_FOR}
    make = partial(_BarGauge, thresholds=palette.steps(()), extraJson=made)
    return Panel(title=title, help=help, width=width, queries=queries, make=make)


def time_series(
    title: str,
    help: str,
    width: int,
    *queries: Query,
    unit: str,
    dashed: Iterable[int] = (),
    repeat: str = "",
    since: str | None = None,
) -> Panel:
    """Lines through time; those of the queries *dashed*, by index, are what is aimed at.

    Each query has its own colour. One of several series is coloured by Grafana, with a table of
    their last values. With *repeat* there is a panel for each value of that variable, and *since*
    is a range of its own.
    """
    are_many = any("{{" in query.legend for query in queries)
    make = partial(
        gl.TimeSeries,
        unit=_known(unit),
        lineWidth=2,
        showPoints="never",
        lineInterpolation="stepAfter",
        axisSoftMin=0,
        legendDisplayMode="table" if are_many else "list",
        legendPlacement="right" if are_many else "bottom",
        legendCalcs=["lastNotNull"],
        tooltipMode="multi",
        tooltipSort="desc",
        thresholds=palette.steps(()),
        overrides=list(palette.line_styles(queries, set(dashed))),
        timeFrom=since,
        repeat=gl.Repeat("h", repeat, 4) if repeat else gl.Repeat(),
        extraJson={
            "fieldConfig": {"defaults": {"noValue": palette.NOTHING}},
            "options": {"legend": {"showLegend": True}},
        },
    )
    return Panel(title=title, help=help, width=width, queries=queries, make=make)


def state_timeline(
    title: str, help: str, width: int, *queries: Query, words: palette.Words
) -> Panel:
    """palette.Words through time, a row for each series."""
    make = partial(
        gl.StateTimeline,
        mappings=palette.mappings(words),
        thresholds=palette.steps(()),
        extraJson={
            "fieldConfig": {"defaults": {"unit": "none", "noValue": palette.NOTHING}},
            "options": {
                "legend": {"showLegend": False, "calcs": []},
                "tooltip": {"sort": "none"},
            },
        },
    )
    return Panel(title=title, help=help, width=width, queries=queries, make=make)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table: the `label` of that name, or the value of a `query`."""

    name: str
    label: str = ""
    query: Query | None = None
    unit: str = "none"
    decimals: int | None = None
    words: palette.Words | None = None


def table(title: str, help: str, width: int, *columns: Column, query: Query | None = None) -> Panel:
    """A row for each set of labels that is found now, with the values that the columns ask for.

    Where no column asks, *query* finds the rows.
    """
    asking = [column for column in columns if column.query is not None]
    asked = [column.query for column in asking if column.query] or ([query] if query else [])
    by = ", ".join(column.label for column in columns if column.label)
    # Another label, a name even, would keep rows apart that belong together.
    queries = [
        replace(one, expr=f"max by ({by}) ({one.expr})", is_instant=True, is_table=True)
        for one in asked
    ]
    names = [
        f"Value #{letter(index)}" if len(queries) > 1 else "Value" for index in range(len(asked))
    ]
    source = {column.name: column.label for column in columns}
    source |= {column.name: name for column, name in zip(asking, names, strict=False)}
    hidden = ["Time"] if asking else ["Time", "Value"]
    organize = {
        "excludeByName": dict.fromkeys(hidden, True),
        "includeByName": {},
        "indexByName": {name: index for index, name in enumerate(source.values())},
        "renameByName": {name: column for column, name in source.items()},
    }
    make = partial(
        gl.Table,
        unit="none",
        thresholds=palette.steps(()),
        overrides=[_cells(column) for column in asking],
        transformations=[
            {"id": "merge", "options": {}},
            {"id": "organize", "options": organize},
        ],
        extraJson={
            "fieldConfig": {
                "defaults": {"color": {"mode": "thresholds"}, "noValue": palette.NOTHING}
            },
        },
    )
    return Panel(title=title, help=help, width=width, queries=queries, make=make)


def _cells(column: Column) -> dict[str, Any]:
    properties: list[dict[str, Any]] = [{"id": "unit", "value": _known(column.unit)}]
    if column.decimals is not None:
        properties.append({"id": "decimals", "value": column.decimals})
    if column.words:
        properties.append({"id": "mappings", "value": palette.mappings(column.words)})
    return {"matcher": {"id": "byName", "options": column.name}, "properties": properties}


def text(title: str, help: str, width: int, markdown: str) -> Panel:
    """Prose."""
    make = partial(gl.Text, content=markdown, mode="markdown")
    return Panel(title=title, help=help, width=width, queries=(), make=make)


def _known(unit: str) -> str:
    """grafanalib takes any, and Grafana then shows it behind the number."""
    if unit not in _UNITS:
        raise ValueError(f"not a unit of Grafana: {unit!r}")
    return unit
