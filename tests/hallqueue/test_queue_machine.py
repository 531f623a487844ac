"""A state machine over all commands of the queue: whatever people press, and whatever breaks, the promises hold."""

import asyncio
import dataclasses
import functools
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy.engine import Row
from sqlalchemy.sql.base import Executable

from base.clock import SetClock, local_day
from base.db import Database, ReadSession, WriteSession, metadata
from base.errors import BadInput, Conflict, NotFound
from hallqueue import (
    LIVE,
    Desk,
    Hall,
    HallDay,
    LegView,
    Offline,
    Order,
    QueueSettings,
    Rescue,
    Standing,
    State,
    Taking,
    hall_day,
    taking,
)
from hallqueue.facts import KnownHalls
from hallqueue.rules.ticket import Action
from hallqueue.taking import Place
from tests.conftest import START
from tests.hallqueue.builders import clerk
from tests.hallqueue.machine_parts import CODES, NUMBERS, TIERS, Crash, Failing, Seen, is_there, look, small_hall

T = TypeVar("T")
PRIORITIES = st.sampled_from((None, "P1"))
SERVED = ("start", "finish")
BACK = ("undo",)
HOWS = st.sampled_from(
    (SERVED, SERVED, SERVED, (*SERVED, *BACK), ("start",), ("miss",), ("miss", *BACK), BACK, ("recall",), ("transfer",))
)
COUNTERS = st.sampled_from(tuple(TIERS))
SERVICES = st.sampled_from("AB")
HOLDERS = st.sampled_from((None, None, "id:1", "id:2"))
OFTEN = ("call", "recall", "start", "start", "finish", "finish", "miss", "restore", "park", "unpark", "transfer")
COMMANDS = st.sampled_from((*OFTEN, "verify", "reclass", "cancel", "undo"))
TURNS = st.lists(st.tuples(COUNTERS, HOWS, SERVICES), min_size=2, max_size=8)
CROWD = st.lists(st.tuples(SERVICES, PRIORITIES, HOLDERS), min_size=1, max_size=6)
UNDOABLE = ("call", "miss", "finish")
AT_THE_DOOR = (None, "P1", "P1", None, "P1", "P1", "P1")
GUARD = 2
LONG_DAY = 40
MINUTE = timedelta(minutes=1)
numbers = itertools.count(1)


def shift() -> Any:  # noqa: ANN401 (hypothesis's own type)
    """A rule, to be there several times, because most of a day is this: some come, and clerks call and go on."""

    @rule(crowd=CROWD, turns=TURNS)
    def people_come_and_clerks_work(self: "Day", crowd: list[Any], turns: list[Any]) -> None:
        for wish in crowd:
            self.take(*wish)
        for turn in turns:
            self.work(*turn)

    return people_come_and_clerks_work


