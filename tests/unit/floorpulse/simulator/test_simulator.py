"""The simulated floor: a pure function of roster, seed and time, that looks like a real one."""

from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import floorpulse.demo
from floorpulse.simulator.leads import Spike
from floorpulse.simulator.people import FloorHours, Person, habits_of
from floorpulse.simulator.stream import World, events, history_start
from floorpulse.simulator.touches import rep_day
from floorpulse.simulator.wire import Event, fields_of
from metrics.kpis import KPI
from metrics.names import SERIES
from streams.audit.recount import LineRecord, Recount
from streams.clock import DAY, MINUTE, iso, parse_instant
from streams.events.contract import KIND_OF, LeadEvent, Rejection, TouchEvent
from streams.events.decode import Decoder
from streams.kafka.producer import key_of
from streams.roster.file import load_roster
from streams.roster.people import Roster
from tests.build import roster

# Ana all day, bob on the night shift and twice away, cem in New York for three weeks.
START = parse_instant("2026-11-02T00:00:00Z")
END = parse_instant("2026-11-27T00:00:00Z")
NOW = parse_instant("2026-11-24T15:00:00Z")
SEED = 4711

CREW = """
floors:
  quay:
    zone: Europe/Amsterdam
    hours: {mon-fri: "08:30-17:30"}
    breaks: ["12:30-13:00"]
    targets: {call: 24, email: 18, inmail: 6}
teams: {red: {floor: quay}, blue: {floor: quay}}
reps:
""" + "".join(f"  r{n:02}: {{team: {'red' if n % 2 else 'blue'}}}\n" for n in range(12))


@cache
def north() -> tuple[Event, ...]:
    return tuple(events(World(roster(), SEED), START, END))


@cache
def crew() -> tuple[Roster, tuple[Event, ...]]:
    crew = roster(CREW)
    start = history_start(crew, 20, NOW)
    return crew, tuple(events(World(crew, SEED), start, NOW))


def decoded(event: Event) -> TouchEvent | LeadEvent | Rejection:
    decoder, kind = Decoder(), KIND_OF[event.topic]
    raw = event.value
    result = decoder.lead(raw, event.at) if kind == "lead" else decoder.touch(kind, raw, event.at)
    assert not decoder.unmapped
    return result


@settings(max_examples=8)
@given(cuts=st.lists(st.integers(START, START + 5 * DAY), max_size=4), chance=st.randoms())
def test_however_a_stretch_is_cut_and_asked_for_the_events_are_the_same(cuts, chance) -> None:
    end = START + 5 * DAY
    bounds = sorted([START, *cuts, end])
    pieces = list(pairwise(bounds))
    world = World(roster(), SEED)
    asked = chance.sample(pieces, len(pieces))

    by_piece = {piece: list(events(world, *piece)) for piece in asked}

    assert [e for piece in pieces for e in by_piece[piece]] == [e for e in north() if e.at < end]


