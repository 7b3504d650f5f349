"""What Prometheus scrapes: both formats, with numbers byte for byte as the library has them."""

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from metrics.exporter import Exposition, Renderer, family, info
from metrics.kpis import MEASURES
from metrics.names import SERIES, metric
from metrics.rows import RepRow

OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
ROWS = [
    RepRow("north", "hunters", "ana", [n + 0.25 * (n % 3) for n in range(len(SERIES))]),
    RepRow('so"uth', "sail\\ors", "c\nem", [1e21, 0, 3.0, 1 / 3] + [7] * (len(SERIES) - 4)),
]


class _AsTheLibraryDoes:
    def collect(self):
        for measure in MEASURES:
            with_channel = ("channel",) if measure.channels else ()
            labels = ("floor", "team", "rep", "window", *with_channel)
            family = GaugeMetricFamily(metric(measure), measure.help, labels=labels)
            for at, (name, window, channel) in enumerate(SERIES):
                for row in ROWS if name == measure.name else ():
                    values = (row.floor, row.team, row.rep, window, *([channel] if channel else []))
                    family.add_metric(values, row.values[at])
            yield family


def test_numbers_are_written_as_the_library_writes_them() -> None:
    registry = CollectorRegistry()
    registry.register(_AsTheLibraryDoes())

    body, content_type = Renderer().render(Exposition([], ROWS), "")

    assert body == generate_latest(registry)
    assert content_type.startswith("text/plain")


def test_a_sum_of_those_who_are_not_on_the_roster_carries_its_partition() -> None:
    row = RepRow("unassigned", "unassigned", "", [7] * len(SERIES), partition="11")

    body, _ = Renderer().render(Exposition([], [row]), OPEN)

    samples = [s for f in text_string_to_metric_families(body.decode()) for s in f.samples]
    assert {(s.labels["rep"], s.labels["partition"]) for s in samples} == {("", "11")}


def test_openmetrics_is_given_to_who_asks_for_it_and_parses() -> None:
    families = [
        family("events_received_total", "Events.", ["topic"], {("calls",): 3}),
        info("roster_info", "The roster.", sha256="ab12"),
        family("worker_ready", "Ready.", (), {(): 1}),
    ]

    body, content_type = Renderer().render(Exposition(families, ROWS), OPEN)

    assert content_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")
    read = {family.name: family for family in text_string_to_metric_families(body.decode())}
    assert read["floorpulse_events_received"].samples[0].name == "floorpulse_events_received_total"
    assert read["floorpulse_roster"].samples[0].labels == {"sha256": "ab12"}
    assert read["floorpulse_worker_ready"].type == "gauge"
    reps = {sample.labels["rep"] for sample in read["floorpulse_touches"].samples}
    assert reps == {"ana", "c\nem"}


@pytest.mark.parametrize("accept", ["", "text/plain", "application/json", OPEN])
def test_any_accept_header_gets_an_answer(accept: str) -> None:
    body, _ = Renderer().render(Exposition([], []), accept)

    assert body in (b"", b"# EOF\n")
