"""The page of the wire contract, for people who write producers.

The messages are the files that the tests decode. The words that a field knows, and what exactly is
wrong with a message, are asked of the decoder.
"""

import json
from collections.abc import Iterator, Sequence
from enum import IntEnum
from importlib.resources import files

from dashboards.kpi_page import table
from metrics.channels import CHANNELS
from streams import intake
from streams.clock import iso, parse_instant
from streams.events.contract import (
    KIND_OF,
    REASONS,
    Direction,
    Kind,
    LeadEvent,
    Origin,
    Outcome,
    Reason,
    Rejection,
    Status,
    TouchEvent,
)
from streams.events.decode import Decoder
from streams.events.words import PLACEHOLDERS, SYNONYMS
from streams.kafka.topics import DAY_MS, Topics

EXAMPLES = files("streams.events") / "examples"
NOW = parse_instant("2026-11-23T11:00:00+01:00")  # when the examples are read
LONGEST = 400  # characters of an example that is shown whole; one is too large on purpose
SHOWN = 160

INTRODUCTION = """\
# Events: the wire contract

An event is a JSON object in UTF-8 of at most 64 KiB, one a record, in one of four topics. The topic
prefix is a setting (`FLOORPULSE_TOPIC_PREFIX`). The key of a record is the plain bytes of the
`rep_id`, or of the `lead_id` for lead-status: no quotes, no JSON."""

ABOUT_TOPICS = """\
The partition is murmur2 of the key, as Java, aiokafka and Faust producers have it. Producers on
librdkafka (kcat, confluent-kafka) need `partitioner=murmur2_random`. An event in another partition
is forwarded once to the right one and counted, so a wrong partitioner costs a hop, not a number.

`floorpulse topics create` makes the topics, and `floorpulse topics check` says what is wrong with
them. Numbers of partitions are fixed for the life of an app id."""

ABOUT_COMMON = """\
## Fields of every event

Fields that are not listed are ignored. Null means unknown, never zero; leaving a field out says the
same."""

COMMON = (
    (
        "id",
        "yes",
        "string",
        "Stable in the source system: a retry or a correction has the same id.",
    ),
    (
        "rep_id",
        "of a touch",
        "string",
        "The rep whose touch it is, or who changed the lead; null where no person did.",
    ),
    ("at", "yes", "RFC 3339 with offset", "When it happened: the call started, the mail left."),
    ("version", "no", "integer from 0, below 2^63", "The larger one wins."),
    ("recorded_at", "no", "RFC 3339 with offset", "When the source wrote it down."),
    ("contact_id", "no", "string", "Who was reached, or whose lead it is."),
    ("retracted", "no", "boolean", "The record was deleted in the source."),
    ("source", "no", "string", "Where it comes from; `explain` shows it."),
)

ABOUT_WORDS = """\
## What vendors send

Case does not matter in words, blanks around them are cut, and runs of blanks and hyphens inside are
one `_`: `No-Answer` is `no_answer`. Dispositions are compared in the same way. Beside its own words
each field knows these:"""

ABOUT_OWN_WORDS = """\
A floor's own words stand in its roster, as `words: {call.outcome: {connected: human}}`, and go
before those above. They hold as events are read: replay the days before a word was added.

Every other word is read as `unknown` (an origin as `other`) and counted by topic, field and word:
`floorpulse_unmapped_words_total`. An unknown direction is neither outbound nor inbound, an unknown
status changes nothing, an unknown outcome is not effective.

Other forms are read as they are meant:"""

FORMS = (
    ("An integral float", "`95.0`", "the integer"),
    ("A string of digits, for a number", '`"95"`', "the integer"),
    ("Fractions in `talk_seconds`", "`59.9`", "cut, `59`"),
    ("A blank for T, lower case, no colon in the offset", "`2026-11-23 09:00:00+0000`", "RFC 3339"),
    ("More digits of a second", "`09:00:00.123456789Z`", "cut to microseconds"),
    ("A byte order mark before the JSON", "`EF BB BF`", "passed over"),
)

ABOUT_PLACEHOLDERS = """\
These stand for no id, in any case and with blanks around: {placeholders} and nothing but blanks. As
a `contact_id` they are read as null and counted (`floorpulse_placeholder_contacts_total`). As an
`id`, a `lead_id`, or the `rep_id` of a touch they reject the event as `placeholder`; so does a time
before the year 2000, such as `0001-01-01T00:00:00Z`, `1970-01-01T00:00:00Z` or `0000-00-00
00:00:00`. On lead-status a `rep_id` that is missing, null or such a word says that no person did
it.

## Ids that last

- **Two sources, one id.** An id is known within its topic and its `rep_id` or `lead_id`. Where a
  dialler and a CRM number their calls alike, put the source before the number: `dialler:4711`.
  The same call from both of them is two calls: choose one source for each channel.
- **More than 256 bytes.** Send a digest instead, such as the SHA-256 in hexadecimal, and always the
  same one.
- **Letters with accents.** Ids are compared byte by byte. `é` can be one character or two: bring
  ids into one form (NFC) before sending them, and the roster's rep ids too.
- **Retries and corrections** carry the id of the first. An id made anew for each delivery counts
  each delivery."""

