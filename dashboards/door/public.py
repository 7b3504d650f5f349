"""The address by which people reach the wall: it decides cookies, origins and redirects."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from yarl import URL

LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")


def is_loopback(host: str) -> bool:
    """Whether only this machine is reached by it."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def is_asked_locally(request: web.Request) -> bool:
    """Whether it is asked for by an address of loopback; names of others may lead there too."""
    try:
        host = urlsplit(f"//{request.host}").hostname
    except ValueError:
        return False
    return is_loopback(host or "")


class PublicUrl:
    """The *url* that is set; an empty one stands for the port on this machine's loopback.

    Forwarded headers decide nothing.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.is_secure = parts.scheme == "https"
        self.path = f"{parts.path.rstrip('/')}/"
        self.is_local = not url or is_loopback(parts.hostname or "")
        self._origin = _origin(url) if url else ""
        self._cookie = "floorpulse"
        if self.is_secure:  # a prefix by which browsers refuse what another host has set
            self._cookie = ("__Host-" if self.path == "/" else "__Secure-") + self._cookie

    def origin_of(self, request: web.Request) -> str | None:
        """The origin that a request comes from; None where it is not ours, or not said."""
        said = request.headers.get("Origin", "")
        ours = {self._origin} if self._origin else _local_origins(request)
        return said if said in ours else None

    def cookie_of(self, request: web.Request, kind: str = "") -> str:
        """The value of our cookie; empty without one. One of a *kind* of its own is another."""
        return request.cookies.get(self._cookie + kind, "")

    def set_cookie(self, response: web.Response, value: str, seconds: int, kind: str = "") -> None:
        """Give the browser our cookie for so many seconds."""
        response.set_cookie(
            self._cookie + kind,
            value,
            max_age=seconds,
            path=self.path,
            secure=self.is_secure,
            httponly=True,
            samesite="Lax",
        )

    def remove_cookie(self, response: web.Response, kind: str = "") -> None:
        """Take our cookie from the browser."""
        self.set_cookie(response, "", 0, kind)


def _origin(url: str) -> str:
    """As browsers write it: in lower case and ASCII, without the port that goes without saying."""
    return str(URL(url).origin())


def _local_origins(request: web.Request) -> set[str]:
    address = request.transport.get_extra_info("sockname") if request.transport else None
    if not address:
        return set()
    return {_origin(f"http://{name}:{address[1]}") for name in LOCAL_NAMES}
