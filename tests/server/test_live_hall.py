"""The supervisor's live hall and the administrator's services and counters, over HTTP."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from base.clock import SetClock
from hallqueue import Booking
from tests.server.queue_house import OpenHouse, open_house

BOSS = "supervisor"


@pytest.fixture
async def open_hall(tmp_path: Path, clock: SetClock) -> AsyncIterator[OpenHouse]:
    """A server over a new hall."""
    async with open_house(f"sqlite:///{tmp_path / 'hall.db'}", clock) as opened:
        yield opened


def words(page: str) -> str:
    """What a person reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


async def part(hall: OpenHouse, name: str) -> str:
    """A part of the live hall as its supervisor reads it."""
    status, page = await hall.page(f"/supervisor/live/{name}", BOSS)
    assert status == 200, page
    return words(page)


async def lose(hall: OpenHouse) -> None:
    """Let the machines of all clerks die, and the two minutes pass in which they could resume."""
    house = hall.house
    hall.clock.advance(minutes=2)
    await house.db.write(lambda session: house.desk.sweep(session, house.hall_id), f"hall:{house.hall_id}")
    hall.clock.advance(minutes=3)


async def lost_session(hall: OpenHouse) -> int:
    """The id of the lost session."""
    query = sa.text("SELECT id FROM counter_session WHERE state = 'orphaned'")
    return int(await hall.house.db.read(lambda session: session.value(query)))


async def test_only_supervisors_see_it(open_hall: OpenHouse) -> None:
    """A clerk may not change the hall; nor may the enquiry staff."""
    assert (await open_hall.page("/supervisor/live", BOSS))[0] == 200
    assert (await open_hall.page("/supervisor/live", "clerk-2"))[0] == 403
    assert (await open_hall.page("/supervisor/live"))[0] == 303
    for path in ("/hall/message", "/counters/2/services", "/services/A/pause", "/services/A", "/counters"):
        assert (await open_hall.post(path, {}, "clerk-2"))[0] == 403


async def test_it_shows_counters_and_lines(open_hall: OpenHouse) -> None:
    """Who is called where, what waits, how long."""
    for _ in range(2):
        await open_hall.take("A")
    await open_hall.open(2)
    await open_hall.next(2)
    open_hall.clock.advance(minutes=30)
    posts, lines = await part(open_hall, "posts"), await part(open_hall, "lines")
    assert "A001 企业开办与登记 叫号中" in posts
    assert "未开放 15" in posts
    assert "A 企业开办与登记 1 30 分 偏久" in lines


async def test_a_message_reaches_everyone_once(open_hall: OpenHouse) -> None:
    """Shown in the hall, on the ticket's page; the same press again is the same message; withdrawn, it is gone."""
    ticket = await open_hall.take("A")
    body = {"text": "系统正在恢复", "minutes": 30}
    for _ in range(2):
        status, told = await open_hall.post("/hall/message", body, BOSS, key="press-1")
        assert (status, told) == (200, {"people": 1, "chats": 0})
    assert "正在告知： 系统正在恢复" in await part(open_hall, "lines")
    assert "系统正在恢复" in words((await open_hall.page(f"/t/{ticket['token']}"))[1])
    rows = await open_hall.house.db.read(lambda session: session.value(sa.text("SELECT count(*) FROM hall_message")))
    assert rows == 1
    await open_hall.post("/hall/message/withdraw", {}, BOSS)
    assert "系统正在恢复" not in await part(open_hall, "lines")


async def test_a_counters_services_are_changed(open_hall: OpenHouse) -> None:
    """At once: the clerk's console and the next call."""
    await open_hall.take("B")
    await open_hall.open(2)
    assert await open_hall.next(2) == {"leg": None}
    assert (await open_hall.post("/counters/2/services", {"tiers": [["A", "B"]]}, BOSS))[0] == 200
    assert "综合受理" in words((await open_hall.page("/counter/2/console", "clerk-2"))[1])
    assert (await open_hall.next(2))["number"] == "B001"
    status, refusal = await open_hall.post("/counters/2/services", {"tiers": [["ZZ"]]}, BOSS)
    assert (status, refusal["error"]["field"]) == (400, "tiers")


