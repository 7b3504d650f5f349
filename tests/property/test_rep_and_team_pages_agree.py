"""A rep has the same numbers and the same state on their own page and on that of their team."""

from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from dashboards.door.passes import Listed
from dashboards.wall.language import LANGUAGES, Language, speaking
from dashboards.wall.paces import Touched
from dashboards.wall.reppage import rep_page
from dashboards.wall.snapshot import Snapshot
from dashboards.wall.teampage import TeamRep, team_page
from metrics.channels import CHANNEL_NAMES, FEEDS
from metrics.readings import FloorInfo, Part, RepReading
from tests.wallbuild import NOW, layout, leads, part, reading, row, snapshot

AT = int(NOW)
ZONE = "Europe/Amsterdam"
BORDERS = st.integers(-6, 6).map(lambda hours: AT - 1 + hours * 1800)


@st.composite
def hours(draw: st.DrawFn) -> list[tuple[int, int]] | None:
    """The stretches of a day, one after another; None of a worker of an earlier version."""
    if draw(st.booleans()):
        return draw(st.sampled_from([None, []]))
    borders = sorted(draw(st.lists(BORDERS, min_size=2, max_size=6, unique=True)))
    return list(zip(borders[::2], borders[1::2], strict=False))


def parts_of(kind: str, number: int) -> st.SearchStrategy[Part]:
    """A part, perhaps with feeds that are late or silent, or not whole."""
    feeds = ["lead"] if kind == "leads" else [*CHANNEL_NAMES]
    ages = st.dictionaries(st.sampled_from(feeds), st.sampled_from([2.0, 90.0, 4000.0]))
    silent = st.lists(st.sampled_from([("north", name) for name in CHANNEL_NAMES]), unique=True)
    return st.builds(
        lambda ages, silent, is_complete, age: part(
            number,
            kind=kind,
            until={feed: NOW - seconds for feed, seconds in ages.items()},
            silent=silent,
            is_complete=is_complete,
            complete_until=None if age is None else NOW - age,
        ),
        *(ages, silent, st.sampled_from([True, True, True, False])),
        st.sampled_from([3.0, 3.0, 900.0, None]),
    )


def snapshots() -> st.SearchStrategy[Snapshot]:
    """Two partitions of reps and one of leads, on a floor that may be closed."""
    floors = st.builds(
        lambda is_open, targets: FloorInfo("north", ZONE, is_open, ("hunters",), targets),
        *(st.booleans(), st.sampled_from([{}, {"pace": 1.2}])),
    )
    known = (parts_of("reps", 0), parts_of("reps", 1), parts_of("leads", 0))
    return st.builds(lambda info, *parts: snapshot(*parts, of=layout(info)), floors, *known)


@st.composite
def readings(draw: st.DrawFn) -> RepReading:
    """Somebody who did so much of what was expected of them, on shift or off."""
    numbers = {}
    for name in CHANNEL_NAMES:
        numbers[f"effective_touches__today__{name}"] = draw(st.integers(0, 40))
        numbers[f"expected_touches__today__{name}"] = draw(st.sampled_from([0, 2.5, 14, 30.25]))
    age = draw(st.sampled_from([1, 1, 1, 500]))
    return reading("ana", row(**numbers), hours=draw(hours()), written_at=NOW - age)


def shown(own: RepReading, known: Snapshot, away: str = "") -> tuple[Touched, TeamRep]:
    """The total on the rep's own page, and their row on the team's."""
    total = rep_page("ana", own, known, NOW, away=away).total
    people = [Listed("hunters", own.name, "ana")]
    (listed,) = team_page("hunters", people, {"ana": own}, known, NOW, away=away).reps
    assert total is not None
    return total, listed


@given(readings(), snapshots(), st.sampled_from(["", "Redis is away."]), st.sampled_from(LANGUAGES))
def test_both_pages_say_the_same_of_a_rep(
    own: RepReading, known: Snapshot, away: str, language: Language
) -> None:
    with speaking(language):
        total, listed = shown(own, known, away)
    assert (total.state, total.shape, total.text) == (listed.state, listed.shape, listed.text)
    assert not total.state or total.verdict == listed.verdict
    assert listed.share == min(1.0, total.pace or 0)


@given(readings(), snapshots(), st.sampled_from(LANGUAGES))
def test_nobody_who_is_off_is_judged_and_nobody_is_off_between_two_stretches(
    own: RepReading, known: Snapshot, language: Language
) -> None:
    with speaking(language):
        total, listed = shown(own, known)
        cards = rep_page("ana", own, known, NOW).channels
    judged = {"on_target", "close", "off_target", "too_few"}
    if own.hours is not None and not any(
        own.hours[0][0] <= own.clock < end for _, end in own.hours
    ):
        assert not judged & {total.state, listed.state, *(card.state for card in cards)}
    elif own.hours:
        assert total.state != "closed"
    if own.hours and own.clock >= own.hours[-1][1] and listed.state in ("", "closed"):
        since = datetime.fromtimestamp(own.hours[-1][1], ZoneInfo(ZONE))
        word = "off since" if language == "en" else "vrij sinds"
        assert listed.verdict == f"{word} {since:%H:%M}"


@given(readings(), st.sampled_from(CHANNEL_NAMES))
def test_a_channel_s_card_rests_on_its_own_feed_alone(own: RepReading, late: str) -> None:
    old = snapshot(part(0), part(1, until={late: NOW - 300}), leads())
    before = rep_page("ana", own, snapshot(part(0), part(1)), NOW).channels
    cards = rep_page("ana", own, old, NOW).channels
    for card, one in zip(cards, before, strict=True):
        if card.name != late:
            assert card == one
        elif card.state:
            assert (card.state, card.verdict) == ("stale", f"stale: {FEEDS[late]} 5\u00a0min late")
