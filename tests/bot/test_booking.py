"""Booking in the chat: service, day, time, confirm, code; look-up, cancelling, a reminder that arrives once."""

import re
from datetime import datetime, timedelta

from base.clock import SetClock
from base.outbox import Courier
from bot import Action
from bot.plain import plain
from bot.receptionist import Exchange
from bot.world import CHINA
from hallqueue import AppointmentState, AppointmentView, Booking
from tests.bot.house import Floor
from tests.bot.test_receptionist import only, say

TEN = datetime(2026, 3, 3, 10, 0, tzinfo=CHINA)
AT_TEN = "A:2026-03-03T10:00"


def choices(exchange: Exchange) -> dict[str, str]:
    """What each button of the turn sends."""
    turn = only(exchange)
    return {button.label: button.choice for button in (*turn.menu, *turn.buttons)}


async def elsewhere(floor: Floor, **wish: str) -> AppointmentView:
    """Somebody books Tuesday at ten on the web."""
    booking = Booking(service="A", slot_at=TEN, **wish)
    hall = floor.rooms.hall_id
    return await floor.db.write(lambda session: floor.diary.book(session, hall, booking), f"hall:{hall}")


async def booked(floor: Floor) -> tuple[Exchange, str]:
    """A booking made with one tap; its code."""
    made = await say(floor, "", choice=f"bk!:{AT_TEN}")
    found = re.search(r"预约码 (\d{4}) (\d{4})", plain(only(made)))
    assert found
    return made, found[1] + found[2]


async def test_a_booking_by_taps_and_numbers(floor: Floor) -> None:
    """Five steps; each says plainly what was chosen, the last gives code, link and how to check in."""
    listed = await say(floor, "", choice="do:book")
    assert (only(listed).action, only(listed).menu[0].label) == (Action.TASK, "企业开办与登记")
    days = await say(floor, "第一个", listed)
    assert only(days).paragraphs == ("预约“企业开办与登记”：哪一天来？",)
    halves = await say(floor, "2", days)
    assert [each.label for each in only(halves).menu] == ["上午（08:30–12:00）", "下午（12:00–16:30）"]
    times = await say(floor, "1", halves)
    assert choices(times)["换一天"] == "bk:A"
    assert [each.label for each in only(times).menu if "10:00" in each.label] == ["10:00（余 1）"]
    sure = await say(floor, "", times, choice=choices(times)["10:00（余 1）"])
    assert only(sure).paragraphs == ("预约 3 月 3 日（周二）10:00，企业开办与登记。确认吗？",)
    made = await say(floor, "1", sure)
    said = plain(only(made))
    assert "已为您预约 3 月 3 日（周二）10:00，企业开办与登记。预约码" in said
    assert "请在当天 09:30–10:00 到取号机签到；迟到超过 10 分钟，按普通号排队。" in said
    link = next(each for each in only(made).buttons if each.href)
    view = await floor.db.read(lambda session: floor.diary.appointment(session, link.href.removeprefix("/a/")))
    chat = made.conversation.reply_to
    assert (view.state, view.holder, view.reply_to, view.origin) == (AppointmentState.CONFIRMED, chat, chat, "bot")


async def test_a_wish_in_words_goes_to_its_service(floor: Floor) -> None:
    """What can be done online comes first; a topic's service needs no list."""
    online = await say(floor, "预约公司变更")
    assert only(online).paragraphs[0].startswith("「公司变更登记")
    days = await say(floor, "1", online)
    assert only(days).paragraphs == ("预约“企业开办与登记”：哪一天来？",)
    unnamed = await say(floor, "预约", days)
    assert only(unnamed).act == "book"


async def test_pressing_twice_books_once(floor: Floor) -> None:
    """An old button still means what it said: the same booking."""
    made, code = await booked(floor)
    again = await say(floor, "", made, choice=f"bk!:{AT_TEN}")
    assert f"您已预约 3 月 3 日（周二）10:00，企业开办与登记。预约码 {code[:4]} {code[4:]}。" in plain(only(again))


async def test_a_slot_that_has_just_gone_shows_what_is_left(floor: Floor) -> None:
    """Said with the other times of the day."""
    await elsewhere(floor)
    told = await say(floor, "", choice=f"bk!:{AT_TEN}")
    assert only(told).paragraphs[0] == "这个时间刚刚约满，请换一个时间。"
    assert [each.choice for each in only(told).menu] == ["bk:A:2026-03-03/am", "bk:A:2026-03-03/pm"]


