"""Writing cases: the number, the record under compare-and-set, the timeline and the journal."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from base import journal
from base.db import WriteSession
from cases.rules.case import Action, State
from cases.rules.record import Actor, CaseRecord, Light, Role
from cases.tables import case, case_event, case_series

FIXED = frozenset({"id", "hall", "day", "serial", "number", "secret", "opened_at", "origin", "first_office", "summary"})


def _next_serial(insert: Any) -> Any:  # noqa: ANN401 (each dialect has its own insert)
    new = insert(case_series).values(last=1)
    taken = new.on_conflict_do_update(index_elements=["hall", "day"], set_={"last": case_series.c.last + 1})
    return taken.returning(case_series.c.last)


_SERIAL = {"sqlite": _next_serial(sqlite.insert), "postgresql": _next_serial(postgresql.insert)}
_ADD = sa.insert(case).returning(case.c.id)
_SAVE = sa.update(case).where(case.c.id == sa.bindparam("the_case"), case.c.version == sa.bindparam("seen"))
_TELL = sa.insert(case_event).returning(case_event.c.id)


@dataclass(frozen=True, slots=True)
class Step:
    """One named transition that was carried out."""

    actor: Actor
    action: Action
    before: State
    after: CaseRecord
    line: str
    text: str = ""
    reason: str = ""
    told: str | None = None


def next_serial(session: WriteSession, hall: int, day: date) -> int:
    """The next number of ``hall`` on ``day``: gapless, because a job that is undone takes it back."""
    return int(session.value(_SERIAL[session.dialect], hall=hall, day=day))


def add(session: WriteSession, values: dict[str, Any]) -> int:
    """Keep a new case; its id."""
    return int(session.value(_ADD, **_plain(values)))


def save(session: WriteSession, record: CaseRecord, seen: int) -> bool:
    """Keep ``record`` if the case is still at version ``seen``."""
    values = {one.name: getattr(record, one.name) for one in fields(record) if one.name not in FIXED}
    return session.run(_SAVE, the_case=record.id, seen=seen, **_plain(values)) == 1


def note(session: WriteSession, step: Step) -> int:
    """Add ``step`` to the timeline and to the audit, and wake the pages; the event's id."""
    record = step.after
    event: int = session.value(
        _TELL,
        case_id=record.id,
        at=session.now,
        actor=step.actor.name,
        is_own=Role.VISITOR in step.actor.roles,
        action=step.action.value,
        before=step.before.value,
        after=record.state.value,
        line=step.line,
        text=step.text,
        reason=step.reason,
        told=step.told,
    )
    detail: dict[str, object] = {
        "before": step.before.value,
        "after": record.state.value,
        "event": event,
        "due_on": record.due_on.isoformat(),
    }
    log(session, step.actor, step.action.value, record, detail)
    return event


def log(session: WriteSession, actor: Actor, action: str, record: CaseRecord, detail: dict[str, object]) -> None:
    """The audit row alone."""
    journal.record(session, actor.name, f"case.{action}", f"case:{record.id}", topics(record), detail=detail)


def topics(record: CaseRecord) -> tuple[str, ...]:
    """The pages that show ``record``."""
    return f"case:{record.id}", "cases", "desk"


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.value if isinstance(value, StrEnum) else value for name, value in values.items()}


def new_values(at: datetime) -> dict[str, Any]:
    """The columns of a case to which nothing has happened yet."""
    nothing: dict[str, Any] = dict.fromkeys(
        ("parent", "paused_on", "pending_by", "pending_days", "returned_by", "contacted_at", "answered_at"), None
    )
    nothing |= dict.fromkeys(("rating", "closed_at"), None)
    nothing |= dict.fromkeys(("has_paused", "has_contested", "has_redone", "has_reopened"), False)
    nothing |= dict.fromkeys(("is_raised", "is_watched"), False)
    nothing |= dict.fromkeys(("pending_text", "watched_why", "answer", "rating_text", "pending"), "")
    nothing |= dict.fromkeys(("extensions", "extended_days", "returns"), 0)
    nothing |= {"helpers": [], "handlers": [], "clock": []}
    return {**nothing, "version": 1, "state": State.REGISTERED, "light": Light.GREEN, "opened_at": at}
