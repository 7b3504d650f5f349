"""A team's day is the sum of its reps', in any order."""

from metrics.readings import TeamDay
from streams.clock import MINUTE, parse_instant
from streams.kafka.topics import Topics
from streams.measures.rep_day import RepDay
from streams.serving.readings import Readings
from streams.serving.team_days import team_days
from streams.settings import Settings
from tests.build import NORTH, MovingDesk, call, email

NINE = 4 * 500_000  # a quarter hour on the hour


def test_it_is_the_sum_of_reps_from_the_first_quarter_to_the_last_in_which_something_is() -> None:
    ana = RepDay("north", "hunters", {NINE: 2, NINE + 3: 1}, {NINE + 1: 0.5})
    bob = RepDay("north", "hunters", {NINE + 3: 4, NINE - 9: 0}, {NINE + 1: 0.25, NINE + 2: 1.125})
    cem = RepDay("north", "farmers", {}, {NINE: 3.0})
    dot = RepDay("unassigned", "unassigned", {}, {})

    hunters = TeamDay("north", "hunters", NINE, [2, 0, 0, 5], [0, 0.75, 1.12, 0])
    farmers = TeamDay("north", "farmers", NINE, [0], [3.0])
    assert team_days([ana, bob, cem, dot]) == [hunters, farmers]
    assert team_days([cem, dot, bob, ana]) == [farmers, hunters]


def test_a_part_of_reps_has_today_as_it_was_when_it_was_noted() -> None:
    processor = MovingDesk(parse_instant("2026-11-23T10:50:00+01:00"), NORTH)
    readings = Readings(processor, Topics(Settings.from_env({})))
    processor.deliver(call(), email(), call(id="c2", at="2026-11-20T10:04:00+01:00"))
    readings.refresh(processor.board.take_changed())
    parts = range(12)
    for number in parts:
        readings.note_day(number)

    days = [day for number in parts for day in readings.part("reps", number, {}, True).days]
    [hunters] = [day for day in days if day.team == "hunters" and any(day.done)]
    done = {hunters.first + n: count for n, count in enumerate(hunters.done) if count}
    assert done == {_quarter("10:04"): 1, _quarter("10:41"): 1}
    # 60 touches of ana's on 8.5 hours but for half an hour of break; bob is in the team till 13:00.
    due = {hunters.first + n: number for n, number in enumerate(hunters.due) if number}
    assert min(due) == _quarter("08:30")
    assert max(due) == _quarter("17:15")
    assert all(readings.part("leads", number, {}, True).days == [] for number in parts)


def _quarter(time: str) -> int:
    return parse_instant(f"2026-11-23T{time}:00+01:00") // MINUTE // 15
