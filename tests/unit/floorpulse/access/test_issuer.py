"""The issuer is set whole or not at all."""

from pathlib import Path

import pytest

from dashboards.door.issuer import IssuerConfig
from floorpulse.access.links import door_of
from floorpulse.access.roster_file import RosterFile
from streams.settings import SettingError, Settings
from tests.door import SECRET

ROSTER = RosterFile(Path("roster.yaml"))
WHOLE = {
    "OIDC_ISSUER": "https://login.example.org/realm/",
    "OIDC_CLIENT_ID": "wall",
    "OIDC_CLIENT_SECRET": "of the tests",
    "PUBLIC_URL": "https://wall.example.org",
    "SECRET": SECRET,
}


def settings(given: dict[str, str]) -> Settings:
    return Settings.from_env({f"FLOORPULSE_{name}": value for name, value in given.items()})


def test_a_wall_signs_in_at_the_issuer_that_is_set() -> None:
    url = "https://login.example.org/realm/"

    assert door_of(settings(WHOLE), ROSTER).issuer == IssuerConfig(url, "wall", "of the tests")
    by_oid = door_of(
        settings({**WHOLE, "OIDC_CLAIM": "oid", "OIDC_CLIENT_SECRET": ""}), ROSTER
    ).issuer
    assert by_oid == IssuerConfig(url, "wall", claim="oid")
    assert door_of(settings({}), ROSTER).issuer is None
    empty = dict.fromkeys(("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"), "")
    assert door_of(settings(empty), ROSTER).issuer is None
    assert "of the tests" not in repr(door_of(settings(WHOLE), ROSTER))


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("OIDC_ISSUER", "FLOORPULSE_OIDC_ISSUER: not set, and a client of it is"),
        ("OIDC_CLIENT_ID", "FLOORPULSE_OIDC_CLIENT_ID: not set, and signing in by https://login"),
        ("PUBLIC_URL", "FLOORPULSE_PUBLIC_URL: not set, and signing in"),
        ("SECRET", "FLOORPULSE_SECRET_FILE: not set"),
    ],
)
def test_half_an_issuer_stops_and_names_what_is_missing(missing: str, message: str) -> None:
    given = {name: value for name, value in WHOLE.items() if name != missing}
    with pytest.raises(SettingError, match=r"docs/access\.md") as refused:
        door_of(settings({**given, "WALL_OPEN": "1"}), ROSTER)

    assert message in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        *("login.example.org", "http://login.example.org", "https://", "ftp://login.example.org"),
        *("https://a:b@login.example.org", "https://login.example.org?x=y", "https://h#x"),
    ],
)
def test_an_issuer_is_an_address_over_https(url: str) -> None:
    with pytest.raises(SettingError, match="FLOORPULSE_OIDC_ISSUER"):
        settings({**WHOLE, "OIDC_ISSUER": url})


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost/x", "http://[::1]:1/"])
def test_an_issuer_on_loopback_needs_no_tls(url: str) -> None:
    assert settings({**WHOLE, "OIDC_ISSUER": url}).oidc_issuer == url


@pytest.mark.parametrize("claim", ["", "a claim", "é"])
def test_a_claim_has_a_name(claim: str) -> None:
    with pytest.raises(SettingError, match="FLOORPULSE_OIDC_CLAIM"):
        settings({**WHOLE, "OIDC_CLAIM": claim})
