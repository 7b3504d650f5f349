"""Checks the id token of an issuer, and reads the login in it."""

from typing import Any, NamedTuple

from joserfc import jwt
from joserfc.errors import ClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet, OctKey
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

# Signed with a key that the issuer alone has: none without a signature, none with a shared secret.
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)
LEEWAY = 60  # seconds that the clocks of the issuer and of this machine may differ
LONGEST = 255  # characters of a login


class TokenError(ValueError):
    """A token that lets nobody in; its text says why, and has nothing of what stands in it."""


class UnknownKeyError(TokenError):
    """One that was signed with a key that is not among those of the issuer."""


class Expected(NamedTuple):
    """What a token has to say: who issued it, for whom, and in answer to what.

    `claim` is the name of the claim that is the login.
    """

    issuer: str
    client_id: str
    claim: str
    nonce: str


def keys_in(document: Any) -> KeySet:
    """The public keys of a JWKS; those that cannot be used are left out. Raises ValueError."""
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("no list of keys")
    keys = [key for each in document["keys"] if (key := _key(each)) is not None]
    if not keys:
        raise ValueError("no key that can be used")
    return KeySet(keys)


def login_in(token: str, keys: KeySet, expected: Expected, now: float) -> str:
    """The login that a token names; raises TokenError for one that does not let in.

    *now* is the machine's clock, in seconds.
    """
    claims = _signed(token, keys)
    _check(claims, expected, now)
    login = claims.get(expected.claim)
    if not isinstance(login, str) or not 0 < len(login) <= LONGEST or not login.isprintable():
        raise TokenError("it lacks the claim that is the login (FLOORPULSE_OIDC_CLAIM)")
    if expected.claim == "email" and claims.get("email_verified") is not True:
        raise TokenError("its address of e-mail is not verified (email_verified)")
    return login


def _key(data: Any) -> Key | None:
    try:
        key = JWKRegistry.import_key(data)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    is_for_signing = data.get("use", "sig") == "sig"
    return key if is_for_signing and not isinstance(key, OctKey) else None


def _signed(token: str, keys: KeySet) -> dict[str, Any]:
    """What stands in a token that one of the *keys* has signed."""
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    try:
        return jwt.decode(token, keys, registry=registry).claims
    except InvalidKeyIdError:
        raise UnknownKeyError("it was signed with a key that the issuer does not list") from None
    except (JoseError, ValueError, TypeError):
        raise TokenError("it was not signed by the issuer as it has to be") from None


def _check(claims: dict[str, Any], expected: Expected, now: float) -> None:
    """Whether it was issued by the issuer, for us, at this time, and for this sign-in."""
    registry = JWTClaimsRegistry(
        now=int(now),
        leeway=LEEWAY,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client_id},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        registry.validate(claims)
    except ClaimError as error:
        raise TokenError(f"{error.claim} is missing, or not what it has to be") from None
    audience = claims["aud"]
    others = isinstance(audience, list) and len(audience) > 1
    if claims.get("azp", None if others else expected.client_id) != expected.client_id:
        raise TokenError("azp is missing, or not what it has to be")
    if claims.get("nonce") != expected.nonce:
        raise TokenError("nonce is missing, or not what it has to be")
