"""What stands before every handler: refusals as JSON and as a page, same origin, headers, bugs with a number."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs
from yarl import URL

from base.clock import SetClock
from base.errors import BadInput, Conflict, Forbidden, HallError, NotFound, Unavailable
from base.settings import Settings
from server.access import Role, allow
from server.guard import OWN_SITES
from server.house import House
from server.limits import TooMany
from tests.server.conftest import Bearer, Client, SignIn, opened, with_server

BROWSER = {"Accept": "text/html,application/xhtml+xml"}
REFUSED: dict[str, tuple[int, HallError]] = {
    "bad_input": (400, BadInput("评分须为 1–5 的整数，收到 7。", field="stars")),
    "forbidden": (403, Forbidden("这一步只有督办人员可以做。")),
    "not_found": (404, NotFound("没有这张号，请核对。")),
    "conflict": (409, Conflict("这张号已经办结。", allowed=["rate"], detail={"state": "done"})),
    "too_many": (429, TooMany("取号太频繁，请 7 秒后再试。", detail={"retry_seconds": 7})),
    "unavailable": (503, Unavailable("数据库暂时写不进去，请稍后重试。")),
}
routes = web.RouteTableDef()


class Odd(Conflict):
    """An error of a room's own."""


@routes.get("/refused/{code}")
@routes.get("/api/v1/refused/{code}")
@allow("public")
async def refused(request: web.Request) -> web.Response:
    """Refuse as asked."""
    raise REFUSED[request.match_info["code"]][1]


@routes.get("/broken")
@routes.get("/api/v1/broken")
@allow("public")
async def broken(_request: web.Request) -> web.Response:
    """Be wrong."""
    raise ZeroDivisionError("no such share")


@routes.get("/api/v1/odd")
@allow("public")
async def odd(_request: web.Request) -> web.Response:
    """Refuse with an error that the guard has never heard of."""
    raise Odd("这张号已经办结。")


@routes.post("/api/v1/count")
@allow("public")
async def count(request: web.Request) -> web.Response:
    """How long the body is."""
    return web.json_response({"bytes": len(await request.read())})


@pytest.fixture
async def server(settings: Settings, clock: SetClock) -> AsyncIterator[TestServer]:
    """The server with a few handlers that refuse and break."""
    async with opened(with_server(settings, body_kilobytes=16), clock, routes) as running:
        yield running


async def error_of(answer: Any) -> dict[str, Any]:  # noqa: ANN401 (aiohttp's answer)
    """The error in an answer."""
    body = await answer.json()
    assert list(body) == ["error"]
    error: dict[str, Any] = body["error"]
    return error


@pytest.mark.parametrize("code", REFUSED)
async def test_a_refusal_as_json(client: Client, code: str) -> None:
    """Status, code and sentence, and only what else there is to say."""
    status, raised = REFUSED[code]
    answer = await client.get(f"/api/v1/refused/{code}", headers=BROWSER)
    said = {"field": raised.field, "allowed": raised.allowed, "detail": raised.detail}
    expected = {"code": code, "message": raised.message} | {k: v for k, v in said.items() if v is not None}
    assert (answer.status, await error_of(answer)) == (status, expected)
    assert answer.headers.get("Retry-After") == ("7" if code == "too_many" else None)


@pytest.mark.parametrize("code", REFUSED)
async def test_a_refusal_as_a_page(client: Client, code: str) -> None:
    """A person reads the sentence on a page of the house."""
    status, raised = REFUSED[code]
    answer = await client.get(f"/refused/{code}", headers=BROWSER)
    text = await answer.text()
    assert (answer.status, answer.content_type) == (status, "text/html")
    assert raised.message in text
    assert '<html lang="zh-CN">' in text


async def test_an_error_of_a_rooms_own_is_told_as_what_it_is(client: Client) -> None:
    """A subclass has the status of its family."""
    answer = await client.get("/api/v1/odd")
    assert (answer.status, (await error_of(answer))["code"]) == (409, "conflict")


async def test_a_visitor_at_a_closed_door(client: Client) -> None:
    """JSON: 401; a browser: to the sign-in and back to where it was going, query and all."""
    answer = await client.get("/kiosk")
    assert (answer.status, (await error_of(answer))["code"]) == (401, "not_signed_in")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    sent = await client.get("/library?q=社保&page=2", headers=BROWSER, allow_redirects=False)
    assert sent.status == 303
    assert sent.headers["Location"] == "/sign-in?after=/library?q%3D%25E7%25A4%25BE%25E4%25BF%259D%26page%3D2"
    page = await (await client.get("/library?q=社保&page=2", headers=BROWSER)).text()
    assert 'data-then="/library?q=%E7%A4%BE%E4%BF%9D&amp;page=2"' in page


