"""What the clock alone does to a case: which cases have a term that ran out, and what follows."""

from datetime import datetime

import sqlalchemy as sa

from base.db import ReadSession
from cases.effects import Terms
from cases.reading import record_of
from cases.rules import clock
from cases.rules.case import CLOCK_RUNS, Action, State
from cases.rules.record import CaseRecord, Light
from cases.tables import case
from cases.views import CaseOrder

RUNS_OUT = {
    State.DISPATCHED: Action.SIGN,
    State.WAITING_ON_ENTERPRISE: Action.LAPSE,
    State.CALL_BACK: Action.CLOSE,
}
RECOUNTED = (*CLOCK_RUNS, State.WAITING_ON_ENTERPRISE)
_RUNNING = case.c.state.in_([state.value for state in CLOCK_RUNS])
_RIPE = (
    sa.select(case)
    .where(
        sa.or_(
            sa.and_(
                case.c.state.in_([state.value for state in RUNS_OUT]),
                case.c.step_due_at <= sa.bindparam("now", type_=case.c.due_at.type),
            ),
            sa.and_(
                _RUNNING,
                case.c.light == Light.GREEN.value,
                case.c.due_on <= sa.bindparam("warn_on", type_=sa.Date),
            ),
            sa.and_(
                _RUNNING,
                case.c.light == Light.YELLOW.value,
                case.c.due_on < sa.bindparam("today", type_=sa.Date),
            ),
            sa.and_(case.c.is_provisional, case.c.state.in_([state.value for state in RECOUNTED])),
        )
    )
    .order_by(case.c.id)
)


def ripe(session: ReadSession, terms: Terms) -> tuple[int, ...]:
    """The cases for which ``run_out`` finds something, in one query."""
    today = terms.time.local_day(session.now)
    warn_on = terms.time.days.add(today, terms.settings.warn_days).on
    records = (record_of(row) for row in session.all(_RIPE, now=session.now, today=today, warn_on=warn_on))
    return tuple(record.id for record in records if run_out(record, session.now, terms))


def run_out(record: CaseRecord, at: datetime, terms: Terms) -> CaseOrder | None:
    """What the clock does to ``record`` at this moment, if anything."""
    if record.is_provisional and record.state in RECOUNTED and terms.time.days.is_known(record.due_on.year):
        return CaseOrder(Action.RECOUNT)
    if record.state in RUNS_OUT and record.step_due_at and record.step_due_at <= at:
        return CaseOrder(RUNS_OUT[record.state])
    today = terms.time.local_day(at)
    light = clock.light(terms.time.days, today, record.due_on, terms.settings.warn_days)
    is_worse = list(Light).index(light) > list(Light).index(record.light)
    return CaseOrder(Action.WARN) if record.state in CLOCK_RUNS and is_worse else None