ABOUT_IDS = """\
Ids are strings of 1-256 bytes. `source`, `disposition`, `reason` and `decided_by` are cut after 256
bytes. A retraction needs `id`, `rep_id` (or `lead_id`) and `at` only, and where the event had a
`version` or a `recorded_at`, one that is not smaller, or neither."""

MEANING: dict[Kind, str] = {
    **{channel.name: channel.meaning for channel in CHANNELS},
    "lead": "One status change of one lead. `delivered`: an appointment was handed to an account\n"
    "manager. `accepted`, `rejected`: the account manager takes it as an opportunity, or does not.",
}

TALK = ("talk_seconds", "no", "integer", "How long they talked; decides whether it was effective.")
DISPOSITION = (
    "disposition",
    "no",
    "string",
    "What the rep noted; a floor may list effective ones.",
)
AUTOMATED = ("automated", "no", "boolean", "Sent by a sequence.")
LEAD_ID = ("lead_id", "yes", "string", "The lead.")
REASON = ("reason", "no", "string", "Why, in the words of the source.")
DECIDED_BY = ("decided_by", "no", "string", "The account manager who accepted or rejected.")

ABOUT_VERSIONS = """\
## Duplicates, corrections, retractions

An event is known by its topic, its `rep_id` (or `lead_id`) and its `id`. Of several with the same
identity the newest version counts, in whatever order they come, however often:

1. a retraction with neither `version` nor `recorded_at` is the newest of all;
2. one with a `version` is newer than one without, then the larger `version`;
3. then the later `recorded_at`; one without is the earliest;
4. then the retraction;
5. then the one with fewer words that are read as unknown;
6. else the larger content. That is an order and no more: send a `version` or a `recorded_at` if a
   record can change. Such ties are counted (`floorpulse_version_ties_total`).

So a webhook may be retried, a day may be sent again, and a correction is the whole event once more
under the same id. It may move `at`. A call that goes to another rep is a retraction for the one and
a new event for the other.

Changes of a lead are ordered by `at`; within one instant by status (`created`, `working`,
`delivered`, `rescheduled` and `no_show`, `cancelled`, `accepted` and `rejected`, `reopened`, `won`
and `lost`, `merged`), then by `recorded_at`, then by `id`, the shorter one first. Give every change
an id of its own."""

OUTCOME: dict[intake.Outcome, str] = {
    "applied": "It changed a row, and so the numbers.",
    "duplicate": "The row held it already.",
    "superseded": "The row holds a newer version.",
    "late": "A touch from before the 60 days that are kept. It goes to the late topic.",
    "rejected": "It goes to the dead letters, for one of the reasons below.",
    "forwarded": "It was in the wrong partition, and is sent to the right one.",
    "tombstone": "It has a key and no value. It is passed over.",
}

ABOUT_LETTERS = """\
Each is counted by topic: [metrics.md](metrics.md). A change of a lead is never late. A dead letter
is the original key and bytes, with the headers `reason`, `detail`, `topic`, `partition` and
`offset`; a late event has the last three, and `at`. `floorpulse dead-letters list` shows them, and
`floorpulse dead-letters resend` sends them again once the cause is mended.

A rejected event is never a version. It does not stop the good ones behind it, unless there is a
flood of unreadable ones (`FLOORPULSE_FLOOD_LIMIT`)."""

WHY: dict[Reason, str] = {
    "not_json": "The bytes are not JSON, or not UTF-8.",
    "not_an_object": "It is JSON, but not an object.",
    "missing_field": "A required field is not there.",
    "wrong_type": "A field has another type, or an id has no or more than 256 bytes.",
    "naive_timestamp": "A time has no offset.",
    "future": "`at` or `recorded_at` is more than 5 minutes ahead of the clock.",
    "too_large": "It has more than 64 KiB.",
    "placeholder": "An `id`, a `lead_id`, or the `rep_id` of a touch says that there is none, as "
    "`undefined`\ndoes, or a time is before the year 2000.",
    "no_rep": "The touch of a queue that nobody took: `rep_id` is null or not there.",
    "lead_full": "The lead has 512 changes already: a broken integration, most likely.",
    "misrouted": "It is in the wrong partition after it was forwarded once. This event is good in\n"
    "itself; the number of partitions was changed, or somebody writes to the internal topic.",
}


def events_page(topics: Topics) -> str:
    """The text of docs/events.md, without the lines that say where it comes from."""
    heads = ("Field", "Required", "Type", "What it says")
    parts = (
        INTRODUCTION,
        table(("Topic", "Key", "One record is", "Partitions", "Kept"), _topics(topics)),
        ABOUT_TOPICS,
        ABOUT_COMMON,
        table(heads, map(_field, COMMON)),
        ABOUT_IDS,
        *(part for name, kind in KIND_OF.items() for part in _kind(name, kind, heads)),
        *_as_sent(),
        ABOUT_VERSIONS,
        "## What becomes of an event",
        table(("Outcome", "Is"), OUTCOME.items()),
        ABOUT_LETTERS,
        "## Reasons of a rejection",
        *(part for reason in REASONS for part in _reason(reason)),
    )
    return "\n\n".join(parts) + "\n"


