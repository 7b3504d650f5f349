"""A real browser: Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Browser


def chromium() -> str:
    """Where Chromium is; skips the test where it is not, and fails in CI."""
    found = shutil.which("chromium")
    if found is None:
        reason = "Chromium is not here: `make chromium` installs Debian's package"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    return found


@asynccontextmanager
async def browser() -> AsyncIterator["Browser"]:
    """A running browser, without a window."""
    playwright = pytest.importorskip(
        "playwright.async_api", reason="Playwright is not here: `make setup` installs it"
    )
    path = chromium()
    async with playwright.async_playwright() as driver:
        running = await driver.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield running
        finally:
            await running.close()
