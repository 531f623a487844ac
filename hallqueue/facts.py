"""What a command must know of its hall first: its time zone, its hours, the business day."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from base.clock import local_day
from base.db import ReadSession
from base.errors import NotFound
from base.opening import OpeningHours, opening_hours
from hallqueue import tables

_HALL = sa.select(tables.hall.c.zone, tables.hall.c.hours, tables.hall.c.edition).where(
    tables.hall.c.id == sa.bindparam("hall")
)


@dataclass(frozen=True, slots=True)
class HallFacts:
    """A hall's zone, which never changes, and its hours as of ``edition``."""

    zone: ZoneInfo
    hours: OpeningHours
    edition: int

    def local(self, moment: datetime) -> datetime:
        """``moment`` on the hall's wall clock."""
        return moment.astimezone(self.zone)

    def day(self, moment: datetime) -> date:
        """The business day of ``moment``."""
        return local_day(moment, self.zone)


class KnownHalls:
    """Hall facts, read once for each edition."""

    def __init__(self) -> None:
        self._known: dict[int, HallFacts] = {}

    def facts(self, session: ReadSession, hall: int, edition: int | None = None) -> HallFacts:
        """The facts of ``hall``; read anew when ``edition`` says that its hours have changed."""
        known = self._known.get(hall)
        if known is None or edition not in (None, known.edition):
            row = session.first(_HALL, hall=hall)
            if row is None:
                raise NotFound(f"没有编号为 {hall} 的大厅。", field="hall")
            known = HallFacts(ZoneInfo(row.zone), opening_hours(row.hours), row.edition)
            self._known[hall] = known
        return known

    def day(self, session: ReadSession, hall: int) -> date:
        """The hall's business day at the session's moment."""
        return self.facts(session, hall).day(session.now)
