"""Each command runs with exactly the rights that docs/kafka.md lists, and names one that is gone.

On a Kafka that authorizes, with a user for every case; who has no name there may do everything.
"""

from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result
from confluent_kafka.admin import AclBinding, AdminClient

from dashboards.door.looks import Look, NotReadError, NotRecordedError
from dashboards.wall.explanation import Asked, AwayError, read
from floorpulse.access.explaining import Explaining
from floorpulse.access.looks import KafkaLooks
from floorpulse.access.roster_file import RosterFile
from floorpulse.cli import main
from streams.settings import Settings
from tests import realkafka
from tests.acls import Right, as_filter, listed
from tests.build import NORTH, call
from tests.door import SECRET
from tests.integration.conftest import HAS_KAFKA, HOW
from tests.realkafka import Kafka
from tests.running import Installation, installation, until

CLOCK = "2026-11-23T15:30:00+01:00"
PASSWORD = "Tulip-7193"
TOUCHES_TODAY = ("ana", "hunters", "touches", "today", "call")

RIGHTS = listed()
LIKE_EXPLAIN = {
    "report": ["report", "--from", "2026-11-23", "--to", "2026-11-23"],
    "roster missing": ["roster", "missing"],
}
ARGUMENTS = {
    **LIKE_EXPLAIN,
    "worker": ["worker"],
    "link": ["link", "rep", "ana"],
    "explain": ["explain", "ana", "touches", "today"],
    "topics create": ["topics", "create"],
    "topics check": ["topics", "check"],
    "replay": ["replay", "calls.jsonl"],
    "simulate --keep-up": ["simulate", "--keep-up", "--days", "1", "--no-live"],
    "dead-letters list": ["dead-letters", "list"],
    "dead-letters resend": ["dead-letters", "resend", "--yes"],
    "forget": ["forget", "--rep", "nobody-here", "--yes"],
    "forget --dry-run": ["forget", "--rep", "ana", "--dry-run"],
    "forget --list": ["forget", "--list"],
}
IN_THIS_PROCESS = (
    "explain",
    "link",
    "topics check",
    "replay",
    "simulate --keep-up",
    "dead-letters list",
    "dead-letters resend",
    "forget",
    "forget --dry-run",
    "forget --list",
)


def user_of(command: str, without: Right | None = None) -> str:
    """The user who has a command's rights, all or all but one."""
    return command.replace(" ", "-") + (f"-without-{without}" if without else "")


CASES = [(command, right) for command in RIGHTS for right in RIGHTS[command]]


@pytest.fixture(scope="module", name="guarded")
def _guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker that authorizes, with the users of all cases and their rights."""
    if not HAS_KAFKA:
        pytest.skip(HOW)
    names = [*map(user_of, RIGHTS), *(user_of(*case) for case in CASES)]
    home = tmp_path_factory.mktemp("rights")
    with realkafka.running(home, dict.fromkeys(names, PASSWORD), authorizes=True) as kafka:
        grants = [right.granted_to(user_of(name)) for name in RIGHTS for right in RIGHTS[name]]
        grants += [
            right.granted_to(user_of(command, gone))
            for command, gone in CASES
            for right in RIGHTS[command]
            if right != gone
        ]
        admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
        for granted in admin.create_acls(grants).values():
            granted.result(30)
        yield kafka


@pytest.fixture(scope="module", name="desk")
def _desk(guarded: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The installation of which docs/kafka.md speaks; it has no topics yet."""
    home = tmp_path_factory.mktemp("desk")
    with installation(
        brokers=guarded.for_users,
        home=home,
        roster=NORTH,
        clock=CLOCK,
        creates_topics=False,
        extra={
            "TOPIC_PREFIX": "sales.",
            "KAFKA_SECURITY": "SASL_PLAINTEXT",
            "KAFKA_PASSWORD": PASSWORD,
            "SECRET": SECRET,
        },
    ) as desk:
        yield desk


def run(desk: Installation, user: str, command: str, **settings: str) -> Result:
    """What a command ends with that a user calls."""
    desk.extra["KAFKA_USERNAME"] = user
    file = desk.home / "calls.jsonl"
    file.write_text('{"topic": "calls", "rep_id": "ana"}\n')
    arguments = [
        str(file) if argument == file.name else argument for argument in ARGUMENTS[command]
    ]
    env = {**desk.env, **{f"FLOORPULSE_{name}": value for name, value in settings.items()}}
    return CliRunner().invoke(main, arguments, env=env)


def assert_named(right: Right, said: str) -> None:
    """One line says which operation on what is missing, and the last says how to grant it."""
    lines = [line for line in said.splitlines() if " lacks " in line]
    assert len(lines) == 1, said
    assert f"lacks {right.operation} of {right.kind}" in lines[0]
    assert f"--{right.kind} {right.name}" in lines[0]
    assert "Traceback" not in said
    assert PASSWORD not in said


def test_rights_missing_for_topics_create_are_named(desk: Installation) -> None:
    for number, right in enumerate(RIGHTS["topics create"]):
        names = {"APP_ID": f"floorpulse-{number}", "TOPIC_PREFIX": f"sales.{number}."}
        result = run(desk, user_of("topics create", right), "topics create", **names)

        assert result.exit_code == 1
        assert_named(right, result.stderr)


def test_every_command_runs_with_the_rights_listed(desk: Installation, guarded: Kafka) -> None:
    for command in ("topics create", "topics check"):
        assert run(desk, user_of(command), command).exit_code == 0
    desk.extra["KAFKA_USERNAME"] = user_of("worker")
    worker = desk.ready(desk.start())
    desk.extra["KAFKA_USERNAME"] = user_of("replay")
    desk.replay([call(), {"topic": "calls", "rep_id": "ana"}])

    assert desk.numbers()[TOUCHES_TODAY] == 1
    for command, words in (
        ("explain", "1  touches of ana"),
        ("link", "/enter#"),
        ("dead-letters list", "missing_field"),
        ("dead-letters resend", "sent 1 records"),
        ("forget", "is forgotten up to"),
        ("forget --dry-run", "touches in rows"),
        ("forget --list", '"subject":"rep"'),
    ):
        result = run(desk, user_of(command), command)
        assert result.exit_code == 0, result.output
        assert words in result.output
    for command in LIKE_EXPLAIN:
        result = run(desk, user_of("explain"), command)
        assert result.exit_code == 0, result.output
    until(
        "what was sent again is taken",
        lambda: worker.total("floorpulse_events_received_total") == 3,
    )
    result = run(desk, user_of("simulate --keep-up"), "simulate --keep-up")
    assert result.exit_code == 0, result.output
    worker.stop()
    said = worker.log.read_text()
    assert " ERROR " not in said, said  # the group's topic was made for this very start
    assert " WARNING aiokafka" not in said, said


@pytest.mark.parametrize(
    ("command", "right"),
    [case for case in CASES if case[0] in IN_THIS_PROCESS],
    ids=lambda each: str(each).replace(" ", "-"),
)
def test_a_missing_right_is_named(desk: Installation, command: str, right: Right) -> None:
    result = run(desk, user_of(command, right), command)

    assert result.exit_code == 1, result.output
    assert_named(right, result.stderr)


@pytest.mark.parametrize("without", [None, *RIGHTS["wall"]], ids=str)
async def test_the_look_log_of_a_wall_names_a_right_that_is_missing(
    desk: Installation, without: Right | None
) -> None:
    desk.extra["KAFKA_USERNAME"] = user_of("wall", without)
    given = {name: text for name, text in desk.env.items() if name.startswith("FLOORPULSE_")}
    lacking = set()
    async with KafkaLooks(Settings.from_env(given)) as log:
        try:
            await log.write([Look("lea", "lead", "ana", "rep", 1)])
        except NotRecordedError as error:
            assert without is not None
            assert_named(without, str(error))
            lacking.add("Write")
        try:
            await log.read(None)
        except NotReadError as error:
            assert without is not None
            assert_named(without, str(error))
            lacking.add("Read")
    assert lacking == ({without.operation} & {"Read", "Write"} if without else set())


