"""What the state machine of the queue is made of: a small hall, everything seen of it at once, jobs that break."""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from base.db import ReadSession, Statement, WriteSession
from hallqueue import HallFile, State, load_hall_file, tables

TIERS = {2: "A", 3: "AB", 4: "B"}
KEEPING = frozenset({"version", "kept_for", "kept_until"})


class Crash(Exception):
    """The machine stops in the middle of a job."""


class Failing(WriteSession):
    """Breaks after so many statements."""

    left: int

    def all(self, statement: Statement, **params: object) -> Sequence[Row[Any]]:
        """Look."""
        self.spend()
        return super().all(statement, **params)

    def first(self, statement: Statement, **params: object) -> Row[Any] | None:
        """Look."""
        self.spend()
        return super().first(statement, **params)

    def value(self, statement: Statement, **params: object) -> Any:  # noqa: ANN401 (a column's own type)
        """Look, or change and look."""
        self.spend()
        return super().value(statement, **params)

    def run(self, statement: Statement, **params: object) -> int:
        """Change."""
        self.spend()
        return super().run(statement, **params)

    def spend(self) -> None:
        """One statement more."""
        self.left -= 1
        if self.left < 0:
            raise Crash


@functools.cache
def small_hall() -> HallFile:
    """The guide desk and counters 2 (A), 3 (A, B) and 4 (B) of the shipped hall."""
    shipped = load_hall_file()
    counters = tuple(
        dataclasses.replace(one, services=tuple(TIERS.get(one.number, "")))
        for one in shipped.counters
        if one.number in (1, *TIERS)
    )
    return dataclasses.replace(shipped, services=shipped.services[:2], counters=counters)


@dataclasses.dataclass(frozen=True)
class Seen:
    """Everything of the hall that a command may change."""

    legs: dict[int, dict[str, Any]]
    tickets: tuple[Row[Any], ...]
    calls: tuple[Row[Any], ...]
    series: tuple[Row[Any], ...]
    sessions: tuple[Row[Any], ...]
    events: tuple[Row[Any], ...]
    announced: int

    def waiting(self) -> list[dict[str, Any]]:
        """The legs in line."""
        return [leg for leg in self.legs.values() if leg["state"] == State.WAITING]

    def order_and_figures(self) -> tuple[Any, ...]:
        """What undo brings back: everything but versions, keeping, announcements and entries given away."""
        legs = {key: {name: leg[name] for name in leg if name not in KEEPING} for key, leg in self.legs.items()}
        return legs, self.tickets, [(one.service, one.day, one.last, one.run) for one in self.series]


_event, _session = tables.queue_event.c, tables.counter_session.c
OF_HALL = {
    name: sa.select(*columns).where(columns[0].table.c.hall == sa.bindparam("hall")).order_by(columns[0].table.c.id)
    for name, columns in {
        "legs": tuple(tables.leg.c),
        "tickets": tuple(tables.ticket.c),
        "calls": tuple(tables.call.c),
        "series": tuple(tables.number_series.c),
        "sessions": (_session.id, _session.counter, _session.staff, _session.state),
        "events": (_event.id, _event.leg, _event.command, _event.became),
    }.items()
}
_HALL = sa.select(tables.hall.c.calls).where(tables.hall.c.id == sa.bindparam("hall"))
NUMBERS = sa.select(tables.counter.c.id, tables.counter.c.number).where(tables.counter.c.hall == sa.bindparam("hall"))
CODES = sa.select(tables.service.c.id, tables.service.c.code).where(tables.service.c.hall == sa.bindparam("hall"))


def look(session: ReadSession, hall: int) -> Seen:
    """The hall in one snapshot."""
    found = {name: tuple(session.all(statement, hall=hall)) for name, statement in OF_HALL.items()}
    legs = {row.id: dict(row._mapping) for row in found.pop("legs")}  # noqa: SLF001 (documented)
    return Seen(legs=legs, announced=session.value(_HALL, hall=hall), **found)


def is_there(leg: dict[str, Any]) -> bool:
    """Whether a leg is called or served."""
    return leg["state"] in (State.CALLED, State.SERVING)
