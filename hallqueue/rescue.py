"""A lost clerk's visitor: what a supervisor does after the two minutes in which the clerk could resume."""

from collections.abc import Callable
from datetime import timedelta

from base.errors import BadInput, Conflict
from hallqueue import calling, sessions
from hallqueue.commands import Done, Job, check_free, check_served_here
from hallqueue.returning import without_counter
from hallqueue.rules import leg as rules
from hallqueue.rules.session import CounterAction
from hallqueue.rules.ticket import Action, State
from hallqueue.transferring import finish
from hallqueue.views import Rescue


def check_lost(job: Job) -> None:
    """The leg must still be with the lost session, whose clerk had time to come back."""
    if sessions.held_leg(job.session, job.seat) != job.found.leg.id:
        raise Conflict("这张号已不在失联的窗口，请刷新页面。")
    minutes = job.settings.orphan_minutes
    if job.session.now < job.seat.since + timedelta(minutes=minutes):
        raise Conflict(f"{job.seat.number} 号窗口失联不足 {minutes} 分钟，请先等窗口人员自行恢复。")


def hand_over(job: Job, order: Rescue) -> Done:
    """To an open counter that serves this and has nobody."""
    if order.counter is None:
        raise BadInput("移交须写明接手的窗口号。", field="counter")
    target = sessions.seat_at(job.session, job.seat.hall, order.counter)
    if target is None:
        raise Conflict(f"{order.counter} 号窗口没有开窗，不能接手。")
    check_free(job.session, target)
    check_served_here(job.session, job.found, target)
    deed = job.deed(Action.HAND_OVER, order.reason, seat=target)
    return Done(*sessions.move_over(job.session, job.found, target, deed))


def release(job: Job, order: Rescue) -> Done:
    """Into the line again, where it stood; a call that nobody could answer is taken back."""
    one = job.found.leg
    changed = rules.released(one, order.reason, job.session.now)
    found = job.save(changed, Action.RELEASE, changed.reason)
    if one.state is State.CALLED:
        calling.withdraw(job.session, one)
    return Done(without_counter(found))


def finish_for(job: Job, _order: Rescue) -> Done:
    """The visitor had been served when the machine died."""
    return finish(job)


ACTS: dict[str, Callable[[Job, Rescue], Done]] = {
    Action.HAND_OVER.value: hand_over,
    Action.RELEASE.value: release,
    Action.FINISH.value: finish_for,
}


def rescue(job: Job, order: Rescue) -> Done:
    """Carry the act out and close the lost session."""
    check_lost(job)
    done = ACTS[order.act](job, order)
    sessions.change(job.session, job.seat, CounterAction.CLOSE)
    return done
