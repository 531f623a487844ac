"""A booking in words: its view, how it stands, what its holder is reminded of."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.engine import Row

from hallqueue.diary_views import AppointmentView
from hallqueue.rules.appointment import (
    APPOINTMENT_STATE_NAMES,
    AppointmentAction,
    AppointmentState,
    appointment_actions,
    spoken_date,
    spoken_moment,
)
from hallqueue.settings import QueueSettings
from hallqueue.slots import Plan

_HALF = 4
SHOWN_ACTIONS = frozenset({AppointmentAction.CONFIRM, AppointmentAction.CANCEL})


@dataclass(frozen=True, slots=True)
class Leaflet:
    """What a holder is told: a sentence, the key by which it is told once, and until when it is worth telling."""

    text: str
    key: str
    expires_at: datetime | None = None


def spoken_code(code: str) -> str:
    """A code in two halves, as it is read out: “4821 0937”."""
    return f"{code[:_HALF]} {code[_HALF:]}"


def appointment_view(plan: Plan, row: Row[Any]) -> AppointmentView:
    """Put the booking's page together."""
    settings = plan.settings
    state, slot = AppointmentState(row.state), plan.facts.local(row.slot_at)
    is_late = state is AppointmentState.CHECKED_IN and not row.has_seat
    return AppointmentView(
        id=row.id,
        code=row.code,
        token=row.token,
        hall=row.hall,
        service=row.service_code,
        service_name=row.service_name,
        counters=plan.counters_of(row.service),
        slot_at=slot,
        ends_at=slot + timedelta(minutes=settings.booking_slot_minutes),
        when=spoken_moment(slot),
        check_in_from=slot - timedelta(minutes=settings.booking_check_in_ahead_minutes),
        state=state,
        state_name=APPOINTMENT_STATE_NAMES[state],
        text=stands(row, slot, settings),
        warning="",
        phone=row.phone,
        name=row.name,
        holder=row.holder,
        reply_to=row.reply_to,
        origin=row.origin,
        reason=row.reason,
        made_at=plan.facts.local(row.made_at),
        ticket_number=row.ticket_number,
        ticket_token=row.ticket_token,
        is_late=is_late,
        actions=tuple(action.value for action in appointment_actions(state) if action in SHOWN_ACTIONS),
    )


def stands(row: Row[Any], slot: datetime, settings: QueueSettings) -> str:
    """How a booking stands and what to do now, in a sentence or two."""
    opens = slot - timedelta(minutes=settings.booking_check_in_ahead_minutes)
    late = f"迟到超过 {settings.booking_grace_minutes} 分钟，按普通号排队"
    match AppointmentState(row.state):
        case AppointmentState.UNCONFIRMED:
            return f"已为您留位，还要等大厅确认；确认后请在当天 {opens:%H:%M} 起到场签到。"
        case AppointmentState.CONFIRMED:
            return f"请在当天 {opens:%H:%M}–{slot:%H:%M} 到取号机签到；{late}。"
        case AppointmentState.CHECKED_IN if row.has_seat:
            return f"已签到，号码 {row.ticket_number}，按预约号排队；请留意大屏和语音叫号。"
        case AppointmentState.CHECKED_IN:
            return f"已签到，号码 {row.ticket_number}。{late}：从签到时算起，预约的名额已让出。"
        case AppointmentState.NO_SHOW:
            return "当天没有到场签到，预约已作废。"
        case _:
            return f"大厅取消了这个预约：{row.reason}。可以重新预约。" if row.reason else "已取消，名额会让给别人。"


def reminder(view: AppointmentView, today: date) -> str:
    """What the holder reads before the slot."""
    days = {today: "今天", today + timedelta(days=1): "明天"}
    day = days.get(view.slot_at.date(), spoken_date(view.slot_at.date()))
    return (
        f"提醒：您预约了{day} {view.slot_at:%H:%M} 办理“{view.service_name}”，预约码 {spoken_code(view.code)}。"
        f"请带齐材料，{view.check_in_from:%H:%M} 起到取号机签到；不能来请取消，名额会让给别人。"
    )
