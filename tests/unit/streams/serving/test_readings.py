"""What the wall finds of a worker's reps and systems."""

from metrics.names import SERIES_INDEX, Series
from streams.clock import parse_instant
from streams.kafka.topics import Topics
from streams.serving.readings import Readings
from streams.settings import Settings
from tests.build import NORTH, MovingDesk, status

TEN = "2026-11-23T10:00:00+01:00"


def test_systems_are_in_the_sums_of_their_floor_and_are_no_reps() -> None:
    text = NORTH + "systems: {crm: {floor: north}}\nnobody: crm\n"
    processor = MovingDesk(parse_instant("2026-11-23T12:00:00+01:00"), text)
    processor.deliver(status("created", TEN, "crm"), status("created", TEN, None, "L2"))
    readings = Readings(processor, Topics(Settings.from_env({})))
    readings.refresh(processor.board.take_changed())

    parts = [readings.part("reps", number, {}, True) for number in range(12)]
    systems = [row for part in parts for row in part.teams if row.team == ""]

    created = SERIES_INDEX[Series("leads_created", "today", None)]
    assert {row.floor for row in systems} == {"north"}
    assert sum(row.values[created] for row in systems) == 2
    assert sum(row.reps for row in systems) == 0
    assert {reading.rep for reading in readings.reps(processor.board.rep_ids)} == {
        *("ana", "bob", "cem")
    }
