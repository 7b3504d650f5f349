"""What a worker that ends by itself prints beside its one line: nothing that the line tells."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from floorpulse.commands.processes import log_to_stderr
from streams.worker.http import PortTakenError


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
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize(
    ("error", "is_told"),
    [
        (PortTakenError("port 9464 is taken"), False),
        (RuntimeError("Event loop is closed"), False),
        (RuntimeError("another"), True),
        (ValueError("Event loop is closed"), True),
    ],
)
def test_a_traceback_is_printed_only_where_it_is_news(
    error: Exception, is_told: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with logging_to_stderr():
        logging.getLogger("mode").error("Error while stopping child", exc_info=error)

    assert (str(error) in capsys.readouterr().err) == is_told


def test_so_it_is_with_threads(capsys: pytest.CaptureFixture[str]) -> None:
    def end(error: Exception) -> None:
        raise error

    with logging_to_stderr():
        for error in (RuntimeError("Event loop is closed"), KeyError("news")):
            thread = threading.Thread(target=end, args=(error,))
            thread.start()
            thread.join()

    told = capsys.readouterr().err
    assert "KeyError: 'news'" in told
    assert "closed" not in told
