"""A small issuer of OpenID Connect on loopback, which signs everybody in as the test has it."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import time
from typing import Any
from urllib.parse import unquote

from aiohttp import BasicAuth, web
from joserfc import jwt
from joserfc.jwk import Key, KeySet, OctKey, RSAKey
from joserfc.jws import JWSRegistry

CLIENT = "floorpulse-wall"
CLIENT_SECRET = "of the/tests: ümlaut+%"
_TAKES_ALL = JWSRegistry(algorithms=list(JWSRegistry.algorithms))

Claims = dict[str, Any]


def rsa(kid: str = "one", **parameters: Any) -> RSAKey:
    """A key of RSA."""
    return RSAKey.generate_key(2048, {"kid": kid, **parameters})


def signed(claims: Claims, key: Key, alg: str = "RS256", **header: Any) -> str:
    """An id token."""
    return jwt.encode({"alg": alg, "kid": key.kid, **header}, claims, key, registry=_TAKES_ALL)


def unsigned(claims: Claims, **header: Any) -> str:
    """Header and claims of a token, without its signature."""
    parts = (json.dumps(part).encode() for part in (header, claims))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def forged(claims: Claims, key: Key) -> str:
    """A token signed with the text of the public key, as if it were a secret that both know."""
    token = unsigned(claims, alg="HS256", kid=key.kid)
    secret = key.as_pem(private=False) if not isinstance(key, OctKey) else b""
    seal = hmac.digest(secret, token.encode(), "sha256")
    return f"{token}.{base64.urlsafe_b64encode(seal).rstrip(b'=').decode()}"


def claims_of(issuer: str, nonce: str, /, **changed: Any) -> Claims:
    """What an id token says of Ana; what is None in *changed* is left out."""
    now = int(time())
    usual: Claims = {
        "iss": issuer,
        "aud": CLIENT,
        "sub": "f:1:ana",
        "iat": now,
        "exp": now + 300,
        "nonce": nonce,
        "email": "ana@example.org",
        "email_verified": True,
    }
    claims = {**usual, **changed}
    return {name: value for name, value in claims.items() if value is not None}


class SmallIssuer:
    """Gives a code to whoever comes, and a token for it to who shows the proof of PKCE.

    `claims` are what the tokens say otherwise than `claims_of` does, and `sign` makes the token;
    `published` are entries of the discovery document, and `waits` is how long answers take.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: list[Key] = [rsa()]
        self.claims: Claims = {}
        self.published: dict[str, Any] = {}
        self.secret = CLIENT_SECRET
        self.waits = 0.0
        self.asked: Counter[str] = Counter()
        self.sign: Callable[[Claims], str] = lambda claims: signed(claims, self.keys[0])
        self._codes: dict[str, dict[str, str]] = {}

    def app(self) -> web.Application:
        """Its endpoints."""
        app = web.Application(middlewares=[self._count])
        app.add_routes(
            [
                web.get("/.well-known/openid-configuration", self._discovery),
                web.get("/keys", self._jwks),
                web.get("/authorize", self._authorize),
                web.post("/token", self._token),
            ]
        )
        return app

    @web.middleware
    async def _count(self, request: web.Request, handler: Any) -> Any:
        self.asked[request.path] += 1
        await asyncio.sleep(self.waits)
        return await handler(request)

    async def _discovery(self, _request: web.Request) -> web.Response:
        usual = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize?prompt=login",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }
        return web.json_response({**usual, **self.published})

    async def _jwks(self, _request: web.Request) -> web.Response:
        return web.json_response(KeySet(self.keys).as_dict())

    async def _authorize(self, request: web.Request) -> web.Response:
        query = request.query
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        assert query["prompt"] == "login", "the query of the endpoint itself is kept"
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(8)
        self._codes[code] = dict(query)
        there = f"{query['redirect_uri']}?code={code}&state={query['state']}"
        return web.Response(status=302, headers={"Location": there})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        began = self._codes.pop(str(form["code"]), None)  # good once
        if not self._is_client(request, form):
            return web.json_response({"error": "invalid_client"}, status=401)
        proof = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        if (
            began is None
            or form["grant_type"] != "authorization_code"
            or began["code_challenge"] != challenge
            or began["redirect_uri"] != form["redirect_uri"]
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        claims = claims_of(self.url, began["nonce"], **self.claims)
        return web.json_response({"token_type": "Bearer", "id_token": self.sign(claims)})

    def _is_client(self, request: web.Request, form: Any) -> bool:
        if not self.secret:
            return bool(form.get("client_id") == CLIENT) and "Authorization" not in request.headers
        if "client_secret" in form:
            return (form["client_id"], form["client_secret"]) == (CLIENT, self.secret)
        quoted = BasicAuth.decode(request.headers["Authorization"])
        return (unquote(quoted.login), unquote(quoted.password)) == (CLIENT, self.secret)


@asynccontextmanager
async def issuing() -> AsyncIterator[SmallIssuer]:
    """An issuer that is served."""
    issuer = SmallIssuer("")
    runner = web.AppRunner(issuer.app(), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        issuer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield issuer
    finally:
        await runner.cleanup()
