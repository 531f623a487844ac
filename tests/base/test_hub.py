"""Topics and listeners in one process, and between processes by NOTIFY on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest
import sqlalchemy as sa

from base import hub as hub_module
from base.hub import PAYLOAD_BYTES, Hub, PostgresRelay
from tests.conftest import POSTGRES


class Ear:
    """Remembers the topics it heard, and wakes whoever waits for one."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._news = asyncio.Event()

    def __call__(self, topic: str) -> None:
        """Hear ``topic``."""
        self.heard.append(topic)
        self._news.set()

    async def until(self, topic: str) -> None:
        """Wait until ``topic`` was heard."""
        async with asyncio.timeout(20):
            while topic not in self.heard:
                self._news.clear()
                await self._news.wait()


async def test_a_listener_hears_its_topics_and_no_others() -> None:
    """Each told topic once, in order."""
    hub, ear = Hub(), Ear()
    hub.listen(["a", "b"], ear)
    hub.tell(["b", "c", "a"])
    assert ear.heard == ["b", "a"]


async def test_whoever_forgets_hears_no_more() -> None:
    """Others go on; forgetting twice is harmless; nothing is kept for topics without listeners."""
    hub, one, other = Hub(), Ear(), Ear()
    hub.listen(["a"], one)
    hub.listen(["a"], other)
    for _ in range(2):
        hub.forget(["a", "never"], one)
    hub.tell(["a"])
    assert (one.heard, other.heard) == ([], ["a"])
    hub.forget(["a"], other)
    assert not hub._listeners  # noqa: SLF001 (that nothing is kept is the point)


async def test_a_listener_that_breaks_harms_nobody() -> None:
    """The others hear all the same."""
    hub, ear = Hub(), Ear()

    def broken(_topic: str) -> None:
        raise ZeroDivisionError

    for listener in (broken, ear, lambda _topic: broken("a")):
        hub.listen(["a", "b"], listener)
    hub.tell(["a", "b"])
    assert ear.heard == ["a", "b"]


async def test_a_listener_may_leave_while_it_is_told() -> None:
    """A page that is cut off at a hint."""
    hub, ear = Hub(), Ear()

    def leaving(topic: str) -> None:
        hub.forget([topic], leaving)

    hub.listen(["a"], leaving)
    hub.listen(["a"], ear)
    hub.tell(["a"])
    hub.hear_everything()
    assert ear.heard == ["a", "a"]


@asynccontextmanager
async def process(url: str, name: str) -> AsyncIterator[Hub]:
    """The hub of a process whose relay listens: then everything is hinted once."""
    hub, ear = Hub(), Ear()
    hub.listen(["connected"], ear)
    relay = PostgresRelay(sa.make_url(url), hub, name)
    relay.start()
    try:
        await ear.until("connected")
        yield hub
    finally:
        await relay.stop()


@pytest.mark.postgres
async def test_hints_reach_the_other_process_once(postgres_url: str) -> None:
    """And do not come back to the one that told them; what cannot be a topic stays at home."""
    async with process(postgres_url, "p1") as near, process(postgres_url, "p2") as far:
        mine, theirs = Ear(), Ear()
        near.listen(["a", "b", "last"], mine)
        far.listen(["a", "b", "last", "with blank"], theirs)
        near.tell(["a", "a", "with blank", "b"])
        near.tell(["a"])
        await theirs.until("b")
        far.tell(["last"])
        await mine.until("last")
        assert theirs.heard == ["a", "b", "last"]
        assert mine.heard == ["a", "a", "b", "a", "last"]


@pytest.mark.postgres
async def test_more_topics_than_one_notice_holds(postgres_url: str) -> None:
    """They are spread over several."""
    topics = [f"ticket:{number:030d}" for number in range(1000)]
    assert len(" ".join(topics)) > 4 * PAYLOAD_BYTES
    async with process(postgres_url, "p1") as near, process(postgres_url, "p2") as far:
        ear = Ear()
        far.listen(topics, ear)
        near.tell(topics)
        await ear.until(topics[-1])
        assert ear.heard == topics


def broken_off(url: str, query: str) -> None:
    """The server ends the connections whose last statement holds ``query``."""
    ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND query LIKE %s"
    with psycopg.connect(POSTGRES.replace("+psycopg", ""), autocommit=True) as server:
        ended = server.execute(ending, (sa.make_url(url).database, f"%{query}%")).fetchall()
    assert ended != []


@pytest.mark.postgres
async def test_a_hint_survives_the_loss_of_the_senders_connection(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is sent again on the next one; the other process noticed nothing."""
    monkeypatch.setattr(hub_module, "RECONNECT_SECONDS", 0.01)
    async with process(postgres_url, "p1") as near, process(postgres_url, "p2") as far:
        ear = Ear()
        far.listen(["before", "after"], ear)
        near.tell(["before"])
        await ear.until("before")
        broken_off(postgres_url, "pg_notify")
        near.tell(["after"])
        await ear.until("after")
        assert ear.heard == ["before", "after"]


@pytest.mark.postgres
async def test_after_a_gap_everything_is_hinted(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that did not listen for a while cannot know what it missed."""
    monkeypatch.setattr(hub_module, "RECONNECT_SECONDS", 0.01)
    async with process(postgres_url, "p1") as near:
        ear = Ear()
        near.listen(["a", "b"], ear)
        broken_off(postgres_url, "LISTEN")
        await ear.until("b")
        assert ear.heard == ["a", "b"]
