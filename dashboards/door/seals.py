"""Signs links and cookies, and reads those that were signed with the same secret."""

import hashlib
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from dashboards.door.passes import KINDS, Identity, Pass


class NotOursError(ValueError):
    """What cannot be read, or was signed by somebody else, or for something else."""


class EndedError(ValueError):
    """What was valid until a moment that has passed."""


class Seals:
    """Passes as text, signed with the *secret* for one *app_id*; a link is no cookie."""

    def __init__(self, secret: str, app_id: str) -> None:
        self._links = _serializer(secret, f"floorpulse.link.{app_id}")
        self._cookies = _serializer(secret, f"floorpulse.cookie.{app_id}")

    def link(self, shown: Pass) -> str:
        """The token of a link."""
        return _write(self._links, shown)

    def cookie(self, shown: Pass) -> str:
        """The value of a cookie."""
        return _write(self._cookies, shown)

    def read_link(self, token: str, now: float) -> Pass:
        """The pass of a link; raises NotOursError and EndedError."""
        return _read(self._links, token, now)

    def read_cookie(self, value: str, now: float) -> Pass:
        """The pass of a cookie; raises NotOursError and EndedError."""
        return _read(self._cookies, value, now)


def _serializer(secret: str, salt: str) -> URLSafeSerializer:
    signer = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(secret, salt=salt, signer_kwargs=signer)


def _write(serializer: URLSafeSerializer, shown: Pass) -> str:
    return str(serializer.dumps([*shown.who, shown.issued, shown.until]))


def _read(serializer: URLSafeSerializer, text: str, now: float) -> Pass:
    try:
        kind, name, issued, until = serializer.loads(text)
    except (BadData, ValueError, TypeError):
        raise NotOursError from None
    shown = _checked(kind, name, issued, until)
    if now >= shown.until:
        raise EndedError
    return shown


def _checked(kind: Any, name: Any, issued: Any, until: Any) -> Pass:
    """A pass of what was signed, which an earlier version may have written in another form."""
    is_whole = type(issued) is int and type(until) is int and isinstance(name, str)
    if kind not in KINDS or not is_whole:
        raise NotOursError
    return Pass(Identity(kind, name), issued, until)
