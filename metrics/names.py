"""Every name the outside world sees: series, labels, Redis keys. Nobody else spells them."""

from typing import NamedTuple

from metrics.kpis import MEASURES, WINDOWS

PREFIX = "floorpulse"

# A number of a rep is known by these; what a scrape adds (job, instance, pod) is not among them.
# Reps who are unknown have no id, and are exported by partition.
NUMBER_LABELS = "floor, team, rep, partition, window, channel"


class Series(NamedTuple):
    """One number of a rep: a measure in a window, of one channel where the measure has channels."""

    measure: str
    window: str
    channel: str | None


def _all_series() -> tuple[Series, ...]:
    return tuple(
        Series(measure.name, window.name, channel)
        for measure in MEASURES
        for window in WINDOWS
        if window.name in measure.windows
        for channel in (measure.channels or (None,))
    )


# The numbers of a reading, in the order in which they stand in one.
SERIES = _all_series()
SERIES_INDEX = {series: index for index, series in enumerate(SERIES)}


def metric(name: str) -> str:
    """The exported name of a measure or of a figure of the product's own."""
    return f"{PREFIX}_{name}"


class RedisKeys:
    """Every key and channel in Redis; they carry the app id, so installations can share one."""

    def __init__(self, app_id: str) -> None:
        self._app_id = app_id
        self.layout = f"{app_id}:layout"
        self.changes = f"{app_id}:changes"  # the channel on which keys that changed are announced

    def rep(self, rep_id: str) -> str:
        """The reading of a rep."""
        return f"{self._app_id}:rep:{rep_id}"

    def part(self, kind: str, partition: int) -> str:
        """The part of a partition; *kind* is `reps` or `leads`, by what it is keyed by."""
        return f"{self._app_id}:part:{kind}:{partition}"

    def fence(self, kind: str, partition: int) -> str:
        """The version of what was last written for a partition."""
        return f"{self._app_id}:fence:{kind}:{partition}"
