"""Reads `roster.yaml`, which people write by hand: every mistake names its line and the right form.

Scalars are taken as they are written (no YAML types), so `NO` is Norway, 12:00 is a time and a rep
id of digits is a rep id.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from streams.clock import parse_instant
from streams.events.words import SYNONYMS, WORDS, word_form
from streams.roster import values as forms
from streams.roster.floor_entry import UTC, read_floor, read_rule
from streams.roster.floors import EffectiveRule, Floor
from streams.roster.nodes import Nodes, listed
from streams.roster.people import Rep, Roster, system
from streams.roster.person_entry import PersonEntries, TakenLogins
from streams.roster.persons import ALWAYS, Logins, login_key
from streams.roster.rep_entry import RepEntry


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
        written = text.decode()
        root = yaml.compose(written, Loader=yaml.BaseLoader)
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        raise RosterError(
            [f"{name}:{line}: is not UTF-8 ({error.reason}): save it as UTF-8"]
        ) from None
    except yaml.YAMLError as error:
        raise RosterError([_yaml_mistake(name, written, error)]) from None
    except RecursionError:
        raise RosterError([f"{name}: is nested too deeply to be a roster"]) from None
    nodes = Nodes()
    roster = _read(nodes, root, unassigned_zone, hashlib.sha256(text).hexdigest())
    if nodes.mistakes:
        raise RosterError([f"{name}:{line}: {message}" for line, message in sorted(nodes.mistakes)])
    return roster


def _yaml_mistake(name: str, written: str, error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.reader.ReaderError):
        line = written[: error.position].count("\n") + 1
        return f"{name}:{line}: YAML takes no character U+{error.character:04X}: remove it"
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "is not YAML"
    if "'\\t'" in problem:
        problem += ": indent with spaces, not with tabs"
    return f"{name}:{mark.line + 1}: {problem}" if mark else f"{name}: {problem}"


_TOP = (
    *("words", "effective", "floors", "teams", "reps", "people", "systems", "nobody"),
    "links_from",
)


def _read(nodes: Nodes, root: yaml.Node | None, unassigned_zone: ZoneInfo, sha256: str) -> Roster:
    top = nodes.fields(root, _TOP, "the roster")
    rule = read_rule(nodes, top.get("effective"), EffectiveRule())
    floors = {
        nodes.form(key, forms.name, ""): read_floor(nodes, key, node, rule)
        for key, node in nodes.entries(top.get("floors"), "floors")
    }
    if not floors:
        form = 'north: {zone: Europe/Amsterdam, hours: {mon-fri: "08:30-17:30"}}'
        nodes.note(top.get("floors") or root, f"floors: at least one is needed, such as `{form}`")
    teams = {
        nodes.form(key, forms.name, ""): _floor_of(nodes, f"team {key.value!r}", key, node, floors)
        for key, node in nodes.entries(top.get("teams"), "teams")
    }
    known_teams = {team: floors[floor] for team, floor in teams.items() if floor in floors}
    reps: dict[str, Rep] = {}
    taken = TakenLogins(nodes)
    for key, node in nodes.entries(top.get("reps"), "reps"):
        rep = RepEntry(nodes, key, known_teams, taken).read(node)
        if rep is not None:
            reps[rep.id] = rep
    systems = _systems(nodes, top.get("systems"), floors, reps)
    return Roster(
        floors,
        teams,
        reps,
        unassigned_zone=unassigned_zone,
        rule=rule,
        sha256=sha256,
        words=_words(nodes, top.get("words")),
        systems=systems,
        nobody=_nobody(nodes, top.get("nobody"), systems),
        logins=Logins(
            persons=PersonEntries(nodes, floors, known_teams, taken).read(top.get("people")),
            reps={login_key(rep.login): rep.id for rep in reps.values() if rep.login},
            links_from=nodes.form(top.get("links_from"), parse_instant, ALWAYS),
        ),
    )


def _floor_of(
    nodes: Nodes, what: str, key: yaml.Node, node: yaml.Node, floors: Mapping[str, Floor]
) -> str:
    """The floor that the entry of a team or a system names."""
    floor = nodes.fields(node, ("floor",), what).get("floor")
    name = nodes.form(floor, str, "")
    if name not in floors:
        nodes.note(floor or key, f"{what} needs `floor`: one of {listed(floors)}")
    return name


def _systems(
    nodes: Nodes, node: yaml.Node | None, floors: Mapping[str, Floor], reps: Mapping[str, Rep]
) -> dict[str, Rep]:
    systems: dict[str, Rep] = {}
    for key, value in nodes.entries(node, "systems"):
        system_id = nodes.form(key, forms.user_id, "")
        floor = _floor_of(nodes, f"system {system_id!r}", key, value, floors)
        if system_id in reps:
            nodes.note(key, f"{system_id!r} is in `reps` and in `systems`: take one of them out")
        if system_id and floor in floors:
            systems[system_id] = system(system_id, floors[floor])
    return systems


def _nobody(nodes: Nodes, node: yaml.Node | None, systems: Mapping[str, Rep]) -> str | None:
    """The system whose the changes are that carry no rep."""
    named: str | None = nodes.form(node, str, None)
    if named is None or named in systems:
        return named
    nodes.note(node, f"nobody: {named!r} is not a system; known are {listed(systems)}")
    return None


def _words(nodes: Nodes, node: yaml.Node | None) -> dict[str, dict[str, str]]:
    """Words of the floors' own by field: what each of them means in the contract."""
    own: dict[str, dict[str, str]] = {}
    for key, meanings in nodes.entries(node, "words"):
        if key.value not in WORDS:
            nodes.note(key, f"words: {key.value!r} is not a field; known are {listed(WORDS)}")
        elif said := _meanings(nodes, key.value, meanings):
            own[key.value] = said
    return own


def _meanings(nodes: Nodes, field: str, node: yaml.Node) -> dict[str, str]:
    known, synonyms = WORDS[field], SYNONYMS[field]
    own: dict[str, str] = {}
    spelled: dict[str, str] = {}
    for word, meant in nodes.entries(node, f"words of {field}"):
        meaning, form = word_form(nodes.form(meant, str, "")), word_form(word.value)
        first = spelled.setdefault(form, word.value)
        if meaning not in known:
            mend = synonyms.get(meaning)
            mend = f"write {mend}" if mend else f"known are {listed(known)}"
            nodes.note(meant, f"{meaning!r} is no {field}: {mend}")
        elif own.setdefault(form, meaning) != meaning and first != word.value:
            nodes.note(
                word, f"{first!r} and {word.value!r} are one word with two meanings: keep one"
            )
    return own
