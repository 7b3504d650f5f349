"""Renders an exposition for Prometheus: the text format, or OpenMetrics where it is asked for.

A worker's own families go through prometheus_client; the numbers of the reps are written directly.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from metrics.gzipped import Gzipped
from metrics.names import FamilyName, metric
from metrics.replines import RepLines
from metrics.rows import RepRow

Family = CounterMetricFamily | GaugeMetricFamily | InfoMetricFamily
Labels = TypeVar("Labels", bound=tuple[str, ...])


def family(
    name: FamilyName, help: str, labels: Sequence[str], values: Mapping[Labels, float]
) -> Family:
    """A counter, or a gauge where the name does not end in `_total`; *values* by their labels."""
    kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
    made = kind(metric(name), help, labels=labels)
    for label_values, value in values.items():
        made.add_metric(label_values, value)
    return made


def info(name: FamilyName, help: str, **labels: str) -> Family:
    """What a worker says of itself in labels."""
    made = InfoMetricFamily(metric(name).removesuffix("_info"), help, labels=tuple(labels))
    made.add_metric(tuple(labels.values()), {})
    return made


def series_of(family: Family) -> str:
    """The name of a family's series: with the suffix that its type gives them."""
    return family.name + {"counter": "_total", "info": "_info"}.get(family.type, "")


def label_names(family: Family) -> tuple[str, ...]:
    """The labels of a family, also where it has no series yet."""
    return family._labelnames


@dataclass(frozen=True, slots=True)
class Exposition:
    """Everything a worker exports at one instant; nothing in it changes any more."""

    families: Sequence[Family]
    rows: Sequence[RepRow] = field(default=())


class Renderer:
    """Renders expositions; what did not change is neither rendered nor compressed again.

    From any thread, one exposition at a time.
    """

    def __init__(self) -> None:
        self._rep_lines = RepLines()
        self._gzipped = Gzipped()
        self._lock = Lock()

    def render(
        self, exposition: Exposition, accept: str, *, is_gzipped: bool = False
    ) -> tuple[bytes, str]:
        """The exposition in the format that the Accept header prefers, and its content type.

        Blocking, and for a thousand reps some 10 to 50 ms of work: call it from a thread.
        """
        encode, content_type = choose_encoder(accept)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Families(exposition.families))
        own: bytes = encode(registry)
        with self._lock:
            parts = [*self._rep_lines.render(exposition.rows), own]
            body = self._gzipped.compress(parts) if is_gzipped else b"".join(parts)
        return body, content_type


class _Families(Collector):
    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    def collect(self) -> Iterable[Family]:
        return self._families
