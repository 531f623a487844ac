"""How counters were used: open, busy, idle while people waited; from the hall's events, as intervals. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from hallqueue.rules.session import CounterAction
from hallqueue.rules.ticket import AT_COUNTER, State

MINUTE = timedelta(minutes=1)
Span = tuple[datetime, datetime]
K = TypeVar("K")
OPENS = frozenset({CounterAction.OPEN.value, CounterAction.RESUME.value})
SHUTS = frozenset({CounterAction.PAUSE.value, CounterAction.CLOSE.value, CounterAction.LOSE.value})


@dataclass(frozen=True, slots=True)
class Seating:
    """A counter session: who sat where, which services (codes) it could call."""

    session: int
    counter: int
    staff: str
    services: frozenset[str]


@dataclass(frozen=True, slots=True)
class Shift:
    """Something done at the counter itself."""

    session: int
    at: datetime
    command: str


@dataclass(frozen=True, slots=True)
class Step:
    """A leg came into a state; ``session`` is the counter session that did it, if one did."""

    leg: int
    service: str
    at: datetime
    became: State
    session: int | None


@dataclass(frozen=True, slots=True)
class Usage:
    """Minutes of a session: open (not paused), of these busy, of these free while somebody waited whom it serves."""

    seating: Seating
    open_minutes: float
    busy_minutes: float
    idle_minutes: float


def usage(seatings: Iterable[Seating], shifts: Iterable[Shift], steps: Sequence[Step], until: datetime) -> list[Usage]:
    """How each session was used up to ``until``; ``shifts`` and ``steps`` in the order of the events."""
    opened, busy, waited = open_spans(shifts, until), busy_spans(steps, until), waiting_spans(steps, until)
    found = []
    for one in seatings:
        spans = opened.get(one.session, [])
        at_work = common(spans, joined(busy.get(one.session, [])))
        free = without(spans, at_work)
        wanted = joined([span for service in one.services for span in waited.get(service, ())])
        found.append(Usage(one, minutes(spans), minutes(at_work), minutes(common(free, wanted))))
    return found


def open_spans(shifts: Iterable[Shift], until: datetime) -> dict[int, list[Span]]:
    """When each session was open: signed in and not paused."""
    spans: dict[int, list[Span]] = defaultdict(list)
    since: dict[int, datetime] = {}
    for one in shifts:
        if one.command in OPENS:
            since.setdefault(one.session, one.at)
        elif one.command in SHUTS and one.session in since:
            spans[one.session].append((since.pop(one.session), one.at))
    for session, start in since.items():
        spans[session].append((start, max(start, until)))
    return {session: joined(found) for session, found in spans.items()}


def busy_spans(steps: Iterable[Step], until: datetime) -> dict[int, list[Span]]:
    """When each session had somebody called or served."""
    spans: dict[int, list[Span]] = defaultdict(list)
    holds: dict[int, tuple[int, datetime]] = {}
    for one in steps:
        held = holds.get(one.leg)
        session = one.session if one.session is not None else held[0] if held else None
        stays = one.became in AT_COUNTER and held is not None and held[0] == session
        if held is not None and not stays:
            spans[held[0]].append((held[1], one.at))
            del holds[one.leg]
        if one.became in AT_COUNTER and not stays and session is not None:
            holds[one.leg] = (session, one.at)
    for session, start in holds.values():
        spans[session].append((start, max(start, until)))
    return spans


def waiting_spans(steps: Iterable[Step], until: datetime) -> dict[str, list[Span]]:
    """When somebody waited for each service."""
    spans: dict[str, list[Span]] = defaultdict(list)
    since: dict[int, tuple[str, datetime]] = {}
    for one in steps:
        if one.became is State.WAITING:
            since.setdefault(one.leg, (one.service, one.at))
        elif one.leg in since:
            service, start = since.pop(one.leg)
            spans[service].append((start, one.at))
    for service, start in since.values():
        spans[service].append((start, max(start, until)))
    return {service: joined(found) for service, found in spans.items()}


def joined(spans: Iterable[Span]) -> list[Span]:
    """In order, without overlaps."""
    made: list[Span] = []
    for start, end in sorted(spans):
        if made and start <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], end))
        elif start < end:
            made.append((start, end))
    return made


def common(some: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """What lies in both; each in order, without overlaps."""
    made: list[Span] = []
    place = 0
    for start, end in some:
        while place < len(others) and others[place][1] <= start:
            place += 1
        for begin, finish in others[place:]:
            if begin >= end:
                break
            made.append((max(start, begin), min(end, finish)))
    return made


def without(some: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """What lies in ``some`` and not in ``others``."""
    made: list[Span] = []
    for start, end in some:
        at = start
        for begin, finish in common([(start, end)], others):
            if at < begin:
                made.append((at, begin))
            at = finish
        if at < end:
            made.append((at, end))
    return made


def minutes(spans: Iterable[Span]) -> float:
    """How long they last together."""
    return sum(((end - start) / MINUTE for start, end in spans), 0.0)


def by_counter(found: Iterable[Usage]) -> Mapping[int, tuple[float, float, float]]:
    """Open, busy and idle minutes of each counter."""
    return _summed((one.seating.counter, one) for one in found)


def by_staff(found: Iterable[Usage]) -> Mapping[str, tuple[float, float, float]]:
    """The same of each clerk."""
    return _summed((one.seating.staff, one) for one in found)


def _summed(pairs: Iterable[tuple[K, Usage]]) -> dict[K, tuple[float, float, float]]:
    sums: dict[K, tuple[float, float, float]] = {}
    for key, one in pairs:
        open_, busy, idle = sums.get(key, (0.0, 0.0, 0.0))
        sums[key] = (open_ + one.open_minutes, busy + one.busy_minutes, idle + one.idle_minutes)
    return sums
