"""Numbers given while a kiosk is cut off: leased before, brought home after, never twice."""

from datetime import timedelta
from typing import Any

import pytest

from base.clock import SetClock
from base.db import Database
from base.errors import BadInput, Conflict, NotFound
from hallqueue import Block, Offline, QueueSettings, State, TicketView
from tests.hallqueue.builders import OpenHall, opened

KIOSK, OTHER = "device:kiosk-1", "device:kiosk-2"


async def lease(house: OpenHall, device: str = KIOSK, service: str = "A", *, has_forgotten: bool = False) -> Block:
    """Lease, or renew."""
    return await house.write(
        lambda session: house.hall.lease_block(session, house.id, service, device, has_forgotten=has_forgotten)
    )


async def merge(house: OpenHall, block: int, *issued: Offline, device: str = KIOSK) -> tuple[TicketView, ...]:
    """Bring home."""
    return await house.write(lambda session: house.hall.merge_block(session, house.id, block, issued, device))


def given(house: OpenHall, serial: int, minutes: float = 0, **more: Any) -> Offline:  # noqa: ANN401 (any of its fields)
    """A number given so many minutes from now."""
    return Offline(serial, house.clock.now() + timedelta(minutes=minutes), f"secret-of-{serial}-twenty", **more)


async def test_each_device_has_its_own_block_of_each_service(house: OpenHall) -> None:
    """Ten numbers from 900 on; asked again the same, renewed; the day's midnight ends it."""
    mine = await lease(house)
    assert (mine.service, mine.prefix, mine.first, mine.last) == ("A", "A", 900, 909)
    assert mine.until == house.clock.now().replace(hour=16, minute=0)
    assert await lease(house) == mine
    assert [(await lease(house, OTHER)).first, (await lease(house, KIOSK, "B")).first] == [910, 900]


async def test_numbers_given_while_cut_off_enter_where_they_would_have_stood(house: OpenHall) -> None:
    """By their time of issue, between the last contact and the merge, in front of whoever came later."""
    block = await lease(house)
    house.clock.advance(minutes=10)
    online = await house.take()
    house.clock.advance(minutes=10)
    too_early, too_late = given(house, 900, -60), given(house, 902, 5)
    home = await merge(house, block.id, too_late, given(house, 901, -15, priority="P9", phone="13800000000"), too_early)
    assert [(one.number, one.issued_at - online.issued_at) for one in home] == [
        ("A902", timedelta(minutes=10)),
        ("A901", timedelta(minutes=-5)),
        ("A900", timedelta(minutes=-10)),
    ]
    assert home[1].priority is None
    assert await house.read(lambda session: house.hall.ticket(session, "secret-of-901-twenty")) == home[1]
    assert [(await house.serve(2)).number for _ in range(4)] == ["A900", "A901", "A001", "A902"]


async def test_merging_twice_changes_nothing(house: OpenHall) -> None:
    """The same tickets come back, as they stand by now; new ones are added."""
    block = await lease(house)
    house.clock.advance(minutes=5)
    first = given(house, 900, -2)
    await merge(house, block.id, first)
    await house.serve(2)
    again = await merge(house, block.id, first, given(house, 901, -1))
    assert [(one.number, one.state) for one in again] == [("A900", State.SERVED), ("A901", State.WAITING)]
    assert await house.column("select serial from ticket order by serial") == [900, 901]
    left = await lease(house)
    assert (left.id, left.first, left.last) == (block.id, 902, 909)


async def test_renewed_block_counts_from_that_contact(house: OpenHall) -> None:
    """What is brought home after it was not given before it."""
    block = await lease(house)
    house.clock.advance(minutes=30)
    assert await house.write(lambda session: house.hall.renew_blocks(session, house.id, KIOSK)) == 1
    contact = house.clock.now()
    house.clock.advance(minutes=10)
    (home,) = await merge(house, block.id, given(house, 900, -35))
    assert home.issued_at == contact


async def test_series_leaves_the_blocks_out(house: OpenHall) -> None:
    """Numbers taken online go on from where they were, and past 899 at 1000."""
    block = await lease(house)
    await house.take()
    await merge(house, block.id, given(house, 900))
    assert (await house.take()).number == "A002"


async def test_half_used_block_gives_way_to_a_fresh_one(house: OpenHall) -> None:
    """So a kiosk that is cut off again has enough; the rest is a gap."""
    block = await lease(house)
    await merge(house, block.id, *(given(house, serial) for serial in range(900, 905)))
    assert (await lease(house)).first == 910
    assert (await lease(house, OTHER)).first == 920


async def test_kiosk_that_forgot_what_it_printed_gets_other_numbers(house: OpenHall) -> None:
    """What it may have printed is given to nobody again."""
    await lease(house)
    assert (await lease(house, has_forgotten=True)).first == 910
    assert (await lease(house)).first == 910


async def test_block_given_back_unused_is_leased_again(house: OpenHall) -> None:
    """Used, it is over."""
    block = await lease(house)
    await house.write(lambda session: house.hall.give_block_back(session, house.id, block.id, KIOSK))
    again = await lease(house, OTHER)
    assert again.first == 900
    await merge(house, again.id, given(house, 900), device=OTHER)
    await house.write(lambda session: house.hall.give_block_back(session, house.id, again.id, OTHER))
    assert (await lease(house)).first == 910


async def test_blocks_end_at_999(db: Database, clock: SetClock) -> None:
    """A kiosk keeps what it has; another is refused."""
    house = await opened(db, clock, 2, settings=QueueSettings(block_numbers=50))
    await lease(house)
    last = await lease(house, OTHER)
    assert (last.first, last.last) == (950, 999)
    with pytest.raises(Conflict):
        await lease(house, "device:kiosk-3")
    await merge(house, last.id, *(given(house, serial) for serial in range(950, 980)), device=OTHER)
    assert (await lease(house, OTHER)).id == last.id


async def test_only_its_own_numbers_come_home(house: OpenHall) -> None:
    """Another device's block, a serial outside it, one twice, a known token: nothing is kept."""
    block = await lease(house)
    ticket = await house.take()
    with pytest.raises(NotFound):
        await merge(house, block.id, given(house, 900), device=OTHER)
    wrong = (
        (given(house, 910),),
        (given(house, 900), given(house, 900)),
        (given(house, 900), Offline(901, house.clock.now(), ticket.token)),
    )
    for issued in wrong:
        with pytest.raises(BadInput):
            await merge(house, block.id, *issued)
    assert await house.column("select serial from ticket") == [1]


async def test_yesterdays_numbers_come_home_to_yesterday(house: OpenHall) -> None:
    """They are not lost, and close unserved with their day."""
    block = await lease(house)
    house.clock.advance(days=1)
    (late,) = await merge(house, block.id, given(house, 900, -20 * 60))
    assert (late.state, late.day) == (State.WAITING, block.day)
    assert await house.next(2) is None
    assert await house.write(lambda session: house.hall.close_past_days(session, house.id)) == 1
    assert (await house.ticket(late)).state is State.CLOSED_UNSERVED
