"""The page of a team: its people by name, each judged as on the wall, or why they are not."""

from dashboards.door.passes import Listed
from dashboards.wall.language import speaking
from dashboards.wall.snapshot import Snapshot
from dashboards.wall.teampage import TeamPage, TeamRep, team_page
from metrics.readings import FloorInfo, RepReading, TeamDay
from tests.wallbuild import NOW, layout, part, reading, row, snapshot

AT = int(NOW)
SHIFT = [(AT - 7200, AT + 7200)]
WHOLE = snapshot(part(0), part(1))


def own(rep: str, done: float = 40, due: float = 30, **fields: object) -> RepReading:
    """The reading of somebody on shift, who did so much of so much."""
    numbers = row(effective_touches__today__call=done, expected_touches__today__call=due)
    usual: dict = {"name": rep.title(), "hours": SHIFT, **fields}
    return reading(rep, numbers, **usual)


def page(*readings: RepReading, known: Snapshot = WHOLE, away: str = "") -> TeamPage:
    people = [Listed("hunters", one.name, one.rep) for one in readings]
    by_rep = {one.rep: one for one in readings}
    return team_page("hunters", people, by_rep, known, NOW, away=away)


def only(*readings: RepReading, known: Snapshot = WHOLE) -> TeamRep:
    (shown,) = page(*readings, known=known).reps
    return shown


def test_people_stand_by_name_whatever_they_did() -> None:
    shown = page(own("cem", 9), own("ana", 50), own("b/b", 1, name="Bob"), own("d", name="dia"))

    assert [(one.name, one.path) for one in shown.reps] == [
        ("Ana", "rep/ana"),
        ("Bob", "rep/b%2Fb"),
        ("Cem", "rep/cem"),
        ("dia", "rep/d"),
    ]
    assert (shown.team, shown.about) == ("hunters", "4 reps")


def test_each_is_judged_by_the_pace_as_on_the_wall() -> None:
    states = [
        (one.text, one.goal, one.pace_text, one.state, one.verdict)
        for one in page(own("a", 31), own("b", 25), own("c", 9), own("d", 1, 2.5)).reps
    ]

    assert states == [
        ("31", "of 30 expected by now", "pace 103\u00a0%", "on_target", "on target"),
        ("25", "of 30 expected by now", "pace 83\u00a0%", "close", "close"),
        ("9", "of 30 expected by now", "pace 30\u00a0%", "off_target", "off target"),
        ("1", "of 2.5 expected by now", "pace 40\u00a0%", "too_few", "too few to tell"),
    ]


def test_who_is_off_or_has_not_begun_has_no_state_and_says_why() -> None:
    off = only(own("ana", 3, 0, hours=[]))
    assert (off.text, off.goal, off.state, off.verdict) == ("3", "", "", "off today")
    late = only(own("ana", 0, 0, hours=[(AT + 1800, AT + 9000)]))
    assert (late.state, late.verdict) == ("", "starts at 10:30")
    assert only(own("ana", 0, 0)).verdict == "nothing is expected"
    assert only(own("ana", 0, 0, hours=None)).verdict == "nothing expected yet"
    (missing,) = team_page("t", [Listed("t", "Ana", "ana")], {}, WHOLE, NOW).reps
    assert (missing.text, missing.state, missing.verdict) == ("–", "", "no numbers yet")


def test_whose_hours_are_over_is_judged_no_more_but_in_a_break_they_are() -> None:
    over = [(AT - 9000, AT - 7200), (AT - 6600, AT - 3600)]
    gone = only(own("ana", 1, hours=over))
    assert (gone.state, gone.shape, gone.verdict) == ("closed", "■", "off since 09:00")
    assert (gone.text, gone.pace_text) == ("1", "pace 3.3\u00a0%")
    with speaking("nl"):
        assert only(own("ana", 1, hours=over)).verdict == "vrij sinds 09:00"
    early = only(own("ana", 1, hours=[(AT + 1800, AT + 9000)]))
    assert (early.state, early.verdict) == ("closed", "starts at 10:30")
    pause = [(AT - 9000, AT - 600), (AT + 600, AT + 3600)]
    assert only(own("ana", 1, hours=pause)).state == "off_target"


def test_nobody_is_off_target_while_a_feed_is_silent_late_or_incomplete() -> None:
    behind = own("ana", 1)
    assert only(behind).state == "off_target"
    silent = [("north", "call")]
    both = snapshot(part(0, silent=silent), part(1, silent=silent))
    assert only(behind, known=both).verdict == "stale: no calls"
    late = snapshot(part(0), part(1, until={"email": NOW - 200}))
    assert only(behind, known=late).verdict == "stale: e-mails 3\u00a0min late"
    other = snapshot(part(0, until={"email": NOW - 200}), part(1))
    assert only(behind, known=other).state == "off_target", "another partition is not theirs"
    assert only(behind, known=snapshot(part(0))).state == "incomplete"
    assert page(behind, away="Redis is away.").reps[0].state == "stale"


def test_the_day_rests_with_the_floor_but_not_for_who_is_on_shift() -> None:
    closed = FloorInfo("north", "Europe/Amsterdam", False, ("hunters",), {})
    known = snapshot(part(0), part(1), of=layout(closed))

    assert only(own("ana", 1, hours=[(AT - 9000, AT - 60)]), known=known).state == "closed"
    assert only(own("ana", 1), known=known).state == "off_target"


def test_the_touches_of_each_are_drawn_by_hour() -> None:
    day = TeamDay("north", "hunters", AT // 900 - 12, [2] * 12, [1.5] * 16)

    assert only(own("ana", days=[day])).line.path.count("L") == 1
    assert only(own("ana")).line.path == ""


def test_a_hundred_people_and_none() -> None:
    assert len(page(*(own(f"r{number}") for number in range(100))).reps) == 100
    assert page().about == "Nobody is in this team now."
    with speaking("nl"):
        shown = page(own("ana", 3, 0, hours=[]), away="Redis is away.")
        assert (shown.message, shown.about) == ("Redis is onbereikbaar.", "1 medewerker")
        assert shown.reps[0].verdict == "vandaag vrij"
