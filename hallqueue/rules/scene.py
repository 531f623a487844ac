"""The hall as the forward play sees it. Minutes throughout, relative to now: now is 0, the past negative.

``service``, ``counter`` and ``key`` are opaque numbers: the room uses ids of rows, a simulation what it likes.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from hallqueue.rules.line import Standing


@dataclass(frozen=True, slots=True)
class Waiter:
    """A leg that waits. ``kept_for``: the one counter that may call it, until ``kept_until``."""

    key: int
    service: int
    standing: Standing
    counts_from: float
    rank_at: float
    entered: int = 0
    kept_for: int | None = None
    kept_until: float = math.inf
    callable_from: float = -math.inf


@dataclass(frozen=True, slots=True)
class Times:
    """How long a turn takes, from the call to the end: a log-normal by its mean and ``spread``, deviation ÷ mean."""

    mean: float
    spread: float


@dataclass(frozen=True, slots=True)
class Post:
    """A counter: which services in which tier (0 first), whom it has in hand, when it calls people.

    ``busy``: the service in hand and how many minutes it has lasted since the call. ``duty``: intervals in which it
    calls; pause, lunch and closing are gaps; what is in hand may end later. ``times``: of whoever sits there, where
    known; else the scene's.
    """

    counter: int
    tiers: Mapping[int, int]
    busy: tuple[int, float] | None = None
    duty: tuple[tuple[float, float], ...] = ((0.0, math.inf),)
    times: Mapping[int, Times] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expected:
    """Somebody known of who does not wait yet (booked, deferred): comes with ``chance``, callable from ``at``."""

    service: int
    standing: Standing
    at: float
    chance: float
    counts_from: float
    rank_at: float


@dataclass(frozen=True, slots=True)
class Rule:
    """The constants of the order: ``targets`` and ``head_starts`` in minutes by class."""

    targets: Mapping[Standing, float] = field(
        default_factory=lambda: {Standing.ORDINARY: 60.0, Standing.PRIORITY: 10.0, Standing.BOOKING: 5.0}
    )
    head_starts: Mapping[Standing, float] = field(
        default_factory=lambda: {Standing.ORDINARY: 0.0, Standing.PRIORITY: 20.0, Standing.BOOKING: 15.0}
    )
    guard_calls: int = 2


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment of a hall.

    ``times`` by service; ``stream``: unknown arrivals a minute by service and class (bookings stand in ``expected``);
    ``runs``: privileged calls in a row by service; ``absent``: share of those waiting who do not come when called,
    each of which costs a counter ``absent_minutes``.
    """

    waiters: tuple[Waiter, ...]
    posts: tuple[Post, ...]
    times: Mapping[int, Times]
    expected: tuple[Expected, ...] = ()
    stream: Mapping[tuple[int, Standing], float] = field(default_factory=dict)
    runs: Mapping[int, int] = field(default_factory=dict)
    absent: Mapping[int, float] = field(default_factory=dict)
    absent_minutes: float = 2.0
    rule: Rule = field(default_factory=Rule)
