"""The forecaster on a real hall: what it sees, what people are shown, how ranges are scored."""

from datetime import UTC, date, datetime, timedelta

import pytest

from base.clock import SetClock
from base.db import Database, ReadSession
from base.errors import BadInput, Conflict
from hallqueue import Days, Report, Standing, TicketView, Wanted, report
from hallqueue.scenery import Sight
from tests.hallqueue.builders import OpenHall, opened

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 in the hall


@pytest.fixture
async def busy(db: Database, clock: SetClock) -> OpenHall:
    """A hall that keeps its hours, on a Monday at nine, one clerk at counter 2 (A)."""
    clock.set(MONDAY)
    house = await opened(db, clock, 2)
    about = await house.read(lambda session: house.hall.about(session, house.id))
    await house.write(lambda session: house.hall.set_hours(session, house.id, about.hours, "staff:1"))
    return house


async def look(house: OpenHall) -> Sight:
    """What the forecaster sees."""
    return await house.read(lambda session: house.hall.forecaster.look(session, house.id))


async def foresee(house: OpenHall) -> int:
    """Look, play, keep."""
    return await house.write(lambda session: house.hall.forecaster.tick(session, house.id))


async def test_the_scene_is_the_hall(busy: OpenHall) -> None:
    """Who waits in which class, who is served how long, when counters call."""
    await busy.open(3)
    await busy.take("A")
    await busy.call(2)
    busy.clock.advance(minutes=4)
    await busy.take("A", priority="P1")
    await busy.take("B")
    sight = await look(busy)
    ids = {line.code: line.service for line in sight.lines}
    waiting = [(one.service, one.standing, round(one.rank_at)) for one in sight.scene.waiters]
    assert waiting == [(ids["A"], Standing.PRIORITY, -20), (ids["B"], Standing.ORDINARY, 0)]
    posts = {sight.numbers[post.counter]: post for post in sight.scene.posts}
    assert (posts[2].busy, posts[3].busy) == ((ids["A"], 4.0), None)
    assert posts[3].tiers == {ids["A"]: 0, ids["B"]: 1}
    assert posts[2].duty == ((0, 476),), "it covers the lunch; half an hour after closing it still calls"
    assert posts[3].duty == ((0, 176), (239, 476))
    assert sight.scene.times[ids["A"]].mean == pytest.approx(18)
    assert len(sight.planned.posts) > 10


async def test_lunch_pause_and_closed_counters(busy: OpenHall) -> None:
    """A pause for lunch ends with the afternoon; a meeting takes half an hour; who left comes with the next session."""
    await busy.open(3)
    await busy.open(5)
    desk = busy.desk
    await busy.write(lambda session: desk.pause(session, busy.id, 2, "staff:2", "会议"))
    await busy.write(lambda session: desk.pause(session, busy.id, 3, "staff:3", "午休"))
    await busy.write(lambda session: desk.close(session, busy.id, 5, "staff:5"))
    sight = await look(busy)
    duty = {sight.numbers[post.counter]: round(post.duty[0][0]) for post in sight.scene.posts}
    assert duty == {2: 30, 3: 243, 5: 243}
    assert sight.open_posts == frozenset()


async def test_everybody_is_shown_a_range_and_only_changes_are_stored(busy: OpenHall) -> None:
    """At issue, again when it says something else, and not otherwise."""
    tickets = [await busy.take("A") for _ in range(4)]
    await foresee(busy)
    first = [(await busy.ticket(one)).wait for one in tickets]
    assert None not in first
    assert [one.p80_minutes for one in first if one] == sorted(one.p80_minutes for one in first if one)
    assert await foresee(busy) == 0
    busy.clock.advance(minutes=12)
    await busy.call(2)
    assert await foresee(busy) > 0
    later = [(await busy.ticket(one)).wait for one in tickets]
    assert later[0] is None
    assert later != first


async def test_board_and_taking_use_the_play(busy: OpenHall) -> None:
    """The newcomer's range is on the board, and is what the next ticket says."""
    for _ in range(5):
        await busy.take("A")
    await foresee(busy)
    board = await busy.read(lambda session: busy.hall.board(session, busy.id))
    lines = {line.service: line.wait for line in board.waiting}
    ticket = await busy.take("A")
    assert lines["A"] is not None
    assert ticket.wait == lines["A"]
    assert lines["C"] is None


async def test_upper_edge_grows_only_with_a_cause(busy: OpenHall) -> None:
    """A counter that pauses is named."""
    await busy.open(3)
    tickets = [await busy.take("A") for _ in range(6)]
    await foresee(busy)
    before = await busy.ticket(tickets[-1])
    await busy.write(lambda session: busy.desk.pause(session, busy.id, 3, "staff:3", "系统故障"))
    await foresee(busy)
    after = await busy.ticket(tickets[-1])
    assert before.wait is not None
    assert after.wait is not None
    assert after.wait.p80_minutes > before.wait.p80_minutes
    causes = await busy.column("SELECT DISTINCT cause FROM estimate WHERE cause IS NOT NULL")
    assert causes == ["3 号窗暂停"]


