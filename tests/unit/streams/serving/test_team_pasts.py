"""A team's last open days are the sum of its reps', and no more than 2 KB."""

from metrics.kpis import IN_LINES, OPEN_DAYS
from metrics.readings import NO_PASTS, Part, TeamDay, TeamPast, decode_pasts, encode, encode_pasts
from streams.clock import parse_instant
from streams.kafka.topics import Topics
from streams.measures.rep_day import RepDay
from streams.measures.rep_past import RepPast
from streams.roster.calendar import Day
from streams.serving.readings import Readings
from streams.serving.team_days import team_days
from streams.serving.team_pasts import team_pasts
from streams.settings import Settings
from tests.build import NORTH, MovingDesk, call, email, status

MOST = 2048  # bytes a team
MONDAY = 739_943  # 2026-11-23
SATURDAY_CLOSED = NORTH.replace(', sat: "09:00-12:15"', "")


def test_it_is_the_sum_of_reps_by_day() -> None:
    ana = RepPast("north", "hunters", (7, 8), [1, 1], {"contacts": [2, 3], "expected": [0.3, 1]})
    bob = RepPast("north", "hunters", (7, 8), [0, 1], {"contacts": [5, 0], "expected": [0.6, 2]})
    cem = RepPast("north", "farmers", (7, 8), [1, 0], {"contacts": [1, 1], "expected": [0, 0]})

    assert team_pasts([ana, bob, cem]) == [
        TeamPast("north", "hunters", (7, 8), [1, 2], {"contacts": [7, 3], "expected": [0.9, 3]}),
        TeamPast("north", "farmers", (7, 8), [1, 0], {"contacts": [1, 1], "expected": [0, 0]}),
    ]


def test_lines_of_a_hundred_reps_of_a_team_in_one_partition_are_at_most_2_kb() -> None:
    names = {measure.name for measure in IN_LINES}
    days = tuple(range(739_924, 739_924 + OPEN_DAYS))
    reps = [RepPast("north", "hunters", days, [1] * 20, dict.fromkeys(names, [7] * 20))] * 100
    quarters = range(1_992_900, 1_992_900 + 48)  # of a floor that is open for twelve hours
    day = RepDay("north", "hunters", dict.fromkeys(quarters, 1), dict.fromkeys(quarters, 1.23))

    bare, full = (len(encode(_part(*given))) for given in ((), ([day] * 100, reps)))
    assert full - bare <= MOST


def _part(days: list[RepDay] | tuple = (), pasts: list[RepPast] | tuple = ()) -> Part:
    found: list[TeamDay] = team_days(days)
    lines = {"days": found, "pasts": encode_pasts(team_pasts(pasts))}
    return Part("reps", 0, 1.0, 1.0, True, 1.0, {}, **lines)


def test_a_part_of_reps_has_their_open_days_and_what_was_done_on_closed_ones() -> None:
    processor = MovingDesk(parse_instant("2026-11-23T10:50:00+01:00"), SATURDAY_CLOSED)
    readings = Readings(processor, Topics(Settings.from_env({})))
    processor.deliver(
        call(contact_id="k1"),
        email(at="2026-11-21T11:00:00+01:00", contact_id="k1"),  # a Saturday
        email(id="e2", at="2026-11-20T11:00:00+01:00", contact_id="k2"),
        status("created", "2026-11-22T11:00:00+01:00", contact_id="k2", origin="inbound"),
    )
    readings.refresh(processor.board.take_changed())
    for number in range(12):
        readings.note_past(number)

    assert _of(readings, "hunters", "effective_touches") == {MONDAY: 1, MONDAY - 3: 2}
    assert _of(readings, "hunters", "contacts") == {MONDAY: 1, MONDAY - 3: 1}
    assert _of(readings, "hunters", "contacts_converted") == {MONDAY - 3: 1}
    assert _of(readings, "hunters", "leads_inbound") == {MONDAY - 3: 1}
    # Thursday the 19th is closed; ana is in the team all the time, bob until 13:00 that Monday.
    people = _people(readings, "hunters")
    assert list(people)[-4:] == [MONDAY - 6, MONDAY - 5, MONDAY - 3, MONDAY]
    assert set(people.values()) == {2}
    assert all(readings.part("leads", number, {}, True).pasts == NO_PASTS for number in range(12))

    processor.now = parse_instant("2026-11-23T13:00:00+01:00")
    processor.advance()
    readings.refresh(processor.board.take_changed())
    for number in range(12):
        readings.note_past(number)
    assert _people(readings, "hunters")[MONDAY] == 1
    assert _people(readings, "hunters")[MONDAY - 3] == 2


def _pasts(readings: Readings, team: str) -> list[TeamPast]:
    parts = [readings.part("reps", number, {}, True) for number in range(12)]
    return [past for part in parts for past in decode_pasts(part.pasts) if past.team == team]


def _of(readings: Readings, team: str, measure: str) -> dict[Day, float]:
    sums: dict[Day, float] = {}
    for past in _pasts(readings, team):
        for day, number in zip(past.days, past.sums[measure], strict=True):
            if number:
                sums[day] = sums.get(day, 0) + number
    return sums


def _people(readings: Readings, team: str) -> dict[Day, int]:
    people: dict[Day, int] = {}
    for past in _pasts(readings, team):
        for day, there in zip(past.days, past.people, strict=True):
            people[day] = people.get(day, 0) + there
    return people
