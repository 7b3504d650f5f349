"""Reads the hours in a roster: of a week."""

from itertools import pairwise

import yaml

from streams.roster import values as forms
from streams.roster.calendar import Span, Week
from streams.roster.nodes import Nodes


def read_week(nodes: Nodes, node: yaml.Node | None) -> Week:
    """Weekly hours, as they are written."""
    week: list[tuple[Span, ...]] = [()] * 7
    for key, value in nodes.entries(node, "hours", keys_are_lists=True):
        spans = read_spans(nodes, value)
        for weekday in [day for days in nodes.list_of(key, forms.weekdays) for day in days]:
            if week[weekday]:
                nodes.note(key, f"{forms.WEEKDAYS[weekday]} has hours already: give them once")
            week[weekday] = spans
    return tuple(week)


def read_spans(nodes: Nodes, node: yaml.Node) -> tuple[Span, ...]:
    """The hours of one day, in order."""
    spans = tuple(sorted(nodes.list_of(node, forms.span)))
    if any(two.start < one.end for one, two in pairwise(spans)):
        nodes.note(node, "hours overlap: write spans that follow one another")
    return spans
