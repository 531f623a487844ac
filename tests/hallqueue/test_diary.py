"""Bookings in a real hall: slots, seats, check-in, cancelling, what time does. On both databases."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from base.clock import SetClock
from base.db import Database, WriteSession
from base.errors import BadInput, Conflict, NotFound
from hallqueue import AppointmentState, AppointmentView, Booking, Diary, Leaflet, QueueSettings, Standing, TicketView
from tests.hallqueue.builders import OpenHall, opened

ZONE = ZoneInfo("Asia/Shanghai")
TUESDAY = date(2026, 3, 3)
TEN = datetime(2026, 3, 3, 10, 0, tzinfo=ZONE)


@dataclass
class OpenDiary:
    """The diary of an open hall, with what it told."""

    house: OpenHall
    told: list[Leaflet] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Build the face with an ear at its teller."""
        self.diary = Diary(self.house.settings, self._hear)

    def _hear(self, _session: WriteSession, _view: AppointmentView, leaflet: Leaflet) -> None:
        self.told.append(leaflet)

    async def book(self, at: datetime = TEN, service: str = "A", **wish: Any) -> AppointmentView:  # noqa: ANN401 (any field of Booking)
        """Book a slot."""
        booking = Booking(service=service, slot_at=at, **wish)
        return await self.house.write(lambda session: self.diary.book(session, self.house.id, booking))

    async def check_in(self, made: AppointmentView) -> TicketView:
        """Check in at the kiosk."""
        house = self.house
        return await house.write(lambda session: self.diary.check_in(session, house.id, made.code, "device:kiosk"))

    async def cancel(self, made: AppointmentView, reason: str | None = None) -> AppointmentView:
        """Cancel."""
        return await self.house.write(lambda session: self.diary.cancel(session, made.code, reason=reason))

    async def confirm(self, made: AppointmentView) -> AppointmentView:
        """A clerk confirms."""
        house = self.house
        return await house.write(lambda session: self.diary.confirm(session, house.id, made.code, "staff:1"))

    async def tend(self) -> int:
        """The tick."""
        return await self.house.write(lambda session: self.diary.tend(session, self.house.id))

    async def close_day(self) -> int:
        """A supervisor ends the day."""
        house = self.house
        return await house.write(lambda session: self.diary.close_day(session, house.id, "staff:9"))

    async def now(self, made: AppointmentView) -> AppointmentView:
        """As it stands."""
        return await self.house.read(lambda session: self.diary.appointment(session, made.token))

    async def free(self, at: datetime = TEN, service: str = "A") -> int:
        """Seats left in a slot."""
        slots = await self.house.read(lambda session: self.diary.slots(session, self.house.id, service, at.date()))
        return sum(slot.free for slot in slots if slot.at == at)

    async def end_trial(self) -> None:
        """Put the hours in force."""
        about = await self.house.read(lambda session: self.house.hall.about(session, self.house.id))
        hours: dict[str, Any] = dict(about.hours)
        await self.house.write(lambda session: self.house.hall.set_hours(session, self.house.id, hours, "staff:1"))


@pytest.fixture
async def diary(db: Database, clock: SetClock) -> OpenDiary:
    """The shipped hall's diary, all of its time for bookings: three seats a slot at the first service."""
    return await diary_with(db, clock)


async def diary_with(db: Database, clock: SetClock, **changed: Any) -> OpenDiary:  # noqa: ANN401 (any setting)
    """A diary with other settings."""
    settings = replace(QueueSettings(), **{"booking_share_percent": 100, **changed})
    return OpenDiary(await opened(db, clock, 2, 3, 4, settings=settings))


