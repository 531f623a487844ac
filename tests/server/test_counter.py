"""The clerk's console over HTTP: what is shown of the visitor, the lists, the guide desk, a refusal with the leg."""

import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from base.clock import SetClock
from base.db import WriteSession
from bot import Inbound
from hallqueue import WaitingView, WaitRange
from server.counter import line_words
from tests.server.queue_house import OpenHouse, open_house


@pytest.fixture
async def open_hall(tmp_path: Path, clock: SetClock) -> AsyncIterator[OpenHouse]:
    """A server over a new hall."""
    async with open_house(f"sqlite:///{tmp_path / 'hall.db'}", clock) as opened:
        yield opened


def words(page: str) -> str:
    """What a person reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


async def console(hall: OpenHouse, counter: int) -> str:
    """The console as its clerk reads it."""
    status, page = await hall.page(f"/counter/{counter}/console", f"clerk-{counter}")
    assert status == 200, page
    return words(page)


def buttons(page: str) -> dict[str, str]:
    """The keys of the commands that may be pressed now."""
    return dict(re.findall(r'data-(?:command|self)="(\w+)" data-key="([^"]+)"', page))


async def test_every_command_has_its_key(open_hall: OpenHouse) -> None:
    """What may be done now, and no other key."""
    await open_hall.take("A")
    await open_hall.open(2)
    _, page = await open_hall.page("/counter/2/console", "clerk-2")
    assert buttons(page) == {"call_next": " ", "pause": "s", "close": "q"}
    leg = await open_hall.next(2)
    open_hall.clock.advance(seconds=90)
    _, page = await open_hall.page("/counter/2/console", "clerk-2")
    assert buttons(page) == {"start": "Enter", "recall": "r", "miss": "m", "transfer": "t", "pause": "s"}
    await open_hall.act(2, "start", leg)
    _, page = await open_hall.page("/counter/2/console", "clerk-2")
    assert buttons(page) == {"finish": "f", "park": "p", "transfer": "t", "pause": "s"}


async def test_nothing_is_known_of_the_next_one(open_hall: OpenHouse) -> None:
    """Neither number nor class before the call; evidence to be checked after it."""
    await open_hall.take("A", priority="P2", phone="13812345678")
    await open_hall.open(2)
    before = await console(open_hall, 2)
    assert "本窗口的业务共 1 人在等" in before
    assert "A001" not in before
    assert "残疾人" not in before
    await open_hall.next(2)
    after = await console(open_hall, 2)
    assert "优先：残疾人 待核验" in after
    assert "138****5678" in after
    assert "13812345678" not in after


async def test_who_is_on_the_way_is_told(open_hall: OpenHouse) -> None:
    """“我马上到”, until the service begins."""
    ticket = await open_hall.take("A")
    await open_hall.open(2)
    leg = await open_hall.next(2)
    assert "说马上到" not in await console(open_hall, 2)
    assert (await open_hall.post(f"/tickets/{ticket['token']}/coming"))[0] == 200
    assert "说马上到" in await console(open_hall, 2)
    await open_hall.act(2, "start", leg)
    assert "说马上到" not in await console(open_hall, 2)


async def test_a_long_service_is_marked(open_hall: OpenHouse) -> None:
    """Past twice what is usual."""
    await open_hall.take("A")
    await open_hall.open(2)
    await open_hall.act(2, "start", await open_hall.next(2))
    assert "console-clock long" not in (await open_hall.page("/counter/2/console", "clerk-2"))[1]
    open_hall.clock.advance(minutes=90)
    assert "console-clock long" in (await open_hall.page("/counter/2/console", "clerk-2"))[1]


async def test_what_was_asked_before_is_shown(open_hall: OpenHouse) -> None:
    """The words and the papers of the guide last spoken of, to tick; nothing without a link."""
    house = open_hall.house
    await house.stock_library()
    asked = await house.receptionist.exchange(Inbound("web", "", secrets.token_hex(8), "开公司要带什么材料"))
    entry = next(one for one in house.library.snapshot.entries.values() if one.materials)
    ticket = await open_hall.take("A")
    await open_hall.open(2)

    def link(session: WriteSession) -> None:
        house.hall.link(session, ticket["token"], asked.conversation.reply_to, "visitor")
        values = {"context": f'{{"topic": "{entry.id}"}}', "id": asked.conversation.id}
        session.run(sa.text("UPDATE conversation SET context = :context WHERE id = :id"), **values)

    await open_hall.next(2)
    assert "来之前的咨询" not in await console(open_hall, 2)
    await house.db.write(link, f"hall:{house.hall_id}")
    shown = await console(open_hall, 2)
    assert "来之前的咨询 网页" in shown
    assert "开公司要带什么材料" in shown
    assert f"{entry.title}：材料核对" in shown
    assert entry.materials[0].name in shown


async def test_what_went_and_comes_back_is_listed(open_hall: OpenHouse) -> None:
    """One's own first; what another counter parked names it; kept ones are called by reason."""
    for _ in range(3):
        await open_hall.take("A")
    for counter in (2, 3):
        await open_hall.open(counter)
        _, leg = await open_hall.act(counter, "start", await open_hall.next(counter))
        await open_hall.act(counter, "park", leg, reason="打印复印")
    shown = await console(open_hall, 3)
    assert shown.index("A002 企业开办与登记 · 打印复印") < shown.index("A001 企业开办与登记 · 打印复印 · 2 号窗口")
    leg = await open_hall.next(3)
    await open_hall.act(3, "undo", leg, reason="误按")
    shown = await console(open_hall, 3)
    assert "为我保留 1 A003" in shown
    assert "1 次 撤回叫号" in shown


