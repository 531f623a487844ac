"""A second process in the race: ``python -m tests.hallqueue.race_worker URL HALL FIRST_CLERK CLERKS TAKES``."""

import asyncio
import json
import sys
from collections.abc import Iterator
from functools import partial

from base.clock import Clock
from base.db import Database
from hallqueue import Desk, Hall, LegView, Order, QueueSettings, Taking

SERVICE = "A"
PATIENCE = 3


async def race(db: Database, hall: int, clerks: list[int], takes: int) -> dict[str, list[str]]:
    """16 clients take ``takes`` numbers while the clerks of ``clerks`` call until told that there are none."""
    place, desk = Hall(QueueSettings()), Desk(QueueSettings())
    left = iter(range(takes))
    done = asyncio.Event()

    async def visitor(todo: Iterator[int]) -> list[str]:
        wish = Taking(SERVICE)
        return [(await db.write(lambda s: place.take(s, hall, wish), f"hall:{hall}")).number for _ in todo]

    async def clerk(counter: int) -> list[str]:
        staff, called = f"staff:{counter}", list[str]()
        await db.write(lambda s: desk.open(s, hall, counter, staff), f"hall:{hall}")
        empty = 0
        while empty < PATIENCE or not done.is_set():
            leg = await db.write(lambda s: desk.call_next(s, hall, counter, staff), f"hall:{hall}")
            if leg is None:
                empty += done.is_set()
                continue
            called.append(leg.number)
            await serve(db, desk, leg)
        return called

    calling = [asyncio.create_task(clerk(counter)) for counter in clerks]
    taken = await asyncio.gather(*(visitor(left) for _ in range(16)))
    done.set()
    called = await asyncio.gather(*calling)
    return {"taken": [one for some in taken for one in some], "called": [one for some in called for one in some]}


async def serve(db: Database, desk: Desk, leg: LegView) -> None:
    """Start and finish a called leg at its counter."""
    counter = leg.counter or 0
    for command in ("start", "finish"):
        order = Order(command, leg.leg, leg.version)
        job = partial(desk.act, hall=leg.hall, counter=counter, staff=f"staff:{counter}", order=order)
        leg = await db.write(job, f"hall:{leg.hall}")


async def main(url: str, hall: int, first: int, clerks: int, takes: int) -> None:
    """Race in this process and print what it was told."""
    db = Database(url, Clock())
    heard = await race(db, hall, list(range(first, first + clerks)), takes)
    await db.close()
    print(json.dumps({**heard, "deadlocks": db.counts.deadlocks}))  # noqa: T201 (read by the test)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:])))
