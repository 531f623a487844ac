"""A message to everyone waiting: on their phone pages for a while, and once in each linked chat."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from base import journal, outbox
from base.db import ReadSession, WriteSession
from base.errors import BadInput
from hallqueue import tables

LONGEST = 120
MINUTES, MOST_MINUTES = 60, 480
CHAT = "chat"
message, ticket, leg = tables.hall_message.c, tables.ticket.c, tables.leg.c

_ADD = sa.insert(tables.hall_message).returning(message.id)
_END = (
    sa.update(tables.hall_message)
    .where(message.hall == sa.bindparam("of_hall"), message.until > sa.bindparam("now"))
    .values(until=sa.bindparam("now"))
)
_CURRENT = (
    sa.select(message.id, message.text, message.at, message.until, message.actor)
    .where(message.hall == sa.bindparam("hall"), message.day == sa.bindparam("day"))
    .where(message.until > sa.bindparam("now"))
    .order_by(message.id.desc())
    .limit(1)
)
_WAITING = (
    sa.select(ticket.token, ticket.reply_to)
    .join(tables.leg, leg.ticket == ticket.id)
    .where(leg.hall == sa.bindparam("hall"), leg.day == sa.bindparam("day"))
    .where(sa.text("leg.state IN ('waiting', 'called', 'parked', 'missed')"))
    .order_by(ticket.id)
)


@dataclass(frozen=True, slots=True)
class HallMessage:
    """What everyone waiting is told, until when."""

    id: int
    text: str
    at: datetime
    until: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Told:
    """A message that went out: to how many people waiting, how many of them over a chat too."""

    message: HallMessage
    people: int
    chats: int


def current(session: ReadSession, hall: int, day: date) -> HallMessage | None:
    """The message in force, if there is one."""
    row = session.first(_CURRENT, hall=hall, day=day, now=session.now)
    return HallMessage(row.id, row.text, row.at, row.until, row.actor) if row else None


def announce(session: WriteSession, hall: int, day: date, new: tuple[str, int], actor: str) -> Told:
    """Tell everyone who waits ``new`` (text, minutes), in place of what was told before."""
    text, minutes = _checked(*new)
    until = session.now + timedelta(minutes=minutes)
    session.run(_END, of_hall=hall, now=session.now)
    number = int(session.value(_ADD, hall=hall, day=day, at=session.now, until=until, text=text, actor=actor))
    people = session.all(_WAITING, hall=hall, day=day)
    chats = sorted({row.reply_to for row in people if row.reply_to})
    for chat in chats:
        outbox.post(
            session, CHAT, chat, {"text": f"大厅通知：{text}"}, key=f"hall-message:{number}:{chat}", expires_at=until
        )
    topics = [f"board:{hall}", *(f"ticket:{row.token}" for row in people)]
    detail = {"message": number, "people": len(people), "chats": len(chats)}
    journal.record(session, actor, "hall.announce", f"hall:{hall}", topics, detail=detail)
    return Told(HallMessage(number, text, session.now, until, actor), len(people), len(chats))


def withdraw(session: WriteSession, hall: int, day: date, actor: str) -> None:
    """Show the message no longer."""
    if session.run(_END, of_hall=hall, now=session.now):
        topics = [f"board:{hall}", *(f"ticket:{row.token}" for row in session.all(_WAITING, hall=hall, day=day))]
        journal.record(session, actor, "hall.withdraw", f"hall:{hall}", topics)


def _checked(text: str, minutes: int) -> tuple[str, int]:
    text = " ".join(text.split())
    if not 1 <= len(text) <= LONGEST:
        raise BadInput(f"通知须为 1–{LONGEST} 个字，收到 {len(text)} 个字。", field="text")
    if not 1 <= minutes <= MOST_MINUTES:
        raise BadInput(f"通知显示 1–{MOST_MINUTES} 分钟，收到 {minutes} 分钟。", field="minutes")
    return text, minutes
