"""Ways back and ends of a day: transfers and their return, lost clerks' visitors, the closing list, who passed whom."""

from datetime import timedelta

import pytest

from base.errors import BadInput, Conflict
from hallqueue import CounterState, LegView, Order, Rescue, SessionView, Standing, State
from tests.hallqueue.builders import OpenHall, clerk

MINUTE = timedelta(minutes=1)


async def lost(house: OpenHall, counter: int) -> SessionView:
    """The counter's console dies while it holds somebody, and two minutes pass."""
    house.clock.advance(seconds=91)
    for other in {2, 3, 4} - {counter}:
        await house.write(lambda session, other=other: house.desk.seen(session, house.id, other, clerk(other)))  # type: ignore[misc]
    await house.write(lambda session: house.desk.sweep(session, house.id))
    house.clock.advance(minutes=2)
    (orphan,) = await house.read(lambda session: house.desk.orphans(session, house.id))
    return orphan


async def rescue(house: OpenHall, orphan: SessionView, act: str, **more: object) -> LegView:
    """What the supervisor does about it."""
    assert orphan.leg is not None
    order = Rescue(act, orphan.session, orphan.leg.leg, orphan.leg.version, **more)  # type: ignore[arg-type]
    return await house.write(lambda session: house.desk.rescue(session, house.id, order, "staff:9"))


async def test_undone_finish_takes_the_way_back_away(house: OpenHall) -> None:
    """The leg that led back to the first counter never was; figures and order are as before."""
    ticket = await house.take()
    serving = await house.act(2, "start", await house.call(2))
    await house.act(2, "transfer", serving, target="B", is_back=True)
    there = await house.act(4, "start", await house.call(4))
    finished = await house.act(4, "finish", there)
    assert (await house.ticket(ticket)).service == "A"
    again = await house.act(4, "undo", finished)
    assert (again.state, again.leg) == (State.SERVING, there.leg)
    assert (await house.ticket(ticket)).leg == there.leg
    assert await house.column("select count(*) from leg") == [2]
    removed = await house.column("select max(leg) from queue_event")
    other = await house.take("B")
    assert other.leg > removed[0]
    await house.act(4, "finish", again)
    assert (await house.call(2)).number == "A001"


async def test_way_back_survives_a_transfer_in_between(house: OpenHall) -> None:
    """A to B, on to E, and then back to the counter of A."""
    await house.open(9)
    ticket = await house.take()
    leg = await house.act(2, "start", await house.call(2))
    await house.act(2, "transfer", leg, target="B", is_back=True)
    leg = await house.act(4, "start", await house.call(4))
    moved = await house.act(4, "transfer", leg, target="E")
    await house.act(9, "finish", await house.act(9, "start", await house.call(9)))
    now = await house.ticket(ticket)
    assert (now.service, now.state, now.number) == ("A", State.WAITING, moved.number)
    assert await house.next(3) is None
    assert (await house.call(2)).number == "A001"


async def test_transfer_refuses_what_cannot_be_served(house: OpenHall) -> None:
    """The same service, one that the holder waits for already, a paused one."""
    await house.take(holder="id:1")
    other = await house.take("B", holder="id:1")
    leg = await house.act(2, "start", await house.call(2))
    with pytest.raises(BadInput) as same:
        await house.act(2, "transfer", leg, target="A")
    assert same.value.field == "target"
    with pytest.raises(Conflict):
        await house.act(2, "transfer", leg, target="B")
    await house.write(lambda session: house.hall.cancel(session, other.token))
    await house.write(lambda session: house.hall.pause_service(session, house.id, "B", "系统故障", "staff:9"))
    with pytest.raises(Conflict):
        await house.act(2, "transfer", leg, target="B")


async def test_nobody_is_called_to_a_counter_that_cannot_do_it(house: OpenHall) -> None:
    """Neither by choice."""
    ticket = await house.take("B")
    order = Order("call", ticket.leg, ticket.version, reason="老人")
    with pytest.raises(Conflict) as caught:
        await house.write(lambda session: house.desk.act(session, house.id, 2, clerk(2), order))
    assert "不办理" in caught.value.message


async def test_supervisor_hands_a_called_visitor_over(house: OpenHall) -> None:
    """They hear where to go now; the lost session ends."""
    await house.take()
    await house.call(2)
    orphan = await lost(house, 2)
    with pytest.raises(Conflict):
        await rescue(house, orphan, "hand_over", counter=4)
    moved = await rescue(house, orphan, "hand_over", counter=3)
    assert (moved.state, moved.counter, moved.call) == (State.CALLED, 3, 2)
    calls = await house.read(lambda session: house.hall.calls_after(session, house.id, 1))
    assert [(call.kind, call.counter, call.is_live) for call in calls] == [("recall", 3, True)]
    assert await house.read(lambda session: house.desk.orphans(session, house.id)) == ()
    assert (await house.act(3, "start", moved)).state is State.SERVING


