"""What leaves the house: in order for each address, once for each key, again after failure, never late."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from base.clock import Clock, SetClock
from base.db import Database, WriteSession, metadata
from base.outbox import Courier, NotNow, Parcel, ParcelState, Undeliverable, failed, outbox, post


class Carrier:
    """Remembers what it delivered; ``answer`` may raise for a parcel."""

    def __init__(self) -> None:
        self.delivered: list[str] = []
        self.answer: Callable[[Parcel], str] = lambda _parcel: "ok"

    async def __call__(self, parcel: Parcel) -> str:
        """Deliver."""
        receipt = self.answer(parcel)
        self.delivered.append(parcel.body["text"])
        return receipt


@pytest.fixture
def carrier() -> Carrier:
    """A carrier that delivers everything."""
    return Carrier()


@pytest.fixture
def courier(db: Database, carrier: Carrier) -> Courier:
    """A courier that employs it for one channel."""
    made = Courier(db, most_attempts=3)
    made.employ("chat", carrier)
    return made


async def send(db: Database, text: str, address: str = "1", key: str = "", minutes: float = 60) -> None:
    """Post one message."""

    def job(session: WriteSession) -> None:
        ends = session.now + timedelta(minutes=minutes)
        post(session, "chat", address, {"text": text}, key=key or text, expires_at=ends)

    await db.write(job)


async def states(db: Database) -> list[str]:
    """The state of every parcel, oldest first."""
    rows = await db.read(lambda session: session.all(sa.select(outbox.c.state).order_by(outbox.c.id)))
    return [row.state for row in rows]


async def test_order_is_kept_for_an_address(db: Database, courier: Courier, carrier: Carrier) -> None:
    """One at a time, oldest first; another address does not wait."""
    for text, address in (("a", "1"), ("b", "1"), ("c", "2")):
        await send(db, text, address)
    assert await courier.deliver_due() == 2
    assert sorted(carrier.delivered) == ["a", "c"]
    assert await courier.deliver_due() == 1
    assert carrier.delivered[-1] == "b"
    assert await courier.deliver_due() == 0


async def test_a_key_is_sent_once(db: Database, courier: Courier, carrier: Carrier) -> None:
    """Posting again under the same key adds nothing."""
    await send(db, "a", key="k")
    await send(db, "b", key="k")
    await courier.deliver_due()
    assert await courier.deliver_due() == 0
    assert carrier.delivered == ["a"]


async def test_failure_is_tried_again_later_and_in_order(
    db: Database, clock: SetClock, courier: Courier, carrier: Carrier
) -> None:
    """A parcel that failed keeps its place; the one behind it waits."""

    def flood(_parcel: Parcel) -> str:
        raise NotNow("flood", 7)

    carrier.answer = flood
    await send(db, "a")
    await send(db, "b")
    assert await courier.deliver_due() == 1
    assert await courier.deliver_due() == 0
    carrier.answer = lambda _parcel: "ok"
    clock.advance(seconds=7)
    await courier.deliver_due()
    await courier.deliver_due()
    assert carrier.delivered == ["a", "b"]


async def test_what_can_never_be_delivered_steps_aside(db: Database, courier: Courier, carrier: Carrier) -> None:
    """It becomes a dead letter; the next goes out."""

    def blocked(parcel: Parcel) -> str:
        if parcel.body["text"] == "a":
            raise Undeliverable("blocked by the user")
        return "ok"

    carrier.answer = blocked
    await send(db, "a")
    await send(db, "b")
    await courier.deliver_due()
    await courier.deliver_due()
    assert carrier.delivered == ["b"]
    assert [row.note for row in await db.read(failed)] == ["blocked by the user"]


async def test_gives_up_loudly_after_the_last_attempt(
    db: Database, clock: SetClock, courier: Courier, carrier: Carrier
) -> None:
    """A carrier that keeps breaking makes a dead letter, not a loop."""

    def broken(_parcel: Parcel) -> str:
        raise ConnectionError("no route")

    carrier.answer = broken
    await send(db, "a", minutes=600)
    for _ in range(3):
        await courier.deliver_due()
        clock.advance(seconds=901)
    assert await states(db) == [ParcelState.FAILED]


async def test_late_and_unwanted_parcels_are_not_sent(db: Database, clock: SetClock, carrier: Carrier) -> None:
    """Expired ones and those whose condition no longer holds are settled without a delivery."""
    courier = Courier(db)
    courier.employ("chat", carrier, lambda _session, parcel: parcel.body["text"] != "unwanted")
    await send(db, "late", minutes=1)
    await send(db, "unwanted", address="2")
    clock.advance(minutes=2)
    await courier.deliver_due()
    assert await states(db) == [ParcelState.EXPIRED, ParcelState.DROPPED]
    assert carrier.delivered == []


async def test_a_parcel_put_off_goes_when_it_falls_due(db_url: str, carrier: Carrier) -> None:
    """A courier at rest does not sleep over it, whatever its pause."""
    db = Database(db_url, Clock())
    db.migrate(metadata.create_all)
    delivered = asyncio.Event()

    def at_last(_parcel: Parcel) -> str:
        delivered.set()
        return "ok"

    def not_yet(_parcel: Parcel) -> str:
        carrier.answer = at_last
        raise NotNow("频率限制", retry_seconds=0.2)

    carrier.answer = not_yet
    made = Courier(db)
    made.employ("chat", carrier)
    await send(db, "a")
    running = asyncio.create_task(made.run(idle_seconds=3600))
    async with asyncio.timeout(20):
        await delivered.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await db.close()
