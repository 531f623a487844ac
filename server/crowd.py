"""The people of a simulated day, live: each visitor and clerk acts when the script says so, by whatever hands.

The demo's hands are the rooms' faces, the benchmark's are HTTP; the day is the same.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from base.clock import Clock
from hallqueue import Script, Shift, Visit

CLEARING = 0.3
RECALLS = 2
RECALL_MINUTES = 0.45
LOOK_AGAIN_MINUTES = 0.5
BEAT_MINUTES = 0.5
LEAST_BEAT_SECONDS = 5.0
LUNCH_REASON, REST_REASON = "午休", "离席"


@dataclass(frozen=True, slots=True)
class Paper:
    """What a visitor holds."""

    number: str
    token: str


@dataclass(frozen=True, slots=True)
class Held:
    """The leg that a clerk has in hand."""

    leg: int
    version: int
    number: str
    service: str


class Hands(Protocol):
    """How acts are carried out; None: refused, which is part of a day."""

    async def take(self, visit: Visit) -> Paper | None:
        """Take a number, or check in."""

    async def ticket(self, act: str, token: str, stars: int | None = None) -> None:
        """``defer``, ``restore`` or ``rate``."""

    async def seat(self, act: str, counter: int, reason: str | None = None) -> None:
        """``open``, ``pause``, ``resume``, ``close`` or ``seen``."""

    async def call_next(self, counter: int) -> Held | None:
        """下一位."""

    async def order(self, counter: int, command: str, held: Held, more: dict[str, Any]) -> Held | None:
        """A command about the leg in hand."""


class Crowd:
    """Everybody of one script, at ``clock``'s speed."""

    def __init__(self, script: Script, hands: Hands, clock: Clock) -> None:
        self._script, self._hands, self._clock = script, hands, clock
        self._midnight = datetime.combine(script.plan.day, time(), ZoneInfo(script.plan.zone))
        self._visits: dict[str, Visit] = {}
        self._tokens: dict[str, str] = {}
        self._missed: Counter[str] = Counter()
        self._turned: set[str] = set()
        self._home: set[int] = set()
        self._lines = {line.code: place for place, line in enumerate(script.plan.lines)}

    async def run(self) -> None:
        """Until the last clerk has gone home and the last visitor has done what they came for."""
        async with asyncio.TaskGroup() as group:
            for shift in self._script.shifts:
                group.create_task(self._work(shift, group))
            for visit in sorted(self._script.visits, key=lambda one: one.at):
                await self._until(visit.at)
                if not visit.is_absent:
                    group.create_task(self._come(visit))

    @property
    def _minute(self) -> float:
        return (self._clock.now() - self._midnight) / timedelta(minutes=1)

    async def _until(self, minute: float) -> None:
        while (left := minute - self._minute) > 0:
            await self._sleep(left)

    async def _sleep(self, minutes: float) -> None:
        await asyncio.sleep(max(minutes, 0.0) * 60 / self._clock.speed)

    async def _come(self, visit: Visit) -> None:
        paper = await self._hands.take(visit)
        if paper is None:
            return
        self._visits[paper.number], self._tokens[paper.number] = visit, paper.token
        if visit.defers is not None:
            await self._sleep(visit.defers)
            await self._hands.ticket("defer", paper.token)

    async def _work(self, shift: Shift, group: asyncio.TaskGroup) -> None:
        """A clerk's day: the spans that they are there, a pause between."""
        counter, last = shift.booth.number, len(shift.present) - 1
        beat: asyncio.Task[None] | None = None
        for place, (begin, end) in enumerate(shift.present):
            await self._until(begin)
            await self._hands.seat("resume" if place else "open", counter)
            beat = beat or group.create_task(self._beat(counter))
            while self._minute < end:
                await self._next(shift, group)
            if place < last:
                is_rest = any(first <= end < until for first, until in shift.booth.duty)
                await self._hands.seat("pause", counter, REST_REASON if is_rest else LUNCH_REASON)
        if beat:
            beat.cancel()
            self._home.add(counter)
            await self._hands.seat("close", counter)

    async def _beat(self, counter: int) -> None:
        """The console is alive."""
        while True:
            await asyncio.sleep(max(BEAT_MINUTES * 60 / self._clock.speed, LEAST_BEAT_SECONDS))
            await self._hands.seat("seen", counter)

    async def _next(self, shift: Shift, group: asyncio.TaskGroup) -> None:
        held = await self._hands.call_next(shift.booth.number)
        if held is None:
            await self._sleep(LOOK_AGAIN_MINUTES)
            return
        visit = self._visits.get(held.number)
        if visit is not None and visit.is_gone and not self._missed[held.number]:
            await self._miss(shift, held, visit, group)
        else:
            await self._serve(shift, held, visit, group)
        await self._sleep(CLEARING)

    async def _miss(self, shift: Shift, held: Held, visit: Visit, group: asyncio.TaskGroup) -> None:
        for command in ("recall",) * RECALLS + ("miss",):
            await self._sleep(RECALL_MINUTES)
            held = await self._hands.order(shift.booth.number, command, held, {}) or held
        self._missed[held.number] += 1
        if visit.returns is not None:
            group.create_task(self._return(visit.returns, self._tokens[held.number]))

    async def _serve(self, shift: Shift, held: Held, visit: Visit | None, group: asyncio.TaskGroup) -> None:
        """From the walk to the end; somebody unknown (a looker-on's ticket) takes a minute."""
        counter = shift.booth.number
        await self._sleep(visit.walk if visit else 1.0)
        started = await self._hands.order(counter, "start", held, {})
        if started is None:
            return
        minutes = self._script.minutes(self._lines[held.service], visit.effort, shift.pace) if visit else 1.0
        turn = visit.turn if visit else None
        if turn is None or held.number in self._turned:
            await self._sleep(minutes * (1 - turn.share) if turn else minutes)
            await self._finish(counter, started, visit)
            return
        self._turned.add(held.number)
        await self._sleep(minutes * turn.share)
        if turn.target is not None:
            target = self._script.plan.lines[turn.target].code
            await self._hands.order(counter, "transfer", started, {"target": target, "reason": "业务不在本窗"})
            return
        away = {"reason": "取材料", "is_kept": turn.is_kept}
        parked = await self._hands.order(counter, "park", started, away)
        if parked is not None:
            group.create_task(self._bring_papers(turn.away, counter, parked))

    async def _finish(self, counter: int, held: Held, visit: Visit | None) -> None:
        done = await self._hands.order(counter, "finish", held, {})
        if done is not None and visit is not None and visit.stars is not None:
            await self._hands.ticket("rate", self._tokens[held.number], visit.stars)

    async def _return(self, minutes: float, token: str) -> None:
        await self._sleep(minutes)
        await self._hands.ticket("restore", token)

    async def _bring_papers(self, minutes: float, counter: int, held: Held) -> None:
        """Back at the counter, if anybody is still there."""
        await self._sleep(minutes)
        if counter not in self._home:
            await self._hands.order(counter, "unpark", held, {})
