"""What a worker tells of its floors, while its group hears it and while it does not."""

import pytest

from streams.clock import parse_instant
from streams.worker.floor_status import FloorStatus
from tests.build import MovingDesk

# Ana has been on shift since 08:30, without a touch.
NOW = parse_instant("2026-11-23T11:40:00+01:00")
ANAS_FLOOR = ("north",)


def told(*, is_heard: bool) -> dict[str, dict[tuple[str, ...], float]]:
    """What is exported, by family and labels."""
    status = FloorStatus(MovingDesk(NOW).board, is_personal=False)
    families = status.families(is_heard=is_heard)
    return {each.name: dict(each.figures) for each in families}


@pytest.mark.parametrize(("is_heard", "reps"), [(True, 1), (False, 0)])
def test_a_worker_whose_group_does_not_hear_it_has_no_rep_on_shift(
    is_heard: bool, reps: int
) -> None:
    floors = told(is_heard=is_heard)

    assert floors["floor_reps_on_shift"][ANAS_FLOOR] == reps
    assert floors["floor_reps_silent"][ANAS_FLOOR] == reps
    assert floors["floor_reps_scheduled"][ANAS_FLOOR] == 1
    assert floors["floor_open"][ANAS_FLOOR] == 1


def test_silence_is_told_in_seconds_and_in_touches_missed() -> None:
    floors = told(is_heard=True)

    assert floors["channel_silent_seconds"]["north", "call"] == 190 * 60
    assert floors["channel_missed_touches"]["north", "call"] == pytest.approx(40 / 510 * 190)
    assert ("north", "call") not in floors["channel_last_event_timestamp_seconds"]
