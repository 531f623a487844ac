"""Live pages over real HTTP: look, call, ping; replay, slow readers, bounded life, and the end of the server."""

import asyncio
import socket
from dataclasses import replace
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from base.clock import SetClock
from base.db import Database, WriteSession
from base.errors import Unavailable
from base.settings import Settings
from hallqueue import Order, Taking
from server import live
from server.access import Role
from server.house import House
from server.live import BUFFER_BYTES, CALLS_AT_ONCE, frame
from server.settings import DatabaseSettings
from tests.server.conftest import Bearer, Client, house_of, opened, with_server
from tests.server.streams import Event, Page, listening

TIME = {"at": "2026-03-02T01:00:00Z", "seconds": 15.0}
LOOK_ALL = Event("look", {"topic": "all"})
COUNTER = 2


def open_counter(house: House, session: WriteSession) -> None:
    """A clerk sits down at counter 2."""
    house.desk.open(session, house.hall_id, COUNTER, "staff:1")


def one_call(house: House, session: WriteSession) -> None:
    """Somebody takes a number, is called and served."""
    house.hall.take(session, house.hall_id, Taking("A"))
    leg = house.desk.call_next(session, house.hall_id, COUNTER, "staff:1")
    for command in ("start", "finish"):
        assert leg is not None
        order = Order(command, leg.leg, leg.version)
        leg = house.desk.act(session, house.hall_id, COUNTER, "staff:1", order)


async def call(house: House, times: int, db: Database | None = None) -> None:
    """``times`` people are called one after another, through ``db``."""
    through = db or house.db
    for _ in range(times):
        await through.write(lambda session: one_call(house, session), f"hall:{house.hall_id}")


@pytest.fixture
async def hall(house: House) -> House:
    """A house whose counter 2 is open."""
    await house.db.write(lambda session: open_counter(house, session), "hall:1")
    return house


async def cursor_of(house: House, hall: int) -> int:
    """The board's cursor."""
    return await house.db.read(lambda session: house.hall.cursor(session, hall))


async def test_the_first_message_is_look(client: Client) -> None:
    """Whatever was missed before, the page now sees everything."""
    async with listening(client, "board:1,calls:1") as page:
        assert await page.next() == LOOK_ALL
        assert page.response.content_type == "text/event-stream"
        assert page.response.headers["Cache-Control"] == "no-store"


async def test_hints_that_come_together_are_one(client: Client, house: House) -> None:
    """Ten changes of one ticket in one turn: one look; other people's tickets: none."""
    async with listening(client, "ticket:a,ticket:b") as page:
        assert await page.next() == LOOK_ALL
        for _ in range(10):
            house.hub.tell(["ticket:a", "ticket:c", "ticket:a", "ticket:b"])
        assert [(await page.next()).data for _ in range(2)] == [{"topic": "ticket:a"}, {"topic": "ticket:b"}]
        house.hub.tell(["ticket:a"])
        assert await page.next() == Event("look", {"topic": "ticket:a"})


async def test_a_change_of_the_board_is_hinted(client: Client, house: House) -> None:
    """Taking a number wakes the boards of its hall after the commit."""
    async with listening(client, f"board:{house.hall_id}") as page:
        assert await page.next() == LOOK_ALL
        await house.db.write(lambda session: house.hall.take(session, house.hall_id, Taking("A")), "hall:1")
        assert await page.next() == Event("look", {"topic": f"board:{house.hall_id}"})


async def test_a_call_reaches_every_screen_as_the_api_tells_it(client: Client, hall: House) -> None:
    """One event for all, numbered; its data are those of ``/api/v1/calls``."""
    async with listening(client, "calls:1") as one, listening(client, "calls:1,board:1") as other:
        await asyncio.gather(one.next(), other.next())
        await call(hall, 1)
        heard = [await page.next_of("call") for page in (one, other)]
    told = (await (await client.get("/api/v1/calls")).json())["calls"]
    assert heard == [Event("call", told[0], 1)] * 2
    assert told[0]["text"].startswith("请 A")


async def numbers(page: Page, count: int) -> list[int | None]:
    """The numbers of the next ``count`` calls."""
    return [(await page.next_of("call")).number for _ in range(count)]


@pytest.mark.parametrize("where", [{"last": 2}, {"after": 2}, {"after": 0, "last": 2}])
async def test_missed_calls_are_replayed_in_order(client: Client, hall: House, where: dict[str, int]) -> None:
    """What came after the number seen last, then what comes; the header counts more than the address."""
    await call(hall, 5)
    async with listening(client, "calls:1", **where) as page:
        assert await numbers(page, 3) == [3, 4, 5]
        await call(hall, 1)
        assert await numbers(page, 1) == [6]


