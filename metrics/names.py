"""Every name the outside world sees: series, labels, Redis keys. Nobody else spells them."""

from typing import NamedTuple

from metrics.kpis import MEASURES, WINDOWS

PREFIX = "floorpulse"


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
