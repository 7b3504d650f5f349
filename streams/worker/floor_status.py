"""What a worker says of its floors: the roster, their hours and targets, and who is on shift."""

from collections.abc import Iterator, Mapping

from metrics.exporter import Family, Labels, family, info
from metrics.kpis import KPIS
from metrics.names import FamilyName
from metrics.thresholds import COLLAPSE_SILENT_AT_LEAST, COLLAPSE_SILENT_EXPECTED
from streams.clock import MINUTE, SECOND
from streams.measures.board import Board
from streams.measures.presence import Presence

MOST_NAMED = 10  # a field that is mapped wrongly makes reps by the thousand


class FloorStatus:
    """Asks the board and its roster.

    What is about one person only with *is_personal*; no rep is named unless it *names_reps*.
    """

    def __init__(self, board: Board, *, is_personal: bool, names_reps: bool = True) -> None:
        self._board = board
        self._presence = Presence(board)
        self._is_personal = is_personal
        self._names_reps = names_reps

    def families(self, worker: str, *, has_heartbeat: bool) -> Iterator[Family]:
        """What belongs to floors and, where it is switched on, to reps.

        A worker without a heartbeat exports no rep, and so has none on shift. What differs between
        workers is labelled with *worker*; the rest is the same for every one.
        """
        yield from self._roster()
        yield from self._floors(worker, has_heartbeat)
        yield from self._channels()
        yield from self._reps()

    def _roster(self) -> Iterator[Family]:
        roster, now = self._board.roster, self._board.now
        floors = roster.floors.values()
        yield info("roster_info", "The roster in use.", sha256=roster.sha256)
        unassigned = sorted(self._board.unassigned)
        yield family(
            "rep_unassigned",
            "Reps with events who are not on the roster, ten of a worker at most; none with "
            "FLOORPULSE_REP_SERIES=0.",
            ["rep"],
            {(rep,): 1 for rep in unassigned[: MOST_NAMED if self._names_reps else 0]},
        )
        yield family(
            "floor_open",
            "Whether a floor has hours now.",
            ["floor"],
            {(floor.name,): floor.is_open_at(now) for floor in floors},
        )
        yield family(
            "kpi_target",
            "The target of a KPI on a floor.",
            ("floor", "kpi"),
            {
                (floor.name, kpi.name): target
                for floor in floors
                for kpi in KPIS
                if (target := floor.kpi_target(kpi.name)) is not None
            },
        )

    def _floors(self, worker: str, has_heartbeat: bool) -> Iterator[Family]:
        floors = list(self._presence.floors())
        yield family(
            "floor_reps_scheduled",
            "Reps of the roster who are on shift now.",
            ["floor"],
            {(now.floor,): now.scheduled for now in floors},
        )
        yield family(
            "floor_reps_on_shift",
            "Reps on shift now among those whose numbers this worker exports.",
            ("floor", "worker"),
            {(now.floor, worker): now.on_shift if has_heartbeat else 0 for now in floors},
        )
        yield family(
            "floor_reps_silent",
            f"Of these, reps without a touch for {COLLAPSE_SILENT_EXPECTED} expected ones and "
            f"{COLLAPSE_SILENT_AT_LEAST} minutes of their shift.",
            ("floor", "worker"),
            {(now.floor, worker): now.silent if has_heartbeat else 0 for now in floors},
        )

    def _channels(self) -> Iterator[Family]:
        channels = {now[:2]: now for now in self._presence.channels()}
        yield _by_channel(
            "channel_expected_per_hour",
            "Effective touches an hour expected of the reps who are on shift now.",
            {labels: now.per_hour for labels, now in channels.items()},
        )
        yield _by_channel(
            "channel_silent_seconds",
            "Time of the floor's hours since the newest touch; take the least of the workers.",
            {labels: 60 * now.silent for labels, now in channels.items()},
        )
        yield _by_channel(
            "channel_missed_touches",
            "Effective touches expected since the newest one; take the least of the workers.",
            {labels: now.missed for labels, now in channels.items()},
        )
        newest = {labels: now.newest for labels, now in channels.items()}
        yield _by_channel(
            "channel_last_event_timestamp_seconds",
            "When the newest touch of a channel was, to the minute, among this worker's reps.",
            {labels: at * MINUTE / SECOND for labels, at in newest.items() if at is not None},
        )

    def _reps(self) -> Iterator[Family]:
        reps = {now[:3]: now for now in self._presence.reps()} if self._is_personal else {}
        yield _by_rep(
            "rep_on_shift",
            "Whether a rep is on shift now; only with FLOORPULSE_REP_ALERTS=1.",
            {labels: now.is_on_shift for labels, now in reps.items()},
        )
        yield _by_rep(
            "rep_silent_seconds",
            "Time of the shift since a rep's newest touch; only with FLOORPULSE_REP_ALERTS=1.",
            {labels: 60 * now.silent for labels, now in reps.items()},
        )
        yield _by_rep(
            "rep_expected_per_hour",
            "Effective touches an hour of shift expected; only with FLOORPULSE_REP_ALERTS=1.",
            {labels: now.per_hour for labels, now in reps.items()},
        )


def _by_channel(name: FamilyName, help: str, values: Mapping[Labels, float]) -> Family:
    return family(name, help, ("floor", "channel"), values)


def _by_rep(name: FamilyName, help: str, values: Mapping[Labels, float]) -> Family:
    return family(name, help, ("floor", "team", "rep"), values)
