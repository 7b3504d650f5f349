"""The numbers of a rep in a team, as the read model gives them and every output takes them."""

from collections.abc import Sequence
from typing import NamedTuple


class RepRow(NamedTuple):
    """The numbers of one rep in one team, in the order of `names.SERIES`.

    Those who are not on the roster are exported as one sum by partition: `rep` is "", and
    `partition` is set.
    """

    floor: str
    team: str
    rep: str
    values: Sequence[float]
    partition: str = ""
