"""Whom an id token lets in: every check, with keys of every kind."""

import json
from typing import Any

import pytest
from joserfc.jwk import ECKey, Key, KeySet, OctKey, OKPKey

from dashboards.door.idtoken import (
    ALGORITHMS,
    LEEWAY,
    LONGEST,
    Expected,
    TokenError,
    UnknownKeyError,
    keys_in,
    login_in,
)
from tests.issuer import CLIENT, Claims, claims_of, forged, rsa, signed, unsigned

ISSUER = "https://login.example.org/realm"
EXPECTED = Expected(ISSUER, CLIENT, "email", "once")
RSA = rsa()
NOW = 1_795_953_600


def published(*keys: Key) -> KeySet:
    """The keys as they are read of what an issuer publishes."""
    return keys_in(json.loads(json.dumps(KeySet(list(keys)).as_dict())))


def login(key: Key = RSA, expected: Expected = EXPECTED, alg: str = "RS256", **changed: Any) -> str:
    """The login that a token signed with a key names, which says otherwise what is changed."""
    token = signed(claims(**changed), key, alg)
    return login_in(token, published(key), expected, NOW)


def claims(**changed: Any) -> Claims:
    """What a token says that was issued just now."""
    return claims_of(ISSUER, "once", **{"iat": NOW, "exp": NOW + 300, **changed})


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize(
    ("key", "alg"),
    [
        *((RSA, alg) for alg in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")),
        (ECKey.generate_key("P-256", {"kid": "e"}), "ES256"),
        (ECKey.generate_key("P-384", {"kid": "e"}), "ES384"),
        (ECKey.generate_key("P-521", {"kid": "e"}), "ES512"),
        (OKPKey.generate_key("Ed25519", {"kid": "o"}), "EdDSA"),
        (OKPKey.generate_key("Ed25519", {"kid": "o"}), "Ed25519"),
    ],
)
def test_a_token_signed_by_the_issuer_names_the_login(key: Key, alg: str) -> None:
    assert login(key, alg=alg) == "ana@example.org"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"iss": f"{ISSUER}/"}, "iss"),
        ({"iss": "https://login.example.org"}, "iss"),
        ({"iss": [ISSUER]}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": "another"}, "aud"),
        ({"aud": ["another"]}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": [CLIENT, "another"]}, "azp"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "azp"),
        ({"azp": "another"}, "azp"),
        ({"exp": NOW - LEEWAY - 1}, "exp"),
        ({"exp": None}, "exp"),
        ({"exp": True}, "exp"),
        ({"exp": "9999999999"}, "exp"),
        ({"iat": NOW + LEEWAY + 30}, "iat"),
        ({"iat": None}, "iat"),
        ({"nbf": NOW + LEEWAY + 30}, "nbf"),
        ({"nonce": "twice"}, "nonce"),
        ({"nonce": ["once"]}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"email": None}, "claim"),
        ({"email": ""}, "claim"),
        ({"email": ["ana@example.org"]}, "claim"),
        ({"email": "ana@example.org\n"}, "claim"),
        ({"email": "a" * (LONGEST + 1)}, "claim"),
        ({"email_verified": False}, "email_verified"),
        ({"email_verified": None}, "email_verified"),
        ({"email_verified": "true"}, "email_verified"),
        ({"email_verified": 1}, "email_verified"),
    ],
    ids=str,
)
def test_a_token_that_says_something_else_lets_nobody_in(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(TokenError, match=why) as refused:
        login(**changed)
    assert "ana" not in str(refused.value)


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": [CLIENT]},
        {"aud": [CLIENT, "another"], "azp": CLIENT},
        {"azp": CLIENT},
        {"exp": NOW - LEEWAY + 20, "iat": NOW + LEEWAY - 20, "nbf": NOW + LEEWAY - 20},
        {"roles": ["x"], "address": {"country": "NL"}},
    ],
    ids=str,
)
def test_what_may_differ_does_not_matter(changed: dict[str, Any]) -> None:
    assert login(**changed) == "ana@example.org"


def test_another_claim_is_read_as_it_is_and_needs_no_verified_address() -> None:
    by_oid = EXPECTED._replace(claim="oid")

    assert login(expected=by_oid, oid="0f-1", email_verified=None) == "0f-1"
    with pytest.raises(TokenError, match="claim"):
        login(expected=by_oid)


def test_a_token_without_a_signature_lets_nobody_in() -> None:
    for alg in ("none", "None", "", None, 7):
        for kid in ({"kid": RSA.kid}, {}):
            token = unsigned(claims(), alg=alg, **kid)
            with pytest.raises(TokenError):
                login_in(f"{token}.", published(RSA), EXPECTED, NOW)


def test_no_algorithm_is_taken_that_needs_no_key_of_the_issuer_alone() -> None:
    assert {name[:2] for name in ALGORITHMS} == {"RS", "PS", "ES", "Ed"}


def test_a_public_key_is_no_secret_to_sign_with() -> None:
    with pytest.raises(TokenError):
        login_in(forged(claims(), RSA), published(RSA), EXPECTED, NOW)


def test_a_secret_among_the_published_keys_is_not_used() -> None:
    shared = OctKey.generate_key(256, {"kid": "shared"})
    token = signed(claims(), shared, "HS256")

    keys = keys_in({"keys": [shared.as_dict(private=True), RSA.as_dict()]})
    assert [key.kid for key in keys] == [RSA.kid]
    with pytest.raises(TokenError):
        login_in(token, keys, EXPECTED, NOW)


def test_a_key_that_is_not_listed_is_another_thing_than_a_wrong_signature() -> None:
    other = rsa("other")
    with pytest.raises(UnknownKeyError):
        login_in(signed(claims(), other), published(RSA), EXPECTED, NOW)

    by_another = signed(claims(), rsa("one"))
    with pytest.raises(TokenError) as refused:
        login_in(by_another, published(RSA), EXPECTED, NOW)
    assert not isinstance(refused.value, UnknownKeyError)


def test_a_key_signs_by_the_algorithm_that_is_published_with_it() -> None:
    key = rsa(alg="RS256", use="sig")

    assert login(key) == "ana@example.org"
    bare = rsa()
    bare = type(key).import_key({**key.as_dict(private=True), "alg": "PS256"})
    with pytest.raises(TokenError):
        login_in(signed(claims(), bare, "PS256"), published(key), EXPECTED, NOW)


def test_a_changed_token_lets_nobody_in() -> None:
    head, body, signature = signed(claims(), RSA).split(".")
    for token in (
        f"{head}.{body}",
        f"{head}.{body}.",
        f"{head}.{body[:-4]}AAAA.{signature}",
        f"{head}.{body}.{signature[:-8]}AAAAAAAA",
        *("", ".", "..", "é.é.é", "null", "x" * 10_000),
    ):
        with pytest.raises(TokenError):
            login_in(token, published(RSA), EXPECTED, NOW)


def test_keys_that_cannot_be_used_are_left_out() -> None:
    usable = RSA.as_dict()
    keys = keys_in(
        {
            "keys": [
                *(7, {}, {"kty": "RSA"}, {"kty": "EC", "crv": "P-0", "x": "", "y": ""}),
                {"kty": "ML-DSA", "pub": "x"},
                {**usable, "kid": "enc", "use": "enc"},
                usable,
            ]
        }
    )
    assert [key.kid for key in keys] == [RSA.kid]
    for document in (None, [], {}, {"keys": {}}, {"keys": []}, {"keys": [{"kty": "RSA"}]}):
        with pytest.raises(ValueError, match="key"):
            keys_in(document)
