"""Reads one floor of a roster, and the rules that a floor may have of its own."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from zoneinfo import ZoneInfo

import yaml

from metrics.channels import CHANNEL_NAMES
from metrics.kpis import KPIS
from streams.roster import values as forms
from streams.roster.calendar import FloorCalendar, Week, no_holiday
from streams.roster.floors import DECIDE_WITHIN_DAYS, EffectiveRule, Floor
from streams.roster.hours import read_dates, read_week
from streams.roster.nodes import Nodes

UTC = ZoneInfo("UTC")
TARGETS = dict.fromkeys(CHANNEL_NAMES, forms.number)

# KPIs a floor may set a target for: those that are ratios. Those of other measures than shares may
# exceed the whole.
_MOST = {"pace": 3.0}
_KPI_TARGETS = {
    kpi.name: partial(forms.ratio, most=_MOST.get(kpi.name, 1.0)) for kpi in KPIS if kpi.is_ratio
}
KNOWN = (
    *("zone", "holidays", "closed", "open", "dates", "decide_within_days", "kpi_targets"),
    *("hours", "breaks", "targets", "effective"),
)


def read_floor(nodes: Nodes, key: yaml.Node, node: yaml.Node, rule: EffectiveRule) -> Floor:
    """The floor of an entry; *rule* holds where it has none of its own."""
    entry = nodes.fields(node, KNOWN, f"floor {key.value!r}")
    for needed in ("zone", "hours"):
        if needed not in entry:
            nodes.note(key, f"floor {key.value!r} needs `{needed}`")
    holidays = entry.get("holidays")
    hours = read_week(nodes, entry.get("hours"))
    decide_within = entry.get("decide_within_days")
    return Floor(
        name=str(key.value),
        zone=nodes.form(entry.get("zone"), forms.zone, UTC),
        hours=hours,
        calendar=_read_calendar(nodes, hours, entry),
        breaks=tuple(nodes.list_of(entry.get("breaks"), forms.span)),
        targets=nodes.numbers(entry.get("targets"), TARGETS, "channel"),
        rule=read_rule(nodes, entry.get("effective"), rule),
        decide_within_days=nodes.form(decide_within, forms.whole_number, DECIDE_WITHIN_DAYS),
        kpi_targets=nodes.numbers(entry.get("kpi_targets"), _KPI_TARGETS, "KPI"),
        holidays=None if holidays is None else str(holidays.value),
    )


def _read_calendar(nodes: Nodes, hours: Week, entry: Mapping[str, yaml.Node]) -> FloorCalendar:
    closed = frozenset(nodes.list_of(entry.get("closed"), forms.day))
    opened = frozenset(nodes.list_of(entry.get("open"), forms.day))
    dates = read_dates(nodes, entry.get("dates"))
    for day in sorted(closed & {*opened, *dates}):
        other = "dates" if day in dates else "open"
        message = f"{date.fromordinal(day)} is in `closed` and in `{other}`: take one of them out"
        nodes.note(entry["closed"], message)
    is_holiday = nodes.form(entry.get("holidays"), forms.holiday_test, no_holiday)
    return FloorCalendar(hours, closed, is_holiday, opened, dates)


def read_rule(nodes: Nodes, node: yaml.Node | None, default: EffectiveRule) -> EffectiveRule:
    """An effective rule; what it does not say is that of *default*."""
    entry = nodes.fields(node, ("dispositions", "talk_seconds"), "effective")
    dispositions = default.dispositions
    if "dispositions" in entry:
        dispositions = frozenset(nodes.list_of(entry["dispositions"], str))
    talk = nodes.form(entry.get("talk_seconds"), forms.whole_number, default.talk_seconds)
    return EffectiveRule(dispositions, talk)
