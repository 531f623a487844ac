"""A day of a busy hall against a running server: 600 tickets, 20 counters, every act over HTTP.

``HALL_BENCH_SPEED`` (default 240) is how many times as fast as real time it goes: 60 takes nine minutes.
"""

import os
from datetime import date
from pathlib import Path

import pytest

from hallqueue import load_hall_file, plan_of, script_of
from tests.bench.conftest import Note
from tests.journeys.simulated import play_over_http

SPEED = float(os.environ.get("HALL_BENCH_SPEED", "240"))
TICKETS = 600
VISITORS = 680  # 12 % of bookings are absent


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` of ``values`` lie."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


@pytest.mark.timeout(1200)
async def test_a_day_of_six_hundred_tickets(tmp_path: Path, note: Note) -> None:
    """No error, no lost or double call; screens and phones consistent with the log at the end."""
    plan = plan_of(load_hall_file(), date(2026, 3, 2), counters=20, visitors=VISITORS)
    played = await play_over_http(script_of(plan, 1), tmp_path, SPEED)
    played.agree()
    assert len(played.tickets) >= TICKETS
    note(f"simulated day at {SPEED:.0f}×: tickets", len(played.tickets), None)
    note(f"simulated day at {SPEED:.0f}×: calls", len(played.log), None)
    seconds = dict(played.hands.seconds)
    seconds["board"] = [one for screen in played.screens for one in screen.seconds]
    seconds["ticket"] = [one for phone in played.phones for one in phone.seconds]
    for act, took in sorted(seconds.items()):
        note(f"simulated day: {act} ({len(took)}), ms, p50", percentile(took, 0.5) * 1000, None)
        note(f"simulated day: {act} ({len(took)}), ms, p99", percentile(took, 0.99) * 1000, None)
