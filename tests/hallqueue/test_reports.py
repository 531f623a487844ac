"""Reports over a day computed by hand, on both databases."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Row

from base.clock import SetClock
from base.db import Database, ReadSession, Statement
from base.errors import BadInput, NotFound
from hallqueue import REPORTS, Days, Report, Standing, Wanted, hall_day, report
from hallqueue.report_columns import Cell
from tests.conftest import START
from tests.hallqueue.builders import OpenHall, opened
from tests.hallqueue.test_diary import OpenDiary, diary_with

MONDAY = date(2026, 3, 2)


@pytest.fixture
async def day(db: Database, clock: SetClock) -> OpenHall:
    """From 9:00 to 9:36, with counters 2 (serves A) and 3 (A, then B); both promise 20 minutes.

    ==== ========================================================================================================
    A001 0 taken, 0 called at 2, 1 started, 11 finished with the item 执照 and rated 5
    A002 0 taken, 12 called at 2, 14 missed, 20 restored (now behind A005), waits
    A003 2 taken with a priority, 5 called at 3 (before A002), 6 started, 10 sent on to B, 36 called at 3
    A004 3 taken, 8 cancelled
    A005 15 taken, 30 called at 2, 31 started, 35 finished without an item
    ==== ========================================================================================================
    """
    house = await opened(db, clock, 2, 3)

    def minute(number: float) -> None:
        clock.set(START + timedelta(minutes=number))

    first, second = await house.take(), await house.take()
    leg = await house.call(2)
    minute(1)
    leg = await house.act(2, "start", leg)
    minute(2)
    await house.take(priority="P2")
    minute(3)
    fourth = await house.take()
    minute(5)
    third = await house.call(3)
    minute(6)
    third = await house.act(3, "start", third)
    minute(8)
    await house.write(lambda session: house.hall.cancel(session, fourth.token))
    minute(10)
    await house.act(3, "transfer", third, target="B")
    minute(11)
    await house.act(2, "finish", leg, items=("执照",))
    await house.write(lambda session: house.hall.rate(session, first.token, 5))
    minute(12)
    leg = await house.call(2)
    minute(14)
    await house.act(2, "miss", leg)
    minute(15)
    await house.take()
    minute(20)
    await house.write(lambda session: house.hall.restore(session, second.token))
    minute(30)
    leg = await house.call(2)
    minute(31)
    leg = await house.act(2, "start", leg)
    minute(35)
    await house.act(2, "finish", leg)
    minute(36)
    await house.call(3)
    return house


async def made(house: OpenHall, name: str, first: date = MONDAY, last: date = MONDAY, **filters: Any) -> Report:  # noqa: ANN401 (fields of Wanted)
    """A report of some days."""
    wanted = Wanted(name, Days(house.id, first, last), **filters)
    return await house.read(lambda session: report(session, wanted))


def table(found: Report, *columns: str) -> dict[str, tuple[Cell, ...]]:
    """Some columns by the rows' keys; ``total`` is the last row."""
    places = [[each.key for each in found.columns].index(key) for key in columns]
    rows = {key: tuple(row[place] for place in places) for key, row in zip(found.keys, found.rows, strict=True)}
    return rows | {"total": tuple(found.total[place] for place in places)}


async def test_numbers_and_what_became_of_them(day: OpenHall) -> None:
    """A transferred number is one number and two legs; who was called and missed and restored still waits."""
    found = await made(day, "services")
    columns = (
        "issued",
        "legs",
        "served",
        "transferred",
        "missed",
        "cancelled",
        "in_line",
        "at_counter",
        "never_called",
    )
    assert table(found, *columns) == {
        "A": (5, 5, 2, 1, 0, 1, 1, 0, 1),
        "B": (0, 1, 0, 0, 0, 0, 0, 1, 0),
        "total": (5, 6, 2, 1, 0, 1, 1, 1, 1),
    }
    assert found.names == ("企业开办与登记", "综合受理（无差别）")


async def test_waits_count_to_the_first_call_and_zero_is_a_wait(day: OpenHall) -> None:
    """0, 12, 3 and 15 minutes at A; 26 at B, counted from the transfer; walking and service beside."""
    found = await made(day, "services")
    columns = ("wait_mean", "wait_p50", "wait_p80", "wait_p95", "within_percent")
    assert table(found, *columns) == {
        "A": (7.5, 3.0, 15.0, 15.0, 100.0),
        "B": (26.0, 26.0, 26.0, 26.0, 0.0),
        "total": (11.2, 12.0, 15.0, 26.0, 80.0),
    }
    assert table(found, "walk_mean", "work_mean", "work_p50", "work_p80")["A"] == (1.0, 7.0, 4.0, 10.0)
    assert table(found, "walk_mean", "work_mean")["B"] == (None, None)


