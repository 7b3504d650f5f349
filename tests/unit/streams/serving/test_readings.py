"""What the wall finds of a worker's reps and systems."""

from itertools import pairwise

import msgspec

from metrics.names import SERIES_INDEX, Series
from metrics.readings import BestDay, RepReading, TeamRow, decode_events, decode_rep, encode
from streams.clock import MINUTE, SECOND, parse_instant
from streams.kafka.topics import Topics
from streams.serving.personal import EVERY
from streams.serving.readings import Readings
from streams.settings import Settings
from tests.build import NORTH, MovingDesk, call, email, inmail, roster, status

TEN = "2026-11-23T10:00:00+01:00"


def test_a_part_says_how_far_the_worker_s_clock_is_off() -> None:
    processor, topics = MovingDesk(parse_instant(TEN)), Topics(Settings.from_env({}))

    assert Readings(processor, topics).part("reps", 3, {}, True).clock_offset is None
    assert Readings(processor, topics, lambda: 7.5).part("leads", 3, {}, True).clock_offset == 7.5


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


def test_a_part_says_of_each_feed_until_when_it_is_complete_as_far_as_it_was_read() -> None:
    readings = Readings(MovingDesk(parse_instant(TEN)), Topics(Settings.from_env({})))
    read = {"sales.calls": 31, "sales.emails": 47, "floorpulse.misrouted-touches": 40}
    read |= {"sales.lead-status": 29, "floorpulse.credits": 53}
    places = {(topic, 3): seconds * SECOND for topic, seconds in read.items()}

    assert readings.part("reps", 3, places, True).until == {"call": 31, "email": 40, "lead": 53}
    assert readings.part("leads", 3, places, True).until == {}
    places["floorpulse.misrouted-leads", 3] = 30 * SECOND
    assert readings.part("leads", 3, places, True).until == {"lead": 29}


def test_the_last_event_of_a_channel_is_not_one_that_a_clock_far_ahead_let_in() -> None:
    processor = MovingDesk(parse_instant("2026-11-24T10:00:00+01:00"), NORTH)
    processor.deliver(call(at="2026-11-24T09:59:00+01:00"), email(at="2026-11-23T09:58:00+01:00"))
    readings = Readings(processor, Topics(Settings.from_env({})))
    assert readings.part("reps", 0, {}, True).newest.keys() == {"call", "email"}

    processor.now = parse_instant(TEN)
    last_email = parse_instant("2026-11-23T09:58:00+01:00") / SECOND
    assert readings.part("reps", 0, {}, True).newest == {"email": last_email}


def test_a_channel_is_silent_after_a_time_that_is_no_chance_and_not_after_one_more_event() -> None:
    processor = MovingDesk(parse_instant("2026-11-23T12:00:00+01:00"), NORTH)
    processor.deliver(email(at="2026-11-23T11:59:00+01:00"), inmail(at="2026-11-23T09:00:00+01:00"))
    readings = Readings(processor, Topics(Settings.from_env({})))

    readings.note_silence()
    assert readings.part("reps", 0, {}, True).silent == [("north", "call")]
    assert readings.part("leads", 0, {}, True).silent == []
    processor.deliver(call(at="2026-11-23T11:58:00+01:00"))
    readings.note_silence()
    assert readings.part("reps", 0, {}, True).silent == []


def test_a_partition_is_as_complete_as_all_that_is_read_of_an_unaligned_input() -> None:
    processor = MovingDesk(parse_instant("2026-11-23T12:00:00+01:00"))
    topics = Topics(Settings.from_env({}))
    by_rep = [topic for topic in topics.sources if topic not in topics.keyed_by_lead]
    until = {(topic, 3): 60 * SECOND for topic in by_rep}
    readings = Readings(processor, topics)

    def complete_until(**more: int | None) -> float | None:
        places = {("sales.calls", int(number[1:])): at for number, at in more.items()}
        return readings.part("reps", 3, {**until, **places}, True).complete_until

    assert complete_until(p5=20 * SECOND) == 60, "of the partition of its number"
    processor.intake.unaligned = {"sales.calls": 24, "sales.lead-status": 1}
    assert complete_until(p5=20 * SECOND) == 20
    assert complete_until(p5=20 * SECOND, p17=None) is None
    del until["sales.calls", 3]
    assert complete_until() == 60, "another worker reads it"


def test_the_layout_counts_the_people_of_the_roster_by_team_and_not_those_with_rows() -> None:
    def people(at: str) -> dict[str, dict[str, int]]:
        processor = MovingDesk(parse_instant(at), NORTH)
        layout = Readings(processor, Topics(Settings.from_env({}))).layout()
        return {floor.name: dict(floor.people) for floor in layout.floors}

    before = {"north": {"hunters": 2, "farmers": 0}, "south": {"sailors": 1}}
    assert people("2026-11-23T12:59:00+01:00") == before
    after = {"north": {"hunters": 1, "farmers": 1}, "south": {"sailors": 0}}
    assert people("2026-11-27T12:00:00+01:00") == after, "cem has left"


RANKED = NORTH + "".join(f"  r{n}: {{team: hunters, ranking: true}}\n" for n in range(6))


