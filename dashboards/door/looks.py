"""Who looked at whom: nothing of a person is shown to somebody else before it is on record."""

from collections.abc import Callable, Collection, Sequence
from types import TracebackType
from typing import Literal, NamedTuple, Protocol, Self

from dashboards.door.passes import Kind, Sight

HOUR = 3600  # seconds
Page = Literal["rep", "team", "explain", "link"]


class Look(NamedTuple):
    """One entry: *who*, as *role*, saw *whom* on a page, within an hour.

    *who* is a login, of a link the name of who made it; *whom* the id of a rep, or of another
    *kind* a login. *hour* counts from the epoch. However often they look within it is one entry.
    """

    who: str
    role: str
    whom: str
    page: str
    hour: int
    kind: Kind = "rep"


class NotRecordedError(RuntimeError):
    """A look cannot be recorded; says why, to who runs it."""


class NotReadError(RuntimeError):
    """The record cannot be read; says why, to who runs it."""


class Recorded(NamedTuple):
    """Entries, the newest first; whether there are older ones, and how many cannot be read."""

    looks: Sequence[Look]
    is_cut: bool = False
    unreadable: int = 0


class LookLog(Protocol):
    """Where looks are recorded, for as long as its block lasts."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    async def write(self, looks: Collection[Look]) -> None:
        """Return once all are durable; raises NotRecordedError, soon, where that cannot be."""

    async def read(self, whom: str | None, kind: Kind | None = None) -> Recorded:
        """The newest of somebody, of a kind or of any, or of all; raises NotReadError."""


class NoLookLog:
    """The record of a wall that has none: it takes nothing, so that nobody sees anybody else."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def write(self, looks: Collection[Look]) -> None:
        """Raises NotRecordedError."""
        raise NotRecordedError(f"this wall has no record for {len(looks)} looks")

    async def read(self, whom: str | None, kind: Kind | None = None) -> Recorded:
        """Raises NotReadError."""
        raise NotReadError("this wall has no record of looks")


class Looks:
    """Records looks, each once in an hour; *now* is the machine's clock, in seconds."""

    def __init__(self, log: LookLog, now: Callable[[], float]) -> None:
        self._log = log
        self._now = now
        self._hour = -1
        self._recorded: set[Look] = set()  # of this hour

    async def record(self, sight: Sight, reps: Collection[str], page: Page) -> None:
        """Return once it is on record that *sight* sees these reps; raises NotRecordedError.

        To be awaited before any number of theirs goes out. Reps who see themselves are no entry.
        """
        hour = int(self._now() // HOUR)
        if hour != self._hour:
            self._hour, self._recorded = hour, set()
        recorded = self._recorded
        others = (rep for rep in reps if rep != sight.rep)
        looks = {Look(sight.who, sight.role, rep, page, hour) for rep in others} - recorded
        if looks:
            await self._log.write(looks)
            recorded |= looks

    async def read(self, whom: str | None, kind: Kind | None = None) -> Recorded:
        """The newest of somebody, of a kind or of any, or of all; raises NotReadError."""
        return await self._log.read(whom, kind)
