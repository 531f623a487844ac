"""Taking a number: numbers, ranks, holders, opening hours, and what is refused."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Row

from base.clock import SetClock
from base.db import Database, Statement, WriteSession
from base.errors import BadInput, Conflict, NotFound
from hallqueue import QueueSettings, Standing, State, Taking, TicketView
from hallqueue.facts import KnownHalls
from hallqueue.legs import leg_view
from hallqueue.moves import load
from hallqueue.taking import Rest, last_close, stop_reason
from tests.hallqueue.builders import OpenHall, opened

MINUTE = timedelta(minutes=1)


async def in_force(house: OpenHall) -> None:
    """Put the shipped hours in force."""
    about = await house.read(lambda session: house.hall.about(session, house.id))
    hours: dict[str, Any] = about.hours
    await house.write(lambda session: house.hall.set_hours(session, house.id, hours, "staff:1"))


async def refusal(house: OpenHall, service: str = "A", **wish: Any) -> str:  # noqa: ANN401 (fields of Taking)
    """The sentence with which a wish is refused."""
    with pytest.raises(Conflict) as caught:
        await house.take(service, **wish)
    return caught.value.message


async def test_numbers_run_per_service(house: OpenHall) -> None:
    """Each service has its own series."""
    tickets = [await house.take(service) for service in "AABA"]
    assert [ticket.number for ticket in tickets] == ["A001", "A002", "B001", "A003"]
    assert [ticket.ahead for ticket in tickets] == [0, 1, 0, 2]
    assert len({ticket.token for ticket in tickets}) == 4


async def test_first_ticket_of_the_next_day_is_001(house: OpenHall) -> None:
    """The day is opened by its first ticket, in the hall's own time zone."""
    await house.take()
    house.clock.set(datetime(2026, 3, 2, 15, 59, tzinfo=UTC))
    assert (await house.take()).number == "A002"
    house.clock.set(datetime(2026, 3, 2, 16, 0, tzinfo=UTC))
    assert (await house.take()).number == "A001"


async def test_new_ticket_says_everything(house: OpenHall) -> None:
    """What the slip and the phone page need."""
    ticket = await house.take("B", priority="P1", phone="13800000000")
    assert (ticket.state, ticket.state_name, ticket.standing) == (State.WAITING, "等候中", Standing.PRIORITY)
    assert (ticket.counts_from, ticket.rank_at) == (house.clock.now(), house.clock.now() - 20 * MINUTE)
    assert (ticket.service_name, ticket.actions, ticket.is_new) == (
        "综合受理（无差别）",
        ("coming", "defer", "cancel"),
        True,
    )
    assert ticket.wait is not None
    assert (ticket.wait.p50_minutes, ticket.wait.p80_minutes) == (0, 1)
    assert await house.ticket(ticket) == TicketView(**{**_fields(ticket), "is_new": False})


def _fields(ticket: TicketView) -> dict[str, Any]:
    return {name: getattr(ticket, name) for name in TicketView.__slots__}


async def test_priority_is_ahead_of_ordinary(house: OpenHall) -> None:
    """Ahead counts smaller ranks only."""
    await house.take()
    first = await house.take(priority="P2")
    assert first.ahead == 0
    assert (await house.take()).ahead == 2


async def test_ahead_is_counted_to_200(house: OpenHall) -> None:
    """Then it says so."""
    for _ in range(201):
        last = await house.take()
    assert (last.ahead, last.is_ahead_capped) == (200, True)


async def test_holder_gets_the_live_ticket_back(house: OpenHall) -> None:
    """One live leg per holder, service and day; other services are free."""
    first = await house.take(holder="chat:7")
    again = await house.take(holder="chat:7")
    other = await house.take("B", holder="chat:7")
    assert (again.id, again.is_new) == (first.id, False)
    assert (other.number, other.is_new) == ("B001", True)
    await house.write(lambda session: house.hall.cancel(session, first.token))
    assert (await house.take(holder="chat:7")).number == "A002"


