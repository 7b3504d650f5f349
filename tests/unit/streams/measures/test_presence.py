"""Who is on shift and for how long silent: breaks, evenings and nights are no silence."""

import pytest

from streams.clock import MINUTE, parse_instant
from streams.measures.presence import (
    ChannelPresence,
    FloorPresence,
    Presence,
    RepPresence,
    silent_after,
)
from tests.build import MovingDesk, call, email, roster

PER_MINUTE = 60 / 510  # of ana: 40 calls, 15 mails, 5 InMails in the floor's longest day

# Ana comes two hours after the floor opens and goes two before it closes.
LATER = """
floors: {north: {zone: Europe/Amsterdam, hours: {mon: "08:00-18:00"}, targets: {call: 24}}}
teams: {hunters: {floor: north}}
reps: {ana: {team: hunters, hours: {mon: "10:00-16:00"}}}
"""

CLOSED = """
floors: {north: {zone: UTC, hours: {sun: "08:00-12:00"}}}
teams: {hunters: {floor: north}}
reps: {ana: {team: hunters}}
"""


def processor(now: str, *events: dict) -> MovingDesk:
    """A processor that took *events* and whose clock stands at *now*."""
    opened = MovingDesk(parse_instant("2026-11-23T07:00:00+01:00"))
    opened.now = parse_instant(now)
    opened.deliver(*events)
    opened.advance()
    return opened


def presence_at(now: str, *events: dict) -> Presence:
    """Who is present at *now*."""
    return Presence(processor(now, *events).board)


def rep(presence: Presence, name: str = "ana") -> RepPresence:
    (row,) = (one for one in presence.reps() if one.rep == name)
    return row


@pytest.mark.parametrize(
    ("now", "is_on_shift", "silent"),
    [
        ("10:04:50", True, 0),
        ("10:05:00", True, 1),
        ("12:29:00", True, 145),
        ("12:45:00", False, 146),  # the break is no silence
        ("13:10:00", True, 156),
        ("18:00:00", False, 146 + 270),
    ],
)
def test_silence_is_time_of_the_shift_since_the_newest_touch(
    now: str, is_on_shift: bool, silent: int
) -> None:
    presence = presence_at(f"2026-11-23T{now}+01:00", call(at="2026-11-23T10:04:17+01:00"))

    ana = rep(presence)

    assert ana[:3] == ("north", "hunters", "ana")
    assert (ana.is_on_shift, ana.silent) == (is_on_shift, silent)
    assert ana.per_hour == pytest.approx(60 * PER_MINUTE)


def test_a_shift_begins_without_silence() -> None:
    presence = presence_at("2026-11-24T08:33:00+01:00", call())

    assert rep(presence).silent == 3


def test_a_touch_that_counts_nowhere_ends_the_silence_too() -> None:
    voicemail = call(at="2026-11-23T11:00:00+01:00", outcome="voicemail", direction="inbound")

    assert rep(presence_at("2026-11-23T11:20:00+01:00", voicemail)).silent == 20


def test_a_night_shift_is_one_shift() -> None:
    presence = presence_at("2026-11-24T00:30:00+01:00")

    assert rep(presence, "bob") == (
        "north",
        "farmers",
        "bob",
        True,
        150,
        pytest.approx(20 / 435 * 60 + 20 / 510 * 60),
    )


def test_floors_tell_the_rostered_and_the_held() -> None:
    # 3 effective touches are 25.5 minutes of ana's
    opened = processor("2026-11-23T11:25:00+01:00", call(at="2026-11-23T11:00:00+01:00"))
    presence = Presence(opened.board)
    north, south = presence.floors()
    assert north == FloorPresence("north", scheduled=1, on_shift=1, silent=0)
    assert south == FloorPresence("south", scheduled=0, on_shift=0, silent=0)

    opened.now = parse_instant("2026-11-23T11:26:00+01:00")
    opened.advance()
    assert next(iter(presence.floors())).silent == 1

    opened.board.drop(["ana"])
    assert next(iter(presence.floors())) == FloorPresence("north", 1, 0, 0)


