"""HTTP's cost: what the guard adds to a request, how fast a call is on a screen, on a thousand screens."""

import asyncio
import resource
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestClient, TestServer

from base.clock import SetClock
from base.db import WriteSession
from base.settings import Settings
from hallqueue import Taking
from server.access import Role, allow
from server.house import House
from server.live import frame
from tests.bench.conftest import Note
from tests.conftest import START
from tests.server.conftest import Client, furnished, house_of, opened, settings, with_server
from tests.server.streams import listening

__all__ = ["furnished", "settings"]
REQUESTS = 3000
TAKES = 1600
ROUNDS = 5
SCREENS = 1000
CALLS = 100
ANSWER = {"services": [{"code": "A", "waiting": 3}]}
routes = web.RouteTableDef()


@routes.get("/api/v1/constant")
@allow("counter.work")
async def constant(_request: web.Request) -> web.Response:
    """The same JSON as the bare handler's."""
    return web.json_response(ANSWER)


async def bare(_request: web.Request) -> web.Response:
    """A constant JSON, nothing else."""
    return web.json_response(ANSWER)


async def cpu(
    server: BaseTestServer, path: str, requests: int, token: str = "", *, callers: int = 1, body: str = ""
) -> float:
    """CPU seconds of this process alone for so many requests; whoever asks is a process of its own."""
    where = (str(server.host), str(server.port), path, str(requests), token, str(callers), body)
    script = str(Path(__file__).parent / "asker.py")
    asker = await asyncio.create_subprocess_exec(
        sys.executable, script, *where, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert asker.stdin is not None
    assert asker.stdout is not None
    assert await asker.stdout.readline() == b"ready\n"
    started = time.process_time()
    asker.stdin.write(b"go\n")
    assert await asker.stdout.readline() == b"done\n"
    spent = time.process_time() - started
    await asker.wait()
    return spent


async def warmed(server: TestServer) -> House:
    """The rooms behind a server, once nothing is loaded any more: loading holds every thread up for a while."""
    house = house_of(server)
    while not house.is_warm:  # noqa: ASYNC110 (nothing tells but the flag)
        await asyncio.sleep(0.05)
    return house


async def test_what_the_guard_adds(settings: Settings, note: Note) -> None:
    """Session lookup, permission, metrics and headers."""
    app = web.Application()
    app.router.add_get("/constant", bare)
    async with opened(settings, SetClock(START), routes) as server, TestServer(app) as plain:
        house = await warmed(server)
        token = await house.doors.add_token(Role.CLERK, house.hall_id)
        whole, least = [], []
        for _ in range(ROUNDS):
            whole.append(await cpu(server, "/api/v1/constant", REQUESTS, token))
            least.append(await cpu(plain, "/constant", REQUESTS))
    ratio = statistics.median(a / b for a, b in zip(whole, least, strict=True))
    note("API overhead (auth, log, metrics), CPU ÷ bare aiohttp handler", ratio, 2.0)
    note("a guarded request, CPU µs", min(whole) / REQUESTS * 1e6, None)
    note("a bare request, CPU µs", min(least) / REQUESTS * 1e6, None)


@pytest.mark.parametrize("callers", [1, 16])
async def test_a_number_over_http(settings: Settings, note: Note, callers: int) -> None:
    """A durable number by POST, with its key, against a constant JSON as the answer to the same request."""
    app = web.Application()
    app.router.add_post("/constant", bare)
    async with opened(settings, SetClock(START)) as server, TestServer(app) as plain:
        house = await warmed(server)
        token = await house.doors.add_token(Role.KIOSK, house.hall_id)
        body = '{"service": "A"}'
        take = min(
            [await cpu(server, "/api/v1/tickets", TAKES, token, callers=callers, body=body) for _ in range(ROUNDS)]
        )
        least = min([await cpu(plain, "/constant", TAKES, token, callers=callers, body=body) for _ in range(ROUNDS)])
    note(
        f"POST /api/v1/tickets, durable, CPU, {callers} callers ÷ aiohttp answering a constant JSON", take / least, 10.0
    )
    note(f"POST /api/v1/tickets, CPU µs, {callers} callers", take / TAKES * 1e6, None)


@asynccontextmanager
async def hall(settings: Settings) -> AsyncIterator[tuple[House, Client]]:
    """A hall whose counter 2 is open, people waiting, and the clerk's client."""
    async with opened(with_server(settings, stream_minutes=60), SetClock(START)) as server:
        house = await warmed(server)
        await house.db.write(lambda session: fill(house, session), "hall:1")
        token = await house.doors.add_token(Role.CLERK, house.hall_id)
        async with TestClient(server, headers={"Authorization": f"Bearer {token}"}) as clerk:
            await order(clerk, "open", {})
            yield house, clerk


def fill(house: House, session: WriteSession) -> None:
    """Enough people wait."""
    for _ in range(2 * CALLS):
        house.hall.take(session, house.hall_id, Taking("A"))


async def order(clerk: Client, command: str, body: dict[str, Any]) -> dict[str, Any]:
    """What counter 2 is answered."""
    async with clerk.post(f"/api/v1/counters/2/{command}", json=body) as answer:
        told: dict[str, Any] = await answer.json()
        assert answer.status == 200, told
        return told


async def serve(clerk: Client, leg: dict[str, Any]) -> None:
    """Serve whoever was called, so that the counter is free again."""
    for command in ("start", "finish"):
        leg = await order(clerk, command, {"leg": leg["leg"], "version": leg["version"]})


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` of ``values`` lie."""
    return sorted(values)[int(len(values) * share)]


async def test_delay_from_call_to_screen(settings: Settings, note: Note) -> None:
    """The clerk presses 下一位; the event is read by a screen: over HTTP both ways, durable in between."""
    delays = []
    async with hall(settings) as (_, clerk), listening(clerk, "calls:1,board:1") as screen:
        for _ in range(CALLS):
            pressed = time.perf_counter()
            calling = asyncio.create_task(order(clerk, "call-next", {}))
            await screen.next_of("call")
            delays.append((time.perf_counter() - pressed) * 1000)
            await serve(clerk, await calling)
    note("delay from call to screen, ms, p50", percentile(delays, 0.5), None)
    note("delay from call to screen, ms, p99", percentile(delays, 0.99), None)


@asynccontextmanager
async def screens(house: House, clerk: Client, topics: str) -> AsyncIterator[asyncio.StreamReader]:
    """A thousand screens in a process of their own; what it prints."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65536), most))
    where = (str(clerk.host), str(clerk.port), f"/api/v1/live?topics={topics}", str(SCREENS))
    script = str(Path(__file__).parent / "listeners.py")
    crowd = await asyncio.create_subprocess_exec(sys.executable, script, *where, stdout=asyncio.subprocess.PIPE)
    assert crowd.stdout is not None
    assert await crowd.stdout.readline() == b"ready\n"
    assert house.live.open_streams == SCREENS
    yield crowd.stdout
    crowd.kill()
    await crowd.wait()


async def by_hand(house: House, chunk: bytes, crowd: asyncio.StreamReader) -> float:
    """Milliseconds until the last of the screens has ``chunk``, written to each transport in a plain loop."""
    transports = [stream._transport for stream in house.live._streams]  # noqa: SLF001 (the limit to compare with)
    started = time.monotonic()
    for transport in transports:
        transport.write(chunk)
    return (float(await crowd.readline()) - started) * 1000


async def by_call(house: House, clerk: Client, crowd: asyncio.StreamReader) -> float:
    """Milliseconds from the commit of a call until the last of the screens has it."""
    committed: list[float] = []
    tell = house.hub.tell

    def noted(topics: Iterable[str]) -> None:
        committed.append(time.monotonic())
        tell(topics)

    house.db.tell = noted
    leg = await order(clerk, "call-next", {})
    last = float(await crowd.readline())
    house.db.tell = tell
    await serve(clerk, leg)
    return (last - committed[0]) * 1000


@pytest.mark.parametrize("topics", ["calls:1", "calls:1,board:1"])
async def test_a_call_to_a_thousand_screens(settings: Settings, note: Note, topics: str) -> None:
    """From the commit to the last of them, against bytes made beforehand and written to each transport."""
    plain, whole = [], []
    async with hall(settings) as (house, clerk), screens(house, clerk, topics) as crowd:
        call = {"number": 1, "text": "请 A001 到 2 号窗口", "at": "2026-03-02T01:00:00Z", "more": "x" * 150}
        for _ in range(CALLS):
            plain.append(await by_hand(house, frame("call", call, 1), crowd))
            whole.append(await by_call(house, clerk, crowd))
    bound = 2.0 if topics == "calls:1" else None
    what = f"`call` event → last of 1,000 open screens ({topics})"
    note(f"{what}, p99 ÷ pre-framed bytes", percentile(whole, 0.99) / percentile(plain, 0.99), bound)
    note(f"{what}, p50 ÷ pre-framed bytes", percentile(whole, 0.5) / percentile(plain, 0.5), None)
    note(f"{what}, ms, p99", percentile(whole, 0.99), None)
    note(f"pre-framed bytes to 1,000 transports ({topics}), ms, p99", percentile(plain, 0.99), None)
