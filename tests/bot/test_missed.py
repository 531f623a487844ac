"""What was not answered well, as it is read back from real conversations."""

from datetime import timedelta

from bot import Fault, Miss, Staff, misses
from bot.receptionist import Exchange
from tests.bot.house import Floor
from tests.bot.test_receptionist import JOURNEY, say

STAFF = Staff("staff:3", "王芳")
UNSURE = "搬家后营业执照上写的地点"
UNREAD = "嘎嘎咕噜"


async def found(floor: Floor) -> list[Miss]:
    """The misses of the last day."""
    since = floor.db.clock.now() - timedelta(days=1)
    return await floor.db.read(lambda session: misses(session, since))


async def one(floor: Floor) -> Miss:
    """The only one."""
    (miss,) = await found(floor)
    return miss


def menu(exchange: Exchange) -> list[str]:
    """The choices of the last menu."""
    return [option.choice for option in exchange.turns[-1].menu]


async def test_a_right_answer_is_no_miss(floor: Floor) -> None:
    """Nor are greetings, tasks and thanks."""
    exchange = await say(floor, JOURNEY)
    for text in ("你好", "取个号", "谢谢", "几点上班"):
        exchange = await say(floor, text, exchange)
    assert await found(floor) == []


async def test_what_was_not_understood_is_a_miss(floor: Floor) -> None:
    """With its asker, its words and what was said."""
    exchange = await say(floor, UNREAD)
    miss = await one(floor)
    assert (miss.asker, miss.text, miss.fault) == (exchange.conversation.id, UNREAD, Fault.UNREAD)
    assert miss.said.startswith("抱歉，我没有看懂")


async def test_a_choice_from_the_menu_belongs_to_its_question(floor: Floor) -> None:
    """By tap or by number."""
    exchange = await say(floor, UNSURE)
    second = menu(exchange)[1].split(":")[1]
    await say(floor, "", exchange, choice=menu(exchange)[1])
    miss = await one(floor)
    assert (miss.fault, miss.chosen, len(miss.leads) > 1) == (Fault.UNSURE, second, True)


async def test_a_number_chooses_too(floor: Floor) -> None:
    """The first of the list."""
    exchange = await say(floor, UNSURE)
    await say(floor, "1", exchange)
    assert (await one(floor)).chosen == menu(exchange)[0].split(":")[1]


async def test_none_of_these_chooses_nothing(floor: Floor) -> None:
    """And a later answer to something else is no choice."""
    exchange = await say(floor, UNSURE)
    exchange = await say(floor, "", exchange, choice="do:none")
    await say(floor, JOURNEY, exchange)
    miss = await one(floor)
    assert (miss.chosen, miss.has_denied) == ("", True)


async def test_out_of_scope_is_told(floor: Floor) -> None:
    """For an editor to see what was refused."""
    await say(floor, "明天天气怎么样")
    assert (await one(floor)).fault is Fault.OUTSIDE


async def test_thumbs_down_with_its_reason(floor: Floor) -> None:
    """It belongs to the question before it, and the answer's entry is known."""
    exchange = await say(floor, JOURNEY)
    exchange = await say(floor, "", exchange, choice="fb:down")
    exchange = await say(floor, "", exchange, choice="fb:other")
    await say(floor, "", exchange, choice="fb:up")
    miss = await one(floor)
    assert (miss.text, miss.fault, miss.reason) == (JOURNEY, Fault.DISLIKED, "不是我问的")
    assert miss.topic == "company-change-registration"


async def test_what_a_person_answered(floor: Floor) -> None:
    """The question that stood when they took it up, and one that was asked of them."""
    exchange = await say(floor, UNREAD)
    exchange = await say(floor, "人工", exchange)
    number = exchange.conversation.id
    await floor.receptionist.claim(number, STAFF)
    await floor.receptionist.staff_say(number, STAFF, "请带章程到 3 号窗口。", key="a")
    await floor.receptionist.staff_say(number, STAFF, "还有别的吗？", key="b")
    await say(floor, "公司变更要多久", exchange, key="more")
    await floor.receptionist.staff_say(number, STAFF, "三个工作日。", key="c")
    first, second = await found(floor)
    assert (first.fault, first.staff, first.staff_said) == (Fault.UNREAD, "staff:3", "请带章程到 3 号窗口。")
    assert (second.text, second.fault, second.staff_said) == ("公司变更要多久", Fault.PERSON, "三个工作日。")


async def test_confidential_and_older_talks_are_left_out(floor: Floor) -> None:
    """保密: nothing of that conversation is shown."""
    exchange = await say(floor, UNREAD)
    await say(floor, "", exchange, choice="do:seal")
    assert await found(floor) == []
    await say(floor, UNREAD, key="other")
    assert await floor.db.read(lambda session: misses(session, session.now + timedelta(minutes=1))) == []