def best(processor: MovingDesk) -> list[tuple[str, str, int]]:
    """The best of the only partition: floor, name, effective touches today."""
    readings = Readings(processor, Topics(Settings.from_env({})))
    readings.partition_of = lambda _: 0
    readings.refresh(processor.board.take_changed())
    found = readings.part("reps", 0, {}, True).best
    return [(one.floor, one.name, one.touches) for one in found]


def calls(rep: str, count: int, day: str = "2026-11-23") -> list[dict]:
    """Calls that a human answered and that were effective."""
    return [
        call(rep=rep, id=f"{rep}{day}{n}", at=f"{day}T10:{n:02}:00+01:00") for n in range(count)
    ]


def test_the_best_of_a_part_are_those_whom_the_roster_lets_be_ranked_with_touches_of_today() -> (
    None
):
    processor = MovingDesk(parse_instant("2026-11-23T12:00:00+01:00"), RANKED)
    numbers = {"r0": 3, "r1": 7, "r2": 5, "r3": 1, "r4": 2, "ana": 11}
    processor.deliver(*(event for rep, count in numbers.items() for event in calls(rep, count)))
    processor.deliver(*calls("r5", 13, "2026-11-20"))

    assert best(processor) == [
        *(("north", "r1", 7), ("north", "r2", 5), ("north", "r0", 3), ("north", "r4", 2)),
    ]
    layout = Readings(processor, Topics(Settings.from_env({}))).layout()
    assert {info.name: info.ranked for info in layout.floors} == {"north": 6, "south": 0}


def test_without_the_roster_s_word_nobody_is_ranked() -> None:
    processor = MovingDesk(parse_instant("2026-11-23T12:00:00+01:00"), NORTH)
    processor.deliver(*calls("ana", 5))

    assert best(processor) == []


def test_who_has_changed_floors_is_ranked_on_the_new_one_by_what_they_did_there() -> None:
    moved = NORTH + (
        "  r: {zone: Europe/Amsterdam, ranking: true, team: [{from: 2026-01-01, team: sailors}, "
        '{from: "2026-11-23T10:02", team: hunters}]}\n'
    )
    processor = MovingDesk(parse_instant("2026-11-23T12:00:00+01:00"), moved)
    processor.deliver(*calls("r", 5))

    assert best(processor) == [("north", "r", 3)]


def teams(readings: Readings) -> list[TeamRow]:
    """The teams of the only partition."""
    return list(readings.part("reps", 0, {}, True).teams)


def test_a_part_is_the_same_sum_whether_or_not_its_teams_were_summed_before() -> None:
    processor, topics = MovingDesk(parse_instant(TEN), NORTH), Topics(Settings.from_env({}))
    kept, turns = Readings(processor, topics), []
    kept.partition_of = lambda _: 0
    for events in (
        [call(rep="ana", at="2026-11-23T09:31:00+01:00")],
        [call(rep="bob", id="c2", at="2026-11-23T09:41:00+01:00")],
        [call(rep="new", id="c3", at="2026-11-23T09:51:00+01:00")],
        [],
    ):
        processor.deliver(*events)
        kept.refresh(processor.board.take_changed())
        anew = Readings(processor, topics)
        anew.partition_of = lambda _: 0
        anew.refresh(kept._rows[0])
        turns.append(teams(kept))
        assert msgspec.json.encode(turns[-1]) == msgspec.json.encode(teams(anew))

    touches = SERIES_INDEX[Series("touches", "today", "call")]
    hunters = [next(row for row in turn if row.team == "hunters") for turn in turns]
    assert [row.values[touches] for row in hunters] == [1, 2, 2, 2]
    assert [a is b for a, b in pairwise(hunters)] == [False, True, True]


def test_a_rep_who_is_gone_is_in_no_sum() -> None:
    processor, topics = MovingDesk(parse_instant(TEN), NORTH), Topics(Settings.from_env({}))
    readings = Readings(processor, topics)
    readings.partition_of = lambda _: 0
    readings.refresh(processor.board.rep_ids)
    before = {row.team: row.reps for row in teams(readings)}

    processor.board.drop(["bob"])  # the last of the team
    readings.forget_gone()

    assert {row.team: row.reps for row in teams(readings)} == {
        **before,
        "hunters": before["hunters"] - 1,
    }


def test_the_layout_follows_the_minute_and_the_roster() -> None:
    processor = MovingDesk(parse_instant("2026-11-23T08:29:00+01:00"), NORTH)
    readings = Readings(processor, Topics(Settings.from_env({})))

    def floors() -> dict[str, tuple[bool, int]]:
        infos = readings.layout().floors
        return {info.name: (info.is_open, sum(info.people.values())) for info in infos}

    assert floors() == {"north": (False, 2), "south": (False, 1)}
    processor.now += MINUTE
    processor.advance()
    assert floors() == {"north": (True, 2), "south": (False, 1)}
    list(processor.reload(roster(NORTH + "  dee: {team: hunters}\n")))
    assert floors() == {"north": (True, 3), "south": (False, 1)}


