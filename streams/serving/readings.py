"""The readings of the reps and partitions that a worker owns, as the wall is to find them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from operator import is_
from time import monotonic
from typing import NamedTuple

import msgspec

from metrics.channels import FEEDS
from metrics.kpis import KPIS
from metrics.readings import (
    NO_PASTS,
    FloorInfo,
    Layout,
    Part,
    PartKind,
    RankedRep,
    RepReading,
    TeamDay,
    TeamRow,
    add,
    encode_pasts,
)
from metrics.rows import RepRow
from metrics.thresholds import SILENT_CHANNEL_AT_LEAST, SILENT_EXPECTED
from streams.clock import SECOND, Micros, Minute, system_clock
from streams.events.contract import is_ahead
from streams.kafka.topics import Place, Topics, partitioner
from streams.measures.presence import Presence
from streams.processor import Processor
from streams.roster.people import SYSTEMS, Roster
from streams.serving.personal import Personals
from streams.serving.ranking import best_of
from streams.serving.team_days import team_days
from streams.serving.team_pasts import OpenDays, team_pasts


class _Sum(NamedTuple):
    """The sum of a team's rows, and the rows it is of: they are the same until a number changes."""

    rows: list[RepRow]
    row: TeamRow

    def is_of(self, rows: list[RepRow]) -> bool:
        return len(rows) == len(self.rows) and all(map(is_, rows, self.rows))


def _summed(floor: str, team: str, rows: list[RepRow]) -> TeamRow:
    reps = 0 if team == SYSTEMS else len(rows)
    return TeamRow(floor, team, reps, add([row.values for row in rows]))


