"""The clerks' commands: who is called, what is announced, what is refused and how."""

from datetime import timedelta

import pytest

from base.errors import BadInput, Conflict
from hallqueue import CallView, CounterState, LegView, Order, Standing, State
from tests.hallqueue.builders import OpenHall, clerk

MINUTE = timedelta(minutes=1)


async def calls(house: OpenHall, after: int = 0) -> tuple[CallView, ...]:
    """The announcements since."""
    return await house.read(lambda session: house.hall.calls_after(session, house.id, after))


async def refused(house: OpenHall, counter: int, command: str, leg: LegView, **more: object) -> Conflict:
    """The conflict that a command meets."""
    with pytest.raises(Conflict) as caught:
        await house.act(counter, command, leg, **more)
    return caught.value


async def test_empty_line_calls_nobody(house: OpenHall) -> None:
    """None, and nothing is announced."""
    assert await house.next(2) is None
    assert await calls(house) == ()


async def test_call_start_finish(house: OpenHall) -> None:
    """The straight way through."""
    ticket = await house.take()
    called = await house.call(2)
    assert (called.number, called.state, called.counter, called.call) == (ticket.number, State.CALLED, 2, 1)
    assert called.actions == ("start", "recall", "transfer") or set(called.actions) == {"recall", "start", "transfer"}
    serving = await house.act(2, "start", called)
    assert (serving.state, set(serving.actions)) == (State.SERVING, {"finish", "park", "transfer"})
    served = await house.act(2, "finish", serving, items=("company-cancellation",))
    assert (served.state, served.items_done, served.actions) == (State.SERVED, ("company-cancellation",), ())
    assert (await house.ticket(ticket)).actions == ("rate",)


async def test_announcement_says_number_and_counter(house: OpenHall) -> None:
    """Digit by digit."""
    await house.take()
    await house.call(3)
    (call,) = await calls(house)
    assert (call.number, call.kind, call.text, call.is_live) == (1, "call", "请 A 零零一 号到 3 号窗口", True)


async def test_announcements_are_numbered_without_gaps(house: OpenHall) -> None:
    """Calls and recalls alike; a cursor never skips one."""
    for _ in range(3):
        await house.take()
    first = await house.call(2)
    await house.call(3)
    house.clock.advance(seconds=20)
    await house.act(2, "recall", first)
    assert [(call.number, call.kind) for call in await calls(house)] == [(1, "call"), (2, "call"), (3, "recall")]
    assert [call.number for call in await calls(house, 2)] == [3]


async def test_counter_with_somebody_calls_nobody_else(house: OpenHall) -> None:
    """One at a time."""
    await house.take()
    await house.take()
    await house.call(2)
    with pytest.raises(Conflict):
        await house.next(2)


async def test_counter_calls_its_tiers_in_order(house: OpenHall) -> None:
    """Counter 3 has A before B, although B came first."""
    await house.take("B")
    house.clock.advance(minutes=1)
    await house.take("A")
    assert (await house.serve(3)).number == "A001"
    assert (await house.call(3)).number == "B001"


async def test_guard_lets_an_ordinary_number_through(house: OpenHall) -> None:
    """After two priority calls in a row."""
    ordinary = await house.take()
    house.clock.advance(minutes=1)
    for _ in range(3):
        await house.take(priority="P1")
    assert [(await house.serve(2)).number for _ in range(4)] == ["A002", "A003", "A001", "A004"]
    passed = (await house.ticket(ordinary)).passed
    assert (passed.total, passed.text) == (2, "2 人先于您：2 位优先")


async def test_recall_waits_twenty_seconds_and_ends_at_three(house: OpenHall) -> None:
    """Each refusal says what is allowed."""
    await house.take()
    leg = await house.call(2)
    assert "20 秒" in (await refused(house, 2, "recall", leg)).message
    for _ in range(3):
        house.clock.advance(seconds=20)
        leg = await house.act(2, "recall", leg)
    house.clock.advance(seconds=20)
    assert (await refused(house, 2, "recall", leg)).allowed == ["start", "miss"]