async def test_the_days_figures_hold_ratings(open_hall: OpenHouse) -> None:
    """Served, how long, the mean of the stars."""
    ticket = await open_hall.take("A")
    await open_hall.open(2)
    _, leg = await open_hall.act(2, "start", await open_hall.next(2))
    open_hall.clock.advance(minutes=6)
    await open_hall.act(2, "finish", leg, items=["x"])
    await open_hall.post(f"/tickets/{ticket['token']}/rate", {"stars": 4})
    shown = await console(open_hall, 2)
    assert "1 件 办结 6.0 分钟 平均办理" in shown
    assert "4.0 分 评价（1 次）" in shown


async def test_the_transfers_targets_show_their_lines(open_hall: OpenHouse) -> None:
    """How many, how long, and the range; not the service itself."""
    await open_hall.take("B")
    open_hall.clock.advance(minutes=7)
    _, page = await open_hall.page("/counter/targets?from=A", "clerk-2")
    assert "综合受理（无差别） 等 1 人 · 最久 7 分" in words(page)
    assert "企业开办与登记" not in page


async def test_the_guide_desk_checks_priorities(open_hall: OpenHouse) -> None:
    """It calls nobody; it takes numbers for others and checks what was declared."""
    ticket = await open_hall.take("A", priority="P2")
    await open_hall.open(1)
    shown = await console(open_hall, 1)
    assert "代取号" in shown
    assert "下一位" not in shown
    assert "待核验的优先号 1 A001 残疾人" in shown
    _, page = await open_hall.page("/counter/1/console", "clerk-1")
    found = re.search(r'data-command="verify" data-leg="(\d+)" data-version="(\d+)"', page)
    assert found is not None
    leg = {"leg": int(found.group(1)), "version": int(found.group(2))}
    status, checked = await open_hall.act(1, "verify", leg)
    assert (status, checked["standing"]) == (200, "priority")
    assert "没有待核验的优先号" in await console(open_hall, 1)
    status, slip = await open_hall.page(f"/counter/slip/{ticket['token']}", "clerk-1")
    assert (status, "A001" in slip, "<svg" in slip) == (200, True, True)


async def test_a_refusal_shows_the_leg_as_it_stands(open_hall: OpenHouse) -> None:
    """Without the visitor's secret."""
    await open_hall.take("A")
    await open_hall.open(2)
    leg = await open_hall.next(2)
    await open_hall.act(2, "start", leg)
    status, refusal = await open_hall.act(2, "start", leg)
    stands = refusal["error"]["detail"]["leg"]
    assert (status, stands["state_name"], stands["counter"]) == (409, "办理中", 2)
    assert "token" not in stands


def test_lines_in_words() -> None:
    """How many, the oldest, the range."""
    line = WaitingView("A", "开办", 6, 23, 30, "green", WaitRange(10, 20))
    assert line_words(line) == "等 6 人 · 最久 23 分 · 约 10–20 分钟"
    assert line_words(WaitingView("A", "开办", 0, 0, 30, "green", None)) == "无人等候 · 暂无法估计"
