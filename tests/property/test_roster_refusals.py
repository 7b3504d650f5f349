"""However a roster is mangled, it is read, or refused with lines and reasons."""

import copy
import json
import re
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.roster.file import RosterError, parse_roster
from tests.build import NORTH

SYSTEMS = "systems: {hubspot: {floor: north}}\nnobody: hubspot\n"
ROTA = "hours: {from: 2026-01-05, weeks: [{mon: '09:00-10:00'}, {}]}, targets: [{call: 1}]"
WHOLE = NORTH.replace("{name: Ana,", f"{{{ROTA}, name: Ana,") + SYSTEMS
ODD = (
    *(None, "", "x", "-", "0", "-1", "nan", "5%", "NL", "mon", "MON", "UTC", "\u0663", "\x00"),
    *("0001-01-01", "9999-12-31", "9999-12-31T23:59", "2026-W01-1", "24:00-24:00", "00:00-24:00"),
    *([], {}, ["a"], [["x"]], [{}], {"a": "b"}, {"from": "2026-11-23"}),
)


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """Where something stands in nested mappings and lists."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    return [path, *(place for key in keys for place in places(value[key], (*path, key)))]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_mangled_roster_is_read_or_refused_with_its_lines(data: st.DataObject) -> None:
    whole = yaml.load(WHOLE, Loader=yaml.BaseLoader)
    for _ in range(data.draw(st.integers(1, 3))):
        *path, last = data.draw(st.sampled_from(places(whole)[1:]))
        around = whole
        for key in path:
            around = around[key]
        odd = copy.deepcopy(data.draw(st.sampled_from(ODD)))  # another mangling may write into it
        if isinstance(around, dict) and data.draw(st.booleans()):
            around[json.dumps(odd)] = around.pop(last)
        else:
            around[last] = odd

    try:
        parse_roster(json.dumps(whole, indent=1).encode())
    except RosterError as refused:
        for mistake in refused.mistakes:
            assert re.match(r"roster.yaml:\d+: .", mistake)
