"""Lines that are kept from scrape to scrape are those that prometheus_client would write."""

import math
from collections.abc import Iterator, Sequence

from hypothesis import example, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from metrics.exporter import Exposition, Renderer
from metrics.kpis import MEASURES
from metrics.names import SERIES, metric
from metrics.rows import RepRow

NUMBERS = st.sampled_from(
    (0, 1, 1.0, True, 7, 10**6, 1e21, 0.0, -0.0, math.nan, math.inf, -math.inf)
)
TEXTS = st.sampled_from(("", "ana", "o'neil", 'a"b', "a\\b", "a\nb", "\\n", "Zoë", "{x}", "a,b"))
PLACES = st.integers(0, len(SERIES) - 1)
CHANGES = st.dictionaries(PLACES, NUMBERS | st.floats(), max_size=6)
PARTITIONS = st.sampled_from(("", "0", "11"))
WHO = st.tuples(TEXTS, TEXTS, TEXTS, PARTITIONS)
ANA, BOB = ("north", "hunters", "ana", ""), ("north", "hunters", "bob", "")
# Of each scrape who is on the board, in which order, and which of their numbers changed.
SCRAPES = st.lists(st.dictionaries(WHO, CHANGES, max_size=5))


class AsTheLibraryDoes(Collector):
    """Families of the same numbers, for prometheus_client to write."""

    def __init__(self, rows: Sequence[RepRow]) -> None:
        self._rows = rows

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for measure in MEASURES if self._rows else ():
            family = GaugeMetricFamily(metric(measure), measure.help)
            for at, (name, window, channel) in enumerate(SERIES):
                for row in self._rows if name == measure.name else ():
                    labels = {"floor": row.floor, "team": row.team, "rep": row.rep}
                    labels |= {"partition": row.partition} if row.partition else {}
                    labels |= {"window": window} | ({"channel": channel} if channel else {})
                    family.add_sample(family.name, labels, row.values[at])
            yield family


@settings(max_examples=60, deadline=None)
@given(SCRAPES)
@example([{ANA: {0: value}} for value in (0, 0.0, -0.0, math.nan, math.nan, 0)])
@example([{ANA: {}, BOB: {}}, {BOB: {}, ANA: {1: 3}}, {BOB: {1: 3}}, {}, {ANA: {}}])
def test_each_scrape_is_as_the_library_writes_it(scrapes: list[dict]) -> None:
    renderer = Renderer()
    kept: dict[tuple, RepRow] = {}
    for scrape in scrapes:
        for who, changes in scrape.items():
            before = kept.get(who)
            if before is None or changes:  # else the same object, as the board gives it
                values = [0] * len(SERIES) if before is None else list(before.values)
                for place, value in changes.items():
                    values[place] = value
                floor, team, rep, partition = who
                kept[who] = RepRow(floor, team, rep, values, partition)
        rows = [kept[who] for who in scrape]
        registry = CollectorRegistry()
        registry.register(AsTheLibraryDoes(rows))

        body, _ = renderer.render(Exposition([], rows), "")

        assert body == generate_latest(registry)
