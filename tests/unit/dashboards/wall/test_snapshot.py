"""What was read of Redis, what is of another version, and what was known last."""

import json

from dashboards.wall.snapshot import (
    PartKey,
    Snapshot,
    part_keys,
    read_layout,
    read_parts,
    with_last_known,
)
from metrics.readings import encode
from tests.wallbuild import floor, kpi, layout, leads, part, row, shown, snapshot, team


def test_with_redis_away_everything_is_grey_and_the_last_known_numbers_stay() -> None:
    found = snapshot(part(0, row(effective_touches__today__call=7)), part(1))
    view = shown(found, away="Redis is away.")

    assert (view.state, view.message) == (
        "redis_away",
        "Redis is away. Showing the last known numbers.",
    )
    assert floor(view).is_grey
    assert team(view, "hunters").is_grey
    assert kpi(floor(view), "touchpoints").text == "7"
    assert {each.state for each in floor(view).kpis} == {"stale"}
    assert shown(Snapshot(), away="Redis is away.").message == "Redis is away."


def test_without_a_layout_the_wall_waits_for_the_first_worker() -> None:
    view = shown(read_layout(None))

    assert (view.state, view.message, view.floors) == (
        "waiting",
        "Waiting for the first worker.",
        [],
    )


def of_another_catalogue(raw: bytes) -> bytes:
    return json.dumps({**json.loads(raw), "catalogue": "0123"}).encode()


def test_another_catalogue_is_named_in_words_for_the_layout_and_for_a_part() -> None:
    view = shown(read_layout(of_another_catalogue(encode(layout()))))
    assert "written with catalogue 0123" in view.message
    assert "run the same version of the worker and the wall" in view.message

    raws: dict[PartKey, bytes | None] = {key: encode(part(0)) for key in part_keys(layout())}
    raws[PartKey("reps", 1)] = of_another_catalogue(encode(part(1)))
    found = shown(read_parts(layout(), raws))
    assert floor(found).incomplete == "partition 1 was written by another version"


def test_a_part_of_another_version_leaves_the_last_numbers_and_greys_them() -> None:
    before = snapshot(part(0), part(1, row(effective_touches__today__call=7)))
    readable = {PartKey("reps", 0): part(0), PartKey("leads", 0): leads()}
    after = Snapshot(layout(), readable, frozenset({PartKey("reps", 1)}))
    view = shown(with_last_known(after, before))

    assert kpi(floor(view), "touchpoints").text == "7"
    assert kpi(floor(view), "touchpoints").verdict == "incomplete"
    assert "partition 1 was written by another version" in floor(view).incomplete


def test_what_is_written_is_what_is_read_and_what_is_not_ours_is_reported() -> None:
    known = layout()
    parts = {PartKey("reps", 0): part(0, row()), PartKey("leads", 0): leads()}
    raws = {key: encode(parts[key]) if key in parts else None for key in part_keys(known)}
    found = read_parts(known, raws)
    assert {key: encode(each) for key, each in found.parts.items()} == {
        key: encode(each) for key, each in parts.items()
    }

    for raw in (b"", b"[]", b"7", b'"text"', b"{}", b"\xff"):
        assert read_layout(raw).trouble
        assert read_parts(known, {PartKey("reps", 0): raw}).unreadable