async def test_days_and_slots_follow_the_hall_s_calendar(diary: OpenDiary) -> None:
    """Today and seven days more, Saturday for its booked counter only, Sunday not at all; lunch is the cover's."""
    house = diary.house
    days = await house.read(lambda session: diary.diary.days(session, house.id, "B"))
    assert [day.text for day in days] == [
        "3 月 2 日（周一）",
        "3 月 3 日（周二）",
        "3 月 4 日（周三）",
        "3 月 5 日（周四）",
        "3 月 6 日（周五）",
        "3 月 7 日（周六）",
        "3 月 9 日（周一）",
    ]
    slots = await house.read(lambda session: diary.diary.slots(session, house.id, "B", date(2026, 3, 7)))
    assert {f"{slot.at:%H:%M}" for slot in slots} <= {"08:30", "09:00", "09:30", "10:00", "10:30", "11:00"}
    today = await house.read(lambda session: diary.diary.slots(session, house.id, "B", date(2026, 3, 2)))
    assert f"{today[0].at:%H:%M}" == "09:30"
    without_lunch = await house.read(lambda session: diary.diary.slots(session, house.id, "C", TUESDAY))
    assert [slot.at.hour for slot in without_lunch if slot.at.hour == 12] == []


async def test_a_holiday_has_no_slots(diary: OpenDiary) -> None:
    """The hall's own calendar decides."""
    house = diary.house
    about = await house.read(lambda session: house.hall.about(session, house.id))
    hours: dict[str, Any] = {**about.hours, "holidays": [TUESDAY.isoformat()]}
    await house.write(lambda session: house.hall.set_hours(session, house.id, hours, "staff:1"))
    days = await house.read(lambda session: diary.diary.days(session, house.id, "A"))
    assert TUESDAY not in [day.day for day in days]
    with pytest.raises(BadInput, match="3 月 3 日（周二）10:00 不能预约"):
        await diary.book()


async def test_a_booking_checks_in_with_a_number_of_the_series(diary: OpenDiary) -> None:
    """Booked, then here at a quarter to: the next number, a booking that counts from its slot."""
    await diary.house.take("A")
    made = await diary.book(phone="138 1234 5678", name="李女士")
    assert (made.state, made.when, len(made.code), made.phone) == (
        AppointmentState.CONFIRMED,
        "3 月 3 日（周二）10:00",
        8,
        "13812345678",
    )
    diary.house.clock.set(TEN - timedelta(minutes=15))
    await diary.house.take("A")
    ticket = await diary.check_in(made)
    assert (ticket.number, ticket.standing, ticket.counts_from, ticket.is_new) == ("A002", Standing.BOOKING, TEN, True)
    assert ticket.rank_at == TEN - timedelta(minutes=15)
    now = await diary.now(made)
    assert (now.state, now.ticket_number, now.is_late) == (AppointmentState.CHECKED_IN, "A002", False)
    commands = await diary.house.column("SELECT was || '>' || became FROM queue_event WHERE command = 'check_in'")
    assert commands == ["booked>waiting"]


async def test_checking_in_twice_gives_the_same_number(diary: OpenDiary) -> None:
    """A second scan reprints."""
    made = await diary.book()
    diary.house.clock.set(TEN)
    first, second = await diary.check_in(made), await diary.check_in(made)
    assert (second.number, second.is_new, first.is_new) == (first.number, False, True)


async def test_a_booking_is_called_five_minutes_before_its_slot(diary: OpenDiary) -> None:
    """Before that whoever else waits goes first; then the booking does, for its head start."""
    made = await diary.book()
    diary.house.clock.set(TEN - timedelta(minutes=30))
    booked = await diary.check_in(made)
    early = await diary.house.take("A")
    assert (await diary.house.serve(2)).number == early.number
    diary.house.clock.set(TEN - timedelta(minutes=12))
    late = await diary.house.take("A")
    diary.house.clock.set(TEN - timedelta(minutes=5))
    assert (await diary.house.serve(2)).number == booked.number
    assert (await diary.house.serve(2)).number == late.number


