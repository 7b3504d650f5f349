"""The generated parts of docs/events.md, for people who write producers.

The messages are the files that the tests decode; what exactly is wrong with one is asked of the
decoder.
"""

from collections.abc import Iterator, Sequence
from importlib.resources import files

from dashboards.markdown import codes, table
from metrics.channels import CHANNELS
from streams.clock import iso, parse_instant
from streams.events.contract import KIND_OF, Kind, LeadEvent, Rejection, RejectionReason, TouchEvent
from streams.events.decode import Decoder
from streams.events.words import PLACEHOLDERS, SYNONYMS, UNKNOWN, WORDS
from streams.kafka.topics import DAY_MS, Topics
from streams.settings import Settings

EXAMPLES = files("streams.events") / "examples"
NOW = parse_instant("2026-11-23T11:00:00+01:00")  # when the examples are read
LONGEST = 400  # characters of an example that is shown whole; one is too large on purpose
SHOWN = 160
MEANING: dict[Kind, str] = {
    **{channel.name: channel.meaning for channel in CHANNELS},
    "lead": "One status change of one lead. `delivered`: an appointment was handed to an account\n"
    "manager. `accepted`, `rejected`: the account manager takes it as an opportunity, or does not.",
}


def topics() -> str:
    """The topics of the sources, as a table."""
    heads = ("Topic", "Key", "One record is", "Partitions", "Kept")
    return table(heads, _topics(Topics(Settings())))


def _topics(topics: Topics) -> Iterator[Sequence[str]]:
    for spec in topics.specs():
        kind = topics.kind_of.get(spec.name)
        if kind is None or spec.retention_ms is None:
            continue
        key, setting = (
            ("lead_id", "LEAD_PARTITIONS") if kind == "lead" else ("rep_id", "PARTITIONS")
        )
        kept = f"{spec.retention_ms // DAY_MS} days or more"
        one = MEANING[kind].partition(".")[0].replace("One", "one")
        yield f"`{spec.name}`", f"`{key}`", one, f"`FLOORPULSE_{setting}`", kept


def sections() -> str:
    """A section for each topic: what a record is, the words of its fields, and examples."""
    return "\n\n".join(part for name, kind in KIND_OF.items() for part in _section(name, kind))


def _section(name: str, kind: Kind) -> Iterator[str]:
    yield f"## {name}"
    yield MEANING[kind]
    fields = [field.partition(".")[2] for field in WORDS if field.startswith(f"{kind}.")]
    yield table(("Field", "Words"), ((f"`{field}`", _words(kind, field)) for field in fields))
    for example in sorted(EXAMPLES.joinpath("accepted").iterdir(), key=lambda file: file.name):
        if example.name.split(".")[-2] == name:
            yield _block("json", example.read_text())


def _words(kind: Kind, field: str) -> str:
    """The words of a field; last the one for all others."""
    other = UNKNOWN[field].name.lower()
    return codes((*(word for word in WORDS[f"{kind}.{field}"] if word != other), other))


def _read(topic: str, raw: bytes) -> TouchEvent | LeadEvent | Rejection:
    decoder, kind = Decoder(), KIND_OF[topic]
    return decoder.lead(raw, NOW) if kind == "lead" else decoder.touch(kind, raw, NOW)


def synonyms() -> str:
    """What vendors send for the words of the contract, as a table."""
    sent: dict[tuple[str, str], dict[str, None]] = {}
    for place, meanings in SYNONYMS.items():
        kind, _, field = place.partition(".")
        for word, meaning in meanings.items():
            name = field if field in ("direction", "origin") else f"{kind} {field}"
            sent.setdefault((name, meaning), {})[word] = None
    rows = ((name, codes(words), f"`{meaning}`") for (name, meaning), words in sent.items())
    return table(("Field", "Sent", "Read as"), rows)


def placeholders() -> str:
    """The words that stand for no id."""
    return codes(sorted(filter(None, PLACEHOLDERS)))


def rejected(reason: RejectionReason) -> str:
    """The examples that are rejected with a reason, and what exactly is wrong with each."""
    return "\n\n".join(
        part
        for example in sorted(EXAMPLES.joinpath("rejected").iterdir(), key=lambda file: file.name)
        if example.name.startswith(f"{reason}.")
        for part in _rejected(example.name.split(".")[1], example.read_bytes())
    )


def _rejected(topic: str, raw: bytes) -> Iterator[str]:
    read = _read(topic, raw)
    is_json = not (isinstance(read, Rejection) and read.reason == "not_json")
    yield _block("json" if is_json else "text", raw.decode())
    detail = f", read at {iso(NOW)}: {read.detail}" if isinstance(read, Rejection) else ""
    yield f"In `{topic}`{detail}."


def _block(language: str, text: str) -> str:
    text = text.strip()
    shown = text if len(text) <= LONGEST else f"{text[:SHOWN]} ..."
    return f"```{language}\n{shown}\n```"
