"""Signs links and cookies, and reads those that were signed with the same secret."""

import hashlib
from typing import Any, NamedTuple

from itsdangerous import BadData, URLSafeSerializer

from dashboards.door.passes import KINDS, Identity, Pass


class NotOursError(ValueError):
    """What cannot be read, or was signed by somebody else, or for something else."""


class EndedError(ValueError):
    """What was valid until a moment that has passed."""


class Attempt(NamedTuple):
    """A sign-in on its way to the issuer and back, which the browser keeps as a cookie.

    `state` and `nonce` come back, `verifier` is the proof of PKCE, `path` is where to go then.
    """

    state: str
    nonce: str
    verifier: str
    path: str
    until: int


class Seals:
    """Passes as text, signed with the *secret* for one *app_id*; a link is no cookie."""

    def __init__(self, secret: str, app_id: str) -> None:
        self._links = _serializer(secret, f"floorpulse.link.{app_id}")
        self._cookies = _serializer(secret, f"floorpulse.cookie.{app_id}")
        self._attempts = _serializer(secret, f"floorpulse.attempt.{app_id}")

    def link(self, shown: Pass) -> str:
        """The token of a link."""
        return _write(self._links, shown)

    def cookie(self, shown: Pass) -> str:
        """The value of a cookie."""
        return _write(self._cookies, shown)

    def attempt(self, attempt: Attempt) -> str:
        """The value of the cookie of a sign-in."""
        return str(self._attempts.dumps(list(attempt)))

    def read_attempt(self, value: str, now: float) -> Attempt:
        """The sign-in of a cookie; raises NotOursError and EndedError."""
        try:
            attempt = Attempt._make(self._attempts.loads(value))
        except (BadData, ValueError, TypeError):
            raise NotOursError from None
        *texts, until = attempt
        if type(until) is not int or not all(isinstance(text, str) for text in texts):
            raise NotOursError
        if now >= until:
            raise EndedError
        return attempt

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
