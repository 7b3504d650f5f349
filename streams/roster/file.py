"""Reads `roster.yaml`, which people write by hand: every mistake names its line and the right form.

Scalars are taken as they are written (no YAML types), so `NO` is Norway, 12:00 is a time and a rep
id of digits is a rep id.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import yaml

from metrics.kpis import CHANNELS, KPIS
from streams.events.words import WORDS, word_form
from streams.roster import values as forms
from streams.roster.calendar import BusinessDays, Day, FloorCalendar, Span, Week, instant
from streams.roster.people import (
    BEGINNING,
    DECIDE_WITHIN_DAYS,
    EffectiveRule,
    Floor,
    Membership,
    Rep,
    Roster,
    no_holiday,
    system,
)

T = TypeVar("T")
D = TypeVar("D")
UTC = ZoneInfo("UTC")


class RosterError(ValueError):
    """A roster that cannot be used; `mistakes` holds one line for each thing to mend."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = list(mistakes)


def load_roster(path: Path, unassigned_zone: ZoneInfo = UTC) -> Roster:
    """Read and check a roster file.

    Raises RosterError with every mistake found, and OSError when the file cannot be read.
    """
    return parse_roster(path.read_bytes(), unassigned_zone, name=path.name)


def parse_roster(
    text: bytes, unassigned_zone: ZoneInfo = UTC, *, name: str = "roster.yaml"
) -> Roster:
    """The roster that *text* describes; RosterError names *name*, line and accepted form."""
    try:
        root = yaml.compose(text.decode(), Loader=yaml.BaseLoader)
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        raise RosterError([f"{name}:{line}: is not UTF-8 ({error.reason})"]) from None
    except yaml.YAMLError as error:
        raise RosterError([_yaml_mistake(name, error)]) from None
    except RecursionError:
        raise RosterError([f"{name}: is nested too deeply to be a roster"]) from None
    reader = _Reader()
    roster = reader.roster(root, unassigned_zone, hashlib.sha256(text).hexdigest())
    if reader.mistakes:
        raise RosterError([f"{name}:{line}: {told}" for line, told in sorted(reader.mistakes)])
    return roster


