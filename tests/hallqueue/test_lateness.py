"""How late counters open: the rule, and what a hall teaches."""

from datetime import UTC, datetime, timedelta

import pytest

from base.clock import SetClock
from base.db import Database
from hallqueue.rules.lateness import PRIOR_MINUTES, lateness, usual_lateness
from tests.hallqueue.builders import OpenHall, opened

EIGHT = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)  # 08:00 in the hall, whose sessions begin at 8:30 and 13:00


def test_what_began_near_the_hour_counts() -> None:
    """Early is not late; a morning without an opening near it, and a break at three, teach nothing."""
    assert lateness([510.0, 780.0], [505.0, 784.0]) == [0.0, 4.0]
    assert lateness([510.0, 780.0], [600.0, 900.0]) == []
    assert lateness([510.0], [512.5, 530.0]) == [2.5]


def test_few_openings_are_not_believed_at_once() -> None:
    """The prior counts as five; one counter that is always late moves the median little; never above a quarter."""
    assert usual_lateness([]) == PRIOR_MINUTES
    assert usual_lateness([(1, 9.0)]) == 4.0
    assert usual_lateness([(1, 0.0), (2, 0.0), (3, 20.0)] * 15) == pytest.approx(0.3)
    assert usual_lateness([(1, 30.0)] * 100) == 15.0


async def afternoons(house: OpenHall, minutes: int, days: int) -> None:
    """Counter 3 opens at eight and comes back ``minutes`` after one, on so many days."""
    for _ in range(days):
        await house.open(3)
        house.clock.advance(hours=4)
        await house.write(lambda session: house.desk.pause(session, house.id, 3, "staff:3", "午休"))
        house.clock.advance(hours=1, minutes=minutes)
        await house.write(lambda session: house.desk.resume(session, house.id, 3, "staff:3"))
        house.clock.advance(minutes=1)
        await house.write(lambda session: house.desk.close(session, house.id, 3, "staff:3"))
        house.clock.advance(hours=18, minutes=59 - minutes)


async def learnt(house: OpenHall) -> float:
    """Minutes after one at which an open counter is expected back, as a look at the scene has it at eight."""
    sight = await house.read(lambda session: house.hall.forecaster.look(session, house.id))
    post = next(post for post in sight.planned.posts if sight.numbers[post.counter] == 3)
    return round(post.duty[1][0] - 5 * 60, 2)


async def test_a_hall_teaches_how_late_it_is(db: Database, clock: SetClock) -> None:
    """Three minutes at first; a day later what really was, today left out; the read is bounded."""
    clock.set(EIGHT)
    house = await opened(db, clock)
    assert await learnt(house) == 3.0
    await afternoons(house, 10, 3)
    late = (3.0 * 5 + 5.0 * 6) / 11  # each day on time in the morning and ten minutes late after lunch
    assert await learnt(house) == round(late, 2)
    clock.advance(days=8)
    assert await learnt(house) == 3.0
    assert clock.now() - EIGHT == timedelta(days=11)
