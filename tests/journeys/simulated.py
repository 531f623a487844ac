"""A simulated day over HTTP: kiosks, clerks, screens and phones, each by its own, and what they must agree on."""

import asyncio
import json
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import yaml

from base.clock import Clock
from hallqueue import HALL_FILE, Script, Visit
from hallqueue.simulation.plan import Plan
from server.crowd import Crowd, Held, Paper
from tests.journeys.served import Served, served
from tests.server.streams import PATIENCE_SECONDS, Page

PATIENT = aiohttp.ClientTimeout(total=None)
BEGINS = timedelta(hours=8, minutes=10)
LEAD_SECONDS = 8.0
SCREENS = 3
ONE_PHONE_IN = 4
PAGE = 50
ENDED = frozenset({"served", "no_show", "cancelled", "closed_unserved"})
MAY_BE_REFUSED = frozenset({"defer"})  # the visitor asks for minutes more just when they are called


class HttpHands:
    """Every act a request; how long it took, what was refused, and how each ticket stands by what was answered."""

    def __init__(
        self, script: Script, kiosks: list[aiohttp.ClientSession], clerks: dict[int, aiohttp.ClientSession]
    ) -> None:
        self._lines, self._kiosks, self._clerks = script.plan.lines, kiosks, clerks
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.refused: list[tuple[str, str]] = []
        self.states: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.called: list[tuple[int, str, int]] = []
        self.entries: Counter[str] = Counter()
        self.taken: asyncio.Queue[Paper] = asyncio.Queue()

    async def take(self, visit: Visit) -> Paper | None:
        """At one kiosk or the other."""
        body = {"service": self._lines[visit.line].code, "priority": visit.priority}
        told = await self._post(self._kiosks[visit.key % len(self._kiosks)], "take", "/api/v1/tickets", body)
        if told is None:
            return None
        assert told["number"] not in self.tokens, "a number was given twice"
        paper = Paper(told["number"], told["token"])
        self.tokens[paper.number] = paper.token
        self._note({"number": paper.number, "state": "waiting"})
        self.taken.put_nowait(paper)
        return paper

    async def ticket(self, act: str, token: str, stars: int | None = None) -> None:
        """From the visitor's phone."""
        body = {} if stars is None else {"stars": stars}
        told = await self._post(self._kiosks[0], act, f"/api/v1/tickets/{token}/{act}", body)
        if told is not None:
            self._note(told)

    async def seat(self, act: str, counter: int, reason: str | None = None) -> None:
        """The clerk's session."""
        body = {"reason": reason} if act == "pause" else {}
        assert await self._post(self._clerks[counter], act, f"/api/v1/counters/{counter}/{act}", body) is not None

    async def call_next(self, counter: int) -> Held | None:
        """下一位."""
        told = await self._post(self._clerks[counter], "call-next", f"/api/v1/counters/{counter}/call-next", {})
        if told is None or told["leg"] is None:
            return None
        self.called.append((told["call"], told["number"], counter))
        return self._held(told)

    async def order(self, counter: int, command: str, held: Held, more: dict[str, Any]) -> Held | None:
        """About one leg."""
        body = {"leg": held.leg, "version": held.version, **more}
        told = await self._post(self._clerks[counter], command, f"/api/v1/counters/{counter}/{command}", body)
        return None if told is None else self._held(told)

    def _held(self, told: dict[str, Any]) -> Held:
        self._note(told)
        return Held(told["leg"], told["version"], told["number"], told["service"])

    def _note(self, told: dict[str, Any]) -> None:
        before = self.states.get(told["number"])
        self.states[told["number"]] = told["state"]
        self.entries[told["number"]] += told["state"] == "waiting" and before != "waiting"

    async def _post(
        self, client: aiohttp.ClientSession, act: str, path: str, body: dict[str, Any]
    ) -> dict[str, Any] | None:
        started = time.perf_counter()
        key = {} if act == "seen" else {"Idempotency-Key": uuid.uuid4().hex}
        async with client.post(path, json=body, headers=key) as response:
            answer: dict[str, Any] = await response.json()
        self.seconds[act].append(time.perf_counter() - started)
        if response.status == 409:
            self.refused.append((act, str(answer)))
            return None
        assert response.ok, (act, body, answer)
        return answer


