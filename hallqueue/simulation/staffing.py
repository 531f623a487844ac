"""How many counters of which skills keep nearly all waits under the promise: found by playing the same days again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from hallqueue.settings import QueueSettings
from hallqueue.simulation.day import Day
from hallqueue.simulation.figures import kept, waits_of
from hallqueue.simulation.plan import Booth, Plan, Span
from hallqueue.simulation.script import script_of

GOAL = 0.9
MOST_STEPS = 40

Skills = tuple[int, ...]
Tell = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Team:
    """So many counters of the same skills, ``through_lunch`` of which stay open."""

    skills: Skills
    counters: int
    through_lunch: int


@dataclass(frozen=True, slots=True)
class Staffing:
    """What was found: ``shares`` of waits within the promise by line; ``is_enough``: every line reaches the goal."""

    teams: tuple[Team, ...]
    shares: tuple[float, ...]
    goal: float
    is_enough: bool
    plan: Plan


class Search:
    """Plans of one hall, each judged on the same days with the same people."""

    def __init__(self, plan: Plan, seeds: Sequence[str], settings: QueueSettings, goal: float = GOAL) -> None:
        self._seeds, self._settings, self._goal = seeds, settings, goal
        self._skills = tuple(dict.fromkeys(booth.skills for booth in plan.booths))
        self._all_day: tuple[Span, ...] = ((plan.sessions[0][0], plan.sessions[-1][1]),)
        self._known: dict[tuple[tuple[Skills, bool], ...], tuple[float, ...]] = {}
        self._start = replace(plan, booths=tuple(self._least(plan)))

    def find(self, tell: Tell) -> Staffing:
        """From as many counters as the work needs, more until every line keeps its promise; then fewer if they may."""
        plan, steps = self._start, 0
        while (worst := self._worst(plan)) is not None and steps < MOST_STEPS:
            plan = max(self._wider(plan, worst), key=lambda one: (self._score(one), -len(one.booths)))
            steps += 1
            tell(min(0.8, self._score(plan) / len(plan.lines) / self._goal))
        plan = self._trimmed(plan, tell) if self._worst(plan) is None else plan
        return Staffing(self._teams(plan), self.shares(plan), self._goal, self._worst(plan) is None, plan)

    def shares(self, plan: Plan) -> tuple[float, ...]:
        """Share of each line's tickets that were called within its promise."""
        key = tuple(sorted((booth.skills, self._is_through(booth)) for booth in plan.booths))
        if key not in self._known:
            days = [Day(script_of(plan, seed), self._settings).play() for seed in self._seeds]
            self._known[key] = tuple(_share(plan, line, days) for line in range(len(plan.lines)))
        return self._known[key]

    def _least(self, plan: Plan) -> Iterator[Booth]:
        """The fewest counters that can do the work: dearest first, each line by the skills that name it first."""
        hours = sum(end - begin for begin, end in plan.sessions)
        number = 0
        for skills in self._skills:
            line = plan.lines[skills[0]]
            alike = sum(other[0] == skills[0] for other in self._skills)
            for _ in range(max(1, int(plan.visitors * line.weight * line.turn / hours / alike))):
                number += 1
                yield Booth(number, skills, plan.sessions)

    def _worst(self, plan: Plan) -> int | None:
        """The line that is furthest from the goal; None when all reach it."""
        shares = self.shares(plan)
        worst = min(range(len(shares)), key=shares.__getitem__)
        return worst if shares[worst] < self._goal else None

    def _score(self, plan: Plan) -> float:
        """What is reached of the goals, all lines together."""
        return sum(min(share, self._goal) for share in self.shares(plan))

    def _wider(self, plan: Plan, line: int) -> Iterator[Plan]:
        """Plans with more time for ``line``: one of its counters through lunch, or one counter more."""
        for skills in (one for one in self._skills if line in one):
            closed = [booth for booth in plan.booths if booth.skills == skills and not self._is_through(booth)]
            if closed:
                through = replace(closed[0], duty=self._all_day)
                yield replace(plan, booths=tuple(through if one is closed[0] else one for one in plan.booths))
            more = Booth(max(one.number for one in plan.booths) + 1, skills, plan.sessions)
            yield replace(plan, booths=(*plan.booths, more))

    def _trimmed(self, plan: Plan, tell: Tell) -> Plan:
        """Without counters that are not needed, and without lunches that need not be worked."""
        for place, booth in enumerate(plan.booths):
            fewer = replace(plan, booths=tuple(one for one in plan.booths if one.number != booth.number))
            resting = replace(booth, duty=plan.sessions)
            rested = replace(plan, booths=tuple(resting if one.number == booth.number else one for one in plan.booths))
            plan = next((one for one in (fewer, rested) if self._is_covered(one) and self._worst(one) is None), plan)
            tell(0.8 + 0.2 * (place + 1) / max(len(plan.booths), place + 1))
        return plan

    def _is_covered(self, plan: Plan) -> bool:
        return all(plan.booths_of(line) for line in range(len(plan.lines)))

    def _is_through(self, booth: Booth) -> bool:
        return booth.duty == self._all_day

    def _teams(self, plan: Plan) -> tuple[Team, ...]:
        alike = {skills: [one for one in plan.booths if one.skills == skills] for skills in self._skills}
        return tuple(
            Team(skills, len(booths), sum(map(self._is_through, booths))) for skills, booths in alike.items() if booths
        )


def _share(plan: Plan, line: int, days: Sequence[Day]) -> float:
    """Within the promise, of all who came; whoever was turned away counts as not."""
    waits = [wait for day in days for wait in waits_of(day, line)]
    came = sum(
        sum(leg.follows is None and leg.service == line for leg in day.legs.values())
        + sum(visit.line == line for visit in day.turned_away)
        for day in days
    )
    share = kept(waits, came, plan.lines[line].promise)
    return 1.0 if share is None else share
