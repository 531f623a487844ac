"""A server over a founded hall, with a bearer for each role, for tests of the queue's pages and API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp.test_utils import TestClient

from base.clock import SetClock
from base.settings import load
from server.access import Role
from server.house import SECTIONS, House
from server.settings import DatabaseSettings
from tests.server.conftest import PLAIN, Client, opened


@dataclass
class OpenHouse:
    """The server and what a test says to it."""

    client: Client
    house: House
    clock: SetClock
    bearers: dict[str, str] = field(default_factory=dict)

    async def bearer(self, who: str) -> str:
        """The token of ``kiosk``, ``screen``, ``clerk-3`` …: the role before the dash, made at the first use."""
        if who not in self.bearers:
            role = Role(who.partition("-")[0])
            self.bearers[who] = await self.house.doors.add_token(role, self.house.hall_id)
        return self.bearers[who]

    async def headers(self, who: str | None, key: str | None = None) -> dict[str, str]:
        """What the caller sends along."""
        sent = {"Authorization": f"Bearer {await self.bearer(who)}"} if who else {}
        return sent | ({"Idempotency-Key": key} if key else {})

    async def post(
        self, path: str, body: dict[str, Any] | None = None, who: str | None = None, *, key: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON of a POST under ``/api/v1``."""
        headers = await self.headers(who, key)
        async with self.client.post(f"/api/v1{path}", json=body or {}, headers=headers) as response:
            return response.status, await response.json()

    async def get(self, path: str, who: str | None = None) -> tuple[int, dict[str, Any]]:
        """Status and JSON of a GET under ``/api/v1``."""
        async with self.client.get(f"/api/v1{path}", headers=await self.headers(who)) as response:
            return response.status, await response.json()

    async def page(self, path: str, who: str | None = None) -> tuple[int, str]:
        """Status and text of a page, redirects not followed."""
        headers = await self.headers(who) | {"Accept": "text/html"}
        async with self.client.get(path, headers=headers, allow_redirects=False) as response:
            return response.status, await response.text()

    async def take(self, service: str = "A", **more: Any) -> dict[str, Any]:  # noqa: ANN401 (fields of the request)
        """Take a number at the kiosk."""
        status, ticket = await self.post("/tickets", {"service": service, **more}, "kiosk")
        assert status == 201, ticket
        return ticket

    async def open(self, counter: int) -> dict[str, Any]:
        """Sign the counter's own clerk in."""
        status, session = await self.post(f"/counters/{counter}/open", {}, f"clerk-{counter}")
        assert status == 200, session
        return session

    async def next(self, counter: int) -> dict[str, Any]:
        """Call whoever is next."""
        status, leg = await self.post(f"/counters/{counter}/call-next", {}, f"clerk-{counter}")
        assert status == 200, leg
        return leg

    async def act(self, counter: int, command: str, leg: dict[str, Any], **more: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401 (fields of the request)
        """Carry out a command about ``leg`` as it was last answered."""
        body = {"leg": leg["leg"], "version": leg["version"], **more}
        return await self.post(f"/counters/{counter}/{command}", body, f"clerk-{counter}")


@asynccontextmanager
async def open_house(url: str, clock: SetClock) -> AsyncIterator[OpenHouse]:
    """A server over the empty database at ``url``."""
    settings = load(None, PLAIN, SECTIONS).replace(DatabaseSettings(url))
    async with opened(settings, clock) as server, TestClient(server, cookie_jar=aiohttp.DummyCookieJar()) as client:
        yield OpenHouse(client, server.app["house"], clock)
