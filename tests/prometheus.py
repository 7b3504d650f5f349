"""Real Prometheus and Alertmanager, and their tools: from the PATH.

On other machines than CI what needs them is skipped; `needs` says what to do.
"""

import json
import shutil
import subprocess
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from tests.realkafka import free_port
from tests.running import until

NAMES = {"alertmanager": ("alertmanager", "prometheus-alertmanager")}  # Debian has its own


def find(tool: str) -> str | None:
    """Where a tool is: prometheus, promtool, alertmanager or amtool."""
    paths = (shutil.which(name) for name in NAMES.get(tool, (tool,)))
    return next((path for path in paths if path), None)


def needs(tool: str) -> str:
    """Where a tool is; skips the test where it is not."""
    path = find(tool)
    if path is None:
        missing = f"{tool} is not here: `make prometheus` installs Debian's packages"
        pytest.skip(missing)
    return path


def ask(tool: str, *arguments: object, within: float = 300) -> str:
    """What a tool prints; fails with all it says when the tool does."""
    run = subprocess.run(
        [needs(tool), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def assert_rule_tests_pass(*files: Path) -> None:
    """Promtool finds what the files of rule tests expect."""
    assert "SUCCESS" in ask("promtool", "test", "rules", *files)


class RunningAlertmanager:
    """A real Alertmanager with a configuration, on a free port of loopback."""

    def __init__(self, config: Path, home: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        command = [
            needs("alertmanager"),
            f"--config.file={config}",
            f"--storage.path={home}",
            f"--web.listen-address={self.url.removeprefix('http://')}",
            "--cluster.listen-address=",
        ]
        with (home / "alertmanager.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until("Alertmanager is ready", self._is_ready)

    def _is_ready(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.url}/-/ready", timeout=2):
            return True
        return False

    def fire(self, labels: dict[str, str], summary: str) -> None:
        """Have an alert fire."""
        body = json.dumps([{"labels": labels, "annotations": {"summary": summary}}]).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v2/alerts", body, headers)
        with urllib.request.urlopen(request, timeout=30):
            pass

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(60)