@pytest.mark.parametrize("without", [None, *RIGHTS["wall"]], ids=str)
async def test_a_wall_explains_with_the_rights_listed_and_names_one_that_is_missing(
    desk: Installation, without: Right | None, caplog: pytest.LogCaptureFixture
) -> None:
    desk.extra["KAFKA_USERNAME"] = user_of("wall", without)
    given = {name: text for name, text in desk.env.items() if name.startswith("FLOORPULSE_")}
    settings = Settings.from_env(given)
    explain = Explaining(settings, RosterFile(settings.roster))
    asked = Asked("ana", "touches", "today", None)
    if without is None or without.operation == "Write":
        assert read(await explain(asked)).value >= 1
        return
    with pytest.raises(AwayError):
        await explain(asked)
    assert f"lacks {without.operation} of topics" in caplog.text
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize("right", RIGHTS["worker"], ids=str)
def test_a_right_that_a_worker_lacks_is_named(desk: Installation, right: Right) -> None:
    assert_named(right, last_words(desk, user_of("worker", right)))


def test_a_worker_starts_that_may_not_write_who_was_forgotten(
    desk: Installation, guarded: Kafka
) -> None:
    user = user_of("worker")
    write = Right("Write", "topic", "floorpulse.forgotten", is_prefix=False).denied_to(user)
    admin = AdminClient({"bootstrap.servers": guarded.bootstrap})
    for denied in admin.create_acls([write]).values():
        denied.result(30)
    try:
        desk.extra["KAFKA_USERNAME"] = user
        desk.ready(desk.start()).stop()
        said = run(desk, user, "forget").stderr
    finally:
        for deleted in admin.delete_acls([as_filter(write)]).values():
            assert deleted.result(30)
    assert "lacks Write of topic floorpulse.forgotten" in said


def last_words(desk: Installation, user: str, **settings: str) -> str:
    """What a worker says that ends by itself."""
    desk.extra["KAFKA_USERNAME"] = user
    worker = desk.start(**settings)
    until("the worker begins", lambda: "metrics at" in worker.log.read_text())
    worker.last_words()
    said = worker.log.read_text()

    assert " ERROR " not in said
    return said


def test_a_session_timeout_that_brokers_refuse_is_named_with_their_bounds(
    desk: Installation,
) -> None:
    said = last_words(desk, user_of("worker"), SESSION_TIMEOUT="3")

    line = said.splitlines()[-1]
    assert line.startswith(
        "Error: FLOORPULSE_SESSION_TIMEOUT=3: the brokers take 6 to 1800 seconds"
    )
    assert "group.min.session.timeout.ms" in line
    assert "unless they are set otherwise" in line  # this user may not ask the brokers


@pytest.fixture(name="deprived")
def _deprived(guarded: Kafka) -> Iterator[Callable[[Right], None]]:
    """Takes a right from the worker's user, until the test ends."""
    admin = AdminClient({"bootstrap.servers": guarded.bootstrap})
    taken: list[AclBinding] = []

    def take(right: Right) -> None:
        binding = right.granted_to(user_of("worker"))
        taken.append(binding)
        for deleted in admin.delete_acls([as_filter(binding)]).values():
            assert deleted.result(30)

    yield take
    for granted in admin.create_acls(taken).values():
        granted.result(30)


@pytest.mark.parametrize(
    "right", [each for each in RIGHTS["worker"] if each.operation != "DescribeConfigs"], ids=str
)
def test_a_right_that_is_taken_from_a_running_worker_ends_it_with_one_line(
    desk: Installation, deprived: Callable[[Right], None], right: Right
) -> None:
    desk.extra["KAFKA_USERNAME"] = user_of("worker")
    worker = desk.ready(desk.start())
    deprived(right)
    desk.extra["KAFKA_USERNAME"] = user_of("replay")
    desk.replay([call(id=f"a call without {right}")])

    worker.last_words()
    assert_named(right, worker.log.read_text())
