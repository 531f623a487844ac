"""Terms that run out: silence, call-backs, pauses, lights, provisional dates."""

from datetime import UTC, date, datetime

import pytest

from base.calendar import WorkingDays, YearTable
from base.clock import SetClock
from base.db import Database
from base.errors import BadInput, Conflict
from base.journal import history
from cases import VISITOR, Action, CaseView, Kind, Light, Rating, State
from tests.cases.builders import LEAD, OFFICE, TAX, ZONE, Desk


def at(text: str) -> datetime:
    """A moment in the hall."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("kind", "due"),
    [
        (Kind.CONSULT, "3 月 5 日"),
        (Kind.HELP, "3 月 9 日"),
        (Kind.COMPLAINT, "3 月 9 日"),
        (Kind.BAD_RATING, "3 月 9 日"),
    ],
)
async def test_class_follows_the_kind(db: Database, kind: Kind, due: str) -> None:
    """A consultation has 3 working days, anything else 5."""
    case = await Desk(db).open(kind=kind)
    assert (case.due_text or "").startswith(due)


async def test_urgent_case_is_dispatched_within_half_an_hour(db: Database) -> None:
    """Of working hours."""
    case = await Desk(db).open(is_urgent=True)
    assert case.step_due_at == at("2026-03-02 09:30")


async def test_silence_signs_after_one_day(db: Database, clock: SetClock) -> None:
    """By the system: nobody has worked on it yet."""
    desk = Desk(db)
    case = await desk.open(kind=Kind.HELP)
    await desk.act(case.id, LEAD, Action.ACCEPT_AND_DISPATCH, office=TAX)
    clock.set(at("2026-03-03 16:29"))
    assert await desk.tend() == {}
    clock.set(at("2026-03-03 16:30"))
    assert await desk.tend() == {case.id: (Action.SIGN,)}
    seen = await desk.view(case.id)
    assert (seen.state, seen.timeline[-1].actor, seen.answerable) == (State.IN_HAND, "system", TAX)
    assert seen.step_due_at == at("2026-03-04 16:30")
    assert await desk.tend() == {}


async def test_first_contact_ends_its_term(db: Database) -> None:
    """It is recorded once."""
    desk = Desk(db)
    case = await desk.in_hand()
    assert case.step_due_at == at("2026-03-03 16:30")
    assert (await desk.act(case.id, OFFICE, Action.CONTACT)).step_due_at is None
    with pytest.raises(Conflict):
        await desk.act(case.id, OFFICE, Action.CONTACT)


async def test_bad_rating_without_contact_owes_none(db: Database) -> None:
    """Where nothing was left, nobody can be called."""
    desk = Desk(db)
    left = await desk.in_hand(kind=Kind.BAD_RATING, reply_to=None, phone="13812345678")
    bare = await desk.in_hand(kind=Kind.BAD_RATING, reply_to=None)
    assert (left.step_due_at, bare.step_due_at) == (at("2026-03-03 16:30"), None)


async def test_call_back_lapses_to_unrated(db: Database, clock: SetClock) -> None:
    """After two working days."""
    desk = Desk(db)
    case = await desk.at_call_back()
    clock.set(at("2026-03-04 16:30"))
    assert await desk.tend() == {case.id: (Action.CLOSE,)}
    seen = await desk.view(case.id)
    assert (seen.state, seen.rating, seen.closed_at) == (State.CLOSED, Rating.UNRATED, clock.now())


async def test_lights_are_recorded_once_each(db: Database, clock: SetClock) -> None:
    """Yellow on the working day before, red and watched the day after."""
    desk = Desk(db)
    case = await desk.in_hand()
    clock.set(at("2026-03-04 09:00"))
    assert await desk.tend() == {case.id: (Action.WARN,)}
    assert await desk.tend() == {}
    clock.set(at("2026-03-05 17:00"))
    assert await desk.tend() == {}
    late = await desk.view(case.id)
    assert (late.light, late.is_overdue, late.is_watched) == (Light.YELLOW, True, False)
    clock.set(at("2026-03-06 09:00"))
    assert await desk.tend() == {case.id: (Action.WARN,)}
    assert await desk.tend() == {}
    red = await desk.view(case.id)
    assert (red.light, red.watched_why) == (Light.RED, "超期")


async def test_answered_case_is_no_longer_warned(db: Database, clock: SetClock) -> None:
    """The promise was the answer."""
    desk = Desk(db)
    case = await desk.in_hand()
    await desk.act(case.id, OFFICE, Action.ANSWER, text="不收费。")
    clock.set(at("2026-03-20 09:00"))
    assert await desk.tend() == {}
    assert await desk.read(lambda view: (view.is_overdue, view.due_text), case.id) == (False, None)


async def paused(desk: Desk, clock: SetClock) -> CaseView:
    """A case of five days that waits since Wednesday, three days being left."""
    case = await desk.in_hand(kind=Kind.HELP)
    clock.set(at("2026-03-04 10:00"))
    return await desk.act(case.id, OFFICE, Action.ASK_MORE, text="营业执照、上年度审计报告")


async def test_pause_stops_the_clock_and_keeps_what_remained(db: Database, clock: SetClock) -> None:
    """Everything missing is listed at once, in the same chat."""
    desk = Desk(db)
    case = await paused(desk, clock)
    assert (case.state, case.is_paused, case.due_text) == (State.WAITING_ON_ENTERPRISE, True, None)
    assert desk.told.texts[-1] == (
        "办理 K20260302-001 还需要您补充：营业执照、上年度审计报告\n"
        "请在 3 月 18 日（周三）16:30 前直接在这里回复，或在诉求页面补充；补充之前办理期限暂停计算。"
    )
    clock.set(at("2026-03-16 09:00"))
    assert await desk.tend() == {}
    on = await desk.act(case.id, VISITOR, Action.SUPPLY, text="都在这里")
    assert (on.state, on.due_text) == (State.IN_HAND, "3 月 19 日（周四）16:30 前")
    with pytest.raises(Conflict, match="只能用一次"):
        await desk.act(case.id, OFFICE, Action.ASK_MORE, text="还要一份")


async def test_pause_lapses_after_ten_days(db: Database, clock: SetClock) -> None:
    """The office goes on with what it has."""
    desk = Desk(db)
    case = await paused(desk, clock)
    clock.set(at("2026-03-18 16:30"))
    assert await desk.tend() == {case.id: (Action.LAPSE,)}
    on = await desk.view(case.id)
    assert (on.state, on.due_on) == (State.IN_HAND, date(2026, 3, 23))


async def test_overdue_case_may_not_be_paused(db: Database, clock: SetClock) -> None:
    """A pause is no way out of lateness."""
    desk = Desk(db)
    case = await desk.in_hand()
    clock.set(at("2026-03-05 16:31"))
    with pytest.raises(Conflict, match="超过答复期限"):
        await desk.act(case.id, OFFICE, Action.ASK_MORE, text="营业执照")


async def test_extension_comes_too_late_on_the_last_day(db: Database, clock: SetClock) -> None:
    """At least one working day before; and never more than what is left of thirty."""
    desk = Desk(db)
    case = await desk.in_hand()
    with pytest.raises(BadInput, match="1–30"):
        await desk.act(case.id, OFFICE, Action.ASK_EXTENSION, days=31, reason="需上级核定")
    clock.set(at("2026-03-05 09:00"))
    with pytest.raises(Conflict, match="至少 1 个工作日"):
        await desk.act(case.id, OFFICE, Action.ASK_EXTENSION, days=1, reason="需上级核定")


async def test_provisional_date_is_counted_again_when_its_year_is_known(db: Database, clock: SetClock) -> None:
    """With an audit row, and told because the day moved."""
    days = WorkingDays()
    desk = Desk(db, days)
    clock.set(at("2026-12-15 09:00"))
    case = await desk.open(kind=Kind.HELP)
    await desk.act(case.id, LEAD, Action.ACCEPT_AND_DISPATCH, office=TAX)
    case = await desk.act(case.id, LEAD, Action.MAKE_COMPLEX, reason="涉及三个部门")
    assert (case.is_provisional, case.due_text) == (True, "约 2027 年 1 月 6 日（周三）16:30 前")
    assert await desk.tend() == {}
    days.learn({2027: YearTable(frozenset({date(2027, 1, 1), date(2027, 1, 4)}), frozenset())})
    assert await desk.tend() == {case.id: (Action.RECOUNT,)}
    known = await desk.view(case.id)
    assert (known.is_provisional, known.due_on) == (False, date(2027, 1, 7))
    assert desk.told.texts[-1] == (
        "国家公布了新的放假安排，您的诉求 K20261215-001 的答复期限相应调整为 2027 年 1 月 7 日（周四）16:30 前。"
    )
    rows = await db.read(lambda session: history(session, f"case:{case.id}"))
    assert (rows[-1].action, rows[-1].detail["due_on"]) == ("case.recount", "2027-01-07")


async def test_provisional_date_that_holds_is_not_told(db: Database, clock: SetClock) -> None:
    """The 约 goes, the day stays: nobody is bothered."""
    days = WorkingDays()
    desk = Desk(db, days)
    clock.set(at("2026-12-29 09:00"))
    case = await desk.open(kind=Kind.HELP)
    days.learn({2027: YearTable(frozenset({date(2027, 1, 1)}), frozenset())})
    assert await desk.tend() == {case.id: (Action.RECOUNT,)}
    assert desk.told.texts == []
    assert await desk.read(lambda view: (view.is_provisional, view.due_on), case.id) == (False, date(2027, 1, 6))