async def test_holder_of_a_missed_ticket_is_restored(house: OpenHall) -> None:
    """Taking again within the window is coming back; after it, a new number."""
    first = await house.take(holder="chat:7")
    await house.miss(2, await house.call(2))
    again = await house.take(holder="chat:7")
    assert (again.id, again.state) == (first.id, State.WAITING)
    await house.miss(2, await house.call(2))
    house.clock.advance(minutes=31)
    new = await house.take(holder="chat:7")
    assert (new.number, (await house.ticket(first)).state) == ("A002", State.NO_SHOW)


async def test_wrong_wishes_name_their_field(house: OpenHall) -> None:
    """Service, priority, cases, origin."""
    with pytest.raises(NotFound) as missing:
        await house.take("ZZ")
    assert missing.value.field == "service"
    for wish, field in (({"priority": "P9"}, "priority"), ({"cases": 6}, "cases"), ({"origin": "moon"}, "origin")):
        with pytest.raises(BadInput) as caught:
            await house.take("A", **wish)
        assert caught.value.field == field
    assert await house.column("select count(*) from ticket") == [0]


async def test_unknown_token_is_not_found(house: OpenHall) -> None:
    """Without saying more."""
    with pytest.raises(NotFound):
        await house.read(lambda session: house.hall.ticket(session, "nonsense"))


async def test_trial_hall_is_open_round_the_clock(house: OpenHall) -> None:
    """Until the hours are set."""
    house.clock.set(datetime(2026, 3, 7, 18, 0, tzinfo=UTC))
    assert (await house.take()).number == "A001"


@pytest.mark.parametrize(
    ("local", "sentence"),
    [
        ((2, 7, 59), "现在还不能取号，今天 08:00 开始取号。"),
        ((2, 16, 30), "今天已停止取号，下次开放时间：03 月 03 日 08:30。"),
        ((7, 9, 0), "今天大厅不对外办公，下次开放时间：03 月 09 日 08:30。"),
    ],
)
async def test_closed_hall_says_when_it_opens(house: OpenHall, local: tuple[int, int, int], sentence: str) -> None:
    """Half an hour before the first session until the last close."""
    await in_force(house)
    day, hour, minute = local
    house.clock.set(datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=8))
    assert await refusal(house) == sentence


async def test_taking_goes_on_through_lunch(house: OpenHall) -> None:
    """And from half an hour before the first session."""
    await in_force(house)
    for hour, minute in ((8, 0), (12, 30), (16, 0)):
        house.clock.set(datetime(2026, 3, 2, hour, minute, tzinfo=UTC) - timedelta(hours=8))
        assert (await house.take()).is_new


async def test_service_stops_a_quarter_before_its_close_without_an_estimate(house: OpenHall) -> None:
    """C's counter closes at 16:30; the refusal offers a booking."""
    await in_force(house)
    house.clock.set(datetime(2026, 3, 2, 8, 14, 59, tzinfo=UTC))
    assert (await house.take("C")).is_new
    house.clock.set(datetime(2026, 3, 2, 8, 15, tzinfo=UTC))
    with pytest.raises(Conflict) as caught:
        await house.take("C")
    tiles = await house.read(lambda session: house.hall.services(session, house.id))
    assert [one.closed_reason for one in tiles if one.code == "C"] == [caught.value.message]
    assert caught.value.allowed == ["book"]
    assert caught.value.message == (
        "“投资项目与工程建设”今天 16:30 结束办理，结束前 15 分钟停止取号；"
        "可以预约其他日期，下次开放时间：03 月 03 日 08:30。"
    )


async def test_service_stops_when_the_forward_play_ends_past_closing(house: OpenHall) -> None:
    """An estimate decides by itself, to the minute of the close."""
    await in_force(house)
    facts = KnownHalls()
    close = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    house.clock.set(close - 20 * MINUTE)
    rest = Rest("C", close, close)
    now = house.clock.now()
    hall = await house.read(lambda session: facts.facts(session, house.id))
    assert stop_reason(rest, hall, now, house.settings) is None
    late = stop_reason(replace(rest, done_at=close + MINUTE), hall, now, house.settings)
    assert late == "“C”等候的人今天可能办不完，已停止取号；可以预约其他日期，下次开放时间：03 月 03 日 08:30。"


