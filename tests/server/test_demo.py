"""The demo's hands: what its people do goes through the rooms' faces, and a refusal is part of the day."""

from dataclasses import replace
from datetime import date

from base.clock import SetClock
from base.settings import Settings
from hallqueue import hall_day, load_hall_file, plan_of, script_of
from server.crowd import Held
from server.demo import Faces
from tests.conftest import START
from tests.server.conftest import house_of, opened

DAY = date(2026, 3, 2)
COUNTER = 4


async def test_people_of_the_demo_use_the_faces(settings: Settings) -> None:
    """One books and checks in, one just comes; both are called, served and rate."""
    script = script_of(plan_of(load_hall_file(), DAY), 5)
    line = next(place for place, one in enumerate(script.plan.lines) if one.code == "B")
    booked, plain = (replace(visit, line=line, priority=None, slot=None) for visit in script.visits[:2])
    booked = replace(booked, slot=600.0)
    async with opened(settings, clock := SetClock(START)) as server:
        house = house_of(server)
        hands = Faces(house, replace(script, visits=(booked, plain)))
        await hands.hire()
        await hands.book_ahead(DAY)
        clock.advance(minutes=35)
        papers = [await hands.take(visit) for visit in (booked, plain)]
        assert [paper.number for paper in papers if paper] == ["B001", "B002"]
        for stars in (5, 2):
            await served(hands, clock, {paper.number: paper.token for paper in papers if paper}, stars)
        assert await hands.call_next(COUNTER) is None
        await hands.seat("close", COUNTER)
        told = await house.db.read(lambda session: hall_day(session, house.hall_id, DAY))
    assert (told.total.issued, told.total.served, told.ratings) == (2, 2, 2)


async def served(hands: Faces, clock: SetClock, tokens: dict[str, str], stars: int) -> None:
    """Called (the first call signs the clerk in), started, finished, rated; a command that comes late is refused."""
    held = await hands.call_next(COUNTER)
    assert held is not None
    started = await hands.order(COUNTER, "start", held, {})
    assert started is not None
    assert await hands.order(COUNTER, "miss", started, {}) is None
    clock.advance(minutes=5)
    done = await hands.order(COUNTER, "finish", started, {})
    assert done == Held(started.leg, started.version + 1, started.number, "B")
    await hands.ticket("rate", tokens[done.number], stars)
