"""``kill -9`` in the middle of load: everything that was acknowledged is there, and numbers go on."""

import asyncio
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from tests.journeys.served import Served, served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

KILLS = 4
CLIENTS = 12
BEFORE_KILL = 40


@dataclass
class Told:
    """What clients were told: number by ticket token; and the kills so far."""

    numbers: dict[str, str] = field(default_factory=dict)
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    target: int = BEFORE_KILL

    def add(self, token: str, number: str) -> None:
        """Remember an acknowledged ticket."""
        self.numbers[token] = number
        if len(self.numbers) >= self.target:
            self.enough.set()


async def visitor(server: Served, token: str, told: Told, done: asyncio.Event) -> None:
    """Take numbers again and again; after a lost connection ask again with the same key."""
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5), headers=headers) as client:
        key = uuid.uuid4().hex
        while not done.is_set():
            try:
                answer = await take(client, server.url, key)
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(0.02)
                continue
            if answer is not None:
                told.add(*answer)
                key = uuid.uuid4().hex


async def take(client: aiohttp.ClientSession, url: str, key: str) -> tuple[str, str] | None:
    """One acknowledged ticket (token, number), or None when the server asks to come again."""
    async with client.post(f"{url}/api/v1/tickets", json={"service": "B"}, headers={"Idempotency-Key": key}) as answer:
        body = await answer.json()
        if answer.status in {429, 503}:
            await asyncio.sleep(0.02)
            return None
        assert answer.status == 201, body
        return body["token"], body["number"]


async def kept(server: Served, told: Told) -> dict[str, str]:
    """The number that the server now shows for each acknowledged token."""
    shown = {}
    async with aiohttp.ClientSession() as client:
        for token in told.numbers:
            async with client.get(f"{server.url}/api/v1/tickets/{token}") as answer:
                assert answer.status == 200
                shown[token] = (await answer.json())["number"]
    return shown


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def test_kill_in_the_middle_of_load(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Several kills while a dozen visitors take numbers: nothing lost, no number twice, none skipped."""
    database = request.getfixturevalue("postgres_url") if kind == "postgresql" else None
    async with served(tmp_path, database) as server:
        told, done = Told(), asyncio.Event()
        token = await server.token("kiosk")
        visitors = [asyncio.create_task(visitor(server, token, told, done)) for _ in range(CLIENTS)]
        for _ in range(KILLS):
            await told.enough.wait()
            await server.kill()
            told.enough.clear()
            told.target = len(told.numbers) + BEFORE_KILL
            await server.start()
        await told.enough.wait()
        done.set()
        await asyncio.gather(*visitors)
        assert await kept(server, told) == told.numbers
        numbers = sorted(int(number[1:]) for number in told.numbers.values())
        assert len(numbers) == len(set(numbers))
        in_flight_at_most = CLIENTS * (KILLS + 1)
        assert numbers[-1] <= len(numbers) + in_flight_at_most
