"""The forward play against what halls do today, on simulated days that nobody could know beforehand.

Lunch, lateness, rests, mixed skills, no-shows, priority, bookings; true service means up to 25 % off the configured.
"""

import math
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import pytest

from hallqueue.foresee import play
from hallqueue.hallfile import load_hall_file
from hallqueue.rules.pace import Pace
from hallqueue.rules.showing import SHORT_MINUTES, corrected, learnt_factor, rounded
from hallqueue.simulation.day import Day
from hallqueue.simulation.plan import Plan, plan_of
from hallqueue.simulation.script import script_of
from hallqueue.simulation.stage import learnt, people_ahead, scene_of
from tests.bench.conftest import Note

DAYS = int(os.environ.get("HALL_BENCH_DAYS", "200"))
DRAWN = 13
PATHS = 20
LATE = 5.0
LEARN_MINUTES = 60.0
AHEAD = (0.65, 0.7, 0.65)  # its error ÷ theirs, at most
MISSED = 0.2  # called after the upper edge, at most
BASELINES = ("people ahead × mean", "(ahead + 1) × mean ÷ counters", "last wait")


@dataclass(frozen=True, slots=True)
class Asked:
    """A drawn ticket: what each method said when it was taken."""

    line: int
    minute: float
    middle: float
    upper: float
    baselines: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Scored:
    """The same, and what came: ``wait`` and in which part of the day."""

    asked: Asked
    wait: float
    part: str


@dataclass
class Hall:
    """What the hall learns: the pace of turns anew each day and hour, the factor of each upper edge from day to day."""

    factors: dict[int, float] = field(default_factory=dict)
    pace: Pace | None = None
    learnt_at: float = 0.0

    def ask(self, day: Day, leg: int) -> Asked | None:
        """What is shown to whoever takes a number now, and what the usual methods say."""
        if self.pace is None or not 0 <= day.minute - self.learnt_at < LEARN_MINUTES:
            self.pace, self.learnt_at = learnt(day), day.minute
        line = day.legs[leg].service
        found = play(scene_of(day, self.pace), paths=PATHS).of(leg)
        shown = rounded(*corrected(found, self.factors.get(line, 1.0))) if found else None
        return Asked(line, day.minute, found[0], shown.p80, baselines(day, leg)) if found and shown else None

    def score(self, row: Scored) -> None:
        """Correct the upper edge of the line."""
        line = row.asked.line
        if row.asked.upper > SHORT_MINUTES:
            self.factors[line] = learnt_factor(self.factors.get(line, 1.0), [row.wait <= row.asked.upper])


def baselines(day: Day, number: int) -> tuple[float, float, float]:
    """What the three usual methods say."""
    leg = day.legs[number]
    mean, ahead = day.script.plan.lines[leg.service].minutes, people_ahead(day, leg)
    counters = sum(seat.is_here and leg.service in seat.shift.booth.skills for seat in day.seats.values())
    before = (call.minute - day.asked_at[call.leg] for call in reversed(day.calls) if call.line == leg.service)
    return ahead * mean, (ahead + 1) * mean / max(counters, 1), max(next(before, 0.0), 0.0)


def scored(plan: Plan, hall: Hall, seed: int) -> list[Scored]:
    """The drawn tickets of one day that were called, in order."""
    script = script_of(plan, seed)
    drawn = set(random.Random(seed).sample(range(1, len(script.visits) + 1), DRAWN))
    asked: dict[int, Asked] = {}

    def watch(day: Day, leg: int) -> None:
        said = hall.ask(day, leg) if leg in drawn else None
        if said is not None:
            asked[leg] = said

    called = Day(script, watch=watch).play().first_called
    rows = [
        Scored(asked[leg], called[leg] - asked[leg].minute, part(plan, asked[leg].minute, called[leg]))
        for leg in sorted(asked.keys() & called.keys(), key=called.__getitem__)
    ]
    for row in rows:
        hall.score(row)
    return rows


def part(plan: Plan, taken: float, called: float) -> str:
    """Before lunch, across it, or in the afternoon."""
    morning, afternoon = plan.sessions
    if called <= morning[1]:
        return "before lunch"
    return "across lunch" if taken < afternoon[0] else "afternoon"


def error(rows: Sequence[Scored], said: Sequence[float]) -> float:
    """Mean absolute error in minutes."""
    return math.fsum(abs(row.wait - one) for row, one in zip(rows, said, strict=True)) / len(rows)


def share(marks: Sequence[bool]) -> float:
    """How many of them are true."""
    return sum(marks) / len(marks)


@pytest.mark.timeout(1800)
def test_waits_played_forward(note: Note) -> None:
    """Well ahead of the usual methods before and across lunch, and the upper edge holds 80–90 %."""
    plan = plan_of(load_hall_file(), date(2026, 3, 2), counters=20, visitors=600)
    hall = Hall()
    rows = [row for seed in range(DAYS) for row in scored(plan, hall, seed)]
    assert len(rows) >= 10 * DAYS
    for name in ("before lunch", "across lunch", "afternoon", "all day"):
        tell(name, [row for row in rows if name in {row.part, "all day"}], note)


def tell(name: str, rows: Sequence[Scored], note: Note) -> None:
    """The figures of one part of the day."""
    own = error(rows, [row.asked.middle for row in rows])
    note(f"waits {name}: tickets", len(rows), None)
    note(f"waits {name}: mean wait, minutes", math.fsum(row.wait for row in rows) / len(rows), None)
    note(f"waits {name}: forward play, mean absolute error, minutes", own, None)
    for place, method in enumerate(BASELINES):
        other = error(rows, [row.asked.baselines[place] for row in rows])
        note(f"waits {name}: {method}, mean absolute error, minutes", other, None)
        note(f"waits {name}: error of forward play ÷ {method}", own / other, AHEAD[place])
    holds = share([row.wait <= row.asked.upper for row in rows])
    note(f"waits {name}: called after the upper edge, share", 1 - holds, MISSED)
    late = share([row.wait > row.asked.upper + LATE for row in rows])
    note(f"waits {name}: called more than 5 min after the upper edge, share", late, None)
    width = math.fsum(row.asked.upper - row.asked.middle for row in rows) / len(rows)
    note(f"waits {name}: width, minutes", width, None)
