"""A number in the chat: taken, put off, given up, linked from a slip; and told of at three ahead, called, missed."""

import sqlalchemy as sa

from base.clock import SetClock
from base.db import WriteSession
from base.outbox import Courier, outbox
from bot import Inbound, Reminders, Turn
from bot.receptionist import Exchange
from bot.world import CHINA, Rooms
from hallqueue import Desk, Diary, Hall, LegView, Order, QueueSettings, State, Taking, TicketView
from tests.bot.house import Floor
from tests.bot.test_receptionist import only, say

CLERK = "staff:2"
DESK = Desk(QueueSettings())


async def others(floor: Floor, count: int, service: str = "A") -> list[TicketView]:
    """Numbers that people take at the kiosk."""
    hall = floor.rooms.hall_id

    def job(session: WriteSession) -> list[TicketView]:
        return [floor.hall.take(session, hall, Taking(service)) for _ in range(count)]

    return await floor.db.write(job, f"hall:{hall}")


async def open_counter(floor: Floor) -> None:
    """Counter 2 opens."""
    hall = floor.rooms.hall_id
    await floor.db.write(lambda session: DESK.open(session, hall, 2, CLERK), f"hall:{hall}")


async def call(floor: Floor) -> LegView:
    """Counter 2 calls whoever is next."""
    hall = floor.rooms.hall_id
    leg = await floor.db.write(lambda session: DESK.call_next(session, hall, 2, CLERK), f"hall:{hall}")
    assert leg is not None
    return leg


async def act(floor: Floor, command: str, leg: LegView, reason: str | None = None) -> LegView:
    """A command of counter 2's clerk."""
    hall, order = floor.rooms.hall_id, Order(command, leg.leg, leg.version, reason=reason)
    return await floor.db.write(lambda session: DESK.act(session, hall, 2, CLERK, order), f"hall:{hall}")


async def ticket(floor: Floor, exchange: Exchange) -> TicketView:
    """The number that the conversation took last."""
    token = exchange.conversation.context.tickets[-1].token
    return await floor.db.read(lambda session: floor.hall.ticket(session, token))


def choices(turn: Turn) -> dict[str, str]:
    """What its buttons send, by their words."""
    return {button.label: button.choice for button in (*turn.menu, *turn.buttons) if button.choice}


async def told(floor: Floor, exchange: Exchange) -> list[str]:
    """What the house said in the conversation without being asked."""
    messages = await floor.receptionist.transcript(exchange.conversation.id)
    return [message.text for message in messages if message.sender == "system"]


def reminders_of(floor: Floor) -> Reminders:
    """The loop of the hall, to be turned by hand."""
    return Reminders(floor.db, floor.hall, floor.rooms.hall_id, CHINA, near=3)


async def remind(floor: Floor) -> int:
    """One look, and the courier's round."""
    count = await reminders_of(floor).remind()
    courier = Courier(floor.db)
    courier.employ("chat", floor.teller.carry)
    while await courier.deliver_due():
        pass
    return count


async def test_a_number_from_the_list_is_told_of_here(floor: Floor) -> None:
    """The services with their lines, a tap, the number; its holder is this conversation."""
    await others(floor, 2)
    listed = await say(floor, "取个号")
    label = next(words for words in choices(only(listed)) if words.startswith("企业开办"))
    assert "等候 2 人" in label
    taken = await say(floor, "", listed, choice=choices(only(listed))[label])
    assert only(taken).paragraphs[0].startswith("已为您取号 A003")
    own = await ticket(floor, taken)
    assert (own.is_told, own.origin) == (True, "bot")


async def test_put_off_in_words_and_by_tap(floor: Floor, clock: SetClock) -> None:
    """“延后” once, the button once more; the third time the hall says why not."""
    taken = await say(floor, "", choice="svc:A")
    later = await say(floor, "晚点到", taken)
    assert only(later).paragraphs == ("好的，A001 已往后放，09:15 自动回到队伍里，请在那之前回到大厅。",)
    assert (await ticket(floor, later)).state is State.PARKED
    clock.advance(minutes=15)
    await floor.db.write(
        lambda session: floor.hall.bring_back(session, floor.rooms.hall_id), f"hall:{floor.rooms.hall_id}"
    )
    again = await say(floor, "", later, choice=f"tk:defer:{(await ticket(floor, later)).token}")
    assert "09:30" in only(again).paragraphs[0]


