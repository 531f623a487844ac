"""The way of a case from its opening to its close, on both databases."""

import asyncio

import pytest

from base.clock import SetClock
from base.db import Database
from base.errors import BadInput, Conflict, Forbidden
from base.journal import history
from cases import Action, Rating, State
from tests.cases.builders import ENQUIRY, LEAD, OFFICE, OTHER_LEAD, TAX, Desk

RATE_PLEASE = (
    "您的诉求 K20260302-001 已办理完毕。您对办理结果满意吗？请在 3 月 4 日（周三）16:30 前告诉我们："
    "满意、基本满意或不满意；不评价的按未评价办结。"
)


async def test_case_opened_has_number_link_and_due_date(db: Database) -> None:
    """What an enterprise is told at once."""
    case = await Desk(db).open(phone="138 1234 5678")
    assert case.number == "K20260302-001"
    assert len(case.secret) == 22
    assert case.due_text == "3 月 5 日（周四）16:30 前"
    assert (
        case.status_text
        == "您的诉求 K20260302-001（咨询）：已登记，等待受理审核，最迟 3 月 5 日（周四）16:30 前答复您。"
    )
    assert case.step_due_text == "3 月 2 日（周一）16:30 前"
    assert case.phone == "138****5678"


async def test_case_goes_every_named_step_to_closed(db: Database) -> None:
    """Nine states, each with its own event; the enterprise hears six times."""
    desk = Desk(db)
    case = await desk.open()
    for actor, action, parts in (
        (ENQUIRY, Action.SCREEN, {}),
        (ENQUIRY, Action.ACCEPT, {}),
        (ENQUIRY, Action.DISPATCH, {"office": TAX}),
        (OFFICE, Action.SIGN, {}),
        (OFFICE, Action.ANSWER, {"text": "请在 3 月底前通过省平台申报。", "basis": "辽财税〔2026〕1 号第三条"}),
        (OFFICE, Action.SUBMIT, {}),
        (LEAD, Action.APPROVE, {}),
    ):
        await desk.act(case.id, actor, action, **parts)
    done = await desk.act(case.id, ENQUIRY, Action.CLOSE, rating=Rating.SATISFIED)
    assert (done.state, done.rating_name, done.version) == (State.CLOSED, "满意", 9)
    seen = await desk.view(case.id)
    assert [event.after for event in seen.timeline] == [
        State.REGISTERED,
        State.SCREENING,
        State.ACCEPTED,
        State.DISPATCHED,
        State.IN_HAND,
        State.ANSWERED,
        State.REVIEW,
        State.CALL_BACK,
        State.CLOSED,
    ]
    assert desk.told.texts == [
        "您的诉求 K20260302-001 已受理，正在确定承办单位，最迟 3 月 5 日（周四）16:30 前答复您。",
        "您的诉求 K20260302-001 已受理，由税务局办理，最迟 3 月 5 日（周四）16:30 前答复您。",
        "税务局已签收您的诉求 K20260302-001，最迟 3 月 5 日（周四）16:30 前答复您。",
        "您的诉求 K20260302-001 有答复了（税务局）：\n请在 3 月底前通过省平台申报。\n依据：辽财税〔2026〕1 号第三条",
        RATE_PLEASE,
        "您的诉求 K20260302-001 已办结（满意）。如情况有变，10 个工作日内可以重新打开一次。",
    ]
    assert len(set(desk.told.keys)) == len(desk.told.texts)


async def test_one_press_accepts_and_dispatches(db: Database) -> None:
    """Three named transitions are recorded, the enterprise is told once."""
    desk = Desk(db)
    case = await desk.open()
    moved = await desk.act(case.id, LEAD, Action.ACCEPT_AND_DISPATCH, office=TAX)
    assert (moved.state, moved.office, moved.answerable) == (State.DISPATCHED, TAX, "综合咨询台")
    seen = await desk.view(case.id)
    assert [event.action for event in seen.timeline] == [Action.OPEN, Action.SCREEN, Action.ACCEPT, Action.DISPATCH]
    assert len(desk.told.texts) == 1


async def test_dispatch_takes_the_proposed_office_or_asks_for_one(db: Database) -> None:
    """The library's proposal stands unless another office is named."""
    desk = Desk(db)
    proposed, bare = await desk.open(office=TAX), await desk.open()
    assert (await desk.act(proposed.id, LEAD, Action.ACCEPT_AND_DISPATCH)).office == TAX
    with pytest.raises(BadInput) as refused:
        await desk.act(bare.id, LEAD, Action.ACCEPT_AND_DISPATCH)
    assert refused.value.field == "office"


