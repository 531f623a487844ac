"""A short simulated day against a real server: sixty visitors, five counters, at ten minutes a second."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hallqueue import load_hall_file, plan_of, script_of
from hallqueue.simulation.plan import Booth
from tests.journeys.simulated import play_over_http

pytestmark = [pytest.mark.slow]

SPEED = 600.0
MORNING = ((510.0, 600.0),)


async def test_a_short_day_over_http(tmp_path: Path) -> None:
    """No error, no lost or double call; screens and phones agree with the log at the end."""
    plan = plan_of(load_hall_file(), date(2026, 3, 2))
    lines = range(len(plan.lines))
    booths = tuple(Booth(number, tuple(lines), MORNING) for number in range(2, 7))
    script = script_of(replace(plan, booths=booths, sessions=MORNING, visitors=60), 1)
    played = await play_over_http(script, tmp_path, SPEED)
    played.agree()
    assert len(played.log) >= 15