@pytest.mark.parametrize(("per_hour", "minutes"), [(4, 45), (12, 15), (18, 10), (60, 10), (0, 60)])
def test_a_rep_of_whom_little_is_expected_is_not_silent_so_soon(
    per_hour: float, minutes: float
) -> None:
    assert silent_after(per_hour) == minutes


@pytest.mark.parametrize(("now", "silent"), [("09:09", 0), ("09:10", 1)])
def test_without_a_target_an_hour_is_silence(now: str, silent: int) -> None:
    opened = processor(f"2026-11-23T{now}:00Z", call(at="2026-11-23T08:10:00Z"))
    list(opened.reload(roster(CLOSED.replace("sun", "mon"))))

    assert next(Presence(opened.board).floors()).silent == silent


def test_channels_tell_what_is_expected_and_how_long_they_were_silent() -> None:
    newest = "2026-11-23T11:00:00+01:00"
    presence = presence_at(
        "2026-11-23T13:05:00+01:00", call(at=newest), email(at="2026-11-23T09:30:00+01:00")
    )
    north, south = (
        [channel for channel in presence.channels() if channel.floor == floor]
        for floor in ("north", "south")
    )
    calls, mails, inmails, *_ = north

    assert calls == ChannelPresence(
        "north",
        "call",
        pytest.approx(40 / 510 * 60),
        95,
        pytest.approx(40 / 510 * 95),
        parse_instant(newest) // MINUTE,
    )
    assert (mails.silent, inmails.silent, inmails.newest) == (185, 245, None)
    assert [channel.missed for channel in (mails, inmails)] == [
        pytest.approx(15 / 510 * 185),
        pytest.approx(5 / 510 * 245),
    ]
    assert {(channel.silent, channel.missed) for channel in south} == {(0, 0)}


@pytest.mark.parametrize(
    ("now", "silent", "missed"),
    [("10:00", 120, 0), ("11:40", 220, 4), ("17:00", 540, 14.4)],
)
def test_nothing_is_missed_outside_of_the_reps_own_hours(
    now: str, silent: int, missed: float
) -> None:
    opened = MovingDesk(parse_instant(f"2026-11-23T{now}:00+01:00"), LATER)

    calls, *others = Presence(opened.board).channels()

    assert (calls.silent, calls.missed) == (silent, pytest.approx(missed))
    assert {other.missed for other in others} == {0}


def test_colleagues_of_equal_hours_are_expected_each_by_their_own_target() -> None:
    text = LATER.replace(
        "reps: {", "reps: {ben: {team: hunters, hours: {mon: '10:00-16:00'}, targets: {call: 6}}, "
    )
    opened = MovingDesk(parse_instant("2026-11-23T11:40:00+01:00"), text)

    assert next(Presence(opened.board).channels()).missed == pytest.approx(4 + 100 * 6 / 360)


def test_what_the_reps_of_other_workers_missed_counts_too() -> None:
    opened = MovingDesk(parse_instant("2026-11-23T11:40:00+01:00"), LATER)
    presence = Presence(opened.board)

    opened.board.drop(["ana"])
    assert next(presence.channels()).missed == pytest.approx(4)

    opened.now = parse_instant("2026-11-23T12:05:00+01:00")
    opened.advance()
    assert next(presence.channels()).missed == pytest.approx(5)


def test_outside_of_the_hours_nobody_is_silent() -> None:
    presence = presence_at("2026-11-23T07:59:00+01:00")

    assert {channel.silent for channel in presence.channels()} == {0}
    assert [floor.scheduled for floor in presence.floors()] == [0, 0]


def test_another_roster_is_seen_at_once() -> None:
    opened = processor("2026-11-23T11:00:00+01:00")
    presence = Presence(opened.board)
    assert next(iter(presence.floors())).scheduled == 1

    list(opened.reload(roster(CLOSED)))

    assert [floor.scheduled for floor in presence.floors()] == [0]


def test_who_is_not_on_the_roster_is_not_present() -> None:
    presence = presence_at("2026-11-23T11:00:00+01:00", call(rep="zoe"))

    assert "zoe" not in {row.rep for row in presence.reps()}
