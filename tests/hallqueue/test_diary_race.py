"""The race for the last seats: many callers at once, each seat once, on both databases and past the lanes too."""

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from base.clock import Clock, SetClock
from base.db import Database, metadata
from base.errors import Conflict
from hallqueue import Booking, Diary, QueueSettings
from tests.conftest import START
from tests.hallqueue.builders import opened

CALLERS = 40
WISH = Booking(service="A", slot_at=datetime(2026, 3, 3, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai")))


async def seats_taken(databases: list[Database], hall: int, *, in_lane: bool) -> list[str]:
    """What each of ``CALLERS`` is told: a code, or that the slot is full."""
    diary = Diary(QueueSettings(booking_share_percent=100))

    async def caller(number: int) -> str:
        lanes = (f"hall:{hall}",) if in_lane else ()
        try:
            made = await databases[number % len(databases)].write(lambda s: diary.book(s, hall, WISH), *lanes)
        except Conflict as refusal:
            return "full" if refusal.field == "slot_at" else refusal.message
        return made.code

    return await asyncio.gather(*map(caller, range(CALLERS)))


def is_fair(told: list[str]) -> bool:
    """Three seats, three different codes, everybody else was told."""
    codes = [one for one in told if one != "full"]
    return len(codes) == len(set(codes)) == 3 and len(told) == CALLERS


async def test_many_callers_for_the_last_seats(db: Database, clock: SetClock) -> None:
    """One process: the seats go once each."""
    house = await opened(db, clock)
    assert is_fair(await seats_taken([db], house.id, in_lane=True))
    assert await house.column("SELECT DISTINCT seat FROM appointment WHERE has_seat ORDER BY seat") == [1, 2, 3]


@pytest.mark.postgres
@pytest.mark.parametrize("in_lane", [True, False])
async def test_two_servers_for_the_last_seats(postgres_url: str, in_lane: bool) -> None:  # noqa: FBT001 (a case of the test)
    """Two writers at one database, in the hall's lane and, what must hold as well, by the unique row alone."""
    clock: Clock = SetClock(START)
    databases = [Database(postgres_url, clock) for _ in range(2)]
    databases[0].migrate(metadata.create_all)
    house = await opened(databases[0], SetClock(START))
    assert is_fair(await seats_taken(databases, house.id, in_lane=in_lane))
    assert sum(one.counts.deadlocks for one in databases) == 0
    for one in databases:
        await one.close()
