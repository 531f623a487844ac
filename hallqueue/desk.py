"""``Desk``: what clerks do at a counter, the console's and panel's views, and the sessions' ticks."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta

from base.db import ReadSession, WriteSession
from base.errors import BadInput, Conflict, NotFound
from hallqueue import commands, consoles, moves, rescue, sessions, transferring
from hallqueue.commands import Job
from hallqueue.facts import KnownHalls
from hallqueue.legs import leg_view
from hallqueue.rules.session import CounterAction, pause_reason
from hallqueue.rules.ticket import UNDO, Action
from hallqueue.sessions import Seat, my_seat, place_of
from hallqueue.settings import QueueSettings
from hallqueue.undoing import undo
from hallqueue.views import Console, LegView, Order, Panel, Rescue, SessionView

SEEN_EVERY = timedelta(seconds=30)
COMMANDS = {
    **commands.COMMANDS,
    Action.FINISH.value: transferring.finish,
    Action.TRANSFER.value: transferring.transfer,
    UNDO: undo,
}


class Desk:
    """The clerks' face of the queue. Every writing method runs in the lane ``hall:<id>``."""

    def __init__(self, settings: QueueSettings) -> None:
        self._settings = settings
        self._limits = settings.limits()
        self._rule = settings.order_rule()
        self._known = KnownHalls()

    def open(self, session: WriteSession, hall: int, counter: int, staff: str) -> SessionView:
        """Sign ``staff`` in at ``counter``; what they held in a lost session comes with them."""
        return self._view(session, sessions.sit_down(session, place_of(session, hall, counter), staff))

    def pause(self, session: WriteSession, hall: int, counter: int, staff: str, reason: str) -> SessionView:
        """Call nobody for a while; ``reason`` is one of ``PAUSE_REASONS``."""
        seat = self._seat(session, hall, counter, staff)
        return self._view(session, sessions.change(session, seat, CounterAction.PAUSE, pause_reason(reason)))

    def resume(self, session: WriteSession, hall: int, counter: int, staff: str) -> SessionView:
        """Open again after a pause."""
        seat = self._seat(session, hall, counter, staff)
        return self._view(session, sessions.change(session, seat, CounterAction.RESUME))

    def close(self, session: WriteSession, hall: int, counter: int, staff: str) -> SessionView:
        """Sign out; ``Conflict`` while a leg is called or served here."""
        seat = self._seat(session, hall, counter, staff)
        held = sessions.held_leg(session, seat)
        if held is not None:
            leg = leg_view(moves.load(session, held), self._limits, session.now)
            raise Conflict("当前这位还没有办完，请先办结、暂离或转窗，再关窗。", allowed=list(leg.actions))
        return self._view(session, sessions.change(session, seat, CounterAction.CLOSE))

    def call_next(self, session: WriteSession, hall: int, counter: int, staff: str) -> LegView | None:
        """Call whoever is next; None when nobody waits for this counter."""
        seat = self._seat(session, hall, counter, staff)
        done = commands.call_next(session, seat, self._known.day(session, hall), self._rule)
        return leg_view(done.found, self._limits, session.now, call=done.call) if done else None

    def act(self, session: WriteSession, hall: int, counter: int, staff: str, order: Order) -> LegView:
        """Carry out ``order``; ``Conflict`` (with the leg as it stands in ``detail``) when it changed meanwhile."""
        if order.command not in COMMANDS:
            raise BadInput(f"没有“{order.command}”这个操作，可用的有：{'、'.join(COMMANDS)}。", field="command")
        seat = self._seat(session, hall, counter, staff)
        job = self._job(session, seat, order, staff)
        return self._carried_out(job, COMMANDS[order.command])

    def console(self, session: ReadSession, hall: int, counter: int, staff: str) -> Console:
        """What the clerk's page shows."""
        place = place_of(session, hall, counter)
        return consoles.console(session, place, staff, self._known.day(session, hall), self._settings)

    def panel(self, session: ReadSession, hall: int, counter: int) -> Panel:
        """What hangs above the counter."""
        return consoles.panel(session, place_of(session, hall, counter))

    def session_of(self, session: ReadSession, hall: int, staff: str) -> SessionView | None:
        """Where ``staff`` is signed in, if anywhere; a lost session too."""
        seat = next(iter(sessions.seats_of(session, hall, staff)), None)
        return self._view(session, seat) if seat else None

    def seen(self, session: WriteSession, hall: int, counter: int, staff: str) -> None:
        """Heartbeat (every 30 s while the console's stream is open); nothing happens where nobody sits."""
        seat = sessions.seat_at(session, hall, counter)
        if seat is not None and seat.staff == staff:
            sessions.seen(session, seat)

    def sweep(self, session: WriteSession, hall: int) -> int:
        """Tick (every 15 s): sessions not seen for 90 s are orphaned, or closed if they hold nobody; how many."""
        return sessions.lose_silent(session, hall, timedelta(seconds=self._settings.alive_seconds))

    def orphans(self, session: ReadSession, hall: int) -> tuple[SessionView, ...]:
        """Lost sessions that still hold a leg, two minutes after they were lost: the supervisor's inbox."""
        before = session.now - timedelta(minutes=self._settings.orphan_minutes)
        lost = (self._view(session, seat) for seat in sessions.orphans(session, hall, before))
        return tuple(one for one in lost if one.leg is not None)

    def rescue(self, session: WriteSession, hall: int, order: Rescue, actor: str) -> LegView:
        """A supervisor settles what a lost session holds (see ``orphans``), and the session ends."""
        if order.act not in rescue.ACTS:
            raise BadInput(f"没有“{order.act}”这个操作，可用的有：{'、'.join(rescue.ACTS)}。", field="act")
        seat = sessions.lost_seat(session, hall, order.session)
        job = self._job(session, seat, Order(order.act, order.leg, order.version), actor)
        return self._carried_out(job, lambda one: rescue.rescue(one, order))

    def _seat(self, session: WriteSession, hall: int, counter: int, staff: str) -> Seat:
        """The clerk's present session, noted as alive."""
        seat = my_seat(session, hall, counter, staff)
        sessions.seen(session, seat, SEEN_EVERY)
        return seat

    def _job(self, session: WriteSession, seat: Seat, order: Order, actor: str) -> Job:
        found = moves.load(session, order.leg)
        if found.leg.hall != seat.hall:
            raise NotFound("本大厅没有这张号，请刷新页面后再试。", field="leg")
        return Job(session, seat, found, order, self._settings, self._known, actor)

    def _carried_out(self, job: Job, command: Callable[[Job], commands.Done]) -> LegView:
        """The leg after ``command``; a refusal shows the leg as it stands."""
        session, found = job.session, job.found
        try:
            _check_version(job)
            done = command(job)
        except Conflict as refusal:
            refusal.detail = refusal.detail or {"leg": asdict(leg_view(found, self._limits, session.now))}
            raise
        return leg_view(done.found, self._limits, session.now, call=done.call)

    def _view(self, session: ReadSession, seat: Seat) -> SessionView:
        return consoles.session_view(session, seat, self._limits)


def _check_version(job: Job) -> None:
    if job.found.leg.version != job.order.version:
        raise Conflict("这张号刚被另一处改动，请按最新状态再操作。")
