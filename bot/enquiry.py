"""What a visitor asked before they came: the last topic and words of the chat that their number is linked to."""

from dataclasses import dataclass
from datetime import datetime

from base.db import ReadSession
from base.errors import NotFound
from bot import store
from bot.store import ENTERPRISE

LOOKED_BACK = 24
MOST_QUESTIONS = 3


@dataclass(frozen=True, slots=True)
class Enquiry:
    """The chat behind a number. ``topic`` is an entry of the library, empty if none was spoken of."""

    conversation: int
    channel: str
    topic: str
    questions: tuple[str, ...]
    heard_at: datetime


def enquiry(session: ReadSession, reply_to: str | None) -> Enquiry | None:
    """What was asked in the chat at ``reply_to`` (``chat:12``), the newest words last; None: no chat, or forgotten."""
    kind, _, number = (reply_to or "").partition(":")
    if kind != "chat" or not number.isdecimal():
        return None
    try:
        found = store.load(session, int(number))
    except NotFound:
        return None
    said = store.after(session, found.id, max(0, found.seq - LOOKED_BACK), LOOKED_BACK)
    asked = [each.text for each in said if each.sender == ENTERPRISE and each.text]
    return Enquiry(found.id, found.channel, found.context.topic, tuple(asked[-MOST_QUESTIONS:]), found.heard_at)
