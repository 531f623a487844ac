"""Ends that may begin another leg: transfer to another service, and finish with “back to me afterwards”."""

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from base.db import ReadSession
from base.errors import BadInput, Conflict
from hallqueue import moves, sessions, tables, taking
from hallqueue.commands import Done, Job, my_leg
from hallqueue.rules import leg as rules
from hallqueue.rules.ticket import Action, State

leg, service = tables.leg.c, tables.service.c
_SERVICE = sa.select(
    service.id,
    service.name,
    service.code,
    service.is_paused,
    tables.hall.c.is_trial,
    tables.hall.c.edition,
).join(tables.hall, tables.hall.c.id == service.hall)
_BY_CODE = _SERVICE.where(service.hall == sa.bindparam("hall"), service.code == sa.bindparam("code"))
_BY_ID = _SERVICE.where(service.id == sa.bindparam("id"))
_SERVED_SOMEWHERE = sa.select(tables.counter_service.c.id).where(
    tables.counter_service.c.service == sa.bindparam("service")
)
_HOLDER_IN_LINE = sa.select(leg.id).where(
    leg.holder == sa.bindparam("holder"),
    leg.service == sa.bindparam("service"),
    leg.day == sa.bindparam("day"),
    taking.IS_LIVE,
)


def transfer(job: Job) -> Done:
    """Close here, go on at another service with the same number and the same place in time."""
    one = my_leg(job)
    changed = rules.transferred(one, job.session.now)
    row = _target(job, one)
    job.save(changed, Action.TRANSFER, job.order.reason)
    values, paper = _next_leg(job, row)
    values["back_to"] = job.seat.counter if job.order.is_back else one.back_to
    return Done(moves.add_leg(job.session, values, paper, job.deed(Action.TRANSFER, job.order.reason)))


def _target(job: Job, one: rules.Leg) -> Any:  # noqa: ANN401 (a service's row)
    """The service to go on at, if it is open to this visitor."""
    if not job.order.target:
        raise BadInput("转窗须选择要转去的业务。", field="target")
    row = job.session.first(_BY_CODE, hall=one.hall, code=job.order.target)
    if row is None or job.session.value(_SERVED_SOMEWHERE, service=row.id) is None:
        raise BadInput(f"没有可办理“{job.order.target}”的业务，请从列表中选择。", field="target")
    if row.id == one.service:
        raise BadInput(f"这张号就在“{row.name}”，请选择另一项业务；要稍后再办，请按“暂离”。", field="target")
    job.check_today()
    reason = _closed_reason(job, row)
    if reason:
        raise Conflict(reason)
    if _holder_has(job.session, one, row.id):
        raise Conflict(f"这位办事人在“{row.name}”已有一张有效的号，请先取消那张，再转过去。")
    return row


def _closed_reason(job: Job, row: Any) -> str | None:  # noqa: ANN401 (a service's row)
    """Why nobody can be served there any more today, or None."""
    if row.is_paused:
        return f"“{row.name}”暂停办理，不能转过去。"
    facts = job.known.facts(job.session, job.seat.hall, row.edition)
    if row.is_trial or taking.ends_at(job.session, row.id, facts) is not None:
        return None
    return f"“{row.name}”今天没有窗口再办理，不能转过去；请为办事人预约其他日期。"


def _holder_has(session: ReadSession, one: rules.Leg, service_id: int) -> bool:
    """Whether the visitor stands in that line already, with another number."""
    if one.holder is None:
        return False
    return session.value(_HOLDER_IN_LINE, holder=one.holder, service=service_id, day=one.day) is not None


def finish(job: Job) -> Done:
    """Served; whoever is to come back to a counter gets the next leg.

    That leg is made first: so the finish is the last act of session and ticket, which undo takes back.
    """
    changed = rules.finished(my_leg(job), job.order.items, job.session.now)
    _send_back(job)
    return Done(job.save(changed, Action.FINISH))


def _send_back(job: Job) -> None:
    one = job.found.leg
    sent_from = _sent_from(job.session, one)
    if sent_from is None or one.day != job.today or _holder_has(job.session, one, sent_from.service):
        return
    values, paper = _next_leg(job, job.session.first(_BY_ID, id=sent_from.service))
    values["back_to"] = sent_from.back_to
    if sessions.is_open(job.session, sent_from.counter or 0):
        values |= {"kept_for": sent_from.counter, "kept_until": job.session.now + job.settings.limits().keep_for}
    moves.add_leg(job.session, values, paper, job.deed(Action.TRANSFER))


def _sent_from(session: ReadSession, one: rules.Leg) -> rules.Leg | None:
    """The leg at the counter that asked for “back to me”; transfers may lie between."""
    step = one
    while one.back_to is not None and step.follows is not None:
        step = moves.load(session, step.follows).leg
        if step.counter == one.back_to:
            return step
    return None


def _next_leg(job: Job, row: Any) -> tuple[dict[str, object], moves.Paper]:  # noqa: ANN401 (a service's row)
    """What the leg that follows this one begins with."""
    one, session = job.found.leg, job.session
    values: dict[str, object] = {
        "hall": one.hall,
        "ticket": one.ticket,
        "service": row.id,
        "day": one.day,
        "holder": one.holder,
        "follows": one.id,
        "state": State.WAITING,
        "standing": one.standing,
        "counts_from": one.counts_from,
        "rank_at": one.rank_at,
        "entered": moves.enter(session, one.hall, row.id, one.day),
        "entered_at": session.now,
    }
    paper = replace(job.found.paper, service_code=row.code, service_name=row.name)
    return values, paper
