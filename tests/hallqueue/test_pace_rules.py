"""Service times learnt: from the configured minutes to the hall's, the service's, the clerk's."""

import math
import random

import pytest

from hallqueue.rules.pace import Turn, learn
from hallqueue.rules.scene import Times

CONFIGURED = {1: Times(10, 0.6), 2: Times(20, 0.6)}


def drawn(count: int, mean: float, spread: float, *, service: int = 1, staff: str = "staff:1") -> list[Turn]:
    """Turns as a log-normal gives them."""
    dice = random.Random(count + service)
    sigma = math.sqrt(math.log1p(spread * spread))
    return [Turn(service, staff, dice.lognormvariate(math.log(mean) - sigma * sigma / 2, sigma)) for _ in range(count)]


def test_without_turns_the_configured_minutes() -> None:
    """A new hall."""
    pace = learn([], CONFIGURED)
    assert {service: (round(one.mean, 9), round(one.spread, 9)) for service, one in pace.services.items()} == {
        1: (10, 0.6),
        2: (20, 0.6),
    }
    assert pace.clerks == {}


def test_many_turns_outweigh_the_configuration() -> None:
    """Six minutes with less spread, whatever the hall file says; another service leans the same way."""
    pace = learn(drawn(500, 6, 0.4), CONFIGURED)
    assert pace.services[1].mean == pytest.approx(6, rel=0.05)
    assert pace.services[1].spread == pytest.approx(0.4, abs=0.06)
    assert 11 <= pace.services[2].mean <= 15


def test_three_turns_move_it_a_little() -> None:
    """The prior counts for ten."""
    mean = learn(drawn(3, 5, 0.2), CONFIGURED).services[1].mean
    assert 6.5 <= mean <= 9.5


def test_forgotten_sessions_do_not_count() -> None:
    """One in ten was ended hours later, some at once by mistake."""
    honest = drawn(200, 8, 0.5)
    forgotten = [Turn(1, "staff:1", 200.0)] * 20 + [Turn(1, "staff:1", 900.0)] * 5 + [Turn(1, "staff:1", 0.05)] * 5
    assert learn([*honest, *forgotten], CONFIGURED).services[1].mean == pytest.approx(
        learn(honest, CONFIGURED).services[1].mean, rel=0.06
    )


def test_a_quick_clerk_is_known() -> None:
    """Between the service's time and their own, the nearer to it the more turns they had."""
    turns = [*drawn(150, 12, 0.5), *drawn(60, 6, 0.5, staff="staff:2")]
    pace = learn(turns, CONFIGURED)
    quick, service = pace.clerks[1, "staff:2"].mean, pace.services[1].mean
    assert 6 < quick < 8
    assert quick < service < pace.clerks[1, "staff:1"].mean < 13
