"""The wall is open where it should be, and stops where nobody could come in."""

from pathlib import Path
from typing import Any

import pytest

from dashboards.door.passes import Identity
from floorpulse.access.links import door_of, link_of
from floorpulse.access.roster_file import RosterFile
from streams.settings import SettingError, Settings
from tests.door import SECRET

ROSTER = RosterFile(Path("roster.yaml"))
ANA = Identity("rep", "ana")


@pytest.mark.parametrize(
    ("given", "is_open"),
    [
        ({}, True),
        ({"BIND": "::1"}, True),
        ({"BIND": "localhost", "PUBLIC_URL": "http://localhost:8080"}, True),
        ({"PUBLIC_URL": "https://wall.example.org", "SECRET": SECRET}, False),
        ({"BIND": "0.0.0.0", "PUBLIC_URL": "http://127.0.0.1:8080", "SECRET": SECRET}, False),
        ({"BIND": "0.0.0.0", "WALL_OPEN": "1"}, True),
        ({"PUBLIC_URL": "https://wall.example.org", "WALL_OPEN": "1"}, True),
    ],
)
def test_the_wall_is_open_on_loopback_and_where_it_is_set_so(given: Any, is_open: bool) -> None:
    assert door_of(settings(**given), ROSTER).is_wall_open is is_open


def test_a_wall_that_is_open_by_itself_is_so_locally() -> None:
    assert door_of(settings(), ROSTER).is_only_local
    assert not door_of(settings(WALL_OPEN="1"), ROSTER).is_only_local


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"BIND": "0.0.0.0"}, "FLOORPULSE_SECRET_FILE: not set, and a wall on 0.0.0.0 asks"),
        ({"PUBLIC_URL": "https://wall.example.org"}, "FLOORPULSE_WALL_OPEN=1 to show the wall"),
        ({"BIND": "10.0.0.7", "SECRET": SECRET}, "FLOORPULSE_PUBLIC_URL: not set"),
    ],
)
def test_a_wall_that_nobody_could_open_does_not_start(given: Any, message: str) -> None:
    with pytest.raises(SettingError, match="not set") as refused:
        door_of(settings(**given), ROSTER)

    assert message in str(refused.value)


def test_a_link_leads_to_where_people_reach_the_wall() -> None:
    for given, address in [
        ({"PUBLIC_URL": "https://intranet.example.org/wall/"}, "https://intranet.example.org/wall"),
        ({"WALL_PORT": "8081"}, "http://127.0.0.1:8081"),
        ({"BIND": "::1"}, "http://[::1]:8080"),
    ]:
        assert link_of(settings(SECRET=SECRET, **given), ANA, 30).startswith(f"{address}/enter#")


def test_a_link_needs_a_secret_and_an_address() -> None:
    with pytest.raises(SettingError, match="FLOORPULSE_SECRET_FILE: not set"):
        link_of(settings(), ANA, 30)
    with pytest.raises(SettingError, match="FLOORPULSE_PUBLIC_URL: not set"):
        link_of(settings(SECRET=SECRET, BIND="0.0.0.0"), ANA, 30)


def settings(**given: str) -> Settings:
    return Settings.from_env({f"FLOORPULSE_{name}": value for name, value in given.items()})