def _as_sent() -> Iterator[str]:
    """What vendors send: synonyms, forms and placeholders, as the decoder knows them."""
    yield ABOUT_WORDS
    rows: dict[tuple[str, str], list[str]] = {}
    for field, synonyms in SYNONYMS.items():
        kind, _, name = field.partition(".")
        for word, meant in synonyms.items():
            key = (name, meant) if name in ("direction", "origin") else (f"{kind} {name}", meant)
            said = rows.setdefault(key, [])
            if f"`{word}`" not in said:
                said.append(f"`{word}`")
    heads = ("Field", "Sent", "Read as")
    yield table(heads, ((field, ", ".join(s), f"`{meant}`") for (field, meant), s in rows.items()))
    yield ABOUT_OWN_WORDS
    yield table(("Sent", "Example", "Read as"), FORMS)
    names = ", ".join(f"`{word}`" for word in sorted(filter(None, PLACEHOLDERS)))
    yield ABOUT_PLACEHOLDERS.format(placeholders=names)


def _topics(topics: Topics) -> Iterator[Sequence[str]]:
    for spec in topics.specs():
        kind = topics.kind_of.get(spec.name)
        if kind is None or spec.retention_ms is None:
            continue
        key = "lead_id" if kind == "lead" else "rep_id"
        setting = "LEAD_PARTITIONS" if kind == "lead" else "PARTITIONS"
        kept = f"{spec.retention_ms // DAY_MS} days or more"
        one = MEANING[kind].partition(".")[0].replace("One", "one")
        yield f"`{spec.name}`", f"`{key}`", one, f"`FLOORPULSE_{setting}`", kept


def _field(field: tuple[str, str, str, str]) -> tuple[str, ...]:
    return f"`{field[0]}`", *field[1:]


def _kind(name: str, kind: Kind, heads: Sequence[str]) -> Iterator[str]:
    yield f"## {name}"
    yield MEANING[kind]
    yield table(heads, map(_field, _own_fields(kind)))
    for example in sorted(EXAMPLES.joinpath("accepted").iterdir(), key=lambda each: each.name):
        if example.name.split(".")[-2] == name:
            yield _block("json", example.read_text())


def _own_fields(kind: Kind) -> Iterator[tuple[str, str, str, str]]:
    if kind == "lead":
        yield LEAD_ID
        yield "status", "yes", _words(kind, "status", Status), "What the change says."
        yield (
            "origin",
            "no",
            _words(kind, "origin", Origin),
            "Read on `created`; `other` if absent.",
        )
        yield REASON
        yield DECIDED_BY
        return
    yield "direction", "yes", _words(kind, "direction", Direction), "Who started it."
    yield "outcome", "yes", _words(kind, "outcome", Outcome), "How it went."
    yield from {"call": (TALK, DISPOSITION), "email": (AUTOMATED,)}.get(kind, ())


def _words(kind: Kind, field: str, values: type[IntEnum]) -> str:
    """The words that the decoder knows for a field of an event of this kind."""
    name = next(topic for topic, each in KIND_OF.items() if each == kind)
    event = json.loads(EXAMPLES.joinpath("accepted", f"{name}.json").read_text())
    known = []
    for value in values:
        read = _read(kind, json.dumps({**event, field: value.name.lower()}).encode())
        assert not isinstance(read, Rejection), f"the example of {name} is rejected: {read}"
        held = read.touch if isinstance(read, TouchEvent) else read.change
        if getattr(held, field) is value:
            known.append(f"`{value.name.lower()}`")
    return ", ".join((*known[1:], known[0]))  # unknown, or other, is the first of each


def _read(kind: Kind, raw: bytes) -> TouchEvent | LeadEvent | Rejection:
    decoder = Decoder()
    return decoder.lead(raw, NOW) if kind == "lead" else decoder.touch(kind, raw, NOW)


def _reason(reason: Reason) -> Iterator[str]:
    yield f"### {reason}"
    yield WHY[reason]
    for example in EXAMPLES.joinpath("rejected").iterdir():
        found, name, _ = example.name.split(".")
        if found == reason:
            raw = example.read_bytes()
            yield _block("json" if reason != "not_json" else "text", raw.decode())
            yield _detail(name, raw)


def _detail(topic: str, raw: bytes) -> str:
    read = _read(KIND_OF[topic], raw)
    detail = f", read at {iso(NOW)}: {read.detail}" if isinstance(read, Rejection) else ""
    return f"In `{topic}`{detail}."


def _block(language: str, text: str) -> str:
    text = text.strip()
    shown = text if len(text) <= LONGEST else f"{text[:SHOWN]} ..."
    return f"```{language}\n{shown}\n```"
