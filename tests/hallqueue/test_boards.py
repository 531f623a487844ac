"""Board, tiles, console and panel: one snapshot each."""

from base.clock import SetClock
from hallqueue import CounterState, State
from tests.hallqueue.builders import OpenHall, clerk


async def test_board_shows_calls_lines_and_counters(house: OpenHall) -> None:
    """And its cursor grows with every change."""
    before = await house.read(lambda session: house.hall.board(session, house.id))
    for service in "AAB":
        await house.take(service)
    house.clock.advance(minutes=25)
    await house.call(2)
    board = await house.read(lambda session: house.hall.board(session, house.id))
    assert board.cursor == before.cursor + 4
    assert [(call.ticket, call.counter) for call in board.called] == [("A001", 2)]
    assert [call.number for call in board.recent] == [1]
    lines = {line.service: (line.waiting, line.longest_minutes, line.light) for line in board.waiting}
    assert (lines["A"], lines["B"], lines["C"]) == ((1, 25, "amber"), (1, 25, "amber"), (0, 0, "green"))
    states = {one.number: (one.state, one.state_name, one.number_now) for one in board.counters}
    assert states[2] == (CounterState.OPEN, "叫号中", "A001")
    assert states[3] == (CounterState.OPEN, "空闲", None)
    assert states[5] == (CounterState.CLOSED, "未开放", None)
    assert (board.last_call, board.is_trial) == (1, True)


async def test_recalled_leg_is_called_once_on_the_board(house: OpenHall) -> None:
    """The latest announcement stands for it; one that is served is no longer called."""
    await house.take()
    called = await house.call(2)
    house.clock.advance(seconds=20)
    called = await house.act(2, "recall", called)
    board = await house.read(lambda session: house.hall.board(session, house.id))
    assert [call.number for call in board.called] == [2]
    await house.act(2, "start", called)
    board = await house.read(lambda session: house.hall.board(session, house.id))
    assert board.called == ()
    assert [(call.number, call.is_live) for call in board.recent] == [(2, False), (1, False)]


async def test_tiles_say_what_is_open(house: OpenHall) -> None:
    """Counters, waiting, range; no counter open: no range."""
    await house.take("B")
    tiles = {one.code: one for one in await house.read(lambda session: house.hall.services(session, house.id))}
    assert list(tiles) == list("ABCDEFGHJKLS")
    assert (tiles["B"].counters, tiles["B"].open_counters, tiles["B"].waiting) == ((3, 4, 5, 6), 2, 1)
    assert tiles["C"].wait is None
    assert {one.closed_reason for one in tiles.values()} == {None}


async def test_console_of_a_working_clerk(house: OpenHall) -> None:
    """The leg, the lines of this counter, the missed and the parked, today's figures."""
    for _ in range(3):
        await house.take()
    await house.miss(3, await house.call(3))
    house.clock.advance(minutes=3)
    leg = await house.act(3, "start", await house.call(3))
    house.clock.advance(minutes=6)
    await house.act(3, "finish", leg)
    await house.call(3)
    console = await house.read(lambda session: house.desk.console(session, house.id, 3, clerk(3)))
    assert console.leg is not None
    assert (console.leg.number, console.leg.state) == ("A003", State.CALLED)
    assert [line.service for line in console.waiting] == ["A", "B"]
    assert [one.number for one in console.missed] == ["A001"]
    assert (console.today.served, console.today.missed, console.today.mean_service_minutes) == (1, 1, 6.0)
    assert console.actions == ("pause",)


async def test_console_of_a_stranger_offers_to_open(house: OpenHall) -> None:
    """Nobody's session is shown as one's own."""
    console = await house.read(lambda session: house.desk.console(session, house.id, 5, "staff:9"))
    assert (console.session, console.leg, console.actions) == (None, None, ("open",))
    free = await house.read(lambda session: house.desk.console(session, house.id, 2, clerk(2)))
    assert free.actions == ("call_next", "pause", "close")


async def test_panel_shows_number_now(house: OpenHall) -> None:
    """And nothing when the counter is free."""
    await house.take()
    free = await house.read(lambda session: house.desk.panel(session, house.id, 2))
    assert (free.counter.number_now, free.call) == (None, None)
    await house.call(2)
    panel = await house.read(lambda session: house.desk.panel(session, house.id, 2))
    assert panel.call is not None
    assert (panel.counter.number_now, panel.call.number) == ("A001", 1)


async def test_yesterdays_calls_are_not_shown(house: OpenHall, clock: SetClock) -> None:
    """A board begins the day empty."""
    await house.take()
    await house.call(2)
    clock.advance(days=1)
    board = await house.read(lambda session: house.hall.board(session, house.id))
    assert (board.called, board.recent, board.last_call) == ((), (), 1)
