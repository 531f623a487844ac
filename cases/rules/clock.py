"""The clocks of a case, counted in working days by whatever calendar is given."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol

from cases.rules.record import Light

EXTEND = "extend"
PAUSE = "pause"


class Counted(Protocol):
    """A day that was counted to."""

    @property
    def on(self) -> date:
        """The day."""

    @property
    def is_provisional(self) -> bool:
        """Whether its year has no official data yet."""


class Calendar(Protocol):
    """What counts working days."""

    def add(self, day: date, n: int, /) -> Counted:
        """The ``n``-th working day after ``day``."""

    def between(self, first: date, last: date, /) -> int:
        """How many working days lie after ``first`` up to and including ``last``."""


def due(calendar: Calendar, start: date, days: int, moves: Sequence[Sequence[Any]]) -> Counted:
    """The due day of ``days`` from ``start``, after every move in its order; the day of receipt is not counted.

    Moves: ``["extend", days]``, ``["pause", from, to]`` with ISO dates. A pause keeps what remained: the working days
    after the pause day up to due are counted again from the day of resuming.
    """
    counted = calendar.add(start, days)
    for kind, *values in moves:
        if kind == EXTEND:
            counted = calendar.add(counted.on, values[0])
        else:
            paused_on, resumed_on = (date.fromisoformat(value) for value in values)
            counted = calendar.add(resumed_on, calendar.between(paused_on, counted.on))
    return counted


def light(calendar: Calendar, today: date, due_on: date, warn_days: int) -> Light:
    """Yellow from ``warn_days`` working days before ``due_on``, red from the day after it."""
    if today > due_on:
        return Light.RED
    return Light.YELLOW if calendar.between(today, due_on) <= warn_days else Light.GREEN
