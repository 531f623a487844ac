"""Waits: honest ranges, and none where nothing can be known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallqueue.foresee import Crew, at_issue
from hallqueue.rules.showing import Outlook, rounded

SPREAD = 0.6


def test_no_counter_no_range() -> None:
    """暂无法估计."""
    assert at_issue(3, 10, Crew(0, 0), SPREAD) is None


@pytest.mark.parametrize(
    ("minutes", "shares", "spread"), [(0, 1, SPREAD), (-5, 1, SPREAD), (float("nan"), 1, SPREAD), (10, 1, float("inf"))]
)
def test_broken_inputs_give_none(minutes: float, shares: float, spread: float) -> None:
    """Never a made-up figure."""
    assert at_issue(3, minutes, Crew(shares, 0), spread) is None


@pytest.mark.parametrize(("ahead", "idle"), [(0, 1), (1, 2)])
def test_idle_counter_takes_you_at_once(ahead: int, idle: int) -> None:
    """A minute at most."""
    assert at_issue(ahead, 10, Crew(2, idle), SPREAD) == Outlook(0, 1)


@given(st.integers(0, 100), st.floats(1, 60), st.floats(0.3, 10), st.floats(0.1, 1.5))
def test_more_people_wait_longer_more_counters_shorter(
    ahead: int, minutes: float, shares: float, spread: float
) -> None:
    """The closed form is monotone, and its range is a range."""
    here = at_issue(ahead, minutes, Crew(shares, 0), spread)
    longer = at_issue(ahead + 1, minutes, Crew(shares, 0), spread)
    shorter = at_issue(ahead, minutes, Crew(shares * 2, 0), spread)
    if here is None:
        assert longer is None
        return
    assert here.p50 <= here.p80
    assert shorter is not None
    assert (shorter.p50, shorter.p80) <= (here.p50, here.p80)
    if longer is not None:
        assert (here.p50, here.p80) <= (longer.p50, longer.p80)


def test_rounding_is_plain() -> None:
    """By the minute up to ten, then fives; the upper edge up; nothing beyond ten hours."""
    assert rounded(3.7, 9.2) == Outlook(3, 10)
    assert rounded(12.4, 16.1) == Outlook(10, 20)
    assert rounded(500, 601) is None
    assert rounded(float("nan"), 10) is None
