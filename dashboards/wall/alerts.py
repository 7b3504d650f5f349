"""The alerts that fire, as Alertmanager has them, for the wall: never one about a person."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import aiohttp

from dashboards.wall.language import say

log = logging.getLogger(__name__)

EVERY = 5.0  # seconds between two questions
ANSWERS_WITHIN = 3.0  # seconds
AWAY = "Alertmanager does not answer: alerts are not known."
SHOWN = {"page": "now", "ticket": "today"}  # what a severity is called; others are not for a wall
MOST_LINES = 3  # of the banner
AUDIENCES = ("floor-manager", "platform")


@dataclass(frozen=True, slots=True)
class ShownAlert:
    """An alert on the wall: how urgent it is, in a word, what it says, and of which floor and team.

    Both are empty where it is about neither.
    """

    name: str
    urgency: str
    summary: str
    floor: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True)
class Alerts:
    """What is known of the alerts; `trouble` says in words why nothing is, empty when it is."""

    firing: tuple[ShownAlert, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class BannerLine:
    """A line of the banner of alerts: how urgent it is, also in a word, and what it says."""

    urgency: str
    label: str
    text: str


NO_ALERTS = Alerts()


class AlertWatch:
    """Asks Alertmanager again and again; calls *changed* when the answer is another one."""

    def __init__(self, url: str, changed: Callable[[], None]) -> None:
        self._url = f"{url}/api/v2/alerts"
        self._changed = changed
        self.alerts = Alerts()

    async def run(self) -> None:
        """Ask until cancelled; Alertmanager may come and go."""
        timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                self._take(await self._ask(session))
                await asyncio.sleep(EVERY)

    async def _ask(self, session: aiohttp.ClientSession) -> Alerts:
        wanted = {"active": "true", "silenced": "false", "inhibited": "false"}
        try:
            async with session.get(self._url, params=wanted) as response:
                response.raise_for_status()
                return Alerts(tuple(shown(await response.json())))
        except (aiohttp.ClientError, TimeoutError, ValueError, LookupError, TypeError) as error:
            log.debug("no alerts from %s: %r", self._url, error)
            return Alerts(trouble=AWAY)

    def _take(self, alerts: Alerts) -> None:
        if alerts == self.alerts:
            return
        if alerts.trouble:
            log.warning("%s (%s)", alerts.trouble, self._url)
        self.alerts = alerts
        self._changed()


def shown(firing: Iterable[Mapping[str, Any]]) -> list[ShownAlert]:
    """Those of Alertmanager's alerts that a wall may show, the urgent ones first."""
    chosen = []
    for alert in firing:
        labels, annotations = alert["labels"], alert["annotations"]
        if labels.get("severity") in SHOWN and labels.get("audience") in AUDIENCES:
            urgency = SHOWN[labels["severity"]]
            place = labels.get("floor", ""), labels.get("team", "")
            chosen.append(ShownAlert(labels["alertname"], urgency, annotations["summary"], *place))
    order = list(SHOWN.values())
    return sorted(chosen, key=lambda alert: (order.index(alert.urgency), alert.name, alert.summary))


def banner(firing: Sequence[ShownAlert], trouble: str) -> list[BannerLine]:
    """The first of the alerts, as many as have room, and how many more there are."""
    lines = [
        BannerLine(alert.urgency, f"▲ {say(alert.urgency)}", alert.summary)
        for alert in firing[:MOST_LINES]
    ]
    if more := len(firing) - len(lines):
        text = say("{alert}, and {count} more", alert=lines[-1].text, count=more)
        lines[-1] = replace(lines[-1], text=text)
    return [*lines, BannerLine("", "", trouble)] if trouble else lines
