"""`alerting write`: Prometheus brings the token that workers ask for."""

from pathlib import Path

import yaml
from click.testing import CliRunner, Result

from floorpulse.cli import main

TOKEN = {"FLOORPULSE_METRICS_TOKEN": "0123456789abcdef0123456789abcdef"}


def write(directory: Path, *options: str) -> Result:
    return CliRunner(env=TOKEN).invoke(main, ["alerting", "write", str(directory), *options])


def test_where_workers_ask_for_a_token_prometheus_has_to_find_one(tmp_path: Path) -> None:
    refused = write(tmp_path)

    assert refused.exit_code == 1
    assert "say with --metrics-token-file where Prometheus reads it" in refused.stderr
    assert not list(tmp_path.iterdir())


def test_prometheus_reads_the_token_from_its_file(tmp_path: Path) -> None:
    assert write(tmp_path, "--metrics-token-file", "/run/secrets/token").exit_code == 0

    (job,) = yaml.safe_load((tmp_path / "prometheus.yml").read_text())["scrape_configs"]
    assert job["authorization"] == {"credentials_file": "/run/secrets/token"}
