"""Alerts about what comes in: a feed that is silent, and events that are not counted as sent."""

from collections.abc import Iterator
from textwrap import indent

from dashboards.alerting.alert import Alert, platform_alert
from dashboards.alerting.promql import (
    WHILE_OPEN,
    behind,
    over_workers,
    recorded,
    silent_channels,
    silent_floors,
)
from metrics.names import FamilyName, metric
from metrics.thresholds import (
    COLLAPSE_AT_LEAST,
    COLLAPSE_RATIO,
    COLLAPSE_Z,
    FLOOD_AT_LEAST,
    FLOOD_SHARE,
    LATE_AT_LEAST,
    LATE_SHARE,
    NO_PERSON_SHARE,
    UNMAPPED_AT_LEAST,
    UNMAPPED_SHARE,
)

_BELIEVED = f"unless on () {recorded('pipeline', 'behind', 'count')}"  # nor are we behind
_NO_PERSON = "no_rep|placeholder"  # reasons of events that are about nobody, and no fault
_NO_LETTER = f"{_NO_PERSON}|forgotten"  # and of those that are about somebody who was forgotten


def outage_alerts() -> Iterator[Alert]:
    """A floor, or a channel of it, from which nothing comes in."""
    yield platform_alert(
        "FloorActivityCollapse",
        _collapse(),
        "{{ $labels.floor }}: the whole floor went quiet",
        "Many reps went quiet together: suspect the telephony or the CRM feed before the people.",
        hold="3m",
        keep="5m",
        scope="outage",
    )
    yield platform_alert(
        "KPIChannelSilent",
        f"({silent_channels()})\n{WHILE_OPEN}\n{_BELIEVED}",
        "{{ $labels.floor }}: nothing comes in on channel {{ $labels.channel }}",
        "{{ $value | humanize }} effective touches were expected since the last one came in.",
        hold="1m",
        scope="outage",
    )


def _collapse() -> str:
    too_few = behind("floor", "15m", z=COLLAPSE_Z, ratio=COLLAPSE_RATIO, at_least=COLLAPSE_AT_LEAST)
    return (
        f"(\n  sum without (window) (\n{indent(too_few, '    ')}\n  )\n"
        f"  or\n  {silent_floors()}\n)\n{WHILE_OPEN}\n{_BELIEVED}"
    )


def event_alerts() -> Iterator[Alert]:
    """Events that are late, rejected, about nobody, or of unknown words."""
    yield platform_alert(
        "KPILateEventsDropped",
        _share_of_events("events_late_total", "15m", LATE_SHARE, LATE_AT_LEAST),
        "{{ $value | humanizePercentage }} of the events are late",
        "They are kept in the late topic, and not counted.",
        hold="5m",
        severity="ticket",
    )
    yield platform_alert(
        "KPIDeadLetterFlood",
        _share_of_events("events_rejected_total", "5m", FLOOD_SHARE, FLOOD_AT_LEAST),
        "{{ $value | humanizePercentage }} of the events are rejected",
        "They are kept in the dead-letter topic, and not counted.",
        hold="2m",
    )
    yield platform_alert(
        "KPIDeadLetters",
        f"{_events('events_rejected_total', '15m', 'topic', 'reason')} > 0",
        "events of {{ $labels.topic }} cannot be read: {{ $labels.reason }}",
        "`floorpulse dead-letters list` shows them with the reason.",
        hold="",
        keep="30m",
        severity="ticket",
    )
    yield from _content()


def _content() -> Iterator[Alert]:
    yield platform_alert(
        "KPIUnmappedWords",
        _unmapped(),
        "{{ $value | humanizePercentage }} of the events of {{ $labels.topic }} have unknown words",
        "They are counted with the word read as unknown; the runbook shows field and word.",
        hold="5m",
        severity="ticket",
    )
    yield platform_alert(
        "KPIEventsWithoutPerson",
        f"{_without_person()} > {NO_PERSON_SHARE:g}",
        "many events of {{ $labels.topic }} are about nobody",
        f"Over {100 * NO_PERSON_SHARE:g} % in a day have no rep, a placeholder or no value at all; "
        "none is counted.",
        hold="5m",
        severity="ticket",
    )


def _share_of_events(name: FamilyName, window: str, share: float, at_least: int) -> str:
    some, all_of_them = _events(name, window), _events("events_received_total", window)
    return f"{some} / {all_of_them} > {share:g}\nand {some} > {at_least}"


def _unmapped() -> str:
    some = _events("unmapped_events_total", "30m", "topic")
    received = _events("events_received_total", "30m", "topic")
    return f"{some} / {received} > {UNMAPPED_SHARE:g}\nand {some} >= {UNMAPPED_AT_LEAST}"


def _without_person() -> str:
    """By topic, the share of a day's events that are about nobody, tombstones too."""
    refused = f'{metric("events_rejected_total")}{{reason=~"{_NO_PERSON}"}}'
    some = over_workers(f"increase({refused}[1d])", "topic", of=["reason"])
    nothing = _events("events_tombstone_total", "1d", "topic")
    return f"({some} + {nothing}) / {_events('events_received_total', '1d', 'topic')}"


def _events(name: FamilyName, window: str, *by: str) -> str:
    """The increase of a counter of events over all topics, or by some labels."""
    chosen = f'{{reason!~"{_NO_LETTER}"}}' if name == "events_rejected_total" else ""
    grown = f"increase({metric(name)}{chosen}[{window}])"
    return over_workers(grown, *by, of=("topic", "reason"))
