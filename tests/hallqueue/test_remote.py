"""Taking by phone: the hall's switches, the code that turns; “我马上到”; what there is to tell in a linked chat."""

from datetime import UTC, datetime, timedelta

import pytest

from base.clock import SetClock
from base.db import Database
from base.errors import BadInput, Conflict
from hallqueue import QueueSettings, State
from hallqueue.rules.remote import Turning, code_at, is_right, until
from tests.hallqueue.builders import OpenHall, clerk, opened

AT = datetime(2026, 3, 2, 1, 4, tzinfo=UTC)
TURNING = Turning("a secret", timedelta(minutes=10))
SESSIONS = [{"open": "08:30", "close": "12:00"}, {"open": "13:30", "close": "17:30"}]
HOURS = {
    "workdays": ["mon", "tue", "wed", "thu", "fri"],
    "seasons": [{"code": "all", "from": "01-01", "to": "12-31", "sessions": SESSIONS}],
}


async def coded(db: Database, clock: SetClock) -> OpenHall:
    """A hall that asks for its code."""
    return await opened(db, clock, settings=QueueSettings(remote_needs_code=True))


def test_the_code_turns_with_the_clock() -> None:
    """The same within a window, another in the next; known until its window ends."""
    first = code_at(TURNING, AT)
    assert (len(first), first.isdecimal()) == (6, True)
    assert code_at(TURNING, AT + timedelta(minutes=5)) == first
    assert code_at(TURNING, AT + timedelta(minutes=6)) != first
    assert until(TURNING, AT) == AT.replace(minute=10)


def test_the_code_before_is_still_taken_and_no_older_one() -> None:
    """Who read it a moment ago is not refused; another hall's secret gives nothing."""
    first = code_at(TURNING, AT)
    spaced = f"{first[:3]} {first[3:]}"
    later = [is_right(spaced, TURNING, AT + timedelta(minutes=minutes)) for minutes in (0, 10, 15, 16)]
    assert later == [True, True, True, False]
    assert not is_right(first, Turning("another", TURNING.window), AT)
    assert not is_right("", TURNING, AT)
    assert not is_right("４８２９１３号", TURNING, AT)


async def test_a_code_is_asked_of_phones_only(db: Database, clock: SetClock) -> None:
    """Kiosk and guide desk stand in the hall already; web and chat must show that somebody is there."""
    house = await coded(db, clock)
    assert (await house.take(origin="kiosk")).is_new
    for origin in ("web", "bot"):
        with pytest.raises(BadInput) as caught:
            await house.take(origin=origin)
        assert caught.value.field == "code"
        assert "6 位" in caught.value.message
    board = await house.read(lambda session: house.hall.board(session, house.id))
    assert board.hall_code is not None
    with pytest.raises(BadInput) as wrong:
        await house.take(origin="web", code="000000" if board.hall_code.code != "000000" else "000001")
    assert "不对或已换" in wrong.value.message
    assert (await house.take(origin="web", code=board.hall_code.code)).is_new
    clock.set(board.hall_code.until)
    assert (await house.take(origin="bot", code=board.hall_code.code)).is_new
    clock.advance(minutes=10)
    with pytest.raises(BadInput):
        await house.take(origin="bot", code=board.hall_code.code)


async def test_no_code_is_shown_where_none_is_asked(db: Database, clock: SetClock) -> None:
    """A screen shows nothing that nobody needs."""
    house = await opened(db, clock)
    assert (await house.read(lambda session: house.hall.board(session, house.id))).hall_code is None


async def test_a_holder_gets_the_live_number_back_without_a_code(db: Database, clock: SetClock) -> None:
    """The code guards new numbers only."""
    house = await coded(db, clock)
    board = await house.read(lambda session: house.hall.board(session, house.id))
    assert board.hall_code is not None
    first = await house.take(origin="bot", holder="chat:1", code=board.hall_code.code)
    again = await house.take(origin="bot", holder="chat:1")
    assert (again.number, again.is_new) == (first.number, False)


