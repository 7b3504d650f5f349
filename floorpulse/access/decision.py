"""Who sees what: the one place where it is decided. docs/access.md has it as a table."""

from dashboards.door.passes import Listed, Pass, Sight
from streams.clock import MINUTE, SECOND, Micros, Minute
from streams.roster.people import Rep, Roster
from streams.roster.persons import Person, login_key


def sight(shown: Pass, roster: Roster, now: Micros) -> Sight | None:
    """What a pass opens at *now*, the machine's clock; None for nothing."""
    if shown.issued * SECOND < roster.logins.links_from:
        return None
    kind, name = shown.who
    if kind == "wall":
        return _of_wall(name, roster)
    if kind == "login" and (rep_id := roster.logins.reps.get(login_key(name))) is not None:
        return _of_rep(roster.reps.get(rep_id), shown, now)
    if kind == "rep":
        return _of_rep(roster.reps.get(name), shown, now)
    return _of_person(roster.logins.persons.get(login_key(name)), shown, roster, now)


def _of_wall(floor: str, roster: Roster) -> Sight | None:
    """Aggregates of a floor, or of all of them."""
    if floor and floor not in roster.floors:
        return None
    return Sight(floor, "", frozenset([floor]) if floor else None, _nobody)


def _of_rep(rep: Rep | None, shown: Pass, now: Micros) -> Sight | None:
    """Themselves alone, until their last day, and the aggregates of their floor."""
    minute = now // MINUTE
    if rep is None or shown.issued * SECOND < rep.links_from or not rep.is_employed_at(minute):
        return None
    floors = frozenset([rep.membership_at(minute).floor.name])
    own = rep.id
    return Sight(rep.name, "me", floors, lambda asked: asked == own, rep=own, who=own, role="rep")


def _of_person(person: Person | None, shown: Pass, roster: Roster, now: Micros) -> Sight | None:
    """A lead and a manager the people of their teams and floors now, an auditor all."""
    if person is None or shown.issued * SECOND < person.links_from or not person.is_here_at(now):
        return None
    minute = now // MINUTE
    teams = {*person.teams, *(t for t, floor in roster.teams.items() if floor in person.floors)}
    floors = person.floors | {roster.teams[team] for team in person.teams}
    is_auditor = person.role == "auditor"

    def sees_rep(rep_id: str) -> bool:
        rep = roster.reps.get(rep_id)
        if is_auditor or rep is None:
            return is_auditor
        return rep.is_employed_at(minute) and rep.membership_at(minute).team in teams

    def people() -> list[Listed]:
        seen = (rep for rep in roster.reps.values() if sees_rep(rep.id))
        return sorted(Listed(rep.membership_at(minute).team, rep.name, rep.id) for rep in seen)

    def team(name: str) -> list[Listed] | None:
        if name not in roster.teams or not (is_auditor or name in teams):
            return None
        return _people_of(name, roster, minute)

    return Sight(
        person.name,
        "people",
        None if is_auditor else floors,
        sees_rep,
        who=login_key(person.login),
        role=person.role,
        people=people,
        team=team,
        reads_looks=is_auditor,
    )


def _people_of(team: str, roster: Roster, minute: Minute) -> list[Listed]:
    """Who is in a team at that minute, those who are away today among them."""
    return sorted(
        Listed(team, rep.name, rep.id)
        for rep in roster.reps.values()
        if rep.membership_at(minute).team == team and rep.is_employed_at(minute)
    )


def _nobody(_rep: str) -> bool:
    return False
