"""Which alerts a wall shows: what a floor or its machinery needs, and never one about a person."""

import pytest

from dashboards.alerting.prometheus import ALERTS
from dashboards.wall.alerts import ShownAlert, shown


def sent(name: str, severity: str, audience: str) -> dict:
    labels = {"alertname": name, "severity": severity, "audience": audience, "rep": "ana"}
    return {"labels": labels, "annotations": {"summary": f"what {name} says"}}


def test_the_urgent_ones_come_first_and_are_called_in_words() -> None:
    on_the_wall = shown(
        [
            sent("MixOff", "ticket", "floor-manager"),
            sent("Stale", "page", "platform"),
            sent("Behind", "page", "floor-manager"),
        ]
    )

    assert on_the_wall == [
        ShownAlert("Behind", "now", "what Behind says"),
        ShownAlert("Stale", "now", "what Stale says"),
        ShownAlert("MixOff", "today", "what MixOff says"),
    ]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_nothing_about_a_person_and_nothing_meant_for_nobody_is_shown(alert) -> None:
    on_the_wall = shown([sent(alert.name, alert.severity, alert.audience)])

    is_for_a_wall = alert.severity in ("page", "ticket") and alert.audience != "team-lead"
    assert bool(on_the_wall) == is_for_a_wall
    assert not (on_the_wall and "$labels.rep }}" in alert.summary)
