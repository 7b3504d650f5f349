"""What an issuer publishes is fetched once, and no load is made on one that is away."""

import pytest

from dashboards.door.issuer import KEPT, PAUSE, RESTS, IssuerAwayError, Kept


class Source:
    """Gives 1, 2 and so on, at a time that the test says; nothing while it *is_away*."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.asked = 0
        self.is_away = False

    async def fetch(self) -> int:
        self.asked += 1
        if self.is_away:
            raise IssuerAwayError("away")
        return self.asked


async def test_it_is_fetched_once_and_anew_after_its_time() -> None:
    source = Source()
    kept = Kept(source.fetch, lambda: source.now)

    assert [await kept(), await kept()] == [1, 1]
    source.now += KEPT - 1
    assert await kept() == 1
    source.now += 1
    assert [await kept(), await kept()] == [2, 2]


async def test_more_is_asked_for_once_and_after_a_rest_again() -> None:
    source = Source()
    kept = Kept(source.fetch, lambda: source.now)

    assert [await kept(), await kept(for_more=True), await kept(for_more=True)] == [1, 2, 2]
    source.now += RESTS - 1
    assert await kept(for_more=True) == 2
    source.now += 1
    assert [await kept(for_more=True), await kept()] == [3, 3]


async def test_an_issuer_that_is_away_is_left_alone_for_a_moment() -> None:
    source = Source()
    source.is_away = True
    kept = Kept(source.fetch, lambda: source.now)

    for seconds in (0.0, PAUSE / 2, PAUSE / 4):
        source.now += seconds
        with pytest.raises(IssuerAwayError, match="away"):
            await kept()
    assert source.asked == 1
    source.now += PAUSE
    source.is_away = False
    assert await kept() == 2