@pytest.mark.parametrize("where", [{}, {"last": 130}, {"after": 4000}, {"last": int("9" * 30)}])
async def test_a_page_that_missed_nothing_gets_nothing_old(client: Client, hall: House, where: dict[str, int]) -> None:
    """The newest of a busy day is found although calls are read a hundred at a time."""
    await call(hall, CALLS_AT_ONCE + 30)
    async with listening(client, "calls:1", **where) as page:
        assert await page.next() == LOOK_ALL
        await call(hall, 1)
        assert await numbers(page, 1) == [CALLS_AT_ONCE + 31]


async def test_a_long_absence_is_replayed_to_its_last_hundred(client: Client, hall: House) -> None:
    """More would not fit the buffer; nobody wants to hear the morning's calls anyway."""
    await call(hall, CALLS_AT_ONCE + 30)
    async with listening(client, "calls:1", last=1) as page:
        assert await numbers(page, CALLS_AT_ONCE) == list(range(31, CALLS_AT_ONCE + 31))


async def test_the_ping_carries_the_cursors_of_the_pages_boards(client: Client, house: House) -> None:
    """A page that shows another cursor looks again; a page without a board is pinged too."""
    await house.db.write(lambda session: house.hall.take(session, house.hall_id, Taking("A")), "hall:1")
    board = await (await client.get("/api/v1/board")).json()
    async with listening(client, "board:1,ticket:x") as screen, listening(client, "ticket:x") as phone:
        await asyncio.gather(screen.next(), phone.next())
        await house.live.ping(lambda hall: cursor_of(house, hall))
        assert await screen.next() == Event("ping", {"cursor": {"board:1": board["cursor"]}, **TIME})
        assert await phone.next() == Event("ping", {"cursor": {}, **TIME})


async def test_the_ping_goes_on_when_the_database_does_not(client: Client, house: House) -> None:
    """The connection is kept, and the next ping has cursors again."""

    async def silent(_hall: int) -> int:
        raise Unavailable("数据库暂时读不出来，请过一会儿再试。")

    async with listening(client, "board:1") as page:
        assert await page.next() == LOOK_ALL
        await house.live.ping(silent)
        assert await page.next() == Event("ping", {"cursor": {}, **TIME})
        await house.live.ping(lambda hall: cursor_of(house, hall))
        assert set((await page.next()).data["cursor"]) == {"board:1"}


async def test_pings_come_by_themselves(settings: Settings, clock: SetClock) -> None:
    """Every ``ping_seconds``."""
    quick = with_server(settings, ping_seconds=0.05)
    async with (
        opened(quick, clock) as server,
        TestClient(server) as client,
        listening(client, "board:1") as page,
    ):
        assert [(await page.next()).kind for _ in range(3)] == ["look", "ping", "ping"]


async def test_a_lost_hint_is_made_up_for(client: Client, hall: House, clock: SetClock) -> None:
    """A call by another process whose hint never came is sent with the next ping."""
    other = Database(hall.db.url.render_as_string(), clock)
    async with listening(client, "calls:1") as page:
        assert await page.next() == LOOK_ALL
        await call(hall, 1, other)
        await hall.live.ping(lambda number: cursor_of(hall, number))
        assert await numbers(page, 1) == [1]
    await other.close()


REFUSED: dict[str, tuple[int, str]] = {
    "": (400, "bad_input"),
    ",".join(f"ticket:{n}" for n in range(21)): (400, "bad_input"),
    "board:x": (400, "bad_input"),
    "calls:-1": (400, "bad_input"),
    "calls:" + "9" * 30: (400, "bad_input"),
    "calls:999": (404, "not_found"),
    "desk": (403, "forbidden"),
    "ticket:a,counter:1:2": (403, "forbidden"),
}


@pytest.mark.parametrize("topics", REFUSED)
async def test_topics_that_are_refused(client: Client, house: House, topics: str) -> None:
    """Before the stream begins, as any other refusal; nothing of it stays behind."""
    answer = await client.get("/api/v1/live", params={"topics": topics})
    assert (answer.status, (await answer.json())["error"]["code"]) == REFUSED[topics]
    assert house.live.open_streams == 0


async def test_staff_hear_what_visitors_do_not(bearer: Bearer) -> None:
    """The console's topics, with a token."""
    clerk = await bearer(Role.CLERK)
    async with listening(clerk, "counter:1:2,desk") as page:
        assert await page.next() == LOOK_ALL


async def test_head_opens_no_stream(client: Client, house: House) -> None:
    """It would never end."""
    assert (await client.head("/api/v1/live", params={"topics": "board:1"})).status == 405
    assert house.live.open_streams == 0


async def gone(house: House) -> None:
    """Wait until no page is connected; pings find the ones that left."""
    async with asyncio.timeout(20):
        while house.live.open_streams:
            await house.live.ping(lambda hall: cursor_of(house, hall))
            await asyncio.sleep(0)


