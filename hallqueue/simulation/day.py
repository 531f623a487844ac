"""A day played in memory by the room's own rules: the same order, numbers and transitions as in the database.

It shares nothing with the forward play but those rules, and so is an independent check of it.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime, time, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Self
from zoneinfo import ZoneInfo

from hallqueue.rules import leg as rules
from hallqueue.rules.appointment import arrival
from hallqueue.rules.leg import Leg, Return
from hallqueue.rules.line import Head, Standing, Why, next_run, pick
from hallqueue.rules.numbering import next_serial, ticket_number
from hallqueue.rules.ticket import Action, State
from hallqueue.settings import QueueSettings
from hallqueue.simulation.script import Script, Shift, Turn, Visit

CLEARING = 0.3
PATIENCE = 0.45

_EMPTY = {field.name: None for field in fields(Leg)} | {"recalls": 0, "misses": 0, "defers": 0, "items_done": ()}
Key = tuple[datetime, int, int]


@dataclass(frozen=True, slots=True)
class Call:
    """One announcement of ``call_next``."""

    minute: float
    leg: int
    line: int
    counter: int
    why: Why


@dataclass(slots=True)
class Seat:
    """A booth now: whether its clerk is there and ``since`` when so; which leg is in hand, since when none is."""

    shift: Shift
    is_here: bool = False
    leg: int | None = None
    is_clearing: bool = False
    idle_since: float = 0.0
    busy: float = 0.0
    here: float = 0.0
    since: float = 0.0

    @property
    def number(self) -> int:
        """On the wall."""
        return self.shift.booth.number

    @property
    def is_free(self) -> bool:
        """Whether it can call somebody."""
        return self.is_here and self.leg is None and not self.is_clearing


Watch = Callable[["Day", int], None]


class Day:
    """One day. ``watch`` is told of every number taken, with the hall as it stands just then."""

    def __init__(self, script: Script, settings: QueueSettings | None = None, watch: Watch | None = None) -> None:
        self.script = script
        self.settings = settings or QueueSettings()
        self.limits = self.settings.limits()
        self.rule = self.settings.order_rule()
        self.midnight = datetime.combine(script.plan.day, time(), ZoneInfo(script.plan.zone))
        self.minute = 0.0
        self.legs: dict[int, Leg] = {}
        self.visits: dict[int, Visit] = {}
        self.numbers: dict[int, str] = {}
        self.waiting: dict[tuple[int, Standing], list[Key]] = {}
        self.runs: Counter[int] = Counter()
        self.calls: list[Call] = []
        self.asked_at: dict[int, float] = {}
        self.first_called: dict[int, float] = {}
        self.turned_away: list[Visit] = []
        self.arrived: set[int] = set()
        self.seats = {shift.booth.number: Seat(shift) for shift in script.shifts}
        self._watch = watch
        self._serials: Counter[int] = Counter()
        self._entries: Counter[int] = Counter()
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._turns = count()

    def play(self) -> Self:
        """Everything that happens, in order, until the hall is empty."""
        for seat in self.seats.values():
            for begin, end in seat.shift.present:
                self._later(begin, partial(self._sit_down, seat))
                self._later(end, partial(self._get_up, seat))
        for visit in self.script.visits:
            if not visit.is_absent:
                self._later(visit.at, partial(self._arrive, visit))
        while self._agenda:
            self.minute, _, act = heappop(self._agenda)
            act()
        self._close()
        return self

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self.moment(self.minute)

    def moment(self, minute: float) -> datetime:
        """A minute of the day as a moment."""
        return self.midnight + timedelta(minutes=minute)

    def minute_of(self, moment: datetime) -> float:
        """A moment as a minute of the day."""
        return (moment - self.midnight).total_seconds() / 60

    def line(self, service: int) -> list[Leg]:
        """Everybody who waits for ``service``, by rank."""
        keys = sorted(key for standing in Standing for key in self.waiting.get((service, standing), ()))
        return [self.legs[leg] for *_, leg in keys]

    def _later(self, minute: float, act: Callable[[], None]) -> None:
        heappush(self._agenda, (minute, next(self._turns), act))

    # Visitors

    def _arrive(self, visit: Visit) -> None:
        self.arrived.add(visit.key)
        if not self._is_taking(visit.line):
            self.turned_away.append(visit)
            return
        standing, counts_from, callable_from = self._standing(visit)
        head_start = self.settings.head_start(standing, visit.priority)
        serial = self._serials[visit.line] = next_serial(self._serials[visit.line])
        place = {"standing": standing, "counts_from": counts_from, "rank_at": counts_from - head_start}
        leg = self._enter(visit, visit.line, place | {"callable_from": callable_from})
        self.numbers[leg] = ticket_number(self.script.plan.lines[visit.line].prefix, serial)
        if self._watch:
            self._watch(self, leg)
        if visit.defers is not None:
            self._later(self.minute + visit.defers, partial(self._defer, leg))
        self._offer(visit.line)

    def _is_taking(self, line: int) -> bool:
        """Until what the line's booths can still do is waited for already."""
        duty = [span for booth in self.script.plan.booths_of(line) for span in booth.duty]
        left = sum(max(end - max(begin, self.minute), 0.0) for begin, end in duty)
        ahead = sum(len(self.waiting.get((line, standing), ())) for standing in Standing)
        return (ahead + 1) * self.script.plan.lines[line].minutes <= left

    def _standing(self, visit: Visit) -> tuple[Standing, datetime, datetime | None]:
        if visit.slot is None:
            return (Standing.PRIORITY if visit.priority else Standing.ORDINARY), self.now, None
        slot = self.moment(visit.slot)
        came = arrival(slot, self.now, timedelta(minutes=self.settings.booking_grace_minutes))
        ahead = timedelta(minutes=self.settings.booking_call_ahead_minutes)
        return came.standing, came.counts_from, slot - ahead if came.standing is Standing.BOOKING else None

    def _enter(self, visit: Visit, line: int, place: dict[str, object]) -> int:
        """A new leg in its line."""
        number = len(self.legs) + 1
        self._entries[line] += 1
        known = {"id": number, "hall": 1, "ticket": visit.key, "service": line, "day": self.script.plan.day}
        fresh = {"version": 1, "state": State.WAITING, "entered": self._entries[line], "entered_at": self.now}
        self.visits[number] = visit
        leg = Leg(**(_EMPTY | known | fresh | place))  # type: ignore[arg-type]
        self.asked_at[number] = self.minute_of(leg.counts_from)
        self._queue(leg)
        return number

    def _queue(self, leg: Leg) -> None:
        self.legs[leg.id] = leg
        insort(self.waiting.setdefault((leg.service, leg.standing), []), (leg.rank_at, leg.entered, leg.id))

    def _unqueue(self, leg: Leg) -> None:
        line = self.waiting[leg.service, leg.standing]
        line.pop(bisect_left(line, (leg.rank_at, leg.entered, leg.id)))

    def _defer(self, number: int) -> None:
        leg = self.legs[number]
        if leg.state is State.WAITING:
            self._unqueue(leg)
            self.legs[number] = rules.deferred(leg, self.limits, self.now)
            self._later(self.minute + self.settings.defer_minutes, partial(self._undefer, number))

    def _undefer(self, number: int) -> None:
        leg = self.legs[number]
        self._entries[leg.service] += 1
        self._queue(rules.back_from_defer(leg, self._entries[leg.service], self.limits, self.now))
        self._offer(leg.service)

    def _restore(self, number: int) -> None:
        leg = self.legs[number]
        ordinary = self.waiting.get((leg.service, Standing.ORDINARY), [])[: self.settings.restore_behind]
        behind = () if leg.is_privileged else tuple(self.legs[one].counts_from for *_, one in ordinary)
        self._entries[leg.service] += 1
        back = Return(behind, self._entries[leg.service], self.script.plan.day)
        self._queue(rules.restored(leg, back, self.limits, self.now))
        self._offer(leg.service)

    def _expire(self, number: int) -> None:
        self.legs[number] = rules.expired(self.legs[number], self.now)

    # Clerks

    def _sit_down(self, seat: Seat) -> None:
        seat.is_here, seat.since, seat.idle_since = True, self.minute, self.minute
        self._next(seat)

    def _get_up(self, seat: Seat) -> None:
        seat.here += self.minute - seat.since
        seat.is_here, seat.since = False, self.minute
        kept = [leg for leg in self._all_waiting() if leg.kept_for == seat.number]
        for leg in kept:
            self.legs[leg.id] = replace(leg, kept_for=None, kept_until=None)
            self._offer(leg.service)

    def _offer(self, line: int) -> None:
        """Somebody entered ``line``: whoever has been idle longest looks first."""
        idle = [seat for seat in self.seats.values() if seat.is_free and line in seat.shift.booth.skills]
        for seat in sorted(idle, key=lambda one: one.idle_since):
            self._next(seat)

    def _next(self, seat: Seat) -> None:
        """下一位."""
        choice = pick(self.heads(seat), self.runs, self.rule, self.now) if seat.is_free else None
        if choice is None:
            return
        leg = self.legs[choice.head.leg]
        self._unqueue(leg)
        self.legs[leg.id] = rules.called(leg, Action.CALL_NEXT, session=seat.number, counter=seat.number, now=self.now)
        self.runs[leg.service] = next_run(self.runs[leg.service], leg.standing)
        self.calls.append(Call(self.minute, leg.id, leg.service, seat.number, choice.why))
        self.first_called.setdefault(leg.id, self.minute)
        seat.leg = leg.id
        visit = self.visits[leg.id]
        if visit.is_gone and leg.misses == 0 and leg.follows is None:
            self._later(self.minute + PATIENCE, partial(self._recall, seat, leg.id))
        else:
            self._later(self.minute + visit.walk, partial(self._start, seat, leg.id))

    def heads(self, seat: Seat) -> list[Head]:
        """The first callable leg of each of its lines; bookings before their time only if nobody else waits."""
        return list(self._heads(seat, self.now)) or list(self._heads(seat, None))

    def _heads(self, seat: Seat, horizon: datetime | None) -> Iterator[Head]:
        for tier, line in enumerate(seat.shift.booth.skills):
            for standing in Standing:
                for *_, number in self.waiting.get((line, standing), ()):
                    leg = self.legs[number]
                    if self._is_callable(leg, seat, horizon):
                        yield Head(number, line, standing, tier, leg.counts_from, leg.rank_at, leg.entered)
                        break

    def _is_callable(self, leg: Leg, seat: Seat, horizon: datetime | None) -> bool:
        is_kept = leg.kept_for not in {None, seat.number} and (leg.kept_until is None or leg.kept_until > self.now)
        return not is_kept and (leg.callable_from is None or horizon is None or leg.callable_from <= horizon)

    def _recall(self, seat: Seat, number: int) -> None:
        """Called again as often as the rules ask, and then missed."""
        leg = self.legs[number]
        if leg.recalls < self.limits.miss_after_recalls:
            self.legs[number] = rules.recalled(leg, self.limits, self.now)
            self._later(self.minute + PATIENCE, partial(self._recall, seat, number))
        else:
            self._miss(seat, number)

    def _miss(self, seat: Seat, number: int) -> None:
        self.legs[number] = rules.missed(self.legs[number], self.limits, self.now)
        self._free(seat, number)
        returns, window = self.visits[number].returns, self.settings.restore_minutes
        if returns is not None and returns <= window:
            self._later(self.minute + returns, partial(self._restore, number))
        else:
            self._later(self.minute + window, partial(self._expire, number))

    def _start(self, seat: Seat, number: int) -> None:
        leg = self.legs[number] = rules.started(self.legs[number], self.now)
        visit = self.visits[number]
        minutes = self.script.minutes(leg.service, visit.effort, seat.shift.pace)
        turn, is_again = visit.turn, leg.follows is not None or leg.reason is not None
        if turn is None:
            self._later(self.minute + minutes, partial(self._finish, seat, number))
        elif is_again:
            self._later(self.minute + minutes * (1 - turn.share), partial(self._finish, seat, number))
        elif turn.target is None:
            self._later(self.minute + minutes * turn.share, partial(self._park, seat, number, turn))
        else:
            self._later(self.minute + minutes * turn.share, partial(self._transfer, seat, number, turn.target))

    def _finish(self, seat: Seat, number: int) -> None:
        self.legs[number] = rules.finished(self.legs[number], (), self.now)
        self._free(seat, number)

    def _park(self, seat: Seat, number: int, turn: Turn) -> None:
        self.legs[number] = rules.parked(self.legs[number], "取材料", is_kept=turn.is_kept)
        self._free(seat, number)
        self._later(self.minute + turn.away, partial(self._unpark, number))

    def _unpark(self, number: int) -> None:
        leg = self.legs[number]
        is_kept = leg.kept_for is not None and self.seats[leg.kept_for].is_here
        back = rules.unparked(leg, self.limits, self.now, is_kept=is_kept)
        self._queue(back)
        self._offer(back.service)
        if back.kept_until is not None:
            self._later(self.minute + self.settings.keep_minutes, partial(self._offer, back.service))

    def _transfer(self, seat: Seat, number: int, target: int) -> None:
        leg = self.legs[number] = rules.transferred(self.legs[number], self.now)
        place = {"standing": leg.standing, "counts_from": leg.counts_from, "rank_at": leg.rank_at, "follows": leg.id}
        after = self._enter(self.visits[number], target, place)
        self.numbers[after] = self.numbers[number]
        self._offer(target)
        self._free(seat, number)

    def _free(self, seat: Seat, number: int) -> None:
        """The desk is cleared, and then the next one called."""
        seat.busy += self.minute - self.minute_of(self.legs[number].called_at or self.now)
        seat.leg, seat.is_clearing = None, True
        self._later(self.minute + CLEARING, partial(self._clear, seat))

    def _clear(self, seat: Seat) -> None:
        seat.is_clearing, seat.idle_since = False, self.minute
        self._next(seat)

    def _all_waiting(self) -> list[Leg]:
        return [self.legs[number] for line in self.waiting.values() for *_, number in line]

    def _close(self) -> None:
        """What still waits when everybody has gone home."""
        for leg in self._all_waiting():
            self.legs[leg.id] = rules.closed(leg, self.now)
        self.waiting.clear()
