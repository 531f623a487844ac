"""What the chat promises to forget: the words of old messages; who asked what, when and how often stays as numbers."""

from datetime import timedelta

import sqlalchemy as sa

from base.db import WriteSession
from base.journal import record
from bot.tables import message

_FORGET = (
    sa.update(message)
    .where(message.c.at < sa.bindparam("before"), sa.or_(message.c.text != "", message.c.turn.is_not(None)))
    .values(text="", choice="", turn=None)
)


def forget(session: WriteSession, keep_days: int) -> int:
    """Tick (daily): empty the words of messages older than ``keep_days``; how many. The journal notes the number."""
    before = session.now - timedelta(days=keep_days)
    count = session.run(_FORGET, before=before)
    if count:
        record(session, "system", "forget_messages", "chat", detail={"messages": count, "older_than_days": keep_days})
    return count