async def test_giving_up_is_asked_first(floor: Floor) -> None:
    """“取消” with nothing else to cancel means the number; the tap on the second question does it."""
    taken = await say(floor, "", choice="svc:A")
    asked = await say(floor, "取消", taken)
    assert only(asked).paragraphs[0].startswith("要取消 A001")
    assert (await ticket(floor, asked)).state is State.WAITING
    done = await say(floor, "", asked, choice=choices(only(asked))["取消 A001"])
    assert only(done).paragraphs == ("已取消 A001。还要办的话，请重新取号。",)
    assert (await ticket(floor, done)).state is State.CANCELLED
    nothing = await say(floor, "取消", done)
    assert only(nothing).paragraphs[0].startswith("好的，已取消")


async def test_of_two_numbers_it_is_asked_which(floor: Floor) -> None:
    """Nothing is done to either before."""
    first = await say(floor, "", choice="svc:A")
    second = await say(floor, "", first, choice="svc:B")
    which = await say(floor, "不排了", second)
    assert sorted(choices(only(which))) == ["A001（企业开办与登记）", "B001（综合受理（无差别））"]
    asked = await say(floor, "2", which)
    assert only(asked).paragraphs[0].startswith("要取消 B001")


async def test_without_a_number_it_is_said_where_to_get_one(floor: Floor) -> None:
    """No number of somebody else is touched."""
    said = await say(floor, "延后")
    assert only(said).paragraphs[0].startswith("这段会话里没有您的号")
    other = (await others(floor, 1))[0]
    await say(floor, "", said, choice=f"tk:giveup:{other.token}")
    seen = await floor.db.read(lambda session: floor.hall.ticket(session, other.token))
    assert seen.state is State.WAITING


async def test_on_the_way_is_passed_on(floor: Floor) -> None:
    """The clerk sees it beside the number that was called."""
    await open_counter(floor)
    taken = await say(floor, "", choice="svc:A")
    leg = await call(floor)
    said = await say(floor, "我马上到", taken)
    assert only(said).paragraphs == ("已告诉窗口您马上到，请到 2 号窗口。",)
    hall = floor.rooms.hall_id
    console = await floor.db.read(lambda session: DESK.console(session, hall, 2, CLERK))
    assert console.leg is not None
    assert (console.leg.leg, console.leg.coming_at is None) == (leg.leg, False)


async def test_the_halls_code_is_asked_for_and_taken(floor: Floor) -> None:
    """A wrong one is asked for again; another question instead is answered."""
    settings = QueueSettings(remote_needs_code=True)
    floor.hall = Hall(settings)
    floor.rooms = Rooms(floor.hall, Diary(settings, floor.teller.tell_of_booking), floor.casebook, floor.rooms.hall_id)
    floor.receptionist._rooms = floor.rooms  # noqa: SLF001 (the same floor under other settings)
    board = await floor.db.read(lambda session: floor.hall.board(session, floor.rooms.hall_id))
    assert board.hall_code is not None
    code = board.hall_code.code
    asked = await say(floor, "", choice="svc:A")
    assert "6 位" in only(asked).paragraphs[0]
    wrong = await say(floor, "000000" if code != "000000" else "000001", asked)
    assert "不对或已换" in only(wrong).paragraphs[0]
    right = await say(floor, f"{code[:3]} {code[3:]}", wrong)
    assert only(right).paragraphs[0].startswith("已为您取号 A001")
    moved = await say(floor, "", choice="svc:A")
    answered = await say(floor, "公司变更要什么材料", moved)
    assert only(answered).topic == "company-change-registration"