async def test_by_phone_only_while_the_hall_is_open(db: Database, clock: SetClock) -> None:
    """The kiosk gives numbers half an hour before the first session; the phone waits for the door, if so set."""
    house = await opened(db, clock, 2, settings=QueueSettings(is_remote_in_hours_only=True))
    await house.write(lambda session: house.hall.set_hours(session, house.id, HOURS, "staff:1"))
    clock.set(datetime(2026, 3, 2, 0, 10, tzinfo=UTC))  # 08:10
    assert (await house.take(origin="kiosk")).is_new
    with pytest.raises(Conflict) as caught:
        await house.take(origin="web")
    assert caught.value.message == "手机取号只在大厅开门时开放，3 月 2 日 08:30 开门后再取。"
    remote = await house.read(lambda session: house.hall.remote(session, house.id))
    assert remote.closed_reason == caught.value.message
    clock.set(datetime(2026, 3, 2, 0, 30, tzinfo=UTC))
    assert (await house.take(origin="web")).is_new


async def test_on_the_way_is_seen_by_the_clerk_and_changes_nothing_else(db: Database, clock: SetClock) -> None:
    """The leg's version stays, so the clerk's next press is not refused; it may be said again once called."""
    house = await opened(db, clock, 2)
    ticket = await house.take()
    assert "coming" in ticket.actions
    said = await house.write(lambda session: house.hall.coming(session, ticket.token))
    assert (said.coming_at, said.version, "coming" in said.actions) == (clock.now(), ticket.version, False)
    clock.advance(seconds=30)
    leg = await house.call(2)
    assert "coming" in (await house.ticket(ticket)).actions
    clock.advance(seconds=30)
    await house.write(lambda session: house.hall.coming(session, ticket.token))
    held = await house.read(lambda session: house.desk.console(session, house.id, 2, clerk(2)))
    assert held.leg is not None
    assert held.leg.coming_at == clock.now()
    await house.act(2, "start", leg)
    with pytest.raises(Conflict) as caught:
        await house.write(lambda session: house.hall.coming(session, ticket.token))
    assert "办理中" in caught.value.message


async def test_on_the_way_does_not_spoil_an_undo(db: Database, clock: SetClock) -> None:
    """Undo asks for the ticket's last event; “我马上到” is none."""
    house = await opened(db, clock, 2)
    ticket = await house.take()
    leg = await house.call(2)
    await house.write(lambda session: house.hall.coming(session, ticket.token))
    back = await house.act(2, "undo", leg, reason="误按")
    assert back.state is State.WAITING


async def test_linked_tickets_say_what_there_is_to_tell(db: Database, clock: SetClock) -> None:
    """Waiting with how many ahead, called with where, missed with until when; others are not looked at."""
    house = await opened(db, clock, 2)
    for _ in range(2):
        await house.take()
    ticket = await house.take()
    await house.take(holder="chat:8", reply_to="chat:8", origin="bot")
    linked = await house.write(lambda session: house.hall.link(session, ticket.token, "chat:7"))
    assert linked.is_told
    first = await house.read(lambda session: house.hall.linked(session, house.id))
    assert [(one.reply_to, one.number, one.state, one.ahead, one.call) for one in first] == [
        ("chat:7", "A003", State.WAITING, 2, None),
        ("chat:8", "A004", State.WAITING, 3, None),
    ]
    await house.serve(2)
    await house.serve(2)
    leg = await house.call(2)
    called = (await house.read(lambda session: house.hall.linked(session, house.id)))[0]
    assert (called.state, called.counter, called.call) == (State.CALLED, 2, leg.call)
    await house.miss(2, leg)
    missed = (await house.read(lambda session: house.hall.linked(session, house.id)))[0]
    assert (missed.state, missed.misses, missed.return_until) == (
        State.MISSED,
        1,
        clock.now() + timedelta(minutes=30),
    )
