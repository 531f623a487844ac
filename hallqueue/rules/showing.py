"""What people are shown of a forecast: rounded, corrected by how ranges have held, never growing without a cause."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hallqueue.rules.scene import Waiter

LONGEST_MINUTES = 600
FINE_MINUTES = 10
COARSE_STEP = 5
AIM = 0.85  # of calls come before the upper edge
STEP = 0.06
LEAST_FACTOR, MOST_FACTOR = 0.7, 2.0
USED_UP_MINUTES = 1.0
SHORT_MINUTES = 2  # up to here a range needs no cause to grow, and says nothing about the factor
SLOW = "前面的办理时间较长"

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Outlook:
    """A wait: half are called within ``p50``, four of five within ``p80``; rounded minutes."""

    p50: int
    p80: int


@dataclass(frozen=True, slots=True)
class Shown:
    """The range that somebody sees (None: 暂无法估计) and for how many minutes they have seen it."""

    outlook: Outlook | None
    age: float


def rounded(p50: float, p80: float) -> Outlook | None:
    """What people are shown: minutes up to ten, then fives; the upper edge rounded up; None past ten hours."""
    if not 0 <= p50 <= p80 <= LONGEST_MINUTES:
        return None
    step = 1 if p50 < FINE_MINUTES else COARSE_STEP
    lower = int(p50 // step) * step
    step = 1 if p80 < FINE_MINUTES else COARSE_STEP
    return Outlook(lower, max(lower, math.ceil(p80 / step) * step))


def corrected(span: Span, factor: float) -> Span:
    """The upper edge times ``factor``, never below the middle."""
    return span[0], max(span[0], span[1] * factor)


def learnt_factor(factor: float, held: Sequence[bool]) -> float:
    """The factor after some more calls: a little up for each that came after its upper edge, less down for the rest.

    Adaptive conformal inference (Gibbs and Candès 2021) on the logarithm: it settles where ``AIM`` of calls hold.
    """
    for has_held in held:
        factor *= math.exp(STEP * ((not has_held) - (1 - AIM)))
    return min(MOST_FACTOR, max(LEAST_FACTOR, factor))


def next_shown(before: Shown | None, span: Span | None, cause: str | None) -> tuple[Outlook | None, str | None]:
    """What to show now, and why its upper edge has grown beyond what was promised (None: it has not).

    Without a cause the promise stands until it is used up.
    """
    new = rounded(*span) if span else None
    if new is None or span is None or before is None or before.outlook is None:
        return new, None
    left = before.outlook.p80 - before.age
    promised = rounded(min(span[0], left), left) if left > USED_UP_MINUTES else None
    if new.p80 <= max(promised.p80 if promised else 0, SHORT_MINUTES):
        return new, None
    if promised and cause is None:
        return promised, None
    return new, cause or SLOW


def cause_of(one: Waiter, away: Sequence[tuple[frozenset[int], str]], newcomers: Sequence[Waiter]) -> str | None:
    """Why ``one`` waits longer than foreseen: a counter of its service went ``away``, or who came is called before."""
    for services, words in away:
        if one.service in services:
            return words
    passing = [other for other in newcomers if other.service == one.service and other.rank_at < one.rank_at]
    names = {"priority": "有优先号", "booking": "有预约号"}
    return next((names[other.standing] for other in passing if other.standing in names), None)


@dataclass(frozen=True, slots=True)
class Line:
    """A service's line as it was played: ``ahead`` in it, when its ``head`` is called, and who joins it (``tail``)."""

    ahead: int
    head: Span
    tail: Span

    def behind(self, ahead: int, step: float) -> Span:
        """When someone with ``ahead`` before them is called; past the tail each one more takes ``step`` minutes."""
        if ahead >= self.ahead:
            more = (ahead - self.ahead) * step
            return self.tail[0] + more, self.tail[1] + more
        share = ahead / self.ahead
        p50, p80 = (head + (tail - head) * share for head, tail in zip(self.head, self.tail, strict=True))
        return p50, p80
