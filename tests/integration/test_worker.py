"""What a worker does with bad events, wrong partitions, old events, and a new roster."""

import asyncio
import json

from aiokafka import AIOKafkaProducer
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from streams.events.contract import REJECTION_REASONS
from streams.kafka.topics import partitioner
from tests.build import NORTH, call, email, status
from tests.integration.conftest import Install
from tests.running import SOURCES, Installation, until
from tests.scrape import figures, rep_numbers

CLOCK = "2026-11-23T15:30:00+01:00"


def send(
    processor: Installation, records: list[tuple[str, bytes | None, bytes, int | None]]
) -> None:
    """Send records of (topic without prefix, key, value, partition) as they are."""

    async def send_all() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=processor.brokers)
        await producer.start()
        for topic, key, value, partition in records:
            full = f"{processor.app_id}.in.{topic}"
            await producer.send_and_wait(full, value, key=key, partition=partition)
        await producer.stop()

    asyncio.run(send_all())


def raw(event: dict) -> bytes:
    return json.dumps({name: value for name, value in event.items() if name != "topic"}).encode()


def letters(processor: Installation) -> list[dict]:
    printed = processor.command("dead-letters", "list", "--format", "json")
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


def test_bad_late_and_misrouted_events_cost_no_good_one(install: Install) -> None:
    processor = install(NORTH, CLOCK)
    worker = processor.ready(processor.start())
    good = [call(id=f"c{n}", at=f"2026-11-23T10:{n:02}:00+01:00") for n in range(10, 17)]
    wrong_place = [call(id=f"w{n}", at=f"2026-11-23T11:{n:02}:00+01:00") for n in range(10, 14)]
    lead = raw(status("created", "2026-11-23T10:30:00+01:00"))
    send(
        processor,
        [
            ("calls", b"ana", b"{", None),
            ("calls", b"ana", raw(call(at="2026-11-23T10:00:00")), None),
            ("calls", b"ana", raw(call(at="2026-08-01T10:00:00+02:00")), None),
            *(("calls", b"ana", raw(event), None) for event in good),
            *(("calls", b"ana", raw(event), p) for p, event in enumerate(wrong_place)),
            ("lead-status", b"L1", lead, partitioner(4)("L1")),
            ("lead-status", b"L1", lead, (partitioner(4)("L1") + 1) % 4),
        ],
    )

    numbers = processor.numbers()

    assert numbers["ana", "hunters", "touches", "today", "call"] == 7 + 4
    assert numbers["ana", "hunters", "leads_created", "today", None] == 1
    rejected = figures(worker.scrape(), "floorpulse_events_rejected_total")
    assert {dict(labels)["reason"] for labels in rejected} == set(REJECTION_REASONS)
    assert sum(rejected.values()) == 2
    assert worker.total("floorpulse_events_late_total") == 1
    assert worker.total("floorpulse_events_forwarded_total") == 3 + 1
    assert worker.total("floorpulse_ledger_imbalance_events") == 0
    assert sorted(letter["reason"] for letter in letters(processor)) == [
        "naive_timestamp",
        "not_json",
    ]


def test_a_flood_of_unreadable_events_stops_the_worker_with_one_line(install: Install) -> None:
    processor = install(NORTH, CLOCK)
    worker = processor.ready(processor.start(FLOOD_LIMIT="50,0.5"))

    send(processor, [("emails", b"ana", b"not json", None) for _ in range(60)])

    assert "FLOORPULSE_FLOOD_LIMIT=off" in worker.last_words()


def test_it_serves_both_formats_and_its_status(install: Install) -> None:
    processor = install(NORTH, CLOCK)
    worker = processor.ready(processor.start())
    processor.replay([call(), email(), status("created", "2026-11-23T10:30:00+01:00")])
    processor.settle()

    opened = worker.scrape(accept="application/openmetrics-text; version=1.0.0")
    plain = worker.scrape()

    assert opened.endswith("# EOF\n")
    families = {family.name for family in text_string_to_metric_families(opened)}
    assert {"floorpulse_touches", "floorpulse_events_received", "floorpulse_roster"} <= families
    assert figures(plain, "floorpulse_events_applied_total")
    silent = [line for line in plain.splitlines() if line.startswith("floorpulse_touches{")]
    assert sum('rep="cem"' in line for line in silent) == 7 * 3, "a silent rep is seen, with zeros"
    assert rep_numbers([opened]) == rep_numbers([plain])
    (instant,) = figures(plain, "floorpulse_clock_timestamp_seconds").values()
    until_then = figures(plain, "floorpulse_complete_until_timestamp_seconds").values()
    assert len(until_then) == 7 * 4
    assert all(instant - 5 <= at <= instant for at in until_then)
    assert worker.scrape("/livez") == "alive\n"


