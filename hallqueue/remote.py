"""Taking by phone or chat: the hall may switch it off, limit it, or ask for the code that it shows."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from base.db import ReadSession
from base.errors import BadInput, Conflict
from hallqueue import tables
from hallqueue.facts import HallFacts
from hallqueue.rules.remote import Turning, code_at, is_right, until
from hallqueue.settings import QueueSettings
from hallqueue.views import HallCode, RemoteView

OFF = "大厅没有开放手机取号，请到现场取号机或导办台取号。"
_SECRET = sa.select(tables.hall.c.secret).where(tables.hall.c.id == sa.bindparam("hall"))


@dataclass(frozen=True, slots=True)
class Wish:
    """What decides about a number by phone: the code that was typed, the line before it, the hall's day."""

    hall: int
    code: str | None
    ahead: int
    facts: HallFacts
    is_trial: bool


def check(session: ReadSession, wish: Wish, settings: QueueSettings) -> None:
    """Refuse, with a sentence, a number by phone that the hall does not give."""
    reason = closed_reason(session, wish.facts, settings, is_trial=wish.is_trial)
    limit = settings.max_ahead_for_remote
    if reason is None and limit and wish.ahead >= limit:
        reason = f"前面已有 {wish.ahead} 人等候，超过手机取号的上限 {limit} 人，请稍后再取，或到现场取号。"
    if reason:
        raise Conflict(reason)
    if settings.remote_needs_code:
        _check_code(session, wish, settings)


def closed_reason(session: ReadSession, facts: HallFacts, settings: QueueSettings, *, is_trial: bool) -> str | None:
    """Why nobody may take a number by phone now, or None."""
    if not settings.is_remote_taking_on:
        return OFF
    if settings.is_remote_in_hours_only and not is_trial and not facts.hours.is_open(facts.local(session.now)):
        opening = facts.hours.next_opening(facts.local(session.now))
        when = f"，{opening.month} 月 {opening.day} 日 {opening:%H:%M} 开门后再取" if opening else ""
        return f"手机取号只在大厅开门时开放{when}。"
    return None


def _check_code(session: ReadSession, wish: Wish, settings: QueueSettings) -> None:
    where = "大厅大屏或取号机上现在显示的 6 位“手机取号码”"
    if not wish.code:
        raise BadInput(f"请填写{where}。", field="code")
    if not is_right(wish.code, _turning(session, wish.hall, settings), session.now):
        raise BadInput(f"手机取号码“{wish.code}”不对或已换，请看{where}再填一次。", field="code")


def view(session: ReadSession, facts: HallFacts, settings: QueueSettings, *, is_trial: bool) -> RemoteView:
    """Whether and how a number may be taken by phone now."""
    reason = closed_reason(session, facts, settings, is_trial=is_trial)
    return RemoteView(reason, settings.remote_needs_code, settings.max_ahead_for_remote)


def hall_code(session: ReadSession, hall: int, settings: QueueSettings) -> HallCode | None:
    """The code that the hall shows now; None when it asks for none."""
    if not (settings.is_remote_taking_on and settings.remote_needs_code):
        return None
    turning = _turning(session, hall, settings)
    return HallCode(code_at(turning, session.now), until(turning, session.now))


def _turning(session: ReadSession, hall: int, settings: QueueSettings) -> Turning:
    return Turning(str(session.value(_SECRET, hall=hall)), timedelta(minutes=settings.remote_code_minutes))
