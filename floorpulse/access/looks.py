"""The record of looks as the wall is given it, and the entries of links."""

import asyncio
import logging
import os
import pwd
import time
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Self

from dashboards.door.looks import HOUR, Look, NotReadError, NotRecordedError, Recorded
from dashboards.door.passes import Identity, Kind
from streams.kafka.connection import KafkaUnusableError
from streams.kafka.looks import LookEntry, LookWriter, read_looks
from streams.settings import Settings

log = logging.getLogger(__name__)

OPERATOR = "operator"  # the role of who makes a link
WAITS = 10.0  # seconds for those who asked to read before


class KafkaLooks:
    """A look log in Kafka, which may be away when it begins; it is read for one at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._writer = LookWriter(settings)
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._writer.close()

    async def write(self, looks: Collection[Look]) -> None:
        """Return once all are durable; raises NotRecordedError, soon, where that cannot be."""
        try:
            await self._writer.write([_entry(look) for look in looks])
        except KafkaUnusableError as error:
            raise NotRecordedError(str(error)) from None

    async def read(self, whom: str | None, kind: Kind | None = None) -> Recorded:
        """The newest of somebody, of a kind or of any, or of all; raises NotReadError."""
        try:
            async with asyncio.timeout(WAITS):
                await self._turn.acquire()
        except TimeoutError:
            raise NotReadError("others are reading the record") from None
        try:
            newest = await read_looks(self._settings, whom, kind)
        except KafkaUnusableError as error:
            log.error("the look log cannot be read: %s", error)
            raise NotReadError(str(error)) from None
        finally:
            self._turn.release()
        return Recorded(
            [_look(entry) for entry in newest.entries], newest.is_cut, newest.unreadable
        )


async def record_link(settings: Settings, whom: Identity, maker: str) -> None:
    """Have it on record that *maker* makes a link for *whom*; raises KafkaUnusableError."""
    hour = int(time.time() // HOUR)
    look = Look(maker, OPERATOR, whom.name, "link", hour, whom.kind)
    writer = LookWriter(settings)
    try:
        await writer.write([_entry(look)])
    except KafkaUnusableError as error:
        raise KafkaUnusableError(
            "No link was made: the person whom it lets in reads of it in their look log, and it "
            f"cannot be written there: {error}"
        ) from None
    finally:
        await writer.close()


def this_user() -> str:
    """The user of the operating system that runs this process."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a number that nobody has, as in a container
        return f"user {os.getuid()}"


def _entry(look: Look) -> LookEntry:
    return LookEntry(
        who=look.who,
        role=look.role,
        kind=look.kind,
        whom=look.whom,
        page=look.page,
        hour=datetime.fromtimestamp(look.hour * HOUR, UTC),
    )


def _look(entry: LookEntry) -> Look:
    kind: Kind = "rep" if entry.kind == "rep" else "person"
    hour = int(entry.hour.timestamp() // HOUR)
    return Look(entry.who, entry.role, entry.whom, entry.page, hour, kind)
