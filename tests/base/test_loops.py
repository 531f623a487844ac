"""Background loops: one leader, failures survived, a clean stop."""

import asyncio
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from base.errors import Unavailable
from base.loops import LEADER_LOCK, FileLeader, Loops, PostgresLeader
from tests.conftest import POSTGRES

SOON = 0.01


class Tally:
    """Counts its turns; wakes whoever waits for one; breaks as often as it is told to."""

    def __init__(self, breaks: int = 0) -> None:
        self.turns = 0
        self._breaks = breaks
        self._turned = asyncio.Event()

    async def __call__(self) -> None:
        """Take a turn."""
        self.turns += 1
        self._turned.set()
        if self.turns <= self._breaks:
            raise ZeroDivisionError

    async def until(self, turns: int) -> None:
        """Wait for so many turns."""
        async with asyncio.timeout(20):
            while self.turns < turns:
                self._turned.clear()
                await self._turned.wait()


def leading(database: Path, tally: Tally) -> Loops:
    """Loops of a process on a SQLite file."""
    loops = Loops(FileLeader(database))
    loops.every(SOON, tally, "tally")
    return loops


async def test_loops_turn_again_and_again(tmp_path: Path) -> None:
    """Until they are stopped; then no more."""
    tally = Tally()
    loops = leading(tmp_path / "hall.db", tally)
    await loops.start()
    await tally.until(3)
    assert loops.is_leading
    await loops.stop()
    turns = tally.turns
    assert not loops.is_leading
    await asyncio.sleep(0)
    assert tally.turns == turns


async def test_a_failure_is_logged_and_the_next_turn_tried(tmp_path: Path) -> None:
    """A broken loop harms neither itself nor the others."""
    broken, fine = Tally(breaks=2), Tally()
    loops = leading(tmp_path / "hall.db", broken)
    loops.every(SOON, fine, "fine")
    with capture_logs() as logs:
        await loops.start()
        await asyncio.gather(broken.until(3), fine.until(3))
        await loops.stop()
    assert [(line["event"], line["loop"]) for line in logs] == [("loop_failed", "tally")] * 2


async def test_a_long_runner_is_started_once_and_ended_by_stop(tmp_path: Path) -> None:
    """``always`` keeps one running; stop lets it tidy up."""
    ended: list[str] = []
    running = asyncio.Event()

    async def courier() -> None:
        running.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("tidy")

    loops = Loops(FileLeader(tmp_path / "hall.db"))
    loops.always(courier, "courier")
    await loops.start()
    async with asyncio.timeout(20):
        await running.wait()
    await loops.stop()
    assert ended == ["tidy"]


async def test_a_second_server_on_one_file_is_refused(tmp_path: Path) -> None:
    """At once, with a sentence; when the first has stopped it may start."""
    first, second = Tally(), Tally()
    one, other = (leading(tmp_path / "hall.db", tally) for tally in (first, second))
    await one.start()
    with pytest.raises(Unavailable, match="数据库 hall 正由另一个进程使用，请先停掉它。"):
        await other.start()
    await other.stop()
    await first.until(1)
    await one.stop()
    again = leading(tmp_path / "hall.db", second)
    await again.start()
    await second.until(1)
    await again.stop()


async def test_stopping_what_never_started(tmp_path: Path) -> None:
    """Harmless."""
    await leading(tmp_path / "hall.db", Tally()).stop()


def standing_by(url: str, tally: Tally) -> Loops:
    """Loops of a process on PostgreSQL."""
    loops = Loops(PostgresLeader(sa.make_url(url), ask_again_seconds=SOON))
    loops.every(SOON, tally, "tally")
    return loops


@pytest.mark.postgres
async def test_a_second_process_takes_over(postgres_url: str) -> None:
    """One leads, the other waits without a turn; when the first stops, the second leads."""
    first, second = Tally(), Tally()
    one, other = standing_by(postgres_url, first), standing_by(postgres_url, second)
    await one.start()
    await first.until(1)
    await other.start()
    await first.until(first.turns + 5)
    assert (one.is_leading, other.is_leading, second.turns) == (True, False, 0)
    await one.stop()
    await second.until(1)
    assert other.is_leading
    await other.stop()


@pytest.mark.postgres
async def test_a_leader_that_loses_its_connection_steps_back(postgres_url: str) -> None:
    """Its loops end; whoever gets the lock leads, and there is exactly one."""
    first, second = Tally(), Tally()
    one, other = standing_by(postgres_url, first), standing_by(postgres_url, second)
    await one.start()
    await first.until(1)
    await other.start()
    end_leader(postgres_url)
    turns = [asyncio.create_task(tally.until(tally.turns + 5)) for tally in (first, second)]
    _, waiting = await asyncio.wait(turns, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    assert (one.is_leading, other.is_leading) in {(True, False), (False, True)}
    await asyncio.gather(one.stop(), other.stop())
    assert held(postgres_url) == 0


LOCKS = "FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted AND database = "
LOCKS += "(SELECT oid FROM pg_database WHERE datname = %s)"


def asked(url: str, what: str) -> int:
    """A figure from PostgreSQL's table of locks about the leader's lock."""
    with psycopg.connect(POSTGRES.replace("+psycopg", ""), autocommit=True) as server:
        row = server.execute(f"SELECT {what} {LOCKS}", (LEADER_LOCK, sa.make_url(url).database)).fetchone()
    assert row is not None
    return int(row[0])


def held(url: str) -> int:
    """How many connections hold the leader's lock."""
    return asked(url, "count(*)")


def end_leader(url: str) -> None:
    """The server ends the connection that holds the leader's lock."""
    assert asked(url, "count(pg_terminate_backend(pid))") == 1
