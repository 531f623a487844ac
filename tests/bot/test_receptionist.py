"""The receptionist over real databases: a message stored, answered once, undone whole, handed to people."""

import asyncio

import pytest

from base.clock import SetClock
from base.db import WriteSession
from base.errors import BadInput, Conflict, Forbidden, NotFound
from base.outbox import Courier
from bot import Action, BotSettings, Inbound, Staff, State, Turn
from bot.plain import plain
from bot.receptionist import Exchange
from cases import Action as CaseAction
from cases import Actor, CaseFilter, CaseOrder
from tests.bot.dangers import EMERGENCIES
from tests.bot.house import Floor, floor_of

STAFF, OTHER = Staff("staff:3", "王芳"), Staff("staff:4", "李强")
JOURNEY = "俺们加工厂挪到城南园区了，执照地址得咋改"


async def say(
    floor: Floor, text: str, exchange: Exchange | None = None, *, choice: str = "", key: str = ""
) -> Exchange:
    """Say something in a conversation, a new one without ``exchange``."""
    secret = exchange.conversation.secret if exchange else ""
    seq = exchange.conversation.seq if exchange else 0
    return await floor.receptionist.exchange(Inbound("web", secret, key or f"k{seq}", text, choice))


def only(exchange: Exchange) -> Turn:
    """The one turn of an exchange."""
    (turn,) = exchange.turns
    return turn


async def test_first_message_is_answered_with_its_basis_and_says_who_speaks(floor: Floor) -> None:
    """A machine, what is kept, a person at any time."""
    first = await say(floor, JOURNEY)
    turn = only(first)
    assert (turn.action, turn.topic) == (Action.ANSWER, "company-change-registration")
    assert "机器人" in turn.notice
    assert turn.cards[0].sources[0].document.startswith("公司法")
    assert (first.conversation.state, turn.seq) == (State.BOT, 2)
    second = await say(floor, "那得多少钱", first)
    assert only(second).notice == ""
    assert only(second).topic == "company-change-registration"
    assert plain(only(second)).startswith("关于「公司变更登记")


async def test_same_key_is_one_message_and_other_content_conflicts(floor: Floor) -> None:
    """The same turns come back."""
    first = await say(floor, JOURNEY, key="k")
    again = await say(floor, JOURNEY, first, key="k")
    assert again.turns == first.turns
    assert len(await floor.receptionist.transcript(first.conversation.id)) == 2
    with pytest.raises(Conflict):
        await say(floor, "别的话", first, key="k")


async def test_at_once_twice_is_answered_once(floor: Floor) -> None:
    """Two requests with one key, and two messages side by side in order."""
    first = await say(floor, "你好")
    twice = [say(floor, "公司变更要什么材料", first, key="same") for _ in range(3)]
    answers = await asyncio.gather(*twice, say(floor, "那得多少钱", first, key="next"))
    assert answers[0].turns == answers[1].turns == answers[2].turns
    messages = await floor.receptionist.transcript(first.conversation.id)
    assert sorted(message.seq for message in messages) == list(range(1, len(messages) + 1))
    assert [message.sender for message in messages].count("enterprise") == 3
    assert [message.sender for message in messages].count("bot") == 3


async def test_identity_numbers_are_never_written(floor: Floor) -> None:
    """Neither in the message nor in the case that is opened with it."""
    first = await say(floor, "我要反映供水问题很久没人管，身份证110101199003074514，卡6222021234567890128")
    messages = await floor.receptionist.transcript(first.conversation.id)
    assert messages[0].text == "我要反映供水问题很久没人管，身份证［身份证号］，卡［银行卡号］"
    opened = await say(floor, "", first, choice="do:nophone")
    page = await floor.db.read(lambda session: floor.casebook.list(session, CaseFilter(hall=floor.rooms.hall_id)))
    assert opened.turns
    assert "110101199003074514" not in page.rows[0].summary


async def test_state_secret_is_overwritten(floor: Floor) -> None:
    """In the same job as the reply."""
    first = await say(floor, "附上涉密文件全文如下：某某")
    messages = await floor.receptionist.transcript(first.conversation.id)
    assert messages[0].text == "（涉密内容，已删除）"
    assert only(first).action is Action.REFUSE