@pytest.mark.parametrize(
    ("zone", "hours", "day_starts"),
    [
        ("Pacific/Kiritimati", "00:00-08:00", "00:00"),  # 14 hours ahead
        ("Etc/GMT+12", "16:00-24:00", "00:00"),  # 12 behind
        ("Etc/GMT+12", "15:00-23:30", "23:45"),
        ("Europe/Amsterdam", "22:00-06:00", "12:00"),
    ],
)
def test_wherever_a_rep_works_every_touch_of_every_business_day_comes(
    zone: str, hours: str, day_starts: str
) -> None:
    far = f"reps: {{r: {{team: red, zone: {zone}, day_starts: '{day_starts}', breaks: [],"
    who = roster(CREW.split("reps:")[0] + f"{far} hours: {{mon-sun: '{hours}'}}}}}}")
    person = Person(SEED, who.rep("r"))
    first = person.rep.days.day_of(START // MINUTE)
    worked = [event for day in range(first, first + 9) for event in rep_day(person, day).touches]

    done = events(World(who, SEED), START - 2 * DAY, START + 12 * DAY)

    assert len(worked) > 300
    assert set(worked) <= set(done)


def test_another_seed_is_another_floor() -> None:
    other = list(events(World(roster(), SEED + 1), START, START + 3 * DAY))

    assert {e.value for e in other}.isdisjoint(e.value for e in north())


def test_without_an_end_the_events_go_on_in_order() -> None:
    endless = events(World(roster(), SEED), START)

    assert [next(endless) for _ in range(2000)] == list(north()[:2000])


def test_a_floor_on_which_nobody_works_any_more_comes_to_an_end() -> None:
    left = roster(CREW.split("reps:")[0] + "reps: {r: {team: red, to: 2026-11-06}}")

    last = list(events(World(left, SEED), START))[-1]

    assert last.at < START + 60 * DAY


def test_every_event_is_accepted_and_keyed_by_its_owner() -> None:
    for event in north():
        result = decoded(event)
        assert not isinstance(result, Rejection), result
        assert result[0] == event.owner
        assert key_of(event.topic, event.value) == event.owner.encode()
        assert result[1].at == event.at


def test_events_stand_in_the_order_of_their_times_and_no_id_twice() -> None:
    assert [e.at for e in north()] == sorted(e.at for e in north())
    assert len({(e.topic, e.owner, e.id) for e in north()}) == len(north())


def test_ids_fit_the_contract_however_long_a_rep_id_is() -> None:
    long = roster(CREW.split("reps:")[0] + "reps: {" + "ö" * 128 + ": {team: red}}")

    for event in events(World(long, SEED), START, START + 3 * DAY):
        assert not isinstance(decoded(event), Rejection)


def test_everything_of_the_contract_happens() -> None:
    sent = [(event.topic, fields_of(event)) for event in crew()[1]]
    statuses = {fields["status"] for topic, fields in sent if topic == "lead-status"}
    outcomes = {(topic, fields["outcome"]) for topic, fields in sent if "outcome" in fields}

    assert statuses == {
        *("created", "working", "delivered", "accepted", "rejected", "reopened", "no_show"),
        *("cancelled", "rescheduled", "won", "lost", "merged"),
    }
    assert {outcome for topic, outcome in outcomes if topic == "calls"} == {
        *("human", "voicemail", "no_answer", "busy", "wrong_number", "failed", "unknown"),
    }
    assert {outcome for topic, outcome in outcomes if topic == "emails"} == {
        *("sent", "bounced", "replied", "auto_replied"),
    }
    assert {outcome for topic, outcome in outcomes if topic == "inmails"} == {
        *("sent", "accepted", "declined", "replied"),
    }
    assert {fields.get("automated") for topic, fields in sent if topic == "emails"} == {True, False}
    assert {fields["origin"] for _, fields in sent if "origin" in fields} == {
        *("inbound", "outbound", "other"),
    }
    assert any(fields["direction"] == "inbound" for topic, fields in sent if topic == "calls")


def test_nobody_works_while_absent_or_out_of_hours() -> None:
    who = roster()
    worked = Counter()
    for event in north():
        fields = fields_of(event)
        if "decided_by" in fields:
            continue
        rep = who.rep(fields["rep_id"])
        floor = rep.membership_at(event.at // MINUTE).floor
        today = rep.days.day_of(event.at // MINUTE)
        spans = rep.schedule_on(floor).spans(today)
        assert any(start <= event.at // MINUTE < end for start, end in spans), fields
        worked[rep.id] += 1
    assert set(worked) == {"ana", "bob", "cem"}


def test_account_managers_decide_when_their_floor_is_open() -> None:
    crew_roster, happened = crew()
    hours = FloorHours(crew_roster.floors["quay"])
    decisions = [e for e in happened if "decided_by" in fields_of(e)]

    assert len(decisions) > 50
    for event in decisions:
        day = hours._days.day_of(event.at // MINUTE)
        assert any(start <= event.at < end for start, end in hours.spans(day)), iso(event.at)


def test_a_lead_comes_of_a_touch_with_the_same_contact_by_the_same_rep() -> None:
    touched = {
        (fields["rep_id"], fields["contact_id"])
        for fields in map(fields_of, crew()[1])
        if "lead_id" not in fields
    }
    created = [fields for fields in map(fields_of, crew()[1]) if fields.get("status") == "created"]

    assert len(created) > 300
    assert all((fields["rep_id"], fields["contact_id"]) in touched for fields in created)


@cache
def _totals() -> dict[tuple[str, str | None], dict[tuple[str, str], float]]:
    crew_roster, happened = crew()
    counted = Recount(crew_roster, NOW)
    counted.take(LineRecord(e.topic, e.value, n) for n, e in enumerate(happened))
    totals: dict[tuple[str, str | None], dict[tuple[str, str], float]] = {}
    for total in counted.totals():
        sums: Counter[tuple[str, str]] = Counter()
        for series, value in zip(SERIES, total.values, strict=True):
            sums[series.measure, series.window] += value
        totals[total.level, total.rep or total.team] = sums
    return totals


def _kpi(name: str, window: str, level: str = "floor", who: str | None = None) -> float:
    sums = _totals()[level, who]
    value = KPI[name].value({measure: v for (measure, w), v in sums.items() if w == window})
    assert value is not None
    return value


def test_the_numbers_of_a_month_are_those_of_a_real_floor() -> None:
    assert 0.07 < _kpi("contacts_to_leads", "20d") < 0.13
    assert 0.5 < _kpi("inbound_share", "20d") < 0.7
    assert 0.04 < _kpi("lead_to_won", "90d") < 0.25
    assert 0.9 < _kpi("pace", "20d") < 1.1
    picky, easy = (_kpi("disqualification", "20d", "team", team) for team in ("red", "blue"))
    assert 0.06 < picky < 0.2
    assert 0.0 < easy < 0.1


def test_every_rep_keeps_a_pace_of_their_own() -> None:
    paces = [_kpi("pace", "20d", "rep", f"r{n:02}") for n in range(12)]

    assert all(0.7 < pace < 1.3 for pace in paces)
    assert max(paces) - min(paces) > 0.1


def test_a_new_starter_works_up_to_the_pace_of_the_others() -> None:
    who = roster(CREW.replace("{team: red}", "{team: red, from: 2026-11-02}", 1))
    new, old = (
        Person(SEED, rep.rep(rep_id)) for rep, rep_id in ((who, "r01"), (roster(CREW), "r01"))
    )
    first = old.rep.days.day_of(START // MINUTE)

    assert new.pace_on(first) == pytest.approx(0.4 * old.pace_on(first))
    assert new.pace_on(first + 35) == old.pace_on(first + 35)
    assert habits_of(SEED, "r01") != habits_of(SEED, "r02")


def test_under_a_spike_the_team_is_rejected_and_nothing_else_changes() -> None:
    crew_roster, _ = crew()
    since = NOW - 4 * DAY
    start, end = since - DAY, NOW
    plain = list(events(World(crew_roster, SEED), start, end))
    spiked = list(events(World(crew_roster, SEED, Spike(since, "blue")), start, end))
    blue = {f"r{n:02}" for n in range(0, 12, 2)}

    def decisions(of: list[Event], *, of_blue: bool) -> Counter[str]:
        sent = [fields_of(event) for event in of if event.at >= since]
        return Counter(
            fields["status"]
            for fields in sent
            if fields.get("status") in ("accepted", "rejected")
            and (fields["rep_id"] in blue) == of_blue
        )

    assert [e for e in spiked if e.at < since] == [e for e in plain if e.at < since]
    assert [e for e in spiked if e.topic != "lead-status"] == [
        e for e in plain if e.topic != "lead-status"
    ]
    assert decisions(spiked, of_blue=False) == decisions(plain, of_blue=False)
    under, before = decisions(spiked, of_blue=True), decisions(plain, of_blue=True)
    assert under["rejected"] > 5 * before["rejected"]
    assert under["rejected"] > 0.7 * under.total()


def test_what_had_happened_before_a_spike_has_happened() -> None:
    crew_roster, happened = crew()
    since = NOW - DAY

    spiked = events(World(crew_roster, SEED, Spike(since)), happened[0].at, since)

    assert list(spiked) == [event for event in happened if event.at < since]


def test_history_begins_with_the_last_open_days_before_today() -> None:
    starts = [iso(history_start(roster(), days, NOW)) for days in (0, 1, 3)]

    # The 19th is closed in the north, the 21st is a Saturday with hours; today is a Tuesday.
    assert starts == ["2026-11-23T23:00:00Z", "2026-11-22T23:00:00Z", "2026-11-18T05:00:00Z"]


def test_the_demo_roster_is_valid_and_shows_what_a_roster_can_say() -> None:
    path = Path(str(floorpulse.demo.__file__)).with_name("demo-roster.yaml")
    demo = load_roster(path, ZoneInfo("UTC"))
    reps = demo.reps.values()

    assert len(demo.floors) == 2
    assert 35 <= len(reps) <= 45
    assert any(rep.days.day_starts for rep in reps)
    assert any(rep.absences for rep in reps)
    assert any(rep.first_day for rep in reps)
    assert any(len(rep.memberships) > 1 for rep in reps)
    for rep in reps:
        floor = rep.memberships[0].floor
        assert rep.rates_on(floor, 0), rep.id