async def test_a_page_that_leaves_is_let_go(client: Client, house: House) -> None:
    """At the next ping at the latest; the hub forgets it too."""
    async with listening(client, "ticket:a") as page:
        assert await page.next() == LOOK_ALL
        assert house.live.open_streams == 1
        page.response.close()
    await gone(house)
    house.hub.tell(["ticket:a"])


async def test_a_page_that_does_not_read_is_cut_off(
    client: Client, server: TestServer, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 64 kB that the network does not take; the pages that read lose nothing."""
    monkeypatch.setattr(live, "LOOK_AFTER_SECONDS", 0.0)
    topic = "ticket:" + "x" * 3000
    asleep = socket.socket()
    asleep.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    asleep.setblocking(False)
    await asyncio.get_running_loop().sock_connect(asleep, (server.host, server.port))
    request = f"GET /api/v1/live?topics={topic} HTTP/1.1\r\nHost: hall\r\n\r\n".encode()
    await asyncio.get_running_loop().sock_sendall(asleep, request)
    async with listening(client, topic) as awake:
        assert await awake.next() == LOOK_ALL
        told = 0
        while house.live.open_streams == 2 or told == 0:
            house.hub.tell([topic])
            assert await awake.next() == Event("look", {"topic": topic})
            told += 1
        assert told * 3000 > BUFFER_BYTES
        house.hub.tell([topic])
        assert await awake.next() == Event("look", {"topic": topic})
    asleep.close()


async def test_a_stream_has_a_bounded_life(settings: Settings, clock: SetClock) -> None:
    """It ends cleanly, and the page comes back with the number it saw last."""
    async with opened(with_server(settings, stream_minutes=0.005), clock) as server, TestClient(server) as client:
        async with listening(client, "board:1,calls:1") as page:
            assert await page.rest() == [LOOK_ALL]
        async with listening(client, "board:1,calls:1", last=0) as page:
            assert await page.next() == LOOK_ALL


async def test_a_server_that_stops_tells_its_pages(settings: Settings, clock: SetClock) -> None:
    """They hear “bye”, the streams end, and the server is down within seconds; an accepted job is still carried out."""
    async with opened(settings, clock) as server, TestClient(server) as client:
        house = house_of(server)
        async with listening(client, "board:1") as one, listening(client, "calls:1") as other:
            await asyncio.gather(one.next(), other.next())
            job = asyncio.create_task(
                house.db.write(lambda session: house.hall.take(session, 1, Taking("A")), "hall:1")
            )
            await asyncio.sleep(0)
            async with asyncio.timeout(10):
                await server.close()
            assert [(await page.rest())[-1] for page in (one, other)] == [Event("bye", {})] * 2
            assert (await job).is_new
        with pytest.raises(Unavailable):
            await house.db.write(lambda session: session.now)


async def test_a_server_that_stops_lets_no_page_in(client: Client, house: House) -> None:
    """A page that comes back at once is asked to wait."""
    await house.live.close()
    answer = await client.get("/api/v1/live", params={"topics": "board:1"})
    assert answer.status == 503


@pytest.mark.postgres
async def test_a_call_in_one_process_reaches_the_screens_of_another(
    settings: Settings, postgres_url: str, clock: SetClock
) -> None:
    """Two servers on one PostgreSQL: hints and calls travel by NOTIFY."""
    shared = settings.replace(replace(settings[DatabaseSettings], url=postgres_url))
    async with opened(shared, clock) as first, opened(shared, clock) as second, TestClient(first) as client:
        near, far = house_of(first), house_of(second)
        await relayed(near, far)
        await far.db.write(lambda session: open_counter(far, session), "hall:1")
        async with listening(client, "board:1,calls:1") as page:
            assert await page.next() == LOOK_ALL
            await call(far, 2)
            assert await numbers(page, 2) == [1, 2]


async def relayed(near: House, far: House) -> None:
    """Wait until a hint of ``far`` is heard by ``near``: both relays are connected then."""
    heard = asyncio.Event()

    def listener(_topic: str) -> None:
        heard.set()

    near.hub.listen(["test"], listener)
    async with asyncio.timeout(20):
        while not heard.is_set():
            far.hub.tell(["test"])
            await far.db.read(lambda session: session.now)
    near.hub.forget(["test"], listener)


@pytest.mark.parametrize("data", [{"文": "号\n窗口"}, "a\r\nb", [1, None]])
def test_a_frame_is_one_event_and_one_chunk(data: Any) -> None:  # noqa: ANN401 (any JSON)
    """Line ends in data cannot break out of their line; the chunk's length is right."""
    size, _, rest = frame("look", data, 7).partition(b"\r\n")
    body = rest.removesuffix(b"\r\n")
    assert len(body) == int(size, 16)
    assert body.count(b"\n") == 4
    assert body.startswith(b"id: 7\nevent: look\ndata: ")
