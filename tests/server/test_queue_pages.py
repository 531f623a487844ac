"""Kiosk, screen, panel, console and phone: who may open them, and what they say."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from base.clock import SetClock
from hallqueue import WaitingView, WaitRange
from server.fragments import fragments
from server.kiosk import groups
from server.queue_forms import masked
from server.screen import MOST_LINES, busiest
from server.words import NO_ESTIMATE, wait_words
from tests.server.queue_house import OpenHouse, open_house


@pytest.fixture
async def open_hall(tmp_path: Path, clock: SetClock) -> AsyncIterator[OpenHouse]:
    """A server over a new hall."""
    async with open_house(f"sqlite:///{tmp_path / 'hall.db'}", clock) as opened:
        yield opened


def words(page: str) -> str:
    """What a person reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


async def test_each_page_opens_to_its_device_alone(open_hall: OpenHouse) -> None:
    """A visitor is sent to sign in, another device is told no."""
    doors = {"/kiosk": "kiosk", "/screen": "screen", "/panel/3": "panel", "/counter": "clerk-3"}
    for path, who in doors.items():
        assert (await open_hall.page(path, who))[0] == 200
        assert (await open_hall.page(path))[0] == 303
    assert (await open_hall.page("/kiosk", "screen"))[0] == 403
    assert (await open_hall.page("/counter", "kiosk"))[0] == 403


async def test_an_unpaired_machine_says_so(open_hall: OpenHouse) -> None:
    """Visitors read where to go instead, not a form for a password."""
    for path in ("/kiosk", "/screen", "/panel/3"):
        _, page = await open_hall.page(f"/sign-in?after={path}")
        assert ("这台机器还没有配对" in page, 'type="password"' in page) == (True, False)
    _, page = await open_hall.page("/sign-in?after=/counter")
    assert 'type="password"' in page


async def test_kiosk_shows_tiles_a_form_and_the_number(open_hall: OpenHouse) -> None:
    """From the start page to the slip."""
    await open_hall.take("A")
    _, tiles = await open_hall.page("/kiosk/tiles", "kiosk")
    assert tiles.count('data-service="') == 12
    assert "等 1 人" in words(tiles)
    status, form = await open_hall.page("/kiosk/service/A", "kiosk")
    assert (status, "企业开办与登记" in form, form.count('name="priority"')) == (200, True, 6)
    assert (await open_hall.page("/kiosk/service/ZZ", "kiosk"))[0] == 404
    ticket = await open_hall.take("A", priority="P2")
    _, done = await open_hall.page(f"/kiosk/ticket/{ticket['token']}", "kiosk")
    assert "A002" in done
    assert "2、3、5 号窗口" in words(done)
    assert "待核验" in done
    assert "<svg" in done


async def test_console_buttons_are_the_legs_actions(open_hall: OpenHouse) -> None:
    """No button that would be refused, none missing."""
    await open_hall.take("A")
    assert "您今天坐哪个窗口" in (await open_hall.page("/counter", "clerk-2"))[1]
    await open_hall.open(2)
    _, page = await open_hall.page("/counter", "clerk-2")
    assert 'data-self="call_next"' in page
    leg = await open_hall.next(2)
    for seconds in (0, 25, 70):
        open_hall.clock.advance(seconds=seconds)
        _, part = await open_hall.page("/counter/2/console", "clerk-2")
        acts = re.search(r'<div class="console-acts">(.*?)</div>', part, re.DOTALL)
        assert acts is not None
        shown = set(re.findall(r'data-command="(\w+)" data-key', acts.group(1)))
        allowed = re.search(r'data-version="(\d+)"', part)
        assert allowed is not None
        assert int(allowed.group(1)) == leg["version"]
        assert {"start", "transfer"} <= shown
        assert ("recall" in shown, "miss" in shown) == (seconds >= 25, seconds >= 70)


