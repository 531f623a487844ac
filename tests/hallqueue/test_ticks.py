"""What happens by itself: expiry, deferred returns, the change of day, lost consoles."""

from datetime import timedelta

import pytest

from base.errors import BadInput, Conflict
from hallqueue import CounterState, State, Taking
from tests.hallqueue.builders import OpenHall, clerk


async def test_missed_expires_after_its_window(house: OpenHall) -> None:
    """Not a second before."""
    ticket = await house.take()
    await house.miss(2, await house.call(2))
    house.clock.advance(minutes=30)
    assert await house.write(lambda session: house.hall.expire(session, house.id)) == 0
    house.clock.advance(seconds=1)
    assert await house.write(lambda session: house.hall.expire(session, house.id)) == 1
    assert (await house.ticket(ticket)).state is State.NO_SHOW


async def test_deferred_returns_fifteen_minutes_later(house: OpenHall) -> None:
    """As if it had come that much later; twice at most."""
    ticket = await house.take()
    for turn in (1, 2):
        away = await house.write(lambda session: house.hall.defer(session, ticket.token))
        assert (away.state, away.return_until) == (State.PARKED, house.clock.now() + timedelta(minutes=15))
        assert await house.write(lambda session: house.hall.bring_back(session, house.id)) == 0
        house.clock.advance(minutes=15)
        assert await house.write(lambda session: house.hall.bring_back(session, house.id)) == 1
        back = await house.ticket(ticket)
        assert back.counts_from == ticket.counts_from + turn * timedelta(minutes=15)
    assert back.actions == ("coming", "cancel")
    with pytest.raises(Conflict):
        await house.write(lambda session: house.hall.defer(session, ticket.token))


async def test_papers_fetched_are_not_brought_back_by_the_tick(house: OpenHall) -> None:
    """Only a deferral has a time."""
    await house.take()
    await house.act(2, "park", await house.act(2, "start", await house.call(2)), reason="取材料")
    house.clock.advance(hours=2)
    assert await house.write(lambda session: house.hall.bring_back(session, house.id)) == 0


async def test_day_change_closes_what_was_left(house: OpenHall) -> None:
    """Waiting, called, parked and missed; one being served stays until its clerk finishes it."""
    tickets = [await house.take() for _ in range(4)]
    serving = await house.act(2, "start", await house.call(2))
    await house.miss(3, await house.call(3))
    await house.write(lambda session: house.hall.defer(session, tickets[2].token))
    assert await house.write(lambda session: house.hall.close_past_days(session, house.id)) == 0
    house.clock.advance(days=1)
    assert await house.write(lambda session: house.hall.close_past_days(session, house.id)) == 3
    states = [(await house.ticket(one)).state for one in tickets]
    assert states == [State.SERVING, *[State.CLOSED_UNSERVED] * 3]
    assert (await house.act(2, "finish", serving)).state is State.SERVED


async def test_yesterdays_waiting_is_never_called(house: OpenHall) -> None:
    """Also before the tick has run."""
    await house.take()
    house.clock.advance(days=1)
    assert await house.next(2) is None


async def test_silent_console_is_lost_and_its_visitor_found_again(house: OpenHall) -> None:
    """The same clerk resumes at any counter; after two minutes the supervisor knows."""
    await house.take()
    serving = await house.act(2, "start", await house.call(2))
    house.clock.advance(seconds=91)
    await house.write(lambda session: house.desk.seen(session, house.id, 3, clerk(3)))
    assert await house.write(lambda session: house.desk.sweep(session, house.id)) == 2
    assert await house.read(lambda session: house.desk.orphans(session, house.id)) == ()
    house.clock.advance(minutes=2)
    (lost,) = await house.read(lambda session: house.desk.orphans(session, house.id))
    assert (lost.counter, lost.state, lost.leg and lost.leg.number) == (2, CounterState.ORPHANED, "A001")
    with pytest.raises(Conflict):
        await house.act(2, "finish", serving)
    again = await house.write(lambda session: house.desk.open(session, house.id, 5, clerk(2)))
    assert again.leg is not None
    assert (again.leg.number, again.leg.state, again.leg.counter) == ("A001", State.SERVING, 5)
    assert await house.read(lambda session: house.desk.orphans(session, house.id)) == ()


async def test_counter_of_a_lost_console_is_free_for_another_clerk(house: OpenHall) -> None:
    """The visitor stays with the lost session."""
    await house.take()
    await house.take()
    await house.call(2)
    house.clock.advance(seconds=91)
    await house.write(lambda session: house.desk.sweep(session, house.id))
    await house.write(lambda session: house.desk.open(session, house.id, 2, "staff:99"))
    leg = await house.write(lambda session: house.desk.call_next(session, house.id, 2, "staff:99"))
    assert leg is not None
    assert leg.number == "A002"


async def test_acting_keeps_a_session_alive(house: OpenHall) -> None:
    """A command counts as a sign of life."""
    await house.take()
    house.clock.advance(seconds=80)
    await house.call(2)
    house.clock.advance(seconds=80)
    assert await house.write(lambda session: house.desk.sweep(session, house.id)) == 2
    view = await house.read(lambda session: house.desk.session_of(session, house.id, clerk(2)))
    assert view is not None
    assert view.state is CounterState.OPEN


async def test_rating_is_asked_once_and_checked(house: OpenHall) -> None:
    """One to five stars, after the service."""
    ticket = await house.take()
    with pytest.raises(Conflict):
        await house.write(lambda session: house.hall.rate(session, ticket.token, 5))
    await house.serve(2)
    with pytest.raises(BadInput) as caught:
        await house.write(lambda session: house.hall.rate(session, ticket.token, 7))
    assert (caught.value.field, caught.value.message) == ("stars", "评分须为 1–5 的整数，收到 7。")
    rated = await house.write(lambda session: house.hall.rate(session, ticket.token, 4, tags=("耐心",), text="谢谢"))
    assert (rated.stars, rated.actions) == (4, ())
    with pytest.raises(Conflict):
        await house.write(lambda session: house.hall.rate(session, ticket.token, 4))


async def test_every_change_is_in_the_audit_and_tells_its_pages(house: OpenHall) -> None:
    """Who, what, which ticket; the board, the ticket's page, the counter."""
    told: list[str] = []
    house.db.tell = told.extend
    ticket = await house.write(lambda session: house.hall.take(session, house.id, Taking("A", actor="device:kiosk-1")))
    await house.call(2)
    assert await house.column("select action from audit where subject = 'ticket:1' order by id") == [
        "queue.take",
        "queue.call_next",
    ]
    hints = {f"board:{house.id}", f"ticket:{ticket.token}", f"counter:{house.id}:2", f"calls:{house.id}"}
    assert set(told) == hints
