"""What the queue forgets: what a day needed to foresee and to tell, never what reports count."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from base import journal
from base.db import WriteSession
from hallqueue import tables
from hallqueue.settings import QueueSettings

MOST_AT_ONCE = 2000  # rows of a table in one tick: some milliseconds, so that no call waits for it


def _oldest(table: sa.Table, moment: str) -> sa.Delete:
    """Delete the first rows of ``table`` that are older than ``before``; ids grow with time, so its cost is flat."""
    first = sa.select(table.c.id, table.c[moment]).order_by(table.c.id).limit(MOST_AT_ONCE).subquery()
    old = sa.select(first.c.id).where(first.c[moment] < sa.bindparam("before", type_=table.c[moment].type))
    return sa.delete(table).where(table.c.id.in_(old))


_SHOWN = {"estimate": _oldest(tables.estimate, "at"), "hall_message": _oldest(tables.hall_message, "at")}
_DAILY = {"number_block": _oldest(tables.number_block, "day")}
_SCORES = {"wait_score": _oldest(tables.wait_score, "day")}


def thin(session: WriteSession, today: date, settings: QueueSettings) -> int:
    """Tick (every 10 min): delete what is older than its term, in all halls; how many. The journal notes the numbers.

    Tickets, legs, calls, events and ratings stay: every report is counted from them. Ranges are scored before they go.
    """
    counts = {name: count for name, count in _thinned(session, today, settings) if count}
    if counts:
        journal.record(session, "system", "queue.thin", "queue", detail=counts)
    return sum(counts.values())


def _thinned(session: WriteSession, today: date, settings: QueueSettings) -> Iterator[tuple[str, int]]:
    shown, scored = timedelta(days=settings.keep_ranges_days), timedelta(days=settings.keep_scores_days)
    terms: tuple[tuple[dict[str, sa.Delete], Any], ...] = (
        (_SHOWN, session.now - shown),
        (_DAILY, today - shown),
        (_SCORES, today - scored),
    )
    for statements, before in terms:
        for name, statement in statements.items():
            yield name, session.run(statement, before=before)
