"""Running the hall: a counter's services, a paused service, quotas, counters in and out of use, a message to all."""

import pytest
import sqlalchemy as sa

from base.clock import SetClock
from base.errors import BadInput, Conflict, NotFound
from base.journal import history
from hallqueue import Overview, Post, ServiceChange, ServiceLine
from tests.hallqueue.builders import OpenHall, clerk

BOSS = "staff:90"


async def seen(house: OpenHall) -> Overview:
    """The live hall as it stands."""
    return await house.read(lambda session: house.hall.overview(session, house.id))


async def post_at(house: OpenHall, counter: int) -> Post:
    """One counter of the live hall."""
    return next(post for post in (await seen(house)).posts if post.number == counter)


async def line_of(house: OpenHall, service: str) -> ServiceLine:
    """One service of the live hall."""
    return next(one for one in (await seen(house)).lines if one.line.service == service)


async def test_the_live_hall_says_who_serves_whom(house: OpenHall, clock: SetClock) -> None:
    """The clerk, the number, since when; a service that lasts too long stands out."""
    await house.take()
    leg = await house.act(2, "start", await house.call(2))
    post = await post_at(house, 2)
    assert (post.staff, post.ticket, post.leg_state, post.since) == (clerk(2), "A001", "serving", clock.now())
    assert (post.state_name, post.is_long, post.served) == ("办理中", False, 0)
    clock.advance(minutes=200)
    assert (await post_at(house, 2)).is_long
    await house.act(2, "finish", leg)
    post = await post_at(house, 2)
    assert (post.ticket, post.state_name, post.is_long, post.served) == (None, "空闲", False, 1)
    assert (await post_at(house, 5)).state_name == "未开放"


async def test_a_long_pause_stands_out(house: OpenHall, clock: SetClock) -> None:
    """After the minutes of the settings."""
    await house.write(lambda session: house.desk.pause(session, house.id, 2, clerk(2), "会议"))
    assert not (await post_at(house, 2)).is_long
    clock.advance(minutes=house.settings.long_pause_minutes, seconds=1)
    post = await post_at(house, 2)
    assert (post.is_long, post.state_name) == (True, "暂停（会议）")


async def test_a_counters_services_change_at_once(house: OpenHall) -> None:
    """Counter 2 serves A alone; with B in its first tier it calls B's number next."""
    await house.take("B")
    assert await house.next(2) is None
    before = await house.read(lambda session: house.hall.cursor(session, house.id))
    await house.write(lambda session: house.hall.set_counter_services(session, house.id, 2, [["B"], [], ["A"]], BOSS))
    assert (await post_at(house, 2)).tiers == (("B",), ("A",))
    assert await house.read(lambda session: house.hall.cursor(session, house.id)) > before
    assert (await house.call(2)).number == "B001"
    audit = await house.column("SELECT action FROM audit WHERE actor = 'staff:90'")
    assert audit == ["counter.services"]


@pytest.mark.parametrize(("tiers", "says"), [([["A", "ZZ"]], "没有代码为“ZZ”的业务"), ([["A"], ["A"]], "排了两次")])
async def test_wrong_services_change_nothing(house: OpenHall, tiers: list[list[str]], says: str) -> None:
    """The sentence names what is wrong."""
    with pytest.raises(BadInput, match=says):
        await house.write(lambda session: house.hall.set_counter_services(session, house.id, 2, tiers, BOSS))
    assert (await post_at(house, 2)).tiers == (("A",),)


async def test_a_paused_service_gives_no_numbers_but_calls_on(house: OpenHall) -> None:
    """Who waits is still called; the reason stands on the tile; a second pause is refused."""
    await house.take()
    await house.write(lambda session: house.hall.pause_service(session, house.id, "A", " 专网  中断 ", BOSS))
    with pytest.raises(Conflict, match="暂停"):
        await house.take()
    tiles = await house.read(lambda session: house.hall.services(session, house.id))
    assert tiles[0].closed_reason == "“企业开办与登记”暂停取号（专网 中断），请到导办台咨询。"
    assert (await house.call(2)).number == "A001"
    assert (await line_of(house, "A")).pause_reason == "专网 中断"
    with pytest.raises(Conflict, match="已经暂停取号"):
        await house.write(lambda session: house.hall.pause_service(session, house.id, "A", "再停", BOSS))
    await house.write(lambda session: house.hall.resume_service(session, house.id, "A", BOSS))
    assert (await house.take()).number == "A002"
    with pytest.raises(Conflict, match="没有暂停"):
        await house.write(lambda session: house.hall.resume_service(session, house.id, "A", BOSS))
    with pytest.raises(BadInput, match="须写明原因"):
        await house.write(lambda session: house.hall.pause_service(session, house.id, "A", " ", BOSS))


async def test_a_quota_is_kept_and_lifted(house: OpenHall) -> None:
    """With how many are issued beside it."""
    await house.take()
    await house.write(lambda session: house.hall.set_quota(session, house.id, "A", 1, BOSS))
    line = await line_of(house, "A")
    assert (line.issued, line.quota, line.open_counters) == (1, 1, 2)
    await house.write(lambda session: house.hall.set_quota(session, house.id, "A", None, BOSS))
    assert (await line_of(house, "A")).quota is None
    with pytest.raises(BadInput, match="限号须为"):
        await house.write(lambda session: house.hall.set_quota(session, house.id, "A", 0, BOSS))


