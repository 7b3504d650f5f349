"""A clock that leaps: the brokers' word, and what the windows and a restore make of it."""

import pytest

from streams.clock import DAY, HOUR, MINUTE, SECOND, micros, parse_instant
from streams.worker.clocks import BrokerTime, Sweeps
from tests.build import MovingDesk, call, numbers_on, record, status
from tests.strategies import NOW as MORNING

NOW = micros(MORNING)
NOON = parse_instant("2026-11-23T12:00:00+01:00")
LEAPS = (13 * HOUR, 41 * DAY, 365 * DAY)


def sweep_through(sweeps: Sweeps, start: float, seconds: float, offset: int) -> list[int]:
    """Look every 30 s, sweep when it is due; the instants by which sweeps judged."""
    judged = []
    for up in range(int(start), int(start + seconds), 30):
        sweeps.look(up, NOW + up * SECOND + offset)
        if (now := sweeps.due(up)) is not None:
            judged.append(now)
            sweeps.swept(up)
    return judged


def test_a_sweep_comes_an_hour_after_the_start_and_then_daily() -> None:
    judged = sweep_through(Sweeps(), 0, 2.5 * 86_400, 0)

    hours = [(now - NOW) / HOUR for now in judged]
    assert hours == pytest.approx([0, 24, 48], abs=0.1), "each judges by an hour before"


@pytest.mark.parametrize("leap", LEAPS)
def test_a_leap_of_less_than_an_hour_expires_nothing_wherever_it_comes(leap: int) -> None:
    for before in (0, 1800, 3570, 86_400):
        sweeps = Sweeps()
        judged = sweep_through(sweeps, 0, before, 0)
        judged += sweep_through(sweeps, before, 3500, leap)
        judged += sweep_through(sweeps, before + 3500, 2 * 86_400, 0)
        assert max(judged) < NOW + 3 * DAY


class Machine:
    """A machine whose clock may leap, and which sends to a broker whose clock is right."""

    def __init__(self) -> None:
        self.up = 0.0
        self.leap = 0
        self.broker_time = BrokerTime(self.clock, lambda: self.up)

    @property
    def right(self) -> int:
        return NOON + round(self.up * SECOND)

    def clock(self) -> int:
        return self.right + self.leap

    def send(self, seconds: float = 0.0) -> None:
        """Send what the broker appends halfway."""
        sent_at, appended_at = self.up, self.right + round(seconds / 2 * SECOND)
        self.up += seconds
        self.broker_time.note(sent_at, appended_at)


@pytest.mark.parametrize("leap", LEAPS)
def test_a_clock_that_the_brokers_contradict_does_not_agree(leap: int) -> None:
    machine = Machine()
    machine.send(2.0)
    for offset, agrees in ((0, True), (leap, False), (-leap, False), (MINUTE, True)):
        machine.leap = offset
        machine.up += 3600
        assert machine.broker_time.agrees is agrees, offset
        assert machine.broker_time.seconds == pytest.approx(offset / SECOND, abs=1.0)


def test_nothing_agrees_before_a_broker_has_answered() -> None:
    machine = Machine()
    assert not machine.broker_time.agrees
    machine.broker_time.note(machine.up, None)
    assert machine.broker_time.agrees, "the topic has the times of producers"
    assert machine.broker_time.seconds is None


def test_a_time_of_1970_is_no_broker_s_word() -> None:
    machine = Machine()
    machine.broker_time.note(machine.up, 17 * SECOND)
    assert (machine.broker_time.seconds, machine.broker_time.agrees) == (None, True)


def test_the_times_of_producers_do_not_take_back_a_broker_s_word() -> None:
    machine = Machine()
    machine.leap = 365 * DAY
    machine.send()
    machine.broker_time.note(machine.up, None)
    assert not machine.broker_time.agrees


def test_the_time_for_which_a_send_waited_is_no_offset() -> None:
    machine = Machine()
    machine.send(5 * 60.0)
    for offset, seconds in ((0, 0), (2 * MINUTE, 0), (-2 * MINUTE, 0), (3 * MINUTE, 30)):
        machine.leap = offset
        assert machine.broker_time.seconds == seconds


def turn_back(processor: MovingDesk) -> None:
    """Compute anew what the clock, which went back, has made wrong."""
    processor.advance()
    while processor.is_turning_back:
        processor.advance()


@pytest.mark.parametrize("leap", LEAPS)
def test_after_a_leap_and_back_all_numbers_are_what_they_were(leap: int) -> None:
    processor = MovingDesk(NOON)
    processor.deliver(
        call(id="c1", at="2026-11-23T11:50:00+01:00"),
        call(id="c2", at="2026-11-20T11:00:00+01:00"),
        status("created", "2026-11-23T10:00:00+01:00"),
    )
    before = numbers_on(processor.board)
    assert any(window == "15m" for _, _, _, window, _ in before)

    processor.now += leap
    processor.advance()
    assert numbers_on(processor.board) != before
    processor.now -= leap
    turn_back(processor)

    assert numbers_on(processor.board) == before


@pytest.mark.parametrize("leap", LEAPS)
def test_what_is_restored_by_a_clock_that_leapt_is_there_when_it_is_back(leap: int) -> None:
    first, later = MovingDesk(NOON), MovingDesk(NOON + leap)
    first.take("call", [record(call(id="c1", at="2026-11-23T11:50:00+01:00"))])
    for table, write in first.take_writes().rows:
        later.restore(table, [(write.key, write.value)], [0])
    list(later.rebuild([0]))
    assert not later.take_writes().rows

    later.now = NOON
    turn_back(later)

    assert numbers_on(later.board) == numbers_on(first.board)


@pytest.mark.parametrize("leap", LEAPS)
def test_a_touch_that_is_corrected_while_the_clock_is_wrong_counts_once(leap: int) -> None:
    always_right, leapt = MovingDesk(NOON), MovingDesk(NOON)
    before = call(id="c1", at="2026-10-04T11:00:00+02:00", version=1)
    corrected = call(id="c1", at="2026-11-23T11:50:00+01:00", version=2)
    for processor in (always_right, leapt):
        processor.deliver(before)

    leapt.now += leap
    leapt.deliver(corrected)
    leapt.now = NOON
    turn_back(leapt)
    for processor in (always_right, leapt):  # what was late by the clock is sent again
        processor.deliver(corrected)

    assert numbers_on(leapt.board) == numbers_on(always_right.board)