async def test_enquiry_desk_answers_at_once(db: Database) -> None:
    """Every transition in between is named; the desk itself is the office; only the answer is told."""
    desk = Desk(db)
    case = await desk.open(office=TAX)
    done = await desk.act(case.id, ENQUIRY, Action.ANSWER_NOW, text="不收费。")
    assert (done.state, done.office) == (State.ANSWERED, "综合咨询台")
    seen = await desk.view(case.id)
    assert [event.action for event in seen.timeline] == [
        Action.OPEN,
        Action.SCREEN,
        Action.ACCEPT,
        Action.DISPATCH,
        Action.SIGN,
        Action.ANSWER,
    ]
    assert [event.text for event in seen.timeline] == ["", "", "", "", "", "不收费。"]
    assert desk.told.texts == ["您的诉求 K20260302-001 有答复了（综合咨询台）：\n不收费。"]
    assert (await desk.act(case.id, LEAD, Action.APPROVE)).state is State.CALL_BACK


async def test_sole_account_that_answered_is_told_how_to_go_on(db: Database) -> None:
    """The closing review stays with another person, whatever the role."""
    desk = Desk(db)
    case = await desk.open()
    await desk.act(case.id, LEAD, Action.ANSWER_NOW, text="不收费。")
    with pytest.raises(Forbidden, match="再添加一个督办人员账号"):
        await desk.act(case.id, LEAD, Action.APPROVE)
    assert Action.APPROVE not in await desk.read(lambda view: view.actions, case.id, LEAD)
    assert Action.APPROVE in await desk.read(lambda view: view.actions, case.id, OTHER_LEAD)


async def test_review_from_answered_records_the_submission(db: Database) -> None:
    """One press of the reviewer; the submission is the system's, not theirs."""
    desk = Desk(db)
    case = await desk.in_hand()
    await desk.act(case.id, OFFICE, Action.ANSWER, text="不收费。")
    await desk.act(case.id, LEAD, Action.APPROVE)
    seen = await desk.view(case.id)
    assert [(event.action, event.actor) for event in seen.timeline[-2:]] == [
        (Action.SUBMIT, "system"),
        (Action.APPROVE, "staff:3"),
    ]


async def test_send_back_is_told_and_answered_again(db: Database) -> None:
    """A reviewer who is not content sends it back; the original date stays."""
    desk = Desk(db)
    case = await desk.in_hand()
    await desk.act(case.id, OFFICE, Action.ANSWER, text="不收费。")
    back = await desk.act(case.id, LEAD, Action.SEND_BACK, reason="没有写明依据")
    assert (back.state, back.due_at) == (State.IN_HAND, case.due_at)
    assert desk.told.texts[-1] == "您的诉求 K20260302-001 正在进一步核实，有结果会马上告诉您。"
    again = await desk.act(case.id, OFFICE, Action.ANSWER, text="不收费，依据见附件。")
    assert again.answer == "不收费，依据见附件。"


async def test_stale_page_is_refused_with_how_the_case_stands(db: Database) -> None:
    """Compare-and-set: of two who saw version 1, one acts."""
    desk = Desk(db)
    case = await desk.open()
    await desk.act(case.id, LEAD, Action.SCREEN, version=case.version)
    with pytest.raises(Conflict) as refused:
        await desk.act(case.id, OTHER_LEAD, Action.SCREEN, version=case.version)
    assert refused.value.detail == {"case": case.id, "version": 2, "state": "screening"}


async def test_numbers_are_gapless_for_each_hall_and_day(db: Database, clock: SetClock) -> None:
    """A refused opening takes no number."""
    desk = Desk(db)
    numbers = [(await desk.open()).number]
    with pytest.raises(BadInput):
        await desk.open(summary=" ")
    numbers += [(await desk.open()).number, (await desk.open(hall=2)).number]
    clock.advance(days=1)
    numbers.append((await desk.open()).number)
    assert numbers == ["K20260302-001", "K20260302-002", "K20260302-001", "K20260303-001"]


async def test_openings_at_once_take_each_their_own_number(db: Database) -> None:
    """Distinct and gapless."""
    desk = Desk(db)
    cases = await asyncio.gather(*(desk.open() for _ in range(30)))
    assert sorted(case.number for case in cases) == [f"K20260302-{serial:03d}" for serial in range(1, 31)]


async def test_audit_holds_codes_and_no_personal_text(db: Database) -> None:
    """One row for each named transition; what people wrote stays in the case."""
    desk = Desk(db)
    case = await desk.open(summary="张三的厂房", phone="13812345678")
    await desk.act(case.id, LEAD, Action.ANSWER_NOW, text="张三您好")
    rows = await db.read(lambda session: history(session, f"case:{case.id}"))
    assert [row.action for row in rows] == [
        "case.open",
        "case.screen",
        "case.accept",
        "case.dispatch",
        "case.sign",
        "case.answer",
    ]
    assert "张三" not in str([row.detail for row in rows])
    assert rows[-1].detail["before"] == "in_hand"


@pytest.mark.parametrize(
    ("action", "field"),
    [(Action.ANSWER, "text"), (Action.ASK_MORE, "text"), (Action.RAISE, "reason"), (Action.JOIN, "office")],
)
async def test_what_an_action_needs_is_named(db: Database, action: Action, field: str) -> None:
    """The refusal names the field that the page's form has."""
    desk = Desk(db)
    case = await desk.in_hand()
    with pytest.raises(BadInput) as refused:
        await desk.act(case.id, OFFICE, action)
    assert refused.value.field == field
