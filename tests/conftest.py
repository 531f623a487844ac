"""What every test may ask for: a database of either kind, with its tables and a clock that stands still."""

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

import server.house  # noqa: F401 (builds every room, and so declares every table)
from base.clock import SetClock
from base.db import Database, metadata

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday 09:00 in the hall
POSTGRES = os.environ.get("HALL_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
REQUIRED = set(filter(None, os.environ.get("HALL_REQUIRE", "").split(",")))


def postgres_answers() -> bool:
    """Whether a PostgreSQL server for tests can be reached."""
    try:
        with psycopg.connect(POSTGRES.replace("+psycopg", ""), connect_timeout=2):
            return True
    except psycopg.Error:
        return False


HAS_POSTGRES = postgres_answers()


def need_postgres() -> None:
    """Skip, by name, where no PostgreSQL can be reached, unless it is required."""
    if not HAS_POSTGRES and "postgres" not in REQUIRED:
        pytest.skip("no PostgreSQL at HALL_TEST_POSTGRES")


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The URL of a new, empty PostgreSQL database that is dropped afterwards."""
    need_postgres()
    name = f"hall_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES.replace("+psycopg", ""), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    yield sa.make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(POSTGRES.replace("+psycopg", ""), autocommit=True) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def db_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hall.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def clock() -> SetClock:
    """A clock that stands at Monday 2 March 2026, 09:00 in the hall."""
    return SetClock(START)


@pytest.fixture
async def db(db_url: str, clock: SetClock) -> AsyncIterator[Database]:
    """A database of each kind with every table, at the standing clock."""
    database = Database(db_url, clock)
    database.migrate(metadata.create_all)
    yield database
    await database.close()
