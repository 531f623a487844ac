"""Due dates: classes, extensions, pauses; lights."""

from datetime import date

import pytest

from base.calendar import Due, WorkingDays
from cases import Light
from cases.rules.clock import due, light

DAYS = WorkingDays()


def on(text: str) -> date:
    """A date."""
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("days", "moves", "expected"),
    [
        (3, [], "2026-03-05"),
        (5, [], "2026-03-09"),
        (15, [], "2026-03-23"),
        (5, [["extend", 5]], "2026-03-16"),
        # paused on Wednesday with three days left, resumed the Monday after next
        (5, [["pause", "2026-03-04", "2026-03-16"]], "2026-03-19"),
        # paused and resumed on the same day: nothing is lost or won
        (5, [["pause", "2026-03-04", "2026-03-04"]], "2026-03-09"),
        # paused on the last day: nothing remains, due on the day of resuming
        (5, [["pause", "2026-03-09", "2026-03-12"]], "2026-03-12"),
        # and if that is a Saturday, on the next working day
        (5, [["pause", "2026-03-09", "2026-03-14"]], "2026-03-16"),
        # resumed on a Sunday: counting begins on Monday
        (5, [["pause", "2026-03-06", "2026-03-15"]], "2026-03-16"),
        (5, [["extend", 2], ["pause", "2026-03-04", "2026-03-05"], ["extend", 1]], "2026-03-13"),
    ],
)
def test_due_from_monday_2_march(days: int, moves: list[list[object]], expected: str) -> None:
    """Remaining = working days after the pause day up to due; due = resume day + remaining."""
    assert due(DAYS, on("2026-03-02"), days, moves) == Due(on(expected), is_provisional=False)


def test_pause_over_spring_festival_keeps_what_remained() -> None:
    """Paused on 12 February with two days left; Saturday the 14th and the 28th are worked."""
    moves = [["pause", "2026-02-12", "2026-02-26"]]
    assert due(DAYS, on("2026-02-11"), 3, moves) == Due(on("2026-02-28"), is_provisional=False)


def test_due_pushed_into_an_unknown_year_is_provisional() -> None:
    """However it came there."""
    assert due(DAYS, on("2026-12-22"), 5, [["extend", 5]]) == Due(on("2027-01-06"), is_provisional=True)


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        ("2026-03-05", Light.GREEN),
        ("2026-03-06", Light.YELLOW),
        ("2026-03-07", Light.YELLOW),
        ("2026-03-09", Light.YELLOW),
        ("2026-03-10", Light.RED),
    ],
)
def test_light_before_monday_9_march(today: str, expected: Light) -> None:
    """Yellow from the working day before (a Friday), red the day after."""
    assert light(DAYS, on(today), on("2026-03-09"), 1) is expected
