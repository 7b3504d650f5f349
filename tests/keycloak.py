"""A real Keycloak on loopback, from its own distribution, with a realm of its own.

Needs java; `make test-oidc` fetches the distribution into .tools/keycloak of the checkout.
"""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

from aiohttp import ClientError, ClientSession

from tests.realkafka import free_port

ROOT = Path(__file__).parent.parent
HOME = ROOT / ".tools" / "keycloak"
UP_WITHIN = 300.0  # seconds
PASSWORD = "of the tests"
SECRET = "client-secret-of-the-tests"
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
PUBLIC = "public"  # the client without a secret


def user(name: str, *, is_verified: bool = True) -> dict[str, Any]:
    """Somebody with an address at example.org."""
    return {
        "username": name,
        "enabled": True,
        "email": f"{name}@example.org",
        "emailVerified": is_verified,
        "firstName": name.title(),
        "lastName": "Tester",
        "credentials": [{"type": "password", "value": PASSWORD, "temporary": False}],
    }


def client(name: str, callback: str) -> dict[str, Any]:
    """A client as docs/access.md has it; it is named after what its tokens are signed by."""
    is_public = name == PUBLIC
    attributes = {"pkce.code.challenge.method": "S256"}
    if not is_public:
        attributes["id.token.signed.response.alg"] = name
    return {
        "clientId": name,
        "protocol": "openid-connect",
        "publicClient": is_public,
        "secret": None if is_public else SECRET,
        "standardFlowEnabled": True,
        "directAccessGrantsEnabled": False,
        "redirectUris": [callback],
        "attributes": attributes,
    }


def realm(callback: str, users: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A realm with a client for each algorithm, and one without a secret."""
    return {
        "realm": "floor",
        "enabled": True,
        "users": list(users),
        "clients": [client(name, callback) for name in (*ALGORITHMS, PUBLIC)],
    }


def _start(made: dict[str, Any], log: Path) -> "tuple[subprocess.Popen[bytes], int]":
    """The process, and the port that it is to listen on."""
    imports = HOME / "data" / "import"
    imports.mkdir(parents=True, exist_ok=True)
    (imports / "floor.json").write_text(json.dumps(made))
    port = free_port()
    options = {
        "http-host": "127.0.0.1",
        "http-port": port,
        "http-management-port": free_port(),
        "hostname": f"http://127.0.0.1:{port}",
        "db": "dev-mem",
    }
    command = [
        *("bash", str(HOME / "bin" / "kc.sh"), "start-dev", "--import-realm"),
        *(f"--{name}={value}" for name, value in options.items()),
    ]
    env = {**os.environ, "JAVA_OPTS_APPEND": "-XX:TieredStopAtLevel=1"}
    with log.open("wb") as output:
        started = subprocess.Popen(
            command, stdout=output, stderr=output, env=env, start_new_session=True
        )
    return started, port


@asynccontextmanager
async def keycloak(made: dict[str, Any], log: Path) -> AsyncIterator[str]:
    """A Keycloak with one realm; gives the issuer."""
    process, port = _start(made, log)
    issuer = f"http://127.0.0.1:{port}/realms/floor"
    try:
        await _until_up(issuer, process, log)
        yield issuer
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


async def _until_up(issuer: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = monotonic() + UP_WITHIN
    async with ClientSession() as session:
        while monotonic() < until and process.poll() is None:
            try:
                async with session.get(f"{issuer}/.well-known/openid-configuration") as answer:
                    if answer.status == 200:
                        return
            except ClientError:
                pass
            await asyncio.sleep(0.5)
    raise RuntimeError(f"Keycloak is not up, see {log}")
