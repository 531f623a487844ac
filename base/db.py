"""The database: ``await db.read(job)`` and ``await db.write(job, *lanes)``.

A job is a plain function of a session; nothing in it can await, so no network call can hide in a transaction.
All writing is done by one thread: jobs that wait together run one after another, each in a savepoint, and share
one commit. A job that fails is undone alone. A lane is an opaque string (``hall:3``); on PostgreSQL a batch locks
the lanes of its jobs, sorted, before it runs them, and a job changes only rows of its lanes.
"""

import asyncio
import hashlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, CursorResult, Dialect, Row
from sqlalchemy.sql.base import Executable

from base.clock import Clock
from base.errors import HallError, Unavailable
from base.prepared import Answer, Prepared

log = structlog.get_logger("db")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
BATCH_JOBS = 200
READERS = 4
T = TypeVar("T")
Statement = Executable | Prepared


class Moment(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime, kept as whole microseconds since 1970: equal, ordered and exact on both databases."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 (interface)
        """Turn a datetime into microseconds."""
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (interface)
        """Turn microseconds into a datetime."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


def Key() -> sa.Column[int]:  # noqa: N802 (stands where sa.Column stands)
    """The ``id`` column that every table begins with: 64 bits, never given twice."""
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)


class ReadSession:
    """What a job may do that only looks. ``now`` is the job's one moment."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self.now = now
        self.dialect = connection.dialect.name
        self._connection = connection

    def all(self, statement: Statement, **params: object) -> Sequence[Row[Any]]:
        """Every row."""
        return self._sent(statement, params).all()

    def first(self, statement: Statement, **params: object) -> Row[Any] | None:
        """The first row, if there is one."""
        return self._sent(statement, params).first()

    def value(self, statement: Statement, **params: object) -> Any:  # noqa: ANN401 (a column's own type)
        """The first column of the first row, or None."""
        return self._sent(statement, params).scalar()

    def _sent(self, statement: Statement, params: dict[str, object]) -> "Answer | CursorResult[Any]":
        if isinstance(statement, Prepared):
            return statement.send(self._connection, params)
        return self._connection.execute(statement, params)

    def has_table(self, name: str) -> bool:
        """Whether the database has a table of that name: false before the first migration."""
        return sa.inspect(self._connection).has_table(name)


class WriteSession(ReadSession):
    """What a job may do that changes rows. It never commits."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        super().__init__(connection, now)
        self.topics: list[str] = []

    def run(self, statement: Statement, **params: object) -> int:
        """Carry out a change; the number of rows it touched."""
        return self._sent(statement, params).rowcount

    def run_many(self, statement: Executable, rows: Sequence[dict[str, object]]) -> None:
        """Carry out the same change for each of ``rows``."""
        if rows:
            self._connection.execute(statement, list(rows))

    def hint(self, topics: Iterable[str]) -> None:
        """Wake the pages that listen to ``topics``, once this job is committed."""
        self.topics.extend(topics)


@dataclass(slots=True)
class Counts:
    """What the writer has done since it started."""

    jobs: int = 0
    commits: int = 0
    failed_jobs: int = 0
    deadlocks: int = 0


@dataclass(slots=True)
class _Order:
    job: Callable[[WriteSession], Any]
    lanes: tuple[str, ...]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    result: Any = None
    error: BaseException | None = None
    topics: list[str] = field(default_factory=list)


class Database:
    """One SQLite file or one PostgreSQL database, with one writer thread and a few readers."""

    def __init__(self, url: str, clock: Clock, *, tell: Callable[[list[str]], None] | None = None) -> None:
        self.url = sa.make_url(url)
        self.clock = clock
        self.tell = tell
        self.counts = Counts()
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._write_engine = self._engine("BEGIN IMMEDIATE", isolation="READ COMMITTED", size=1)
        self._read_engine = self._engine("BEGIN", isolation="REPEATABLE READ", size=READERS)
        self._readers = ThreadPoolExecutor(READERS, "hall-read")
        self._kept: Connection | None = None
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_until_closed, name="hall-write", daemon=True)
        self._writer.start()
        self._closed = False

    async def read(self, job: Callable[[ReadSession], T]) -> T:
        """Run ``job`` in a reader thread on one consistent snapshot."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, job)

    async def write(self, job: Callable[[WriteSession], T], *lanes: str) -> T:
        """Run ``job`` in the writer thread; return its result once it is durable.

        Raises what the job raised (then nothing of it remains), or ``Unavailable`` when the database failed and it
        is not known whether the change was kept.
        """
        if self._closed:
            raise Unavailable("系统正在停止，请稍后再操作；刚才的内容没有提交。")
        loop = asyncio.get_running_loop()
        order = _Order(job, lanes, loop.create_future(), loop)
        self._orders.put(order)
        result: T = await order.future
        return result

    async def close(self) -> None:
        """Finish the jobs that wait, then let go of the database."""
        if not self._closed:
            self._closed = True
            self._orders.put(None)
            await asyncio.to_thread(self._writer.join)
            self._readers.shutdown()
            self._write_engine.dispose()
            self._read_engine.dispose()

    def migrate(self, work: Callable[[Connection], None]) -> None:
        """Run ``work`` on a plain connection in one transaction, outside the writer: for migrations and tests only."""
        with self._write_engine.begin() as connection:
            work(connection)

    def _engine(self, begin: str, *, isolation: str, size: int) -> sa.Engine:
        if not self.is_sqlite:
            return sa.create_engine(
                self.url,
                isolation_level=isolation,
                pool_size=size,
                max_overflow=1,
                pool_pre_ping=True,
                json_serializer=_as_json,
                json_deserializer=msgspec.json.decode,
            )
        engine = sa.create_engine(
            self.url,
            json_serializer=_as_json,
            json_deserializer=msgspec.json.decode,
            poolclass=sa.pool.QueuePool,
            pool_size=size,
            max_overflow=1,
            connect_args={"check_same_thread": False, "timeout": 10, "isolation_level": None},
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    def _read(self, job: Callable[[ReadSession], T]) -> T:
        try:
            with self._read_engine.connect() as connection:
                return job(ReadSession(connection, self.clock.now()))
        except sa.exc.OperationalError as failure:
            log.exception("read_failed")
            raise Unavailable("数据库暂时读不出来，请过一会儿再试。") from failure

    def _write_until_closed(self) -> None:
        while (batch := self._next_batch()) is not None:
            self._commit(batch)
            _answer(batch, self.tell)
        self._let_go()

    def _next_batch(self) -> list[_Order] | None:
        first = self._orders.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < BATCH_JOBS:
            try:
                order = self._orders.get_nowait()
            except queue.Empty:
                break
            if order is None:
                self._orders.put(None)
                break
            batch.append(order)
        return batch

    def _commit(self, batch: list[_Order]) -> None:
        try:
            with self._transaction() as connection:
                self._lock_lanes(connection, batch)
                for order in batch:
                    self._run(connection, order, alone=len(batch) == 1)
            self.counts.commits += 1
            self.counts.jobs += len(batch)
        except _Undone:
            self.counts.failed_jobs += 1
        except Exception as failure:
            self.counts.deadlocks += "deadlock" in str(failure).lower()
            log.exception("commit_failed", jobs=len(batch))
            for order in batch:
                order.topics.clear()
                order.error = Unavailable("数据库暂时写不进去，不能确认刚才的操作是否成功，请稍后重试。")
            self._let_go()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """SQLite's one writing connection stays open from batch to batch; PostgreSQL's is tried before each."""
        if not self.is_sqlite:
            with self._write_engine.begin() as connection:
                yield connection
            return
        if self._kept is None:
            self._kept = self._write_engine.connect()
        with self._kept.begin():
            yield self._kept

    def _let_go(self) -> None:
        """After a failure nobody knows in which state the connection is: the next batch takes a new one."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.invalidate()  # no ROLLBACK, which might fail as well and end the writer
            kept.close()

    def _lock_lanes(self, connection: Connection, batch: list[_Order]) -> None:
        if self.is_sqlite:
            return
        for number in sorted({_lane_number(lane) for order in batch for lane in order.lanes}):
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (number,))

    def _run(self, connection: Connection, order: _Order, *, alone: bool) -> None:
        session = WriteSession(connection, self.clock.now())
        if not alone:
            _say(connection, "SAVEPOINT job")
        try:
            order.result = order.job(session)
            order.topics = session.topics
        except Exception as error:
            order.error = error
            if alone:
                raise _Undone from error
            if connection.invalidated:
                raise
            self.counts.failed_jobs += 1
            _say(connection, "ROLLBACK TO SAVEPOINT job")
        if not alone:
            _say(connection, "RELEASE SAVEPOINT job")


def _say(connection: Connection, words: str) -> None:
    """Send a word of transaction control straight to the driver: it has neither values nor rows."""
    driver: Any = connection.connection.dbapi_connection
    driver.execute(words)


class _Undone(Exception):
    """The only job of a batch failed: roll the transaction back and tell its caller why."""


def _answer(batch: list[_Order], tell: Callable[[list[str]], None] | None) -> None:
    """Wake each caller in its own event loop, then send the hints out."""
    for loop in {order.loop for order in batch}:
        mine = [order for order in batch if order.loop is loop]
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, mine, tell)


def _resolve(orders: list[_Order], tell: Callable[[list[str]], None] | None) -> None:
    for order in orders:
        if order.future.cancelled():
            continue
        if order.error is None:
            order.future.set_result(order.result)
        else:
            order.future.set_exception(_as_told(order.error))
    topics = list(dict.fromkeys(topic for order in orders if order.error is None for topic in order.topics))
    if tell is not None and topics:
        tell(topics)


def _as_told(error: BaseException) -> BaseException:
    if isinstance(error, sa.exc.OperationalError) and not isinstance(error, HallError):
        told = Unavailable("数据库暂时写不进去，刚才的操作没有生效，请稍后重试。")
        told.__cause__ = error
        return told
    return error


def _as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _lane_number(lane: str) -> int:
    return int.from_bytes(hashlib.blake2b(lane.encode(), digest_size=8).digest(), "big", signed=True)


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 (sqlite3's own type)
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=10000",
        "cache_size=-32000",
        "temp_store=MEMORY",  # what a savepoint may have to undo: as a file it was most of what a batch wrote
    ):
        connection.execute(f"PRAGMA {pragma}")
