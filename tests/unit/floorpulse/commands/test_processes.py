"""What a worker that ends by itself prints beside its one line: nothing that is in the line."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.web import RequestPayloadError
from aiokafka.errors import RequestTimedOutError, TopicAuthorizationFailedError
from click.testing import CliRunner

from dashboards.wall.explanation import Asked, AwayError
from dashboards.wall.server import WallConfig
from floorpulse.access import explaining, roster_file
from floorpulse.cli import main
from floorpulse.commands import processes
from floorpulse.commands.processes import log_to_stderr
from streams.kafka.connection import KafkaUnusableError
from streams.roster.file import load_roster
from streams.roster.people import Roster
from streams.settings import Settings
from streams.worker.http import PortTakenError
from tests.build import NORTH
from tests.door import PEOPLE, SECRET, pass_of


@contextmanager
def logging_to_stderr() -> Iterator[None]:
    """Logging as a worker has it; what pytest has is back afterwards."""
    root, hook = logging.getLogger(), threading.excepthook
    handlers, root.handlers = root.handlers, []
    levels = {name: logging.getLogger(name).level for name in logging.root.manager.loggerDict}
    try:
        log_to_stderr()
        yield
    finally:
        root.handlers, threading.excepthook = handlers, hook
        for name in logging.root.manager.loggerDict:
            logging.getLogger(name).setLevel(levels.get(name, logging.NOTSET))


@pytest.mark.parametrize(
    ("error", "is_printed"),
    [
        (PortTakenError("port 9464 is taken"), False),
        (RuntimeError("Event loop is closed"), False),
        (RuntimeError("another"), True),
        (ValueError("Event loop is closed"), True),
    ],
)
def test_a_traceback_is_printed_only_where_it_is_news(
    error: Exception, is_printed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with logging_to_stderr():
        logging.getLogger("mode").error("Error while stopping child", exc_info=error)

    assert (str(error) in capsys.readouterr().err) == is_printed


@pytest.mark.parametrize(
    ("error", "is_printed"),
    [
        (BadHttpMessage("Invalid header value char: b'Cookie: floorpulse=WyJy'"), False),
        (RequestPayloadError("b'eyJ0b2tlbiI6'"), False),
        (LookupError("our own"), True),
    ],
)
def test_a_request_that_is_no_http_is_not_printed(
    error: Exception, is_printed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with logging_to_stderr():
        logging.getLogger("aiohttp.server").error("Error handling request", exc_info=error)

    assert bool(capsys.readouterr().err) == is_printed


def test_so_it_is_with_threads(capsys: pytest.CaptureFixture[str]) -> None:
    def end(error: Exception) -> None:
        raise error

    with logging_to_stderr():
        for error in (RuntimeError("Event loop is closed"), KeyError("news")):
            thread = threading.Thread(target=end, args=(error,))
            thread.start()
            thread.join()

    printed = capsys.readouterr().err
    assert "KeyError: 'news'" in printed
    assert "closed" not in printed


@pytest.mark.parametrize(
    ("error", "is_printed"),
    [
        (FileNotFoundError(2, "No such file or directory", "/gone/rows"), True),
        (RequestTimedOutError(), True),
        (KafkaUnusableError("the brokers are away"), False),
        (TopicAuthorizationFailedError("sales.calls"), False),
    ],
)
def test_a_worker_logs_where_an_unexpected_error_came_from(
    error: Exception,
    is_printed: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    def end(*_args: object, **_options: object) -> None:
        raise error

    roster = tmp_path / "roster.yaml"
    roster.write_text(NORTH)
    monkeypatch.setattr(processes, "run_worker", end)
    monkeypatch.setenv("FLOORPULSE_ROSTER", str(roster))

    with logging_to_stderr():
        logging.getLogger().addHandler(caplog.handler)
        result = CliRunner().invoke(main, ["worker"])

    logged = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert logged == ([error] if is_printed else [])
    assert result.output.splitlines()[-1].startswith("Error: ")


async def kafka_is_away(*_args: object) -> None:
    raise KafkaUnusableError("the brokers are away")


async def test_the_door_and_what_explains_read_one_roster_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "roster.yaml").write_text(PEOPLE)
    read: list[Path] = []

    def load(path: Path, zone: ZoneInfo) -> Roster:
        read.append(path)
        return load_roster(path, zone)

    monkeypatch.setattr(roster_file, "load_roster", load)
    configs: list[WallConfig] = []
    monkeypatch.setattr(processes, "run_wall", configs.append)
    monkeypatch.setattr(explaining, "read_rows_of_reps", kafka_is_away)
    given = Settings(roster=tmp_path / "roster.yaml", secret=SECRET)
    monkeypatch.setattr(processes, "settings_of_env", lambda: given)
    with logging_to_stderr():
        processes.wall.callback()  # type: ignore[misc]
    [config] = configs

    assert await config.door.judge(pass_of("rep", "ana")) is not None
    with pytest.raises(AwayError):
        await config.explain(Asked("ana", "touches", "today", None))
    assert read == [given.roster]
