"""What a worker says of its floors, with and without a heartbeat of its group."""

import pytest

from streams.clock import parse_instant
from streams.worker.floor_status import FloorStatus
from tests.build import MovingDesk, call

# Ana has been on shift since 08:30, without a touch.
NOW = parse_instant("2026-11-23T11:40:00+01:00")
ANAS_FLOOR = ("north",)


def exported(*, has_heartbeat: bool) -> dict[str, dict[tuple[str, ...], float]]:
    """What is exported, by series and the values of its labels."""
    status = FloorStatus(MovingDesk(NOW).board, is_personal=False)
    families = status.families("w1", has_heartbeat=has_heartbeat)
    return {
        family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples}
        for family in families
    }


@pytest.mark.parametrize(("has_heartbeat", "reps"), [(True, 1), (False, 0)])
def test_a_worker_without_a_heartbeat_has_no_rep_on_shift(has_heartbeat: bool, reps: int) -> None:
    floors = exported(has_heartbeat=has_heartbeat)

    assert floors["floorpulse_floor_reps_on_shift"][*ANAS_FLOOR, "w1"] == reps
    assert floors["floorpulse_floor_reps_silent"][*ANAS_FLOOR, "w1"] == reps
    assert floors["floorpulse_floor_reps_scheduled"][ANAS_FLOOR] == 1
    assert floors["floorpulse_floor_open"][ANAS_FLOOR] == 1


def test_silence_is_exported_in_seconds_and_in_touches_missed() -> None:
    floors = exported(has_heartbeat=True)

    assert floors["floorpulse_channel_silent_seconds"]["north", "call"] == 190 * 60
    assert floors["floorpulse_channel_missed_touches"]["north", "call"] == pytest.approx(
        40 / 510 * 190
    )
    assert ("north", "call") not in floors["floorpulse_channel_last_event_timestamp_seconds"]


def test_nobody_is_named_where_no_series_names_a_rep() -> None:
    processor = MovingDesk(NOW)
    processor.deliver(call(rep="dot"))
    for names_reps, named in ((True, {("dot",): 1}), (False, {})):
        status = FloorStatus(processor.board, is_personal=False, names_reps=names_reps)
        (family,) = (
            family
            for family in status.families("w1", has_heartbeat=True)
            if family.name == "floorpulse_rep_unassigned"
        )
        assert {tuple(s.labels.values()): s.value for s in family.samples} == named
