"""Sums over what Redis holds, what the wall shows and what workers export, to be compared."""

import json
import urllib.request
from typing import Any

from redis import Redis

from metrics.names import SERIES, RedisKeys
from metrics.readings import add, decode_layout, decode_part
from tests.scrape import Numbers


def fetch(url: str) -> Any:
    """The JSON at an address."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.loads(answer.read())


def team_sums(redis: Redis, app_id: str) -> dict:
    """{(team, measure, window, channel): value} of what Redis holds, zeros left out."""
    keys = RedisKeys(app_id)
    written = redis.get(keys.layout)
    if written is None:
        return {}
    layout = decode_layout(written)
    raw = [redis.get(keys.part("reps", partition)) for partition in range(layout.partitions)]
    rows: dict[str, list] = {}
    for part in (decode_part(value) for value in raw if value):
        for row in part.teams:
            rows.setdefault(row.team, []).append(row.values)
    return {
        (team, *series): value
        for team, values in rows.items()
        for series, value in zip(SERIES, add(values), strict=True)
        if value
    }


def summed(numbers: Numbers) -> dict:
    """The same from what the workers export for each rep."""
    sums: dict = {}
    for (_, team, *series), value in numbers.items():
        sums[team, *series] = sums.get((team, *series), 0) + value
    return sums


def wall_sums(view: dict) -> dict:
    """{(team, measure, window): value} of the numerators and denominators on the wall."""
    from metrics.kpis import KPI

    return {
        (team["name"], measure, KPI[kpi["name"]].window): value
        for floor in view["floors"]
        for team in floor["teams"]
        for kpi in team["kpis"]
        for measure, value in kpi["sums"].items()
    }
