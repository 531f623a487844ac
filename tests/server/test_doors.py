"""Sign-in and its lockout, sessions and their ends, one-time passwords, devices paired once, bearer tokens."""

import asyncio
from http.cookies import Morsel
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiohttp.test_utils import TestClient, TestServer

from base.clock import SetClock
from base.db import Database, WriteSession
from base.errors import BadInput, Forbidden, NotFound
from server import doors
from server.access import Caller, Role
from server.doors import CACHE_SECONDS, Doors, NewStaff, Passwords
from server.house import House
from server.limits import TooMany
from server.settings import ServerSettings
from server.tables import access_session, staff
from tests.server.conftest import PASSWORD, QUICK, Bearer, Client, SignIn, make_tables

ZHANG = NewStaff("zhang", "张窗口", (Role.CLERK,), 1, PASSWORD)
HERE = "192.0.2.1"


@pytest.fixture
def db_url(tmp_path: Path) -> str:
    """SQLite: passwords take their time, and what differs on PostgreSQL has a test of its own."""
    return f"sqlite:///{tmp_path / 'hall.db'}"


@pytest.fixture
def at_doors(db: Database) -> Doors:
    """The doors of an empty house, told of what happens."""
    made = Doors(db, ServerSettings())
    made.passwords = Passwords(QUICK)
    db.tell = lambda topics: made.forget() if doors.TOPIC in topics else None
    return made


async def found(at_doors: Doors, token: str) -> Caller:
    """Who holds ``token``; it must be alive."""
    who = await at_doors.find(token)
    assert who is not None
    return who


async def test_sign_in_makes_a_session(at_doors: Doors) -> None:
    """The token finds the caller with name, roles and hall; only its digest is kept."""
    await at_doors.add_staff(ZHANG)
    token = await at_doors.sign_in("zhang", PASSWORD, HERE)
    who = await found(at_doors, token)
    assert (who.actor, who.name, who.roles, who.hall) == ("staff:1", "张窗口", frozenset({Role.CLERK}), 1)
    assert (who.has_cookie, who.must_change_password) == (True, False)
    assert await at_doors.find(token + "x") is None


async def test_secrets_are_kept_as_digests(at_doors: Doors, db: Database) -> None:
    """Neither the token nor the password stands in the database."""
    await at_doors.add_staff(ZHANG)
    token = await at_doors.sign_in("zhang", PASSWORD, HERE)
    kept = await db.read(lambda session: session.first(sa.select(access_session.c.token_digest)))
    person = await db.read(lambda session: session.first(sa.select(staff.c.password_hash)))
    assert kept is not None
    assert person is not None
    assert kept.token_digest == doors.digest(token)
    assert person.password_hash.startswith("$argon2id$")


async def test_guessing_passwords_is_dear() -> None:
    """RFC 9106, the second recommended option: argon2id, 64 MiB, three passes."""
    assert (await Passwords().hash(PASSWORD)).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize(("username", "password"), [("zhang", "wrong"), ("nobody", PASSWORD)])
async def test_a_wrong_name_and_a_wrong_password_sound_the_same(at_doors: Doors, username: str, password: str) -> None:
    """Nobody learns which accounts exist."""
    await at_doors.add_staff(ZHANG)
    with pytest.raises(Forbidden, match="用户名或密码不对"):
        await at_doors.sign_in(username, password, HERE)


async def test_an_account_is_locked_after_five_failures(at_doors: Doors) -> None:
    """Then even the right password is refused, from every address, with the seconds to wait."""
    await at_doors.add_staff(ZHANG)
    for n in range(5):
        with pytest.raises(Forbidden):
            await at_doors.sign_in("zhang", "wrong", f"192.0.2.{n}")
    with pytest.raises(TooMany, match=r"这个账号登录尝试过多，请 1[78]\d 秒后再试。"):
        await at_doors.sign_in("zhang", PASSWORD, "192.0.2.99")


async def test_success_forgives_an_account(at_doors: Doors) -> None:
    """Four slips, the right password, four slips more: never locked."""
    await at_doors.add_staff(ZHANG)
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(Forbidden):
                await at_doors.sign_in("zhang", "wrong", HERE)
        assert await at_doors.sign_in("zhang", PASSWORD, HERE)


