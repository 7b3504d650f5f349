"""Real Prometheus and Alertmanager, and their tools: from the PATH.

On other machines than CI what needs them is skipped; `needs` says what to do.
"""

import os
import shutil
import subprocess

import pytest

NAMES = {"alertmanager": ("alertmanager", "prometheus-alertmanager")}  # Debian has its own


def find(tool: str) -> str | None:
    """Where a tool is: prometheus, promtool, alertmanager or amtool."""
    found = (shutil.which(name) for name in NAMES.get(tool, (tool,)))
    return next((each for each in found if each), None)


def needs(tool: str) -> str:
    """Where a tool is; skips the test where it is not, and fails in CI."""
    found = find(tool)
    if found is None:
        told = f"{tool} is not here: `make prometheus` installs Debian's packages"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(told)
    return found


def ask(tool: str, *arguments: object, within: float = 60) -> str:
    """What a tool prints; fails with it when the tool does."""
    run = subprocess.run(
        [needs(tool), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr
