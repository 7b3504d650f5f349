"""What a worker answers a scrape: compressed for who can read that, and the same as plain."""

import asyncio
import gzip

import pytest
from aiohttp.test_utils import make_mocked_request

from metrics.exporter import Exposition
from metrics.names import SERIES
from metrics.rows import RepRow
from streams.worker.http import Health, MetricsServer

TOKEN = "0123456789abcdef0123456789abcdef"
ANA = RepRow("north", "hunters", "ana", [7] * len(SERIES))


async def body_of(exposition: Exposition, **headers: str) -> tuple[bytes, str | None]:
    """The body of the answer to a scrape with these headers, and how it is encoded."""

    async def now() -> Exposition:
        return exposition

    request = make_mocked_request("GET", "/metrics", headers=headers)
    response = await MetricsServer(Health(), now)._metrics(request)
    assert isinstance(response.body, bytes)
    return response.body, response.headers.get("Content-Encoding")


@pytest.mark.parametrize("accepted", ["gzip", "deflate, GZIP;q=0.5"])
def test_a_scrape_is_compressed_for_who_takes_that(accepted: str) -> None:
    exposition = Exposition([], [ANA])
    plain, encoding = asyncio.run(body_of(exposition))
    assert encoding is None

    packed, encoding = asyncio.run(body_of(exposition, **{"Accept-Encoding": accepted}))

    assert encoding == "gzip"
    assert gzip.decompress(packed) == plain


@pytest.mark.parametrize(
    ("brought", "status"),
    [
        ("", 401),
        (TOKEN, 401),
        (f"Bearer {TOKEN}", 200),
        (f"Bearer {TOKEN} ", 401),
        (f"Basic {TOKEN}", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        ("Bearer ", 401),
        ("Bearer \u00e9", 401),
    ],
)
def test_with_a_token_a_scrape_has_to_bring_it(brought: str, status: int) -> None:
    async def now() -> Exposition:
        return Exposition([], [ANA])

    headers = {"Authorization": brought} if brought else {}
    request = make_mocked_request("GET", "/metrics", headers=headers)
    answer = asyncio.run(MetricsServer(Health(), now, TOKEN)._metrics(request))

    assert answer.status == status
    assert isinstance(answer.body, bytes)
    assert (b'rep="ana"' in answer.body) is (status == 200)
