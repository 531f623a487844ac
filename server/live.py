"""One endpoint of server-sent events: “look again at <topic>”, and calls that are rendered once and sent to all.

A stream has a bounded life; its first message is always “look”. The ping carries the board's cursor, so that a page
that missed a hint finds out; the house's time; and how soon the next one comes, so that a page knows a dead line.
Frames are written straight to the transport, already chunked, in a plain loop.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Sequence, Sized

import msgspec
import structlog
from aiohttp import web

from base.clock import Clock
from base.errors import BadInput, Forbidden, HallError, Unavailable
from base.hub import Hub
from server.access import caller

log = structlog.get_logger("live")

BUFFER_BYTES = 64 * 1024
YIELD_EVERY = 200
LOOK_AFTER_SECONDS = 0.05  # hints that come together are one, and a call overtakes them
SPREAD_SECONDS = 0.0002  # for each open stream: a thousand are not all told, and do not all ask, at once
MOST_TOPICS = 20
CALLS_AT_ONCE = 100
HALL_DIGITS = 18
OPEN_TO_ALL = frozenset({"board", "calls", "ticket", "appointment", "case", "chat"})
OF_A_HALL = frozenset({"board", "calls"})
HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}


def frame(event: str, data: object, number: int | None = None) -> bytes:
    """One event as an HTTP chunk."""
    head = b"id: %d\n" % number if number is not None else b""
    body = b"%sevent: %s\ndata: %s\n\n" % (head, event.encode(), msgspec.json.encode(data))
    return b"%x\r\n%s\r\n" % (len(body), body)


class Stream:
    """One open page: its topics, its transport, and whether it should look again."""

    def __init__(self, hub: Hub, topics: frozenset[str], transport: asyncio.Transport, others: Sized = ()) -> None:
        self._others = others
        self.boards = frozenset(_halls(topics, "board"))
        self.ended = asyncio.Event()
        self._hub = hub
        self._transport = transport
        self._pending: dict[str, None] = {}
        self._looks = frozenset(topic for topic in topics if not topic.startswith("calls:"))
        hub.listen(self._looks, self._hint)

    def close(self) -> None:
        """Stop listening and let the handler end."""
        self._hub.forget(self._looks, self._hint)
        self.ended.set()

    def send(self, chunk: bytes) -> None:
        """Write ``chunk``; a page that does not read is cut off and will come back."""
        if self._transport.is_closing():
            self.ended.set()
        elif self._transport.get_write_buffer_size() > BUFFER_BYTES:
            self._transport.abort()
            self.ended.set()
        else:
            self._transport.write(chunk)

    def _hint(self, topic: str) -> None:
        if not self._pending:
            spread = random.random() * len(self._others) * SPREAD_SECONDS  # noqa: S311 (no secret)
            asyncio.get_running_loop().call_later(LOOK_AFTER_SECONDS + spread, self._flush)
        self._pending[topic] = None

    def _flush(self) -> None:
        topics, self._pending = list(self._pending), {}
        for topic in topics:
            self.send(frame("look", {"topic": topic}))


Calls = Callable[[int, int], Awaitable[Sequence[tuple[int, object]]]]
Cursor = Callable[[int], Awaitable[int]]


class Live:
    """Every open stream of this process. ``calls_after(hall, number)`` gives up to ``CALLS_AT_ONCE`` calls in order."""

    def __init__(self, hub: Hub, calls_after: Calls, clock: Clock, *, ping_seconds: float, life_seconds: float) -> None:
        self._hub = hub
        self._clock = clock
        self._calls_after = calls_after
        self._ping_seconds = ping_seconds
        self._life_seconds = life_seconds
        self._streams: set[Stream] = set()
        self._feeds: dict[int, CallFeed] = {}
        self._is_closed = False

    @property
    def open_streams(self) -> int:
        """How many pages are connected."""
        return len(self._streams)

    async def serve(self, request: web.Request, topics: frozenset[str]) -> web.StreamResponse:
        """Keep ``request`` open and send it hints until it goes away or its life is over."""
        feeds = [await self._feed(hall) for hall in _halls(topics, "calls")]
        if self._is_closed:
            raise Unavailable("系统正在重启，请稍候，页面会自动恢复。")
        response = web.StreamResponse(headers=HEADERS)
        response.enable_chunked_encoding()
        await response.prepare(request)
        if request.transport is not None:
            stream = Stream(self._hub, topics, request.transport, self._streams)
            self._streams.add(stream)
            if self._is_closed:
                stream.ended.set()
            await self._keep(stream, feeds, _last_event_id(request))
        return response

    async def ping_for_ever(self, cursor: Cursor) -> None:
        """Ping every few seconds, whatever happens to the database."""
        while True:
            await asyncio.sleep(self._ping_seconds)
            try:
                await self.ping(cursor)
            except Exception:
                log.exception("ping_failed")

    async def ping(self, cursor: Cursor) -> None:
        """Tell each stream the cursors of the boards it shows, which finds the streams that are gone.

        Each feed reads its hall's calls again: a hint that was lost is made up for.
        """
        for feed in self._feeds.values():
            feed.wake()
        cursors = await _cursors({hall for stream in self._streams for hall in stream.boards}, cursor)
        time = {"at": self._clock.now(), "seconds": self._ping_seconds}
        chunks: dict[frozenset[int], bytes] = {}
        for count, stream in enumerate(tuple(self._streams)):
            if stream.boards not in chunks:
                shown = {f"board:{hall}": cursors[hall] for hall in sorted(stream.boards) if hall in cursors}
                chunks[stream.boards] = frame("ping", {"cursor": shown, **time})
            stream.send(chunks[stream.boards])
            if count % YIELD_EVERY == YIELD_EVERY - 1:
                await asyncio.sleep(0)

    async def close(self) -> None:
        """Tell every page that the server stops, end the streams and let no new one in."""
        self._is_closed = True
        for stream in tuple(self._streams):
            stream.send(frame("bye", {}))
            stream.ended.set()
        for feed in self._feeds.values():
            feed.close()
        await asyncio.sleep(0)

    async def _keep(self, stream: Stream, feeds: Sequence["CallFeed"], last: int | None) -> None:
        """Feed ``stream`` until it ends; what fails now ends it, for its answer has begun, and the page comes back."""
        seen = [feed.sent if last is None else last for feed in feeds]
        stream.send(frame("look", {"topic": "all"}))
        try:
            async with asyncio.timeout(self._life_seconds):
                for feed, number in zip(feeds, seen, strict=True):
                    await feed.join(stream, number)
                await stream.ended.wait()
        except TimeoutError:
            pass
        except HallError as error:
            log.warning("stream_ended", why=error.message)
        finally:
            stream.close()
            self._streams.discard(stream)
            for feed in feeds:
                feed.leave(stream)

    async def _feed(self, hall: int) -> "CallFeed":
        """The feed of ``hall``; ``NotFound`` if there is no such hall, so that nobody can make feeds at will."""
        if hall not in self._feeds:
            newest = await _newest(self._calls_after, hall)
            if hall not in self._feeds:
                self._feeds[hall] = CallFeed(self._hub, hall, self._calls_after, newest)
        return self._feeds[hall]


class CallFeed:
    """The announcements of one hall: read in order from the database when a hint comes, rendered once, sent to all.

    Numbers of a hall follow each other without a gap. ``sent`` is the newest that needs no sending any more.
    """

    def __init__(self, hub: Hub, hall: int, calls_after: Calls, sent: int) -> None:
        self._hub = hub
        self._hall = hall
        self._calls_after = calls_after
        self._streams: set[Stream] = set()
        self._sent = sent
        self._wake = asyncio.Event()
        self._lock = asyncio.Lock()
        self._topics = (f"calls:{hall}",)
        hub.listen(self._topics, self.wake)
        self.wake()
        self._task = asyncio.create_task(self._run())

    @property
    def sent(self) -> int:
        """The newest number that every stream has."""
        return self._sent

    async def join(self, stream: Stream, last: int) -> None:
        """Add ``stream``; it first gets what came after ``last``, the number it saw last: the newest hundred at most.

        A page that was away for longer asks ``/api/v1/calls?after=``.
        """
        async with self._lock:
            if last < self._sent:
                for number, call in await self._calls_after(self._hall, max(last, self._sent - CALLS_AT_ONCE)):
                    if number <= self._sent:
                        stream.send(frame("call", call, number))
            self._streams.add(stream)

    def leave(self, stream: Stream) -> None:
        """Remove ``stream``."""
        self._streams.discard(stream)

    def close(self) -> None:
        """Stop reading."""
        self._hub.forget(self._topics, self.wake)
        self._task.cancel()

    def wake(self, _topic: str = "") -> None:
        """See whether there is something new."""
        self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._send_new()
            except Exception:
                log.exception("call_feed_failed", hall=self._hall)

    async def _send_new(self) -> None:
        async with self._lock:
            is_more = True
            while is_more:
                calls = await self._calls_after(self._hall, self._sent)
                for number, call in calls:
                    chunk = frame("call", call, number)
                    self._sent = number
                    await self._broadcast(chunk)
                is_more = len(calls) == CALLS_AT_ONCE

    async def _broadcast(self, chunk: bytes) -> None:
        for count, stream in enumerate(tuple(self._streams)):
            stream.send(chunk)
            if count % YIELD_EVERY == YIELD_EVERY - 1:
                await asyncio.sleep(0)


async def _newest(calls_after: Calls, hall: int) -> int:
    """The number of today's last call."""
    newest = 0
    while calls := await calls_after(hall, newest):
        newest = calls[-1][0]
    return newest