async def test_a_lost_session_is_told_at_the_next_sign_in(open_hall: OpenHouse) -> None:
    """Two minutes of silence with somebody at the counter."""
    await open_hall.take("A")
    await open_hall.open(2)
    await open_hall.next(2)
    open_hall.clock.advance(minutes=2)
    await open_hall.house.db.write(
        lambda session: open_hall.house.desk.sweep(session, open_hall.house.hall_id), f"hall:{open_hall.house.hall_id}"
    )
    _, page = await open_hall.page("/counter", "clerk-2")
    assert "A001 还没有办完" in words(page)
    await open_hall.open(5)
    assert "A001" in (await open_hall.page("/counter", "clerk-2"))[1]


async def test_screen_and_panel_show_who_is_called(open_hall: OpenHouse) -> None:
    """The number, the counter, what waits."""
    for _ in range(3):
        await open_hall.take("A")
    await open_hall.open(2)
    assert "还没有叫号" in (await open_hall.page("/screen/board", "screen"))[1]
    await open_hall.next(2)
    _, screen = await open_hall.page("/screen", "screen")
    assert "请 A001 到 2 号窗口" in words(screen)
    assert "2 人" in words(screen)
    _, panel = await open_hall.page("/panel/2/now", "panel")
    assert "请到本窗口 A001" in words(panel)


async def test_a_fragment_is_made_once_for_each_state(open_hall: OpenHouse) -> None:
    """Pages that ask again get the same text until the hall has changed."""
    made = fragments(open_hall.house)
    hall = open_hall.house.hall_id
    times = []

    def gather(session: object) -> dict[str, object]:
        times.append(session)
        return {"cursor": 1, "tiles": [], "groups": [], "icons": {}, "hall_code": None}

    for _ in range(3):
        await made.text("kiosk_tiles.html", hall, gather)
    assert len(times) == 1
    await open_hall.take("A")
    await made.text("kiosk_tiles.html", hall, gather)
    assert len(times) == 2


async def test_phone_follows_the_ticket(open_hall: OpenHouse) -> None:
    """Waiting, called, served: each says what to do."""
    ticket = await open_hall.take("A")
    path = f"/t/{ticket['token']}"
    assert "前面没有人了" in words((await open_hall.page(path))[1])
    await open_hall.open(2)
    leg = await open_hall.next(2)
    _, page = await open_hall.page(path)
    assert 'data-state="called"' in page
    assert "请到 2 号窗口" in words(page)
    _, leg = await open_hall.act(2, "start", leg)
    await open_hall.act(2, "finish", leg)
    assert "这次办得怎么样" in (await open_hall.page(f"{path}/now"))[1]
    assert (await open_hall.page("/t/nobody"))[0] == 404


async def test_rules_are_told_from_the_settings(open_hall: OpenHouse) -> None:
    """The numbers in force stand on the page."""
    _, page = await open_hall.page("/rules")
    said = words(page)
    assert "残疾人：20 分钟" in said
    assert "普通号等过 60 分钟、优先号等过 10 分钟" in said


def test_words_for_waits() -> None:
    """A range, one figure, no time, no estimate."""
    said = [
        wait_words(wait) for wait in (WaitRange(10, 20), WaitRange(8, 8), WaitRange(0, 1), WaitRange(185, 235), None)
    ]
    assert said == ["约 10–20 分钟", "约 8 分钟", "马上轮到", "约 3–4 小时", NO_ESTIMATE]


def test_phones_are_masked() -> None:
    """Enough to recognise one's own, not to call."""
    assert [masked(one) for one in ("138 1234 5678", "12345", None)] == ["138****5678", "****45", None]


def test_twelve_tiles_need_no_domains() -> None:
    """Domains come first only when the tiles do not fit."""
    assert groups([], {}) == []


def test_the_screen_shows_the_longest_lines_in_the_halls_order() -> None:
    """More than twelve do not fit."""
    lines = tuple(WaitingView(f"S{i}", "业务", i % 7, 0, 20, "green", None) for i in range(15))
    shown = busiest(lines)
    assert len(shown) == MOST_LINES
    assert shown == sorted(shown, key=lines.index)
    assert min(one.waiting for one in shown) >= max(one.waiting for one in lines if one not in shown) - 1