@dataclass
class Screen:
    """An open screen: the calls it was told of, and its board as it last looked."""

    client: aiohttp.ClientSession
    calls: list[tuple[int, str, str, int]] = field(default_factory=list)
    board: dict[str, Any] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)

    async def watch(self) -> None:
        """Until cancelled."""
        async with self.client.get("/api/v1/live", params={"topics": "calls:1,board:1"}) as response:
            page = Page(response)
            while True:
                event = await page.next()
                if event.kind == "call":
                    said = event.data
                    self.calls.append((said["number"], said["kind"], said["ticket"], said["counter"]))
                elif event.kind == "look":
                    await self.look()

    async def look(self) -> None:
        """Fetch the board again."""
        started = time.perf_counter()
        async with self.client.get("/api/v1/board") as response:
            self.board = await response.json()
        self.seconds.append(time.perf_counter() - started)


@dataclass
class Phone:
    """A visitor's open page."""

    client: aiohttp.ClientSession
    paper: Paper
    state: str = ""
    seconds: list[float] = field(default_factory=list)

    async def watch(self) -> None:
        """Until the visit has ended."""
        async with self.client.get("/api/v1/live", params={"topics": f"ticket:{self.paper.token}"}) as response:
            page = Page(response)
            while self.state not in ENDED:
                if (await page.next()).kind == "look":
                    await self.look()

    async def look(self) -> None:
        """Fetch the ticket again."""
        started = time.perf_counter()
        self.state = (await ticket(self.client, self.paper.token))["state"]
        self.seconds.append(time.perf_counter() - started)


async def ticket(client: aiohttp.ClientSession, token: str) -> dict[str, Any]:
    """The ticket as its holder sees it."""
    async with client.get(f"/api/v1/tickets/{token}") as response:
        answer: dict[str, Any] = await response.json()
        assert response.ok, answer
        return answer


@dataclass
class Played:
    """A day that is over: what everybody saw, and what the server says."""

    hands: HttpHands
    screens: list[Screen]
    phones: list[Phone]
    log: list[dict[str, Any]]
    tickets: dict[str, dict[str, Any]]
    board: dict[str, Any]

    def agree(self) -> None:
        """No act failed; no call lost or doubled; screens and phones show what the log says."""
        assert {act for act, _ in self.hands.refused} <= MAY_BE_REFUSED, self.hands.refused
        calls = [(one["number"], one["kind"], one["ticket"], one["counter"]) for one in self.log]
        assert [number for number, *_ in calls] == list(range(1, len(calls) + 1))
        for screen in self.screens:
            assert screen.calls == calls
            assert lines_of(screen.board) == lines_of(self.board)
        assert sorted(self.hands.called) == [(n, ticket, at) for n, kind, ticket, at in calls if kind == "call"]
        times = Counter(ticket for _, kind, ticket, _ in calls if kind == "call")
        states = {number: one["state"] for number, one in self.tickets.items()}
        waiting = {number for number, state in states.items() if state == "waiting"}
        assert {n: count for n, count in times.items() if count > self.hands.entries[n]} == {}
        assert {n for n in states if times[n] < self.hands.entries[n]} <= waiting | self._deferred()
        told = {number: state for number, state in self.hands.states.items() if state != "missed"}
        assert {number: states[number] for number in told if number not in self._deferred()} == {
            number: state for number, state in told.items() if number not in self._deferred()
        }
        assert [(one.paper.number, one.state) for one in self.phones] == [
            (one.paper.number, states[one.paper.number]) for one in self.phones
        ]

    def _deferred(self) -> set[str]:
        """Those that a tick brings back, which no answer tells of."""
        return {number for number, state in self.hands.states.items() if state == "parked"}


def lines_of(board: dict[str, Any]) -> list[tuple[str, int]]:
    """How many wait for each service; the ranges beside them may have been looked at a moment apart."""
    return [(one["service"], one["waiting"]) for one in board["waiting"]]


def hall_of(plan: Plan, folder: Path) -> Path:
    """The shipped hall with the counters of ``plan``, written to a file."""
    plain = yaml.safe_load(HALL_FILE.read_text(encoding="utf-8"))
    guide = [one for one in plain["counters"] if one.get("is_guide")]
    codes = [line.code for line in plan.lines]
    plain["counters"] = guide + [
        {"number": booth.number, "name": f"{booth.number} 号窗口", "services": [codes[line] for line in booth.skills]}
        for booth in plan.booths
    ]
    path = folder / "hall.yaml"
    path.write_text(json.dumps(plain, ensure_ascii=False, default=str), encoding="utf-8")
    return path


