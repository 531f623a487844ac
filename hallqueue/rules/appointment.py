"""Bookings: states of an appointment, the seats of a day, how a check-in counts, and who may not book for a while.

Moments in here are local to the hall; minutes are counted from its midnight.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from base.errors import Conflict
from hallqueue.rules.line import Standing

WEEKDAYS = "一二三四五六日"
DAY_MINUTES = 24 * 60
ROUNDING = 1e-9


class AppointmentState(StrEnum):
    """Where an appointment stands; only a confirmed one of today may check in."""

    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class AppointmentAction(StrEnum):
    """What a person or the end of the day may do to an appointment."""

    CONFIRM = "confirm"
    CHECK_IN = "check_in"
    CANCEL = "cancel"
    CLOSE_DAY = "close_day"


_State, _Action = AppointmentState, AppointmentAction
NEXT: dict[tuple[AppointmentState, AppointmentAction], AppointmentState] = {
    (_State.UNCONFIRMED, _Action.CONFIRM): _State.CONFIRMED,
    (_State.UNCONFIRMED, _Action.CANCEL): _State.CANCELLED,
    (_State.UNCONFIRMED, _Action.CLOSE_DAY): _State.CANCELLED,
    (_State.CONFIRMED, _Action.CHECK_IN): _State.CHECKED_IN,
    (_State.CONFIRMED, _Action.CANCEL): _State.CANCELLED,
    (_State.CONFIRMED, _Action.CLOSE_DAY): _State.NO_SHOW,
}
APPOINTMENT_STATE_NAMES = {
    _State.UNCONFIRMED: "待确认",
    _State.CONFIRMED: "已预约",
    _State.CHECKED_IN: "已签到",
    _State.CANCELLED: "已取消",
    _State.NO_SHOW: "未到",
}
APPOINTMENT_ACTION_NAMES = {
    _Action.CONFIRM: "确认",
    _Action.CHECK_IN: "签到",
    _Action.CANCEL: "取消",
    _Action.CLOSE_DAY: "日终关闭",
}
_INSTEAD = {
    _State.UNCONFIRMED: "请先到导办台请工作人员确认",
    _State.CONFIRMED: "当天签到后取号",
    _State.CHECKED_IN: "请看号票",
    _State.CANCELLED: "请重新预约，或现场取号",
    _State.NO_SHOW: "请重新预约，或现场取号",
}


def after(state: AppointmentState, action: AppointmentAction) -> AppointmentState:
    """The state that ``action`` leads to; ``Conflict`` names the present one and what may be done instead."""
    try:
        return NEXT[state, action]
    except KeyError:
        name, verb = APPOINTMENT_STATE_NAMES[state], APPOINTMENT_ACTION_NAMES[action]
        text = f"这个预约现在是“{name}”，不能{verb}；{_INSTEAD[state]}。"
        raise Conflict(text, allowed=[one.value for one in appointment_actions(state)]) from None


def appointment_actions(state: AppointmentState) -> tuple[AppointmentAction, ...]:
    """Everything that may be done in ``state``: the buttons that a page shows."""
    return tuple(action for one, action in NEXT if one is state)


@dataclass(frozen=True, slots=True)
class Shift:
    """When one counter works on a day, as (from, until) in minutes, and which share of it is one service's."""

    spans: tuple[tuple[int, int], ...]
    share: float

    def holds(self, start: int, end: int) -> bool:
        """Whether the counter works all the time from ``start`` until ``end``."""
        return any(first <= start and end <= last for first, last in self.spans)


@dataclass(frozen=True, slots=True)
class SlotRule:
    """How long a slot is, and how much of the counters' time is for bookings, in percent."""

    minutes: int
    percent: int