async def test_who_comes_too_late_is_an_ordinary_number(diary: OpenDiary) -> None:
    """Eleven minutes late: counted from arrival, the seat let go, and the page says so."""
    made = await diary.book()
    diary.house.clock.set(TEN + timedelta(minutes=11))
    ticket = await diary.check_in(made)
    assert (ticket.standing, ticket.counts_from) == (Standing.ORDINARY, TEN + timedelta(minutes=11))
    now = await diary.now(made)
    assert now.is_late
    assert now.text == "已签到，号码 A001。迟到超过 10 分钟，按普通号排队：从签到时算起，预约的名额已让出。"


async def test_a_holder_with_a_number_does_not_stand_in_line_twice(diary: OpenDiary) -> None:
    """The refusal names the number that is held."""
    made = await diary.book(holder="chat:7")
    diary.house.clock.set(TEN)
    await diary.house.take("A", holder="chat:7")
    with pytest.raises(Conflict, match="已有号 A001，不能重复排队"):
        await diary.check_in(made)


async def test_check_in_ends_with_the_day_s_last_counter(diary: OpenDiary) -> None:
    """Out of 试运行 the closing time holds; the tick then makes a no-show of who did not come."""
    made = await diary.book()
    await diary.end_trial()
    diary.house.clock.set(TEN.replace(hour=16, minute=30))
    with pytest.raises(Conflict, match="今天 16:30 已停止办理"):
        await diary.check_in(made)
    assert await diary.tend() == 1
    assert (await diary.now(made)).state is AppointmentState.NO_SHOW


async def test_a_day_that_is_over_is_closed(diary: OpenDiary) -> None:
    """Also in 试运行, where no hour closes it: the next day does."""
    made = await diary.book(holder="chat:7", reply_to="chat:7")
    diary.house.clock.set(TEN + timedelta(days=1))
    assert await diary.tend() == 1
    assert (await diary.now(made)).text == "当天没有到场签到，预约已作废。"
    assert [leaflet.key for leaflet in diary.told] == [f"appointment:{made.id}:closed"]
    assert "再有 2 次，将暂停预约 30 天" in diary.told[0].text
    assert await diary.tend() == 0


async def test_a_full_slot_offers_what_is_left(diary: OpenDiary) -> None:
    """Whoever comes after the last seat hears of other times."""
    seats = await diary.free()
    for _ in range(seats):
        await diary.book()
    assert await diary.free() == 0
    with pytest.raises(Conflict, match="约满") as refusal:
        await diary.book()
    assert refusal.value.field == "slot_at"


async def test_a_cancelled_seat_returns_after_a_while(diary: OpenDiary) -> None:
    """Not at once, and at a moment that nobody can count on; within ten minutes it is free."""
    made = await diary.book()
    before = await diary.free()
    assert (await diary.cancel(made)).state is AppointmentState.CANCELLED
    assert await diary.free() == before
    diary.house.clock.advance(minutes=10)
    assert await diary.tend() == 1
    assert await diary.free() == before + 1
    with pytest.raises(Conflict, match="现在是“已取消”，不能取消"):
        await diary.cancel(made)


async def test_a_seat_returns_at_once_if_the_hall_wants_it(db: Database, clock: SetClock) -> None:
    """``booking_free_after_minutes = 0``."""
    diary = await diary_with(db, clock, booking_free_after_minutes=0)
    before = await diary.free()
    await diary.cancel(await diary.book())
    assert await diary.free() == before


async def test_a_booking_is_not_cancelled_after_its_time(diary: OpenDiary) -> None:
    """Or a no-show could be made undone; the visitor may still come."""
    made = await diary.book()
    diary.house.clock.set(TEN + timedelta(minutes=11))
    with pytest.raises(Conflict, match="时间已过，不能再取消；当天仍可到场签到"):
        await diary.cancel(made)


