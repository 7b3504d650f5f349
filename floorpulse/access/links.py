"""The wall's door as it is set, and links that open it."""

import asyncio
import time

from dashboards.door.door import DoorConfig
from dashboards.door.looks import NoLookLog
from dashboards.door.passes import Identity, Pass
from dashboards.door.public import PublicUrl, is_loopback
from dashboards.door.seals import Seals
from floorpulse.access.issuer import issuer_of
from floorpulse.access.judging import Judging
from floorpulse.access.looks import KafkaLooks, record_link
from floorpulse.access.roster_file import RosterFile
from streams.settings import SettingError, Settings

DAY = 24 * 60 * 60  # seconds


def door_of(settings: Settings, roster: RosterFile) -> DoorConfig:
    """Who is let in, by the roster; raises SettingError where nobody could be."""
    is_local = is_loopback(settings.bind)
    is_open = settings.wall_open or (is_local and PublicUrl(settings.public_url).is_local)
    if not is_open and not settings.secret:
        raise SettingError(
            f"FLOORPULSE_SECRET_FILE: not set, and a wall on {settings.bind} asks for a link: "
            "set it to a file of 32 random characters or more, or FLOORPULSE_WALL_OPEN=1 to show "
            "the wall to all who reach it"
        )
    if settings.secret:
        _check_address(settings)
    return DoorConfig(
        secret=settings.secret,
        public_url=settings.public_url,
        is_wall_open=is_open,
        judge=Judging(roster),
        is_only_local=not settings.wall_open,
        issuer=issuer_of(settings),
        looks=KafkaLooks(settings) if settings.secret else NoLookLog(),
    )


def link_of(settings: Settings, who: Identity, days: int) -> str:
    """The address that lets *who* in from now on, for so many days, by the machine's clock.

    Raises SettingError without a secret, or an address to make it of.
    """
    if not settings.secret:
        raise SettingError(
            "FLOORPULSE_SECRET_FILE: not set: links are signed with it. Set it, for the wall too, "
            "to a file of 32 random characters or more (`openssl rand -hex 32`)"
        )
    _check_address(settings)
    now = int(time.time())
    token = Seals(settings.secret, settings.app_id).link(Pass(who, now, now + days * DAY))
    return f"{wall_address(settings)}/enter#{token}"


def recorded_link(settings: Settings, who: Identity, days: int, maker: str) -> str:
    """As `link_of`, for a person, once it stands in their look log who made it.

    Raises KafkaUnusableError where it cannot be written there.
    """
    address = link_of(settings, who, days)
    asyncio.run(record_link(settings, who, maker))
    return address


def wall_address(settings: Settings) -> str:
    """Where people reach the wall, without a slash at the end."""
    host = f"[{settings.bind}]" if ":" in settings.bind else settings.bind
    return settings.public_url or f"http://{host}:{settings.wall_port}"


def _check_address(settings: Settings) -> None:
    if not settings.public_url and not is_loopback(settings.bind):
        raise SettingError(
            f"FLOORPULSE_PUBLIC_URL: not set, and links cannot lead to {settings.bind}: set it to "
            "the address by which people reach the wall, such as https://wall.example.org"
        )
