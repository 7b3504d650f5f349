"""The newest events of a rep: which they are, and why some do not count."""

import datetime as dt

import msgspec

from metrics.readings import LATEST, RepEvent, decode_events, encode_events
from streams.clock import MINUTE, parse_instant
from streams.measures.latest import KEPT, MOST
from tests.build import MovingDesk, call, email, inmail, status

NOON = dt.datetime.fromisoformat("2026-11-23T12:00:00+01:00")


def ago(minutes: int) -> str:
    return (NOON - dt.timedelta(minutes=minutes)).isoformat()


class Desk(MovingDesk):
    """A worker at noon, and the newest events of ana."""

    def __init__(self) -> None:
        super().__init__(parse_instant(NOON.isoformat()))

    def latest(self) -> list[RepEvent]:
        return decode_events(encode_events(self.read() or []))

    def read(self) -> list[msgspec.Raw] | None:
        latest = self.board.rep("ana").latest
        assert latest is not None
        return latest.at(self.board.now)


def whys(*events: dict) -> dict[str, str]:
    """By minutes ago, of each of these events why it does not count."""
    desk = Desk()
    desk.deliver(*events)
    noon = int(NOON.timestamp())
    return {f"{one.what} {(noon - one.at) // 60}": one.why for one in desk.latest()}


def test_touches_say_why_they_do_not_count() -> None:
    assert whys(
        call(at=ago(1), id="1"),
        call(at=ago(2), id="2", talk_seconds=12),
        call(at=ago(3), id="3", talk_seconds=12, disposition="Meeting"),
        call(at=ago(4), id="4", outcome="voicemail"),
        call(at=ago(5), id="5", direction="inbound", outcome="no_answer"),
        call(at=ago(6), id="6", direction="sideways"),
        call(at=ago(7), id="7", retracted=True),
        email(at=ago(8), automated=True),
        inmail(at=ago(9), outcome="declined"),
    ) == {
        "call 1": "",
        "call 2": "short_and_unlisted",
        "call 3": "",
        "call 4": "outcome",
        "call 5": "inbound",
        "call 6": "unknown_direction",
        "call 7": "retracted",
        "email 8": "automated",
        "inmail 9": "outcome",
    }


def test_changes_of_leads_say_so_too_whoever_made_them() -> None:
    assert whys(
        status("created", ago(60), "bob"),
        status("delivered", ago(50)),
        status("delivered", ago(45)),
        status("no_show", ago(40)),
        status("accepted", ago(30), "cem", decided_by="am-1"),
        status("won", ago(20)),
        status("created", ago(10), lead="L2"),
        status("merged", ago(5), "cem", lead="L2"),
        status("created", ago(4), "cem", lead="L3"),
    ) == {
        "delivered 50": "",
        "delivered 45": "delivered_again",
        "no_show 40": "no_number",
        "accepted 30": "",
        "won 20": "other_rep",
        "created 10": "merged",
    }


def test_an_event_says_how_it_went_and_what_the_floor_asks_for() -> None:
    desk = Desk()
    desk.deliver(call(at=ago(2), direction="inbound", talk_seconds=12), email(at=ago(3)))

    assert desk.latest() == [
        RepEvent(
            at=int(NOON.timestamp()) - 120,
            what="call",
            why="short_and_unlisted",
            how="human",
            is_inbound=True,
            talk_seconds=12,
            needed=60,
        ),
        RepEvent(at=int(NOON.timestamp()) - 180, what="email", how="sent"),
    ]


def test_an_event_of_the_next_minutes_waits_for_its_minute() -> None:
    desk = Desk()
    desk.deliver(call(at=ago(1), id="1"), call(at=ago(-2), id="2"))
    assert [one.why for one in desk.latest()] == ["waiting", ""]

    desk.deliver(call(at=ago(-3), id="3"))
    assert [one.why for one in desk.latest()] == ["waiting", "waiting", ""]
    desk.now += 2 * MINUTE
    desk.advance()
    assert [one.why for one in desk.latest()] == ["waiting", "", ""]
    desk.now += MINUTE
    desk.advance()
    assert [one.why for one in desk.latest()] == ["", "", ""]


def test_the_list_is_the_same_object_until_an_event_comes() -> None:
    desk = Desk()
    desk.deliver(call(at=ago(9), id="1"))
    before = desk.read()
    assert before is not None
    desk.now += MINUTE
    desk.advance()
    assert desk.read() is before

    desk.deliver(call(at=ago(3), id="2"))
    assert len(before) == 1
    assert len(desk.latest()) == 2


def test_a_lead_whose_changes_are_older_by_now_is_none_of_the_newest() -> None:
    desk = Desk()
    desk.deliver(*(call(at=ago(n + 30), id=str(n)) for n in range(MOST)))
    desk.deliver(status("created", ago(20), id="s", version=1))
    assert desk.latest()[0].what == "created"

    desk.deliver(status("created", ago(9000), id="s", version=2))
    assert {one.what for one in desk.latest()} == {"call"}


def test_older_ones_are_found_again_when_too_many_have_gone() -> None:
    """Corrections take them to last week."""
    desk = Desk()
    ids = [str(number) for number in range(MOST + 40)]
    desk.deliver(*(call(at=ago(n), id=ids[n], version=1) for n in reversed(range(len(ids)))))
    assert len(desk.latest()) == LATEST
    desk.deliver(*(call(at=ago(9000 + n), id=ids[n], version=2) for n in range(MOST)))
    assert desk.read() is None

    desk.board.rep("ana").fill_latest(desk.touches.touches_of("ana"), desk.credits.copies_of("ana"))
    noon = int(NOON.timestamp())
    assert [(noon - one.at) // 60 for one in desk.latest()] == [*range(MOST, MOST + LATEST)]


def test_who_is_not_on_the_roster_has_none() -> None:
    desk = Desk()
    desk.deliver(call("dot"))
    assert desk.board.rep("dot").latest is None


def minutes_ago(desk: Desk) -> list[int]:
    """How long ago the newest events were."""
    noon = int(NOON.timestamp())
    return [(noon - one.at) // 60 for one in desk.latest()]


def test_of_many_at_once_the_newest_are_kept() -> None:
    desk = Desk()
    desk.deliver(*(call(at=ago(n + 500), id=f"old-{n}") for n in range(10)))
    assert len(desk.latest()) == 10
    many = [call(at=ago(n), id=str(n), version=1) for n in range(400)]
    desk.deliver(*many[::2], *many[1::2])
    assert minutes_ago(desk) == [*range(LATEST)]

    gone = [call(at=ago(9000 + n), id=str(n), version=2) for n in range(KEPT - LATEST)]
    desk.deliver(*gone)
    assert minutes_ago(desk) == [*range(len(gone), KEPT)]
    desk.deliver(call(at=ago(9999), id=str(KEPT - 1), version=2))
    assert desk.read() is None


def test_many_at_once_that_are_all_older_change_nothing() -> None:
    desk = Desk()
    desk.deliver(*(call(at=ago(n), id=str(n), version=1) for n in range(MOST + 40)))
    assert len(desk.latest()) == LATEST
    desk.deliver(*(call(at=ago(9000 + n), id=str(n), version=2) for n in range(KEPT - LATEST)))
    before = desk.latest()
    desk.deliver(*(call(at=ago(n + 1000), id=f"old-{n}") for n in range(MOST + 40)))
    assert desk.latest() == before