async def test_without_a_guide_a_person_is_offered_and_a_case_has_number_and_date(floor: Floor) -> None:
    """The answer comes back in the same chat, and is told once."""
    first = await say(floor, "林木采伐证怎么办")
    assert (only(first).action, only(first).topic) == (Action.HANDOFF, None)
    opened = await say(floor, "", first, choice="do:human")
    assert "K20260302-001" in only(opened).paragraphs[0]
    assert "3 月 5 日（周四）16:30 前" in only(opened).paragraphs[0]
    (held,) = opened.conversation.context.cases
    clerk, head = Actor.of("staff:3", ["supervisor"]), Actor.of("staff:9", ["supervisor"])
    case = await floor.db.read(lambda session: floor.casebook.by_secret(session, held.token))

    def settle(session: WriteSession) -> None:
        floor.casebook.act(session, case.id, head, CaseOrder(CaseAction.ACCEPT_AND_DISPATCH, office="林草局"))
        floor.casebook.act(session, case.id, clerk, CaseOrder(CaseAction.ANSWER, text="请到林草局办理。"))

    await floor.db.write(settle, f"case:{case.id}")
    await carry_all(floor)
    messages = await floor.receptionist.transcript(opened.conversation.id)
    told = [message.text for message in messages if message.sender == "system"]
    assert any("请到林草局办理。" in text for text in told)
    count = len(messages)
    await carry_all(floor)
    assert len(await floor.receptionist.transcript(opened.conversation.id)) == count


async def carry_all(floor: Floor) -> None:
    """Let the courier bring what cases tell into the chats."""
    courier = Courier(floor.db)
    courier.employ("chat", floor.teller.carry)
    while await courier.deliver_due():
        pass


async def test_number_is_taken_once_and_its_place_is_told(floor: Floor) -> None:
    """The holder is the chat: asking again gives the same number back."""
    listed = await say(floor, "取号")
    assert only(listed).menu[0].choice == "svc:A"
    taken = await say(floor, "1", listed)
    assert only(taken).paragraphs[0].startswith("已为您取号 A001（企业开办与登记），前面没有人")
    again = await say(floor, "", taken, choice="svc:A")
    assert only(again).paragraphs[0].startswith("您已有号 A001")
    status = await say(floor, "A001", again)
    assert only(status).paragraphs[0].startswith("A001（企业开办与登记）：排队中")
    other = await say(floor, "A999", status)
    assert "不是在这段会话里取的" in only(other).paragraphs[0]


async def test_hall_says_what_it_has_not_published(floor: Floor) -> None:
    """Placeholders are no answer."""
    turn = only(await say(floor, "大厅电话多少，地址在哪"))
    assert (turn.action, turn.is_complete) == (Action.ANSWER, False)
    assert "本厅尚未公布" in plain(turn)
    assert "待本地填写" not in plain(turn)


async def test_reader_that_warms_is_polite(floor: Floor) -> None:
    """And a person is one tap away; the question goes with it."""
    floor.reader = None
    first = await say(floor, JOURNEY)
    assert only(first).action is Action.CLARIFY
    opened = await say(floor, "", first, choice="do:human")
    assert "K20260302-001" in only(opened).paragraphs[0]


async def test_what_is_empty_too_long_or_unknown_is_refused_with_a_sentence(floor: Floor) -> None:
    """Nothing is stored."""
    with pytest.raises(BadInput):
        await say(floor, "  ")
    with pytest.raises(BadInput, match="1001 字"):
        await say(floor, "长" * 1001)
    with pytest.raises(NotFound):
        await floor.receptionist.hear(Inbound("web", "no-such-secret", "k", "你好"))


async def test_take_over_between_reading_and_reply_undoes_the_turn_but_for_the_message(floor: Floor) -> None:
    """The enterprise's message stays; the bot's reply, its state and its case do not."""
    first = await say(floor, "林木采伐证怎么办")
    number = first.conversation.id
    accepted = await floor.receptionist.accept(Inbound("web", first.conversation.secret, "late", "", "do:human"))
    stale = accepted.conversation
    await floor.receptionist.claim(number, STAFF)
    await floor.receptionist._answer(stale, accepted.message)  # noqa: SLF001 (the losing side of the race)
    messages = await floor.receptionist.transcript(number)
    assert [(message.sender, message.choice) for message in messages[-2:]] == [
        ("enterprise", "do:human"),
        ("system", ""),
    ]
    now, _ = await floor.receptionist.read(first.conversation.secret)
    assert (now.state, now.owner, now.context.cases) == (State.HUMAN, "staff:3", ())
    page = await floor.db.read(lambda session: floor.casebook.list(session, CaseFilter(hall=floor.rooms.hall_id)))
    assert page.rows == ()


