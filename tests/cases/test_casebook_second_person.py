"""Refusals, returns, extensions, final answers: what takes two people."""

import pytest

from base.db import Database
from base.errors import Conflict, Forbidden
from cases import VISITOR, Action, Actor, Pending, State
from tests.cases.builders import CHIEF, ENQUIRY, LEAD, OFFICE, OTHER_LEAD, TAX, Desk

REFUSAL = {
    "reason": "属于仲裁受理范围。",
    "text": "向县劳动人事争议仲裁委员会申请",
    "basis": "劳动争议调解仲裁法第五条",
}


async def test_refusal_goes_out_only_after_the_second_person(db: Database) -> None:
    """The proposer can't confirm; the enterprise hears reason, lawful route and its right of review."""
    desk = Desk(db)
    case = await desk.open()
    asked = await desk.act(case.id, LEAD, Action.REFUSE, **REFUSAL)
    assert (asked.state, asked.pending, asked.pending_by) == (State.SCREENING, Pending.REFUSAL, "staff:3")
    assert asked.step_due_text == "3 月 4 日（周三）16:30 前"
    assert desk.told.texts == []
    with pytest.raises(Forbidden):
        await desk.act(case.id, LEAD, Action.CONFIRM_REFUSAL)
    done = await desk.act(case.id, OTHER_LEAD, Action.CONFIRM_REFUSAL)
    assert (done.state, done.pending, done.due_text) == (State.REFUSED, Pending.NOTHING, None)
    assert len(desk.told.texts) == 1
    assert desk.told.texts[0] == (
        "您的诉求 K20260302-001 经两人审核，不予受理。原因：属于仲裁受理范围。依据：劳动争议调解仲裁法第五条。"
        "您可以这样办：向县劳动人事争议仲裁委员会申请\n"
        "如有不同意见，您可以在诉求页面申请复核一次，我们在 2 个工作日内复核。"
    )


async def test_refusal_waiting_for_review_stops_acceptance(db: Database) -> None:
    """Until it is rejected by the second person."""
    desk = Desk(db)
    case = await desk.open()
    await desk.act(case.id, ENQUIRY, Action.REFUSE, **REFUSAL)
    with pytest.raises(Conflict, match="第二人复核"):
        await desk.act(case.id, LEAD, Action.ACCEPT)
    with pytest.raises(Conflict, match="第二人复核"):
        await desk.act(case.id, LEAD, Action.ANSWER_NOW, text="不收费。")
    await desk.act(case.id, LEAD, Action.REJECT_REFUSAL, reason="属于本厅事项")
    assert (await desk.act(case.id, LEAD, Action.ACCEPT)).state is State.ACCEPTED


async def test_refusal_may_be_contested_once(db: Database) -> None:
    """The right of review, used up with its first use."""
    desk = Desk(db)
    case = await desk.open()
    await desk.act(case.id, ENQUIRY, Action.REFUSE, **REFUSAL)
    await desk.act(case.id, LEAD, Action.CONFIRM_REFUSAL)
    again = await desk.act(case.id, VISITOR, Action.CONTEST_REFUSAL, reason="不是劳动争议")
    assert (again.state, again.closed_at) == (State.SCREENING, None)
    await desk.act(case.id, ENQUIRY, Action.REFUSE, **REFUSAL)
    await desk.act(case.id, LEAD, Action.CONFIRM_REFUSAL)
    with pytest.raises(Conflict, match="只能申请一次"):
        await desk.act(case.id, VISITOR, Action.CONTEST_REFUSAL, reason="不是劳动争议")


async def test_return_keeps_the_original_clock(db: Database) -> None:
    """Another office gets the case, not another date; the second return is watched."""
    desk = Desk(db)
    case = await desk.open(office=TAX)
    await desk.act(case.id, LEAD, Action.ACCEPT_AND_DISPATCH)
    back = await desk.act(case.id, OFFICE, Action.RETURN, reason="属市场监管局职责")
    assert (back.state, back.is_watched) == (State.RETURNED, False)
    moved = await desk.act(case.id, LEAD, Action.REDISPATCH, office="市场监管局", reason="职责清单")
    assert (moved.state, moved.office, moved.due_at) == (State.DISPATCHED, "市场监管局", case.due_at)
    again = await desk.act(case.id, OFFICE, Action.RETURN, reason="也不是我们的")
    assert (again.is_watched, again.watched_why) == (True, "第二次退单")
    held = await desk.act(case.id, LEAD, Action.UPHOLD, reason="指定承办")
    assert (held.state, held.office, held.due_at) == (State.IN_HAND, "市场监管局", case.due_at)
    assert Action.RETURN not in held.actions


async def test_nobody_judges_a_return_of_their_own(db: Database) -> None:
    """A supervisor who returned for an office leaves the judging to another."""
    desk = Desk(db)
    case = await desk.open(office=TAX)
    await desk.act(case.id, OTHER_LEAD, Action.ACCEPT_AND_DISPATCH)
    await desk.act(case.id, LEAD, Action.RETURN, reason="不属本局职责")
    with pytest.raises(Forbidden):
        await desk.act(case.id, LEAD, Action.UPHOLD, reason="指定承办")
    assert (await desk.act(case.id, OTHER_LEAD, Action.TAKE_UP)).state is State.ADJUDICATION