class Readings:
    """Keeps the last numbers of every rep, so that a part is only a sum."""

    def __init__(
        self,
        processor: Processor,
        topics: Topics,
        clock_offset: Callable[[], float | None] = lambda: None,
        monotonic: Callable[[], float] = monotonic,
    ) -> None:
        self._processor = processor
        self._topics = topics
        self.partition_of = partitioner(topics.partitions)
        self._rows: dict[int, dict[str, list[RepRow]]] = {}  # by partition and rep
        self._personal = Personals(processor, monotonic)
        self._sums: dict[int, dict[tuple[str, str], _Sum]] = {}  # by partition, and floor and team
        self._floors: tuple[Roster, Minute, list[FloorInfo]] | None = None
        self._presence = Presence(processor.board)
        self._clock_offset = clock_offset
        self._silent: list[tuple[str, str]] = []
        self._days: dict[int, list[TeamDay]] = {}  # by partition
        self._pasts: dict[int, msgspec.Raw] = {}  # by partition, encoded

    def refresh(self, rep_ids: Iterable[str], *, is_busy: bool = False) -> None:
        """Read the board for these reps; one who is no longer on it goes.

        While it *is_busy* some of what is on their own pages alone is left for `take_late`.
        """
        board = self._processor.board
        for rep_id in rep_ids:
            rows = self._rows.setdefault(self.partition_of(rep_id), {})
            rows[rep_id] = list(board.rows([rep_id]))
            if not rows[rep_id]:
                self._drop(rows, [rep_id])
            elif rep_id in board.roster.reps:
                self._personal.refresh(rep_id, is_busy=is_busy)

    def take_late(self) -> set[str]:
        """The reps to refresh again: their own pages were left for later, and it is time now."""
        return self._personal.take_late()

    def forget_gone(self) -> None:
        """Drop the reps who are no longer on the board."""
        on_board = set(self._processor.board.rep_ids)
        for rows in self._rows.values():
            self._drop(rows, rows.keys() - on_board)

    def _drop(self, rows: dict[str, list[RepRow]], rep_ids: Collection[str]) -> None:
        self._personal.drop(rep_ids)
        for rep_id in rep_ids:
            del rows[rep_id]

    def note_silence(self) -> None:
        """Find the channels of floors that this worker takes for silent; parts say so from now."""
        self._silent = [
            (now.floor, now.channel)
            for now in self._presence.channels()
            if now.missed >= SILENT_EXPECTED and 60 * now.silent >= SILENT_CHANNEL_AT_LEAST
        ]

    def note_day(self, partition: int) -> None:
        """Sum up today by the quarter hour; the part says so from now."""
        reps = self._rows.get(partition, {})
        self._days[partition] = team_days(self._processor.board.days(reps))

    def note_past(self, partition: int) -> None:
        """Sum up the last open days; the part says so from now."""
        board, reps = self._processor.board, self._rows.get(partition, {})
        pasts = team_pasts(board.pasts(reps, OpenDays(board.now)))
        self._pasts[partition] = encode_pasts(pasts)

    def published(self, partition: int) -> list[str]:
        """The reps of a partition who have a reading: those on the board and the roster."""
        roster = self._processor.board.roster
        return [rep_id for rep_id in self._rows.get(partition, {}) if rep_id in roster.reps]

    def reps(self, rep_ids: Iterable[str]) -> Iterator[RepReading]:
        """The readings of those of these reps who are on the board and the roster; of no system.

        The others are in the sums of their partition alone, or a field that is mapped wrongly would
        make readings by the thousand.
        """
        clock, written_at = self._now()
        roster = self._processor.board.roster
        minute = self._processor.board.now
        for rep_id in rep_ids:
            rows = self._rows.get(self.partition_of(rep_id), {}).get(rep_id)
            own = self._personal.of(rep_id) if rows and rep_id in roster.reps else None
            if not rows or own is None:
                continue
            rep = roster.rep(rep_id)
            member = rep.membership_at(minute)
            yield RepReading(
                rep=rep_id,
                name=rep.name,
                partition=self.partition_of(rep_id),
                clock=clock,
                written_at=written_at,
                team=member.team,
                floor=member.floor.name,
                zone=rep.days.zone.key,
                day=date.fromordinal(rep.days.day_of(minute)).isoformat(),
                rows=[TeamRow(row.floor, row.team, 1, row.values) for row in rows],
                days=own.days,
                hours=own.hours,
                best=own.best,
                latest=own.latest,
            )

    def part(
        self,
        kind: PartKind,
        partition: int,
        complete_until: Mapping[Place, Micros | None],
        ok: bool,
    ) -> Part:
        """What a partition adds to the teams; *ok* says whether the worker's state is complete."""
        clock, written_at = self._now()
        sources = [
            topic
            for topic in self._topics.sources
            if (topic in self._topics.keyed_by_lead) == (kind == "leads")
        ]
        until = self._complete_until(sources, partition, complete_until)
        known = [at for at in until.values() if at is not None]
        newest, now = self._processor.intake.newest, self._processor.clock()
        return Part(
            kind=kind,
            partition=partition,
            clock=clock,
            written_at=written_at,
            is_complete=ok,
            complete_until=min(known) / SECOND if len(known) == len(until) else None,
            newest={
                channel: at / SECOND
                for topic, channel in self._topics.kind_of.items()
                if topic in sources
                and (at := newest.get((channel, partition))) is not None
                and not is_ahead(at, now)
            },
            teams=list(self._teams(partition)) if kind == "reps" else [],
            until=self._until(until),
            silent=self._silent if kind == "reps" else [],
            clock_offset=self._clock_offset(),
            best=self._best(partition) if kind == "reps" else [],
            days=self._days.get(partition, []) if kind == "reps" else [],
            pasts=self._pasts.get(partition, NO_PASTS) if kind == "reps" else NO_PASTS,
        )

    def _complete_until(
        self, topics: Collection[str], partition: int, known: Mapping[Place, Micros | None]
    ) -> dict[str, Micros | None]:
        """By topic, until when this worker has read what feeds a partition; None if not known yet.

        Of an unaligned input any partition may feed it, so the least of those read here.
        """
        unaligned = self._processor.intake.unaligned
        until = {t: known.get((t, partition)) for t in topics if t not in unaligned}
        for (topic, _), at in known.items():
            if topic in unaligned and topic in topics:
                least = until.get(topic, at)
                until[topic] = None if at is None or least is None else min(at, least)
        return until

    def _until(self, until: Mapping[str, Micros | None]) -> dict[str, float]:
        """By feed the least of the topics that carry it, internal ones too; none not yet read."""
        found: dict[str, float] = {}
        for feed in FEEDS:
            topics = self._topics.carrying(feed) & until.keys()
            known = [at / SECOND for topic in topics if (at := until[topic]) is not None]
            if known and len(known) == len(topics):
                found[feed] = min(known)
        return found

    def _teams(self, partition: int) -> Iterator[TeamRow]:
        teams: dict[tuple[str, str], list[RepRow]] = {}
        for rows in self._rows.get(partition, {}).values():
            for row in rows:
                teams.setdefault((row.floor, row.team), []).append(row)
        before, now = self._sums.get(partition, {}), dict[tuple[str, str], _Sum]()
        for place, rows in teams.items():
            known = before.get(place)
            if known is None or not known.is_of(rows):
                known = _Sum(rows, _summed(*place, rows))
            now[place] = known
            yield known.row
        self._sums[partition] = now

    def _best(self, partition: int) -> Sequence[RankedRep]:
        board = self._processor.board
        return best_of(self._rows.get(partition, {}), board.roster, board.now)

    def layout(self) -> Layout:
        """Which parts there are, and the floors of the roster."""
        clock, written_at = self._now()
        roster, minute = self._processor.board.roster, self._processor.board.now
        known = self._floors
        if known is None or known[0] is not roster or known[1] != minute:
            known = self._floors = (roster, minute, list(_floors(roster, minute)))
        return Layout(
            partitions=self._topics.partitions,
            lead_partitions=self._topics.lead_partitions,
            clock=clock,
            written_at=written_at,
            roster_sha256=roster.sha256,
            floors=known[2],
        )

    def _now(self) -> tuple[float, float]:
        return self._processor.clock() / SECOND, system_clock() / SECOND


def _floors(roster: Roster, minute: Minute) -> Iterator[FloorInfo]:
    """The floors of a roster at a minute: it goes over all people, so once a minute will do."""
    people, ranked = roster.people_at(minute), roster.ranked_at(minute)
    teams_of: defaultdict[str, list[str]] = defaultdict(list)
    for team, its in roster.teams.items():
        teams_of[its].append(team)
    for floor in roster.floors.values():
        teams = teams_of[floor.name]
        yield FloorInfo(
            name=floor.name,
            zone=floor.zone.key,
            is_open=floor.is_open_at(minute),
            teams=teams,
            kpi_targets={
                kpi.name: target
                for kpi in KPIS
                if (target := floor.kpi_target(kpi.name)) is not None
            },
            people={team: people[team] for team in teams},
            ranked=ranked[floor.name],
        )
