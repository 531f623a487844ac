"""A founded hall for tests, with short words for what people do in it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa

from base.clock import SetClock
from base.db import Database, ReadSession, WriteSession
from hallqueue import Desk, Hall, LegView, Order, QueueSettings, SessionView, Taking, TicketView, load_hall_file

T = TypeVar("T")


def clerk(counter: int) -> str:
    """Who sits at a counter unless a test says otherwise."""
    return f"staff:{counter}"


@dataclass
class OpenHall:
    """The hall of the shipped file on a real database."""

    db: Database
    clock: SetClock
    id: int
    settings: QueueSettings = field(default_factory=QueueSettings)

    def __post_init__(self) -> None:
        """Build the two faces."""
        self.hall = Hall(self.settings)
        self.desk = Desk(self.settings)

    async def write(self, job: Callable[[WriteSession], T]) -> T:
        """Run a job in the hall's lane."""
        return await self.db.write(job, f"hall:{self.id}")

    async def read(self, job: Callable[[ReadSession], T]) -> T:
        """Run a job that looks."""
        return await self.db.read(job)

    async def take(self, service: str = "A", **wish: Any) -> TicketView:  # noqa: ANN401 (any field of Taking)
        """Take a number."""
        return await self.write(lambda session: self.hall.take(session, self.id, Taking(service, **wish)))

    async def open(self, counter: int) -> SessionView:
        """Sign the counter's clerk in."""
        return await self.write(lambda session: self.desk.open(session, self.id, counter, clerk(counter)))

    async def next(self, counter: int) -> LegView | None:
        """Call whoever is next."""
        return await self.write(lambda session: self.desk.call_next(session, self.id, counter, clerk(counter)))

    async def call(self, counter: int) -> LegView:
        """Call whoever is next; somebody must be."""
        leg = await self.next(counter)
        assert leg is not None
        return leg

    async def act(self, counter: int, command: str, leg: LegView, **more: Any) -> LegView:  # noqa: ANN401
        """Carry out a clerk's command on a leg as last seen."""
        order = Order(command, leg.leg, leg.version, **more)
        return await self.write(lambda session: self.desk.act(session, self.id, counter, clerk(counter), order))

    async def serve(self, counter: int) -> LegView:
        """Call, start and finish whoever is next."""
        leg = await self.act(counter, "start", await self.call(counter))
        return await self.act(counter, "finish", leg)

    async def miss(self, counter: int, leg: LegView) -> LegView:
        """Let a called leg miss its call."""
        self.clock.advance(seconds=90)
        return await self.act(counter, "miss", leg)

    async def ticket(self, ticket: TicketView | LegView) -> TicketView:
        """The ticket as it stands."""
        return await self.read(lambda session: self.hall.ticket(session, ticket.token))

    async def column(self, sql: str) -> list[Any]:
        """The first column of a query's rows."""
        return await self.read(lambda session: [row[0] for row in session.all(sa.text(sql))])


async def opened(db: Database, clock: SetClock, *counters: int, settings: QueueSettings | None = None) -> OpenHall:
    """Found the hall and sign clerks in at ``counters``."""
    place = Hall(settings or QueueSettings())
    number = await db.write(lambda session: place.found(session, load_hall_file()), "hall:1")
    house = OpenHall(db, clock, number, settings or QueueSettings())
    for counter in counters:
        await house.open(counter)
    return house