async def test_a_service_is_changed(house: OpenHall) -> None:
    """Name and prefix show on the next number; the audit says which fields."""
    new = ServiceChange("企业开办", "Q", 12, 25, 300)
    await house.write(lambda session: house.hall.set_service(session, house.id, "A", new, BOSS))
    ticket = await house.take()
    assert (ticket.number, ticket.service_name) == ("Q001", "企业开办")
    line = await line_of(house, "A")
    assert (line.minutes, line.line.promise_minutes, line.quota) == (12, 25, 300)
    rows = await house.read(lambda session: history(session, f"service:{tile_id(session)}"))
    assert [(row.action, row.detail["changed"]) for row in rows] == [
        ("service.change", ["minutes", "name", "prefix", "promise_minutes", "quota"])
    ]


def tile_id(session: object) -> int:
    """The id of service A."""
    return int(session.value(sa.text("SELECT id FROM service WHERE code = 'A'")))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (ServiceChange(" ", "A", 10, 20, None), "业务名称"),
        (ServiceChange("开办", "a1", 10, 20, None), "字头须为"),
        (ServiceChange("开办", "B", 10, 20, None), "字头“B”已由"),
        (ServiceChange("开办", "A", 0, 20, None), "每件办理时间须为"),
        (ServiceChange("开办", "A", 10, 900, None), "承诺等候须为"),
    ],
)
async def test_wrong_services_are_refused(house: OpenHall, new: ServiceChange, says: str) -> None:
    """Each with its field."""
    with pytest.raises(BadInput, match=says):
        await house.write(lambda session: house.hall.set_service(session, house.id, "A", new, BOSS))


async def test_a_prefix_stays_once_numbers_are_out(house: OpenHall, clock: SetClock) -> None:
    """Two services never have the same number on one day."""
    await house.take()
    new = ServiceChange("企业开办", "Q", 12, 25, None)
    with pytest.raises(Conflict, match="今天已按字头“A”发过号"):
        await house.write(lambda session: house.hall.set_service(session, house.id, "A", new, BOSS))
    clock.advance(hours=24)
    await house.write(lambda session: house.hall.set_service(session, house.id, "A", new, BOSS))
    assert (await house.take()).number == "Q001"


async def test_counters_come_and_go(house: OpenHall) -> None:
    """A new one serves nothing yet; a retired one is on no board and nobody sits there; it can come back."""
    await house.write(lambda session: house.hall.add_counter(session, house.id, 88, "临时窗口", BOSS))
    assert ((await post_at(house, 88)).name, (await post_at(house, 88)).tiers) == ("临时窗口", ())
    with pytest.raises(BadInput, match="88 号窗口已经有了"):
        await house.write(lambda session: house.hall.add_counter(session, house.id, 88, "又一个", BOSS))
    await house.open(88)
    with pytest.raises(Conflict, match="还有人在岗"):
        await house.write(lambda session: house.hall.retire_counter(session, house.id, 88, BOSS))
    await house.write(lambda session: house.desk.close(session, house.id, 88, clerk(88)))
    await house.write(lambda session: house.hall.retire_counter(session, house.id, 88, BOSS))
    board = await house.read(lambda session: house.hall.board(session, house.id))
    assert 88 not in {one.number for one in board.counters}
    with pytest.raises(NotFound):
        await house.open(88)
    await house.write(lambda session: house.hall.add_counter(session, house.id, 88, "综合窗口", BOSS))
    assert (await post_at(house, 88)).name == "综合窗口"


async def test_a_message_is_shown_until_its_time(house: OpenHall, clock: SetClock) -> None:
    """The newest stands; it ends by time or is withdrawn."""
    await house.take()
    told = await house.write(lambda session: house.hall.announce(session, house.id, " 系统 恢复 ", BOSS, minutes=30))
    assert (told.people, told.chats, told.message.text) == (1, 0, "系统 恢复")
    await house.write(lambda session: house.hall.announce(session, house.id, "请到二楼", BOSS, minutes=5))
    shown = await house.read(lambda session: house.hall.announcement(session, house.id))
    assert shown is not None
    assert (shown.text, shown.actor) == ("请到二楼", BOSS)
    clock.advance(minutes=5)
    assert await house.read(lambda session: house.hall.announcement(session, house.id)) is None
    await house.write(lambda session: house.hall.announce(session, house.id, "请稍候", BOSS))
    await house.write(lambda session: house.hall.withdraw(session, house.id, BOSS))
    assert await house.read(lambda session: house.hall.announcement(session, house.id)) is None
    with pytest.raises(BadInput, match="通知须为"):
        await house.write(lambda session: house.hall.announce(session, house.id, " ", BOSS))


async def test_linked_chats_hear_a_message_once(house: OpenHall) -> None:
    """One parcel for each chat, however many numbers it has; those who are done hear nothing."""
    await house.take("A")
    await house.take("B")
    await house.take("C")
    await house.write(
        lambda session: session.run(sa.text("UPDATE ticket SET reply_to = 'chat:7' WHERE number IN ('A001', 'B001')"))
    )
    told = await house.write(lambda session: house.hall.announce(session, house.id, "请到二楼", BOSS))
    assert (told.people, told.chats) == (3, 1)
    assert await house.column("SELECT address FROM outbox") == ["chat:7"]