def day_slots(shifts: Sequence[Shift], service_minutes: int, rule: SlotRule) -> tuple[tuple[int, int], ...]:
    """The day's slots as (start in minutes, seats), only those with a seat.

    What a slot leaves of a seat goes on to the next: of slots worth 0.6 seats every second or first has one, and the
    day never has more seats than its counters' time for bookings holds.
    """
    found, due, given = [], 0.0, 0
    for start in range(0, DAY_MINUTES - rule.minutes + 1, rule.minutes):
        share = sum(shift.share for shift in shifts if shift.holds(start, start + rule.minutes))
        due += share * rule.minutes * rule.percent / 100 / service_minutes
        seats = math.floor(due + ROUNDING) - given
        given += seats
        if seats:
            found.append((start, seats))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a visitor with a booking enters the line."""

    standing: Standing
    counts_from: datetime


def arrival(slot_at: datetime, arrived_at: datetime, grace: timedelta) -> Arrival:
    """Up to ``grace`` late it is a booking, counted from the later of slot and arrival; later an ordinary walk-in."""
    if arrived_at <= slot_at + grace:
        return Arrival(Standing.BOOKING, max(slot_at, arrived_at))
    return Arrival(Standing.ORDINARY, arrived_at)


@dataclass(frozen=True, slots=True)
class CheckInRule:
    """From how long before its slot a booking may check in, and how late still counts as on time."""

    ahead: timedelta
    grace: timedelta


@dataclass(frozen=True, slots=True)
class Visit:
    """A visitor with a booking at the door: its state and slot, now, and when the day's last counter closes."""

    state: AppointmentState
    slot_at: datetime
    now: datetime
    closes_at: datetime | None


def checked_in(visit: Visit, rule: CheckInRule) -> Arrival:
    """How the visitor enters the line; ``Conflict`` says plainly why not, and from when."""
    after(visit.state, AppointmentAction.CHECK_IN)
    slot, now = visit.slot_at, visit.now
    opens = slot - rule.ahead
    if slot.date() > now.date():
        raise Conflict(f"这是 {spoken_moment(slot)} 的预约，今天不能签到；请当天 {opens:%H:%M} 起到场签到。")
    if slot.date() < now.date():
        raise Conflict(f"这是 {spoken_moment(slot)} 的预约，已经过期，不能签到；请重新预约，或现场取号。")
    if now < opens:
        raise Conflict(f"您预约的是 {slot:%H:%M}，{opens:%H:%M} 起可以签到，现在是 {now:%H:%M}，请稍后再来。")
    if visit.closes_at is not None and now >= visit.closes_at:
        raise Conflict(f"今天 {visit.closes_at:%H:%M} 已停止办理，不能再签到，请重新预约。")
    return arrival(slot, now, rule.grace)


@dataclass(frozen=True, slots=True)
class NoShowRule:
    """After ``most`` no-shows within ``within`` days booking pauses for ``pause`` days; 0: never."""

    most: int
    within: int
    pause: int


def paused_until(no_shows: Iterable[date], today: date, rule: NoShowRule) -> date | None:
    """The first day on which this person may book again, or None when they may today."""
    days = _counted(no_shows, today, rule)
    if not rule.most or len(days) < rule.most:
        return None
    until = days[-1] + timedelta(days=rule.pause)
    return until if until > today else None


def no_show_warning(no_shows: Iterable[date], today: date, rule: NoShowRule) -> str:
    """What someone is told who has not come before; empty when there is nothing to say."""
    missed = len(_counted(no_shows, today, rule))
    if not rule.most or not missed:
        return ""
    left = max(rule.most - missed, 1)
    return (
        f"近 {rule.within} 天有 {missed} 次预约没有到场；再有 {left} 次，将暂停预约 {rule.pause} 天。"
        "不能来请提前取消，名额会让给别人。"
    )


def _counted(no_shows: Iterable[date], today: date, rule: NoShowRule) -> list[date]:
    return sorted(day for day in no_shows if day > today - timedelta(days=rule.within))


def reminder_stage(slot_at: datetime, now: datetime, before: Sequence[timedelta]) -> int:
    """How many of the reminders ``before`` the slot (the longest first, zero: never) have come due."""
    return max((place for place, lead in enumerate(before, 1) if lead and now >= slot_at - lead), default=0)


def spoken_date(day: date) -> str:
    """“3 月 2 日（周一）”."""
    return f"{day.month} 月 {day.day} 日（周{WEEKDAYS[day.weekday()]}）"


def spoken_moment(local: datetime) -> str:
    """“3 月 2 日（周一）10:00”."""
    return f"{spoken_date(local.date())}{local:%H:%M}"
