"""Links and cookies are read by who signed them, for what they are, until they end."""

import pytest

from dashboards.door.passes import Identity, Pass
from dashboards.door.seals import Attempt, EndedError, NotOursError, Seals
from tests.door import SECRET

SEALS = Seals(SECRET, "t")
ANA = Pass(Identity("rep", "ana: \u201d#é"), 1_000, 2_000)


def test_what_was_signed_is_read_until_its_end() -> None:
    for write, read in ((SEALS.link, SEALS.read_link), (SEALS.cookie, SEALS.read_cookie)):
        assert read(write(ANA), 1_999.9) == ANA
        with pytest.raises(EndedError):
            read(write(ANA), 2_000)


def test_a_link_is_no_cookie_and_another_installation_or_secret_signs_otherwise() -> None:
    for other in (
        SEALS.cookie(ANA),
        Seals(SECRET, "u").link(ANA),
        Seals(SECRET[::-1], "t").link(ANA),
    ):
        with pytest.raises(NotOursError):
            SEALS.read_link(other, 1_500)


def test_no_changed_letter_is_read() -> None:
    token = SEALS.link(ANA)
    for index, letter in enumerate(token[:-1]):  # the last one has bits that say nothing
        changed = token[:index] + ("A" if letter != "A" else "B") + token[index + 1 :]
        with pytest.raises(NotOursError):
            SEALS.read_link(changed, 1_500)


@pytest.mark.parametrize("token", ["", ".", "a.b", "\x00", "é", "a" * 5_000])
def test_what_is_no_token_is_not_ours(token: str) -> None:
    with pytest.raises(NotOursError):
        SEALS.read_link(token, 1_500)


@pytest.mark.parametrize(
    "content",
    [
        ["boss", "ana", 1, 2],
        ["rep", 7, 1, 2],
        ["rep", "ana", "1", 2],
        ["rep", "ana", 1, 9e9],
        ["rep", "ana", 1, True],
        ["rep", "ana", 1],
        ["rep", "ana", 1, 2, 3],
        {"rep": "ana"},
        None,
    ],
)
def test_what_another_version_signed_is_not_ours(content: object) -> None:
    token = SEALS._links.dumps(content)
    with pytest.raises(NotOursError):
        SEALS.read_link(token, 1)


ATTEMPT = Attempt("state", "nonce", "verifier", "/me?lang=nl", 2_000)


def test_a_sign_in_is_read_until_its_end_and_is_neither_link_nor_cookie() -> None:
    value = SEALS.attempt(ATTEMPT)

    assert SEALS.read_attempt(value, 1_999.9) == ATTEMPT
    with pytest.raises(EndedError):
        SEALS.read_attempt(value, 2_000)
    for read in (SEALS.read_link, SEALS.read_cookie):
        with pytest.raises(NotOursError):
            read(value, 1_500)
    of_another_kind = [str(s.dumps(list(ATTEMPT))) for s in (SEALS._links, SEALS._cookies)]
    others = (SEALS.link(ANA), SEALS.cookie(ANA), Seals(SECRET, "u").attempt(ATTEMPT), "x", "")
    for other in (*others, *of_another_kind):
        with pytest.raises(NotOursError):
            SEALS.read_attempt(other, 1_500)


@pytest.mark.parametrize(
    "content",
    [
        [*ATTEMPT[:4]],
        [*ATTEMPT, 1],
        [*ATTEMPT[:4], "9"],
        [7, *ATTEMPT[1:]],
        {"state": "s"},
        None,
        7,
    ],
)
def test_a_sign_in_that_another_version_signed_is_not_ours(content: object) -> None:
    with pytest.raises(NotOursError):
        SEALS.read_attempt(SEALS._attempts.dumps(content), 1)
