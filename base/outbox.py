"""What must leave the house (a chat message, a text, a slip) is a row; a courier delivers it outside any transaction.

At least once: a courier that dies between delivery and its note delivers again. The order is kept for each
(channel, address); a parcel that can't be delivered steps aside and stays to be seen.
"""

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from base.db import Database, Key, Moment, ReadSession, WriteSession, metadata

log = structlog.get_logger("outbox")


class ParcelState(StrEnum):
    """Where a parcel stands."""

    WAITING = "waiting"
    SENT = "sent"
    EXPIRED = "expired"
    DROPPED = "dropped"
    FAILED = "failed"


outbox = sa.Table(
    "outbox",
    metadata,
    Key(),
    sa.Column("key", sa.String(120), nullable=False, unique=True),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("address", sa.String(120), nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("condition", sa.String(120)),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("expires_at", Moment),
    sa.Column("done_at", Moment),
    sa.Column("note", sa.String(400), nullable=False),
    sa.Index(
        "ix_outbox_waiting",
        "channel",
        "address",
        "id",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    ),
)
TOPIC = "outbox"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One thing to deliver; ``condition`` is an opaque string that its sender asked to be rechecked."""

    id: int
    channel: str
    address: str
    body: dict[str, Any]
    condition: str | None
    attempts: int
    expires_at: datetime | None


class NotNow(Exception):
    """The carrier could not deliver at present; try again after ``retry_seconds`` (None: back off)."""

    def __init__(self, reason: str, retry_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.retry_seconds = retry_seconds


class Undeliverable(Exception):
    """The carrier will never deliver this parcel."""


Carrier = Callable[[Parcel], Awaitable[str]]
Check = Callable[[ReadSession, Parcel], bool]


def post(
    session: WriteSession,
    channel: str,
    address: str,
    body: Mapping[str, object],
    *,
    key: str,
    expires_at: datetime | None = None,
    condition: str | None = None,
) -> None:
    """Put a parcel in the outbox with this transaction; a ``key`` that was used before adds nothing."""
    session.run(
        _ADD[session.dialect],
        key=key,
        channel=channel,
        address=address,
        body=dict(body),
        condition=condition,
        state=ParcelState.WAITING,
        attempts=0,
        note="",
        created_at=session.now,
        due_at=session.now,
        expires_at=expires_at,
    )
    session.hint([TOPIC])


def known(session: ReadSession, keys: Sequence[str]) -> set[str]:
    """Which of ``keys`` were posted already."""
    return {row.key for row in session.all(_KNOWN, keys=list(keys))} if keys else set()


def failed(session: ReadSession, limit: int = 100) -> list[Any]:
    """The dead letters, newest first."""
    return list(session.all(_FAILED, limit=limit))


_ADD = {
    "sqlite": sqlite.insert(outbox).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(outbox).on_conflict_do_nothing(),
}


_other = outbox.alias()
_FIRST_IN_LINE = sa.and_(
    outbox.c.state == sa.literal_column("'waiting'"),
    outbox.c.channel.in_(sa.bindparam("channels", expanding=True)),
    ~sa.exists().where(
        _other.c.state == sa.literal_column("'waiting'"),
        _other.c.channel == outbox.c.channel,
        _other.c.address == outbox.c.address,
        _other.c.id < outbox.c.id,
    ),
)
_DUE = sa.select(outbox).where(_FIRST_IN_LINE, outbox.c.due_at <= sa.bindparam("now")).order_by(outbox.c.id).limit(100)
_KNOWN = sa.select(outbox.c.key).where(outbox.c.key.in_(sa.bindparam("keys", expanding=True)))
_FAILED = sa.select(outbox).where(outbox.c.state == "failed").order_by(outbox.c.id.desc()).limit(sa.bindparam("limit"))
_NEXT_DUE = sa.select(sa.func.min(outbox.c.due_at)).where(_FIRST_IN_LINE)
_SETTLE = (
    sa.update(outbox)
    .where(outbox.c.id == sa.bindparam("parcel"))
    .values(
        state=sa.bindparam("to"),
        attempts=sa.bindparam("tries"),
        due_at=sa.bindparam("due"),
        done_at=sa.bindparam("done"),
        note=sa.bindparam("why"),
    )
)


class Courier:
    """Delivers parcels: one at a time for each address, several addresses at once, with growing pauses on failure."""

    def __init__(self, db: Database, *, most_attempts: int = 12, at_once: int = 8) -> None:
        self._db = db
        self._carriers: dict[str, Carrier] = {}
        self._checks: dict[str, Check] = {}
        self._most_attempts = most_attempts
        self._gate = asyncio.Semaphore(at_once)
        self._wake = asyncio.Event()

    def employ(self, channel: str, carrier: Carrier, check: Check | None = None) -> None:
        """Let ``carrier`` deliver what goes to ``channel``; ``check`` says just before whether it is still wanted."""
        self._carriers[channel] = carrier
        if check:
            self._checks[channel] = check

    def wake(self, _topic: str = TOPIC) -> None:
        """There may be something to deliver."""
        self._wake.set()

    async def run(self, idle_seconds: float = 5.0) -> None:
        """Deliver until cancelled; look again after ``idle_seconds``, or sooner when something falls due."""
        while True:
            self._wake.clear()
            if not await self.deliver_due():
                pause = min(idle_seconds, await self._seconds_to_next())
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), pause)

    async def deliver_due(self) -> int:
        """Try every parcel that is due and first in its line; how many were tried."""
        channels = list(self._carriers)
        rows = await self._db.read(lambda session: session.all(_DUE, now=session.now, channels=channels))
        await asyncio.gather(*(self._deliver(_parcel(row)) for row in rows))
        return len(rows)

    async def _seconds_to_next(self) -> float:
        """How long until a parcel that waits for its moment falls due; infinite if none does."""
        channels, clock = list(self._carriers), self._db.clock
        due = await self._db.read(lambda session: session.value(_NEXT_DUE, channels=channels))
        return math.inf if due is None else max((due - clock.now()).total_seconds(), 0.0) / clock.speed

    async def _deliver(self, parcel: Parcel) -> None:
        async with self._gate:
            now = self._db.clock.now()
            if parcel.expires_at is not None and parcel.expires_at <= now:
                await self._settle(parcel, ParcelState.EXPIRED, "过期未送")
            elif not await self._is_wanted(parcel):
                await self._settle(parcel, ParcelState.DROPPED, "情况已变，不再需要")
            else:
                await self._try(parcel)

    async def _is_wanted(self, parcel: Parcel) -> bool:
        check = self._checks.get(parcel.channel)
        return check is None or await self._db.read(lambda session: check(session, parcel))

    async def _try(self, parcel: Parcel) -> None:
        try:
            receipt = await self._carriers[parcel.channel](parcel)
        except Undeliverable as reason:
            await self._settle(parcel, ParcelState.FAILED, str(reason))
        except NotNow as reason:
            await self._later(parcel, str(reason), reason.retry_seconds)
        except Exception as failure:
            log.exception("carrier_broke", channel=parcel.channel, parcel=parcel.id)
            await self._later(parcel, f"{type(failure).__name__}: {failure}", None)
        else:
            await self._settle(parcel, ParcelState.SENT, receipt)

    async def _later(self, parcel: Parcel, reason: str, retry_seconds: float | None) -> None:
        if parcel.attempts + 1 >= self._most_attempts and retry_seconds is None:
            await self._settle(parcel, ParcelState.FAILED, reason)
            return
        pause = retry_seconds if retry_seconds is not None else min(2.0**parcel.attempts, 900.0)
        await self._settle(parcel, ParcelState.WAITING, reason, pause)

    async def _settle(self, parcel: Parcel, state: ParcelState, note: str, pause: float = 0.0) -> None:
        if state is ParcelState.FAILED:
            log.warning("parcel_failed", channel=parcel.channel, parcel=parcel.id, note=note)

        def job(session: WriteSession) -> None:
            due = session.now + timedelta(seconds=pause)
            done = None if state is ParcelState.WAITING else session.now
            session.run(
                _SETTLE, parcel=parcel.id, to=state, tries=parcel.attempts + 1, due=due, done=done, why=note[:400]
            )

        await self._db.write(job)


def _parcel(row: Any) -> Parcel:  # noqa: ANN401 (a database row)
    return Parcel(row.id, row.channel, row.address, row.body, row.condition, row.attempts, row.expires_at)
