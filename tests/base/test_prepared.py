"""Prepared statements answer exactly as plain ones do, on both databases."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from base.db import Database, Key, Moment, ReadSession, WriteSession, metadata
from base.errors import Unavailable
from base.prepared import prepared

_all_kinds = sa.Table(
    "test_all_kinds",
    metadata,
    Key(),
    sa.Column("at", Moment),
    sa.Column("day", sa.Date),
    sa.Column("is_on", sa.Boolean),
    sa.Column("bag", sa.JSON),
    sa.Column("name", sa.String(20), unique=True),
)
metadata.remove(_all_kinds)
ROW = {
    "at": datetime(2026, 3, 2, 1, 0, 0, 123456, tzinfo=UTC),
    "day": date(2026, 3, 2),
    "is_on": True,
    "bag": {"一": [1, None]},
    "name": "甲",
}
EMPTY = {"at": None, "day": None, "is_on": None, "bag": None, "name": None}
_ADD = sa.insert(_all_kinds).returning(_all_kinds.c.id)
_ADD_ONLY = sa.insert(_all_kinds)
_FIND = sa.select(_all_kinds).where(_all_kinds.c.id >= sa.bindparam("least")).order_by(_all_kinds.c.id).limit(5)
_MEAN = sa.select(sa.func.avg(_all_kinds.c.id) + sa.literal(0.5), sa.func.count().label("rows"))
_RENAME = sa.update(_all_kinds).where(_all_kinds.c.name == sa.bindparam("was")).values(name=sa.bindparam("now"))


@pytest.fixture
async def kinds(db: Database) -> AsyncIterator[Database]:
    """A table with a column of every kind."""
    db.migrate(_all_kinds.create)
    yield db
    db.migrate(_all_kinds.drop)


async def test_rows_are_those_of_the_plain_statement(kinds: Database) -> None:
    """Moments, dates, flags, JSON, text, nothing."""

    def job(session: WriteSession) -> None:
        add, find, mean = prepared(_ADD), prepared(_FIND), prepared(_MEAN)
        assert [session.value(add, **ROW), session.value(add, **EMPTY)] == [1, 2]
        assert session.run(prepared(_ADD_ONLY), name="乙") == 1
        for least in (1, 2, 9):
            assert [tuple(row) for row in session.all(find, least=least)] == [
                tuple(row) for row in session.all(_FIND, least=least)
            ]
        first, plain = session.first(find, least=1), session.first(_FIND, least=1)
        assert first is not None
        assert plain is not None
        assert (first.at, first.bag, first.is_on) == (plain.at, plain.bag, plain.is_on)
        assert session.first(find, least=9) is None
        assert session.value(find, least=9) is None
        assert float(session.value(mean)) == float(session.value(_MEAN))

    await kinds.write(job)


async def test_change_counts_rows(kinds: Database) -> None:
    """As ``run`` promises; values are given afresh each time."""

    def job(session: WriteSession) -> list[int]:
        session.run(_ADD_ONLY, name="甲")
        rename = prepared(_RENAME)
        return [session.run(rename, was=was, now=now) for was, now in (("甲", "丙"), ("甲", "丁"), ("丙", "丁"))]

    assert await kinds.write(job) == [1, 0, 1]


async def test_reading_begins_a_transaction_of_its_own(kinds: Database) -> None:
    """A prepared statement may be a read session's first."""

    def job(session: ReadSession) -> int:
        return len(session.all(prepared(_FIND), least=1))

    assert await kinds.read(job) == 0


async def test_broken_rule_is_told_as_sqlalchemy_tells_it(kinds: Database) -> None:
    """And the job leaves nothing."""

    def job(session: WriteSession) -> None:
        session.run(prepared(_ADD_ONLY), name="甲")
        session.run(prepared(_ADD_ONLY), name="甲")

    with pytest.raises(sa.exc.IntegrityError):
        await kinds.write(job)
    assert await kinds.read(lambda session: session.all(_FIND, least=1)) == []


async def test_failing_database_is_unavailable(db: Database) -> None:
    """A missing table on SQLite is an operational error, on PostgreSQL a programming one; neither passes silently."""
    with pytest.raises((Unavailable, sa.exc.ProgrammingError)):
        await db.read(lambda session: session.all(prepared(_FIND), least=1))


def test_growing_list_is_refused() -> None:
    """``IN`` of a list is compiled anew each time, so it stays plain."""
    many = prepared(sa.select(_all_kinds).where(_all_kinds.c.id.in_([1, 2])))
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection, pytest.raises(TypeError):
        many.send(connection, {})
    engine.dispose()