async def test_the_hall_cancels_with_a_reason_that_the_holder_reads(diary: OpenDiary) -> None:
    """Told once in the chat, and on the page."""
    made = await diary.book(reply_to="chat:7")
    assert (await diary.cancel(made, "系统检修")).text == "大厅取消了这个预约：系统检修。可以重新预约。"
    assert [leaflet.key for leaflet in diary.told] == [f"appointment:{made.id}:cancelled"]
    with pytest.raises(BadInput, match="取消须写明原因"):
        await diary.cancel(await diary.book(), " ")


async def test_the_same_wish_of_a_holder_is_one_booking(diary: OpenDiary) -> None:
    """Asked twice it is given back; another time of that day is refused, and more than three in all."""
    made = await diary.book(holder="chat:7")
    again = await diary.book(holder="chat:7")
    assert (again.code, again.is_new, made.is_new) == (made.code, False, True)
    with pytest.raises(Conflict, match="3 月 3 日（周二） 已有一个“企业开办与登记”的预约"):
        await diary.book(TEN.replace(hour=14), holder="chat:7")
    await diary.book(TEN.replace(hour=14), service="B", holder="chat:7")
    await diary.book(TEN.replace(hour=15), service="E", holder="chat:7")
    with pytest.raises(Conflict, match="已有 3 个还没有用的预约，最多 3 个"):
        await diary.book(TEN.replace(hour=11), service="F", holder="chat:7")


async def test_a_phone_counts_like_a_holder(diary: OpenDiary) -> None:
    """However it is written."""
    await diary.book(phone="13812345678")
    with pytest.raises(Conflict, match="已有一个"):
        await diary.book(TEN.replace(hour=14), phone="138-1234-5678")


async def test_who_does_not_come_three_times_may_not_book_for_a_while(diary: OpenDiary) -> None:
    """Warned at the booking before; then refused with the day from which it goes on."""
    for day in (3, 4, 5):
        await diary.book(TEN.replace(day=day), phone="13812345678")
    diary.house.clock.set(TEN.replace(day=5, hour=23, minute=59))
    assert await diary.tend() == 2
    warned = await diary.book(TEN.replace(day=10), phone="13812345678")
    assert warned.warning.startswith("近 90 天有 2 次预约没有到场；再有 1 次")
    diary.house.clock.set(TEN.replace(day=6))
    assert await diary.tend() == 1
    with pytest.raises(Conflict, match="近期有 3 次预约没有到场，预约暂停到 4 月 4 日（周六）"):
        await diary.book(TEN.replace(day=9), phone="13812345678")
    assert (await diary.book(TEN.replace(day=9), phone="13900000000")).warning == ""


async def test_a_hall_may_confirm_bookings_itself(db: Database, clock: SetClock) -> None:
    """Until then nobody checks in with it; at the day's end it is no no-show."""
    diary = await diary_with(db, clock, booking_needs_confirmation=True)
    made = await diary.book(reply_to="chat:7")
    other = await diary.book()
    assert made.state is AppointmentState.UNCONFIRMED
    assert (await diary.book(TEN.replace(hour=9), origin="desk")).state is AppointmentState.CONFIRMED
    assert (await diary.confirm(made)).state is AppointmentState.CONFIRMED
    assert [leaflet.key for leaflet in diary.told] == [f"appointment:{made.id}:confirmed"]
    clock.set(TEN)
    assert (await diary.check_in(made)).standing is Standing.BOOKING
    with pytest.raises(Conflict, match="现在是“待确认”，不能签到；请先到导办台请工作人员确认"):
        await diary.check_in(other)
    clock.advance(days=1)
    await diary.tend()
    assert (await diary.now(other)).text == "大厅取消了这个预约：当天没有确认。可以重新预约。"


