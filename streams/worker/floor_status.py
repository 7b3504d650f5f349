"""What a worker tells of its floors: the roster, their hours and targets, and who is on shift."""

from collections.abc import Iterator

from metrics.exporter import Family, Figure
from metrics.kpis import KPIS
from metrics.thresholds import COLLAPSE_SILENT_AT_LEAST, COLLAPSE_SILENT_EXPECTED
from streams.clock import MINUTE, SECOND
from streams.measures.board import Board
from streams.measures.presence import Presence

_REP = ("floor", "team", "rep")
_CHANNEL = ("floor", "channel")
MOST_NAMED = 10  # a field that is mapped wrongly makes reps by the thousand
OF_WORKER = ("floor_reps_on_shift", "floor_reps_silent")  # others are the same for every worker


class FloorStatus:
    """Asks the board and its roster; what is about one person only with *is_personal*."""

    def __init__(self, board: Board, *, is_personal: bool) -> None:
        self._board = board
        self._presence = Presence(board)
        self._is_personal = is_personal

    def families(self, *, is_heard: bool) -> Iterator[Family]:
        """What belongs to floors and, where it is switched on, to reps.

        A worker whose group does not hear it exports no rep, and so has none on shift.
        """
        yield from self._roster()
        yield from self._floors(is_heard)
        yield from self._channels()
        yield from self._reps()

    def _roster(self) -> Iterator[Family]:
        roster, now = self._board.roster, self._board.now
        digest = [Figure((roster.sha256,), 1)]
        yield Family("roster_info", "info", "The roster in use.", ("sha256",), digest)
        strangers = sorted(rep for rep in self._board.rep_ids if rep not in roster.reps)
        yield Family(
            "rep_unassigned",
            "gauge",
            "Reps with events who are not on the roster, ten of a worker at most.",
            ("rep",),
            [Figure((rep,), 1) for rep in strangers[:MOST_NAMED]],
        )
        yield Family(
            "floor_open",
            "gauge",
            "Whether a floor has hours now.",
            ("floor",),
            [Figure((floor.name,), floor.is_open_at(now)) for floor in roster.floors.values()],
        )
        yield Family(
            "kpi_target",
            "gauge",
            "The target of a KPI on a floor.",
            ("floor", "kpi"),
            [
                Figure((floor.name, kpi.name), target)
                for floor in roster.floors.values()
                for kpi in KPIS
                if (target := floor.kpi_target(kpi.name)) is not None
            ],
        )

    def _floors(self, is_heard: bool) -> Iterator[Family]:
        floors = list(self._presence.floors())
        if not is_heard:
            floors = [each._replace(on_shift=0, silent=0) for each in floors]
        for name, told, figures in (
            (
                "floor_reps_scheduled",
                "Reps of the roster who are on shift now.",
                [Figure((each.floor,), each.scheduled) for each in floors],
            ),
            (
                "floor_reps_on_shift",
                "Reps on shift now among those whose numbers this worker exports.",
                [Figure((each.floor,), each.on_shift) for each in floors],
            ),
            (
                "floor_reps_silent",
                f"Of these, reps without a touch for {COLLAPSE_SILENT_EXPECTED} expected ones and "
                f"{COLLAPSE_SILENT_AT_LEAST} minutes of their shift.",
                [Figure((each.floor,), each.silent) for each in floors],
            ),
        ):
            yield Family(name, "gauge", told, ("floor",), figures)

    def _channels(self) -> Iterator[Family]:
        channels = list(self._presence.channels())
        for name, told, figures in (
            (
                "channel_expected_per_hour",
                "Effective touches an hour expected of the reps who are on shift now.",
                [Figure(each[:2], each.per_hour) for each in channels],
            ),
            (
                "channel_silent_seconds",
                "Time of the floor's hours since the newest touch; take the least of the workers.",
                [Figure(each[:2], 60 * each.silent) for each in channels],
            ),
            (
                "channel_missed_touches",
                "Effective touches expected since the newest one; take the least of the workers.",
                [Figure(each[:2], each.missed) for each in channels],
            ),
            (
                "channel_last_event_timestamp_seconds",
                "When the newest touch of a channel was, to the minute, among this worker's reps.",
                [
                    Figure(each[:2], each.newest * MINUTE / SECOND)
                    for each in channels
                    if each.newest is not None
                ],
            ),
        ):
            yield Family(name, "gauge", told, _CHANNEL, figures)

    def _reps(self) -> Iterator[Family]:
        reps = list(self._presence.reps()) if self._is_personal else []
        for name, told, figures in (
            (
                "rep_on_shift",
                "Whether a rep is on shift now; only with FLOORPULSE_REP_ALERTS=1.",
                [Figure(rep[:3], rep.is_on_shift) for rep in reps],
            ),
            (
                "rep_silent_seconds",
                "Time of the shift since a rep's newest touch; only with FLOORPULSE_REP_ALERTS=1.",
                [Figure(rep[:3], 60 * rep.silent) for rep in reps],
            ),
            (
                "rep_expected_per_hour",
                "Effective touches an hour of shift expected; only with FLOORPULSE_REP_ALERTS=1.",
                [Figure(rep[:3], rep.per_hour) for rep in reps],
            ),
        ):
            yield Family(name, "gauge", told, _REP, figures)
