"""Reads the hours in a roster: of a week, of a rota, of single dates; and absences."""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import yaml

from streams.clock import Minute
from streams.roster import values as forms
from streams.roster.calendar import Day, Rota, Span, Spans, Week, instant, weekday
from streams.roster.nodes import Nodes, items

_ABSENCE_FORM = (
    "{from: YYYY-MM-DD, to: YYYY-MM-DD}, both inclusive, or with times (YYYY-MM-DDTHH:MM), until "
    "the second one, exclusive"
)
_ROTA_FORM = "{from: YYYY-MM-DD, a Monday, weeks: [{mon-fri: ...}, {mon-fri: ...}]}"


def read_week(nodes: Nodes, node: yaml.Node | None) -> Week:
    """Weekly hours, as they are written."""
    if _is_rota(node):
        nodes.note(node, "a rota is for reps: give the floor the hours in which anybody works")
        return ((),) * 7
    week: list[Spans] = [()] * 7
    for key, value in nodes.entries(node, "hours", keys_are_lists=True):
        spans = read_spans(nodes, value)
        for day in [day for days in nodes.list_of(key, forms.weekdays) for day in days]:
            if week[day]:
                nodes.note(key, f"{forms.WEEKDAYS[day]} has hours already: give them once")
            week[day] = spans
    return tuple(week)


def read_rota(nodes: Nodes, node: yaml.Node) -> Rota:
    """A rep's hours: of a rota, or of one week that is always the same."""
    if not _is_rota(node):
        return Rota(0, (read_week(nodes, node),))
    entry = nodes.fields(node, ("from", "weeks"), "rota")
    first = nodes.form(entry.get("from"), forms.day, None)
    weeks = entry.get("weeks")
    if first is None and "from" not in entry:
        nodes.note(node, f"a rota needs `from`: write {_ROTA_FORM}")
    if first is not None and weekday(first) != 0:
        nodes.note(entry["from"], f"{date.fromordinal(first)} is no Monday: write {_ROTA_FORM}")
    if not isinstance(weeks, yaml.SequenceNode) or not weeks.value:
        nodes.note(weeks or node, f"a rota has a list of weeks: write {_ROTA_FORM}")
        return Rota(0, (((),) * 7,))
    return Rota(first or 0, tuple(read_week(nodes, week) for week in weeks.value))


def _is_rota(node: yaml.Node | None) -> bool:
    return isinstance(node, yaml.MappingNode) and any(
        key.value in ("from", "weeks") for key, _ in node.value
    )


def read_dates(nodes: Nodes, node: yaml.Node | None) -> dict[Day, Spans]:
    """The hours of single dates; none, written `[]`, is off."""
    dates: dict[Day, Spans] = {}
    for key, value in nodes.entries(node, "dates"):
        day = nodes.form(key, forms.day, None)
        spans = read_spans(nodes, value)
        if day is not None:
            dates[day] = spans
    return dates


def read_absences(
    nodes: Nodes, node: yaml.Node | None, zone: ZoneInfo
) -> tuple[tuple[tuple[Day, Day], ...], tuple[tuple[Minute, Minute], ...]]:
    """A rep's absences: those of days, both inclusive, and those of minutes, half-open."""
    days: list[tuple[Day, Day]] = []
    minutes: list[tuple[Minute, Minute]] = []
    if node is not None and not isinstance(node, yaml.SequenceNode):
        nodes.note(node, f"absences: expected a list of {_ABSENCE_FORM}")
        return (), ()
    for item in items(node):
        is_mapping = isinstance(item, yaml.MappingNode)
        entry = nodes.fields(item, ("from", "to"), "absence") if is_mapping else {}
        start = nodes.form(entry.get("from"), forms.day_or_time, None)
        end = nodes.form(entry.get("to"), forms.day_or_time, None)
        if isinstance(start, forms.LocalTime) and isinstance(end, forms.LocalTime) and start < end:
            minutes.append((instant(zone, *start), instant(zone, *end)))
        elif isinstance(start, Day) and isinstance(end, Day) and start <= end:
            days.append((start, end))
        elif len(entry) < 2:
            nodes.note(item, f"not an absence: write {_ABSENCE_FORM}")
        elif start is not None and end is not None:
            nodes.note(item, f"not an absence: {_mend(entry, start, end)}")
    return tuple(days), tuple(minutes)


def _mend(
    entry: dict[str, yaml.Node], start: Day | forms.LocalTime, end: Day | forms.LocalTime
) -> str:
    """What is wrong with an absence of two dates or times that can be read."""
    first, last = entry["from"].value, entry["to"].value
    if type(start) is not type(end):
        return (
            f"of {first} and {last} one has a time, the other has none: give both a time, or none"
        )
    if start == end:
        return f"`from` and `to` are both {first}, and `to` is exclusive: write a later one"
    return f"`to` ({last}) is before `from` ({first}): write the earlier one as `from`"


def read_spans(nodes: Nodes, node: yaml.Node) -> Spans:
    """The hours of one day, in order."""
    spans = tuple(sorted(nodes.list_of(node, _span)))
    if overlap(spans):
        nodes.note(node, "hours overlap: write spans that follow one another")
    return spans


def _span(text: str) -> Span:
    try:
        return forms.span(text)
    except ValueError as error:
        if any(map(str.isdigit, text)):
            raise
        raise ValueError(f"{error}, or [] for a day off") from None


def overlap(spans: Iterable[Span]) -> bool:
    """Whether some of the spans of a day have minutes in common."""
    return any(two.start < one.end for one, two in pairwise(sorted(spans)))
