"""Clocks that leap, by the library of faketime: from Debian's package."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
HOW = "clocks that leap need faketime: `make faketime` installs Debian's package"


class Leaps:
    """How far the clock is off in processes that are started in `environment`.

    Their monotonic clocks, by which they wait and measure, stay as they are.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.to("+0")

    def to(self, offset: str) -> None:
        """Let the clock leap: `+41d` is 41 days ahead of what is right, `+0` right."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{offset}\n")
        new.replace(self._file)

    @contextmanager
    def environment(self) -> Iterator[None]:
        """Processes that are started meanwhile see the clock leap."""
        settings = {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        with patch.dict(os.environ, settings):
            yield
