"""A real month through Kafka and workers: the numbers are those of the independent recount."""

import gzip
import json
import random
import signal
import time

import pytest

from tests.build import LOAN_DESK
from tests.integration.conftest import Install
from tests.running import recounted, until, without_expected

CLOCK = "2011-10-31T15:00:00+01:00"
EVENTS = [json.loads(line) for line in gzip.decompress(LOAN_DESK.read_bytes()).splitlines()]
REPS = sorted({event["rep_id"] for event in EVENTS if event.get("rep_id")})
DESK = """
floors:
  processor: {zone: Europe/Amsterdam, holidays: NL, hours: {mon-fri: "08:30-17:30"}}
teams:
  day: {floor: processor}
  late: {floor: processor}
reps:
""" + "\n".join(
    f'  "{rep}": {{team: [{{team: day}}, {{from: 2011-10-17T11:00, team: late}}]}}' for rep in REPS
)


@pytest.fixture(scope="module", name="expected")
def _expected() -> dict:
    return dict(recounted(EVENTS, DESK, CLOCK))


def test_a_shuffled_and_duplicated_month_gives_the_recount(
    install: Install, expected: dict
) -> None:
    processor = install(DESK, CLOCK)
    worker = processor.ready(processor.start())

    processor.replay(EVENTS, "--shuffle", "7", "--duplicate", "0.1")

    assert without_expected(processor.numbers()) == expected
    assert worker.total("floorpulse_events_duplicate_total") > 1000
    assert worker.total("floorpulse_ledger_imbalance_events") == 0
    worker.stop()


def test_killed_again_and_again_in_the_middle_it_gives_the_same_numbers(
    install: Install, expected: dict
) -> None:
    processor = install(DESK, CLOCK)
    chance = random.Random(20111031)
    shuffled = chance.sample(EVENTS, len(EVENTS))
    worker = processor.ready(processor.start())
    for number in range(3):
        worker.process.send_signal(signal.SIGSTOP)  # so that all of it is there when it goes on
        processor.replay(shuffled[number::3])
        worker.process.send_signal(signal.SIGCONT)
        # Some is written by then, and of the last piece little is committed.
        time.sleep(chance.uniform(0.8, 2.0) if number < 2 else chance.uniform(0.02, 0.1))
        worker.kill()
        worker = processor.ready(processor.start())

    assert without_expected(processor.numbers()) == expected
    again = worker.total("floorpulse_events_received_total")
    assert again, "the last kill did not hit the middle of the work"


def test_reps_move_with_their_partitions_when_workers_come_and_go(
    install_on_kafka: Install, expected: dict
) -> None:
    processor = install_on_kafka(DESK, CLOCK)
    first = processor.ready(processor.start())
    processor.replay(EVENTS[::2])
    processor.settle()

    second = processor.ready(processor.start())
    processor.replay(EVENTS[1::2])
    assert without_expected(processor.numbers()) == expected
    shared = [set(_reps(worker.scrape())) for worker in (first, second)]
    assert shared[0]
    assert shared[1]
    assert not shared[0] & shared[1], "a rep is exported by the worker that lost it"

    first.stop()
    assert without_expected(processor.numbers()) == expected


def test_a_paused_owner_that_wakes_up_changes_no_number(
    install_on_kafka: Install, expected: dict
) -> None:
    processor = install_on_kafka(DESK, CLOCK)
    first = processor.ready(processor.start())
    processor.replay(EVENTS[::2])
    until("records come in", lambda: first.total("floorpulse_events_received_total") > 500)
    first.process.send_signal(signal.SIGSTOP)
    second = processor.start()
    until("the group gave up the first", lambda: second.scrape("/readyz") == "ready\n")
    processor.replay(EVENTS[1::2])
    time.sleep(2)
    first.process.send_signal(signal.SIGCONT)

    assert without_expected(processor.numbers()) == expected
    first.kill()
    second.kill()
    processor.start()
    assert without_expected(processor.numbers()) == expected, "what the changelogs hold differs"


def _reps(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if line.startswith("floorpulse_touches{")]
    return [line.split('rep="')[1].split('"')[0] for line in lines]