async def test_service_without_a_counter_any_more_today_stops(house: OpenHall) -> None:
    """Counters that cover lunch or evening count, others do not."""
    await in_force(house)
    hall = await house.read(lambda session: KnownHalls().facts(session, house.id))
    lunch = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
    assert last_close([2], hall, lunch) == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    assert last_close([2], hall, datetime(2026, 3, 2, 8, 30, tzinfo=UTC)) is None
    assert last_close([], hall, lunch) is None


async def test_quota_counts_every_number(house: OpenHall) -> None:
    """The refusal says when it opens again."""
    await in_force(house)
    await house.write(lambda session: house.hall.set_quota(session, house.id, "A", 2, "staff:1"))
    await house.take()
    await house.take()
    assert await refusal(house) == (
        "“企业开办与登记”今日的 2 个号已取完，可以预约其他日期，下次开放时间：03 月 03 日 08:30。"
    )


async def test_declared_priority_may_need_a_check_first(db: Database, clock: SetClock) -> None:
    """Ordinary until the guide desk has checked it; then its head start counts from its issue."""
    house = await opened(db, clock, 1, 2, settings=QueueSettings(needs_priority_check=True))
    await house.take()
    clock.advance(minutes=1)
    declared = await house.take(priority="P1")
    at_desk = await house.take(priority="P2", origin="desk")
    assert (declared.standing, declared.rank_at) == (Standing.ORDINARY, declared.issued_at)
    assert at_desk.standing is Standing.PRIORITY
    seen = await house.read(lambda session: leg_view(load(session, declared.leg), house.settings.limits(), session.now))
    assert {"verify", "reclass"} <= set(seen.actions)
    checked = await house.act(1, "verify", seen)
    assert (checked.standing, checked.rank_at, checked.is_verified) == (
        Standing.PRIORITY,
        declared.issued_at - 20 * MINUTE,
        True,
    )
    with pytest.raises(Conflict):
        await house.act(1, "verify", checked)
    assert [(await house.serve(2)).number for _ in range(3)] == ["A002", "A003", "A001"]


async def test_declared_priority_that_fails_its_check_stays_ordinary(db: Database, clock: SetClock) -> None:
    """It is counted: the ticket says that the check failed."""
    house = await opened(db, clock, 1, 2, settings=QueueSettings(needs_priority_check=True))
    declared = await house.take(priority="P1")
    seen = await house.read(lambda session: leg_view(load(session, declared.leg), house.settings.limits(), session.now))
    back = await house.act(1, "reclass", seen, reason="证件不符")
    assert (back.standing, back.rank_at, back.is_verified) == (Standing.ORDINARY, declared.issued_at, False)
    assert await house.column("select is_verified from ticket") == [False]
    with pytest.raises(Conflict):
        await house.act(1, "reclass", back, reason="证件不符")


async def test_remote_taking_can_be_switched_off_and_limited(db: Database, clock: SetClock) -> None:
    """The kiosk stays open."""
    house = await opened(db, clock, settings=QueueSettings(max_ahead_for_remote=1))
    await house.take(origin="web")
    assert "超过手机取号的上限 1 人" in await refusal(house, origin="bot")
    assert (await house.take(origin="kiosk")).is_new
    closed = OpenHall(db, clock, house.id, QueueSettings(is_remote_taking_on=False))
    assert await refusal(closed, origin="web") == "大厅没有开放手机取号，请到现场取号机或导办台取号。"


async def test_take_is_six_statements(house: OpenHall) -> None:
    """One look, five writes: what a ticket costs."""
    await house.take()
    sent: list[object] = []

    class Counted(WriteSession):
        """Lists what is sent."""

        def all(self, statement: Statement, **params: object) -> Sequence[Row[Any]]:
            sent.append(statement)
            return super().all(statement, **params)

        def first(self, statement: Statement, **params: object) -> Row[Any] | None:
            sent.append(statement)
            return super().first(statement, **params)

        def value(self, statement: Statement, **params: object) -> Any:  # noqa: ANN401 (a column's own type)
            sent.append(statement)
            return super().value(statement, **params)

        def run(self, statement: Statement, **params: object) -> int:
            sent.append(statement)
            return super().run(statement, **params)

    def job(session: WriteSession) -> None:
        session.__class__ = Counted
        house.hall.take(session, house.id, Taking("A"))

    await house.write(job)
    assert len(sent) == 6
