"""One process of the two-process benchmark: 16 callers take and call, mixed; prints jobs a second and deadlocks."""

import asyncio
import random
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from base.clock import Clock
from base.db import Database, WriteSession
from base.errors import Conflict
from hallqueue import HALL_FILE, Desk, Hall, Order, QueueSettings, Taking, load_hall_file

SECONDS = 6.0
CALLERS = 16


async def main(url: str, halls: int, side: int) -> None:
    """Work for a few seconds and print what was done."""
    db = Database(url, Clock())
    hall, desk = Hall(QueueSettings()), Desk(QueueSettings())
    numbers = [await db.write(lambda s, code=f"H{n}": _found(s, hall, code), "found") for n in range(halls)]  # type: ignore[misc]
    ends, done = time.perf_counter() + SECONDS, 0

    async def work(caller: int) -> None:
        nonlocal done
        number, counter = numbers[caller % halls], 2 + (side * CALLERS + caller) % 16
        staff = f"staff:{side * CALLERS + caller + 1}"
        while time.perf_counter() < ends:
            wish = Taking(random.choice("ABCDEFGH"))
            await db.write(lambda s, wish=wish: hall.take(s, number, wish), f"hall:{number}")  # type: ignore[misc]
            await db.write(lambda s: _serve(s, desk, (number, counter, staff)), f"hall:{number}")
            done += 2

    await asyncio.gather(*(work(caller) for caller in range(CALLERS)))
    print(done / SECONDS, db.counts.deadlocks)  # noqa: T201 (the parent reads it)
    await db.close()


def _found(session: WriteSession, hall: Hall, code: str) -> int:
    read = load_hall_file(HALL_FILE)
    return hall.found(session, replace(read, hall=replace(read.hall, code=code)))


def _serve(session: WriteSession, desk: Desk, where: tuple[int, int, str]) -> None:
    """Call the next visitor and finish them at once; another caller may hold the counter."""
    number, counter, staff = where
    try:
        if desk.session_of(session, number, staff) is None:
            desk.open(session, number, counter, staff)
        leg = desk.call_next(session, number, counter, staff)
        if leg is not None:
            leg = desk.act(session, number, counter, staff, Order("start", leg.leg, leg.version))
            desk.act(session, number, counter, staff, Order("finish", leg.leg, leg.version))
    except Conflict:
        return


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
