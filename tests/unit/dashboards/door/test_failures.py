"""Links that do not open are limited by rate, address by address."""

from dashboards.door import failures
from dashboards.door.failures import MOST, WITHIN, Failures


def test_an_address_has_its_share_within_a_minute() -> None:
    now = [1000.0]
    counted = Failures(lambda: now[0])

    assert [counted.is_too_many("a") for _ in range(MOST + 2)] == [False] * MOST + [True] * 2
    assert not counted.is_too_many("b")
    now[0] += WITHIN
    assert not counted.is_too_many("a")


def test_addresses_that_are_quiet_are_forgotten(monkeypatch) -> None:
    monkeypatch.setattr(failures, "MOST_ADDRESSES", 3)
    now = [1000.0]
    counted = Failures(lambda: now[0])
    for address in "abc":
        counted.is_too_many(address)
    now[0] += WITHIN
    counted.is_too_many("d")

    assert list(counted._at) == ["d"]


def test_whoever_has_addresses_without_end_has_one_share(monkeypatch) -> None:
    monkeypatch.setattr(failures, "MOST_ADDRESSES", 3)
    counted = Failures(lambda: 1000.0)
    for address in "abc":
        counted.is_too_many(address)

    others = [counted.is_too_many(f"d{number}") for number in range(MOST + 2)]

    assert others == [False] * MOST + [True] * 2
    assert not counted.is_too_many("a")
    assert len(counted._at) == 4