async def test_counters_open_busy_and_idle_while_somebody_waited(day: OpenHall) -> None:
    """Counter 2: 18 of 36 minutes busy; free at 11–12, 15–30, 35–36 while A waited. Counter 3 serves B too."""
    found = await made(day, "counters")
    assert table(found, "legs", "open_minutes", "busy_percent", "idle_minutes") == {
        "2": (2, 36.0, 50.0, 17.0),
        "3": (2, 36.0, 13.9, 31.0),
        "": (2, None, None, None),
        "total": (6, 72.0, 31.9, 48.0),
    }
    assert found.names[0].startswith("2 号")
    clerks = await made(day, "clerks")
    assert table(clerks, "served", "busy_percent", "undone")["staff:2"] == (2, 50.0, 0)
    assert clerks.keys == ("staff:2", "staff:3", "")


async def test_by_class_hour_day_and_item(day: OpenHall) -> None:
    """The same legs under other heads."""
    assert table(await made(day, "classes"), "legs", "wait_mean") == {
        "ordinary": (4, 9.0),
        "priority": (2, 14.5),
        "total": (6, 11.2),
    }
    assert table(await made(day, "hours"), "legs") == {"09": (6,), "total": (6,)}
    assert table(await made(day, "days"), "issued") == {"2026-03-02": (5,), "total": (5,)}
    assert table(await made(day, "items"), "served", "work_mean") == {
        "执照": (1, 10.0),
        "": (1, 4.0),
        "total": (2, 7.0),
    }


async def test_every_grouping_has_the_same_total(day: OpenHall) -> None:
    """Services, days, hours, classes, counters and clerks count the same legs."""
    columns = ("issued", "legs", "served", "never_called", "wait_mean", "wait_p80", "work_p95")
    totals = {
        table(await made(day, name), *columns)["total"]
        for name in ("services", "days", "hours", "classes", "counters", "clerks")
    }
    assert len(totals) == 1


async def test_filters_leave_the_other_legs_out(day: OpenHall) -> None:
    """By service and by class."""
    found = await made(day, "services", service="A", standing=Standing.ORDINARY)
    assert table(found, "legs", "wait_mean") == {"A": (4, 9.0), "total": (4, 9.0)}


async def test_order_tells_who_was_called_before_whom(day: OpenHall) -> None:
    """The priority number passed one; one number was declared a priority."""
    found = await made(day, "order")
    columns = ("calls", "by_priority", "by_order", "passed", "most_passed", "declared", "reclassed_percent", "undone")
    assert table(found, *columns) == {"2026-03-02": (5, 1, 0, 1, 1, 1, 0.0, 0), "total": (5, 1, 0, 1, 1, 1, 0.0, 0)}


async def test_a_call_taken_back_is_no_call_and_is_counted_for_its_clerk(db: Database, clock: SetClock) -> None:
    """The wait goes on to the call that stands. Reclassed at the counter: in line again, a share of the declared."""
    house = await opened(db, clock, 2)
    await house.take(priority="P2")
    await house.take(priority="P2")
    clock.advance(minutes=4)
    leg = await house.call(2)
    await house.act(2, "undo", leg, reason="误按")
    clock.advance(minutes=3)
    leg = await house.call(2)
    await house.act(2, "reclass", leg, reason="优先证件核验不符")
    await house.call(2)
    found = await made(house, "order")
    assert table(found, "calls", "declared", "reclassed", "reclassed_percent", "undone")["total"] == (1, 2, 1, 50.0, 1)
    assert table(await made(house, "clerks"), "undone")["staff:2"] == (1,)
    assert table(await made(house, "services"), "wait_mean", "never_called")["A"] == (7.0, 1)


async def test_own_minutes_are_no_wait(db: Database, clock: SetClock) -> None:
    """“再给我 15 分钟” after five: called at 22, waited seven."""
    house = await opened(db, clock, 2)
    ticket = await house.take()
    clock.advance(minutes=5)
    await house.write(lambda session: house.hall.defer(session, ticket.token))
    clock.advance(minutes=15)
    await house.write(lambda session: house.hall.bring_back(session, house.id))
    clock.advance(minutes=2)
    await house.call(2)
    assert table(await made(house, "services"), "wait_mean")["A"] == (7.0,)


