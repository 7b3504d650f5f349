"""What the scripts of the stack make: secrets, an .env file and a first roster, and none twice."""

import re
import subprocess
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner

from floorpulse.cli import main
from tests.stack import ROOT, prepared

SCRIPTS = ("env.sh", "secure.sh")


@pytest.fixture(scope="module", name="home")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(tmp_path_factory.mktemp("stack"))


def test_secrets_are_random_and_closed_to_others(home: Path) -> None:
    names = (
        "redis_password",
        "grafana_password",
        "grafana_key",
        "links_key",
        "metrics_token",
        "kafka_password",
    )
    words = {(home / "secrets" / name).read_text() for name in names}

    assert len(words) == len(names)
    assert all(re.fullmatch(r"[\w-]{43}", word) for word in words)
    assert (home / "secrets" / "oidc_client_secret").read_text() == "", "that of the issuer"
    assert (home / "secrets").stat().st_mode & 0o777 == 0o700
    assert (home / ".env").stat().st_mode & 0o777 == 0o600
    assert (home / "secrets" / "tls" / "authority.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("script", SCRIPTS)
def test_secrets_and_env_are_not_overwritten(home: Path, script: str) -> None:
    made = [home / ".env", *(path for path in home.glob("secrets/**/*") if path.is_file())]
    before = {path: path.read_bytes() for path in made}

    again = subprocess.run([home / "docker" / script], capture_output=True, text=True, check=False)

    assert again.returncode == 1
    assert "is not overwritten" in again.stderr
    assert before == {path: path.read_bytes() for path in made}


def test_an_env_file_or_roster_of_ones_own_stays(tmp_path: Path) -> None:
    copytree(ROOT / "docker", tmp_path / "docker")
    (tmp_path / ".env").write_text("SECRETS=/etc/floorpulse/secrets\n")
    roster = tmp_path / "roster" / "roster.yaml"
    roster.parent.mkdir()
    roster.write_text("floors: {}\n")
    make_env = [tmp_path / "docker" / "env.sh"]

    assert subprocess.run(make_env, capture_output=True, check=False).returncode == 1
    assert (tmp_path / ".env").read_text() == "SECRETS=/etc/floorpulse/secrets\n"
    assert not (tmp_path / "secrets").exists()

    (tmp_path / ".env").unlink()
    subprocess.run(make_env, capture_output=True, check=True)
    assert roster.read_text() == "floors: {}\n"


def test_the_first_roster_passes_the_check_and_containers_can_read_it(home: Path) -> None:
    roster = home / "roster" / "roster.yaml"

    checked = CliRunner().invoke(main, ["roster", "check", str(roster)])

    assert checked.exit_code == 0, checked.output
    assert roster.stat().st_mode & 0o777 == 0o644
    assert roster.parent.stat().st_mode & 0o005 == 0o005
