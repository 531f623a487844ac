"""Open pages listen to topics; a hint says “look again at this topic”, and is harmless when lost or repeated.

``Hub.tell`` reaches the listeners of this process at once and, through ``PostgresRelay``, those of every other
process on the same database.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable

import psycopg
import sqlalchemy as sa
import structlog

log = structlog.get_logger("hub")

Listener = Callable[[str], None]
CHANNEL = "hall_hints"
PAYLOAD_BYTES = 7000
RECONNECT_SECONDS = 2.0


class Hub:
    """Topics and who listens to them. Used only from the event loop's thread."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self.relay: PostgresRelay | None = None

    def listen(self, topics: Iterable[str], listener: Listener) -> None:
        """Call ``listener(topic)`` whenever one of ``topics`` is told."""
        for topic in topics:
            self._listeners[topic].add(listener)

    def forget(self, topics: Iterable[str], listener: Listener) -> None:
        """Undo ``listen``."""
        for topic in topics:
            self._listeners[topic].discard(listener)
            if not self._listeners[topic]:
                del self._listeners[topic]

    def tell(self, topics: Iterable[str]) -> None:
        """Hint ``topics`` here and in the other processes."""
        told = list(topics)
        self.hear(told)
        if self.relay is not None:
            self.relay.send(told)

    def hear(self, topics: Iterable[str]) -> None:
        """Hint ``topics`` in this process only."""
        for topic in topics:
            for listener in tuple(self._listeners.get(topic, ())):
                try:
                    listener(topic)
                except Exception:
                    log.exception("listener_failed", topic=topic)

    def hear_everything(self) -> None:
        """Hint every topic that anyone here listens to: after a gap in which hints may have been lost."""
        self.hear(list(self._listeners))


class PostgresRelay:
    """Carries hints between processes by NOTIFY, after the commit and coalesced."""

    def __init__(self, url: sa.URL, hub: Hub, process: str) -> None:
        self._url = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._hub = hub
        self._process = process
        self._pending: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to listen and to send."""
        self._tasks = [asyncio.create_task(self._keep(step)) for step in (self._listen, self._send_pending)]
        self._hub.relay = self

    async def stop(self) -> None:
        """Stop both ways."""
        self._hub.relay = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def send(self, topics: Iterable[str]) -> None:
        """Queue ``topics`` for the other processes."""
        self._pending.update(dict.fromkeys(topics))
        self._wake.set()

    async def _keep(self, step: Callable[[psycopg.AsyncConnection], object]) -> None:
        """Run ``step`` on a connection of its own; when it breaks, connect again."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
                    await step(connection)  # type: ignore[misc]
            except psycopg.Error as failure:
                log.warning("relay_lost", error=str(failure))
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self, connection: psycopg.AsyncConnection) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        self._hub.hear_everything()
        async for notice in connection.notifies():
            process, _, topics = notice.payload.partition(" ")
            if process != self._process:
                self._hub.hear(topics.split(" "))

    async def _send_pending(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            topics, self._pending = list(self._pending), {}
            try:
                for payload in _payloads(topics):
                    await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, f"{self._process} {payload}"))
            except psycopg.Error:
                self.send(topics)
                raise


def _payloads(topics: list[str]) -> list[str]:
    """Join topics with blanks into pieces short enough for one NOTIFY; a topic is short and plain ASCII."""
    pieces: list[str] = []
    for topic in filter(_is_plain, topics):
        if pieces and len(pieces[-1]) + len(topic) < PAYLOAD_BYTES:
            pieces[-1] += f" {topic}"
        else:
            pieces.append(topic)
    return pieces


def _is_plain(topic: str) -> bool:
    return topic.isascii() and topic.isprintable() and " " not in topic and len(topic) < PAYLOAD_BYTES
