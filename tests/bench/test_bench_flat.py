"""Cost stays flat: take, call and board with 10, 1,000 and 10,000 waiting, and after very many historical legs.

``HALL_BENCH_LEGS`` (default 200,000) is how many legs the history has.
"""

import os
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from base.clock import SetClock
from base.db import Database, ReadSession, WriteSession, metadata
from hallqueue import HALL_FILE, Desk, Hall, Order, QueueSettings, Taking, hall_day, load_hall_file
from tests.bench.conftest import Note

LEGS = int(os.environ.get("HALL_BENCH_LEGS", "200000"))
LEGS_A_DAY = 600
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
ROUNDS = 60
WARM = 15
COUNTER, STAFF = 4, "staff:1"
SERVICES = "ABCDEFGHJKLS"
BATCH = 500
FLAT = 1.5
EXACT = 2.5  # tiles tell exactly how many wait: counted from the index, 0.1 µs each
OF_TODAY = frozenset({"console", "figures of a day"})  # they add up the day's legs; those of other days cost nothing


class _UndoneError(Exception):
    """Takes the measured act back."""


class Place:
    """A hall in a database, and what is measured in it."""

    def __init__(self, path: Path) -> None:
        self.db = Database(f"sqlite:///{path}", SetClock(START))
        self.db.migrate(metadata.create_all)
        self.hall, self.desk = Hall(QueueSettings()), Desk(QueueSettings())
        self.number = 0
        self.token = ""

    async def open(self) -> None:
        """Found the hall and serve one visitor, whose rows are the pattern of history."""
        self.number = await self.write(lambda session: self.hall.found(session, load_hall_file(HALL_FILE)))
        await self.write(lambda session: self.desk.open(session, self.number, COUNTER, STAFF))
        await self.write(lambda session: self.hall.take(session, self.number, Taking("B")))
        await self.write(self._serve)

    async def write(self, job: Callable[[WriteSession], object]) -> int:
        """In the hall's lane; what the job answers, if it is a number."""
        answer = await self.db.write(job, f"hall:{self.number}")
        return answer if isinstance(answer, int) else 0

    def _serve(self, session: WriteSession) -> None:
        leg = self.desk.call_next(session, self.number, COUNTER, STAFF)
        assert leg is not None
        for command in ("start", "finish"):
            order = Order(command, leg.leg, leg.version)
            leg = self.desk.act(session, self.number, COUNTER, STAFF, order)

    async def fill(self, people: int) -> None:
        """So many take numbers, for all services alike; the last of them has a page open."""

        def job(session: WriteSession, places: range) -> None:
            for place in places:
                wish = Taking(SERVICES[place % len(SERVICES)], priority="P2" if place % 15 == 0 else None)
                self.token = self.hall.take(session, self.number, wish).token

        for first in range(0, people, BATCH):
            places = range(first, min(first + BATCH, people))
            await self.write(lambda session, places=places: job(session, places))  # type: ignore[misc]

    async def undone(self, act: Callable[[WriteSession], object]) -> float:
        """Seconds for an act that is then taken back, so that the next one finds the same hall."""
        spent: list[float] = []

        def job(session: WriteSession) -> None:
            started = time.perf_counter()
            act(session)
            spent.append(time.perf_counter() - started)
            raise _UndoneError

        try:
            await self.write(job)
        except _UndoneError:
            return spent[0]
        raise AssertionError("the job did not run")

    async def read(self, act: Callable[[ReadSession], object]) -> float:
        """Seconds for a read."""

        def job(session: ReadSession) -> float:
            started = time.perf_counter()
            act(session)
            return time.perf_counter() - started

        return await self.db.read(job)

    def acts(self) -> dict[str, Callable[[], Awaitable[float]]]:
        """Everything that must stay flat."""
        hall, desk, number = self.hall, self.desk, self.number
        return {
            "take": lambda: self.undone(lambda session: hall.take(session, number, Taking("B"))),
            "call-next": lambda: self.undone(lambda session: desk.call_next(session, number, COUNTER, STAFF)),
            "board": lambda: self.read(lambda session: hall.board(session, number)),
            "services": lambda: self.read(lambda session: hall.services(session, number)),
            "console": lambda: self.read(lambda session: desk.console(session, number, COUNTER, STAFF)),
            "ticket": lambda: self.read(lambda session: hall.ticket(session, self.token)),
            "calls after": lambda: self.read(lambda session: hall.calls_after(session, number, 0)),
            "figures of a day": lambda: self.read(lambda session: hall_day(session, number, TODAY)),
        }


