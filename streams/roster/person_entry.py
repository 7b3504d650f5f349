"""Reads `people:` of a roster: those who see reps and are none, each by a login of their own."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import yaml

from streams.clock import parse_instant
from streams.roster import values as forms
from streams.roster.floor_entry import UTC
from streams.roster.floors import Floor
from streams.roster.nodes import Nodes, items, listed
from streams.roster.persons import ALWAYS, ROLES, Person, Role, login_key

SEES = {"manager": "floors", "lead": "teams"}  # what the entry of a role names
KNOWN = ("role", "name", "floors", "teams", "from", "to", "links_from")


class TakenLogins:
    """The logins that are taken, so that one login names one entry."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._whose: dict[str, str] = {}

    def take(self, node: yaml.Node | None, whose: str) -> str:
        """The login that *node* gives to an entry; empty where it is mistaken or taken."""
        login = self._nodes.form(node, forms.login, "")
        first = self._whose.setdefault(login_key(login), whose) if login else whose
        if first == whose:
            return login
        message = f"{login!r} is the login of {first} and of {whose}: one login names one entry"
        self._nodes.note(node, message)
        return ""


class PersonEntries:
    """Reads the entries of `people:`; *teams* are the floors of the teams that are known."""

    def __init__(
        self,
        nodes: Nodes,
        floors: Mapping[str, Floor],
        teams: Mapping[str, Floor],
        taken: TakenLogins,
    ) -> None:
        self._nodes = nodes
        self._known = {"floors": floors, "teams": teams}
        self._taken = taken

    def read(self, node: yaml.Node | None) -> dict[str, Person]:
        """The persons by their login as `login_key` writes it; mistaken ones are left out."""
        persons: dict[str, Person] = {}
        for key, value in self._nodes.entries(node, "people"):
            login = self._taken.take(key, f"person {key.value!r}")
            person = self._person(key, value)
            if login and person is not None:
                persons[login_key(login)] = person
        return persons

    def _person(self, key: yaml.Node, node: yaml.Node) -> Person | None:
        nodes, whose = self._nodes, f"person {key.value!r}"
        entry = nodes.fields(node, KNOWN, whose)
        role = self._role(key, entry.get("role"), whose)
        if role is None:
            return None
        sees = self._sees(key, entry, role, whose)
        first, last = (nodes.form(entry.get(end), forms.day, None) for end in ("from", "to"))
        if first is not None and last is not None and last < first:
            nodes.note(entry["to"], f"{whose}: `to` is before `from`; both are inclusive")
        return Person(
            login=str(key.value),
            name=nodes.form(entry.get("name"), str, str(key.value)),
            role=role,
            floors=frozenset(sees["floors"]),
            teams=frozenset(sees["teams"]),
            zone=self._zone(sees),
            first_day=first,
            last_day=last,
            links_from=nodes.form(entry.get("links_from"), parse_instant, ALWAYS),
        )

    def _role(self, key: yaml.Node, node: yaml.Node | None, whose: str) -> Role | None:
        written = self._nodes.form(node, str, "")
        role = next((role for role in ROLES if role == written), None)
        if role is None:
            what = f"{whose}: {written!r} is not a role" if written else f"{whose} needs `role`"
            self._nodes.note(node or key, f"{what}: one of {listed(ROLES)}")
        return role

    def _sees(
        self, key: yaml.Node, entry: Mapping[str, yaml.Node], role: Role, whose: str
    ) -> dict[str, list[str]]:
        """The floors and the teams that the entry names."""
        for what, known in self._known.items():
            if what == SEES.get(role) and not items(entry.get(what)):
                message = f"{whose} needs `{what}`: some of {listed(known)}"
                self._nodes.note(entry.get(what, key), message)
            elif what != SEES.get(role) and what in entry:
                self._nodes.note(entry[what], f"{whose}: role {role} has no `{what}`: take it out")
        return {what: self._names(entry.get(what), what) for what in self._known}

    def _names(self, node: yaml.Node | None, what: str) -> list[str]:
        known = self._known[what]

        def named(text: str) -> str:
            if text not in known:
                raise ValueError(f"{text!r} is not a {what[:-1]}; known are {listed(known)}")
            return text

        return self._nodes.list_of(node, named)

    def _zone(self, sees: Mapping[str, list[str]]) -> ZoneInfo:
        """That of the first floor or team that is named, else of the first floor."""
        named = (self._known[what][name] for what, names in sees.items() for name in names)
        first = next(named, next(iter(self._known["floors"].values()), None))
        return first.zone if first is not None else UTC
