"""Supervised background loops: one leader runs them, a failure is logged and the next turn tried, stop is clean."""

import asyncio
import fcntl
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import IO, Any, Never

import psycopg
import sqlalchemy as sa
import structlog

from base.errors import Unavailable

log = structlog.get_logger("loops")

LEADER_LOCK = 7_246_011
ASK_AGAIN_SECONDS = 5.0


class FileLeader:
    """SQLite: whoever holds the lock file beside the database is the one process that serves it."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_suffix(".lock")
        self._file: IO[str] | None = None

    async def win(self) -> None:
        """Take the lock at once, or raise ``Unavailable``: two servers on one file are a mistake."""
        self._file = self._path.open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as failure:
            raise Unavailable(f"数据库 {self._path.stem} 正由另一个进程使用，请先停掉它。") from failure

    async def keep(self) -> None:
        """Hold it for ever."""
        await asyncio.Event().wait()

    async def release(self) -> None:
        """Let go."""
        if self._file:
            self._file.close()


class PostgresLeader:
    """PostgreSQL: whoever holds the advisory lock, on a connection of its own, leads; the others wait."""

    def __init__(self, url: sa.URL, *, ask_again_seconds: float = ASK_AGAIN_SECONDS) -> None:
        self._url = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._ask_again_seconds = ask_again_seconds
        self._connection: psycopg.AsyncConnection | None = None

    async def win(self) -> None:
        """Wait until this process leads."""
        while True:
            try:
                if await self._try():
                    return
            except psycopg.Error as failure:
                log.warning("leader_lost", error=str(failure))
            await asyncio.sleep(self._ask_again_seconds)

    async def keep(self) -> None:
        """Return when the lock's connection has died."""
        while self._connection and not self._connection.closed:
            try:
                await self._connection.execute("SELECT 1")
            except psycopg.Error:
                return
            await asyncio.sleep(self._ask_again_seconds)

    async def release(self) -> None:
        """Let go: closing the connection frees the lock."""
        if self._connection:
            await self._connection.close()

    async def _try(self) -> bool:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
        answer = await self._connection.execute("SELECT pg_try_advisory_lock(%s)", (LEADER_LOCK,))
        row = await answer.fetchone()
        return bool(row and row[0])


Leader = FileLeader | PostgresLeader


class Loops:
    """The house's loops. Register with ``every`` or ``always``, then ``start``; ``stop`` waits for what is running."""

    def __init__(self, leader: Leader) -> None:
        self._leader = leader
        self._loops: list[tuple[str, Callable[[], Coroutine[Any, Any, Never]]]] = []
        self._task: asyncio.Task[None] | None = None
        self.is_leading = False

    def every(self, seconds: float, act: Callable[[], Awaitable[object]], name: str) -> None:
        """While this process leads, await ``act()`` and then pause ``seconds``, again and again."""

        async def forever() -> Never:
            while True:
                await _survive(act, name)
                await asyncio.sleep(seconds)

        self._loops.append((name, forever))

    def always(self, run: Callable[[], Awaitable[object]], name: str) -> None:
        """While this process leads, keep ``run()`` running; start it again when it ends or breaks."""

        async def forever() -> Never:
            while True:
                await _survive(run, name)
                await asyncio.sleep(1.0)

        self._loops.append((name, forever))

    async def start(self) -> None:
        """On SQLite take the lead now or fail; on PostgreSQL wait for it in the background."""
        if isinstance(self._leader, FileLeader):
            await self._leader.win()
        self._task = asyncio.create_task(self._lead())

    async def stop(self) -> None:
        """End every loop and release the lead."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._leader.release()

    async def _lead(self) -> None:
        while True:
            if isinstance(self._leader, PostgresLeader):
                await self._leader.win()
            self.is_leading = True
            tasks = [asyncio.create_task(run(), name=name) for name, run in self._loops]
            try:
                await self._leader.keep()
            finally:
                self.is_leading = False
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


async def _survive(act: Callable[[], Awaitable[object]], name: str) -> None:
    try:
        await act()
    except Exception:
        log.exception("loop_failed", loop=name)
