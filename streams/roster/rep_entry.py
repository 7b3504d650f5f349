"""Reads one rep of a roster, whose zone and start of the day decide what the rest means."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

import yaml

from streams.clock import parse_instant
from streams.roster import values as forms
from streams.roster.calendar import BusinessDays, Spans, instant
from streams.roster.floor_entry import TARGETS
from streams.roster.floors import Floor
from streams.roster.hours import overlap, read_absences, read_dates, read_rota
from streams.roster.nodes import Nodes, items, listed
from streams.roster.people import BEGINNING, DatedTargets, Membership, Rep
from streams.roster.person_entry import TakenLogins
from streams.roster.persons import ALWAYS

KNOWN = (
    *("name", "team", "zone", "hours", "breaks", "day_starts"),
    *("targets", "dates", "absences", "from", "to", "ranking", "login", "links_from"),
)
_Step = tuple[yaml.Node, forms.LocalTime | None, str]  # a team, with its node and its start


class RepEntry:
    """The entry of one rep; *teams* are the floors of the teams that are known."""

    def __init__(
        self, nodes: Nodes, key: yaml.Node, teams: Mapping[str, Floor], logins: TakenLogins
    ) -> None:
        self._nodes = nodes
        self._key = key
        self._teams = teams
        self._logins = logins

    def read(self, node: yaml.Node) -> Rep | None:
        """The rep, or None when a mistake leaves nothing to go on."""
        nodes = self._nodes
        rep_id = nodes.form(self._key, forms.user_id, "")
        entry = nodes.fields(node, KNOWN, f"rep {rep_id!r}")
        steps = self._steps(entry.get("team"))
        if not rep_id or not steps:
            return None
        zone = self._zone(entry.get("zone"), [self._teams[team] for _, _, team in steps])
        absences, away = read_absences(nodes, entry.get("absences"), zone)
        breaks = entry.get("breaks")
        rep = Rep(
            id=rep_id,
            name=nodes.form(entry.get("name"), str, rep_id),
            days=BusinessDays(zone, nodes.form(entry.get("day_starts"), forms.start_of_day, 0)),
            memberships=self._memberships(steps, zone),
            own_hours=read_rota(nodes, entry["hours"]) if "hours" in entry else None,
            own_breaks=None if breaks is None else tuple(nodes.list_of(breaks, forms.span)),
            own_targets=self._targets(entry.get("targets")),
            dates=read_dates(nodes, entry.get("dates")),
            absences=absences,
            away=away,
            first_day=nodes.form(entry.get("from"), forms.day, None),
            last_day=nodes.form(entry.get("to"), forms.day, None),
            is_ranked=nodes.form(entry.get("ranking"), forms.yes_or_no, False),
            login=self._logins.take(entry.get("login"), f"rep {rep_id!r}"),
            links_from=nodes.form(entry.get("links_from"), parse_instant, ALWAYS),
        )
        self._check_hours(rep, entry)
        if rep.first_day is not None and rep.last_day is not None and rep.last_day < rep.first_day:
            nodes.note(entry["to"], f"rep {rep_id!r}: `to` is before `from`; both are inclusive")
        return rep

    def _steps(self, node: yaml.Node | None) -> list[_Step]:
        """The rep's teams, each with its node and its start; the first may have none."""
        nodes = self._nodes
        if node is None:
            nodes.note(self._key, f"rep {self._key.value!r} needs `team`")
            return []
        if isinstance(node, yaml.SequenceNode) and not node.value:
            nodes.note(node, f"rep {self._key.value!r} needs `team`: the list is empty")
        steps: list[_Step] = []
        for item in items(node):
            since, team = None, item
            if isinstance(item, yaml.MappingNode):
                entry = nodes.fields(item, ("from", "team"), "team")
                since = nodes.form(entry.get("from"), forms.local_time, None)
                team = entry.get("team", item)
                if since is None and "from" not in entry and steps:
                    nodes.note(item, "every team but the first needs `from`")
            name = team.value if isinstance(team, yaml.ScalarNode) else ""
            if name in self._teams:
                steps.append((item, since, name))
            else:
                nodes.note(team, f"{name!r} is not a team; known are {listed(self._teams)}")
        return steps

    def _zone(self, node: yaml.Node | None, floors: Sequence[Floor]) -> ZoneInfo:
        if node is None and len({floor.zone.key for floor in floors}) > 1:
            message = f"rep {self._key.value!r} was on floors of different zones: give a `zone`"
            self._nodes.note(self._key, message)
        return self._nodes.form(node, forms.zone, floors[0].zone)

    def _memberships(self, steps: Sequence[_Step], zone: ZoneInfo) -> tuple[Membership, ...]:
        memberships: list[Membership] = []
        for node, since, team in steps:
            start = BEGINNING if since is None else instant(zone, since.day, since.minutes)
            if memberships and start <= memberships[-1].since:
                self._nodes.note(node, "teams must stand in the order of their `from`")
            memberships.append(Membership(start, team, self._teams[team]))
        return tuple(memberships)

    def _targets(self, node: yaml.Node | None) -> tuple[DatedTargets, ...]:
        """The rep's own targets, by date where they are a list."""
        nodes = self._nodes
        if not isinstance(node, yaml.SequenceNode):
            return (DatedTargets(0, nodes.numbers(node, TARGETS, "channel")),)
        dated: list[DatedTargets] = []
        for item in node.value:
            entry = nodes.fields(item, ("from", *TARGETS), "targets by date")
            since = entry.pop("from", None)
            if since is None and dated:
                nodes.note(item, "all targets by date but the first need `from`")
            first = nodes.form(since, forms.day, 0)
            if dated and since is not None and first <= dated[-1].first:
                nodes.note(item, "targets by date must stand in the order of their `from`")
            targets = {
                channel: nodes.form(value, TARGETS[channel], 0.0)
                for channel, value in entry.items()
            }
            dated.append(DatedTargets(first, targets))
        return tuple(dated) or (DatedTargets(0, {}),)

    def _check_hours(self, rep: Rep, entry: Mapping[str, yaml.Node]) -> None:
        """Hours may follow one another only after they are placed in the rep's business day."""
        whose = f"hours of rep {rep.id!r}"
        noon = 'set `day_starts` to a time when nobody works, such as "12:00"'
        own = rep.own_hours.weeks if rep.own_hours is not None else ()
        for week in own:
            self._check_days(rep, week, entry["hours"], whose, noon)
        self._check_days(rep, rep.dates.values(), entry.get("dates"), whose, noon)
        for floor in {id(m.floor): m.floor for m in rep.memberships}.values():
            if not own:
                self._check_days(rep, floor.hours, self._key, whose, noon)
            for day, spans in floor.calendar.dates.items():
                if day not in rep.dates:
                    on = f"{whose} on {date.fromordinal(day)}, those of floor {floor.name!r},"
                    self._check_days(rep, [spans], self._key, on, "give the rep own `dates`")

    def _check_days(
        self, rep: Rep, days: Iterable[Spans], node: yaml.Node | None, whose: str, mend: str
    ) -> None:
        try:
            if any(overlap(rep.place(spans)) for spans in days):
                self._nodes.note(node, f"{whose} overlap: write spans that follow one another")
        except ValueError:
            starts = f"{rep.days.day_starts // 60:02}:{rep.days.day_starts % 60:02}"
            message = f"{whose} cross the start of the business day at {starts}: {mend}"
            self._nodes.note(node, message)
