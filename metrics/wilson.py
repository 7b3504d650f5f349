"""The one-sided bounds of a share, in Python and in PromQL, with the same arithmetic.

Wilson, Probable inference, the law of succession, and statistical inference (1927): the ends of
the score interval, multiplied out so that nothing is divided twice.
"""

from math import sqrt
from typing import Literal

Side = Literal["low", "high"]
SIDES: tuple[Side, ...] = ("low", "high")


def bound(hits: float, of: float, z: float, side: Side) -> float:
    """The bound of the share *hits* / *of* on one side; *of* has to be above zero."""
    half, quarter = _constants(z)
    spread = z * sqrt(max(hits * (of - hits), 0) / of + quarter)
    return (hits + half + (-spread if side == "low" else spread)) / (of + 2 * half)


def promql(hits: str, of: str, z: float, side: Side) -> str:
    """The same of two vectors with the same labels; absent where *of* is zero."""
    half, quarter = _constants(z)
    sign = "-" if side == "low" else "+"
    spread = f"sqrt(clamp_min({hits} * ({of} - {hits}), 0) / ({of} > 0) + {quarter:g})"
    return f"({hits} + {half:g} {sign} {z:g} * {spread}) / ({of} + {2 * half:g})"


def _constants(z: float) -> tuple[float, float]:
    return round(z * z / 2, 4), round(z * z / 4, 4)
