"""Prometheus and Alertmanager beside our own parts, where they are on the PATH."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboards.alerting.receivers import NOBODY, Receivers
from floorpulse.commands.alerting import alerting_files, workers_at
from streams.settings import Settings

PORTS = {"prometheus": 9090, "alertmanager": 9093}
NAMES = {  # Debian has a name of its own
    "prometheus": ("prometheus",),
    "alertmanager": ("alertmanager", "prometheus-alertmanager"),
}


@dataclass(frozen=True, slots=True)
class Monitors:
    """Both, with all they read and keep under *home*, and the addresses they listen on."""

    home: Path
    binaries: Mapping[str, str]
    addresses: Mapping[str, str]

    @property
    def prometheus_url(self) -> str:
        """Where Prometheus answers."""
        return f"http://{self.addresses['prometheus']}"

    @property
    def alertmanager_url(self) -> str:
        """Where Alertmanager answers."""
        return f"http://{self.addresses['alertmanager']}"

    @property
    def commands(self) -> dict[str, Sequence[str]]:
        """How to start each, by its name."""
        return {
            "alertmanager": [
                self.binaries["alertmanager"],
                f"--config.file={self.home / 'alertmanager.yml'}",
                f"--storage.path={self.home / 'alertmanager'}",
                f"--web.listen-address={self.addresses['alertmanager']}",
                "--cluster.listen-address=",
            ],
            "prometheus": [
                self.binaries["prometheus"],
                f"--config.file={self.home / 'prometheus.yml'}",
                f"--storage.tsdb.path={self.home / 'prometheus'}",
                f"--web.listen-address={self.addresses['prometheus']}",
            ],
        }

    def write_files(self, settings: Settings, who: Receivers = NOBODY) -> None:
        """Write what they read; the worker is the one of *settings*, *who* is notified."""
        worker = workers_at(f"{settings.bind}:{settings.worker_port}")
        files = alerting_files(settings, worker, self.addresses["alertmanager"], who)
        for name, text in files.items():
            path = self.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def find_monitors(
    home: Path, bind: str, free_port: Callable[[str, int], int | None]
) -> Monitors | None:
    """Both, to be run under *home* on free ports of *bind*; None where one is not on the PATH."""
    binaries, addresses = {}, {}
    for part, names in NAMES.items():
        binary = next((path for name in names if (path := shutil.which(name))), None)
        port = free_port(bind, PORTS[part])
        if binary is None or port is None:
            return None
        binaries[part], addresses[part] = binary, f"{bind}:{port}"
    return Monitors(home / "alerting", binaries, addresses)