async def test_a_service_is_paused_and_limited(open_hall: OpenHouse) -> None:
    """With the reason on the tile; the quota beside the numbers issued."""
    assert (await open_hall.post("/services/A/pause", {"reason": "专网中断"}, BOSS))[0] == 200
    status, refusal = await open_hall.post("/tickets", {"service": "A"}, "kiosk")
    assert (status, refusal["error"]["code"]) == (409, "conflict")
    assert "暂停取号：专网中断" in await part(open_hall, "lines")
    assert (await open_hall.post("/services/A/pause", {"reason": "再停"}, BOSS))[0] == 409
    assert (await open_hall.post("/services/A/resume", {}, BOSS))[0] == 200
    await open_hall.take("A")
    assert (await open_hall.post("/services/A/quota", {"quota": 40}, BOSS))[0] == 200
    assert "1 /40" in await part(open_hall, "lines")
    assert (await open_hall.post("/services/ZZ/quota", {}, BOSS))[0] == 404


@pytest.mark.parametrize(
    ("order", "becomes"),
    [
        ({"act": "hand_over", "counter": 3}, "serving"),
        ({"act": "release", "reason": "窗口失去联系"}, "waiting"),
        ({"act": "finish"}, "served"),
    ],
)
async def test_a_lost_clerks_visitor_is_helped(open_hall: OpenHouse, order: dict[str, Any], becomes: str) -> None:
    """To another counter, back into the line, or finished; the alert goes with it."""
    await open_hall.take("A")
    await open_hall.open(2)
    _, leg = await open_hall.act(2, "start", await open_hall.next(2))
    await lose(open_hall)
    await open_hall.open(3)
    posts = await part(open_hall, "posts")
    assert "2 号窗口失去联系" in posts
    assert "移交 3 号窗口" in posts
    body = {"leg": leg["leg"], "version": leg["version"], **order}
    status, after = await open_hall.post(f"/sessions/{await lost_session(open_hall)}/rescue", body, BOSS)
    assert (status, after.get("state")) == (200, becomes)
    assert "失去联系" not in await part(open_hall, "posts")


async def test_the_day_is_closed(open_hall: OpenHouse) -> None:
    """The list says what is open; then nothing is but who is being served."""
    for _ in range(3):
        await open_hall.take("A")
    await open_hall.open(2)
    await open_hall.act(2, "start", await open_hall.next(2))
    _, listed = await open_hall.get("/hall/closing", BOSS)
    assert (listed["waiting"], listed["serving"], [leg["number"] for leg in listed["at_counter"]]) == (2, 1, ["A001"])
    assert "token" not in listed["at_counter"][0]
    assert "窗口还有人：2 号 A001" in await part(open_hall, "closing")
    house = open_hall.house
    booking = Booking(service="A", slot_at=open_hall.clock.now() + timedelta(hours=1))
    made = await house.db.write(lambda session: house.diary.book(session, house.hall_id, booking), "hall:1")
    assert await open_hall.post("/hall/close-day", {}, BOSS) == (200, {"closed": 3})
    ended = await house.db.read(lambda session: house.diary.appointment(session, made.code))
    assert ended.state_name == "已取消"
    assert "没有未办的号" in await part(open_hall, "closing")


async def test_the_administrator_changes_services_and_counters(open_hall: OpenHouse) -> None:
    """The kiosk's tile and the board show it at once."""
    body = {"name": "企业开办", "prefix": "Q", "minutes": 12, "promise_minutes": 25}
    assert (await open_hall.post("/services/A", body, BOSS))[0] == 403
    assert (await open_hall.post("/services/A", body, "admin"))[0] == 200
    assert "企业开办" in words((await open_hall.page("/kiosk/tiles", "kiosk"))[1])
    assert (await open_hall.take("A"))["number"] == "Q001"
    status, refusal = await open_hall.post("/services/A", body | {"prefix": "X"}, "admin")
    assert (status, refusal["error"]["field"]) == (409, "prefix")
    assert (await open_hall.post("/counters", {"number": 88, "name": "临时窗口"}, "admin"))[0] == 200
    _, board = await open_hall.get("/board", "screen")
    assert "临时窗口" in {one["name"] for one in board["counters"]}
    assert (await open_hall.post("/counters/88/retire", {}, "admin"))[0] == 200
    _, board = await open_hall.get("/board", "screen")
    assert 88 not in {one["number"] for one in board["counters"]}
    status, page = await open_hall.page("/admin?part=services", "admin")
    assert status == 200
    assert "残疾人 ：提前 20 分钟" in words(page)