def _yaml_mistake(name: str, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "is not YAML"
    if "'\\t'" in problem:
        problem += ": indent with spaces, not with tabs"
    return f"{name}:{mark.line + 1}: {problem}" if mark else f"{name}: {problem}"


@dataclass
class _Reader:
    """Walks the nodes; a mistake is noted and the walk goes on, so that all are told at once."""

    mistakes: list[tuple[int, str]] = field(default_factory=list)

    def roster(self, root: yaml.Node | None, unassigned_zone: ZoneInfo, sha256: str) -> Roster:
        top = self.fields(root, _TOP, "the roster")
        rule = self.rule(top.get("effective"), EffectiveRule())
        floors = {
            self.form(key, forms.name, ""): self.floor(key, node, rule)
            for key, node in self.entries(top.get("floors"), "floors")
        }
        if not floors:
            self.note(top.get("floors") or root, "floors: at least one is needed")
        teams = {
            self.form(key, forms.name, ""): self.team(key, node, floors)
            for key, node in self.entries(top.get("teams"), "teams")
        }
        known_teams = {team: floors[floor] for team, floor in teams.items() if floor in floors}
        reps = {}
        for key, node in self.entries(top.get("reps"), "reps"):
            rep = _RepReader(self, key, known_teams).read(node)
            if rep is not None:
                reps[rep.id] = rep
        systems = self.systems(top.get("systems"), floors, reps)
        return Roster(
            floors,
            teams,
            reps,
            unassigned_zone=unassigned_zone,
            rule=rule,
            sha256=sha256,
            words=self.words(top.get("words")),
            systems=systems,
            nobody=self.nobody(top.get("nobody"), systems),
        )

    def floor(self, key: yaml.Node, node: yaml.Node, rule: EffectiveRule) -> Floor:
        known = (
            *("zone", "holidays", "closed", "decide_within_days", "kpi_targets"),
            *("hours", "breaks", "targets", "effective"),
        )
        entry = self.fields(node, known, f"floor {key.value!r}")
        for needed in ("zone", "hours"):
            if needed not in entry:
                self.note(key, f"floor {key.value!r} needs `{needed}`")
        holidays = entry.get("holidays")
        hours = self.week(entry.get("hours"))
        closed = frozenset(self.list_of(entry.get("closed"), forms.day))
        is_holiday = self.form(holidays, forms.holiday_test, no_holiday)
        return Floor(
            name=str(key.value),
            zone=self.form(entry.get("zone"), forms.zone, UTC),
            hours=hours,
            calendar=FloorCalendar(hours, closed, is_holiday),
            breaks=tuple(self.list_of(entry.get("breaks"), forms.span)),
            targets=self.numbers(entry.get("targets"), CHANNELS, "channel"),
            rule=self.rule(entry.get("effective"), rule),
            decide_within_days=self.form(
                entry.get("decide_within_days"), forms.whole_number, DECIDE_WITHIN_DAYS
            ),
            kpi_targets=self.numbers(entry.get("kpi_targets"), _TARGETED, "KPI"),
            holidays=None if holidays is None else str(holidays.value),
        )

    def team(self, key: yaml.Node, node: yaml.Node, floors: Mapping[str, Floor]) -> str:
        entry = self.fields(node, ("floor",), f"team {key.value!r}")
        floor = entry.get("floor")
        name = self.form(floor, str, "")
        if name not in floors:
            self.note(floor or key, f"team {key.value!r} needs `floor`: one of {_list(floors)}")
        return name

    def systems(
        self, node: yaml.Node | None, floors: Mapping[str, Floor], reps: Mapping[str, Rep]
    ) -> dict[str, Rep]:
        systems: dict[str, Rep] = {}
        for key, value in self.entries(node, "systems"):
            system_id = self.form(key, forms.name, "")
            entry = self.fields(value, ("floor",), f"system {system_id!r}")
            floor = self.form(entry.get("floor"), str, "")
            if system_id in reps:
                self.note(key, f"{system_id!r} is in `reps` and in `systems`: take one of them out")
            if floor not in floors:
                needed = f"system {system_id!r} needs `floor`: one of {_list(floors)}"
                self.note(entry.get("floor") or key, needed)
            elif system_id:
                systems[system_id] = system(system_id, floors[floor])
        return systems

    def nobody(self, node: yaml.Node | None, systems: Mapping[str, Rep]) -> str | None:
        """The system whose the changes are that carry no rep."""
        named: str | None = self.form(node, str, None)
        if named is None or named in systems:
            return named
        self.note(node, f"nobody: {named!r} is not a system; known are {_list(systems)}")
        return None

    def rule(self, node: yaml.Node | None, default: EffectiveRule) -> EffectiveRule:
        """An effective rule; a floor may have its own, key by key."""
        entry = self.fields(node, ("dispositions", "talk_seconds"), "effective")
        dispositions = default.dispositions
        if "dispositions" in entry:
            dispositions = frozenset(self.list_of(entry["dispositions"], str))
        talk = self.form(entry.get("talk_seconds"), forms.whole_number, default.talk_seconds)
        return EffectiveRule(dispositions, talk)

    def week(self, node: yaml.Node | None) -> Week:
        """Weekly hours, as they are written."""
        week: list[tuple[Span, ...]] = [()] * 7
        for key, value in self.entries(node, "hours"):
            spans = tuple(sorted(self.list_of(value, forms.span)))
            if any(two.start < one.end for one, two in pairwise(spans)):
                self.note(value, "hours overlap: write spans that follow one another")
            for weekday in [day for days in self.list_of(key, forms.weekdays) for day in days]:
                if week[weekday]:
                    self.note(key, f"{forms.WEEKDAYS[weekday]} has hours already: give them once")
                week[weekday] = spans
        return tuple(week)

    # -- nodes

    def note(self, node: yaml.Node | None, message: str) -> None:
        self.mistakes.append((node.start_mark.line + 1 if node is not None else 1, message))

    def form(self, node: yaml.Node | None, parse: Callable[[str], T], default: D) -> T | D:
        """The value of a scalar, or *default* where there is none or it is mistaken."""
        if node is None:
            return default
        if not isinstance(node, yaml.ScalarNode):
            self.note(node, "expected a single value")
            return default
        try:
            return parse(node.value)
        except ValueError as error:
            self.note(node, str(error))
            return default

    def each(self, node: yaml.Node | None, parse: Callable[[str], T]) -> list[tuple[yaml.Node, T]]:
        """The values of a list, or of a single value, with their nodes."""
        if node is None:
            return []
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        read = [(each, self.form(each, parse, None)) for each in nodes]
        return [(each, value) for each, value in read if value is not None]

    def list_of(self, node: yaml.Node | None, parse: Callable[[str], T]) -> list[T]:
        return [value for _, value in self.each(node, parse)]

    def entries(self, node: yaml.Node | None, what: str) -> list[tuple[yaml.Node, yaml.Node]]:
        """The entries of a mapping; a key given twice is a mistake."""
        if node is None:
            return []
        if not isinstance(node, yaml.MappingNode):
            self.note(node, f"{what}: expected a mapping, `name: value`")
            return []
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    self.note(key, f"{what}: {key.value!r} is given twice")
                seen.add(key.value)
        return list(node.value)

    def fields(
        self, node: yaml.Node | None, known: Sequence[str], what: str
    ) -> dict[str, yaml.Node]:
        """The entries of a mapping with known keys; an empty or null value is as if not given."""
        found: dict[str, yaml.Node] = {}
        for key, value in self.entries(node, what):
            if key.value not in known:
                self.note(key, f"{what}: {key.value!r} is not known; known are {_list(known)}")
            elif not _is_null(value):
                found[key.value] = value
        return found

    def numbers(self, node: yaml.Node | None, known: Sequence[str], what: str) -> dict[str, float]:
        """A mapping from known names to numbers."""
        found: dict[str, float] = {}
        for key, value in self.entries(node, f"targets by {what}"):
            if key.value not in known:
                self.note(key, f"{key.value!r} is not a {what}; known are {_list(known)}")
                continue
            found[key.value] = self.form(value, forms.number, 0.0)
        return found

    def words(self, node: yaml.Node | None) -> dict[str, dict[str, str]]:
        """Words of the floors' own by field: what each of them means in the contract."""
        own: dict[str, dict[str, str]] = {}
        for key, meanings in self.entries(node, "words"):
            if key.value not in WORDS:
                self.note(key, f"words: {key.value!r} is not a field; known are {_list(WORDS)}")
                continue
            listed = WORDS[key.value]
            for word, meant in self.entries(meanings, f"words of {key.value}"):
                meaning = word_form(self.form(meant, str, ""))
                if meaning in listed:
                    own.setdefault(key.value, {})[word_form(word.value)] = meaning
                else:
                    self.note(meant, f"{meaning!r} is no {key.value}; known are {_list(listed)}")
        return own


_TOP = ("words", "effective", "floors", "teams", "reps", "systems", "nobody")

# KPIs a floor may set a target for: those that are ratios.
_TARGETED = tuple(kpi.name for kpi in KPIS if kpi.is_ratio)


class _RepReader:
    """Reads one rep, whose zone and start of the day decide what the other entries mean."""

    KNOWN = (
        *("name", "team", "zone", "hours", "breaks", "day_starts"),
        *("targets", "absences", "from", "to"),
    )

    def __init__(self, reader: _Reader, key: yaml.Node, teams: Mapping[str, Floor]) -> None:
        self._reader = reader
        self._key = key
        self._teams = teams

    def read(self, node: yaml.Node) -> Rep | None:
        """The rep, or None when a mistake leaves nothing to go on."""
        reader = self._reader
        rep_id = reader.form(self._key, forms.name, "")
        entry = reader.fields(node, self.KNOWN, f"rep {rep_id!r}")
        steps = self._steps(entry.get("team"))
        if not rep_id or not steps:
            return None
        zone = self._zone(entry.get("zone"), [self._teams[team] for _, _, team in steps])
        breaks = entry.get("breaks")
        rep = Rep(
            id=rep_id,
            name=reader.form(entry.get("name"), str, rep_id),
            days=BusinessDays(zone, reader.form(entry.get("day_starts"), forms.start_of_day, 0)),
            memberships=self._memberships(steps, zone),
            own_hours=reader.week(entry["hours"]) if "hours" in entry else None,
            own_breaks=None if breaks is None else tuple(reader.list_of(breaks, forms.span)),
            own_targets=reader.numbers(entry.get("targets"), CHANNELS, "channel"),
            absences=tuple(self._absences(entry.get("absences"))),
            first_day=reader.form(entry.get("from"), forms.day, None),
            last_day=reader.form(entry.get("to"), forms.day, None),
        )
        self._check_hours(rep, entry.get("hours"))
        if rep.first_day is not None and rep.last_day is not None and rep.last_day < rep.first_day:
            reader.note(entry["to"], f"rep {rep_id!r}: `to` is before `from`; both are inclusive")
        return rep

    def _steps(self, node: yaml.Node | None) -> list[tuple[yaml.Node, forms.LocalTime | None, str]]:
        """The teams held, each with its node and its start; the first may have none."""
        reader = self._reader
        if node is None:
            reader.note(self._key, f"rep {self._key.value!r} needs `team`")
            return []
        if isinstance(node, yaml.SequenceNode) and not node.value:
            reader.note(node, f"rep {self._key.value!r} needs `team`: the list is empty")
        steps: list[tuple[yaml.Node, forms.LocalTime | None, str]] = []
        for each in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            since, team = None, each
            if isinstance(each, yaml.MappingNode):
                entry = reader.fields(each, ("from", "team"), "team")
                since = reader.form(entry.get("from"), forms.local_time, None)
                team = entry.get("team", each)
                if since is None and "from" not in entry and steps:
                    reader.note(each, "every team but the first needs `from`")
            name = team.value if isinstance(team, yaml.ScalarNode) else ""
            if name in self._teams:
                steps.append((each, since, name))
            else:
                reader.note(team, f"{name!r} is not a team; known are {_list(self._teams)}")
        return steps

    def _zone(self, node: yaml.Node | None, floors: Sequence[Floor]) -> ZoneInfo:
        if node is None and len({floor.zone.key for floor in floors}) > 1:
            told = f"rep {self._key.value!r} was on floors of different zones: give a `zone`"
            self._reader.note(self._key, told)
        return self._reader.form(node, forms.zone, floors[0].zone)

    def _memberships(
        self, steps: Sequence[tuple[yaml.Node, forms.LocalTime | None, str]], zone: ZoneInfo
    ) -> tuple[Membership, ...]:
        found: list[Membership] = []
        for node, since, team in steps:
            start = BEGINNING if since is None else instant(zone, since.day, since.minutes)
            if found and start <= found[-1].since:
                self._reader.note(node, "teams must stand in the order of their `from`")
            found.append(Membership(start, team, self._teams[team]))
        return tuple(found)

    def _absences(self, node: yaml.Node | None) -> Iterator[tuple[Day, Day]]:
        for each in node.value if isinstance(node, yaml.SequenceNode) else []:
            entry = self._reader.fields(each, ("from", "to"), "absence")
            first = self._reader.form(entry.get("from"), forms.day, None)
            last = self._reader.form(entry.get("to"), forms.day, None)
            if first is None or last is None or last < first:
                form = "{from: YYYY-MM-DD, to: YYYY-MM-DD}, both inclusive"
                self._reader.note(each, f"not an absence: write {form}")
            else:
                yield first, last
        if node is not None and not isinstance(node, yaml.SequenceNode):
            self._reader.note(node, "absences: expected a list of {from, to}")

    def _check_hours(self, rep: Rep, hours: yaml.Node | None) -> None:
        try:
            for membership in rep.memberships:
                rep.week_on(membership.floor)
                self._check_overlap(rep, membership.floor, hours)
        except ValueError:
            starts = f"{rep.days.day_starts // 60:02}:{rep.days.day_starts % 60:02}"
            told = f"hours of rep {rep.id!r} cross the start of the business day at {starts}"
            mend = 'set `day_starts` to a time when nobody works, such as "12:00"'
            self._reader.note(hours or self._key, f"{told}: {mend}")

    def _check_overlap(self, rep: Rep, floor: Floor, hours: yaml.Node | None) -> None:
        """Spans may follow one another only after they are placed in the rep's business day."""
        for spans in rep.week_on(floor):
            if any(two.start < one.end for one, two in pairwise(sorted(spans))):
                told = f"hours of rep {rep.id!r} overlap: write spans that follow one another"
                self._reader.note(hours or self._key, told)
                return


def _is_null(node: yaml.Node) -> bool:
    plain = isinstance(node, yaml.ScalarNode) and node.style is None
    return plain and node.value in ("", "~", "null", "Null", "NULL")


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
