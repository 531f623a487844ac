"""A simulated day, live: people book and arrive, clerks call and serve, lunch, ratings, questions, cases.

Everything goes through the rooms' faces, as real visitors' and clerks' acts do; only the people are made up.
"""

import asyncio
import contextlib
import random
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar

import structlog

from base.db import WriteSession
from base.errors import BadInput, HallError
from bot import Inbound
from hallqueue import Booking, LegView, Order, Script, Taking, Visit, load_hall_file, open_day, plan_of, script_of
from server.access import Role
from server.crowd import Crowd, Held, Paper
from server.doors import NewStaff, staff_of
from server.house import House
from server.settings import HallSettings

log = structlog.get_logger("demo")
T = TypeVar("T")

LEFT_FREE = frozenset({3, 12})
ASK_EVERY_SECONDS = 150.0
PERSON_SHARE = 0.1
WEB = "web"
ACTOR = "demo"


class Demo:
    """The people of the demo; two counters are left free for whoever looks on. ``seed`` repeats who comes and asks."""

    def __init__(self, house: House, questions: list[str], seed: int = 20260302) -> None:
        self._house = house
        self._seed = seed
        self._random = random.Random(seed)  # noqa: S311 (a demonstration, no secret)
        self._questions = questions

    async def run(self) -> None:
        """Let everybody act, one open day after the other, until cancelled."""
        await asyncio.gather(self._days(), self._questions_asked())

    async def _days(self) -> None:
        whole = load_hall_file(Path(self._house.settings[HallSettings].file))
        hall_file = replace(whole, counters=tuple(one for one in whole.counters if one.number not in LEFT_FREE))
        day = self._house.clock.now().astimezone(self._house.zone).date()
        while True:
            day = open_day(hall_file, day)
            script = script_of(plan_of(hall_file, day), f"{self._seed}:{day}")
            hands = Faces(self._house, script)
            await hands.hire()
            await hands.book_ahead(day)
            await Crowd(script, hands, self._house.clock).run()
            day += timedelta(days=1)

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0.0) / self._house.clock.speed)

    async def _questions_asked(self) -> None:
        """Enterprises ask in the web chat; some ask for a person."""
        while self._questions:
            await self._sleep(self._random.expovariate(1 / ASK_EVERY_SECONDS))
            await self._ask(self._random.choice(self._questions))

    async def _ask(self, question: str) -> None:
        """One enterprise asks; one in ten then wants a person."""
        receptionist = self._house.receptionist
        try:
            answered = await receptionist.exchange(Inbound(WEB, "", secrets.token_hex(8), question))
            if self._random.random() < PERSON_SHARE:
                address = answered.conversation.secret
                await receptionist.hear(Inbound(WEB, address, secrets.token_hex(8), "人工"))
        except HallError as refused:
            log.info("demo_refused", why=refused.message)


class Faces:
    """A crowd's hands: the rooms' faces. A refusal is part of the day."""

    def __init__(self, house: House, script: Script) -> None:
        self._house, self._script = house, script
        self._codes: dict[int, str] = {}
        self._clerks: dict[int, str] = {}

    async def hire(self) -> None:
        """A clerk for each counter, with an account that nobody has the password of."""
        house = self._house
        for booth in self._script.plan.booths:
            clerk = NewStaff(f"demo-{booth.number}", f"演示人员 {booth.number}", (Role.CLERK,), house.hall_id)
            with contextlib.suppress(BadInput):  # a demo goes on with the clerks of the one before
                await house.doors.add_staff(clerk, ACTOR)
        known = {row.username: f"staff:{row.id}" for row in await house.db.read(lambda s: staff_of(s, house.hall_id))}
        self._clerks = {booth.number: known[f"demo-{booth.number}"] for booth in self._script.plan.booths}

    async def book_ahead(self, day: date) -> None:
        """Those with a slot have booked it beforehand; where that is refused they will just come."""
        midnight = datetime.combine(day, time(), self._house.zone)
        diary, hall = self._house.diary, self._house.hall_id
        for visit in self._script.visits:
            if visit.slot is not None:
                at, service = midnight + timedelta(minutes=visit.slot), self._script.plan.lines[visit.line].code
                wish = Booking(service=service, slot_at=at, name="演示来客", origin="desk", actor=ACTOR)
                booked = await self._act(lambda session, wish=wish: diary.book(session, hall, wish))  # type: ignore[misc]
                if booked is not None:
                    self._codes[visit.key] = booked.code

    async def take(self, visit: Visit) -> Paper | None:
        """At the kiosk, or a check-in."""
        house, code = self._house, self._codes.get(visit.key)
        taking = Taking(self._script.plan.lines[visit.line].code, priority=visit.priority, origin="kiosk", actor=ACTOR)
        if code is not None:
            ticket = await self._act(lambda session: house.diary.check_in(session, house.hall_id, code, ACTOR))
        else:
            ticket = await self._act(lambda session: house.hall.take(session, house.hall_id, taking))
        return Paper(ticket.number, ticket.token) if ticket else None

    async def ticket(self, act: str, token: str, stars: int | None = None) -> None:
        """What the holder does."""
        hall = self._house.hall
        if stars is not None:
            await self._act(lambda session: hall.rate(session, token, stars), f"cases:{self._house.hall_id}")
        else:
            change = {"defer": hall.defer, "restore": hall.restore}[act]
            await self._act(lambda session: change(session, token))

    async def seat(self, act: str, counter: int, reason: str | None = None) -> None:
        """What the clerk does at the counter itself."""
        desk, where = self._house.desk, (self._house.hall_id, counter, self._clerks[counter])
        acts: dict[str, Callable[[WriteSession], Any]] = {
            "open": lambda session: desk.open(session, *where),
            "pause": lambda session: desk.pause(session, *where, reason or ""),
            "resume": lambda session: desk.resume(session, *where),
            "close": lambda session: desk.close(session, *where),
            "seen": lambda session: desk.seen(session, *where),
        }
        await self._act(acts[act])

    async def call_next(self, counter: int) -> Held | None:
        """下一位; whose session was lost signs in again first."""
        desk, where = self._house.desk, (self._house.hall_id, counter, self._clerks[counter])

        def job(session: WriteSession) -> LegView | None:
            if desk.session_of(session, self._house.hall_id, self._clerks[counter]) is None:
                desk.open(session, *where)
            return desk.call_next(session, *where)

        return _held(await self._act(job))

    async def order(self, counter: int, command: str, held: Held, more: dict[str, Any]) -> Held | None:
        """A command about the leg in hand."""
        desk, where = self._house.desk, (self._house.hall_id, counter, self._clerks[counter])
        order = Order(command, held.leg, held.version, **more)
        return _held(await self._act(lambda session: desk.act(session, *where, order)))

    async def _act(self, job: Callable[[WriteSession], T], *lanes: str) -> T | None:
        try:
            return await self._house.db.write(job, f"hall:{self._house.hall_id}", *lanes)
        except HallError as refused:
            log.info("demo_refused", why=refused.message)
            return None


def _held(leg: LegView | None) -> Held | None:
    return Held(leg.leg, leg.version, leg.number, leg.service) if leg else None
