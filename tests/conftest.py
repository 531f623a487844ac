"""What every test may ask for: a database of either kind, with its tables and a clock that stands still."""

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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


_END_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_REMOVE_ROWS = """DO $$
DECLARE name text;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE 'DELETE FROM ' || name;
  END LOOP;
  PERFORM setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences WHERE last_value IS NOT NULL;
END $$"""

HAS_POSTGRES = postgres_answers()


def need_postgres() -> None:
    """Skip, by name, where no PostgreSQL can be reached, unless it is required."""
    if not HAS_POSTGRES and "postgres" not in REQUIRED:
        pytest.skip("no PostgreSQL at HALL_TEST_POSTGRES")


@contextmanager
def postgres_database() -> Iterator[str]:
    """The URL of a new PostgreSQL database, dropped afterwards; making one takes a second."""
    need_postgres()
    url = sa.make_url(POSTGRES).set(database=f"hall_test_{uuid.uuid4().hex[:12]}")
    with asked(POSTGRES) as server:
        server.execute(f"CREATE DATABASE {url.database} TEMPLATE template0")
    yield url.render_as_string(hide_password=False)
    with asked(POSTGRES) as server:
        server.execute(f"DROP DATABASE {url.database} WITH (FORCE)")


def asked(url: str) -> "psycopg.Connection[Any]":
    """A connection for statements of the tests' own."""
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


@pytest.fixture(scope="session")
def postgres_without_tables() -> Iterator[str]:
    """A database for those who make their own tables."""
    with postgres_database() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_with_tables() -> Iterator[str]:
    """A database with every table."""
    with postgres_database() as url:
        engine = sa.create_engine(url)
        metadata.create_all(engine)
        engine.dispose()
        yield url


@pytest.fixture
def postgres_url(postgres_without_tables: str) -> str:
    """The URL of a PostgreSQL database with nothing in it, and nobody connected."""
    with asked(postgres_without_tables) as server:
        server.execute(_END_OTHERS)
        server.execute("DROP SCHEMA public CASCADE")
        server.execute("CREATE SCHEMA public")
    return postgres_without_tables


@pytest.fixture
def postgres_rows_url(postgres_with_tables: str) -> str:
    """The URL of a PostgreSQL database with every table, no row, and nobody connected."""
    with asked(postgres_with_tables) as server:
        server.execute(_END_OTHERS)
        server.execute(_REMOVE_ROWS)
    return postgres_with_tables


KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hall.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=KINDS)
def db_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without rows, once of each kind; its tables may be there."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hall.db'}"
    return str(request.getfixturevalue("postgres_rows_url"))


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
