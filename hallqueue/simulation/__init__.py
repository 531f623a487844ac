"""Simulated days: one script of chance, played in memory by the room's own rules, in the demo, and over HTTP."""

from collections.abc import Callable, Iterator

from rich.console import RenderableType

from hallqueue.settings import QueueSettings
from hallqueue.simulation import told
from hallqueue.simulation.day import Day
from hallqueue.simulation.figures import figures
from hallqueue.simulation.plan import Plan, open_day, plan_of
from hallqueue.simulation.script import Script, Shift, Turn, Visit, script_of
from hallqueue.simulation.staffing import Search

__all__ = ["Plan", "Script", "Shift", "Turn", "Visit", "open_day", "plan_of", "script_of", "simulate"]


def simulate(
    plan: Plan, seed: int, days: int, settings: QueueSettings, tell: Callable[[float], None]
) -> Iterator[RenderableType]:
    """Play ``days`` days and search for a staffing plan; what is to be printed, part by part."""
    seeds = [f"{seed}:{number}" for number in range(days)]
    played = figures(plan, [Day(script_of(plan, one), settings).play() for one in seeds])
    yield told.day_table(plan, played)
    yield from told.day_lines(played)
    found = Search(plan, seeds, settings).find(tell)
    yield told.staffing_table(plan, found)
    yield from told.staffing_lines(plan, found, days)