async def test_staff_speak_only_in_what_they_claimed_and_give_it_back(floor: Floor) -> None:
    """The bot begins anew with an empty topic."""
    first = await say(floor, JOURNEY)
    number = first.conversation.id
    with pytest.raises(Conflict):
        await floor.receptionist.staff_say(number, STAFF, "您好", key="s1")
    await floor.receptionist.claim(number, STAFF)
    with pytest.raises(Conflict):
        await floor.receptionist.claim(number, OTHER)
    with pytest.raises(Forbidden):
        await floor.receptionist.staff_say(number, OTHER, "您好", key="s1")
    said = await floor.receptionist.staff_say(number, STAFF, "您好，我来办。", key="s1")
    assert await floor.receptionist.staff_say(number, STAFF, "您好，我来办。", key="s1") == said
    silent = await say(floor, "公司变更要什么材料", first, key="q")
    assert silent.turns == ()
    back = await floor.receptionist.give_back(number, STAFF)
    assert (back.state, back.owner, back.context.topic) == (State.BOT, None, "")


@pytest.mark.parametrize("state", [State.NEW, State.BOT, State.WAITING, State.HUMAN, State.ENDED])
async def test_emergency_line_comes_first_in_every_state(floor: Floor, clock: SetClock, state: State) -> None:
    """And staff are flagged."""
    exchange = None if state is State.NEW else await say(floor, "你好")
    if exchange is not None:
        await bring_to(floor, clock, exchange, state)
    answered = await say(floor, EMERGENCIES[0], exchange, key="danger")
    assert plain(only(answered)).startswith("⚠")
    assert "119" in only(answered).alarm
    assert answered.conversation.flagged_at == clock.now()


async def bring_to(floor: Floor, clock: SetClock, exchange: Exchange, state: State) -> None:
    """Move a conversation of the bot's to ``state``."""
    number = exchange.conversation.id
    if state in (State.HUMAN, State.WAITING):
        await floor.receptionist.claim(number, STAFF)
    if state is State.WAITING:
        await say(floor, "在吗", exchange, key="unanswered")
        clock.advance(minutes=11)
        assert await floor.receptionist.tend() == 1
    if state is State.ENDED:
        clock.advance(hours=49)
        assert await floor.receptionist.tend() == 1
    now, _ = await floor.receptionist.read(exchange.conversation.secret)
    assert now.state is state


async def test_wait_for_a_person_becomes_a_case_after_five_minutes(floor: Floor, clock: SetClock) -> None:
    """And goes back to the bot, told in one sentence."""
    live = await floor_of(floor.db, BotSettings(live_desk=True))
    first = await say(live, "林木采伐证怎么办")
    pooled = await say(live, "人工", first)
    assert (pooled.conversation.state, only(pooled).action) == (State.WAITING, Action.HANDOFF)
    assert (await say(live, "公司变更要什么材料", pooled)).turns == ()
    clock.advance(minutes=4)
    assert await live.receptionist.tend() == 0
    clock.advance(minutes=1)
    assert await live.receptionist.tend() == 1
    now, messages = await live.receptionist.read(first.conversation.secret)
    assert (now.state, len(now.context.cases)) == (State.BOT, 1)
    assert now.context.cases[0].number in messages[-1].text


async def test_conversation_ends_after_two_days_and_begins_anew(floor: Floor, clock: SetClock) -> None:
    """The topic is forgotten, the notice said again."""
    first = await say(floor, JOURNEY)
    clock.advance(hours=47)
    assert await floor.receptionist.tend() == 0
    clock.advance(hours=1)
    assert await floor.receptionist.tend() == 1
    again = await say(floor, "那得多少钱", first)
    assert only(again).notice != ""
    assert only(again).topic is None


async def test_what_was_stored_and_not_answered_is_answered_after_a_restart(floor: Floor) -> None:
    """Nothing is lost between the two jobs."""
    accepted = await floor.receptionist.accept(Inbound("web", "", "k", JOURNEY))
    anew = Floor(floor.db, floor.rooms.hall_id, BotSettings())
    assert await anew.receptionist.catch_up() == 1
    _, messages = await anew.receptionist.read(accepted.conversation.secret)
    assert [message.sender for message in messages] == ["enterprise", "bot"]
    assert await anew.receptionist.catch_up() == 0
