"""A real Apache Kafka on loopback, one KRaft node: for tests, benches and `make kafka`.

Needs java, and once mvn, which fetches the broker's jars into .kafka/libs of the checkout.
"""

import contextlib
import fcntl
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
HOME = ROOT / ".kafka"
LIBS = HOME / "libs"
POM = Path(__file__).with_name("kafka.pom.xml")
UP_WITHIN = 300.0  # seconds
_ports = itertools.count(os.getpid())  # of a process, one after the other

# Retention and compaction are made to act within seconds where a test sets them on a topic.
PROPERTIES = """
node.id=1
process.roles=broker,controller
listeners=BROKER://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}{guarded}
advertised.listeners=BROKER://127.0.0.1:{port}{guarded}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,USERS:SASL_PLAINTEXT,TLS:SSL
controller.listener.names=CONTROLLER
inter.broker.listener.name=BROKER
controller.quorum.voters=1@127.0.0.1:{controller}
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.backoff.ms=500
log.retention.check.interval.ms=1000
num.io.threads=4
num.network.threads=2
"""

# Listeners that let in who has the password, and who trusts the certificate.
GUARDED = """
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.users.scram-sha-512.sasl.jaas.config={login} required;
ssl.keystore.type=PKCS12
ssl.keystore.location={home}/keys.p12
ssl.keystore.password={keys}
"""
AUTHORIZER = """
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""
LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule"
# A third less processor time for a broker that lives for a test; a long-lived one pays for it.
SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
KEYS = "of-the-tests"  # the password of a key that lives as long as its broker


def is_possible() -> bool:
    """Whether this machine can run it: java, and mvn or the jars."""
    return bool(shutil.which("java")) and (LIBS.is_dir() or bool(shutil.which("mvn")))


def free_port() -> int:
    """A port of loopback that nobody listens on; not one that another test process is given.

    Each process of pytest-xdist has a thousand of its own, below those that connections get.
    """
    first = 20_000 + 1000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for _ in range(1000):
        port = first + next(_ports) % 1000
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError(f"no port is free from {first} on")


def fetch() -> None:
    """Bring the jars, once."""
    HOME.mkdir(exist_ok=True)
    with (HOME / "libs.lock").open("w") as lock:  # tests run in several processes
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not LIBS.is_dir():
            _fetch_into(HOME / "libs.new")


def _fetch_into(target: Path) -> None:
    print("fetching Apache Kafka's jars, once ...", file=sys.stderr)
    shutil.rmtree(target, ignore_errors=True)
    copy = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
    subprocess.run(
        [*copy, f"-DoutputDirectory={target}", "-DincludeScope=runtime"], check=True, cwd=HOME
    )
    target.rename(LIBS)


class Kafka:
    """A broker with its own data; `bootstrap` is where it listens.

    With *users*, passwords by name, it listens in two further places: `for_users` takes them by
    SCRAM-SHA-512 without TLS, and `by_tls` everybody, with the certificate of `ca_file`. When it
    *authorizes*, they may do what its access control lists say, and who has no name everything.
    """

    def __init__(
        self,
        home: Path,
        port: int | None = None,
        users: Mapping[str, str] | None = None,
        *,
        authorizes: bool = False,
        lives_long: bool = False,
    ) -> None:
        self.home = home
        self.options = () if lives_long else SHORT_LIVED
        self.port = port or free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        self.users = users or {}
        self.authorizes = authorizes
        self.for_users, self.by_tls = (f"127.0.0.1:{free_port()}" for _ in range(2))
        self.ca_file = home / "ca.pem"
        self._properties = home / "server.properties"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The broker's process."""
        assert self._process is not None
        return self._process.pid

    def format(self) -> None:
        """Make an empty log directory."""
        fetch()
        self.home.mkdir(parents=True, exist_ok=True)
        guarded = f",USERS://{self.for_users},TLS://{self.by_tls}" if self.users else ""
        properties = PROPERTIES.format(
            port=self.port, controller=free_port(), data=self.home / "data", guarded=guarded
        )
        if self.users:
            self._make_keys()
            properties += GUARDED.format(login=LOGIN, home=self.home, keys=KEYS)
        if self.authorizes:
            properties += AUTHORIZER
        self._properties.write_text(properties)
        known = [f"SCRAM-SHA-512=[name={n},password={p}]" for n, p in self.users.items()]
        self._java(
            "kafka.tools.StorageTool",
            *("format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", str(self._properties)),
            *(word for user in known for word in ("--add-scram", user)),
        ).wait(UP_WITHIN)

    def _make_keys(self) -> None:
        """A key with a certificate of its own for TLS, and the certificate alone."""
        store = ["-keystore", "keys.p12", "-storetype", "PKCS12", "-storepass", KEYS, "-alias", "b"]
        which = ["-keyalg", "EC", "-dname", "CN=127.0.0.1", "-ext", "san=ip:127.0.0.1"]
        export = ["-exportcert", "-rfc", "-file", self.ca_file.name]
        for options in (["-genkeypair", *which], export):
            command = ["keytool", *options, *store]
            subprocess.run(command, check=True, cwd=self.home, capture_output=True)

    def start(self) -> None:
        """Start the broker on what its log directory holds, and wait until it listens."""
        self._process = self._java("kafka.Kafka", str(self._properties))
        until = time.monotonic() + UP_WITHIN
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > until:
                tail = (self.home / "broker.log").read_text()[-2000:]
                raise RuntimeError(f"Kafka did not start:\n{tail}")
            time.sleep(0.1)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End the broker."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def _java(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.home / "broker.log").open("ab") as log:
            return subprocess.Popen(
                ["java", "-Xmx768m", "-Xms256m", *self.options, "-cp", f"{LIBS}/*", *command],
                stdout=log,
                stderr=log,
                cwd=self.home,
                start_new_session=True,
            )


@contextlib.contextmanager
def running(
    home: Path,
    users: Mapping[str, str] | None = None,
    *,
    authorizes: bool = False,
    lives_long: bool = False,
) -> Iterator[Kafka]:
    """A fresh broker for as long as the block lasts."""
    kafka = Kafka(home, users=users, authorizes=authorizes, lives_long=lives_long)
    kafka.format()
    kafka.start()
    try:
        yield kafka
    finally:
        kafka.stop()


def main() -> None:
    """`up [PORT]` and `down`, for a person at a terminal."""
    pid_file = HOME / "pid"
    if sys.argv[1:2] == ["down"]:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int(pid_file.read_text()), signal.SIGTERM)
            pid_file.unlink()
        shutil.rmtree(HOME / "broker", ignore_errors=True)
        return
    shutil.rmtree(HOME / "broker", ignore_errors=True)
    kafka = Kafka(HOME / "broker", int((*sys.argv[2:3], 9092)[0]), lives_long=True)
    kafka.format()
    kafka.start()
    pid_file.write_text(str(kafka.pid))
    print(f"Kafka listens on {kafka.bootstrap}; `make kafka-down` ends it and removes its data")


if __name__ == "__main__":
    main()
