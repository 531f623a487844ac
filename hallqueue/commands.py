"""A clerk's commands about one leg: gather, ask the rule, save, announce."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa

from base.db import WriteSession
from base.errors import Conflict
from hallqueue import calling, moves, returning, tables
from hallqueue.calling import KIND_CALL, KIND_RECALL, Announcement
from hallqueue.facts import KnownHalls
from hallqueue.legs import is_to_reclass, is_to_verify
from hallqueue.lines import heads_at
from hallqueue.moves import Deed, Found
from hallqueue.rules import leg as rules
from hallqueue.rules.line import OrderRule, Standing, Why, pick
from hallqueue.rules.session import CounterState
from hallqueue.rules.ticket import AT_COUNTER, Action, State, after
from hallqueue.sessions import Seat, held_leg
from hallqueue.settings import QueueSettings
from hallqueue.views import Order

leg = tables.leg.c
_HOLDER_BUSY = sa.select(leg.id).where(
    leg.hall == sa.bindparam("hall"),
    leg.holder == sa.bindparam("holder"),
    sa.text("state IN ('called', 'serving')"),
)
_SERVED_HERE = sa.select(tables.counter_service.c.id).where(
    tables.counter_service.c.service == sa.bindparam("service"),
    tables.counter_service.c.counter == sa.bindparam("counter"),
)
_MARK = (
    sa.update(tables.ticket)
    .where(tables.ticket.c.id == sa.bindparam("of_ticket"))
    .values(is_verified=sa.bindparam("is_right"))
)


@dataclass(frozen=True, slots=True)
class Job:
    """One command at work: who sits where, which leg, as it was found, and the order."""

    session: WriteSession
    seat: Seat
    found: Found
    order: Order
    settings: QueueSettings
    known: KnownHalls
    actor: str

    @property
    def today(self) -> date:
        """The hall's business day."""
        return self.known.day(self.session, self.seat.hall)

    def check_today(self) -> None:
        """Only today's numbers enter a line or are called."""
        if self.found.leg.day != self.today:
            raise Conflict(f"这是 {self.found.leg.day} 的号，不是今天的，请重新取号。")

    def deed(self, command: str, reason: str | None = None, *, seat: Seat | None = None) -> Deed:
        """The event's who, what and where."""
        where = seat or self.seat
        return Deed(self.actor, command, where.id, where.counter, reason, self.order.key)

    def save(self, changed: rules.Leg, command: str, reason: str | None = None) -> Found:
        """Compare-and-set with the event."""
        return moves.save(self.session, self.found, changed, self.deed(command, reason))


@dataclass(frozen=True, slots=True)
class Done:
    """The leg after the command, and the number of its announcement, if there was one."""

    found: Found
    call: int | None = None


def call_next(session: WriteSession, seat: Seat, day: date, rule: OrderRule) -> Done | None:
    """Call whoever is next at this counter; None when nobody is."""
    check_free(session, seat)
    here = heads_at(session, seat.counter, day)
    choice = pick(here.heads, here.runs, rule, session.now)
    if choice is None:
        return None
    found = moves.load(session, choice.head.leg)
    claimed = rules.called(found.leg, Action.CALL_NEXT, session=seat.id, counter=seat.counter, now=session.now)
    deed = Deed(seat.staff, Action.CALL_NEXT, seat.id, seat.counter)
    at_counter = moves.save(session, _at(found, seat), claimed, deed)
    number = calling.announce(session, at_counter, Announcement(KIND_CALL, choice.why))
    calling.count_call(session, found.leg, here.runs[found.leg.service])
    return Done(at_counter, number)


def check_free(session: WriteSession, seat: Seat) -> None:
    """A call needs an open counter that calls numbers and has nobody."""
    if seat.is_guide:
        raise Conflict(f"{seat.number} 号窗口是导办台，只取号分流，不叫号。")
    if seat.state is not CounterState.OPEN:
        raise Conflict(f"{seat.number} 号窗口正在暂停（{seat.reason}），请先恢复再叫号。", allowed=["resume", "close"])
    if held_leg(session, seat) is not None:
        raise Conflict("当前这位还没有办完，请先办结、过号、暂离或转窗，再叫号。")


def _at(found: Found, seat: Seat) -> Found:
    return Found(found.leg, replace(found.paper, counter=seat.number, counter_name=seat.name))


