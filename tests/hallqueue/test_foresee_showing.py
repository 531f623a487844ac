"""What people are shown: never growing without a cause, corrected by how ranges have held."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallqueue.rules.line import Standing
from hallqueue.rules.scene import Waiter
from hallqueue.rules.showing import (
    LEAST_FACTOR,
    MOST_FACTOR,
    SLOW,
    Line,
    Outlook,
    Shown,
    cause_of,
    corrected,
    learnt_factor,
    next_shown,
)

SINCE_FIVE = Shown(Outlook(10, 20), 5)


def test_first_range_is_shown_as_it_is() -> None:
    """Nothing was promised yet, or nothing could be."""
    for before in (None, Shown(None, 3)):
        assert next_shown(before, (12, 31), None) == (Outlook(10, 35), None)


def test_nothing_known_is_said() -> None:
    """暂无法估计, whatever was promised."""
    assert next_shown(SINCE_FIVE, None, None) == (None, None)
    assert next_shown(SINCE_FIVE, (float("inf"), float("inf")), None) == (None, None)


def test_a_shorter_wait_is_shown_at_once() -> None:
    """Within what is left of the promise."""
    assert next_shown(SINCE_FIVE, (4, 8.2), None) == (Outlook(4, 9), None)


def test_without_a_cause_the_promise_stands() -> None:
    """Fifteen minutes are left of the twenty, whatever the play says."""
    assert next_shown(SINCE_FIVE, (14, 24), None) == (Outlook(10, 15), None)
    assert next_shown(SINCE_FIVE, (30, 44), None) == (Outlook(15, 15), None)


def test_with_a_cause_it_grows_and_says_so() -> None:
    """“3 号窗暂停”."""
    assert next_shown(SINCE_FIVE, (14, 24), "3 号窗暂停") == (Outlook(10, 25), "3 号窗暂停")


def test_a_used_up_promise_is_renewed_with_the_plain_reason() -> None:
    """The services in hand take long."""
    assert next_shown(Shown(Outlook(5, 10), 9.5), (6, 11), None) == (Outlook(6, 15), SLOW)
    assert next_shown(Shown(Outlook(0, 1), 3), (0, 2), None) == (Outlook(0, 2), None)


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0, 60)), min_size=2, max_size=40), st.floats(0.3, 3))
def test_upper_edge_never_grows_in_silence(spans: list[tuple[float, float]], minutes: float) -> None:
    """Whatever is played, every few seconds or minutes: the figure that stands there grows only with its cause."""
    shown: Outlook | None = None
    age = 0.0
    for p50, more in spans:
        now, cause = next_shown(Shown(shown, age) if shown else None, (p50, p50 + more), None)
        assert now is not None
        if shown and now.p80 > max(shown.p80, 2):
            assert cause == SLOW
        if now != shown:
            shown, age = now, 0.0
        age += minutes


def test_factor_settles_where_the_aim_holds() -> None:
    """Waits twice as spread as foreseen: the edge moves until about 85 of a hundred calls come before it."""
    dice = random.Random(4)
    factor, held = 1.0, []
    for _ in range(4000):
        held.append(dice.lognormvariate(0, 0.6) <= 1.2 * factor)
        factor = learnt_factor(factor, held[-1:])
    assert sum(held[500:]) / len(held[500:]) == pytest.approx(0.85, abs=0.02)


def test_factor_has_bounds() -> None:
    """However it goes."""
    assert learnt_factor(1, [False] * 500) == MOST_FACTOR
    assert learnt_factor(1, [True] * 500) == LEAST_FACTOR
    assert corrected((10, 12), LEAST_FACTOR) == (10, 10)


def test_place_in_line() -> None:
    """Between the first and the newcomer in proportion; behind them a step for each."""
    line = Line(4, (0, 4), (20, 40))
    assert [line.behind(ahead, 3) for ahead in (0, 1, 4, 6)] == [(0, 4), (5, 13), (20, 40), (26, 46)]
    assert Line(0, (2, 3), (2, 3)).behind(1, 5) == (7, 8)


def test_causes() -> None:
    """A counter of this service that left; a privileged leg that ranks before; nothing of another service."""
    me = Waiter(1, 1, Standing.ORDINARY, -10, -10)
    early, late = Waiter(2, 1, Standing.PRIORITY, 0, -20), Waiter(3, 1, Standing.BOOKING, 10, -5)
    booked = Waiter(4, 1, Standing.BOOKING, 0, -15)
    assert cause_of(me, [(frozenset({1, 2}), "3 号窗暂停")], [early]) == "3 号窗暂停"
    assert cause_of(me, [(frozenset({2}), "3 号窗暂停")], []) is None
    assert [cause_of(me, [], [one]) for one in (early, booked, late)] == ["有优先号", "有预约号", None]
