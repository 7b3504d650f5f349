"""Reading what a worker exports, as Prometheus would."""

import urllib.request
from collections.abc import Iterable

from prometheus_client.parser import text_string_to_metric_families

from metrics.kpis import MEASURE

Numbers = dict[tuple[str, str, str, str, str | None], float]


def scrape(port: int, path: str = "/metrics", accept: str = "", token: str = "") -> str:
    """The exposition of a worker."""
    headers = {"Accept": accept, **({"Authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        return response.read().decode()


def figures(text: str, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    """{labels: value} of one series name."""
    lines = [line for line in text.splitlines() if line.startswith(name)]
    return {
        tuple(sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families("\n".join(lines))
        for sample in family.samples
        if sample.name == name
    }


def rep_numbers(texts: Iterable[str]) -> Numbers:
    """{(rep, team, measure, window, channel): value} over all workers, zeros left out.

    Two owners may overlap for a moment, so the larger counts, as in the recording rules. Reps who
    are not on the roster are one rep without a name in every partition: they are added up.
    """
    largest: dict[tuple[str, tuple[str, str, str, str, str | None]], float] = {}
    for text in texts:
        for family in text_string_to_metric_families(text):
            measure = family.name.removeprefix("floorpulse_")
            if measure not in MEASURE:
                continue
            for sample in family.samples:
                labels = sample.labels
                key = (
                    labels["rep"],
                    labels["team"],
                    measure,
                    labels["window"],
                    labels.get("channel"),
                )
                place = labels.get("partition", ""), key
                if sample.value:
                    largest[place] = max(largest.get(place, 0), sample.value)
    sums: Numbers = {}
    for (_, key), value in largest.items():
        sums[key] = sums.get(key, 0) + value
    return sums