async def test_a_slip_opened_in_the_chat_is_told_of_there(floor: Floor) -> None:
    """The link binds it; so does Telegram's; the last chat that asked is told."""
    own = (await others(floor, 1))[0]
    linked = await say(floor, "", choice=f"link:{own.token}")
    assert only(linked).paragraphs[0].startswith("已把 A001 号绑定到这里")
    assert (await ticket(floor, linked)).is_told
    unknown = await say(floor, "", linked, choice="link:nobody-has-this")
    assert "找不到这张号票" in only(unknown).paragraphs[0]
    assert "绑定到这里" in await floor.receptionist.bind_ticket("telegram", "4711", own.token)
    (view,) = await floor.db.read(lambda session: floor.hall.linked(session, floor.rooms.hall_id))
    assert view.reply_to != linked.conversation.reply_to


async def test_told_at_three_ahead_when_called_when_missed_each_once(floor: Floor, clock: SetClock) -> None:
    """However often it is looked; a recall is no new call."""
    await open_counter(floor)
    await others(floor, 5)
    mine = await say(floor, "", choice="svc:A")
    assert await remind(floor) == 0
    leg = await call(floor)
    assert await remind(floor) == 0
    await act(floor, "finish", await act(floor, "start", leg))
    leg = await call(floor)
    counted = [await remind(floor) for _ in range(3)]
    assert counted == [1, 0, 0]
    for _ in range(3):
        await act(floor, "finish", await act(floor, "start", leg))
        leg = await call(floor)
        assert await remind(floor) == 0
    await act(floor, "finish", await act(floor, "start", leg))
    leg = await call(floor)
    clock.advance(seconds=25)
    recalled = await act(floor, "recall", leg)
    assert [await remind(floor) for _ in range(2)] == [1, 0]
    clock.advance(seconds=90)
    await act(floor, "miss", recalled)
    assert [await remind(floor) for _ in range(2)] == [1, 0]
    assert await told(floor, mine) == [
        "A006（企业开办与登记）前面还有 3 人，请回到大厅等候，留意大屏和语音。",
        "09:00 叫到 A006 了，请马上到 2 号窗口，带好材料。",
        "A006 叫到时没有等到您，已过号。09:31 前点“我回来了”可以恢复排队，过了就要重新取号。",
    ]
    back = await say(floor, "我回来了", mine)
    assert only(back).paragraphs[0].startswith("已恢复 A006")


async def test_taken_near_the_head_is_not_told_twice(floor: Floor) -> None:
    """Whoever took it with two ahead was told so when taking it."""
    await others(floor, 2)
    await say(floor, "", choice="svc:A")
    assert await remind(floor) == 0


async def test_a_call_taken_back_and_made_again_is_told_again(floor: Floor) -> None:
    """Each announcement that stands, once."""
    await open_counter(floor)
    mine = await say(floor, "", choice="svc:A")
    leg = await call(floor)
    assert await remind(floor) == 1
    await act(floor, "undo", leg, "误按")
    assert await remind(floor) == 0
    await call(floor)
    assert await remind(floor) == 1
    assert len(await told(floor, mine)) == 2


async def test_two_processes_that_look_at_once_tell_once(floor: Floor) -> None:
    """The key of the outbox decides; what is told late is dropped with its time."""
    await open_counter(floor)
    await say(floor, "", choice="svc:A")
    await call(floor)
    assert [await one.remind() for one in (reminders_of(floor), reminders_of(floor))] == [1, 0]
    rows = await floor.db.read(lambda session: session.all(sa.select(outbox.c.channel, outbox.c.expires_at)))
    assert [(row.channel, row.expires_at is None) for row in rows] == [("chat", False)]


async def test_telegram_gets_reminders_with_buttons(floor: Floor) -> None:
    """Over the channel that is linked: text and taps in the channel's own outbox."""
    await open_counter(floor)
    await floor.receptionist.exchange(Inbound("telegram", "4711", "u1", choice="svc:A"))
    await call(floor)
    await remind(floor)
    rows = await floor.db.read(
        lambda session: session.all(sa.select(outbox.c.body).where(outbox.c.channel == "telegram"))
    )
    last = rows[-1].body
    assert "叫到 A001 了" in last["text"]
    assert [words for words, _ in last["buttons"]] == ["我马上到"]
