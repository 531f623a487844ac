"""The race: sixteen clients, two hundred tickets, sixteen counters; each number once, none left."""

import asyncio
import dataclasses
import json
import sys
from typing import Any

import pytest

from base.clock import Clock
from base.db import Database, metadata
from hallqueue import Desk, Hall, HallFile, QueueSettings, load_hall_file
from tests.hallqueue.race_worker import race, serve

COUNTERS = 16
TAKES = 200
NUMBERS = [f"A{serial:03d}" for serial in range(1, TAKES + 1)]
pytestmark = pytest.mark.slow


def wide_hall(code: str = "RACE") -> HallFile:
    """A hall with sixteen counters for one service."""
    shipped = load_hall_file()
    pattern = shipped.counters[1]
    counters = tuple(dataclasses.replace(pattern, number=number) for number in range(1, COUNTERS + 1))
    return dataclasses.replace(
        shipped,
        hall=dataclasses.replace(shipped.hall, code=code),
        services=shipped.services[:1],
        counters=counters,
    )


async def founded(db: Database, code: str = "RACE") -> int:
    """The wide hall's id."""
    place = Hall(QueueSettings())
    return await db.write(lambda session: place.found(session, wide_hall(code)))


async def test_race_in_one_process(db_url: str) -> None:
    """Distinct, gapless, nobody twice, nobody left."""
    db = Database(db_url, Clock())
    db.migrate(metadata.create_all)
    heard = await race(db, await founded(db), list(range(1, COUNTERS + 1)), TAKES)
    assert sorted(heard["taken"]) == NUMBERS
    assert sorted(heard["called"]) == NUMBERS
    assert db.counts.deadlocks == 0
    await db.close()


async def run_worker(url: str, hall: int, first: int) -> dict[str, Any]:
    """One process with half of the clerks and half of the visitors."""
    words = (url, str(hall), str(first), str(COUNTERS // 2), str(TAKES // 2))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.hallqueue.race_worker", *words, stdout=asyncio.subprocess.PIPE
    )
    answer, _ = await process.communicate()
    assert process.returncode == 0
    heard: dict[str, Any] = json.loads(answer)
    return heard


@pytest.mark.postgres
async def test_race_of_two_processes(postgres_url: str) -> None:
    """On PostgreSQL, in one hall: the lane keeps the order, nothing deadlocks, and a last call empties the line."""
    db = Database(postgres_url, Clock())
    db.migrate(metadata.create_all)
    hall = await founded(db)
    halves = await asyncio.gather(*(run_worker(postgres_url, hall, first) for first in (1, 1 + COUNTERS // 2)))
    called = [one for half in halves for one in half["called"]]
    desk = Desk(QueueSettings())
    while leg := await db.write(lambda session: desk.call_next(session, hall, 1, "staff:1"), f"hall:{hall}"):
        called.append(leg.number)
        await serve(db, desk, leg)
    assert sorted(one for half in halves for one in half["taken"]) == NUMBERS
    assert sorted(called) == NUMBERS
    assert [half["deadlocks"] for half in halves] == [0, 0]
    await db.close()
