"""No team of few people can be read from the wall."""

import json
from dataclasses import asdict

from dashboards.wall.alerts import NO_ALERTS, Alerts, ShownAlert
from dashboards.wall.snapshot import (
    Snapshot,
)
from dashboards.wall.view import Wall, wall
from metrics.readings import FloorInfo, TeamRow
from tests.wallbuild import NOW, floor, kpi, layout, part, row, shown, snapshot


def of_people(
    *found: TeamRow, smallest: int = 5, alerts: Alerts = NO_ALERTS, **people: int
) -> Wall:
    info = FloorInfo("north", "Europe/Amsterdam", True, tuple(people), {}, people)
    known = snapshot(part(0, *found), part(1), of=layout(info))
    return wall(known, NOW, smallest_team=smallest, alerts=alerts)


def names(view: Wall) -> list[str]:
    return [each.name for each in floor(view).teams]


def test_a_small_team_is_in_no_word_of_the_data_nor_is_the_one_that_would_reveal_it() -> None:
    view = of_people(
        row("four", leads_created__90d=313),
        row("six", leads_created__90d=419),
        row("nine", leads_created__90d=523),
        *(row("", reps=0, leads_created__90d=7),),
        nine=9,
        six=6,
        four=4,
    )

    assert names(view) == ["nine", "systems"]
    said = "Not shown, so that no team of fewer than 5 can be read: six, four."
    assert floor(view).hidden == said
    assert kpi(floor(view), "lead_to_won").sums["leads_created"] == 313 + 419 + 523 + 7
    assert "313" not in json.dumps(asdict(view))
    assert "419" not in json.dumps(asdict(view))


def test_a_floor_of_few_people_is_not_broken_down() -> None:
    view = of_people(row("two"), row("one"), two=2, one=1)

    assert names(view) == []
    assert floor(view).hidden == (
        "Not broken down by team, so that no team of fewer than 5 can be read."
    )
    assert names(of_people(row("two"), smallest=1, two=2, one=1)) == ["two", "one"]


def test_a_team_with_rows_of_many_and_people_of_few_is_small() -> None:
    assert names(of_people(row("left", reps=40), left=4, others=50)) == []


def test_a_worker_of_an_earlier_version_counts_no_people_and_no_team_is_shown() -> None:
    earlier = FloorInfo("north", "Europe/Amsterdam", True, ("hunters", "farmers"), {})
    view = shown(snapshot(part(0, row("hunters")), part(1), of=layout(earlier)))

    assert names(view) == []


def test_an_alert_about_a_team_is_shown_where_the_team_is() -> None:
    def fire(team: str) -> ShownAlert:
        return ShownAlert("KPIX", "today", f"{team}: few", "north", team)

    firing = Alerts((fire("six"), fire("four"), fire("nine"), ShownAlert("X", "now", "broken")))
    view = of_people(alerts=firing, nine=9, six=6, four=4)

    assert [each.summary for each in view.alerts] == ["nine: few", "broken"]
    assert wall(Snapshot(), NOW, alerts=firing).alerts == [ShownAlert("X", "now", "broken")]
