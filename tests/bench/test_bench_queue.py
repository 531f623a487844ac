"""The queue's cost: a durable take, commits per ticket, two processes, ten thousand waiting."""

import asyncio
import sqlite3
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from base.clock import Clock, SetClock
from base.db import Database, WriteSession, metadata
from base.memory import settle
from hallqueue import HALL_FILE, Desk, Hall, QueueSettings, Taking, load_hall_file
from tests.bench.conftest import Note

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TAKES = 1000
ROUNDS = 3  # the quickest counts: what else the machine does is not the queue's cost
Statements = list[list[tuple[str, Any]]]


async def founded(url: str) -> tuple[Database, Hall, Desk, int]:
    """A new hall in a new database."""
    db = Database(url, SetClock(START))
    db.migrate(metadata.create_all)
    hall, desk = Hall(QueueSettings()), Desk(QueueSettings())
    number = await db.write(lambda session: hall.found(session, load_hall_file(HALL_FILE)))
    return db, hall, desk, number


def taking(hall: Hall, number: int, service: str = "A") -> Callable[[WriteSession], object]:
    """A job that takes a number."""
    return lambda session: hall.take(session, number, Taking(service))


async def crowd(callers: int, act: Callable[[], Awaitable[object]], times: int) -> None:
    """``callers`` act at once until ``times`` acts are done."""
    left = iter(range(times))

    async def one() -> None:
        for _ in left:
            await act()

    await asyncio.gather(*(one() for _ in range(callers)))


def recorded(db: Database) -> Statements:
    """From now on note every statement of the writer, one list a transaction."""
    transactions: Statements = [[]]
    engine = db._write_engine  # noqa: SLF001 (the benchmark replays what the writer sends)

    @sa.event.listens_for(engine, "before_cursor_execute")
    def _note(_c: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:  # noqa: ANN401
        transactions[-1].append((statement, parameters))

    @sa.event.listens_for(engine, "commit")
    def _commit(_c: object) -> None:
        transactions.append([])

    return transactions


def replayed(path: Path, transactions: Statements) -> float:
    """CPU seconds that plain sqlite3 needs for the same statements and commits."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    started = time.process_time()
    for statements in transactions:
        for statement, parameters in statements:
            connection.execute(statement, parameters).fetchall()
        connection.commit() if connection.in_transaction else None
    spent = time.process_time() - started
    connection.close()
    return spent


@pytest.mark.parametrize(("callers", "bound"), [(1, 4.0), (64, 3.0)])
async def test_durable_take_against_raw_sqlite(tmp_path: Path, note: Note, callers: int, bound: float) -> None:
    """CPU of the whole command ÷ CPU of plain sqlite3 running the same statements, noted in a round of their own."""
    db, hall, _, number = await founded(f"sqlite:///{tmp_path / 'hall.db'}")

    async def take(times: int) -> float:
        started = time.process_time()
        await crowd(callers, lambda: db.write(taking(hall, number), f"hall:{number}"), times)
        return time.process_time() - started

    await take(200)
    settle()
    spent = min([await take(TAKES) for _ in range(ROUNDS)])
    copies = [tmp_path / f"copy{n}.db" for n in range(ROUNDS)]
    source = sqlite3.connect(tmp_path / "hall.db")
    for path in copies:
        copy = sqlite3.connect(path)
        source.backup(copy)
        copy.close()
    transactions = recorded(db)
    await take(TAKES)
    await db.close()
    limit = min(replayed(path, transactions) for path in copies)
    note(
        f"durable take, CPU, {callers} callers ÷ raw sqlite3",
        spent / limit,
        bound,
    )
    note(f"durable take, CPU ms a ticket, {callers} callers", spent / TAKES * 1000, None)


@pytest.mark.parametrize(("callers", "bound"), [(16, 0.15), (64, 0.05)])
async def test_commits_per_ticket(db_url: str, note: Note, callers: int, bound: float) -> None:
    """Callers that wait together share a commit."""
    db, hall, _, number = await founded(db_url)
    before = db.counts.commits
    await crowd(callers, lambda: db.write(taking(hall, number), f"hall:{number}"), TAKES)
    kind = "SQLite" if db.is_sqlite else "PostgreSQL"
    note(f"commits a ticket, {callers} callers, {kind}", (db.counts.commits - before) / TAKES, bound)
    await db.close()


async def filled(db: Database, hall: Hall, number: int, waiting: int) -> None:
    """Let ``waiting`` people take numbers for one service."""
    await crowd(200, lambda: db.write(taking(hall, number), f"hall:{number}"), waiting)


async def test_call_next_stays_flat(tmp_path: Path, note: Note) -> None:
    """Time of call-next with 10,000 waiting ÷ with 10 waiting."""
    medians = []
    for waiting in (10, 10_000):
        db, hall, desk, number = await founded(f"sqlite:///{tmp_path / f'{waiting}.db'}")
        await filled(db, hall, number, waiting)
        await db.write(partial(desk.open, hall=number, counter=2, staff="staff:1"), f"hall:{number}")
        medians.append(statistics.median([await _one_call(db, desk, number) for _ in range(150)][50:]))
        await db.close()
    note("call-next, 10,000 waiting ÷ 10 waiting, time", medians[1] / medians[0], 1.5)


async def _one_call(db: Database, desk: Desk, number: int) -> float:
    """Seconds for one call; the leg is then called off the counter, so that the next call finds it free."""
    spent: list[float] = []

    def job(session: WriteSession) -> None:
        started = time.perf_counter()
        leg = desk.call_next(session, number, 2, "staff:1")
        spent.append(time.perf_counter() - started)
        assert leg is not None
        raise _UndoneError

    try:
        await db.write(job, f"hall:{number}")
    except _UndoneError:
        return spent[0]
    raise AssertionError("the job did not run")


class _UndoneError(Exception):
    """Takes the measured call back."""


@pytest.mark.postgres
async def test_two_processes_on_postgresql(postgres_url: str, note: Note) -> None:
    """Takes and calls mixed: two processes × 16 callers over 1 and 3 halls ÷ one process, one hall."""
    db = Database(postgres_url, Clock())
    db.migrate(metadata.create_all)
    await db.close()
    rates = {}
    for processes, halls in ((1, 1), (2, 1), (2, 3)):
        worker = Path(__file__).parent / "mixed_worker.py"
        running = [
            await asyncio.create_subprocess_exec(
                sys.executable, str(worker), postgres_url, str(halls), str(side), stdout=asyncio.subprocess.PIPE
            )
            for side in range(processes)
        ]
        answers = [(await process.communicate())[0].decode().split() for process in running]
        rates[processes, halls] = sum(float(rate) for rate, _ in answers)
        assert [deadlocks for _, deadlocks in answers] == ["0"] * processes
    one = rates.pop((1, 1))
    note("take and call mixed, PostgreSQL, 1 process, jobs a second", one, None)
    for (processes, halls), rate in rates.items():
        ratio = rate / one
        note(f"take and call mixed, {processes} processes × 16, {halls} hall(s) ÷ one process (≥ 0.7)", ratio, None)
        assert ratio >= 0.7