async def measured(places: Sequence[Place]) -> list[dict[str, float]]:
    """The median of each act in each place, in milliseconds; all take turns, so that noise meets them alike."""
    acts = [place.acts() for place in places]
    found: list[dict[str, list[float]]] = [{name: [] for name in one} for one in acts]
    for _ in range(ROUNDS):
        for name in acts[0]:
            for one, times in zip(acts, found, strict=True):
                times[name].append(await one[name]() * 1000)
    for place in places:
        await place.db.close()
    return [{name: statistics.median(one[WARM:]) for name, one in times.items()} for times in found]


HISTORY = {
    "counter_session": {
        "id": ":first + i",
        "state": "'closed'",
        "opened_at": "opened_at - (:days - i) * 86400000000",
        "closed_at": "opened_at - (:days - i) * 86400000000 + 3600000000",
    },
    "ticket": {
        "id": ":first + i",
        "service": "1 + i % 12",
        "day": "date(:begins, '+' || (i / :a_day) || ' days')",
        "serial": "1 + i % :a_day / 12",
        "token": "'old' || i",
        "issued_at": "issued_at - (:days - i / :a_day) * 86400000000",
    },
    "leg": {"id": ":first + i", "ticket": ":first + i", "service": "1 + i % 12"}
    | {"day": "date(:begins, '+' || (i / :a_day) || ' days')", "session": ":first + i / :a_day"},
    "call": {"id": ":first + i", "number": "1 + i", "leg": ":first + i", "service": "1 + i % 12"}
    | {"day": "date(:begins, '+' || (i / :a_day) || ' days')", "session": ":first + i / :a_day"},
    "queue_event": {"id": ":first + i * 4 + queue_event.id % 4", "ticket": ":first + i", "leg": ":first + i"}
    | {"before": "NULL", "session": ":first + i / :a_day"},
}


async def add_history(place: Place, legs: int) -> None:
    """Served legs of earlier days, copies of the one that was served, in bulk."""
    days = -(-legs // LEGS_A_DAY)
    values = {"count": legs, "first": 1000, "a_day": LEGS_A_DAY, "days": days}
    values["begins"] = str(TODAY - timedelta(days=days))  # type: ignore[assignment]

    def job(session: WriteSession) -> None:
        session.run(sa.text("UPDATE call SET number = number + :count").bindparams(count=legs))
        session.run(sa.text("UPDATE hall SET calls = calls + :count").bindparams(count=legs))
        for name, changed in HISTORY.items():
            columns = [column.name for column in metadata.tables[name].columns]
            picked = ", ".join(changed.get(column, f'{name}."{column}"') for column in columns)
            pattern = "leg IS NOT NULL" if name == "queue_event" else f"id = (SELECT min(id) FROM {name})"
            listed = ", ".join(f'"{column}"' for column in columns)
            counted = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count)"
            text = f"INSERT INTO {name} ({listed}) {counted} SELECT {picked} FROM n, {name} WHERE {name}.{pattern}"
            used = {key: one for key, one in values.items() if f":{key}" in text}
            if name == "counter_session":
                used["count"] = days
            session.run(sa.text(text).bindparams(**used))

    await place.write(job)


@pytest.mark.timeout(1800)
async def test_flat_in_those_who_wait(tmp_path: Path, note: Note) -> None:
    """Every act with 1,000 and with 10,000 waiting ÷ with 10."""
    crowds = (10, 1_000, 10_000)
    places = [await filled(tmp_path, waiting) for waiting in crowds]
    least, *others = await measured(places)
    for name, took in least.items():
        note(f"{name}, 10 waiting, ms", took, None)
        for waiting, other in zip(crowds[1:], others, strict=True):
            bound = None if name in OF_TODAY else EXACT if name == "services" else FLAT
            note(f"{name}, {waiting:,} waiting ÷ 10 waiting", other[name] / took, bound)


async def filled(folder: Path, waiting: int, legs: int = 0) -> Place:
    """A hall of its own with so many waiting, after so many historical legs."""
    place = Place(folder / f"{waiting}-{legs}.db")
    await place.open()
    if legs:
        await add_history(place, legs)
    await place.fill(waiting)
    return place


@pytest.mark.timeout(1800)
async def test_flat_in_history(tmp_path: Path, note: Note) -> None:
    """Every act with 1,000 waiting and a long history ÷ the same without."""
    started = time.perf_counter()
    places = [await filled(tmp_path, 1_000), await filled(tmp_path, 1_000, LEGS)]
    note(f"history of {LEGS:,} legs made in, s", time.perf_counter() - started, None)
    without, after = await measured(places)
    for name, took in without.items():
        note(f"{name}, after {LEGS:,} legs ÷ without", after[name] / took, FLAT)
