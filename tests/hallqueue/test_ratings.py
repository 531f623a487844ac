"""The rating pad's part of the queue: whom it asks, for how long, and what supervisors read."""

from datetime import date

import pytest

from base.errors import BadInput, Conflict, NotFound
from hallqueue import Invitation, LegView, RatingFilter, RatingView, Verdict
from tests.hallqueue.builders import OpenHall

TODAY = RatingFilter(date(2026, 3, 2), date(2026, 3, 2))
PAD = "device:pad-1"


async def asked(house: OpenHall, counter: int = 2) -> Invitation | None:
    """Whom the pad asks now."""
    return await house.read(lambda session: house.hall.invitation(session, house.id, counter))


async def rate(house: OpenHall, leg: LegView | Invitation, verdict: Verdict, counter: int = 2) -> LegView:
    """Rate on the pad of ``counter``."""
    seen = (leg.leg, leg.version)
    return await house.write(lambda session: house.hall.rate_at(session, house.id, counter, seen, verdict, actor=PAD))


async def listed(house: OpenHall, wanted: RatingFilter = TODAY) -> tuple[RatingView, ...]:
    """What supervisors read."""
    return await house.read(lambda session: house.hall.ratings(session, house.id, wanted))


async def test_the_pad_asks_for_the_leg_just_served_at_its_counter(house: OpenHall) -> None:
    """Not before the end, not for another counter's, not once it is rated."""
    for _ in range(2):
        await house.take()
    assert await asked(house) is None
    leg = await house.act(2, "start", await house.call(2))
    assert await asked(house) is None
    served = await house.act(2, "finish", leg)
    invited = await asked(house)
    assert invited is not None
    assert (invited.leg, invited.version, invited.number) == (served.leg, served.version, "A001")
    assert await asked(house, 3) is None
    await rate(house, invited, Verdict(5))
    assert await asked(house) is None


async def test_the_pad_stops_asking_when_the_next_one_sits_down_or_time_is_over(house: OpenHall) -> None:
    """A call does not end it: who was served may still stand there. After ten minutes nobody does."""
    for _ in range(2):
        await house.take()
    await house.serve(2)
    leg = await house.call(2)
    assert await asked(house) is not None
    leg = await house.act(2, "start", leg)
    assert await asked(house) is None
    served = await house.act(2, "finish", leg)
    house.clock.advance(minutes=10)
    assert await asked(house) is not None
    house.clock.advance(seconds=1)
    assert await asked(house) is None
    with pytest.raises(Conflict, match="超过 10 分钟"):
        await rate(house, served, Verdict(5))


async def test_a_finish_taken_back_is_not_rated(house: OpenHall) -> None:
    """And a rated one is not taken back."""
    await house.take()
    served = await house.serve(2)
    undone = await house.act(2, "undo", served)
    assert await asked(house) is None
    with pytest.raises(Conflict, match="刚有变动"):
        await rate(house, served, Verdict(5))
    with pytest.raises(Conflict, match="办结后才能评价"):
        await rate(house, undone, Verdict(5))
    again = await house.act(2, "finish", undone)
    await rate(house, again, Verdict(4))
    with pytest.raises(Conflict, match="只能撤回"):
        await house.act(2, "undo", again)


async def test_a_leg_is_rated_once_by_pad_or_phone(house: OpenHall) -> None:
    """Whichever comes first."""
    ticket = await house.take()
    served = await house.serve(2)
    await house.write(lambda session: house.hall.rate(session, ticket.token, 5))
    with pytest.raises(Conflict, match="已经评价过"):
        await rate(house, served, Verdict(1))
    assert await asked(house) is None


async def test_a_pad_rates_its_own_counters_legs_only(house: OpenHall) -> None:
    """And in the five levels only."""
    await house.take()
    served = await house.serve(2)
    with pytest.raises(NotFound, match="3 号窗口没有办过这张号"):
        await rate(house, served, Verdict(5), counter=3)
    with pytest.raises(BadInput) as caught:
        await rate(house, served, Verdict(0))
    assert caught.value.field == "stars"


async def test_supervisors_read_reasons_and_not_persons(house: OpenHall) -> None:
    """The newest first, bad ones alone if wanted, a page at a time; numbers of phones in the words are masked."""
    for stars, text in ((5, ""), (2, "等了一上午，电话 13812345678"), (1, "来了三趟")):
        await house.take()
        await rate(house, await house.serve(2), Verdict(stars, ("等候太久",) if stars < 3 else (), text))
        house.clock.advance(minutes=1)
    found = await listed(house)
    assert [(one.stars, one.level, one.is_bad, one.counter, one.service) for one in found] == [
        (1, "非常不满意", True, 2, "A"),
        (2, "不满意", True, 2, "A"),
        (5, "非常满意", False, 2, "A"),
    ]
    assert (found[1].tags, found[1].text) == (("等候太久",), "等了一上午，电话 138****5678")
    bad = await listed(house, RatingFilter(TODAY.first, TODAY.last, is_bad_only=True, most=1))
    older = RatingFilter(TODAY.first, TODAY.last, is_bad_only=True, before=bad[0].id)
    assert [one.stars for one in (*bad, *await listed(house, older))] == [1, 2]
    assert await listed(house, RatingFilter(date(2026, 3, 1), date(2026, 3, 1))) == ()