async def test_an_address_is_locked_after_twenty_failures(at_doors: Doors) -> None:
    """However many accounts it tries; other addresses go on."""
    await at_doors.add_staff(ZHANG)
    for n in range(20):
        with pytest.raises(Forbidden):
            await at_doors.sign_in(f"nobody{n}", "wrong", HERE)
    with pytest.raises(TooMany, match="这个地址登录尝试过多"):
        await at_doors.sign_in("zhang", PASSWORD, HERE)
    assert await at_doors.sign_in("zhang", PASSWORD, "192.0.2.2")


async def test_a_whole_hall_signs_in_behind_one_address(at_doors: Doors) -> None:
    """What succeeds is not counted against the address."""
    await at_doors.add_staff(ZHANG)
    tokens = [await at_doors.sign_in("zhang", PASSWORD, HERE) for _ in range(25)]
    assert len(set(tokens)) == 25


async def test_sign_out_ends_the_session_at_once(at_doors: Doors) -> None:
    """Although the caller was looked up, and so remembered, a moment ago."""
    await at_doors.add_staff(ZHANG)
    token = await at_doors.sign_in("zhang", PASSWORD, HERE)
    await at_doors.sign_out(await found(at_doors, token))
    assert await at_doors.find(token) is None


async def test_whoever_left_is_out_at_once(at_doors: Doors, db: Database) -> None:
    """All sessions end, and there is no new one."""
    await at_doors.add_staff(ZHANG)
    tokens = [await at_doors.sign_in("zhang", PASSWORD, HERE) for _ in range(2)]
    assert [(await found(at_doors, token)).staff_id for token in tokens] == [1, 1]
    await db.write(lambda session: doors.dismiss(session, 1, "staff:9"))
    assert [await at_doors.find(token) for token in tokens] == [None, None]
    with pytest.raises(Forbidden):
        await at_doors.sign_in("zhang", PASSWORD, HERE)


async def test_a_lookup_under_way_does_not_outlive_a_revocation(at_doors: Doors, db: Database) -> None:
    """A caller read before the session ended is not remembered after it."""
    await at_doors.add_staff(ZHANG)
    token = await at_doors.sign_in("zhang", PASSWORD, HERE)
    looking = asyncio.create_task(at_doors.find(token))
    await asyncio.sleep(0)
    await db.write(lambda session: doors.dismiss(session, 1, "staff:9"))
    await looking
    assert await at_doors.find(token) is None


async def test_an_idle_session_ends(at_doors: Doors, clock: SetClock) -> None:
    """After four hours without an act; an act in between keeps it."""
    await at_doors.add_staff(ZHANG)
    token = await at_doors.sign_in("zhang", PASSWORD, HERE)
    clock.advance(minutes=239)
    assert await at_doors.find(token) is not None
    clock.advance(minutes=239)
    assert await at_doors.find(token) is not None
    clock.advance(minutes=240, seconds=CACHE_SECONDS)
    assert await at_doors.find(token) is None


async def test_a_session_ends_in_any_case(at_doors: Doors, clock: SetClock) -> None:
    """After fourteen hours to the second, however busy."""
    await at_doors.add_staff(ZHANG)
    token = await at_doors.sign_in("zhang", PASSWORD, HERE)
    for _ in range(13):
        clock.advance(hours=1)
        assert await at_doors.find(token) is not None
    clock.advance(minutes=59, seconds=50)
    assert await at_doors.find(token) is not None
    clock.advance(seconds=10)
    assert await at_doors.find(token) is None


async def test_a_bearer_token_neither_idles_nor_ends(at_doors: Doors, clock: SetClock) -> None:
    """Another system may be quiet for a year."""
    token = await at_doors.add_token(Role.INTEGRATION, 1)
    clock.advance(days=365)
    who = await found(at_doors, token)
    assert (who.actor, who.roles, who.has_cookie) == ("token:1", frozenset({Role.INTEGRATION}), False)