@pytest.mark.parametrize(
    "after", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "/\n/evil.example"]
)
async def test_the_sign_in_leads_nowhere_else(client: Client, after: str) -> None:
    """Browsers drop tabs and line ends, and take a backslash for a slash."""
    page = await (await client.get("/sign-in", params={"after": after})).text()
    assert 'data-then="/home"' in page


async def test_unknown_addresses_and_methods(client: Client) -> None:
    """404 as JSON and as a page; 405 says what is allowed."""
    assert (await error_of(await client.get("/api/v1/nothing")))["code"] == "not_found"
    page = await client.get("/nothing", headers=BROWSER)
    assert (page.status, "没有这个页面" in await page.text()) == (404, True)
    wrong = await client.delete("/api/v1/session")
    assert (wrong.status, wrong.headers["Allow"]) == (405, "POST")
    assert (await error_of(wrong))["code"] == "method_not_allowed"


async def test_a_body_that_is_too_large_is_told_the_limit(client: Client) -> None:
    """413 with the number."""
    assert (await (await client.post("/api/v1/count", data=b"x" * 16 * 1024)).json()) == {"bytes": 16 * 1024}
    answer = await client.post("/api/v1/count", data=b"x" * (16 * 1024 + 1))
    assert answer.status == 413
    assert (await error_of(answer))["message"] == "提交的内容不能超过 16 KB，请缩短后再试。"


@pytest.mark.parametrize("path", ["/broken", "/api/v1/broken"])
async def test_a_bug_gets_a_number_and_is_logged(client: Client, path: str) -> None:
    """The person can quote it, the operator finds the trace under it; the trace goes to nobody else."""
    with capture_logs() as logs:
        answer = await client.get(path, headers=BROWSER)
        text = await answer.text()
    number = re.search(r"编号 ([0-9a-f]{6})", text)
    assert answer.status == 500
    assert number is not None
    assert "ZeroDivisionError" not in text
    (logged,) = [line for line in logs if line["event"] == "bug"]
    assert (logged["number"], logged["path"], logged["log_level"]) == (number.group(1), path, "error")
    assert "ZeroDivisionError: no such share" in logged["trace"]


ORIGINS: list[tuple[dict[str, str], bool]] = [
    ({}, True),
    ({"Origin": "http://HERE"}, True),
    ({"Origin": "https://evil.example"}, False),
    ({"Origin": "http://HERE.evil.example"}, False),
    ({"Origin": "null"}, False),
    ({"Sec-Fetch-Site": "same-origin", "Origin": "http://HERE"}, True),
    ({"Sec-Fetch-Site": "none"}, True),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "same-site"}, False),
]


@pytest.mark.parametrize(("headers", "is_fine"), ORIGINS)
async def test_a_write_comes_from_the_houses_own_pages(
    client: Client,
    server: TestServer,
    headers: dict[str, str],
    is_fine: bool,  # noqa: FBT001 (a table)
) -> None:
    """By Sec-Fetch-Site where the browser sends it, by Origin where it does not (plain HTTP)."""
    mine = {name: value.replace("HERE", f"{server.host}:{server.port}") for name, value in headers.items()}
    answer = await client.post("/api/v1/count", data=b"x", headers=mine)
    assert answer.status == (200 if is_fine else 403)


async def test_another_site_cannot_use_a_cookie_but_a_token_needs_no_site(sign_in: SignIn, bearer: Bearer) -> None:
    """Browsers send cookies by themselves, never a bearer token."""
    foreign = {"Origin": "https://other-system.example"}
    clerk = await sign_in("zhang", Role.CLERK)
    assert (await clerk.post("/api/v1/counters/2/open", json={}, headers=foreign)).status == 403
    assert (await clerk.post("/api/v1/counters/2/open", json={})).status == 200
    kiosk = await bearer(Role.KIOSK)
    assert (await kiosk.post("/api/v1/tickets", json={"service": "A"}, headers=foreign)).status == 201


@pytest.mark.parametrize("path", ["/", "/sign-in", "/healthz", "/api/v1/services", "/nothing", "/api/v1/broken"])
async def test_every_answer_carries_the_headers(client: Client, path: str) -> None:
    """No script but the house's own, no frame, no guessing of types, nothing kept by caches."""
    headers = (await client.get(path)).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert not {"unsafe-inline", "unsafe-eval", "*"} & set(re.split(r"[ ']+", " ".join(policy.values())))
    assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store")


async def test_pages_have_no_inline_script_or_style(client: Client) -> None:
    """Which the policy would block."""
    page = await (await client.get("/sign-in")).text()
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page) == []


