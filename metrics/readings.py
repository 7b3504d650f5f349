"""What is in Redis: a reading per rep, a part per partition, and the layout that says which.

Each is one JSON object, written whole by `streams` and read by `dashboards`. The number of a team
or a floor is the sum over the parts. Instants are Unix seconds: `clock` by the injected clock, for
which the windows stand; `written_at` by the machine's own.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal, TypeVar

import msgspec

from metrics.names import SERIES

R = TypeVar("R", "Part", "RepReading", "Layout")
PartKind = Literal["reps", "leads"]

# Values stand in the order of `names.SERIES`: a reader with another catalogue must not guess.
CATALOGUE = hashlib.sha256(repr(SERIES).encode()).hexdigest()[:12]

PART_LIVES = 180.0  # seconds after which a part that was not renewed makes its teams incomplete
BEST_OF = 4  # reps of a floor in a part: one more than are shown, to know who is level with whom
REP_LIVES = 600.0  # seconds after which the reading of a rep that was not renewed is gone


class OtherCatalogueError(ValueError):
    """The object was written by a version of the product with another catalogue of measures."""


class TeamRow(msgspec.Struct, frozen=True):
    """Numbers of one team: of one rep, or summed over the *reps* of a partition.

    `values` are in the order of `names.SERIES`.
    """

    floor: str
    team: str
    reps: int
    values: Sequence[int | float]


class RankedRep(msgspec.Struct, frozen=True):
    """A rep who may be among the best of the day, and their effective touches of it on a floor."""

    floor: str
    name: str
    touches: int


class TeamDay(msgspec.Struct, frozen=True):
    """The effective touches of one team by the quarter hour of today.

    `done` are those until now, `due` those expected in all of the day, from the quarter hour
    `first` on, which is counted from the Unix epoch. Both are as long.
    """

    floor: str
    team: str
    first: int
    done: Sequence[int]
    due: Sequence[float]


class TeamPast(msgspec.Struct, frozen=True):
    """What counts of one team in windows of open days, by the open day it counts on.

    `days`, counted from the first of January of year 1, which is 1, are the last OPEN_DAYS of the
    floor; what is of a closed day is in the open one before it. `sums` are the numbers of those
    days, by measure of `kpis.IN_LINES`; `people` were in the team at the end of each. The last day
    goes until now. Together with the team's day it is at most 2 KB.
    """

    floor: str
    team: str
    days: Sequence[int]
    people: Sequence[int]
    sums: Mapping[str, Sequence[float]]


NO_PASTS = msgspec.Raw(b"[]")


class Part(msgspec.Struct, frozen=True):
    """What one partition adds to the teams, and how complete it is.

    `complete_until` is the smallest over the partition's topics; None until it was read once.
    `is_complete` is false where the worker lost records and said so. `newest` is the event time of
    the last event by channel (`call`, `email`, `inmail`, `lead`). Parts of `leads` have no teams:
    they only say how complete the leads are.

    `until` is the same as `complete_until` by feed, as far as it was read; `silent` are the
    channels of a floor that were silent, as far as the worker knows, for too long to be chance.
    `clock_offset` is how many seconds the clock of the worker's machine is ahead of the brokers';
    None where that is not known. `best` are the BEST_OF with the most effective touches today of
    each floor's reps who may be among the best. `days` are up to two seconds old, and
    `pasts`, which `decode_pasts` reads, twenty. Earlier versions wrote none of these.
    """

    kind: PartKind
    partition: int
    clock: float
    written_at: float
    is_complete: bool
    complete_until: float | None
    newest: Mapping[str, float]
    teams: Sequence[TeamRow] = ()
    until: Mapping[str, float] = {}
    silent: Sequence[tuple[str, str]] = []
    clock_offset: float | None = None
    best: Sequence[RankedRep] = []
    days: Sequence[TeamDay] = []
    pasts: msgspec.Raw = NO_PASTS


class RepEvent(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A touch of a rep, or a change of a lead of theirs, and whether it counts.

    `at` is in Unix seconds. `what` is a channel, or what a change gave its lead (`created`); of a
    touch `how` is its outcome, as the contract words it. `why` says why it does not count, empty
    where it does; `needed` is how many seconds of talk the rule of the floor asks for.
    """

    at: int
    what: str
    why: str = ""
    how: str = ""
    is_inbound: bool = False
    talk_seconds: int | None = None
    needed: int = 0