async def test_extension_is_granted_by_another_and_told_with_its_reason(db: Database) -> None:
    """At most 30 working days in two extensions."""
    desk = Desk(db)
    case = await desk.in_hand()
    asked = await desk.act(case.id, LEAD, Action.ASK_EXTENSION, days=5, reason="需上级核定")
    assert (asked.pending, asked.pending_days, asked.due_at) == (Pending.EXTENSION, 5, case.due_at)
    with pytest.raises(Forbidden):
        await desk.act(case.id, LEAD, Action.GRANT_EXTENSION)
    given = await desk.act(case.id, OTHER_LEAD, Action.GRANT_EXTENSION)
    assert given.due_text == "3 月 12 日（周四）16:30 前"
    assert desk.told.texts[-1] == (
        "您的诉求 K20260302-001 经批准延期。原因：需上级核定。最迟 3 月 12 日（周四）16:30 前答复您。"
    )
    await desk.act(case.id, OFFICE, Action.ASK_EXTENSION, days=25, reason="需专家论证")
    await desk.act(case.id, LEAD, Action.REFUSE_EXTENSION, reason="理由不足")
    await desk.act(case.id, OFFICE, Action.ASK_EXTENSION, days=20, reason="需专家论证")
    await desk.act(case.id, LEAD, Action.GRANT_EXTENSION)
    with pytest.raises(Conflict, match="最多 2 次"):
        await desk.act(case.id, OFFICE, Action.ASK_EXTENSION, days=1, reason="再延一天")


async def test_complex_class_counts_from_registration(db: Database) -> None:
    """Approved by one who does not handle it, and told."""
    desk = Desk(db)
    case = await desk.in_hand()
    made = await desk.act(case.id, LEAD, Action.MAKE_COMPLEX, reason="涉及三个部门")
    assert made.due_text == "3 月 23 日（周一）16:30 前"
    assert "15 个工作日" in desk.told.texts[-1]


async def test_office_staff_act_for_their_own_office_only(db: Database) -> None:
    """Helpers of a joint handling may leave notes."""
    desk = Desk(db)
    case = await desk.in_hand()
    stranger = Actor.of("staff:8", ["office"], ["住建局"])
    with pytest.raises(Forbidden, match=TAX):
        await desk.act(case.id, stranger, Action.ANSWER, text="不收费。")
    await desk.act(case.id, OFFICE, Action.JOIN, office="住建局")
    noted = await desk.act(case.id, stranger, Action.NOTE, text="现场已看过")
    assert noted.helpers == ("住建局",)
    assert noted.actions == (Action.NOTE,)


async def test_final_answer_is_signed_by_a_leader(db: Database) -> None:
    """A supervisor proposes, the leader signs, and only then is it sent; it is final."""
    desk = Desk(db)
    case = await desk.at_call_back()
    await desk.act(case.id, VISITOR, Action.OBJECT, text="没解决")
    await desk.act(case.id, LEAD, Action.VERIFY, reason="已依规办理")
    asked = await desk.act(case.id, LEAD, Action.PROPOSE_FINAL, text="依规不予补贴。", basis="辽财企〔2025〕3 号")
    assert (asked.state, len(desk.told.texts)) == (State.FINAL_ANSWER, 4)
    with pytest.raises(Forbidden):
        await desk.act(case.id, OTHER_LEAD, Action.CONFIRM_FINAL)
    done = await desk.act(case.id, CHIEF, Action.CONFIRM_FINAL)
    assert (done.state, done.answer) == (State.CLOSED, "依规不予补贴。\n依据：辽财企〔2025〕3 号")
    with pytest.raises(Conflict, match="最终答复"):
        await desk.act(case.id, VISITOR, Action.REOPEN, reason="还是不满意")


async def test_redo_happens_once(db: Database) -> None:
    """A second dissatisfaction is settled otherwise."""
    desk = Desk(db)
    case = await desk.at_call_back()
    for turn in range(2):
        await desk.act(case.id, VISITOR, Action.CLOSE, rating="dissatisfied")
        verified = await desk.act(case.id, LEAD, Action.VERIFY, reason="答复不完整")
        assert (Action.REDO in verified.actions) == (turn == 0)
        if turn == 0:
            redone = await desk.act(case.id, LEAD, Action.REDO, reason="补充办理")
            assert redone.due_text == "3 月 5 日（周四）16:30 前"
            await desk.act(case.id, OFFICE, Action.ANSWER, text="已补办。")
            await desk.act(case.id, LEAD, Action.APPROVE)
    rectified = await desk.act(case.id, LEAD, Action.RECTIFY, reason="限期整改")
    assert rectified.state is State.RECTIFY


async def test_handler_does_not_call_back_on_own_work(db: Database) -> None:
    """Nor verifies it."""
    desk = Desk(db)
    case = await desk.open()
    await desk.act(case.id, LEAD, Action.ANSWER_NOW, text="不收费。")
    await desk.act(case.id, OTHER_LEAD, Action.APPROVE)
    with pytest.raises(Forbidden):
        await desk.act(case.id, LEAD, Action.CLOSE)
    assert (await desk.act(case.id, VISITOR, Action.CLOSE, rating="basic")).state is State.CLOSED
