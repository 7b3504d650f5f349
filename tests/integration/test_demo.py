"""The demo as a new user meets it: addresses, moving numbers, and nothing left at Ctrl-C."""

import json
import os
import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.prometheus import find
from tests.running import FLOORPULSE, PATIENCE, until
from tests.scrape import figures, scrape


class Demo:
    """A running demo and what it said so far."""

    def __init__(self, home: Path, *args: str, **settings: str) -> None:
        self.said_in = home / "demo.log"
        given = {f"FLOORPULSE_{name}": value for name, value in settings.items()}
        with self.said_in.open("wb") as out:
            self.process = subprocess.Popen(
                [FLOORPULSE, "demo", *args],
                env={**os.environ, "TMPDIR": str(home), **given},
                stdout=out,
                stderr=out,
            )

    @property
    def said(self) -> str:
        return self.said_in.read_text()

    def address(self, name: str) -> str:
        def find() -> str:
            assert self.process.poll() is None, self.said
            match = re.search(rf"{name}\s+(http://\S+)", self.said)
            return match.group(1) if match else ""

        return str(until(f"the address of {name}", find))

    def family(self) -> list[int]:
        """The processes that the demo started, and those that they started."""
        ps = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True)
        rows = [tuple(map(int, line.split())) for line in ps.stdout.splitlines()[1:]]
        family = [self.process.pid]
        for parent in family:
            family.extend(pid for pid, ppid in rows if ppid == parent)
        return family[1:]


@pytest.fixture(name="start")
def _start(tmp_path: Path) -> Iterator:
    started: list[Demo] = []

    def start(*args: str, **settings: str) -> Demo:
        home = tmp_path / f"home-{len(started)}"
        home.mkdir()
        started.append(Demo(home, *args, **settings))
        return started[-1]

    yield start
    for demo in started:
        if demo.process.poll() is None:
            demo.process.send_signal(signal.SIGTERM)
            demo.process.wait(PATIENCE)


def view(address: str) -> dict:
    with urllib.request.urlopen(address, timeout=30) as answer:
        return json.loads(answer.read())


def touchpoints(address: str) -> float:
    kpis = [kpi for floor in view(address)["floors"] for kpi in floor["kpis"]]
    sums = [kpi["sums"]["effective_touches"] for kpi in kpis if kpi["name"] == "touchpoints"]
    return sum(sums)


def firing(prometheus: str) -> set[str]:
    alerts = view(f"{prometheus}/api/v1/alerts")["data"]["alerts"]
    return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}


def page_of(link: str) -> str:
    """The document of the page that a link opens, with the cookie that it gives."""
    enter, _, token = link.partition("#")
    wall = enter.removesuffix("/enter")
    headers = {"Content-Type": "application/json", "Origin": wall}
    body = json.dumps({"token": token}).encode()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with browser.open(urllib.request.Request(enter, body, headers), timeout=30) as answer:
        page = json.loads(answer.read())["go"]
    with browser.open(f"{page}/data", timeout=30) as answer:
        return str(answer.read().decode())


def is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def test_it_shows_moving_numbers_and_leaves_nothing(start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        demo = start("--days", "2", WALL_PORT=str(port), WORKER_PORT="0")
        numbers = demo.address("the numbers")
        assert f"port {port} is taken" in demo.said
    worker = int(demo.address("for Prometheus").rpartition(":")[2].split("/")[0])
    link = demo.address("one rep")

    until("history is on the wall", lambda: "live:" in demo.said and touchpoints(numbers))
    before = figures(scrape(worker), "floorpulse_events_received_total")
    until(
        "numbers move",
        lambda: figures(scrape(worker), "floorpulse_events_received_total") != before,
    )
    assert set(figures(scrape(worker), "floorpulse_state_complete").values()) == {1}
    assert '"total":{' in page_of(link)
    assert "keep nothing" in demo.said
    family = demo.family()
    assert len(family) >= 5, "broker, Valkey, worker, wall, simulator"
    if find("prometheus") and find("alertmanager"):
        prometheus = demo.address("alert rules").removesuffix("/alerts")
        until("alerts work", lambda: "Watchdog" in firing(prometheus))
        assert view(numbers)["alerts_trouble"] == ""

    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(PATIENCE) == 0, demo.said
    assert not [pid for pid in family if is_alive(pid)]
    assert [path.name for path in demo.said_in.parent.iterdir()] == ["demo.log"]


def test_a_part_that_ends_ends_the_demo_with_what_it_said(start) -> None:
    demo = start("--no-such-switch", WALL_PORT="0", WORKER_PORT="0")

    assert demo.process.wait(PATIENCE) == 1
    assert "No such option" in demo.said
    assert "simulate ended" in demo.said