async def test_changing_the_password_ends_the_other_sessions(at_doors: Doors) -> None:
    """One's own stays, the old password is worth nothing."""
    await at_doors.add_staff(ZHANG)
    mine, other = [await at_doors.sign_in("zhang", PASSWORD, HERE) for _ in range(2)]
    await at_doors.change_password(await found(at_doors, mine), PASSWORD, "another long password")
    assert await at_doors.find(mine) is not None
    assert await at_doors.find(other) is None
    with pytest.raises(Forbidden):
        await at_doors.sign_in("zhang", PASSWORD, HERE)
    assert await at_doors.sign_in("zhang", "another long password", HERE)


@pytest.mark.parametrize(
    ("old", "new", "field"), [("wrong", "another long password", "old"), (PASSWORD, "short", "new")]
)
async def test_a_password_is_not_changed_to_a_bad_one_or_by_a_stranger(
    at_doors: Doors, old: str, new: str, field: str
) -> None:
    """The refusal names the field of the page."""
    await at_doors.add_staff(ZHANG)
    who = await found(at_doors, await at_doors.sign_in("zhang", PASSWORD, HERE))
    with pytest.raises((Forbidden, BadInput)) as refused:
        await at_doors.change_password(who, old, new)
    assert refused.value.field == field
    assert await at_doors.sign_in("zhang", PASSWORD, HERE)


async def test_the_old_password_cannot_be_guessed_from_an_open_session(at_doors: Doors) -> None:
    """Five tries, then the account waits."""
    await at_doors.add_staff(ZHANG)
    who = await found(at_doors, await at_doors.sign_in("zhang", PASSWORD, HERE))
    for _ in range(5):
        with pytest.raises(Forbidden):
            await at_doors.change_password(who, "wrong", "another long password")
    with pytest.raises(TooMany):
        await at_doors.change_password(who, PASSWORD, "another long password")


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewStaff("x", "甲", (Role.CLERK,), 1), "username"),
        (NewStaff("王", "甲", (Role.CLERK,), 1), "username"),
        (NewStaff("wang", "甲", (), 1), "roles"),
        (NewStaff("wang", "甲", (Role.KIOSK,), 1), "roles"),
        (NewStaff("wang", "甲", (Role.CLERK,), 1, "short"), "password"),
        (NewStaff("zhang", "甲", (Role.CLERK,), 1, PASSWORD), "username"),
    ],
)
async def test_staff_that_cannot_be_added(at_doors: Doors, new: NewStaff, field: str) -> None:
    """Bad names, no or strange roles, short passwords, a name that is taken."""
    await at_doors.add_staff(ZHANG)
    with pytest.raises(BadInput) as refused:
        await at_doors.add_staff(new)
    assert refused.value.field == field


async def test_a_pairing_code_is_good_once(at_doors: Doors, db: Database) -> None:
    """The first browser becomes the device; a second one is told so."""
    code = await invited(db)
    token, who = await at_doors.pair(code)
    assert (who.actor, who.roles, who.counter) == ("device:panel-1", frozenset({Role.PANEL}), "3")
    assert await at_doors.find(token) == who
    with pytest.raises(NotFound, match="已经用过"):
        await at_doors.pair(code)


@pytest.mark.postgres
async def test_two_processes_race_for_a_pairing_code(postgres_url: str, clock: SetClock) -> None:
    """Exactly one browser becomes the device."""
    first, second = make_tables(postgres_url, clock), Database(postgres_url, clock)
    code = await invited(first)
    each = [Doors(db, ServerSettings()).pair(code) for db in (first, second)]
    both = await asyncio.gather(*each, return_exceptions=True)
    assert sorted(type(one).__name__ for one in both) == ["NotFound", "tuple"]
    await asyncio.gather(first.close(), second.close())


async def test_the_old_device_keeps_its_place_until_a_new_one_is_paired(at_doors: Doors, db: Database) -> None:
    """A link that is never opened changes nothing."""
    first, _ = await at_doors.pair(await invited(db))
    code = await db.write(lambda session: doors.invite(session, 1, "system"))
    assert await at_doors.find(first) is not None
    await at_doors.pair(code)
    assert await at_doors.find(first) is None


