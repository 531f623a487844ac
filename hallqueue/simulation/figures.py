"""What a simulated day, or many, comes to: waits by line, utilisation, misses."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hallqueue.rules.ticket import State
from hallqueue.simulation.day import Day
from hallqueue.simulation.plan import Plan


@dataclass(frozen=True, slots=True)
class LineFigures:
    """A line's days together: waits from the number to the first call; ``kept`` within the promise, of all taken."""

    name: str
    taken: int
    called: int
    p50: float | None
    p80: float | None
    p95: float | None
    promise: float
    kept: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Days together. ``busy``: share of the time that a booth's clerk was there with somebody in hand."""

    days: int
    taken: int
    served: int
    misses: int
    unserved: int
    turned_away: int
    lines: tuple[LineFigures, ...]
    busy: dict[int, float]


def figures(plan: Plan, days: Sequence[Day]) -> Figures:
    """The figures of ``days``, all of one plan."""
    states = Counter(leg.state for day in days for leg in day.legs.values())
    return Figures(
        days=len(days),
        taken=sum(leg.follows is None for day in days for leg in day.legs.values()),
        served=states[State.SERVED],
        misses=sum(leg.misses for day in days for leg in day.legs.values()),
        unserved=states[State.CLOSED_UNSERVED],
        turned_away=sum(len(day.turned_away) for day in days),
        lines=tuple(_line(plan, place, days) for place in range(len(plan.lines))),
        busy={booth.number: _busy(booth.number, days) for booth in plan.booths},
    )


def _line(plan: Plan, place: int, days: Sequence[Day]) -> LineFigures:
    line, taken = plan.lines[place], 0
    waits: list[float] = []
    for day in days:
        taken += sum(leg.follows is None and leg.service == place for leg in day.legs.values())
        waits += waits_of(day, place)
    waits.sort()
    p50, p80, p95 = (at(waits, share) for share in (0.5, 0.8, 0.95))
    return LineFigures(line.name, taken, len(waits), p50, p80, p95, line.promise, kept(waits, taken, line.promise))


def waits_of(day: Day, line: int) -> list[float]:
    """Minutes from the number, or a booking's slot, to the first call; not of those called never."""
    return [
        max(called - day.asked_at[number], 0.0)
        for number, called in day.first_called.items()
        if day.legs[number].service == line and day.legs[number].follows is None
    ]


def kept(waits: Iterable[float], taken: int, promise: float) -> float | None:
    """Share within the promise; whoever was never called counts as not kept."""
    return sum(wait <= promise for wait in waits) / taken if taken else None


def at(ordered: Sequence[float], share: float) -> float | None:
    """The value below which ``share`` of ``ordered`` lie."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else None


def _busy(number: int, days: Sequence[Day]) -> float:
    here = sum(day.seats[number].here for day in days)
    return sum(day.seats[number].busy for day in days) / here if here else 0.0
