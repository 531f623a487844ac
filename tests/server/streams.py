"""An open page's side of the live connection, for tests: events as they come, over real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientResponse

from tests.server.conftest import Client

PATIENCE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event."""

    kind: str
    data: Any
    number: int | None = None


class Page:
    """A page that listens."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response

    async def next(self) -> Event:
        """The next event; ``EOFError`` when the stream has ended."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            block = await self.response.content.readuntil(b"\n\n")
        if not block:
            raise EOFError
        lines = dict(line.split(": ", 1) for line in block.decode().strip().split("\n"))
        number = int(lines["id"]) if "id" in lines else None
        return Event(lines["event"], json.loads(lines["data"]), number)

    async def next_of(self, kind: str) -> Event:
        """The next event of ``kind``; others are passed over."""
        while (event := await self.next()).kind != kind:
            pass
        return event

    async def rest(self) -> list[Event]:
        """Every event until the stream ends."""
        events = []
        try:
            while True:
                events.append(await self.next())
        except EOFError:
            return events


@asynccontextmanager
async def listening(
    client: Client, topics: str, *, after: int | None = None, last: int | None = None
) -> AsyncIterator[Page]:
    """A page that listens to ``topics``; its first “look” is still to be read."""
    query = {"topics": topics} | ({} if after is None else {"after": str(after)})
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    async with client.get("/api/v1/live", params=query, headers=headers) as response:
        assert response.status == 200, await response.text()
        yield Page(response)
