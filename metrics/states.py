"""What is thought of a KPI: seven states, each a word, a shape and a colour, and how one is found.

`judge` decides in Python, for the wall and the pages of reps; `promql` words the same decision for
the rules and for Grafana. A ratio is judged by its sample and its Wilson interval, a pace by what
chance alone would give. A KPI without a target has no state.
"""

from dataclasses import dataclass
from math import inf, sqrt
from typing import Literal, TypedDict

from metrics import wilson
from metrics.channels import CHANNEL_NAMES
from metrics.kpis import (
    CONTACTS,
    CONTACTS_CONVERTED,
    EXACT,
    EXPECTED_TOUCHES,
    MIX_TOLERANCE,
    Kpi,
    Measure,
)
from metrics.windows import WINDOWS

StateName = Literal["on_target", "close", "off_target", "too_few", "stale", "incomplete", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A word, a shape and a colour, which people with any kind of colour blindness can distinguish.

    `meaning` says when a KPI is in it. `on_dark` and `on_light` are the colour as text on a dark
    and on a light ground, `colour` the one between them, as a ground of its own.
    """

    name: StateName
    words: str
    shape: str
    meaning: str
    colour: str
    on_dark: str
    on_light: str

    @property
    def label(self) -> str:
        """Shape and words, as a label of a series and of a legend."""
        return f"{self.shape} {self.words}"


class _Colours(TypedDict):
    colour: str
    on_dark: str
    on_light: str


_BLUE = _Colours(colour="#3A87C8", on_dark="#6CB8F0", on_light="#005A94")
_YELLOW = _Colours(colour="#9A7D0A", on_dark="#F2D64B", on_light="#6B5600")
_ORANGE = _Colours(colour="#D55E00", on_dark="#FF8A3D", on_light="#A84300")
_GREY = _Colours(colour="#7F7F7F", on_dark="#A9B4C0", on_light="#56606B")
ON_TARGET = State(
    name="on_target",
    words="on target",
    shape="✓",
    meaning="on the good side, with a sample that can tell",
    **_BLUE,
)
CLOSE = State(
    name="close",
    words="close",
    shape="≈",
    meaning="on the wrong side, by no more than chance alone would give",
    **_YELLOW,
)
OFF_TARGET = State(
    name="off_target",
    words="off target",
    shape="✗",
    meaning="on the wrong side, by more than chance would give",
    **_ORANGE,
)
TOO_FEW = State(
    name="too_few",
    words="too few to tell",
    shape="?",
    meaning="the sample is too small to prove anything",
    **_GREY,
)
STALE = State(
    name="stale",
    words="stale",
    shape="‖",
    meaning="a feed that it rests on is late or silent",
    **_GREY,
)
INCOMPLETE = State(
    name="incomplete",
    words="incomplete",
    shape="…",
    meaning="a part of the numbers is missing",
    **_GREY,
)
CLOSED = State(
    name="closed",
    words="closed",
    shape="■",
    meaning="of today, and the floor has no hours now",
    **_GREY,
)
STATES = (ON_TARGET, CLOSE, OFF_TARGET, TOO_FEW, STALE, INCOMPLETE, CLOSED)

Z_95 = 1.645  # one side of the normal distribution: chance goes further once in twenty
TELLS_FROM, TELLS_ALWAYS = 10, 100  # a smaller sample proves nothing, one from here on is judged

_DAY_WINDOWS = {window.name for window in WINDOWS if window.calendar_days == 1 or window.minutes}


def closes(kpi: Kpi) -> bool:
    """Whether a KPI rests while its floor has no hours: one of today, that nobody works on."""
    return kpi.window in _DAY_WINDOWS


def feeds_of(kpi: Kpi) -> frozenset[str]:
    """The feeds (`channels.FEEDS`) that a KPI rests on: it says nothing while one is late."""
    return frozenset(feed for measure in (kpi.of, *kpi.per) for feed in _feeds(measure))


def _feeds(measure: Measure) -> tuple[str, ...]:
    if measure.channels or measure == CONTACTS:
        return CHANNEL_NAMES
    return (*CHANNEL_NAMES, "lead") if measure == CONTACTS_CONVERTED else ("lead",)


def is_pace(kpi: Kpi) -> bool:
    """Whether a KPI is a count against its expectation, and not a share of a sample."""
    return kpi.per == (EXPECTED_TOUCHES,)


def state(
    kpi: Kpi,
    hits: float,
    of: float,
    target: float | None,
    *,
    is_stale: bool,
    is_whole: bool,
    is_open: bool,
) -> State | None:
    """The state of a KPI whose numbers may be old, lack a part, or be of a floor that is closed."""
    if is_stale:
        return STALE
    if not is_whole:
        return INCOMPLETE
    if not is_open and closes(kpi):
        return CLOSED
    return judge(kpi, hits, of, target)


def judge(kpi: Kpi, hits: float, of: float, target: float | None) -> State | None:
    """The state of *hits* out of *of*, or against the *of* expected; None without a target."""
    if target is None:
        return None
    return _judge_pace(hits, of * target) if is_pace(kpi) else _judge_share(kpi, hits, of, target)


def _judge_pace(done: float, due: float) -> State:
    """By the Poisson distribution, whose deviation is the root of what is expected."""
    if due < Z_95 * Z_95:  # even nothing done might be chance
        return TOO_FEW
    if done >= due - EXACT:
        return ON_TARGET
    return CLOSE if (due - done) / sqrt(due) <= Z_95 else OFF_TARGET


def _judge_share(kpi: Kpi, hits: float, of: float, target: float) -> State:
    if of < TELLS_FROM:
        return TOO_FEW
    low, high = (wilson.bound(hits, of, Z_95, side) for side in ("low", "high"))
    least, most = _good(kpi, target)
    if high < least or low > most:
        return OFF_TARGET
    if low >= least and high <= most:
        return ON_TARGET
    if of < TELLS_ALWAYS and (
        (low < least and high > most)
        if kpi.direction == "near"
        else of < Z_95 * Z_95 * _odds(target)
    ):
        return TOO_FEW
    return ON_TARGET if kpi.meets(hits / of, target) else CLOSE


def _good(kpi: Kpi, target: float) -> tuple[float, float]:
    """The shares that are good, both ends included."""
    if kpi.direction == "near":
        return target - MIX_TOLERANCE, target + MIX_TOLERANCE
    return (target, inf) if kpi.direction == "at_least" else (-inf, target)


def _odds(target: float) -> float:
    """With a sample below these odds times z², neither none nor all of it would prove anything."""
    off = abs(target - 0.5)
    return (0.5 + off) / (0.5 - off) if off < 0.5 else inf
