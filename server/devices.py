"""What device pages tell of themselves: that they are there, and how their printer stands; and who fell silent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from base.db import ReadSession, WriteSession
from base.journal import record
from server.slips import Paper
from server.tables import device

SILENT_AFTER = timedelta(seconds=90)
PAPER_WORDS = {
    Paper.LOW: "打印纸快用完了",
    Paper.OUT: "缺纸",
    Paper.SILENT: "打印机没有响应",
}
_which = device.c.id == sa.bindparam("which")
_ONE = sa.select(device).where(_which)
_SEEN = sa.update(device).where(_which).values(seen_at=sa.bindparam("now"), silent_at=None)
_SET_PAPER = sa.update(device).where(_which).values(paper=sa.bindparam("paper"))
_LOST = sa.select(device).where(
    device.c.hall_id == sa.bindparam("hall"),
    device.c.paired_at.is_not(None),
    device.c.silent_at.is_(None),
    device.c.seen_at < sa.bindparam("before"),
)
_SET_SILENT = sa.update(device).where(_which).values(silent_at=device.c.seen_at)
_IN_TROUBLE = (
    sa.select(device)
    .where(device.c.hall_id == sa.bindparam("hall"), device.c.paired_at.is_not(None))
    .where(sa.or_(device.c.silent_at.is_not(None), device.c.paper.in_([one.value for one in PAPER_WORDS])))
    .order_by(device.c.id)
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A device that somebody should go and see, and what is wrong. ``silent_at``: not heard of since then.

    ``is_late``: it no longer does its work.
    """

    name: str
    words: str
    silent_at: datetime | None
    is_late: bool


def seen(session: WriteSession, which: int) -> None:
    """The device's page is there."""
    row = session.first(_ONE, which=which)
    session.run(_SEEN, which=which, now=session.now)
    if row is not None and row.silent_at is not None:
        _note(session, row, "device_back")


def set_paper(session: WriteSession, which: int, paper: Paper) -> None:
    """How the printer beside the device stood after the last slip; told when it changed."""
    row = session.first(_ONE, which=which)
    if row is not None and row.paper != paper.value:
        session.run(_SET_PAPER, which=which, paper=paper.value)
        _note(session, row, "printer_state", {"paper": paper.value})


def tend(session: WriteSession, hall: int, after: timedelta = SILENT_AFTER) -> int:
    """Tick: devices not heard of for so long are silent from now on, and the supervisors told; how many."""
    lost = session.all(_LOST, hall=hall, before=session.now - after)
    for row in lost:
        session.run(_SET_SILENT, which=row.id)
        _note(session, row, "device_silent")
    return len(lost)


def troubles(session: ReadSession, hall: int) -> list[Trouble]:
    """The devices of ``hall`` that somebody should go and see."""
    return [_trouble(row) for row in session.all(_IN_TROUBLE, hall=hall)]


def troubles_of(row: Any) -> tuple[str, ...]:  # noqa: ANN401 (a database row)
    """What is wrong with the device of a row, in words."""
    silent = ("没有联系",) if row.silent_at and row.paired_at else ()
    return (*silent, *((PAPER_WORDS[Paper(row.paper)],) if row.paper in PAPER_WORDS else ()))


def _trouble(row: Any) -> Trouble:  # noqa: ANN401 (a database row)
    words = "、".join(troubles_of(row))
    return Trouble(row.name, words, row.silent_at, is_late=row.silent_at is not None or row.paper != Paper.LOW)


def _note(session: WriteSession, row: Any, action: str, detail: dict[str, object] | None = None) -> None:  # noqa: ANN401 (a database row)
    record(session, "system", action, f"device:{row.id}", [f"board:{row.hall_id}"], detail=detail)
