"""The audit is sealed in batches; a changed or missing row is found."""

import sqlalchemy as sa

from base.clock import SetClock
from base.db import Database
from base.journal import audit, record, seal, verify


async def fill(db: Database, clock: SetClock, rows: int) -> None:
    """Write ``rows`` audit rows and let a minute pass."""
    for number in range(rows):
        await db.write(lambda session, number=number: record(session, "staff:1", "take", f"ticket:{number}"))  # type: ignore[misc]
    clock.advance(minutes=2)


async def test_sealed_rows_verify(db: Database, clock: SetClock) -> None:
    """Two seals in a chain, both hold."""
    await fill(db, clock, 3)
    assert await db.write(seal) == 3
    await fill(db, clock, 2)
    assert await db.write(seal) == 2
    assert await db.read(verify) == []


async def test_young_rows_wait(db: Database) -> None:
    """Rows of the last minute may still be joined by a late committer: not sealed yet."""
    await db.write(lambda session: record(session, "staff:1", "take", "ticket:1"))
    assert await db.write(seal) == 0


async def test_a_changed_row_is_found(db: Database, clock: SetClock) -> None:
    """Only the seal that covers it breaks; the later one still holds."""
    await fill(db, clock, 3)
    await db.write(seal)
    await fill(db, clock, 3)
    await db.write(seal)
    await db.write(lambda session: session.run(sa.update(audit).where(audit.c.id == 2).values(actor="staff:9")))
    assert len(await db.read(verify)) == 1


async def test_a_missing_row_is_found(db: Database, clock: SetClock) -> None:
    """Deleting from the middle shows."""
    await fill(db, clock, 3)
    await db.write(seal)
    await db.write(lambda session: session.run(sa.delete(audit).where(audit.c.id == 2)))
    assert len(await db.read(verify)) == 1
