"""Clerks at their counters and visitors at the kiosk, over HTTP, for tests that watch what the pages make of it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp

from base.settings import load
from server.access import Role
from server.house import SECTIONS, House
from server.settings import DatabaseSettings
from tests.journeys.served import Served

BUSY = {2: "A", 4: "B", 7: "C", 8: "H", 9: "E", 11: "F", 13: "G", 14: "D", 15: "J", 16: "S", 17: "L"}
PATIENCE_SECONDS = 30.0
Leg = dict[str, Any]


@dataclass
class Counters:
    """A kiosk and a clerk at each counter of ``lines``, which gives the service that numbers are taken for there."""

    hall: Served
    client: aiohttp.ClientSession
    tokens: dict[str, str]
    lines: dict[int, str]

    async def post(self, path: str, who: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 (JSON)
        """The answer to a POST, which must succeed."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        async with self.client.post(f"{self.hall.url}/api/v1{path}", json=body or {}, headers=headers) as answer:
            told = await answer.json()
            assert answer.status < 300, told
            return told

    async def get(self, path: str, who: str) -> Any:  # noqa: ANN401 (JSON)
        """The answer to a GET."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        async with self.client.get(f"{self.hall.url}/api/v1{path}", headers=headers) as answer:
            return await answer.json()

    async def board(self) -> Any:  # noqa: ANN401 (JSON)
        """The board now."""
        return await self.get("/board", "kiosk")

    async def until(self, moment: datetime) -> None:
        """Wait until the hall's clock is past ``moment``."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                if datetime.fromisoformat((await self.board())["at"]) > moment:
                    return
                await asyncio.sleep(0.05)

    async def open(self, *counters: int) -> None:
        """The clerks of these counters, or all, sit down."""
        for counter in counters or self.lines:
            await self.post(f"/counters/{counter}/open", f"clerk-{counter}")

    async def call(self, counter: int) -> Leg:
        """Somebody takes a number for this counter's line and is called; the leg, with ``call``, its announcement."""
        await self.post("/tickets", "kiosk", {"service": self.lines[counter]})
        leg: Leg = await self.post(f"/counters/{counter}/call-next", f"clerk-{counter}")
        return leg

    async def act(self, counter: int, command: str, leg: Leg, **more: object) -> Leg:
        """Carry out a command about ``leg``."""
        body = {"leg": leg["leg"], "version": leg["version"], **more}
        changed: Leg = await self.post(f"/counters/{counter}/{command}", f"clerk-{counter}", body)
        return changed

    async def serve(self, counter: int, leg: Leg) -> Leg:
        """Start and finish."""
        return await self.act(counter, "finish", await self.act(counter, "start", leg))

    async def round(self) -> dict[int, Leg]:
        """Every counter calls somebody."""
        legs = await asyncio.gather(*(self.call(counter) for counter in self.lines))
        return dict(zip(self.lines, legs, strict=True))

    async def serve_all(self, legs: dict[int, Leg]) -> None:
        """Every counter serves whom it called."""
        await asyncio.gather(*(self.serve(counter, leg) for counter, leg in legs.items()))


@asynccontextmanager
async def counters_of(hall: Served, lines: dict[int, str] = BUSY, *more: Role) -> AsyncIterator[Counters]:
    """Counters of a served hall; ``BUSY``: none of them serves another's line. ``more`` may ask too, by their role."""
    async with aiohttp.ClientSession() as client:
        yield Counters(hall, client, await _tokens(hall, lines, more), lines)


async def _tokens(hall: Served, lines: Iterable[int], more: Iterable[Role]) -> dict[str, str]:
    """A token for each, made at once: one made by an operator's command takes seconds."""
    house = House(load(None, {}, SECTIONS).replace(DatabaseSettings(hall.database)))
    await house.found()
    roles = {f"clerk-{counter}": Role.CLERK for counter in lines} | {role.value: role for role in (Role.KIOSK, *more)}
    tokens = {who: await house.doors.add_token(role, house.hall_id) for who, role in roles.items()}
    await house.db.close()
    return tokens