@asynccontextmanager
async def client_of(server: Served, token: str = "") -> AsyncIterator[aiohttp.ClientSession]:
    """A client, with a bearer token if one is given."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(server.url, headers=headers, timeout=PATIENT, connector=connector) as client:
        yield client


async def play_over_http(script: Script, folder: Path, speed: float) -> Played:
    """A server of its own plays the day of ``script`` at ``speed``."""
    plan = script.plan
    async with served(folder, HALL_HALL_FILE=str(hall_of(plan, folder))) as server:
        tokens = await tokens_of(server, len(plan.booths))
        await server.stop()
        midnight = datetime.combine(plan.day, datetime.min.time(), ZoneInfo(plan.zone))
        start = midnight + BEGINS - timedelta(seconds=LEAD_SECONDS * speed)
        server.environment |= {"HALL_CLOCK_START_AT": start.isoformat(), "HALL_CLOCK_SPEED": str(speed)}
        await server.start()
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(client_of(server, token)) for token in tokens]
            anybody = await stack.enter_async_context(client_of(server))
            return await _played(script, clients, anybody, speed)


async def tokens_of(server: Served, clerks: int) -> list[str]:
    """Of two kiosks, then of so many clerks."""
    roles = ["kiosk", "kiosk", *["clerk"] * clerks]
    async with client_of(server, await server.token("admin")) as admin:
        made = []
        for role in roles:
            async with admin.post("/api/v1/tokens", json={"role": role}) as response:
                made.append((await response.json())["token"])
    return made


async def _played(
    script: Script, clients: list[aiohttp.ClientSession], anybody: aiohttp.ClientSession, speed: float
) -> Played:
    hands = HttpHands(
        script, clients[:2], {booth.number: one for booth, one in zip(script.plan.booths, clients[2:], strict=True)}
    )
    async with anybody.get("/api/v1/board") as response:
        clock = Clock(datetime.fromisoformat((await response.json())["at"]), speed)
    screens, phones = [Screen(anybody) for _ in range(SCREENS)], list[Phone]()
    watching = [asyncio.create_task(screen.watch()) for screen in screens]
    watching.append(asyncio.create_task(_phones(hands, anybody, phones, watching)))
    await Crowd(script, hands, clock).run()
    played = await _agreed(hands, screens, phones, anybody)
    for task in watching:
        task.cancel()
    ended = await asyncio.gather(*watching, return_exceptions=True)
    assert [one for one in ended if isinstance(one, Exception)] == []
    return played


async def _phones(
    hands: HttpHands, anybody: aiohttp.ClientSession, phones: list[Phone], watching: list[asyncio.Task[None]]
) -> None:
    """Every fourth visitor opens the page behind the QR."""
    while True:
        paper = await hands.taken.get()
        if len(hands.tokens) % ONE_PHONE_IN == 0:
            phones.append(Phone(anybody, paper))
            watching.append(asyncio.create_task(phones[-1].watch()))


async def _agreed(
    hands: HttpHands, screens: list[Screen], phones: list[Phone], anybody: aiohttp.ClientSession
) -> Played:
    """What the server says at the end, when the screens have had the last call and every page has looked."""
    log: list[dict[str, Any]] = []
    while page := await _calls(anybody, log[-1]["number"] if log else 0):
        log += page
    await _until(lambda: all(len(screen.calls) >= len(log) for screen in screens))
    tickets = {number: await ticket(anybody, token) for number, token in hands.tokens.items()}
    await _until(lambda: all(one.state == tickets[one.paper.number]["state"] for one in phones))
    async with anybody.get("/api/v1/board") as response:
        board = await response.json()
    await _until(lambda: all(screen.board["cursor"] == board["cursor"] for screen in screens))
    return Played(hands, screens, phones, log, tickets, board)


async def _until(is_so: Callable[[], bool]) -> None:
    """Wait for what the hints in flight bring about."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110 (pages of many programs, no one event)
            await asyncio.sleep(0.05)


async def _calls(anybody: aiohttp.ClientSession, after: int) -> list[dict[str, Any]]:
    async with anybody.get("/api/v1/calls", params={"after": str(after), "limit": str(PAGE)}) as response:
        calls: list[dict[str, Any]] = (await response.json())["calls"]
        return calls
