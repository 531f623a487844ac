"""The unit of work: one writer, savepoints, one commit for those that wait together, lanes, both databases."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from base.clock import Clock, SetClock
from base.db import Database, Key, Moment, ReadSession, WriteSession, metadata
from base.errors import BadInput, Unavailable
from base.journal import audit, history, record

notes = sa.Table("test_note", metadata, Key(), sa.Column("words", sa.String(40), unique=True), sa.Column("at", Moment))


def note(words: str) -> Callable[[WriteSession], int]:
    """Make a job that writes ``words``."""
    return lambda session: session.run(sa.insert(notes), words=words, at=session.now)


def words(session: ReadSession) -> list[str]:
    """Every note, oldest first."""
    return [row.words for row in session.all(sa.select(notes).order_by(notes.c.id))]


async def test_jobs_that_wait_together_share_one_commit(db: Database) -> None:
    """A hundred callers cost far fewer commits than a hundred."""
    await asyncio.gather(*(db.write(note(f"n{number}"), "hall:1") for number in range(100)))
    assert len(await db.read(words)) == 100
    assert db.counts.jobs == 100
    assert db.counts.commits <= 5


async def test_a_failing_job_is_undone_alone(db: Database) -> None:
    """Its neighbours in the batch are kept; its caller gets what it raised; its hints are not sent."""
    told: list[str] = []
    db.tell = told.extend

    def bad(session: WriteSession) -> None:
        session.run(sa.insert(notes), words="bad", at=session.now)
        record(session, "system", "spoil", "note:1", ["spoilt"])
        raise BadInput("不对")

    def good(session: WriteSession) -> None:
        session.run(sa.insert(notes), words="good", at=session.now)
        session.hint(["fine"])

    outcomes = await asyncio.gather(db.write(good), db.write(bad), db.write(note("other")), return_exceptions=True)
    assert isinstance(outcomes[1], BadInput)
    assert await db.read(words) == ["good", "other"]
    assert told == ["fine"]
    assert await db.read(lambda session: session.all(sa.select(audit))) == []


async def test_a_lone_failing_job_leaves_nothing(db: Database) -> None:
    """Without neighbours the whole transaction is rolled back."""

    def bad(session: WriteSession) -> None:
        session.run(sa.insert(notes), words="bad", at=session.now)
        raise BadInput("不对")

    with pytest.raises(BadInput):
        await db.write(bad)
    assert await db.read(words) == []


async def test_a_broken_statement_spoils_nobody_else(db: Database) -> None:
    """A duplicate key inside a batch is undone with its savepoint."""
    await db.write(note("once"))
    outcomes = await asyncio.gather(
        db.write(note("a")), db.write(note("once")), db.write(note("b")), return_exceptions=True
    )
    assert isinstance(outcomes[1], sa.exc.IntegrityError)
    assert await db.read(words) == ["once", "a", "b"]


async def test_moments_come_back_as_they_went(db: Database, clock: SetClock) -> None:
    """To the microsecond, aware, in UTC."""
    clock.set(datetime(2026, 2, 28, 15, 59, 59, 999_999, tzinfo=UTC))
    await db.write(note("late"))
    assert await db.read(lambda session: session.value(sa.select(notes.c.at))) == clock.now()


async def test_after_close_nothing_is_accepted(db: Database) -> None:
    """A caller that comes too late is told so; what waited was kept."""
    waiting = [asyncio.ensure_future(db.write(note(f"w{number}"))) for number in range(20)]
    await asyncio.sleep(0)
    await db.close()
    await asyncio.gather(*waiting)
    with pytest.raises(Unavailable):
        await db.write(note("late"))


async def test_history_tells_a_subject_in_order(db: Database) -> None:
    """The journal keeps who did what, in order."""
    for action in ("take", "call"):
        await db.write(lambda session, action=action: record(session, "staff:1", action, "ticket:1"))  # type: ignore[misc]
    rows = await db.read(lambda session: history(session, "ticket:1"))
    assert [(row.actor, row.action) for row in rows] == [("staff:1", "take"), ("staff:1", "call")]


@pytest.mark.postgres
async def test_lanes_from_two_databases_never_deadlock(postgres_url: str) -> None:
    """Two writers of one database that take lanes in any order both finish, and no deadlock is counted."""
    pair = [Database(postgres_url, Clock()) for _ in range(2)]
    pair[0].migrate(metadata.create_all)
    jobs = [
        db.write(note(f"{side}-{number}"), f"hall:{number % 3}", f"hall:{(number + side) % 3}")
        for number in range(60)
        for side, db in enumerate(pair)
    ]
    await asyncio.gather(*jobs)
    assert len(await pair[0].read(words)) == 120
    assert [db.counts.deadlocks for db in pair] == [0, 0]
    for db in pair:
        await db.close()