async def test_ratings_are_counted_by_level(day: OpenHall) -> None:
    """One of two served people rated, five stars."""
    columns = ("rated", "mean_stars", "stars_5", "stars_1", "bad_percent", "rated_percent")
    assert table(await made(day, "ratings"), *columns) == {
        "A": (1, 5.0, 1, 0, 0.0, 50.0),
        "total": (1, 5.0, 1, 0, 0.0, 50.0),
    }


async def test_bookings_and_no_shows(db: Database, clock: SetClock) -> None:
    """One came, one cancelled, one did not come; a booking's wait counts from its slot."""
    diary: OpenDiary = await diary_with(db, clock)
    came, gone, missing = [await diary.book(name=name, phone=f"1380000000{name}") for name in "123"]
    await diary.cancel(gone)
    clock.set(came.slot_at - timedelta(minutes=10))
    await diary.check_in(came)
    clock.set(came.slot_at + timedelta(minutes=4))
    await diary.house.call(2)
    clock.advance(hours=15)
    await diary.tend()
    assert missing.state != "no_show"
    tuesday = came.slot_at.date()
    found = await made(diary.house, "bookings", tuesday, tuesday)
    columns = ("booked", "checked_in", "cancelled", "no_show", "ahead", "no_show_percent")
    assert table(found, *columns)["A"] == (3, 1, 1, 1, 0, 50.0)
    services = await made(diary.house, "services", tuesday, tuesday)
    assert table(services, "wait_mean")["A"] == (4.0,)


async def test_a_day_without_numbers_is_an_empty_table(day: OpenHall) -> None:
    """Nothing is None, not zero minutes."""
    for name in REPORTS:
        found = await made(day, name, MONDAY - timedelta(days=1), MONDAY - timedelta(days=1))
        assert found.rows == ()
    found = await made(day, "services", MONDAY - timedelta(days=1), MONDAY - timedelta(days=1))
    assert table(found, "issued", "wait_mean", "within_percent")["total"] == (0, None, None)


async def test_wrong_wishes_say_what_is_allowed(day: OpenHall) -> None:
    """An unknown report, days in the wrong order, too many of them."""
    with pytest.raises(NotFound) as unknown:
        await made(day, "everything")
    assert "services、days" in unknown.value.message
    for first in (MONDAY + timedelta(days=1), MONDAY - timedelta(days=400)):
        with pytest.raises(BadInput) as wrong:
            await made(day, "services", first, MONDAY)
        assert "不超过 366 天" in wrong.value.message


async def test_the_supervisors_figures_are_the_reports(day: OpenHall) -> None:
    """One definition of each."""
    found = await day.read(lambda session: hall_day(session, day.id, MONDAY))
    of_a, total = found.services[0], found.total
    assert (of_a.issued, of_a.served, of_a.mean_wait_minutes, of_a.kept_percent) == (5, 2, 7.5, 100.0)
    assert (total.called, total.kept, total.given_up, total.longest_wait_minutes) == (5, 4, 1, 26.0)
    assert (found.ratings, found.bad_ratings, found.mean_stars) == (1, 0, 5.0)
    assert len(found.services) == 12


async def test_reports_ask_as_many_questions_of_a_full_day_as_of_an_empty_one(day: OpenHall) -> None:
    """Whatever there is."""
    asked: list[object] = []

    class Counted(ReadSession):
        """Lists what is asked."""

        def all(self, statement: Statement, **params: object) -> Sequence[Row[Any]]:
            asked.append(statement)
            return super().all(statement, **params)

    async def questions(name: str, on: date) -> int:
        def job(session: ReadSession) -> int:
            asked.clear()
            report(Counted(session._connection, session.now), Wanted(name, Days(day.id, on, on)))  # noqa: SLF001
            return len(asked)

        return await day.read(job)

    for name in REPORTS:
        assert await questions(name, MONDAY) == await questions(name, MONDAY - timedelta(days=9))


async def test_a_days_legs_are_found_by_index(day: OpenHall) -> None:
    """Not by reading every leg there ever was."""
    asked = sa.text(
        "EXPLAIN QUERY PLAN SELECT id FROM leg WHERE hall = 1 AND day BETWEEN '2026-03-02' AND '2026-03-03'"
    )
    plan = await day.read(lambda session: session.all(asked) if session.dialect == "sqlite" else [])
    assert all("ix_leg_day" in str(row) for row in plan)
