"""Telegram against a Bot API over real HTTP: polling and webhook journeys, floods, blocks, repeats, restarts."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from base.clock import SetClock
from base.errors import Forbidden
from base.outbox import Courier, failed
from bot import BotSettings, Staff, TelegramSettings, is_wanted
from bot.channels.telegram import Pace, TelegramChannel
from bot.store import at_address
from tests.bot.house import Floor
from tests.bot.telegram_emulator import TOKEN, Emulator, Trouble, emulated

CHAT, OTHER = 5001, 5002
JOURNEY = "俺们加工厂挪到城南园区了，执照地址得咋改"


class Line:
    """A floor with its Telegram edge and a courier, over the emulator; far quicker than the platform's limits."""

    def __init__(self, floor: Floor, emulator: Emulator, clock: SetClock, mode: str = "polling") -> None:
        settings = TelegramSettings(
            token=TOKEN,
            secret="s3cret",
            mode="webhook" if mode == "webhook" else "polling",
            api_url=emulator.url,
            poll_seconds=0,
            chat_per_second=1e9,
            total_per_second=1e9,
        )
        self.floor = floor
        self.emulator = emulator
        self.clock = clock
        self.channel = TelegramChannel(settings, floor.receptionist)
        self.courier = Courier(floor.db)
        self.courier.employ("telegram", self.channel.carry, is_wanted)
        self.courier.employ("chat", floor.teller.carry)

    async def poll(self) -> None:
        """Fetch what is there, answer it, deliver the answers."""
        await self.channel.poll_once()
        await self.deliver()

    async def deliver(self) -> None:
        """Finish the answers and deliver what is due now."""
        await self.channel.idle()
        while await self.courier.deliver_due():
            pass


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    """The platform."""
    async with emulated() as running:
        yield running


@pytest.fixture
async def line(floor: Floor, emulator: Emulator, clock: SetClock) -> AsyncIterator[Line]:
    """The edge, started for long polling."""
    made = Line(floor, emulator, clock)
    await made.channel.start()
    yield made
    await made.channel.stop()


async def test_journey_by_polling(line: Line) -> None:
    """Ask, follow up, tap, hand over, and the case's number in the same chat."""
    line.emulator.write(CHAT, "/start")
    line.emulator.write(CHAT, JOURNEY)
    await line.poll()
    hello, card = line.emulator.texts(CHAT)
    assert "演示渠道" in hello
    assert "机器人" in hello
    assert "公司变更登记" in card
    assert "依据：公司法" in card
    line.emulator.write(CHAT, "那得多少钱")
    await line.poll()
    assert line.emulator.texts(CHAT)[-1].startswith("关于「公司变更登记")
    labels = dict(line.emulator.sent[-1].buttons)
    line.emulator.tap(CHAT, labels["材料清单"])
    await line.poll()
    assert "申请材料：" in line.emulator.texts(CHAT)[-1]
    assert len(line.emulator.answered) == 1
    line.emulator.write(CHAT, "林木采伐证怎么办")
    line.emulator.write(CHAT, "人工")
    await line.poll()
    assert "K20260302-001" in line.emulator.texts(CHAT)[-1]
    assert line.emulator.commands == ["start", "human", "ticket", "status", "report", "restart"]


async def test_journey_by_webhook(floor: Floor, emulator: Emulator, clock: SetClock) -> None:
    """200 at once, the work later; without the secret nothing is taken."""
    line = Line(floor, emulator, clock, "webhook")

    async def receive(request: web.Request) -> web.Response:
        try:
            secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
            await line.channel.webhook(secret, await request.json())
        except Forbidden:
            raise web.HTTPForbidden from None
        return web.json_response({"ok": True})

    app = web.Application()
    app.router.add_post("/hook", receive)
    async with TestServer(app) as server:
        await line.channel.start(str(server.make_url("/hook")))
        update = emulator.write(CHAT, JOURNEY)
        assert await emulator.push(update, secret="wrong") == 403
        assert await emulator.push(update) == 200
        assert await emulator.push(update) == 200
        await line.deliver()
    assert len(emulator.texts(CHAT)) == 1
    await line.channel.stop()


async def test_repeated_update_is_answered_once(line: Line) -> None:
    """A restart fetches again what was not confirmed."""
    line.emulator.write(CHAT, JOURNEY)
    await line.poll()
    again = Line(line.floor, line.emulator, line.clock)
    await again.channel.start()
    await again.poll()
    await again.channel.stop()
    assert len(line.emulator.texts(CHAT)) == 1


async def test_restart_between_storing_and_answering_loses_nothing(line: Line) -> None:
    """What was stored is answered by the next process, in order."""
    updates = [line.emulator.write(CHAT, text) for text in ("你好", JOURNEY)]
    for update in updates:
        from bot import Inbound  # noqa: PLC0415

        text = update["message"]["text"]
        await line.floor.receptionist.accept(Inbound("telegram", str(CHAT), f"u{update['update_id']}", text))
    anew = Floor(line.floor.db, line.floor.rooms.hall_id, BotSettings())
    assert await anew.receptionist.catch_up() == 1
    await line.deliver()
    first, second = line.emulator.texts(CHAT)
    assert "您好" in first
    assert "公司变更登记" in second
    await line.poll()
    assert len(line.emulator.texts(CHAT)) == 2


