"""Why a number is what it is: the events behind it, and those left out, each with its reason.

The number is the read model's own. The list is made anew from the ledgers' rows, with the same
predicates, and has to come to the same: `explain` raises where it does not.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from metrics import kpis
from metrics.names import SERIES_INDEX, Series
from metrics.rows import RepRow
from streams.audit.evidence import Evidence
from streams.audit.findings import Findings, Scheduled
from streams.audit.leads import explain_leads
from streams.audit.question import Frame, Question, QuestionError, near
from streams.audit.touches import explain_contacts, explain_touches
from streams.clock import MINUTE, Micros, iso
from streams.measures.windows import overdue_before
from streams.roster.calendar import Day
from streams.roster.expectation import Expectation
from streams.roster.floors import Floor


class MismatchError(RuntimeError):
    """The list does not come to the number: a bug, of which nothing may be explained away."""

    def __init__(self, question: Question, number: float, listed: float, at: Micros) -> None:
        super().__init__(
            f"{question.measure.name} of {question.rep_id} in {question.window.name} at {iso(at)}: "
            f"the read model says {number:g}, the events listed come to {listed:g}. This is a bug; "
            "please report it with the rep's events"
        )


@dataclass(frozen=True, slots=True)
class TeamRules:
    """A team that the rep is or was in, with the rules of its floor.

    `rates` are effective touches expected per scheduled minute today, by channel. Appointments
    delivered before the day `overdue_before` are overdue.
    """

    team: str
    floor: Floor
    rates: dict[str, float]
    overdue_before: Day


@dataclass(frozen=True, slots=True)
class Answer:
    """A number with everything behind it; what counts and what does not stand in order of time."""

    question: Question
    frame: Frame
    at: Micros
    number: float
    teams: list[TeamRules]
    findings: Findings


def explain(question: Question, evidence: Evidence, at: Micros) -> Answer:
    """The answer at the instant *at*.

    Raises QuestionError for a rep who is not known or a team that they are not in, and
    MismatchError when the list and the number differ.
    """
    if not evidence.is_known:
        known = {*evidence.roster.ids, *evidence.others}
        message = f"rep {question.rep_id!r} is not on the roster and has no events"
        raise QuestionError(message + near(question.rep_id, known))
    return answer(question, evidence, evidence.board_rows(at), at)


def answer(question: Question, evidence: Evidence, rows: list[RepRow], at: Micros) -> Answer:
    """As `explain`, where the rep's *rows* on the board at that instant are at hand."""
    rows = _asked(question, rows)
    frame = Frame.of(evidence.roster.rep(question.rep_id), question.window, at // MINUTE)
    teams = _teams(frame, rows)
    findings = _explainer(question)(question, frame, evidence)
    if question.measure is kpis.EXPECTED_TOUCHES:
        findings.scheduled = _scheduled(frame, teams)
    number = _number(question, rows)
    listed = _listed(question, teams, findings)
    if listed != number:
        raise MismatchError(question, number, listed, at)
    findings.counted.sort(key=lambda unit: unit.entries[0].at)
    findings.left_out.sort(key=lambda left: left.entry.at)
    return Answer(
        question=question, frame=frame, at=at, number=number, teams=teams, findings=findings
    )


def _explainer(question: Question) -> Callable[[Question, Frame, Evidence], Findings]:
    measure = question.measure
    if measure is kpis.EXPECTED_TOUCHES:
        return lambda *_: Findings()
    if measure in (kpis.TOUCHES, kpis.EFFECTIVE_TOUCHES):
        return explain_touches
    if measure in (kpis.CONTACTS, kpis.CONTACTS_CONVERTED):
        return explain_contacts
    return explain_leads


def _asked(question: Question, rows: list[RepRow]) -> list[RepRow]:
    """The board's rows that are summed."""
    if question.team is None:
        return rows
    names = [row.team for row in rows]
    if question.team not in names:
        message = (
            f"{question.rep_id} was never in team {question.team!r}, but in {', '.join(names)}"
        )
        raise QuestionError(message)
    return [row for row in rows if row.team == question.team]


def _number(question: Question, rows: list[RepRow]) -> float:
    """The read model's number: the sum over the teams and channels asked for."""
    places = [
        SERIES_INDEX[Series(question.measure.name, question.window.name, channel)]
        for channel in question.channels
    ]
    return sum(row.values[place] for row in rows for place in places)


def _listed(question: Question, teams: list[TeamRules], findings: Findings) -> float:
    """What the list comes to; expectations are summed in the read model's order."""
    if question.measure is not kpis.EXPECTED_TOUCHES:
        return len(findings.counted)
    return sum(
        _product(paces(findings.scheduled, team.team, channel))
        for team in teams
        for channel in question.channels
    )


def _product(paces: Iterable[tuple[int, float]]) -> float:
    total = 0.0  # added one by one, as on the board: `sum` may round in another way
    for minutes, rate in paces:
        total += minutes * rate
    return total


def paces(
    scheduled: Iterable[Scheduled], team: str, channel: str | None
) -> list[tuple[int, float]]:
    """The minutes of a team with what is expected per minute: a pair for each dated target."""
    minutes: Counter[int] = Counter()
    rates: dict[int, float] = {}
    for stretch in scheduled:
        if stretch.team == team:
            minutes[stretch.step] += stretch.end - stretch.start
            rates[stretch.step] = stretch.rates.get(channel or "", 0.0)
    return [(minutes[step], rates[step]) for step in sorted(rates)]


def _teams(frame: Frame, rows: list[RepRow]) -> list[TeamRules]:
    floors = {team: floor for _, team, floor in frame.rep.memberships}
    return [
        TeamRules(
            row.team,
            floors[row.team],
            frame.rep.rates_on(floors[row.team], frame.today),
            overdue_before(floors[row.team], frame.today),
        )
        for row in rows
    ]


def _scheduled(frame: Frame, teams: list[TeamRules]) -> list[Scheduled]:
    """The rep's scheduled stretches in the window and in these teams, in order."""
    expectation = Expectation(frame.rep)
    asked = {team.team for team in teams}
    scheduled = []
    for day in range(frame.rep.days.day_of(frame.start), frame.today + 1):
        for stretch in expectation.stretches(day):
            start, end = max(stretch.start, frame.start), min(stretch.end, frame.now + 1)
            rates = expectation.rates(stretch)
            if start < end and stretch.team in asked and rates:
                scheduled.append(
                    Scheduled(
                        start=start, end=end, team=stretch.team, step=stretch.step, rates=rates
                    )
                )
    return scheduled
