"""A number of a rep with what is behind it, as the wall is given it, and as JSON and CSV."""

import csv
import io
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

T = TypeVar("T")
# How a cell begins that a spreadsheet would compute, also where it divides lines at other signs.
_FORMULA = re.compile(r"(?:^|(?<=[;,\t\r\n|]))(?=\s*[=+\-@\t\r])")
MOST_OUTSIDE = 10  # events before the window, and after it, that a table shows
# What is given of an event, by the words of the contract.
FIELDS = (
    *("at", "team", "channel", "status", "lead_id", "contact_id", "direction", "outcome"),
    *("talk_seconds", "disposition", "automated", "retracted", "origin", "rep_id", "decided_by"),
    *("reason", "id", "source", "version"),
)


class Asked(NamedTuple):
    """Which number: of a rep, a measure in a window, by one channel or all."""

    rep: str
    measure: str
    window: str
    channel: str | None


class NoAnswerError(ValueError):
    """There is no such number."""


class BusyError(RuntimeError):
    """Others are being answered; ask again."""


class AwayError(RuntimeError):
    """What is behind the numbers cannot be read now."""


class Rule(msgspec.Struct):
    """A team that the rep is or was in, and by which rule of its floor a touch is effective."""

    team: str
    floor: str
    effective_rule: str  # its digest
    effective_talk_seconds: int
    effective_dispositions: list[str]
    overdue_before: str
    decide_within_days: int


class Counted(msgspec.Struct):
    """One unit of the number, of one event or of several about a contact."""

    team: str
    events: list[dict[str, Any]]
    contact_id: str | None = None


class Scheduled(msgspec.Struct):
    """Scheduled minutes [start, end), and what is expected in one, by channel."""

    team: str
    start: str
    end: str
    expected_per_minute: dict[str, float]


class LeftOut(msgspec.Struct):
    """An event that is not in the number, why in a sentence, and what it was."""

    reason: str
    why: str
    event: dict[str, Any]
    detail: str = ""
    detail_at: str = ""


class Explanation(msgspec.Struct):
    """A number at an instant, for [start, end), with its list; all times in the rep's zone.

    `notes` say what may be missing in it.
    """

    rep: str
    name: str
    measure: str
    help: str
    window: str
    window_title: str
    channel: str | None
    value: float
    at: str
    start: str
    end: str
    zone: str
    teams: list[Rule]
    counted: list[Counted]
    scheduled: list[Scheduled]
    left_out: list[LeftOut]
    notes: list[str]


# The answer as JSON. Raises NoAnswerError, BusyError or AwayError.
Explain = Callable[[Asked], Awaitable[bytes]]
_decoder = msgspec.json.Decoder(Explanation)


async def explains_nothing(_asked: Asked) -> bytes:
    """The answer of a wall that reads no events; raises AwayError."""
    raise AwayError


def read(document: bytes) -> Explanation:
    """The explanation that a document says."""
    return _decoder.decode(document)


def too_far(outside: Sequence[T], is_before: Callable[[T], bool]) -> list[T]:
    """Of the events outside a window, by time, those that a table leaves out; the nearest stay."""
    before = [event for event in outside if is_before(event)]
    after = outside[len(before) :]
    return [*before[:-MOST_OUTSIDE], *after[MOST_OUTSIDE:]]


def as_csv(shown: Explanation) -> str:
    """Every event with whether it counts, why not, and the digest of the rule; for spreadsheets."""
    rule_of = {rule.team: rule.effective_rule for rule in shown.teams}
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(("verdict", "unit", "why", "detail", "effective_rule", *FIELDS, "until"))
    for number, unit in enumerate(shown.counted, 1):
        for event in unit.events:
            rows.writerow(_cells("counted", str(number), ("", ""), event, rule_of))
    for stretch in shown.scheduled:
        when = {"at": stretch.start, "team": stretch.team}
        rows.writerow((*_cells("scheduled", "", ("", ""), when, rule_of)[:-1], stretch.end))
    for left in shown.left_out:
        detail = f"{left.detail} {left.detail_at}".strip()
        rows.writerow(_cells("left out", "", (left.why, detail), left.event, rule_of))
    return out.getvalue()


def _cells(
    verdict: str,
    unit: str,
    why: tuple[str, str],
    event: Mapping[str, Any],
    rule_of: Mapping[str, str],
) -> list[str]:
    fields = ("" if event.get(name) is None else str(event[name]) for name in FIELDS)
    rule = rule_of.get(str(event.get("team", "")), "")
    return list(_harmless([verdict, unit, *why, rule, *fields, ""]))


def _harmless(cells: list[str]) -> Iterator[str]:
    """Cells that no spreadsheet takes for a formula."""
    for cell in cells:
        yield _FORMULA.sub("'", cell)
