"""Undo: the last call, miss or finish of a session, within a minute, as it was before."""

import pytest

from base.errors import BadInput, Conflict
from hallqueue import LegView, State
from tests.hallqueue.builders import OpenHall, clerk

ROW = (
    "state, standing, counts_from, rank_at, entered, session, counter, called_at, last_called_at, recalls, misses, "
    "started_at, ended_at, until, reason"
)


async def row(house: OpenHall, leg: int) -> tuple[object, ...]:
    """What may change of a leg, without its version and keeping."""
    import sqlalchemy as sa  # noqa: PLC0415

    query = sa.text(f"select {ROW} from leg where id = :leg")
    return await house.read(lambda session: tuple(session.all(query, leg=leg)[0]))


async def refused(house: OpenHall, leg: LegView, **more: object) -> None:
    """The undo meets a conflict and changes nothing."""
    before = await row(house, leg.leg)
    with pytest.raises(Conflict):
        await house.act(2, "undo", leg, **more)
    assert await row(house, leg.leg) == before


async def test_undone_call_waits_again_kept_for_this_counter(house: OpenHall) -> None:
    """With a reason, announced, the guard's count as before."""
    ticket = await house.take(priority="P1")
    before = await row(house, ticket.leg)
    called = await house.call(2)
    with pytest.raises(BadInput):
        await house.act(2, "undo", called)
    back = await house.act(2, "undo", called, reason="误按")
    assert (back.state, back.version, back.call) == (State.WAITING, called.version + 1, 2)
    assert await row(house, ticket.leg) == before
    assert await house.column("select run from number_series") == [0]
    calls = await house.read(lambda session: house.hall.calls_after(session, house.id, 0))
    assert [(call.kind, call.is_withdrawn, call.is_live) for call in calls] == [
        ("call", True, False),
        ("undo", True, False),
    ]
    assert calls[1].text == "A 零零一 号的呼叫已撤回，请继续等候"
    assert await house.next(3) is None
    assert (await house.call(2)).number == "A001"


async def test_guard_count_after_undo_is_that_of_the_calls_that_stand(house: OpenHall) -> None:
    """Also when another counter has called in between."""
    for _ in range(3):
        await house.take(priority="P1")
    first = await house.call(2)
    await house.call(3)
    assert await house.column("select run from number_series") == [2]
    await house.act(2, "undo", first, reason="误按")
    assert await house.column("select run from number_series") == [1]


async def test_undone_miss_is_called_again(house: OpenHall) -> None:
    """No reason is asked."""
    await house.take()
    called = await house.call(2)
    before = await row(house, called.leg)
    back = await house.act(2, "undo", await house.miss(2, called))
    assert (back.state, back.counter) == (State.CALLED, 2)
    assert await row(house, called.leg) == before


async def test_undone_finish_is_served_again(house: OpenHall) -> None:
    """The start stays."""
    await house.take()
    serving = await house.act(2, "start", await house.call(2))
    before = await row(house, serving.leg)
    back = await house.act(2, "undo", await house.act(2, "finish", serving))
    assert back.state is State.SERVING
    assert await row(house, serving.leg) == before


async def test_undo_ends_after_a_minute(house: OpenHall) -> None:
    """Sixty seconds are in time, sixty-one are not."""
    await house.take()
    called = await house.call(2)
    house.clock.advance(seconds=61)
    await refused(house, called, reason="误按")
    house.clock.advance(seconds=-1)
    assert (await house.act(2, "undo", called, reason="误按")).state is State.WAITING


async def test_only_the_sessions_last_act_is_undone(house: OpenHall) -> None:
    """Whatever the session or the ticket did since stands in the way."""
    await house.take()
    await house.take()
    served = await house.serve(2)
    next_one = await house.call(2)
    await refused(house, served)
    await house.act(2, "undo", next_one, reason="误按")
    await refused(house, served)


async def test_rated_finish_is_final(house: OpenHall) -> None:
    """What was rated stays served."""
    ticket = await house.take()
    served = await house.serve(2)
    await house.write(lambda session: house.hall.rate(session, ticket.token, 5))
    await refused(house, served)


async def test_undo_of_undo_is_refused(house: OpenHall) -> None:
    """Once."""
    await house.take()
    back = await house.act(2, "undo", await house.call(2), reason="误按")
    await refused(house, back, reason="误按")


async def test_undone_finish_gives_way_to_the_holders_new_number(house: OpenHall) -> None:
    """One live leg per holder, service and day."""
    await house.take(holder="id:1")
    served = await house.serve(2)
    await house.take(holder="id:1")
    await refused(house, served)


async def test_console_offers_undo_and_counts_it(house: OpenHall) -> None:
    """Until when, and how often today."""
    await house.take()
    called = await house.call(2)
    console = await house.read(lambda session: house.desk.console(session, house.id, 2, clerk(2)))
    assert console.undo is not None
    assert (console.undo.leg, console.undo_until) == (called.leg, called.called_at and console.undo_until)
    await house.act(2, "undo", called, reason="误按")
    console = await house.read(lambda session: house.desk.console(session, house.id, 2, clerk(2)))
    assert (console.undo, console.today.undone) == (None, 1)