def test_a_changed_roster_is_taken_and_a_bad_one_is_not(install: Install) -> None:
    processor = install(NORTH, CLOCK)
    worker = processor.ready(processor.start())
    processor.replay([call(), call(rep="dot", id="d1")])
    assert processor.numbers()["", "unassigned", "touches", "today", "call"] == 1
    assert worker.total("floorpulse_rep_unassigned", rep="dot") == 1

    processor.roster_file.write_text(NORTH + "  dot: {team: farmers}\n")
    until("the new roster is taken", lambda: "floorpulse_rep_unassigned{" not in worker.scrape())
    assert processor.numbers()["dot", "farmers", "touches", "today", "call"] == 1

    processor.roster_file.write_text(NORTH + "  dot: {team: sailmakers}\n")
    until("the bad one is reported", lambda: "'sailmakers' is not a team" in worker.log.read_text())
    assert processor.numbers()["dot", "farmers", "touches", "today", "call"] == 1


def test_a_correction_and_a_retraction_take_numbers_back(install: Install) -> None:
    processor = install(NORTH, CLOCK)
    processor.ready(processor.start())
    first = call(version=1)
    processor.replay([first, call(id="c2", at="2026-11-20T16:20:00+01:00", version=1)])
    before = processor.numbers()
    assert before["ana", "hunters", "effective_touches", "5d", "call"] == 2

    moved = {**first, "at": "2026-11-19T11:00:00+01:00", "version": 2}
    gone = {"topic": "calls", "id": "c2", "rep_id": "ana", "at": moved["at"], "retracted": True}
    processor.replay([moved, {**gone, "version": 2}])
    after = processor.numbers()

    assert ("ana", "hunters", "effective_touches", "2d", "call") not in after
    assert after["ana", "hunters", "effective_touches", "20d", "call"] == 1


def test_a_worker_that_cannot_start_says_why_in_one_line(install: Install) -> None:
    processor = install(NORTH, CLOCK)
    for settings, said in (
        ({"LEAD_PARTITIONS": "5"}, "has 4 partitions, not 5"),
        ({"APP_ID": "another"}, "9 more do not exist: run `floorpulse topics create`"),
        ({"ROSTER": str(processor.home / "nowhere.yaml")}, "cannot be read"),
        ({"PARTITION": "4"}, "FLOORPULSE_PARTITION is not a setting; did you mean"),
        ({"CLOCK": "yesterday"}, "is not of the form +SECONDS"),
    ):
        worker = processor.start(**settings)
        until("the worker ends", lambda w=worker: w.process.poll() is not None)
        log = worker.log.read_text()
        assert worker.process.returncode != 0
        assert said in log, log
        assert "Traceback" not in log, log


async def _send_in_transactions(processor: Installation, events: list[dict]) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=processor.brokers, transactional_id="a-transactional-source"
    ) as producer:
        for event in events:
            async with producer.transaction():
                topic = f"{processor.app_id}.in.{event['topic']}"
                await producer.send(topic, raw(event), key=b"ana", partition=partitioner(4)("ana"))


def test_an_input_that_is_written_in_transactions_is_read_to_its_end(
    install_on_kafka: Install,
) -> None:
    processor = install_on_kafka(NORTH, CLOCK)
    worker = processor.ready(processor.start())

    asyncio.run(_send_in_transactions(processor, [call(id="c1"), call(id="c2")]))

    until("both are counted", lambda: worker.total("floorpulse_events_applied_total") == 2)

    def is_complete() -> bool:
        complete = figures(worker.scrape(), "floorpulse_complete_until_timestamp_seconds")
        clock = worker.total("floorpulse_clock_timestamp_seconds")
        return len(complete) == 4 * SOURCES and clock - min(complete.values()) < 5

    until("all partitions are complete", is_complete)
    for lag in ("floorpulse_consumer_lag_records", "floorpulse_consumer_lag_seconds"):
        until("all is committed", lambda lag=lag: worker.total(lag) == 0)
    assert worker.total("floorpulse_events_applied_total") == 2