async def test_over_https_only_the_hosts_own_cookie_counts(settings: Settings, clock: SetClock) -> None:
    """A neighbour on plain HTTP could plant the other one."""
    async with opened(with_server(settings, behind_proxy=True), clock) as server:
        house: House = server.app["house"]
        token = await house.doors.add_token(Role.KIOSK, house.hall_id)
        answers = {
            name: await status_through_proxy(server, {"Cookie": f"{name}={token}"})
            for name in ("hall_session", "__Host-hall_session")
        }
    assert answers == {"hall_session": 401, "__Host-hall_session": 200}


async def status_through_proxy(server: TestServer, headers: dict[str, str]) -> int:
    """The status of ``/kiosk`` as a proxy that speaks HTTPS would get it."""
    lines = {"Host": "hall.example", "X-Forwarded-Proto": "https", "Connection": "close", **headers}
    return int((await raw(server, "GET", "/kiosk", lines)).split(b" ")[1])


async def raw(server: TestServer, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """One request written byte for byte, and everything that came back."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    lines = {"Content-Length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode(errors="surrogateescape") + body)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


NASTY = [
    "%00",
    "1",
    "%ff%fe",
    "9" * 30,
    "%D9%A3",
    "a" * 300 + ".js",
    "..%2f..%2fconfig.toml",
    "%F0%9F%8F%9B",
    "'--",
    "-1",
]
BIG = b'{"leg": 1%030d, "version": 1, "service": "A", "stars": 5}' % 0
BODIES = [BIG, b"", b"[]", b"null", b"\xff", b"{", b'{"a": "\\u0000"}', b"[" * 5000, b'{"leg": 1e400}', b'"\\ud800"']


async def test_nothing_that_is_sent_is_a_bug(client: Client, bearer: Bearer) -> None:
    """Every route with nasty addresses, queries and bodies: refused with a sentence, never with a number."""
    asked, bugs = 0, []
    for role in (None, Role.ADMIN, Role.KIOSK):
        sender = await bearer(role) if role else client
        for method, path in sorted(addresses(client)):
            for nasty, body in zip(NASTY, BODIES, strict=True):
                where = re.sub(r"\{\w+\}", nasty, path)
                with capture_logs() as logs:
                    answer = await send(sender, method, f"{where}?after={nasty}&q={nasty}&page={nasty}", body)
                asked += 1
                if answer == 500:
                    bugs.append((role, method, where, body, logs))
    assert asked > 100
    assert bugs == []


def addresses(client: Client) -> set[tuple[str, str]]:
    """Method and pattern of every route but the streams and the broken ones."""
    assert client.app is not None
    found = {(route.method, route.resource.canonical) for route in client.app.router.routes() if route.resource}
    return {one for one in found if one[1] != "/api/v1/live" and "broken" not in one[1] and "refused" not in one[1]}


async def send(client: Client, method: str, path: str, body: bytes = b"") -> int:
    """The status of one request, its address sent as it is written."""
    where = client.make_url("/").join(URL(path, encoded=True))
    data = body if method == "POST" else None
    async with client.session.request(method, where, data=data, allow_redirects=False) as answer:
        return answer.status


async def test_get_changes_nothing(client: Client, house: House, bearer: Bearer) -> None:
    """Every GET of the house, by a visitor, the administrator and the kiosk: the database file stays as it is."""
    await house.stock_library()
    senders = [client, await bearer(Role.ADMIN), await bearer(Role.KIOSK), await bearer(Role.SCREEN)]
    watcher = sqlite3.connect(house.db.url.database or "")
    before = watcher.execute("PRAGMA data_version").fetchone()
    for method, path in sorted(addresses(client)):
        for sender in senders if method == "GET" else ():
            await send(sender, "GET", re.sub(r"\{\w+\}", "1", path))
    assert watcher.execute("PRAGMA data_version").fetchone() == before
    watcher.close()


async def test_bytes_that_are_no_text_are_refused(server: TestServer) -> None:
    """In the token, the cookie and the idempotency key."""
    answers = []
    for header in ("Authorization", "Cookie", "Idempotency-Key"):
        value = {"Authorization": "Bearer \udcff", "Cookie": "hall_session=\udcff"}.get(header, "\udcff")
        answer = await raw(server, "POST", "/api/v1/count", {"Host": "hall", "Connection": "close", header: value})
        answers.append(int(answer.split(b" ")[1]))
    assert answers == [401, 200, 400]


def test_own_sites_are_no_neighbours() -> None:
    """Another system under the same domain is another site's page."""
    assert {"same-site", "cross-site"}.isdisjoint(OWN_SITES)