def test_the_reading_of_a_rep_has_the_day_the_best_day_and_the_newest_events() -> None:
    processor = MovingDesk(parse_instant("2026-11-23T10:20:00+01:00"))
    readings = Readings(processor, Topics(Settings.from_env({})))
    processor.deliver(*(call(at=f"2026-11-20T11:0{n}:00+01:00", id=f"f{n}") for n in range(3)))
    processor.deliver(call(at=TEN, id="1"), call(at=TEN, id="2", outcome="voicemail"))

    ana = _reading(readings, processor, "ana")
    assert ana.best == BestDay("2026-11-20", 3)
    shift = [("08:30", "12:30"), ("13:00", "17:30")]
    assert ana.hours == [tuple(_second(time) for time in span) for span in shift]
    (day,) = ana.days
    assert (day.floor, day.team, day.first) == ("north", "hunters", _second("08:30") // 900)
    assert (len(day.done), sum(day.done), day.done[6]) == (36, 1, 1)
    assert round(sum(day.due)) == 60
    assert [event.why for event in decode_events(ana.latest)] == ["outcome", "", "", "", ""]

    processor.deliver(*(call(at=TEN, id=f"m{n}") for n in range(3)))
    ana = _reading(readings, processor, "ana")
    assert ana.best == BestDay("2026-11-23", 4)
    assert ana.days[0].done[6] == 4
    processor.deliver(call(at="2026-11-23T07:10:00+01:00", id="early"))
    early = _reading(readings, processor, "ana").days[0]
    assert (early.first, early.done[0]) == (_second("07:00") // 900, 1)


def test_a_correction_of_an_earlier_day_may_make_it_the_best() -> None:
    processor = MovingDesk(parse_instant(TEN))
    readings = Readings(processor, Topics(Settings.from_env({})))
    assert _reading(readings, processor, "ana").best is None
    processor.deliver(call(at=TEN, id="1", version=1), call(at=TEN, id="2"))
    assert _reading(readings, processor, "ana").best == BestDay("2026-11-23", 2)
    processor.deliver(call(at="2026-11-18T11:00:00+01:00", id="3"))
    processor.deliver(call(at="2026-11-18T11:00:00+01:00", id="1", version=2))
    assert _reading(readings, processor, "ana").best == BestDay("2026-11-18", 2)


def test_who_comes_on_the_roster_has_a_reading_before_they_were_read_again() -> None:
    processor = MovingDesk(parse_instant("2026-11-23T12:00:00+01:00"))
    readings = Readings(processor, Topics(Settings.from_env({})))
    processor.deliver(call("dot", TEN))
    readings.refresh(processor.board.take_changed())
    assert list(readings.reps(["dot"])) == []

    processor.board.roster = roster(NORTH + "  dot: {team: hunters}\n")
    (reading,) = readings.reps(["dot"])
    assert len(decode_events(reading.latest)) == 1

    processor.board.drop(["ana"])
    readings = Readings(processor, Topics(Settings.from_env({})))
    readings.refresh(["ana"])
    assert list(readings.reps(["ana"])) == []
    assert "ana" not in processor.board.rep_ids, "and nobody is put on the board by that"


def test_while_very_many_change_events_are_read_a_little_later_than_numbers() -> None:
    processor, now = MovingDesk(parse_instant("2026-11-23T12:00:00+01:00")), [1000.0]
    topics = Topics(Settings.from_env({}))
    readings = Readings(processor, topics, monotonic=lambda: now[0])
    called = SERIES_INDEX[Series("effective_touches", "today", "call")]

    def shown(*, is_busy: bool = True) -> tuple[float, int]:
        readings.refresh(processor.board.take_changed(), is_busy=is_busy)
        (reading,) = readings.reps(["ana"])
        return reading.rows[0].values[called], len(decode_events(reading.latest))

    processor.deliver(call(at=TEN, id="1"))
    assert shown() == (1, 1)
    processor.deliver(call(at=TEN, id="2"))
    assert shown() == (2, 1)
    now[0] += EVERY - 0.01
    assert readings.take_late() == set()
    now[0] += 0.02
    assert readings.take_late() == {"ana"}
    readings.refresh(["ana"])
    assert shown() == (2, 2)
    assert readings.take_late() == set()
    processor.deliver(call(at=TEN, id="3"))
    assert shown() == (3, 2)
    processor.deliver(call(at=TEN, id="4"))
    assert shown(is_busy=False) == (4, 4)
    now[0] += 1
    assert readings.take_late() == set()
    processor.deliver(call(at=TEN, id="5"))
    assert shown() == (5, 5)
    processor.deliver(call(at=TEN, id="6"))
    assert shown() == (6, 5)
    processor.board.drop(["ana"])
    readings.forget_gone()
    now[0] += 1
    assert readings.take_late() == set()


def _second(time: str) -> int:
    return parse_instant(f"2026-11-23T{time}:00+01:00") // SECOND


def _reading(readings: Readings, processor: MovingDesk, rep: str) -> RepReading:
    readings.refresh(processor.board.take_changed())
    (reading,) = readings.reps([rep])
    return decode_rep(encode(reading))
