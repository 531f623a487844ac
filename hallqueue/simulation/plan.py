"""The hall whose days are simulated: lines, booths with their skills and duty, habits of people. Minutes of the day."""

from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta

from base.errors import BadInput
from base.opening import LOOK_AHEAD_DAYS, OpeningHours, Session, opening_hours
from hallqueue.hallfile import CounterPart, HallFile

LOAD = 0.85
AROUND = 1.2  # minutes of a turn besides the service: walking, clearing the desk, calling those who left
MOST_BOOTHS = 200

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A service as people queue for it; ``weight`` is its share of the visitors, all together 1."""

    code: str
    name: str
    prefix: str
    minutes: float
    promise: float
    weight: float

    @property
    def turn(self) -> float:
        """Minutes from one call to the next."""
        return self.minutes + AROUND


@dataclass(frozen=True, slots=True)
class Booth:
    """A counter that calls numbers: ``skills`` are places of lines, first tier first; ``duty`` as the hall knows it."""

    number: int
    skills: tuple[int, ...]
    duty: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Habits:
    """How people behave: shares of all visitors, minutes, and relative deviations."""

    priority: float = 0.06
    booked: float = 0.12
    booked_absent: float = 0.12
    gone: float = 0.05
    returning: float = 0.5
    deferring: float = 0.02
    parking: float = 0.03
    transferring: float = 0.03
    rating: float = 0.35
    spread: float = 0.6
    mean_error: float = 0.25
    pace: float = 0.12
    late: float = 4.0
    rests: float = 0.35


@dataclass(frozen=True, slots=True)
class Plan:
    """A day of a hall before anybody has come: ``sessions`` are the hall's ordinary ones."""

    day: date
    zone: str
    lines: tuple[Line, ...]
    booths: tuple[Booth, ...]
    sessions: tuple[Span, ...]
    visitors: float
    habits: Habits = field(default_factory=Habits)

    @property
    def closes(self) -> float:
        """When the last booth's duty ends."""
        return max(end for booth in self.booths for _, end in booth.duty)

    def booths_of(self, line: int) -> list[Booth]:
        """Who serves ``line``."""
        return [booth for booth in self.booths if line in booth.skills]


def plan_of(hall_file: HallFile, day: date, *, visitors: float | None = None, counters: int | None = None) -> Plan:
    """The plan of a hall file on ``day``; ``visitors`` unless given as many as keep the booths 85 % busy.

    ``counters`` adds booths where most is asked of them, or takes away where least is. ``BadInput`` on a closed day.
    """
    hours = opening_hours(hall_file.hours)
    sessions = tuple(map(_span, hours.sessions_on(day)))
    if not sessions:
        raise BadInput(f"{day} 大厅不对外办公，请换一个开放日。", field="date")
    codes = {one.code: place for place, one in enumerate(hall_file.services)}
    booths = tuple(_booth(one, codes, hours, day) for one in hall_file.counters if not one.is_guide)
    weights = _weights(hall_file, booths)
    lines = tuple(
        Line(one.code, one.name, one.prefix, one.minutes, one.promise_minutes, weight)
        for one, weight in zip(hall_file.services, weights, strict=True)
    )
    plan = Plan(day, hall_file.hall.zone, lines, booths, sessions, visitors or 0)
    plan = plan if counters is None else resized(plan, counters)
    return plan if visitors else replace(plan, visitors=LOAD * _capacity(plan))


def open_day(hall_file: HallFile, day: date) -> date:
    """The first day from ``day`` on at which the hall has ordinary sessions."""
    hours = opening_hours(hall_file.hours)
    days = (day + timedelta(days=offset) for offset in range(LOOK_AHEAD_DAYS))
    return next((one for one in days if hours.sessions_on(one)), day)


def resized(plan: Plan, counters: int) -> Plan:
    """``plan`` with so many booths: copies of those of the busiest lines more, or of the idlest lines fewer."""
    if not 1 <= counters <= MOST_BOOTHS:
        raise BadInput(f"窗口数须为 1–{MOST_BOOTHS}，收到 {counters}。", field="counters")
    while len(plan.booths) < counters:
        busiest = max(range(len(plan.booths)), key=lambda place: strain(plan, plan.booths[place]))
        plan = replace(plan, booths=(*plan.booths, copied(plan, plan.booths[busiest])))
    while len(plan.booths) > counters:
        spare = [one for one in plan.booths if all(len(plan.booths_of(line)) > 1 for line in one.skills)]
        if not spare:
            least = len(plan.booths)
            raise BadInput(f"每项业务至少要有一个窗口，窗口数最少 {least}，收到 {counters}。", field="counters")
        idlest = min(spare, key=lambda booth: strain(plan, booth))
        plan = replace(plan, booths=tuple(one for one in plan.booths if one is not idlest))
    return plan


def strain(plan: Plan, booth: Booth) -> float:
    """The work that waits for one booth of these skills: each line's, divided among those who serve it."""
    return sum(
        plan.lines[line].weight * plan.lines[line].turn / len(plan.booths_of(line)) for line in booth.skills
    ) / len(booth.skills)


def copied(plan: Plan, booth: Booth) -> Booth:
    """One more booth of the same skills, without the lunch hour."""
    return replace(booth, number=max(one.number for one in plan.booths) + 1, duty=plan.sessions)


def _booth(part: CounterPart, codes: dict[str, int], hours: OpeningHours, day: date) -> Booth:
    duty = tuple(map(_span, hours.sessions_at(day, part.number)))
    return Booth(part.number, tuple(codes[code] for code in part.services), duty)


def _weights(hall_file: HallFile, booths: tuple[Booth, ...]) -> list[float]:
    """As many people for each line as its booths can serve, a shared booth's time divided."""
    able = [0.0] * len(hall_file.services)
    for booth in booths:
        for line in booth.skills:
            able[line] += 1 / len(booth.skills) / (hall_file.services[line].minutes + AROUND)
    return [one / sum(able) for one in able]


def _capacity(plan: Plan) -> float:
    """How many visitors the booths can serve in a day."""
    minutes = sum(end - begin for booth in plan.booths for begin, end in booth.duty)
    return minutes / sum(line.weight * line.turn for line in plan.lines)


def _span(session: Session) -> Span:
    return _minute(session.opens), _minute(session.closes)


def _minute(clock: time) -> float:
    return clock.hour * 60.0 + clock.minute
