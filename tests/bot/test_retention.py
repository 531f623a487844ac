"""The words of old messages are forgotten; that somebody asked stays."""

import sqlalchemy as sa

from base.clock import SetClock
from base.db import Database
from base.journal import history
from bot import Inbound
from bot.retention import forget
from bot.store import ENTERPRISE
from bot.tables import message
from tests.bot.house import floor_of


async def test_words_are_emptied_after_their_time(db: Database, clock: SetClock) -> None:
    """After 181 days nothing of the words is left, the rows are; younger ones stay whole."""
    floor = await floor_of(db)
    await floor.receptionist.hear(Inbound("web", "", "k1", "食品经营许可要什么材料"))
    clock.advance(days=181)
    await floor.receptionist.hear(Inbound("web", "", "k2", "排水许可多少钱"))
    old = await db.write(lambda session: forget(session, 180))
    rows = await db.read(lambda session: session.all(sa.select(message).order_by(message.c.id)))
    assert [row.text for row in rows if row.sender == ENTERPRISE] == ["", "排水许可多少钱"]
    assert old == len([row for row in rows if row.text == "" and row.turn is None])
    assert await db.write(lambda session: forget(session, 180)) == 0
    noted = await db.read(lambda session: history(session, "chat"))
    assert [row.detail["messages"] for row in noted if row.action == "forget_messages"] == [old]
