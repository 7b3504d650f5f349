"""The words of the contract, what vendors say instead, and what stands for no id at all.

Case does not matter, blanks around are cut, runs of blanks and hyphens inside are one `_`.
"""

import enum
import re
from collections.abc import Mapping

from metrics.channels import CHANNELS
from streams.events.contract import Direction, Origin, Outcome, Status
from streams.events.wire import WIRES

Words = Mapping[str, Mapping[str, str]]  # {"call.outcome": {"connected": "human"}}

PLACEHOLDERS = frozenset({"", "undefined", "null", "none", "nil", "nan", "n/a", "-"})

_RUN = re.compile(r"[\s-]+")
_DIRECTION = {
    **dict.fromkeys(("out", "outgoing", "outbound_api", "outbound_dial"), "outbound"),
    **dict.fromkeys(("in", "incoming"), "inbound"),
}


def word_form(text: str) -> str:
    """The form in which words are compared: `" No - Answer"` is `no_answer`."""
    return _RUN.sub("_", text.strip().lower())


def is_placeholder(text: str) -> bool:
    """Whether an id says that there is none, as `undefined`, `NULL` and blanks do."""
    text = text.strip()
    return len(text) <= 9 and text.lower() in PLACEHOLDERS


def _lists() -> dict[str, dict[str, enum.IntEnum]]:
    directions = {word: Direction[word.upper()] for word in ("outbound", "inbound")}
    lists: dict[str, dict[str, enum.IntEnum]] = {}
    for channel in CHANNELS:
        lists[f"{channel.name}.direction"] = dict(directions)
        lists[f"{channel.name}.outcome"] = {
            word: _outcome(word) for word in (*WIRES[channel.name].outcomes, "unknown")
        }
    lists["lead.status"] = {status.name.lower(): status for status in Status if status}
    lists["lead.origin"] = {origin.name.lower(): origin for origin in Origin}
    return lists


def _outcome(word: str) -> Outcome:
    try:
        return Outcome[word.upper()]
    except KeyError:
        raise ValueError(
            f"{word!r} in streams/events/wire.py is not an Outcome: append it to the enum in "
            "streams/events/contract.py, with a number of its own"
        ) from None


def _synonyms() -> dict[str, Mapping[str, str]]:
    said: dict[str, Mapping[str, str]] = {}
    for channel in CHANNELS:
        said[f"{channel.name}.direction"] = _DIRECTION
        said[f"{channel.name}.outcome"] = WIRES[channel.name].synonyms
    said["lead.status"] = {"closed_won": "won", "closed_lost": "lost"}
    said["lead.origin"] = _DIRECTION
    return said


# By field, as a roster's `words` names it. A word outside both is unmapped.
WORDS = _lists()
SYNONYMS = _synonyms()
UNKNOWN: dict[str, enum.IntEnum] = {
    "direction": Direction.UNKNOWN,
    "outcome": Outcome.UNKNOWN,
    "status": Status.UNKNOWN,
    "origin": Origin.OTHER,
}


def vocabulary(field: str, words: Words) -> dict[str, enum.IntEnum]:
    """What each word of a field stands for: the contract's, their synonyms, the floor's *words*."""
    listed = WORDS[field]
    unknown = UNKNOWN[field.partition(".")[2]]
    own = {word_form(word): word_form(meant) for word, meant in words.get(field, {}).items()}
    said = {**SYNONYMS[field], **own}
    return {**listed, **{word: listed.get(meant, unknown) for word, meant in said.items()}}
