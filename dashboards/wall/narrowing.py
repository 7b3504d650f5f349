"""The wall of some floors: what somebody is sent who does not see all of them."""

import json
from dataclasses import asdict
from functools import lru_cache

from dashboards.wall.alerts import ShownAlert, banner
from dashboards.wall.language import Language, speaking


@lru_cache(maxsize=16)
def narrowed(text: str, floors: frozenset[str], language: Language) -> str:
    """A document of the wall, as JSON, with these *floors* and the alerts of them and of none."""
    document = json.loads(text)
    firing = [alert for alert in document["alerts"] if alert["floor"] in ("", *floors)]
    with speaking(language):
        lines = banner([ShownAlert(**alert) for alert in firing], document["alerts_trouble"])
    document["alerts"] = firing
    document["banner"] = [asdict(line) for line in lines]
    document["floors"] = [floor for floor in document["floors"] if floor["name"] in floors]
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)