async def _cursors(halls: Collection[int], cursor: Cursor) -> dict[int, int]:
    """The cursor of each board; none when the database does not answer: a ping without them still keeps a page on."""
    try:
        return {hall: await cursor(hall) for hall in halls}
    except HallError as error:
        log.warning("no_cursors", why=error.message)
        return {}


def _halls(topics: Collection[str], kind: str) -> list[int]:
    return [int(topic.partition(":")[2]) for topic in topics if topic.startswith(f"{kind}:")]


def asked_topics(request: web.Request) -> frozenset[str]:
    """The topics that a page asked for, at most 20, separated by commas; visitors may hear of what visitors see."""
    topics = frozenset(filter(None, request.query.get("topics", "").split(",")))
    if not 1 <= len(topics) <= MOST_TOPICS:
        raise BadInput(f"topics 须为 1–{MOST_TOPICS} 个以逗号分隔的主题，收到 {len(topics)} 个。", field="topics")
    for topic in topics:
        kind, _, rest = topic.partition(":")
        if kind in OF_A_HALL and not (rest.isdecimal() and len(rest) <= HALL_DIGITS):
            raise BadInput(f"主题 {topic!r} 的大厅编号须为数字。", field="topics")
        if kind not in OPEN_TO_ALL and not caller(request).is_signed_in:
            raise Forbidden(f"主题 {topic!r} 只对工作人员开放，请先登录。", field="topics")
    return topics


def _last_event_id(request: web.Request) -> int | None:
    text = request.headers.get("Last-Event-ID") or request.query.get("after", "")
    return int(text) if text.isdecimal() and len(text) <= HALL_DIGITS else None
