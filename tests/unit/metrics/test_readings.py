"""Readings come back as they were written, and another catalogue is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from metrics.names import SERIES
from metrics.readings import (
    FloorInfo,
    Layout,
    OtherCatalogueError,
    Part,
    RepReading,
    TeamDay,
    TeamPast,
    TeamRow,
    add,
    decode_layout,
    decode_part,
    decode_pasts,
    decode_rep,
    encode,
    encode_pasts,
    sums_in,
)

ROW = TeamRow("north", "hunters", 3, [float(n) for n in range(len(SERIES))])


@given(st.text(min_size=1), st.floats(0, 2e9), st.none() | st.floats(0, 2e9))
def test_what_is_written_comes_back(name: str, at: float, until: float | None) -> None:
    days = [TeamDay(name, name, 7, [1, 2], [at, 0])]
    pasts = [TeamPast(name, name, [7, 8], [1, 0], {"contacts": [at, 2]})]
    part = Part(
        *("reps", 3, at, at + 1, False, until, {"call": at}, [ROW]),
        days=days,
        pasts=encode_pasts(pasts),
    )
    rep = RepReading(name, name, 2, at, at, "hunters", "north", "UTC", "2026-11-23", [ROW])
    floors = [FloorInfo(name, "UTC", True, ["a"], {"pace": 1.0})]
    layout = Layout(4, 5, at, at, "ab", floors)

    again = decode_part(encode(part))
    assert decode_pasts(again.pasts) == pasts
    assert replace(again, pasts=part.pasts) == part
    assert decode_rep(encode(rep)) == rep
    assert decode_layout(encode(layout)) == layout


def test_another_catalogue_is_refused_and_named() -> None:
    raw = encode(Part("leads", 0, 1.0, 1.0, True, 1.0, {}))
    other = json.dumps({**json.loads(raw), "catalogue": "0123456789ab"}).encode()

    with pytest.raises(OtherCatalogueError, match="0123456789ab"):
        decode_part(other)


def test_sums_are_per_window_over_channels_and_over_rows() -> None:
    touches = {s: i for i, s in enumerate(SERIES) if (s.measure, s.window) == ("touches", "1h")}

    assert sums_in("1h", ROW.values)["touches"] == sum(touches.values())
    assert add([ROW.values, ROW.values])[5] == 10
    assert add([]) == [0] * len(SERIES)