def call_chosen(job: Job) -> Done:
    """Call this very leg, out of order, for a reason."""
    reason = rules.needed(job.order.reason, "指定叫号")
    one, seat, session = job.found.leg, job.seat, job.session
    after(one.state, Action.CALL)
    check_free(session, seat)
    check_served_here(session, job.found, seat)
    job.check_today()
    if one.kept_for not in (None, seat.counter) and (one.kept_until is None or one.kept_until > session.now):
        raise Conflict("这张号正为另一窗口保留，请由那个窗口叫号。")
    if one.holder and session.value(_HOLDER_BUSY, hall=one.hall, holder=one.holder) is not None:
        raise Conflict("这位办事人正在另一窗口办理，请稍后再叫。")
    claimed = rules.called(one, Action.CALL, session=seat.id, counter=seat.counter, now=session.now)
    at_counter = moves.save(session, _at(job.found, seat), claimed, job.deed(Action.CALL, reason))
    number = calling.announce(session, at_counter, Announcement(KIND_CALL, Why.CHOSEN))
    calling.count_call(session, one)
    return Done(at_counter, number)


def check_served_here(session: WriteSession, found: Found, seat: Seat) -> None:
    """Nobody is called to a counter that cannot do the job."""
    if session.value(_SERVED_HERE, service=found.leg.service, counter=seat.counter) is None:
        raise Conflict(f"{seat.number} 号窗口不办理“{found.paper.service_name}”，请由可办理的窗口叫号。")


def recall(job: Job) -> Done:
    """Announce once more."""
    changed = rules.recalled(my_leg(job), job.settings.limits(), job.session.now)
    found = job.save(changed, Action.RECALL)
    return Done(found, calling.announce(job.session, found, Announcement(KIND_RECALL, KIND_RECALL)))


def my_leg(job: Job) -> rules.Leg:
    """The leg, if it is not at another counter."""
    one = job.found.leg
    if one.state in AT_COUNTER and one.session != job.seat.id:
        raise Conflict("这张号正在另一窗口叫号或办理，请由那个窗口操作。")
    return one


def start(job: Job) -> Done:
    """The visitor has come."""
    return Done(job.save(rules.started(my_leg(job), job.session.now), Action.START))


def miss(job: Job) -> Done:
    """Nobody has come."""
    return Done(job.save(rules.missed(my_leg(job), job.settings.limits(), job.session.now), Action.MISS))


def park(job: Job) -> Done:
    """Away for papers."""
    changed = rules.parked(my_leg(job), job.order.reason, is_kept=job.order.is_kept)
    return Done(job.save(changed, Action.PARK, changed.reason))


def unpark(job: Job) -> Done:
    """Back with the papers."""
    return Done(returning.unpark(job.session, job.found, job.deed(Action.UNPARK), job.settings))


def restore(job: Job) -> Done:
    """Back into the line after a miss; past the limits only with a reason."""
    is_override = job.order.is_override
    reason = rules.needed(job.order.reason, "超限恢复") if is_override else job.order.reason
    deed = job.deed(Action.RESTORE, reason)
    return Done(returning.restore(job.session, job.found, deed, job.settings, is_override=is_override))


def verify(job: Job) -> Done:
    """A declared priority was shown to be right: from now on its head start counts."""
    one, paper = my_leg(job), job.found.paper
    after(one.state, Action.VERIFY)
    if not is_to_verify(job.found):
        raise Conflict("这张号没有待核验的优先申报。")
    changed = rules.verified(one, job.settings.head_start(Standing.PRIORITY, paper.priority))
    return Done(_marked(job, job.save(changed, Action.VERIFY, job.order.reason), is_right=True))


def reclass(job: Job) -> Done:
    """A declared priority that fails its check; its call, if it was called, is taken back."""
    one = my_leg(job)
    changed = rules.reclassed(one, job.found.paper.issued_at, job.order.reason)
    if not is_to_reclass(job.found):
        raise Conflict("这张号没有申报优先，或已改为普通号。")
    found = _marked(job, job.save(changed, Action.RECLASS, changed.reason), is_right=False)
    if one.state is State.CALLED:
        calling.withdraw(job.session, one)
    return Done(returning.without_counter(found))


def _marked(job: Job, found: Found, *, is_right: bool) -> Found:
    """Keep on the ticket how the check went."""
    job.session.run(_MARK, of_ticket=found.leg.ticket, is_right=is_right)
    return replace(found, paper=replace(found.paper, is_verified=is_right))


def cancel(job: Job) -> Done:
    """Given up, noted by a clerk with a reason."""
    reason = rules.needed(job.order.reason, "取消")
    return Done(job.save(rules.cancelled(job.found.leg, job.session.now), Action.CANCEL, reason))


COMMANDS: dict[str, Callable[[Job], Done]] = {
    Action.CALL.value: call_chosen,
    Action.RECALL.value: recall,
    Action.START.value: start,
    Action.MISS.value: miss,
    Action.RESTORE.value: restore,
    Action.PARK.value: park,
    Action.UNPARK.value: unpark,
    Action.VERIFY.value: verify,
    Action.RECLASS.value: reclass,
    Action.CANCEL.value: cancel,
}
