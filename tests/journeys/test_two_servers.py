"""Two servers on one PostgreSQL: numbers, calls and open pages are those of one hall."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from hallqueue import HALL_FILE
from tests.journeys.served import Served, served
from tests.server.streams import Event, Page

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.timeout(600)]

SERVICE = "A"
CLIENTS = 16
TAKES = 200
NUMBERS = [f"{SERVICE}{serial:03d}" for serial in range(1, TAKES + 1)]
PATIENT = aiohttp.ClientTimeout(total=None)
LONGEST_PING = "60"  # hints alone must bring a call in time


def wide_hall(folder: Path) -> Path:
    """The shipped hall with sixteen counters for one service."""
    plain = yaml.safe_load(HALL_FILE.read_text(encoding="utf-8"))
    plain["services"] = [one for one in plain["services"] if one["code"] == SERVICE]
    pattern = next(one for one in plain["counters"] if SERVICE in one["services"])
    numbers = range(1, CLIENTS + 1)
    plain["counters"] = [pattern | {"number": number, "name": f"{number} 号窗口"} for number in numbers]
    plain["opening_hours"].pop("extended_service")  # it names counters of the shipped hall
    path = folder / "hall.yaml"
    path.write_text(json.dumps(plain, ensure_ascii=False, default=str), encoding="utf-8")
    return path


@pytest.fixture
async def pair(tmp_path: Path, postgres_url: str) -> AsyncIterator[tuple[Served, Served]]:
    """Two servers on one database."""
    environment = {"HALL_HALL_FILE": str(wide_hall(tmp_path)), "HALL_SERVER_PING_SECONDS": LONGEST_PING}
    async with (
        served(tmp_path, postgres_url, **environment) as first,
        served(tmp_path, postgres_url, **environment) as second,
    ):
        yield first, second


@asynccontextmanager
async def holder(server: Served, token: str) -> AsyncIterator[aiohttp.ClientSession]:
    """A client with a bearer token."""
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(server.url, headers=headers, timeout=PATIENT) as client:
        yield client


async def post(client: aiohttp.ClientSession, path: str, **body: object) -> dict[str, Any]:
    """What the API answers; every request under a key of its own."""
    async with client.post(path, json=body, headers={"Idempotency-Key": uuid.uuid4().hex}) as response:
        answer: dict[str, Any] = await response.json()
        assert response.ok, answer
        return answer


async def visitor(at: Iterator[aiohttp.ClientSession], left: Iterator[int]) -> list[str]:
    """Take numbers at one server and the other while there are some to take."""
    return [(await post(next(at), "/api/v1/tickets", service=SERVICE))["number"] for _ in left]


async def taken(pair: tuple[Served, Served]) -> list[str]:
    """The numbers that sixteen kiosks were given, at both servers in turn."""
    token = await pair[0].token("kiosk")
    left = iter(range(TAKES))
    async with holder(pair[0], token) as first, holder(pair[1], token) as second:
        sides = ((first, second), (second, first))
        given = await asyncio.gather(*(visitor(cycle(sides[one % 2]), left) for one in range(CLIENTS)))
    return [number for numbers in given for number in numbers]


async def clerk_tokens(server: Served) -> list[str]:
    """A token for each clerk, made by an administrator at the API."""
    async with holder(server, await server.token("admin")) as admin:
        return [(await post(admin, "/api/v1/tokens", role="clerk"))["token"] for _ in range(CLIENTS)]


async def serve(client: aiohttp.ClientSession, counter: int) -> str | None:
    """Call whoever is next, start and finish; the number, or None when nobody waits."""
    leg = await post(client, f"/api/v1/counters/{counter}/call-next")
    if leg["leg"] is None:
        return None
    for command in ("start", "finish"):
        leg = await post(client, f"/api/v1/counters/{counter}/{command}", leg=leg["leg"], version=leg["version"])
    assert leg["state"] == "served"
    return str(leg["number"])


async def serve_all(client: aiohttp.ClientSession, counter: int) -> list[str]:
    """Serve until nobody is left."""
    done = []
    while (number := await serve(client, counter)) is not None:
        done.append(number)
    return done


@asynccontextmanager
async def listening(server: Served) -> AsyncIterator[Page]:
    """A screen at ``server``, past its first “look”."""
    async with (
        aiohttp.ClientSession(server.url, timeout=PATIENT) as client,
        client.get("/api/v1/live", params={"topics": "board:1,calls:1"}) as response,
    ):
        page = Page(response)
        assert await page.next() == Event("look", {"topic": "all"})
        yield page


async def waiting(server: Served) -> list[int]:
    """How many the board shows as waiting, for each service."""
    async with aiohttp.ClientSession(server.url) as client, client.get("/api/v1/services") as response:
        return [one["waiting"] for one in (await response.json())["services"]]


async def test_one_hall_behind_two_doors(pair: tuple[Served, Served]) -> None:
    """Numbers distinct and gapless; nobody called twice, nobody left; a screen at one sees the calls of the other."""
    near, far = pair
    assert sorted(await taken(pair)) == NUMBERS
    tokens = await clerk_tokens(near)
    async with AsyncExitStack() as stack:
        screen = await stack.enter_async_context(listening(near))
        clerks = [
            await stack.enter_async_context(holder(pair[counter % 2], token)) for counter, token in enumerate(tokens, 1)
        ]
        await asyncio.gather(
            *(post(clerk, f"/api/v1/counters/{counter}/open") for counter, clerk in enumerate(clerks, 1))
        )
        assert await serve(clerks[0], 1) == NUMBERS[0]
        heard = await screen.next_of("call")
        assert (heard.number, heard.data["ticket"], heard.data["counter"]) == (1, NUMBERS[0], 1)
        served_by = await asyncio.gather(*(serve_all(clerk, counter) for counter, clerk in enumerate(clerks, 1)))
        calls = [heard, *[await screen.next_of("call") for _ in range(TAKES - 1)]]
    called = [NUMBERS[0], *(number for numbers in served_by for number in numbers)]
    assert sorted(called) == NUMBERS
    assert [(one.number, one.data["ticket"]) for one in calls] == list(enumerate(NUMBERS, 1))
    assert [await waiting(server) for server in (near, far)] == [[0], [0]]