class BestDay(msgspec.Struct, frozen=True):
    """The business day, as an ISO date, with the most effective touches of a rep, and how many."""

    day: str
    touches: int


LATEST = 20  # events of a rep in their reading
NO_EVENTS = msgspec.Raw(b"[]")


class RepReading(msgspec.Struct, frozen=True):
    """The numbers of one rep, a row for each of the rep's teams; `team` is the current one.

    `day` is the rep's business day as an ISO date, in `zone`. `days` is that day by the quarter
    hour, and `hours` the scheduled stretches of it, from and until in Unix seconds. `best` is the
    best day of the last 20 open days, until now. `latest`, which `decode_events` reads, are the
    LATEST newest events, the newest one first. Earlier versions wrote none of these four.
    """

    rep: str
    name: str
    partition: int
    clock: float
    written_at: float
    team: str
    floor: str
    zone: str
    day: str
    rows: Sequence[TeamRow]
    days: Sequence[TeamDay] = []
    hours: Sequence[tuple[int, int]] | None = None
    best: BestDay | None = None
    latest: msgspec.Raw = NO_EVENTS


class FloorInfo(msgspec.Struct, frozen=True):
    """A floor as the roster has it; `is_open` says whether it has hours at the clock's minute.

    `people` is how many the roster has in each team, `ranked` how many of them all may be among the
    best of the day; earlier versions wrote neither.
    """

    name: str
    zone: str
    is_open: bool
    teams: Sequence[str]
    kpi_targets: Mapping[str, float]
    people: Mapping[str, int] = {}
    ranked: int = 0


class Layout(msgspec.Struct, frozen=True):
    """Which parts make up the whole, and the floors of the roster; every worker writes the same."""

    partitions: int
    lead_partitions: int
    clock: float
    written_at: float
    roster_sha256: str
    floors: Sequence[FloorInfo]


class _Written(msgspec.Struct):
    catalogue: str | None = None


def encode(reading: Part | RepReading | Layout) -> bytes:
    """The bytes of an object in Redis."""
    return b'{"catalogue":"%b",%b' % (CATALOGUE.encode(), msgspec.json.encode(reading)[1:])


def encode_pasts(pasts: Sequence[TeamPast]) -> msgspec.Raw:
    """The pasts of a part, encoded once for all the times that it is written until they change."""
    return msgspec.Raw(msgspec.json.encode(pasts))


def decode_pasts(raw: bytes) -> list[TeamPast]:
    """The pasts of a part."""
    return msgspec.json.decode(raw, type=list[TeamPast])


def encode_event(event: RepEvent) -> msgspec.Raw:
    """An event of a rep, encoded once for all the times that it is written."""
    return msgspec.Raw(msgspec.json.encode(event))


def encode_events(events: Sequence[msgspec.Raw]) -> msgspec.Raw:
    """The newest events of a rep, each encoded."""
    return msgspec.Raw(b"[%b]" % b",".join(events))


def decode_events(raw: bytes) -> list[RepEvent]:
    """The newest events of a rep."""
    return msgspec.json.decode(raw, type=list[RepEvent])


def decode_part(raw: bytes) -> Part:
    """A part; raises OtherCatalogueError."""
    return _decode(raw, Part)


def decode_rep(raw: bytes) -> RepReading:
    """The reading of a rep; raises OtherCatalogueError."""
    return _decode(raw, RepReading)


def decode_layout(raw: bytes) -> Layout:
    """The layout; raises OtherCatalogueError."""
    return _decode(raw, Layout)


def _decode(raw: bytes, kind: type[R]) -> R:
    written = msgspec.json.decode(raw, type=_Written).catalogue
    if written != CATALOGUE:
        raise OtherCatalogueError(
            f"written with catalogue {written}, this version has {CATALOGUE}: run the same version "
            "of the worker and the wall"
        )
    return msgspec.json.decode(raw, type=kind)


def sums_in(window: str, values: Sequence[float]) -> dict[str, float]:
    """The measures of one window, channels summed: what `Kpi.value` takes."""
    sums: dict[str, float] = {}
    for series, value in zip(SERIES, values, strict=True):
        if series.window == window:
            sums[series.measure] = sums.get(series.measure, 0) + value
    return sums


def add(rows: Sequence[Sequence[float]]) -> list[float]:
    """The sums of values over reps, teams or parts; no rows give zeros."""
    return [sum(column) for column in zip(*rows, strict=True)] if rows else [0] * len(SERIES)
