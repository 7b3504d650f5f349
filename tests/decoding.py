"""Bytes of a topic and what the decoder makes of them, at one clock."""

import json

from streams.clock import parse_instant
from streams.events.contract import KIND_OF, LeadEvent, Rejection, TouchEvent
from streams.events.decode import Decoder
from tests.build import call

NOW = parse_instant("2026-11-23T11:00:00+01:00")


def decode(topic: str, raw: bytes) -> TouchEvent | LeadEvent | Rejection:
    kind = KIND_OF[topic]
    decoder = Decoder()
    return decoder.lead(raw, NOW) if kind == "lead" else decoder.touch(kind, raw, NOW)


def a_call(**fields: object) -> bytes:
    event = {**call(at="2026-11-23T10:00:00+01:00"), **fields}
    del event["topic"]
    return json.dumps({k: v for k, v in event.items() if v != "absent"}).encode()