async def test_a_device_stays_for_years(at_doors: Doors, db: Database, clock: SetClock) -> None:
    """Neither idle nor absolute limits: nobody signs a screen in at night."""
    token, _ = await at_doors.pair(await invited(db))
    clock.advance(days=900)
    assert await at_doors.find(token) is not None


async def invited(db: Database) -> str:
    """The pairing code of a new panel at counter 3."""

    def job(session: WriteSession) -> str:
        return doors.invite(session, doors.add_device(session, 1, Role.PANEL, "窗口屏", "3"), "system")

    return await db.write(job)


def cookie_of(browser: Client) -> Morsel[str]:
    """The session cookie that a browser holds."""
    (morsel,) = list(browser.session.cookie_jar)
    return morsel


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(sign_in: SignIn) -> None:
    """HttpOnly, SameSite=Strict, for this host and as long as the session."""
    morsel = cookie_of(await sign_in("zhang", Role.CLERK))
    assert (morsel.key, morsel["httponly"], morsel["samesite"]) == ("hall_session", True, "Strict")
    assert (morsel["secure"], morsel["max-age"], morsel["path"]) == ("", str(14 * 3600), "/")


async def test_signing_out_over_http(sign_in: SignIn) -> None:
    """The page is closed afterwards, even to somebody who kept the cookie."""
    browser = await sign_in("zhang", Role.CLERK)
    kept = cookie_of(browser).value
    assert (await browser.get("/home")).status == 200
    assert (await browser.post("/api/v1/session/end")).status == 200
    assert list(browser.session.cookie_jar) == []
    assert (await browser.get("/home", cookies={"hall_session": kept})).status == 401


async def test_a_one_time_password_opens_nothing_but_its_change(house: House, client: Client) -> None:
    """Until it is replaced: no act, and the landing page leads to the form."""
    password = await house.doors.add_staff(NewStaff("wang", "王", (Role.CLERK,), house.hall_id))
    signed_in = await client.post("/api/v1/session", json={"username": "wang", "password": password})
    assert (await signed_in.json())["must_change_password"] is True
    refused = await client.post("/api/v1/counters/2/open", json={})
    assert (refused.status, (await refused.json())["error"]["code"]) == (403, "forbidden")
    landed = await client.get("/home", allow_redirects=False)
    assert (landed.status, landed.headers["Location"]) == (303, "/password")
    changed = await client.post("/api/v1/session/password", json={"old": password, "new": PASSWORD})
    assert changed.status == 200
    assert (await client.post("/api/v1/counters/2/open", json={})).status == 200


async def test_pairing_over_http(house: House, server: TestServer, client: Client) -> None:
    """The link shows one button and changes nothing; the button makes the browser the kiosk."""

    def job(session: WriteSession) -> str:
        which = doors.add_device(session, house.hall_id, Role.KIOSK, "门口取号机")
        return doors.invite(session, which, "system")

    code = await house.db.write(job)
    for _ in range(2):
        assert "门口取号机" in await (await client.get(f"/pair/{code}")).text()
    paired = await client.post("/api/v1/pair", json={"code": code})
    assert (paired.status, await paired.json()) == (200, {"next": "/kiosk"})
    assert (await client.get("/kiosk")).status == 200
    async with TestClient(server) as late:
        assert (await late.post("/api/v1/pair", json={"code": code})).status == 404


async def test_a_bearer_token_works_without_a_cookie(bearer: Bearer) -> None:
    """Whatever the case of the scheme."""
    kiosk = await bearer(Role.KIOSK)
    shown = kiosk.session.headers["Authorization"].replace("Bearer", "bearer")
    assert (await kiosk.get("/kiosk", headers={"Authorization": shown})).status == 200


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer"])
async def test_an_unknown_bearer_token_is_refused_even_where_visitors_may_go(client: Client, header: str) -> None:
    """Its owner shall notice, instead of being taken for a visitor."""
    answer = await client.get("/api/v1/services", headers={"Authorization": header})
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert (await answer.json())["error"]["code"] == "not_signed_in"


async def test_an_ended_cookie_leaves_a_visitor(client: Client) -> None:
    """A phone that once was a clerk's browser may still ask what visitors ask."""
    answer = await client.get("/api/v1/services", cookies={"hall_session": "ended"})
    assert answer.status == 200
