"""A day as chance writes it before it is played: who comes when and for what, who sits where, all from one seed.

The same script is played in memory (``day``), live in the demo, and over HTTP: there is one model of a day.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from hallqueue.simulation.plan import Booth, Plan, Span

EARLY = 15.0
STOP = 15.0
PEAK_AFTER, PEAK_WIDTH = 75.0, 70.0
QUIET, LUNCH = 0.55, 0.45
SLOT = 30.0
PUNCTUAL = (-9.0, 9.0)
WALK = (0.25, 1.2)
AWAY = (5.0, 30.0)
DEFER_AFTER = (5.0, 30.0)
RETURN_AFTER = (2.0, 25.0)
REST = (6.0, 14.0)
STARS = (5, 5, 5, 5, 4, 4, 4, 3, 2, 1)
CLASSES = ("P1", "P2", "P3", "P4", "P6")


@dataclass(frozen=True, slots=True)
class Turn:
    """What happens when ``share`` of a service is done: away for papers, or on to the line ``target``."""

    share: float
    away: float = 0.0
    is_kept: bool = False
    target: int | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One visitor. ``effort`` is the service time ÷ its true mean; ``slot`` a booking's.

    ``is_absent``: booked, does not come at all. ``is_gone``: is not there when called first; ``returns`` then after a
    while, perhaps. ``stars``: what they give when asked, if they answer.
    """

    key: int
    at: float
    line: int
    walk: float
    effort: float
    priority: str | None = None
    slot: float | None = None
    is_absent: bool = False
    is_gone: bool = False
    returns: float | None = None
    defers: float | None = None
    turn: Turn | None = None
    stars: int | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """A clerk's day: really ``present`` in these spans (late, a rest); slower or quicker than others by ``pace``."""

    booth: Booth
    present: tuple[Span, ...]
    pace: float


@dataclass(frozen=True, slots=True)
class Script:
    """A day to be played. ``means``: the true mean minutes of each line, which nobody knows."""

    plan: Plan
    visits: tuple[Visit, ...]
    shifts: tuple[Shift, ...]
    means: tuple[float, ...]

    def minutes(self, line: int, effort: float, pace: float) -> float:
        """How long a service takes."""
        return self.means[line] * effort * pace


def script_of(plan: Plan, seed: int | str) -> Script:
    """The day of ``seed``; visitors do not depend on the booths, so that plans can be compared on the same people."""
    error = plan.habits.mean_error
    dice = random.Random(f"{seed}:means")  # noqa: S311 (a simulation, no secret)
    means = tuple(line.minutes * dice.uniform(1 - error, 1 + error) for line in plan.lines)
    people = random.Random(f"{seed}:people")  # noqa: S311
    visits = tuple(_visit(plan, key, at, people) for key, at in zip(count(1), _arrivals(plan, people), strict=False))
    return Script(plan, visits, tuple(_shift(plan, booth, seed) for booth in plan.booths), means)


def rate(plan: Plan, minute: float) -> float:
    """How many come at ``minute`` for each who comes at the top of a peak: a peak a session, a dip between them."""
    humps = sum(math.exp(-(((minute - begin - PEAK_AFTER) / PEAK_WIDTH) ** 2)) for begin, _ in plan.sessions)
    is_lunch = not any(begin - EARLY <= minute < end for begin, end in plan.sessions)
    return (QUIET + (1 - QUIET) * min(humps, 1.0)) * (LUNCH if is_lunch else 1.0)


def _taking(plan: Plan) -> Span:
    return plan.sessions[0][0] - EARLY, plan.sessions[-1][1] - STOP


def _arrivals(plan: Plan, dice: random.Random) -> Iterator[float]:
    """A Poisson stream whose rate changes, by thinning (Lewis and Shedler 1979)."""
    minute, ends = _taking(plan)
    mass = sum(rate(plan, minute + step) for step in range(int(ends - minute)))
    top = plan.visitors / mass
    while (minute := minute + dice.expovariate(top)) < ends:
        if dice.random() < rate(plan, minute):
            yield minute


def _visit(plan: Plan, key: int, at: float, dice: random.Random) -> Visit:
    habits = plan.habits
    line = dice.choices(range(len(plan.lines)), [one.weight for one in plan.lines])[0]
    is_booked = dice.random() < habits.booked
    slot = _slot(plan, at) if is_booked else None
    priority = dice.choice(CLASSES) if slot is None and dice.random() < habits.priority / (1 - habits.booked) else None
    is_gone = dice.random() < habits.gone
    returns = dice.uniform(*RETURN_AFTER) if dice.random() < habits.returning else None
    return Visit(
        key=key,
        at=at if slot is None else max(slot + dice.gauss(*PUNCTUAL), _taking(plan)[0]),
        line=line,
        walk=dice.uniform(*WALK),
        effort=_lognormal(habits.spread, dice),
        priority=priority,
        slot=slot,
        is_absent=slot is not None and dice.random() < habits.booked_absent,
        is_gone=is_gone,
        returns=returns if is_gone else None,
        defers=dice.uniform(*DEFER_AFTER) if dice.random() < habits.deferring else None,
        turn=_turn(plan, line, dice),
        stars=dice.choice(STARS) if dice.random() < habits.rating else None,
    )


def _slot(plan: Plan, at: float) -> float | None:
    """The first slot after ``at``; none after the last of the day."""
    slot = math.ceil(at / SLOT) * SLOT
    is_open = any(begin <= slot <= end - SLOT for begin, end in plan.sessions)
    return slot if is_open else None


def _turn(plan: Plan, line: int, dice: random.Random) -> Turn | None:
    """Now and then papers are missing, or the matter belongs elsewhere."""
    habits, chance, share = plan.habits, dice.random(), dice.uniform(0.2, 0.8)
    away, is_kept = dice.uniform(*AWAY), dice.random() < 1 / 2
    target = dice.randrange(len(plan.lines) - 1) if len(plan.lines) > 1 else None
    if chance < habits.parking:
        return Turn(share, away=away, is_kept=is_kept)
    if chance < habits.parking + habits.transferring and target is not None:
        return Turn(share, target=target + (target >= line))
    return None


def _shift(plan: Plan, booth: Booth, seed: int | str) -> Shift:
    dice = random.Random(f"{seed}:booth:{booth.number}")  # noqa: S311 (a simulation, no secret)
    pace = _lognormal(plan.habits.pace, dice)
    return Shift(booth, tuple(span for duty in booth.duty for span in _present(plan, duty, dice)), pace)


def _present(plan: Plan, duty: Span, dice: random.Random) -> Iterator[Span]:
    """Late by a few minutes, and perhaps one rest."""
    begin, end = duty
    begin = min(begin + dice.expovariate(1 / plan.habits.late), end)
    rest, minutes = dice.uniform(begin, end), dice.uniform(*REST)
    if dice.random() < plan.habits.rests and begin < rest < rest + minutes < end:
        yield begin, rest
        begin = rest + minutes
    yield begin, end


def _lognormal(spread: float, dice: random.Random) -> float:
    """A factor with mean 1 and this deviation."""
    variance = math.log1p(spread * spread)
    return dice.lognormvariate(-variance / 2, math.sqrt(variance))