async def test_order_is_kept_for_each_chat(line: Line) -> None:
    """Many at once, two chats."""
    for number in range(4):
        line.emulator.write(CHAT, f"{'嘎' * (number + 2)}")
        line.emulator.write(OTHER, "你好")
    await line.poll()
    messages = await line.floor.db.read(lambda session: at_address(session, "telegram", str(CHAT)))
    assert messages is not None
    transcript = await line.floor.receptionist.transcript(messages.id)
    said = [one.text for one in transcript if one.sender == "enterprise"]
    assert said == ["嘎" * (number + 2) for number in range(4)]
    assert len(line.emulator.texts(CHAT)) == len(line.emulator.texts(OTHER)) == 4


async def test_flood_limit_is_obeyed_and_the_message_comes_later(line: Line) -> None:
    """RetryAfter says when."""
    line.emulator.troubles.append(Trouble("sendMessage", 429, "Too Many Requests: retry after 7", retry_after=7))
    line.emulator.write(CHAT, "你好")
    await line.poll()
    assert line.emulator.texts(CHAT) == []
    line.clock.advance(seconds=6)
    await line.deliver()
    assert line.emulator.texts(CHAT) == []
    line.clock.advance(seconds=2)
    await line.deliver()
    assert len(line.emulator.texts(CHAT)) == 1


@pytest.mark.parametrize("status", [500, 502])
async def test_trouble_of_the_platform_is_waited_out(line: Line, status: int) -> None:
    """Tried again with growing pauses."""
    line.emulator.troubles.append(Trouble("sendMessage", status, "Bad Gateway"))
    line.emulator.write(CHAT, "你好")
    await line.poll()
    assert line.emulator.texts(CHAT) == []
    line.clock.advance(seconds=2)
    await line.deliver()
    assert len(line.emulator.texts(CHAT)) == 1


async def test_blocked_user_is_marked_and_heard_again_when_they_write(line: Line) -> None:
    """What was for them becomes a dead letter; others are not held up."""
    line.emulator.write(CHAT, "你好")
    line.emulator.write(OTHER, "你好")
    line.emulator.blocked.add(CHAT)
    await line.poll()
    assert (line.emulator.texts(CHAT), len(line.emulator.texts(OTHER))) == ([], 1)
    now = await line.floor.db.read(lambda session: at_address(session, "telegram", str(CHAT)))
    assert now is not None
    assert now.is_blocked
    assert len(await line.floor.db.read(failed)) == 1
    line.emulator.blocked.clear()
    line.emulator.write(CHAT, "你好")
    await line.poll()
    assert len(line.emulator.texts(CHAT)) == 1


async def test_block_that_is_announced_is_noted(line: Line) -> None:
    """Nothing more is sent."""
    line.emulator.write(CHAT, "你好")
    await line.poll()
    line.emulator.block(CHAT)
    await line.poll()
    now = await line.floor.db.read(lambda session: at_address(session, "telegram", str(CHAT)))
    assert now is not None
    assert now.is_blocked


async def test_old_query_is_swallowed_and_its_choice_taken(line: Line) -> None:
    """“query is too old” is no trouble of the user's."""
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    line.emulator.troubles.append(Trouble("answerCallbackQuery", 400, too_old))
    line.emulator.tap(CHAT, "t:company-change-registration:fee")
    await line.poll()
    assert "费用：免费" in line.emulator.texts(CHAT)[-1]


async def test_groups_are_passed_over(line: Line) -> None:
    """Private chats only."""
    line.emulator.write(-100, JOURNEY, kind="group")
    await line.poll()
    assert line.emulator.sent == []


async def test_ticket_is_bound_by_its_deep_link(line: Line) -> None:
    """``/start t_<token>``; an unknown one is said so."""
    hall = line.floor.hall
    from hallqueue import Taking  # noqa: PLC0415

    ticket = await line.floor.db.write(lambda session: hall.take(session, line.floor.rooms.hall_id, Taking("A")))
    line.emulator.write(CHAT, f"/start t_{ticket.token}")
    line.emulator.write(CHAT, "/status")
    line.emulator.write(OTHER, "/start t_nothing")
    await line.poll()
    bound, status = line.emulator.texts(CHAT)
    assert f"已把 {ticket.number} 号绑定到这里" in bound
    assert f"{ticket.number}（" in status
    assert "没有找到这张号票" in line.emulator.texts(OTHER)[0]


async def test_reply_from_before_a_person_took_the_word_is_not_sent(line: Line) -> None:
    """The courier asks again just before sending."""
    line.emulator.write(CHAT, JOURNEY)
    await line.channel.poll_once()
    await line.channel.idle()
    now = await line.floor.db.read(lambda session: at_address(session, "telegram", str(CHAT)))
    assert now is not None
    await line.floor.receptionist.claim(now.id, Staff("staff:3", "王芳"))
    await line.deliver()
    assert line.emulator.texts(CHAT) == ["王芳 已接待您，请直接写。"]


async def test_pace_keeps_one_a_second_for_each_chat_and_thirty_in_all() -> None:
    """It says how long to wait instead of waiting."""
    pace = Pace(1.0, 30.0)
    assert pace.wait_seconds("a") == 0.0
    assert 0.9 < pace.wait_seconds("a") <= 1.0
    assert 0.0 < pace.wait_seconds("b") <= 1 / 30
    await asyncio.sleep(0)