class Day(RuleBasedStateMachine):
    """A day of a small hall, and the morning after."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = SetClock(START)
        self.db = Database(self.url, self.clock)
        self.passed_by: dict[tuple[int, int], list[int]] = {}
        self.counted: dict[int, list[tuple[int, int]]] = {}
        self.is_over = False
        self.undoable: tuple[int, int, Seen, HallDay] | None = None

    def teardown(self) -> None:
        """Close the hall."""
        self.loop.run_until_complete(self.db.close())
        self.loop.close()

    @initialize(needs_check=st.booleans())
    def hall_opens(self, *, needs_check: bool) -> None:
        """A new hall, everybody signed in, and a few who waited at the door."""
        self.settings = QueueSettings(needs_priority_check=needs_check)
        self.start_anew()
        file = small_hall()
        file = dataclasses.replace(file, hall=dataclasses.replace(file.hall, code=f"M{next(numbers)}"))
        self.id = self.write(lambda session: self.hall.found(session, file))
        self.counters = {row.id: row.number for row in self.rows(NUMBERS)}
        self.services = {row.id: row.code for row in self.rows(CODES)}
        for counter in (1, *TIERS):
            self.write(functools.partial(self.desk.open, hall=self.id, counter=counter, staff=clerk(counter)))
        self.seen = self.look()
        for priority in AT_THE_DOOR:
            self.take("A", priority, None)

    def start_anew(self) -> None:
        """What a process holds in memory is lost."""
        self.hall, self.desk, self.known = Hall(self.settings), Desk(self.settings), KnownHalls()

    def write(self, job: Callable[[WriteSession], T]) -> T:
        """Run a job in the hall's lane."""
        return self.loop.run_until_complete(self.db.write(job, f"hall:{getattr(self, 'id', 0)}"))

    def read(self, job: Callable[[ReadSession], T]) -> T:
        """Run a job that looks."""
        return self.loop.run_until_complete(self.db.read(job))

    def rows(self, statement: Executable) -> Sequence[Row[Any]]:
        """What a query finds in this hall."""
        return self.read(lambda session: session.all(statement, hall=self.id))

    def look(self) -> Seen:
        """The hall in one snapshot."""
        return self.read(lambda session: look(session, self.id))

    def figures(self) -> HallDay:
        """The statistics of the day."""
        today = self.today()
        return self.read(lambda session: hall_day(session, self.id, today))

    def today(self) -> date:
        """The business day."""
        return local_day(self.clock.now(), ZoneInfo("Asia/Shanghai"))

    def attempt(self, job: Callable[[WriteSession], T], *, is_undo: bool = False) -> T | None:
        """Run a job and check every promise; a refusal must change nothing."""
        if not is_undo:
            self.undoable = None
        try:
            done = self.write(job)
        except (Conflict, BadInput, NotFound):
            assert self.look() == self.seen
            return None
        before, self.seen = self.seen, self.look()
        self.check(before)
        return done

    # What people do

    def take(self, service: str, priority: str | None, holder: str | None) -> None:
        """Somebody takes a number, or gets the one they have."""
        wish = Taking(service, priority=priority, holder=holder)
        self.attempt(lambda session: self.hall.take(session, self.id, wish))

    @rule(service=SERVICES, minutes=st.sampled_from((-5, 0, 3, 20)))
    def check_in(self, service: str, minutes: int) -> None:
        """Somebody comes for a booking, before or after its slot."""
        slot = max(self.clock.now(), self.clock.now() + minutes * MINUTE)
        where = Place(Standing.BOOKING, slot, slot - 15 * MINUTE, slot - 5 * MINUTE, Action.CHECK_IN, State.BOOKED)

        def job(session: WriteSession) -> object:
            look = taking.look_around(session, self.id, Taking(service), where, self.known)
            return taking.issue(session, look, self.settings)

        self.attempt(job)

    @rule(service=SERVICES, device=st.sampled_from(("device:1", "device:2")), ago=st.sampled_from((0, 1, 90)))
    def kiosk_comes_back(self, service: str, device: str, ago: int) -> None:
        """A kiosk gave a number while it was cut off; it says so twice."""
        block = self.attempt(lambda session: self.hall.lease_block(session, self.id, service, device))
        if block is None:
            return
        issued = (Offline(block.first, self.clock.now() - ago * MINUTE),)
        for _ in range(2):
            before = self.seen
            self.attempt(lambda session: self.hall.merge_block(session, self.id, block.id, issued, device))
        assert self.seen == before

    forenoon, noon, afternoon, evening = (shift(), shift(), shift(), shift())

    def work(self, counter: int, how: tuple[str, ...], goal: str) -> None:
        """One turn of one clerk."""
        if not self.held_at(counter):
            self.call_next(counter)
        for command in how:
            if command == "undo":
                self.undo()
            elif held := self.held_at(counter):
                self.clock.advance(seconds=90 if command == "miss" else 20)
                self.press(counter, held[0], command, goal)

    def held_at(self, counter: int) -> list[int]:
        """The leg that is called or served at a counter, if any."""
        legs = self.seen.legs.items()
        return [key for key, leg in legs if is_there(leg) and self.counters[leg["counter"]] == counter]

    @rule(counter=COUNTERS)
    def call_next(self, counter: int) -> None:
        """A clerk presses next: nobody only if nobody can be called, else the first of its line."""
        before, figures = self.seen, self.figures()
        possible = self.callable_at(counter)
        refused: list[bool] = []

        def job(session: WriteSession) -> LegView | None:
            refused.append(True)
            called = self.desk.call_next(session, self.id, counter, clerk(counter))
            refused.clear()
            return called

        called = self.attempt(job)
        if refused:
            return
        if called is None:
            assert possible == []
            return
        mine = before.legs[called.leg]
        line = [one for one in possible if (one["service"], one["standing"]) == (mine["service"], mine["standing"])]
        ready = [one for one in possible if self.is_ready(one)]
        first = min(
            (one for one in line if self.is_ready(one) or not ready), key=lambda one: (one["rank_at"], one["entered"])
        )
        assert first["id"] == called.leg
        self.count_passed(mine, ready or possible)
        self.undoable = (counter, called.leg, before, figures)

    def callable_at(self, counter: int) -> list[dict[str, Any]]:
        """Who may be called at this counter."""
        now, today, legs = self.clock.now(), self.today(), self.seen.legs.values()
        busy = {leg["holder"] for leg in legs if leg["state"] in (State.CALLED, State.SERVING)} - {None}
        return [
            leg
            for leg in self.seen.waiting()
            if leg["day"] == today
            and self.services[leg["service"]] in TIERS[counter]
            and leg["holder"] not in busy
            and (self.counters.get(leg["kept_for"]) in (None, counter) or leg["kept_until"] <= now)
        ]

    def is_ready(self, leg: dict[str, Any]) -> bool:
        """Whether a booking's time has come."""
        return leg["callable_from"] is None or leg["callable_from"] <= self.clock.now()

    def count_passed(self, mine: dict[str, Any], possible: list[dict[str, Any]]) -> None:
        """With k ordinary calls in between, at most 2 (k + 1) privileged ones come before an ordinary leg."""
        if mine["standing"] == Standing.ORDINARY:
            return
        others = [one for one in possible if one["service"] == mine["service"]]
        keys = [(one["id"], one["entered"]) for one in others if one["standing"] == Standing.ORDINARY]
        self.counted[self.seen.calls[-1].id] = keys
        for key in keys:
            waited = self.passed_by.setdefault(key, [0, 0])
            waited[0] += 1
            assert waited[0] <= GUARD * (waited[1] + 1)

    @precondition(lambda self: any(leg["ended_at"] is None for leg in self.seen.legs.values()))
    @rule(counter=st.sampled_from((1, *TIERS)), command=COMMANDS, data=st.data(), goal=SERVICES)
    def act(self, counter: int, command: str, data: st.DataObject, goal: str) -> None:
        """A clerk does something to some leg, most often to the one in hand."""
        here = [one for one, leg in self.seen.legs.items() if self.counters.get(leg["counter"]) == counter]
        legs = [one for one, leg in self.seen.legs.items() if leg["ended_at"] is None]
        self.press(counter, data.draw(st.sampled_from(legs + 3 * here)), command, goal)

    def press(self, counter: int, one: int, command: str, goal: str) -> None:
        """A command about a leg; what may be undone is kept as it was."""
        before = self.seen
        figures = self.figures() if command in UNDOABLE else None
        done = self.order(counter, one, command, target=goal, is_back=goal == "B", is_kept=counter == 2)
        if done is not None and figures is not None:
            self.undoable = (counter, one, before, figures)

    def order(self, counter: int, leg: int, command: str, **more: Any) -> LegView | None:  # noqa: ANN401
        """The command with the version as it is now."""
        order = Order(command, leg, self.seen.legs[leg]["version"], reason="原因", **more)
        return self.attempt(
            lambda session: self.desk.act(session, self.id, counter, clerk(counter), order), is_undo=command == "undo"
        )

    @rule()
    def undo(self) -> None:
        """The last act, if it was a call, a miss or a finish, is taken back: order, guard and figures are as before."""
        if self.undoable is None:
            return
        counter, leg, before, figures = self.undoable
        self.undoable = None
        assert self.order(counter, leg, "undo") is not None
        assert self.seen.order_and_figures() == before.order_and_figures()
        assert self.figures() == figures

    @rule(counter=COUNTERS, act=st.sampled_from(("pause", "resume", "resume", "resume", "close", "open")))
    def change_counter(self, counter: int, act: str) -> None:
        """A clerk pauses, comes back, signs out or in; nobody stays away for long."""
        present = {one.staff for one in self.seen.sessions if one.state in ("open", "paused")}
        for one in TIERS:
            if clerk(one) not in present:
                self.attempt(functools.partial(self.desk.open, hall=self.id, counter=one, staff=clerk(one)))
        more = {"reason": "会议"} if act == "pause" else {}
        command = getattr(self.desk, act)
        self.attempt(lambda session: command(session, self.id, counter, clerk(counter), **more))

    @precondition(lambda self: self.seen.tickets)
    @rule(act=st.sampled_from(("cancel", "defer", "restore", "unpark")), data=st.data())
    def visitor(self, act: str, data: st.DataObject) -> None:
        """The holder of a ticket does something with it."""
        token = data.draw(st.sampled_from([one.token for one in self.seen.tickets]))
        command = getattr(self.hall, act)
        self.attempt(lambda session: command(session, token))

    # What happens by itself

    @rule(seconds=st.sampled_from((1, 20, 45, 90, 600, 1900)))
    def time_passes(self, seconds: int) -> None:
        """And the ticks run; every console is alive."""
        self.clock.advance(seconds=seconds)

        def job(session: WriteSession) -> None:
            for counter in (1, *TIERS):
                self.desk.seen(session, self.id, counter, clerk(counter))
            for tick in (self.hall.expire, self.hall.bring_back, self.desk.sweep):
                tick(session, self.id)

        self.attempt(job)

    @precondition(lambda self: any(map(is_there, self.seen.legs.values())))
    @rule(data=st.data())
    def console_dies(self, data: st.DataObject) -> None:
        """And the others live; what it held is lost to it in a minute and a half."""
        held = {self.counters[leg["counter"]] for leg in self.seen.legs.values() if is_there(leg)}
        counter = data.draw(st.sampled_from(sorted(held)))
        self.clock.advance(seconds=91)

        def job(session: WriteSession) -> None:
            for other in {1, *TIERS} - {counter}:
                self.desk.seen(session, self.id, other, clerk(other))
            self.desk.sweep(session, self.id)

        self.attempt(job)

    @precondition(lambda self: any(one.state == "orphaned" for one in self.seen.sessions))
    @rule(act=st.sampled_from(("hand_over", "release", "finish")), counter=COUNTERS, is_patient=st.booleans())
    def supervisor_rescues(self, act: str, counter: int, *, is_patient: bool) -> None:
        """What a lost session holds goes on elsewhere, two minutes later."""
        self.clock.advance(seconds=120 if is_patient else 0)
        lost = next(one for one in self.seen.sessions if one.state == "orphaned")
        held = [leg for leg in self.seen.legs.values() if leg["session"] == lost.id and is_there(leg)]
        if held:
            order = Rescue(act, lost.id, held[0]["id"], held[0]["version"], counter, "失联")
            self.attempt(lambda session: self.desk.rescue(session, self.id, order, "staff:9"))

    @rule(counter=COUNTERS, at=COUNTERS)
    def clerk_comes_back(self, counter: int, at: int) -> None:
        """At any counter."""
        self.attempt(lambda session: self.desk.open(session, self.id, at, clerk(counter)))

    @precondition(lambda self: len(self.seen.events) > LONG_DAY and not self.is_over)
    @rule(is_over=st.booleans())
    def day_ends(self, *, is_over: bool) -> None:
        """The supervisor closes the day, once; sometimes the night passes too."""
        self.is_over = True
        self.attempt(lambda session: self.hall.close_day(session, self.id, "staff:9"))
        today = self.today()
        left = {leg["state"] for leg in self.seen.legs.values() if leg["day"] == today and leg["ended_at"] is None}
        assert left <= {State.SERVING}
        shown = self.read(lambda session: self.hall.closing_list(session, self.id))
        assert {one.leg for one in shown.at_counter} == {key for key, leg in self.seen.legs.items() if is_there(leg)}
        if is_over:
            self.clock.advance(hours=16)
            self.attempt(lambda session: self.hall.close_past_days(session, self.id))

    # What breaks

    @rule(counter=COUNTERS, after=st.integers(0, 14), service=SERVICES, data=st.data())
    def job_crashes(self, counter: int, after: int, service: str, data: st.DataObject) -> None:
        """A job raises after partial work: nothing of it remains."""
        here = [leg for leg in self.seen.legs.values() if is_there(leg)]
        one = data.draw(st.sampled_from(here)) if here else None
        where = self.counters[one["counter"]] if one else counter

        def work(session: WriteSession) -> None:
            if one is None:
                self.hall.take(session, self.id, Taking(service))
                self.desk.call_next(session, self.id, counter, clerk(counter))
                return
            command = "start" if one["state"] == State.CALLED else "finish"
            self.desk.act(session, self.id, where, clerk(where), Order(command, one["id"], one["version"]))

        def job(session: WriteSession) -> None:
            session.__class__ = Failing
            session.left = after  # type: ignore[attr-defined]
            work(session)
            raise Crash

        try:
            self.write(job)
        except (Crash, Conflict, BadInput):
            assert self.look() == self.seen

    @rule()
    def process_dies(self) -> None:
        """The same database is opened again by another process."""
        self.loop.run_until_complete(self.db.close())
        self.db = Database(self.url, self.clock)
        self.start_anew()
        assert self.look() == self.seen

    # What always holds

    def check(self, before: Seen) -> None:
        """Every promise, after every change."""
        self.check_numbers()
        self.check_places()
        self.check_chains()
        self.check_guard(before)

    def check_numbers(self) -> None:
        """1 … n in each service and day beside the blocks, as many announcements as counted, in commit order."""
        given: dict[tuple[int, object], list[int]] = {}
        for one in self.seen.tickets:
            given.setdefault((one.service, one.day), []).append(one.serial)
        for serials in given.values():
            series = [one for one in serials if not 900 <= one <= 999]
            assert series == list(range(1, len(series) + 1))
            assert len(set(serials)) == len(serials)
        assert [one.number for one in self.seen.calls] == list(range(1, self.seen.announced + 1))

    def check_places(self) -> None:
        """Nobody and nothing is at two counters; whoever is there has a session that is there."""
        there = [leg for leg in self.seen.legs.values() if is_there(leg)]
        present = {one.id for one in self.seen.sessions if one.state != "closed"}
        assert {leg["session"] for leg in there} <= present
        for name in ("session", "holder"):
            held = [leg[name] for leg in there if leg[name] is not None]
            assert len(set(held)) == len(held)
        lines = Counter(
            (leg["holder"], leg["service"], leg["day"])
            for leg in self.seen.legs.values()
            if leg["holder"] and leg["state"] in LIVE
        )
        assert set(lines.values()) <= {1}

    def check_chains(self) -> None:
        """Nothing is lost: each ticket is one chain of legs, live or ended at its end only, each with its events."""
        events: dict[int, list[Any]] = {}
        for one in self.seen.events:
            events.setdefault(one.leg, []).append(one.became)
        chains: dict[int, list[dict[str, Any]]] = {one.id: [] for one in self.seen.tickets}
        for key, leg in self.seen.legs.items():
            chains[leg["ticket"]].append(leg)
            assert (len(events[key]), events[key][-1]) == (leg["version"], leg["state"])
        for chain in chains.values():
            assert [leg["follows"] for leg in chain] == [None, *(leg["id"] for leg in chain[:-1])]
            assert {leg["state"] for leg in chain[:-1]} <= {State.TRANSFERRED, State.SERVED}
            assert chain[-1]["state"] != State.TRANSFERRED

    def check_guard(self, before: Seen) -> None:
        """The guard counts the calls that stand; a call taken back has passed nobody."""
        for series in self.seen.series:
            stands = [
                one.standing
                for one in reversed(self.seen.calls)
                if (one.service, one.day, one.kind, one.is_withdrawn) == (series.service, series.day, "call", False)
            ]
            run = next((i for i, one in enumerate(stands) if one == Standing.ORDINARY), len(stands))
            assert series.run == run
        for one in self.seen.calls[len(before.calls) :]:
            if (one.kind, one.standing) == ("call", Standing.ORDINARY):
                self.count_ordinary(one.service)
        for was, one in zip(before.calls, self.seen.calls, strict=False):
            if one.is_withdrawn and not was.is_withdrawn:
                for key in self.counted.pop(one.id, []):
                    self.passed_by[key][0] -= 1

    def count_ordinary(self, service: int) -> None:
        """One more before everybody who waits there."""
        for leg in self.seen.waiting():
            if leg["service"] == service:
                self.passed_by.setdefault((leg["id"], leg["entered"]), [0, 0])[1] += 1


def test_promises_hold_whatever_happens(db_url: str) -> None:
    """On each database, in a new hall for each course of the day."""
    database = Database(db_url, SetClock(START))
    database.migrate(metadata.create_all)
    asyncio.run(database.close())
    machine = type("DayHere", (Day,), {"url": db_url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
