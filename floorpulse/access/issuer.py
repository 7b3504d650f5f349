"""The issuer at which people sign in, as it is set."""

from dashboards.door.issuer import IssuerConfig
from streams.settings import SettingError, Settings

GUIDE = "(docs/access.md, OpenID Connect)"


def issuer_of(settings: Settings) -> IssuerConfig | None:
    """The issuer, or None without one; raises SettingError where something is missing beside it."""
    if not settings.oidc_issuer:
        if settings.oidc_client_id or settings.oidc_client_secret:
            raise SettingError(
                "FLOORPULSE_OIDC_ISSUER: not set, and a client of it is: set it to the issuer's "
                f"address, or take the other FLOORPULSE_OIDC_ settings out {GUIDE}"
            )
        return None
    needed = {
        "OIDC_CLIENT_ID": (settings.oidc_client_id, "the client id that the issuer gave the wall"),
        "PUBLIC_URL": (
            settings.public_url,
            "the address by which people reach the wall: the issuer sends them back to it",
        ),
        "SECRET_FILE": (settings.secret, "a file of 32 random characters or more"),
    }
    for name, (value, what) in needed.items():
        if not value:
            raise SettingError(
                f"FLOORPULSE_{name}: not set, and signing in by {settings.oidc_issuer} needs it: "
                f"set it to {what} {GUIDE}"
            )
    return IssuerConfig(
        url=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        claim=settings.oidc_claim,
    )
