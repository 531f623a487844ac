"""The whole server in this process, on a temporary SQLite file and a clock that stands still, asked over real HTTP."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import argon2
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from base.clock import SetClock
from base.db import Database, metadata
from base.settings import Settings, load
from server.access import Role
from server.app import create_app
from server.doors import NewStaff, Passwords
from server.house import SECTIONS, House
from server.settings import DatabaseSettings, ServerSettings
from tests.conftest import START

Client = TestClient[web.Request, web.Application]
SignIn = Callable[..., Awaitable[Client]]
Bearer = Callable[[Role], Awaitable[Client]]
PASSWORD = "correct horse battery"
QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PLAIN = {"HALL_INTENTS_TRAINS_AT_START": "false"}


def make_tables(url: str, clock: SetClock) -> Database:
    """A database with every table, still to be closed."""
    database = Database(url, clock)
    database.migrate(metadata.create_all)
    return database


@asynccontextmanager
async def opened(
    settings: Settings, clock: SetClock, more: web.RouteTableDef | None = None
) -> AsyncIterator[TestServer]:
    """The server of ``settings`` on a free port, its tables made; ``more`` are routes of the test's own."""
    await make_tables(settings[DatabaseSettings].url, clock).close()
    app = create_app(settings, clock)
    app.add_routes(more or [])
    app["house"].doors.passwords = Passwords(QUICK)
    server = TestServer(app)
    async with server:
        yield server


def house_of(server: TestServer) -> House:
    """The rooms behind a server."""
    house: House = server.app["house"]
    return house


def settings_on(database: Path) -> Settings:
    """Default settings on the SQLite file ``database``."""
    return load(None, PLAIN, SECTIONS).replace(DatabaseSettings(f"sqlite:///{database}"))


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its hall founded and its library stocked: made once, for copies."""
    database = tmp_path_factory.mktemp("furnished") / "hall.db"

    async def furnish() -> None:
        await make_tables(f"sqlite:///{database}", SetClock(START)).close()
        house = House(settings_on(database), SetClock(START))
        await house.found()
        await house.stock_library()
        await house.db.close()

    asyncio.run(furnish())
    return database


@pytest.fixture
def settings(tmp_path: Path, furnished: Path) -> Settings:
    """Default settings on a furnished database of the test's own; a test file may override this."""
    return settings_on(Path(shutil.copy(furnished, tmp_path / "hall.db")))


@pytest.fixture
async def server(settings: Settings, clock: SetClock) -> AsyncIterator[TestServer]:
    """The server, answering."""
    async with opened(settings, clock) as running:
        yield running


@pytest.fixture
def house(server: TestServer) -> House:
    """The rooms behind the server."""
    return house_of(server)


@pytest.fixture
async def client(server: TestServer) -> AsyncIterator[Client]:
    """A visitor's browser."""
    async with TestClient(server) as visitor:
        yield visitor


@pytest.fixture
async def bearer(server: TestServer) -> AsyncIterator[Bearer]:
    """Makes clients that show a token of the role given with every request."""
    async with AsyncExitStack() as stack:

        async def made(role: Role) -> Client:
            house = house_of(server)
            token = await house.doors.add_token(role, house.hall_id)
            headers = {"Authorization": f"Bearer {token}"}
            return await stack.enter_async_context(TestClient(server, headers=headers))

        yield made


@pytest.fixture
async def sign_in(server: TestServer) -> AsyncIterator[SignIn]:
    """Makes browsers in which a new member of staff of the name and roles given has signed in."""
    async with AsyncExitStack() as stack:

        async def made(username: str, *roles: Role) -> Client:
            house = house_of(server)
            await house.doors.add_staff(NewStaff(username, username, roles, house.hall_id, PASSWORD))
            browser = await stack.enter_async_context(TestClient(server))
            answer = await browser.post("/api/v1/session", json={"username": username, "password": PASSWORD})
            assert answer.status == 200, await answer.text()
            return browser

        yield made


def with_server(settings: Settings, **changed: object) -> Settings:
    """``settings`` with some of the server's own replaced, unchecked: tests may be faster than the ranges allow."""
    return settings.replace(replace(settings[ServerSettings], **changed))  # type: ignore[arg-type]