async def test_reminders_go_out_once_each(diary: OpenDiary) -> None:
    """A day before and an hour before, to the linked chat; a booking made later misses the first."""
    made = await diary.book(reply_to="chat:7")
    await diary.book(reply_to=None)
    seen = []
    for moment in (TEN - timedelta(hours=25), TEN - timedelta(hours=24), TEN - timedelta(hours=23)):
        diary.house.clock.set(moment)
        seen.append(await diary.tend())
    late = await diary.book(reply_to="chat:8")
    for moment in (TEN - timedelta(hours=1), TEN - timedelta(minutes=59), TEN):
        diary.house.clock.set(moment)
        seen.append(await diary.tend())
    assert seen == [0, 1, 0, 2, 0, 0]
    assert [leaflet.key for leaflet in diary.told] == [
        f"appointment:{made.id}:reminder:1",
        f"appointment:{made.id}:reminder:2",
        f"appointment:{late.id}:reminder:2",
    ]
    assert diary.told[0].text.startswith("提醒：您预约了明天 10:00 办理“企业开办与登记”")
    assert diary.told[1].expires_at == TEN


async def test_a_code_alone_does_not_open_another_s_booking(diary: OpenDiary) -> None:
    """In the chat it needs the last four digits of the phone too."""
    house, made = diary.house, await diary.book(phone="13812345678")
    found = await house.read(lambda session: diary.diary.by_phone(session, house.id, made.code, "5678"))
    assert found.id == made.id
    for code, four in ((made.code, "0000"), (made.code, ""), ("30000000", "5678")):
        with pytest.raises(NotFound):
            await house.read(lambda session, code=code, four=four: diary.diary.by_phone(session, house.id, code, four))  # type: ignore[misc]


async def test_every_step_is_in_the_audit(diary: OpenDiary) -> None:
    """Append-only: who did what, in order."""
    made = await diary.book()
    diary.house.clock.set(TEN)
    await diary.check_in(made)
    rows = await diary.house.column(f"SELECT action FROM audit WHERE subject = 'appointment:{made.id}' ORDER BY id")
    assert rows == ["appointment.book", "appointment.check_in"]


async def test_offers_name_the_first_free_slot(diary: OpenDiary) -> None:
    """One line a service, for the list that a visitor sees first."""
    house = diary.house
    offers = await house.read(lambda session: diary.diary.offers(session, house.id))
    assert [offer.service for offer in offers] == list("ABCDEFGHJKLS")
    assert offers[0].next_text == "最早 3 月 2 日（周一）09:30"


async def test_booking_may_be_switched_off(db: Database, clock: SetClock) -> None:
    """Then nothing is offered, and a wish is refused plainly."""
    diary = await diary_with(db, clock, is_booking_on=False)
    house = diary.house
    assert await house.read(lambda session: diary.diary.offers(session, house.id)) == ()
    with pytest.raises(Conflict, match="大厅没有开放预约"):
        await diary.book()


async def test_a_day_closed_by_hand_tells_each_booking_once(diary: OpenDiary) -> None:
    """Who has not come is a no-show; whose slot is still to come is cancelled by the hall, not held against them."""
    missed = await diary.book(holder="chat:7", reply_to="chat:7")
    later = await diary.book(TEN.replace(hour=14), holder="chat:8", reply_to="chat:8")
    other_day = await diary.book(TEN + timedelta(days=1))
    diary.house.clock.set(TEN + timedelta(minutes=11))
    assert await diary.close_day() == 2
    states = [(await diary.now(one)).state for one in (missed, later, other_day)]
    assert states == [AppointmentState.NO_SHOW, AppointmentState.CANCELLED, AppointmentState.CONFIRMED]
    told = {leaflet.key: leaflet.text for leaflet in diary.told}
    assert set(told) == {f"appointment:{missed.id}:closed", f"appointment:{later.id}:cancelled"}
    assert "当天没有到场签到" in told[f"appointment:{missed.id}:closed"]
    assert "大厅取消了这个预约：大厅今天提前结束办理。可以重新预约。" in told[f"appointment:{later.id}:cancelled"]
    assert await diary.close_day() == 0
    diary.house.clock.set(TEN.replace(hour=23))
    assert await diary.tend() == 1  # the cancelled seat returns; nobody is told again
    assert len(diary.told) == 2
