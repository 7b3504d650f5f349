"""Who sees some floors is sent these alone, and alerts of them and of none."""

import json
from dataclasses import asdict
from typing import Any

from dashboards.wall.alerts import MOST_LINES, Alerts, ShownAlert
from dashboards.wall.language import Language, speaking
from dashboards.wall.narrowing import narrowed
from dashboards.wall.view import wall
from metrics.readings import FloorInfo
from tests.wallbuild import NORTH, NOW, layout, part, row, snapshot

SOUTH = FloorInfo("south", "UTC", True, ("sailors",), {}, {"sailors": 9})
FIRING = [
    *(ShownAlert(f"S{n}", "now", f"south {n}", "south") for n in range(MOST_LINES + 1)),
    ShownAlert("N", "today", "north is behind", "north"),
    ShownAlert("P", "today", "partitions are stalled"),
]


def document(language: Language = "en", *, trouble: str = "") -> str:
    found = snapshot(part(0, row(), row("sailors", floor="south")), of=layout(NORTH, SOUTH))
    with speaking(language):
        return json.dumps(asdict(wall(found, NOW, alerts=Alerts(tuple(FIRING), trouble))))


def shown(*floors: str, language: Language = "en") -> dict[str, Any]:
    text = narrowed(document(language), frozenset(floors), language)
    return dict(json.loads(text))


def test_floors_and_alerts_of_others_are_not_in_it() -> None:
    north = shown("north")

    assert [floor["name"] for floor in north["floors"]] == ["north"]
    assert [alert["name"] for alert in north["alerts"]] == ["N", "P"]
    assert [line["text"] for line in north["banner"]] == [
        "north is behind",
        "partitions are stalled",
    ]
    assert "south" not in json.dumps(north)


def test_with_all_floors_it_is_the_same_document() -> None:
    for language in ("en", "nl"):
        assert shown("north", "south", language=language) == json.loads(document(language))


def test_why_alerts_are_not_known_stays() -> None:
    text = narrowed(document(trouble="Nobody knows."), frozenset(["north"]), "en")

    assert json.loads(text)["banner"][-1]["text"] == "Nobody knows."
