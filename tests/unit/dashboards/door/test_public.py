"""The public URL decides cookies and origins; nothing that a request says of itself does."""

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from dashboards.door.public import PublicUrl, is_asked_locally, is_loopback


class _Transport:
    """A connection to port 8080."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 8080) if name == "sockname" else default

    def is_closing(self) -> bool:
        return False


def request(**headers: str) -> web.Request:
    return make_mocked_request(
        "POST",
        "/enter",
        headers=headers,
        transport=_Transport(),  # type: ignore[arg-type]
    )


def cookie(url: str) -> Any:
    answer = web.Response()
    PublicUrl(url).set_cookie(answer, "value", 60)
    (morsel,) = answer.cookies.values()
    return morsel


@pytest.mark.parametrize(
    ("url", "name", "path", "is_secure"),
    [
        ("https://wall.example.org", "__Host-floorpulse", "/", True),
        ("https://intranet.example.org/wall", "__Secure-floorpulse", "/wall/", True),
        ("http://wall.example.org:8080", "floorpulse", "/", False),
        ("", "floorpulse", "/", False),
    ],
)
def test_the_cookie_is_of_the_public_address(
    url: str, name: str, path: str, is_secure: bool
) -> None:
    given = cookie(url)

    assert (given.key, given["path"], bool(given["secure"])) == (name, path, is_secure)
    assert (given["httponly"], given["samesite"], given["max-age"]) == (True, "Lax", "60")
    assert given["domain"] == ""


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("127.0.0.1:8080", True),
        ("LocalHost", True),
        ("[::1]:8080", True),
        ("wall.example.org", False),
        ("127.0.0.1.evil.example:8080", False),
        ("[evil", False),
    ],
)
def test_an_address_of_loopback_is_one_by_its_name(host: str, is_local: bool) -> None:
    assert is_asked_locally(request(Host=host)) is is_local


@pytest.mark.parametrize(
    ("url", "origin", "is_ours"),
    [
        ("https://wall.example.org/path", "https://wall.example.org", True),
        ("https://Wall.example.org:443", "https://wall.example.org", True),
        ("http://wall.example.org:80", "http://wall.example.org", True),
        ("https://büro.example", "https://xn--bro-hoa.example", True),
        ("https://wall.example.org", "http://wall.example.org", False),
        ("https://wall.example.org", "https://wall.example.org:8443", False),
        ("https://wall.example.org", "https://wall.example.org.evil.example", False),
        ("https://wall.example.org", "http://127.0.0.1:8080", False),
        ("https://wall.example.org", "null", False),
        ("", "http://127.0.0.1:8080", True),
        ("", "http://localhost:8080", True),
        ("", "http://localhost:8081", False),
        ("", "http://evil.example:8080", False),
    ],
)
def test_only_the_public_address_posts(url: str, origin: str, is_ours: bool) -> None:
    forwarded = {"X-Forwarded-Host": "evil.example", "Host": origin.partition("//")[2] or "evil"}

    assert PublicUrl(url).origin_of(request(Origin=origin, **forwarded)) == (
        origin if is_ours else None
    )
    assert PublicUrl(url).origin_of(request(**forwarded)) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"])
def test_loopback_is_known(host: str) -> None:
    assert is_loopback(host)
    assert not any(map(is_loopback, ("0.0.0.0", "::", "", "10.0.0.7", "localhost.example.org")))
