"""Looks are recorded before anything is shown, each once in an hour."""

import pytest

from dashboards.door.looks import HOUR, Look, Looks, NoLookLog, NotReadError, NotRecordedError
from dashboards.door.passes import Sight
from tests.door import LooksInMemory

LEA = Sight("Lea", "people", None, lambda _rep: True, who="lea@example.org", role="lead")
ANA = Sight("Ana", "me", None, lambda _rep: True, rep="ana", who="ana", role="rep")


class Clock:
    """A clock that the test sets."""

    def __init__(self, at: float) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


def look(whom: str, hour: int, page: str = "rep") -> Look:
    return Look("lea@example.org", "lead", whom, page, hour)


async def test_a_look_is_one_entry_in_an_hour() -> None:
    log, clock = LooksInMemory(), Clock(7 * HOUR)
    looks = Looks(log, clock)
    for at in (7 * HOUR, 7 * HOUR + 1, 8 * HOUR - 0.001):
        clock.at = at
        await looks.record(LEA, ["ana"], "rep")
    assert log.written == [look("ana", 7)]

    await looks.record(LEA, ["ana", "bob", "bob"], "team")
    await looks.record(LEA, ["bob", "cem", "ana"], "team")
    assert sorted(log.written[1:]) == sorted(look(rep, 7, "team") for rep in ("ana", "bob", "cem"))

    clock.at = 8 * HOUR
    await looks.record(LEA, ["ana"], "rep")
    clock.at = 7 * HOUR
    await looks.record(LEA, ["ana"], "rep")
    assert log.written[4:] == [look("ana", 8), look("ana", 7)]


async def test_reps_who_see_themselves_look_at_nobody() -> None:
    log = LooksInMemory()
    looks = Looks(log, Clock(0))
    await looks.record(ANA, ["ana"], "rep")
    assert log.written == []
    await looks.record(ANA, ["ana", "bob"], "team")
    assert log.written == [Look("ana", "rep", "bob", "team", 0)]


async def test_what_could_not_be_recorded_is_not_taken_for_recorded() -> None:
    log = LooksInMemory()
    looks = Looks(log, Clock(0))
    log.is_away = True
    for _ in range(2):
        with pytest.raises(NotRecordedError):
            await looks.record(LEA, ["ana"], "rep")
    await looks.record(ANA, ["ana"], "rep")
    log.is_away = False
    await looks.record(LEA, ["ana"], "rep")
    assert log.written == [look("ana", 0)]


async def test_without_a_record_nobody_sees_anybody_else() -> None:
    looks = Looks(NoLookLog(), Clock(0))
    await looks.record(ANA, ["ana"], "rep")
    with pytest.raises(NotRecordedError):
        await looks.record(LEA, ["ana"], "rep")
    with pytest.raises(NotReadError):
        await looks.read(None)
