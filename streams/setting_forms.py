"""The forms in which settings are written; a text of another form raises ValueError or KeyError."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from streams.clock import DAY
from streams.events.flood import FloodLimit
from streams.ledgers.retention import LEADS_KEPT_AT_LEAST

SECURITY = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
SECRET_AT_LEAST = 32  # characters
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


@dataclass(frozen=True, slots=True)
class Form:
    """How a setting is read: its parser, the form it takes and what it is for."""

    parse: Callable[[str], Any]
    form: str
    help: str
    is_secret: bool = False


def text(text: str) -> str:
    return text


def topic_prefix(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]*", text):  # what Kafka allows in the name of a topic
        raise ValueError
    return text


def app_id(text: str) -> str:
    if not text:
        raise ValueError
    return topic_prefix(text)


def names(text: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    if not names:
        raise ValueError
    return names


def brokers(text: str) -> tuple[str, ...]:
    brokers = names(text)
    for broker in brokers:
        host, _, port = broker.rpartition(":")
        if not host or not 0 < int(port) < 65536:
            raise ValueError
    return brokers


def count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def port(text: str) -> int:
    number = int(text)
    if not 0 <= number < 65536:
        raise ValueError
    return number


def seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


def redis_url(text: str) -> str:
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError
    return text


def http_url(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        raise ValueError
    return text.rstrip("/")


def public_url(text: str) -> str:
    parts = urlsplit(http_url(text))
    if text and (not parts.hostname or parts.query or parts.fragment or parts.username):
        raise ValueError
    _ = parts.port  # raises for what is none
    return http_url(text)


def issuer(text: str) -> str:
    parts = urlsplit(text)
    is_local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    is_whole = parts.hostname and not (parts.query or parts.fragment or parts.username)
    if text and not (is_whole and (parts.scheme == "https" or is_local)):
        raise ValueError
    return text  # as it stands: a slash at its end is part of its name


def claim(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.:/-]+", text):
        raise ValueError
    return text


def secret(text: str) -> str:
    if text and len(text) < SECRET_AT_LEAST:
        raise ValueError
    return text


def switch(text: str) -> bool:
    return {"0": False, "1": True}[text]


def one_of(*names: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in names:
            raise ValueError
        return text

    return parse


def path(text: str) -> Path | None:
    return Path(text) if text else None


def flood(text: str) -> FloodLimit | None:
    if text == "off":
        return None
    in_a_row, share = text.split(",")
    limit = FloodLimit(int(in_a_row), float(share))
    if limit.in_a_row < 1 or not 0 < limit.share <= 1:
        raise ValueError
    return limit


def origins(text: str) -> str:
    origins = text.split()
    if not all(re.fullmatch(r"https?://[\w.*-]+(:\d+)?", origin) for origin in origins):
        raise ValueError
    return " ".join(origins)


def lead_days(text: str) -> int:
    days = int(text)
    if days * DAY < LEADS_KEPT_AT_LEAST:
        raise ValueError
    return days
