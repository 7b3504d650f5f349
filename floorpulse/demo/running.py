"""The processes of the demo: started, watched, and ended together."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

UP_WITHIN = 60.0  # seconds
STOP_WITHIN = 9.0  # seconds for all processes together


class Processes:
    """The parts that run; each writes what it has to say to a file of *home*."""

    def __init__(self, home: Path, env: Mapping[str, str]) -> None:
        self._home = home
        self._env = env
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *args: str, shown: bool = False) -> None:
        """Start a command of ours; one that is *shown* speaks to the terminal."""
        ours = [sys.executable, "-m", "floorpulse.cli", name, *args]
        self.launch(name, ours, shown=shown)

    def launch(self, name: str, command: Sequence[str], *, shown: bool = False) -> None:
        """Start any command."""
        with (self._home / f"{name}.log").open("wb") as log:
            self._running[name] = subprocess.Popen(
                command,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=None if shown else log,
                stderr=None if shown else log,
                start_new_session=True,  # Ctrl-C comes to the demo alone, which ends them in order
            )

    def wait_for(self, url: str) -> None:
        """Wait until a part answers."""
        until = time.monotonic() + UP_WITHIN
        while time.monotonic() < until:
            self.check()
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise click.ClickException(f"{url} does not answer for {UP_WITHIN:.0f} s")

    def watch(self) -> None:
        """Stay until a part ends by itself, which is reported; a simulation may end."""
        while True:
            time.sleep(0.5)
            self.check()

    def check(self) -> None:
        """Raise when a part has ended that should go on."""
        for name, process in list(self._running.items()):
            code = process.poll()
            if code is None:
                continue
            del self._running[name]
            if name == "simulate" and code == 0:
                continue
            said = (self._home / f"{name}.log").read_text(errors="replace")[-2000:]
            raise click.ClickException(f"{name} ended with {code}. It said last:\n{said}")

    def stop(self) -> None:
        """End them, those that feed first; whoever is not gone in time is killed."""
        until = time.monotonic() + STOP_WITHIN
        for process in reversed(self._running.values()):
            process.terminate()
        for process in reversed(self._running.values()):
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def running(home: Path, env: Mapping[str, str]) -> Iterator[Processes]:
    """Processes that end with the block."""
    processes = Processes(home, env)
    try:
        yield processes
    finally:
        click.echo("ending all parts ...")
        processes.stop()


def free_port(bind: str, wanted: int) -> int | None:
    """The first free port from *wanted* on; None when a hundred are taken."""
    for port in range(wanted, wanted + 100):
        with socket.socket() as probe:
            # Connections of an earlier demo that linger on the port do not take it.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((bind, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return None