async def test_miss_needs_two_recalls_or_ninety_seconds(house: OpenHall) -> None:
    """Then the return window opens."""
    await house.take()
    leg = await house.call(2)
    house.clock.advance(seconds=89)
    await refused(house, 2, "miss", leg)
    house.clock.advance(seconds=1)
    missed = await house.act(2, "miss", leg)
    assert (missed.state, missed.return_until) == (State.MISSED, house.clock.now() + 30 * MINUTE)


async def test_restore_goes_behind_three_ordinary(house: OpenHall) -> None:
    """Never earlier than its own place; the last if fewer wait, now if nobody does."""
    ticket = await house.take()
    missed = await house.miss(2, await house.call(2))
    others = []
    for _ in range(4):
        house.clock.advance(minutes=1)
        others.append(await house.take())
    back = await house.act(2, "restore", missed)
    assert back.counts_from == others[2].counts_from
    assert [(await house.serve(2)).number for _ in range(5)] == ["A002", "A003", "A004", "A001", "A005"]
    assert (await house.ticket(ticket)).state is State.SERVED


async def test_restore_past_the_window_needs_an_override_with_reason(house: OpenHall) -> None:
    """A clerk may, a visitor may not."""
    ticket = await house.take()
    missed = await house.miss(2, await house.call(2))
    house.clock.advance(minutes=31)
    with pytest.raises(Conflict):
        await house.write(lambda session: house.hall.restore(session, ticket.token))
    with pytest.raises(BadInput):
        await house.act(2, "restore", missed, is_override=True)
    back = await house.act(2, "restore", missed, is_override=True, reason="听力不便")
    assert (back.state, back.counts_from) == (State.WAITING, house.clock.now())


async def test_stale_version_is_a_conflict_with_the_leg_as_it_stands(house: OpenHall) -> None:
    """The page can redraw from the answer."""
    await house.take()
    called = await house.call(2)
    await house.act(2, "start", called)
    refusal = await refused(house, 2, "start", called)
    detail = refusal.detail
    assert detail is not None
    leg = detail["leg"]
    assert isinstance(leg, dict)
    assert (leg["state"], leg["version"]) == (State.SERVING, called.version + 1)


async def test_refused_command_changes_nothing(house: OpenHall) -> None:
    """Nor does it leave an event."""
    await house.take()
    called = await house.call(2)
    before = await house.column("select count(*) from queue_event")
    refusal = await refused(house, 2, "finish", called)
    assert refusal.allowed == ["recall", "start", "miss", "transfer", "verify", "reclass"]
    assert await house.column("select count(*) from queue_event") == before


async def test_another_counter_may_not_touch_it(house: OpenHall) -> None:
    """A called leg belongs to its session."""
    await house.take()
    called = await house.call(2)
    assert "另一窗口" in (await refused(house, 3, "start", called)).message


async def test_call_this_needs_a_reason_and_counts_for_the_guard(house: OpenHall) -> None:
    """It is kept with the event."""
    await house.take(priority="P1")
    chosen = await house.take()
    view = await house.read(lambda session: house.desk.console(session, house.id, 2, clerk(2)))
    assert view.leg is None
    order = Order("call", chosen.leg, chosen.version)
    with pytest.raises(BadInput):
        await house.write(lambda session: house.desk.act(session, house.id, 2, clerk(2), order))
    order = Order("call", chosen.leg, chosen.version, reason="孩子不舒服")
    leg = await house.write(lambda session: house.desk.act(session, house.id, 2, clerk(2), order))
    assert (leg.number, leg.state) == ("A002", State.CALLED)
    assert await house.column("select reason from queue_event where command = 'call'") == ["孩子不舒服"]


async def test_park_keeps_the_place(house: OpenHall) -> None:
    """On return it is among the first; kept for the counter if so parked."""
    await house.take()
    house.clock.advance(minutes=5)
    await house.take()
    parked = await house.act(2, "park", await house.act(2, "start", await house.call(2)), reason="取材料", is_kept=True)
    assert (parked.state, parked.reason) == (State.PARKED, "取材料")
    assert (await house.serve(2)).number == "A002"
    await house.take()
    back = await house.act(2, "unpark", parked)
    assert back.counter is None
    assert (await house.call(3)).number == "A003"
    assert (await house.call(2)).number == "A001"


