"""Who is next. A stable key, a due rule, a guard: the whole order of the hall, as pure functions over heads of lines.

A line is one service × one class; its head is its first callable leg by ``(rank_at, entered)``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Standing(StrEnum):
    """The class of a leg: it decides head start, target and guard."""

    ORDINARY = "ordinary"
    PRIORITY = "priority"
    BOOKING = "booking"


class Why(StrEnum):
    """Why a leg was the one called; kept on the call's row for those it passed."""

    ORDER = "order"
    PRIORITY = "priority"
    BOOKING = "booking"
    DUE = "due"
    CHOSEN = "chosen"


STANDING_NAMES = {Standing.ORDINARY: "普通", Standing.PRIORITY: "优先", Standing.BOOKING: "预约"}


@dataclass(frozen=True, slots=True)
class OrderRule:
    """The constants in force: ``targets`` by class, and how many privileged calls in a row the guard lets pass."""

    targets: Mapping[Standing, timedelta]
    guard_calls: int


@dataclass(frozen=True, slots=True)
class Head:
    """The first callable leg of a line, as one counter sees it; ``tier`` 0 is the counter's first."""

    leg: int
    service: int
    standing: Standing
    tier: int
    counts_from: datetime
    rank_at: datetime
    entered: int

    @property
    def key(self) -> tuple[datetime, int, int]:
        """Smallest first."""
        return self.rank_at, self.entered, self.leg


@dataclass(frozen=True, slots=True)
class Pick:
    """The head that is called, and why it and no other."""

    head: Head
    why: Why


def pick(heads: Iterable[Head], runs: Mapping[int, int], rule: OrderRule, now: datetime) -> Pick | None:
    """Choose among ``heads``; ``runs`` counts the privileged calls in a row of each service.

    Guard first (it beats due), then due legs of all tiers, then the first tier that has a head, by key.
    """
    callable_heads = guarded(list(heads), runs, rule)
    if not callable_heads:
        return None
    overdue = [(share, head) for head in callable_heads if (share := lateness(head, rule, now)) > 1]
    if overdue:
        return Pick(min(overdue, key=lambda one: (-one[0], one[1].key))[1], Why.DUE)
    first_tier = min(head.tier for head in callable_heads)
    head = min((head for head in callable_heads if head.tier == first_tier), key=lambda one: one.key)
    return Pick(head, why_called(head.standing))


def guarded(heads: list[Head], runs: Mapping[int, int], rule: OrderRule) -> list[Head]:
    """``heads`` without the privileged ones of services whose guard is up and that have an ordinary head."""
    held = {
        head.service
        for head in heads
        if head.standing is Standing.ORDINARY and runs.get(head.service, 0) >= rule.guard_calls
    }
    return [head for head in heads if head.standing is Standing.ORDINARY or head.service not in held]


def lateness(head: Head, rule: OrderRule, now: datetime) -> float:
    """Waited time ÷ the target of its class; due when above 1."""
    return (now - head.counts_from) / rule.targets[head.standing]


def why_called(standing: Standing) -> Why:
    """The plain reason for a call in order."""
    return Why.ORDER if standing is Standing.ORDINARY else Why(standing.value)


def next_run(run: int, standing: Standing) -> int:
    """The service's count of privileged calls in a row, after a call of ``standing``."""
    return 0 if standing is Standing.ORDINARY else run + 1