async def test_supervisor_returns_a_visitor_to_the_line(house: OpenHall) -> None:
    """Where they stood; the call that nobody could answer has passed nobody."""
    await house.take(priority="P1")
    waiting = await house.take()
    called = await house.call(2)
    orphan = await lost(house, 2)
    with pytest.raises(BadInput):
        await rescue(house, orphan, "release")
    back = await rescue(house, orphan, "release", reason="窗口电脑故障")
    assert (back.state, back.counts_from, back.counter) == (State.WAITING, called.counts_from, None)
    assert await house.column("select run from number_series") == [0]
    assert (await house.ticket(waiting)).passed.total == 0
    assert (await house.call(3)).number == "A001"


async def test_supervisor_finishes_for_a_lost_clerk_but_not_at_once(house: OpenHall) -> None:
    """The clerk has two minutes to come back."""
    await house.take()
    await house.act(2, "start", await house.call(2))
    orphan = await lost(house, 2)
    house.clock.advance(seconds=-60)
    with pytest.raises(Conflict):
        await rescue(house, orphan, "finish")
    house.clock.advance(seconds=60)
    assert (await rescue(house, orphan, "finish")).state is State.SERVED
    with pytest.raises(Conflict):
        await rescue(house, orphan, "finish")


async def test_closing_list_and_the_end_of_the_day(house: OpenHall) -> None:
    """Everything but who is being served closes, and is never counted as served."""
    tickets = [await house.take() for _ in range(4)]
    serving = await house.act(2, "start", await house.call(2))
    await house.miss(3, await house.call(3))
    await house.call(3)
    await house.write(lambda session: house.hall.defer(session, tickets[3].token))
    await house.take()
    shown = await house.read(lambda session: house.hall.closing_list(session, house.id))
    assert (shown.waiting, shown.called, shown.serving, shown.parked, shown.missed) == (1, 1, 1, 1, 1)
    assert {leg.number for leg in shown.at_counter} == {"A001", "A003"}
    assert await house.write(lambda session: house.hall.close_day(session, house.id, "staff:9")) == 4
    shown = await house.read(lambda session: house.hall.closing_list(session, house.id))
    assert (shown.waiting, shown.called, shown.serving, shown.parked, shown.missed) == (0, 0, 1, 0, 0)
    assert (await house.act(2, "finish", serving)).state is State.SERVED
    assert await house.column("select count(*) from leg where state = 'served'") == [1]
    assert set(await house.column("select actor from queue_event where command = 'close_day'")) == {"staff:9"}


async def test_keeping_ends_with_the_console_that_is_lost(house: OpenHall) -> None:
    """Nobody waits for a counter that does not call."""
    await house.take()
    await house.take()
    parked = await house.act(2, "park", await house.act(2, "start", await house.call(2)), reason="取材料", is_kept=True)
    await house.act(2, "unpark", parked)
    await house.act(2, "start", await house.call(2))
    await lost(house, 2)
    view = await house.read(lambda session: house.desk.session_of(session, house.id, clerk(2)))
    assert view is not None
    assert view.state is CounterState.ORPHANED
    assert (await house.call(3)).number == "A002"


async def test_deferred_visitor_who_comes_early_counts_as_late_as_they_were_away(house: OpenHall) -> None:
    """Five minutes of fifteen."""
    ticket = await house.take()
    await house.write(lambda session: house.hall.defer(session, ticket.token))
    house.clock.advance(minutes=5)
    back = await house.write(lambda session: house.hall.unpark(session, ticket.token))
    assert (back.state, back.counts_from) == (State.WAITING, ticket.counts_from + 5 * MINUTE)


async def test_one_person_called_twice_has_passed_once(house: OpenHall) -> None:
    """For the reason of the last call."""
    ordinary = await house.take("B")
    house.clock.advance(minutes=1)
    await house.take("B", priority="P1")
    missed = await house.miss(4, await house.call(4))
    await house.act(4, "call", missed, reason="已回来")
    assert (await house.ticket(ordinary)).passed.text == "1 人先于您：1 位窗口指定"


async def test_whoever_was_called_checked_and_sent_back_has_passed_nobody(house: OpenHall) -> None:
    """Nor does the call count for the guard."""
    ordinary = await house.take()
    house.clock.advance(minutes=1)
    await house.take(priority="P1")
    called = await house.call(2)
    assert (await house.ticket(ordinary)).passed.total == 1
    back = await house.act(2, "reclass", called, reason="证件不符")
    assert (back.standing, back.is_verified) == (Standing.ORDINARY, False)
    assert (await house.ticket(ordinary)).passed.total == 0
    assert await house.column("select run from number_series") == [0]
    assert (await house.call(2)).number == ordinary.number


async def test_parked_visitor_was_not_passed_while_at_the_counter(house: OpenHall) -> None:
    """Only who was called while they waited again."""
    await house.take()
    parked = await house.act(2, "park", await house.act(2, "start", await house.call(2)), reason="取材料")
    house.clock.advance(minutes=1)
    await house.take(priority="P1")
    await house.serve(2)
    house.clock.advance(minutes=1)
    await house.act(2, "unpark", parked)
    token = parked.token
    seen = await house.read(lambda session: house.hall.ticket(session, token))
    assert seen.passed.total == 0