async def test_keeping_lapses_after_fifteen_minutes_or_a_pause(house: OpenHall) -> None:
    """Nobody waits for a counter that does not call."""
    for _ in range(2):
        await house.take()
    parked = [
        await house.act(2, "park", await house.act(2, "start", await house.call(2)), reason="取材料", is_kept=True)
        for _ in range(2)
    ]
    await house.act(2, "unpark", parked[0])
    assert await house.next(3) is None
    house.clock.advance(minutes=15)
    assert (await house.serve(3)).number == "A001"
    await house.act(2, "unpark", parked[1])
    assert await house.next(3) is None
    await house.write(lambda session: house.desk.pause(session, house.id, 2, clerk(2), "离席"))
    assert (await house.call(3)).number == "A002"


async def test_transfer_keeps_number_and_place_and_comes_back(house: OpenHall) -> None:
    """Close here, go on there, and back to this counter if asked."""
    ticket = await house.take()
    house.clock.advance(minutes=5)
    await house.take("B")
    leg = await house.act(2, "start", await house.call(2))
    moved = await house.act(2, "transfer", leg, target="B", is_back=True)
    assert (moved.number, moved.service, moved.state) == ("A001", "B", State.WAITING)
    assert moved.counts_from == ticket.counts_from
    assert (await house.serve(4)).number == "A001"
    now = await house.ticket(ticket)
    assert (now.service, now.state) == ("A", State.WAITING)
    assert await house.next(3) is not None
    assert (await house.call(2)).number == "A001"


async def test_reclass_makes_it_ordinary_from_issue(house: OpenHall) -> None:
    """A declared priority that fails its check."""
    await house.take()
    house.clock.advance(minutes=1)
    declared = await house.take(priority="P3")
    called = await house.call(2)
    assert called.number == declared.number
    back = await house.act(2, "reclass", called, reason="年龄不符")
    assert (back.state, back.standing, back.counts_from) == (State.WAITING, Standing.ORDINARY, declared.issued_at)
    assert (await house.call(2)).number == "A001"


async def test_holder_is_not_called_twice_at_once(house: OpenHall) -> None:
    """Whoever stands at one counter is left out at another."""
    await house.take("A", holder="id:1")
    await house.take("B", holder="id:1")
    other = await house.take("B")
    await house.call(2)
    assert (await house.call(4)).number == other.number


async def test_guide_desk_calls_nobody(house: OpenHall) -> None:
    """It gives numbers out."""
    await house.open(1)
    with pytest.raises(Conflict) as caught:
        await house.next(1)
    assert "导办台" in caught.value.message


async def test_pause_needs_a_known_reason_and_stops_calling(house: OpenHall) -> None:
    """And resume opens again."""
    await house.take()
    with pytest.raises(BadInput):
        await house.write(lambda session: house.desk.pause(session, house.id, 2, clerk(2), "喝茶"))
    paused = await house.write(lambda session: house.desk.pause(session, house.id, 2, clerk(2), "午休"))
    assert (paused.state, paused.reason) == (CounterState.PAUSED, "午休")
    with pytest.raises(Conflict):
        await house.next(2)
    await house.write(lambda session: house.desk.resume(session, house.id, 2, clerk(2)))
    assert (await house.call(2)).number == "A001"


async def test_one_clerk_at_one_counter(house: OpenHall) -> None:
    """Neither a second clerk here nor a second counter for the same clerk."""
    with pytest.raises(Conflict):
        await house.write(lambda session: house.desk.open(session, house.id, 2, "staff:99"))
    with pytest.raises(Conflict):
        await house.write(lambda session: house.desk.open(session, house.id, 5, clerk(2)))
    again = await house.open(2)
    assert again.counter == 2


async def test_close_refuses_while_somebody_is_here(house: OpenHall) -> None:
    """Finish, park or transfer first; only called, start, miss or transfer."""
    await house.take()
    called = await house.call(2)
    with pytest.raises(Conflict) as caught:
        await house.write(lambda session: house.desk.close(session, house.id, 2, clerk(2)))
    assert caught.value.allowed == ["recall", "start", "transfer"]
    await house.act(2, "start", called)
    with pytest.raises(Conflict) as caught:
        await house.write(lambda session: house.desk.close(session, house.id, 2, clerk(2)))
    assert caught.value.allowed == ["finish", "park", "transfer"]
