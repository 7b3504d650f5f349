"""Reads one rep of a roster, whose zone and start of the day decide what the rest means."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from zoneinfo import ZoneInfo

import yaml

from streams.roster import values as forms
from streams.roster.calendar import BusinessDays, Day, instant
from streams.roster.floor_entry import TARGETS
from streams.roster.hours import read_week
from streams.roster.nodes import Nodes, listed
from streams.roster.people import BEGINNING, Floor, Membership, Rep


class RepEntry:
    """One rep's entry, whose zone and start of the day decide what the other entries mean."""

    KNOWN = (
        *("name", "team", "zone", "hours", "breaks", "day_starts"),
        *("targets", "absences", "from", "to"),
    )

    def __init__(self, nodes: Nodes, key: yaml.Node, teams: Mapping[str, Floor]) -> None:
        self._nodes = nodes
        self._key = key
        self._teams = teams

    def read(self, node: yaml.Node) -> Rep | None:
        """The rep, or None when a mistake leaves nothing to go on."""
        nodes = self._nodes
        rep_id = nodes.form(self._key, forms.name, "")
        entry = nodes.fields(node, self.KNOWN, f"rep {rep_id!r}")
        steps = self._steps(entry.get("team"))
        if not rep_id or not steps:
            return None
        zone = self._zone(entry.get("zone"), [self._teams[team] for _, _, team in steps])
        breaks = entry.get("breaks")
        rep = Rep(
            id=rep_id,
            name=nodes.form(entry.get("name"), str, rep_id),
            days=BusinessDays(zone, nodes.form(entry.get("day_starts"), forms.start_of_day, 0)),
            memberships=self._memberships(steps, zone),
            own_hours=read_week(nodes, entry["hours"]) if "hours" in entry else None,
            own_breaks=None if breaks is None else tuple(nodes.list_of(breaks, forms.span)),
            own_targets=nodes.numbers(entry.get("targets"), TARGETS, "channel"),
            absences=tuple(self._absences(entry.get("absences"))),
            first_day=nodes.form(entry.get("from"), forms.day, None),
            last_day=nodes.form(entry.get("to"), forms.day, None),
        )
        self._check_hours(rep, entry.get("hours"))
        if rep.first_day is not None and rep.last_day is not None and rep.last_day < rep.first_day:
            nodes.note(entry["to"], f"rep {rep_id!r}: `to` is before `from`; both are inclusive")
        return rep

    def _steps(self, node: yaml.Node | None) -> list[tuple[yaml.Node, forms.LocalTime | None, str]]:
        """The teams held, each with its node and its start; the first may have none."""
        nodes = self._nodes
        if node is None:
            nodes.note(self._key, f"rep {self._key.value!r} needs `team`")
            return []
        if isinstance(node, yaml.SequenceNode) and not node.value:
            nodes.note(node, f"rep {self._key.value!r} needs `team`: the list is empty")
        steps: list[tuple[yaml.Node, forms.LocalTime | None, str]] = []
        for each in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            since, team = None, each
            if isinstance(each, yaml.MappingNode):
                entry = nodes.fields(each, ("from", "team"), "team")
                since = nodes.form(entry.get("from"), forms.local_time, None)
                team = entry.get("team", each)
                if since is None and "from" not in entry and steps:
                    nodes.note(each, "every team but the first needs `from`")
            name = team.value if isinstance(team, yaml.ScalarNode) else ""
            if name in self._teams:
                steps.append((each, since, name))
            else:
                nodes.note(team, f"{name!r} is not a team; known are {listed(self._teams)}")
        return steps

    def _zone(self, node: yaml.Node | None, floors: Sequence[Floor]) -> ZoneInfo:
        if node is None and len({floor.zone.key for floor in floors}) > 1:
            told = f"rep {self._key.value!r} was on floors of different zones: give a `zone`"
            self._nodes.note(self._key, told)
        return self._nodes.form(node, forms.zone, floors[0].zone)

    def _memberships(
        self, steps: Sequence[tuple[yaml.Node, forms.LocalTime | None, str]], zone: ZoneInfo
    ) -> tuple[Membership, ...]:
        found: list[Membership] = []
        for node, since, team in steps:
            start = BEGINNING if since is None else instant(zone, since.day, since.minutes)
            if found and start <= found[-1].since:
                self._nodes.note(node, "teams must stand in the order of their `from`")
            found.append(Membership(start, team, self._teams[team]))
        return tuple(found)

    def _absences(self, node: yaml.Node | None) -> Iterator[tuple[Day, Day]]:
        for each in node.value if isinstance(node, yaml.SequenceNode) else []:
            entry = self._nodes.fields(each, ("from", "to"), "absence")
            first = self._nodes.form(entry.get("from"), forms.day, None)
            last = self._nodes.form(entry.get("to"), forms.day, None)
            if first is None or last is None or last < first:
                form = "{from: YYYY-MM-DD, to: YYYY-MM-DD}, both inclusive"
                self._nodes.note(each, f"not an absence: write {form}")
            else:
                yield first, last
        if node is not None and not isinstance(node, yaml.SequenceNode):
            self._nodes.note(node, "absences: expected a list of {from, to}")

    def _check_hours(self, rep: Rep, hours: yaml.Node | None) -> None:
        try:
            for membership in rep.memberships:
                rep.week_on(membership.floor)
                self._check_overlap(rep, membership.floor, hours)
        except ValueError:
            starts = f"{rep.days.day_starts // 60:02}:{rep.days.day_starts % 60:02}"
            told = f"hours of rep {rep.id!r} cross the start of the business day at {starts}"
            mend = 'set `day_starts` to a time when nobody works, such as "12:00"'
            self._nodes.note(hours or self._key, f"{told}: {mend}")

    def _check_overlap(self, rep: Rep, floor: Floor, hours: yaml.Node | None) -> None:
        """Spans may follow one another only after they are placed in the rep's business day."""
        for spans in rep.week_on(floor):
            if any(two.start < one.end for one, two in pairwise(sorted(spans))):
                told = f"hours of rep {rep.id!r} overlap: write spans that follow one another"
                self._nodes.note(hours or self._key, told)
                return