async def test_no_counter_any_more_no_range(busy: OpenHall) -> None:
    """暂无法估计 for those who wait and on the board."""
    ticket = await busy.take("A")
    await busy.write(lambda session: busy.desk.close(session, busy.id, 2, "staff:2"))
    busy.clock.set(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
    await foresee(busy)
    assert (await busy.ticket(ticket)).wait is None


async def served_day(house: OpenHall, people: int, minutes: int) -> list[TicketView]:
    """``people`` come at once; each turn at counter 2 takes so many minutes."""
    tickets = [await house.take("A") for _ in range(people)]
    await foresee(house)
    for _ in range(people):
        leg = await house.act(2, "start", await house.call(2))
        house.clock.advance(minutes=minutes)
        await foresee(house)
        await house.act(2, "finish", leg)
    house.clock.advance(minutes=2)
    await foresee(house)
    return tickets


async def test_ranges_are_scored_when_called(busy: OpenHall) -> None:
    """Called before the upper edge or not, beside two baselines; once each."""
    await served_day(busy, 5, 16)
    day = date(2026, 3, 2)
    report = await busy.read(lambda session: busy.hall.estimate_scores(session, busy.id, day, day))
    assert (report.total.called, report.total.ranges) == (5, 5)
    assert report.services[0].code == "A"
    assert report.total.held_percent is not None
    assert report.total.error_minutes is not None
    assert report.total.by_mean_error_minutes is not None
    rate = await busy.read(lambda session: busy.hall.hit_rate(session, busy.id, day))
    assert rate == round(report.total.held_percent)
    assert await busy.read(lambda session: busy.hall.hit_rate(session, busy.id, day + timedelta(days=1))) is None


async def test_slow_service_widens_the_upper_edge(busy: OpenHall) -> None:
    """Calls that come too late raise the service's factor; quick ones lower it."""
    await served_day(busy, 7, 40)
    factors = await busy.column("SELECT factor FROM outlook ORDER BY factor")
    assert factors[-1] > 1
    assert set(factors[:-1]) == {1.0}


async def test_service_times_are_learnt(busy: OpenHall) -> None:
    """Turns of six minutes where eighteen were configured."""
    await served_day(busy, 20, 6)
    busy.clock.advance(hours=1)
    sight = await look(busy)
    service = sight.lines[0].service
    assert 7 < sight.scene.times[service].mean < 12


async def test_taking_stops_when_the_line_ends_past_closing(busy: OpenHall) -> None:
    """Two hours are left at the counters of C: only so many get a number as the play sees served."""
    busy.clock.set(datetime(2026, 3, 2, 6, 30, tzinfo=UTC))

    async def fill() -> None:
        while True:
            await busy.take("C")
            await foresee(busy)

    with pytest.raises(Conflict, match="停止取号"):
        await fill()
    waiting = await busy.column("SELECT count(*) FROM leg WHERE state = 'waiting'")
    assert 2 <= waiting[0] <= 10


async def test_what_if_another_counter_opens(busy: OpenHall) -> None:
    """Before and after with the same luck, in a sentence; an impossible wish says what is possible."""
    for _ in range(6):
        await busy.take("A")
    answer = await busy.read(lambda session: busy.hall.what_if(session, busy.id, {3: ()}, ()))
    effect = next(one for one in answer.effects if one.service == "A")
    assert effect.before_minutes is not None
    assert effect.after_minutes is not None
    assert effect.after_minutes < 0.75 * effect.before_minutes
    words = f"企业开办与登记 P80 由 {effect.before_minutes} 降到 {effect.after_minutes} 分钟"
    assert answer.text.startswith("再开 3 号窗：")
    assert words in answer.text
    closed = await busy.read(lambda session: busy.hall.what_if(session, busy.id, {}, (2,)))
    assert {one.after_minutes for one in closed.effects} == {None}
    with pytest.raises(BadInput, match="可以再开的窗口"):
        await busy.read(lambda session: busy.hall.what_if(session, busy.id, {2: ()}, ()))


async def test_the_hit_rate_is_reported_by_day(busy: OpenHall) -> None:
    """A row for each business day; its total is that of the report by service."""
    for _ in range(2):
        await busy.take("A")
        await busy.take("A")
        await foresee(busy)
        await busy.serve(2)
        busy.clock.advance(minutes=2)
        await foresee(busy)
        await busy.write(lambda session: busy.hall.close_day(session, busy.id, "staff:9"))
        busy.clock.advance(days=1)
        await busy.open(2)
    days = Days(busy.id, MONDAY.date(), MONDAY.date() + timedelta(days=1))

    def job(session: ReadSession) -> tuple[Report, Report]:
        return report(session, Wanted("estimate-days", days)), report(session, Wanted("estimates", days))

    by_day, by_service = await busy.read(job)
    assert by_day.keys == ("2026-03-02", "2026-03-03")
    assert by_day.column("called") == [1, 1]
    assert (by_day.columns, by_day.total) == (by_service.columns, by_service.total)
