"""What a link and a cookie say, and what it opens once the roster was asked."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

Kind = Literal["wall", "rep", "person", "login"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Identity(NamedTuple):
    """Who comes: a wall by its floor ("" is all floors), a rep by id, a person by login.

    Of the kind "login" is who signed in at the issuer: a rep or a person, as the roster has it.
    """

    kind: Kind
    name: str


class Pass(NamedTuple):
    """An identity, when its link was made or it signed in, and its end.

    Both in seconds, by the machine's clock.
    """

    who: Identity
    issued: int
    until: int


class Listed(NamedTuple):
    """Somebody whose page opens: their team now, their name and their id."""

    team: str
    name: str
    rep: str


def _no_team(_team: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody sees: `floors` of the wall, None being all of them, and the pages of reps.

    `title` is what to call them, empty for a wall of all floors; `home` is the path of their own
    page after the public URL, and `rep` the id of a rep. `who`, an id or a login, and `role` are
    what the record of looks says of them; empty for a wall. `people` lists whose pages open to who
    is no rep, by team and name; None for others. `team` gives the people who are in a team now, and
    None where its page is closed to them. Whoever has no pass is not `is_in`. Only who
    `reads_looks` reads who looked at others.
    """

    title: str
    home: str
    floors: frozenset[str] | None
    sees_rep: Callable[[str], bool]
    rep: str = ""
    who: str = ""
    role: str = ""
    people: Callable[[], list[Listed]] | None = None
    team: Callable[[str], Sequence[Listed] | None] = _no_team
    is_in: bool = True
    reads_looks: bool = False

    @property
    def sees_wall(self) -> bool:
        """Whether there is a floor to see."""
        return self.floors is None or bool(self.floors)


NOTHING = Sight("", "", frozenset(), lambda _rep: False, is_in=False)

# What a pass opens now, None for nothing. Asked at every request, and again for open streams.
Judge = Callable[[Pass], Awaitable[Sight | None]]