async def test_one_s_own_booking_by_its_code(floor: Floor) -> None:
    """Typed as it is read out; the progress question lists it too; cancelling asks once more."""
    made, code = await booked(floor)
    shown = await say(floor, f"{code[:4]} {code[4:]}", made)
    assert (
        only(shown)
        .paragraphs[0]
        .startswith(f"预约 {code[:4]} {code[4:]}：3 月 3 日（周二）10:00，企业开办与登记，已预约。")
    )
    status = await say(floor, "", shown, choice="do:status")
    assert only(status).paragraphs == only(shown).paragraphs
    sure = await say(floor, "", status, choice=choices(shown)["取消预约"])
    kept = await say(floor, "2", sure)
    assert only(kept).paragraphs == ("好的。还有要问的，直接写就行。",)
    gone = await say(floor, "", kept, choice=f"bkx!:{code}")
    assert only(gone).paragraphs == ("3 月 3 日（周二）10:00 的预约（企业开办与登记）已取消，名额会让给别人。",)
    again = await say(floor, "", gone, choice=f"bkx!:{code}")
    assert "这个预约现在是“已取消”，不能取消" in plain(only(again))


async def test_another_s_booking_needs_the_phone(floor: Floor) -> None:
    """The code alone shows nothing; with the wrong digits neither, and nothing is said of why."""
    view = await elsewhere(floor, phone="13812345678")
    asked = await say(floor, view.code)
    assert "请发预约时所留手机号的后四位" in only(asked).paragraphs[0]
    wrong = await say(floor, "0000", asked)
    assert "预约码或手机号后四位不对" in plain(only(wrong))
    right = await say(floor, "5678", await say(floor, view.code, wrong))
    assert "3 月 3 日（周二）10:00" in plain(only(right))
    assert [each.href for each in only(right).buttons if each.href] == []
    refused = await say(floor, "", right, choice=f"bkx!:{view.code}")
    assert "不是在这段会话里预约的" in plain(only(refused))
    done = await say(floor, "", refused, choice=choices(right)["取消预约"].replace("bkx:", "bkx!:"))
    assert "已取消" in plain(only(done))


async def test_a_refused_number_offers_a_booking(floor: Floor) -> None:
    """After hours: why no number is given, and the way to a seat."""
    hall = floor.rooms.hall_id
    about = await floor.db.read(lambda session: floor.hall.about(session, hall))
    await floor.db.write(lambda session: floor.hall.set_hours(session, hall, dict(about.hours), "staff:1"))
    clock = floor.db.clock
    assert isinstance(clock, SetClock)
    clock.set(TEN.replace(day=2, hour=20))
    refused = await say(floor, "", choice="svc:A")
    assert "今天已停止取号" in plain(only(refused))
    assert choices(refused)["预约"] == "bk:A"


async def test_reminders_arrive_in_the_chat_once(floor: Floor) -> None:
    """A day before and an hour before, however often the tick and the courier run."""
    made, _ = await booked(floor)
    hall, clock = floor.rooms.hall_id, floor.db.clock
    assert isinstance(clock, SetClock)
    courier = Courier(floor.db)
    courier.employ("chat", floor.teller.carry)
    for moment in (TEN - timedelta(hours=24), TEN - timedelta(hours=23), TEN - timedelta(minutes=60), TEN):
        clock.set(moment)
        await floor.db.write(lambda session: floor.diary.tend(session, hall), f"hall:{hall}")
        await courier.deliver_due()
    messages = await floor.receptionist.transcript(made.conversation.id)
    told = [message for message in messages if message.sender == "system"]
    days = [message.text.partition("办理")[0] for message in told]
    assert days == ["提醒：您预约了明天 10:00 ", "提醒：您预约了今天 10:00 "]
    assert [button.label for message in told if message.turn for button in message.turn.buttons] == ["看预约"] * 2


async def test_where_to_check_in_is_said(floor: Floor) -> None:
    """It cannot be done from afar; one's own bookings are shown beside it."""
    made, code = await booked(floor)
    told = await say(floor, "怎么签到", made)
    assert only(told).paragraphs[0].startswith("签到要人到大厅")
    assert code[:4] in only(told).paragraphs[1]


async def test_unknown_service_is_said_so(floor: Floor) -> None:
    """A button that names what is gone."""
    told = await say(floor, "", choice="bk:ZZ")
    assert "没有代码为“ZZ”的业务" in plain(only(told))
