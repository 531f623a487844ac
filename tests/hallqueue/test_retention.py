"""What the queue forgets, and that reports do not notice."""

from datetime import date, timedelta

import sqlalchemy as sa

from base.db import ReadSession, WriteSession
from hallqueue import REPORTS, Days, QueueSettings, Wanted, report, tables
from tests.hallqueue.builders import OpenHall, clerk

KEPT = QueueSettings()
GROWING = ("estimate", "hall_message", "number_block", "wait_score")


async def counts(house: OpenHall) -> list[int]:
    """Rows of each table that is thinned."""
    return [(await house.column(f"select count(*) from {name}"))[0] for name in GROWING]


async def thin(house: OpenHall) -> int:
    """The tick."""
    return await house.write(lambda session: house.hall.thin(session, house.id))


async def lived(house: OpenHall) -> date:
    """A day that left a row in every table."""
    ticket = await house.take()
    await house.take()
    await house.write(lambda session: house.hall.announce(session, house.id, "请稍候", "staff:9"))
    await house.write(lambda session: house.hall.lease_block(session, house.id, "A", "device:1"))
    for _ in range(2):
        await house.write(lambda session: house.hall.forecaster.tick(session, house.id))
        house.clock.advance(minutes=2)

    def shown_again(session: WriteSession) -> None:
        at = session.now
        session.run(sa.insert(tables.estimate).values(leg=ticket.leg, at=at, ahead=0, p50_minutes=5, p80_minutes=9))

    await house.write(shown_again)
    await house.serve(2)
    house.clock.advance(minutes=3)
    await house.write(lambda session: house.hall.forecaster.tick(session, house.id))
    for counter in (2, 3, 4):
        await house.write(lambda session, at=counter: house.desk.close(session, house.id, at, clerk(at)))  # type: ignore[misc]
    return ticket.issued_at.date()


async def figures(house: OpenHall, day: date) -> list[object]:
    """Every report of ``day``."""
    days = Days(house.id, day, day)

    def job(session: ReadSession) -> list[object]:
        return [report(session, Wanted(name, days)) for name in REPORTS]

    return await house.read(job)


async def test_what_a_day_needed_goes_when_its_term_is_over(house: OpenHall) -> None:
    """Not a day before; scores stay for the reports until their own term; the journal says how many went."""
    day = await lived(house)
    before, rows = await figures(house, day), await counts(house)
    assert min(rows) == 1
    house.clock.advance(days=KEPT.keep_ranges_days - 1)
    assert await thin(house) == 0
    house.clock.advance(days=2)
    assert await thin(house) == sum(rows[:3])
    assert await counts(house) == [0, 0, 0, rows[3]]
    assert await figures(house, day) == before
    house.clock.advance(days=KEPT.keep_scores_days)
    assert await thin(house) == rows[3]
    assert await thin(house) == 0
    noted = await house.column("select detail from audit where action = 'queue.thin' order by id")
    assert len(noted) == 2
    assert await house.column("select count(*) from ticket") == [2]


async def test_old_rows_go_a_batch_at_a_time(house: OpenHall) -> None:
    """So that no call waits for it."""
    ticket = await house.take()

    def many(session: WriteSession) -> None:
        old = session.now - timedelta(days=KEPT.keep_ranges_days + 1)
        session.run_many(sa.insert(tables.estimate), [{"leg": ticket.leg, "at": old, "ahead": 0}] * 2001)

    await house.write(many)
    assert [await thin(house) for _ in range(3)] == [2000, 1, 0]
