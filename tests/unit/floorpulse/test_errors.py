"""Which errors end a command with one line, and which show where they come from."""

import errno
import os
from types import SimpleNamespace

import click
import pytest
from aiokafka.errors import RequestTimedOutError, TopicAuthorizationFailedError
from click.testing import CliRunner

from floorpulse import cli
from streams.kafka.connection import KafkaUnusableError

PATH = "/nowhere/events.jsonl"


def run(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> tuple[str, BaseException | None]:
    """What a command that raises *error* prints, and what the command line lets through."""

    @click.command()
    def failing() -> None:
        raise error

    monkeypatch.setitem(cli.COMMANDS, "topics", f"{__name__}:failing")
    monkeypatch.setattr(cli.importlib, "import_module", lambda _: SimpleNamespace(failing=failing))
    result = CliRunner().invoke(cli.main, ["topics"])
    assert result.exit_code == 1
    return result.output, result.exception


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (KafkaUnusableError("the brokers are away"), "the brokers are away"),
        (RequestTimedOutError("15 s"), "Kafka refuses: [Error 7] RequestTimedOutError: 15 s"),
        (
            TopicAuthorizationFailedError("sales.calls"),
            "Kafka denies a right ([Error 29] TopicAuthorizationFailedError: sales.calls): "
            "docs/kafka.md lists those that are needed",
        ),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), PATH), f"{PATH}: Permission den"),
    ],
)
def test_what_a_person_can_mend_is_one_line(
    monkeypatch: pytest.MonkeyPatch, error: Exception, line: str
) -> None:
    output, raised = run(monkeypatch, error)

    assert output.startswith(f"Error: {line}")
    assert output.count("\n") == 1
    assert isinstance(raised, SystemExit)


@pytest.mark.parametrize(
    "error", [ValueError("a bug"), OSError(errno.EBADF, os.strerror(errno.EBADF))]
)
def test_a_bug_shows_where_it_is(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    assert run(monkeypatch, error) == ("", error)
