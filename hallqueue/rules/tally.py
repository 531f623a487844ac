"""What reports count: a leg as a fact, facts together as a tally. Each figure is defined in ``docs/reports.md``, once.

Minutes are floats; a figure without a case is None, never 0.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from hallqueue.rules.line import Standing
from hallqueue.rules.ticket import State

MINUTE = timedelta(minutes=1)
SHARES = (50, 80, 95)
MISSED = frozenset({State.MISSED, State.NO_SHOW})
IN_LINE = frozenset({State.BOOKED, State.WAITING, State.PARKED})
AT_COUNTER = frozenset({State.CALLED, State.SERVING})
SEVERAL_ITEMS, NO_ITEM = "several", ""
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One leg of the chosen days. ``wait``, ``walk``, ``work`` in minutes; None: it never came to that."""

    leg: int
    service: str
    day: date
    hour: int
    counter: int | None
    staff: str | None
    standing: Standing
    item: str
    state: State
    is_number: bool
    promise: int
    wait: float | None
    walk: float | None
    work: float | None


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and exact percentiles (nearest rank) of some minutes; all None without a case."""

    count: int
    mean: float | None
    p50: float | None
    p80: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Facts together. ``legs`` = served + transferred + missed + cancelled + unserved + in line + at counter."""

    issued: int
    legs: int
    served: int
    transferred: int
    missed: int
    cancelled: int
    unserved: int
    in_line: int
    at_counter: int
    called: int
    within: int
    longest: float | None
    wait: Spread
    walk: Spread
    work: Spread

    @property
    def never_called(self) -> int:
        """Legs that nobody called."""
        return self.legs - self.called

    @property
    def within_percent(self) -> float | None:
        """How many of a hundred called legs were called within the promise."""
        return percent(self.within, self.called)


def percent(part: float, whole: float) -> float | None:
    """``part`` of ``whole`` in a hundred, one decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def spread(minutes: Iterable[float]) -> Spread:
    """Mean and percentiles: the smallest value that so many of a hundred do not exceed."""
    ordered = sorted(minutes)
    if not ordered:
        return Spread(0, None, None, None, None)
    ranks = [ordered[-(-len(ordered) * share // 100) - 1] for share in SHARES]
    return Spread(len(ordered), sum(ordered) / len(ordered), *ranks)


def tally(facts: Iterable[Fact]) -> Tally:
    """Count ``facts``."""
    facts = list(facts)
    waits = [one.wait for one in facts if one.wait is not None]

    def count(*states: State) -> int:
        return sum(one.state in states for one in facts)

    return Tally(
        issued=sum(one.is_number for one in facts),
        legs=len(facts),
        served=count(State.SERVED),
        transferred=count(State.TRANSFERRED),
        missed=count(*MISSED),
        cancelled=count(State.CANCELLED),
        unserved=count(State.CLOSED_UNSERVED),
        in_line=count(*IN_LINE),
        at_counter=count(*AT_COUNTER),
        called=len(waits),
        within=sum(one.wait is not None and one.wait <= one.promise for one in facts),
        longest=max(waits, default=None),
        wait=spread(waits),
        walk=spread(one.walk for one in facts if one.walk is not None),
        work=spread(one.work for one in facts if one.work is not None),
    )


def grouped(facts: Iterable[Fact], key: Callable[[Fact], K]) -> dict[K, Tally]:
    """A tally for each value of ``key``: every fact is in exactly one."""
    groups: dict[K, list[Fact]] = {}
    for fact in facts:
        groups.setdefault(key(fact), []).append(fact)
    return {value: tally(members) for value, members in groups.items()}


def item_of(items: Sequence[str]) -> str:
    """Under which item a leg is counted: its only one, else “several” or none."""
    return items[0] if len(items) == 1 else SEVERAL_ITEMS if items else NO_ITEM


@dataclass(frozen=True, slots=True)
class Moments:
    """When a leg began to count, was first called, last called, started and ended; who put it off meanwhile."""

    joined: datetime
    first_call: datetime | None
    last_call: datetime | None
    started: datetime | None
    ended: datetime | None
    deferred: Sequence[tuple[datetime, datetime]] = ()


def wait_of(moments: Moments) -> float | None:
    """From joining the line to the first call, less what the visitor put off; never below nothing."""
    first = moments.first_call
    if first is None:
        return None
    own = sum(((min(end, first) - start) / MINUTE for start, end in moments.deferred if start < first), 0.0)
    return max(0.0, (first - moments.joined) / MINUTE - own)


def walk_of(moments: Moments) -> float | None:
    """From the last call to the start."""
    if moments.last_call is None or moments.started is None or moments.started < moments.last_call:
        return None
    return (moments.started - moments.last_call) / MINUTE


def work_of(moments: Moments, state: State) -> float | None:
    """From the last start to the finish of a served leg."""
    if state is not State.SERVED or moments.started is None or moments.ended is None:
        return None
    return (moments.ended - moments.started) / MINUTE


@dataclass(frozen=True, slots=True)
class CallFact:
    """A call that stands: its number, the leg's service and place in the line, why it was chosen, when."""

    number: int
    leg: int
    line: tuple[str, date]
    entered: int
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unheard:
    """A leg that was never called: its place in the line, and when it left it (None: it waits still)."""

    line: tuple[str, date]
    entered: int
    left: datetime | None

    def waits_at(self, moment: datetime) -> bool:
        """Whether it had not left by then."""
        return self.left is None or self.left > moment


def overtakes(calls: Iterable[CallFact], unheard: Iterable[Unheard]) -> Mapping[int, int]:
    """By call number: how many who entered the same line before were still waiting when it was called."""
    first: dict[tuple[int, int], CallFact] = {}
    for one in sorted(calls, key=lambda each: each.number):
        first.setdefault((one.leg, one.entered), one)
    passed: dict[int, int] = {}
    lines: dict[tuple[str, date], list[CallFact]] = {}
    for one in first.values():
        lines.setdefault(one.line, []).append(one)
    left_out: dict[tuple[str, date], list[Unheard]] = {}
    for who in unheard:
        left_out.setdefault(who.line, []).append(who)
    for line, called in lines.items():
        after: list[int] = []
        for one in reversed(called):
            never = sum(who.entered < one.entered and who.waits_at(one.at) for who in left_out.get(line, ()))
            passed[one.number] = bisect_left(after, one.entered) + never
            insort(after, one.entered)
    return {number: people for number, people in passed.items() if people}
