"""Lists, counts, ways in for the enterprise, and what is sealed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
import sqlalchemy as sa

from base.clock import SetClock
from base.db import Database
from base.errors import BadInput, Forbidden, NotFound
from base.journal import history
from cases import (
    VISITOR,
    Action,
    CaseFilter,
    CasePage,
    Kind,
    Packet,
    Pending,
    PublicCase,
    Rating,
    State,
)
from tests.cases.builders import ENQUIRY, LEAD, OFFICE, OTHER_LEAD, TAX, Desk


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """The statements that run meanwhile, on any database."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            seen.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


async def listed(desk: Desk, **asked: object) -> CasePage:
    """A page of hall 1."""
    wanted = CaseFilter(1, **asked)  # type: ignore[arg-type]
    return await desk.db.read(lambda session: desk.book.list(session, wanted, LEAD))


async def numbers(desk: Desk, **asked: object) -> list[str]:
    """The last three digits of each case listed."""
    return [row.number[-3:] for row in (await listed(desk, **asked)).rows]


async def test_list_is_sorted_by_due_and_made_of_one_query(db: Database) -> None:
    """The same number of queries at 1 and at 30 rows."""
    desk = Desk(db)
    counts = []
    for more in (1, 29):
        for _ in range(more):
            await desk.open(kind=Kind.HELP)
        with counted_queries() as queries:
            rows = (await listed(desk)).rows
        counts.append((len(rows), len(queries)))
    assert counts == [(1, 1), (30, 1)]
    assert Action.ACCEPT_AND_DISPATCH in rows[0].actions
    await desk.open(kind=Kind.CONSULT)
    assert (await numbers(desk, limit=3)) == ["031", "001", "002"]


async def test_pages_follow_one_another_without_gap(db: Database) -> None:
    """The key of a page is its last row; what is inserted meanwhile shifts nothing."""
    desk = Desk(db)
    for kind in (Kind.HELP, Kind.CONSULT, Kind.HELP, Kind.CONSULT, Kind.HELP):
        await desk.open(kind=kind)
    first = await listed(desk, limit=2)
    await desk.open(kind=Kind.CONSULT)
    second = await listed(desk, limit=2, after=first.next)
    third = await listed(desk, limit=2, after=second.next)
    pages = [[row.number[-1] for row in page.rows] for page in (first, second, third)]
    assert pages == [["2", "4"], ["6", "1"], ["3", "5"]]
    assert third.next is None
    with pytest.raises(BadInput) as refused:
        await listed(desk, after="oops")
    assert refused.value.field == "after"


async def test_filters_each_do_what_they_say(db: Database, clock: SetClock) -> None:
    """And do so together."""
    desk = Desk(db)
    await desk.in_hand()
    await desk.open(kind=Kind.COMPLAINT, enterprise="青椅山100%面粉厂", summary="多次退件")
    urged = await desk.open(kind=Kind.HELP)
    await desk.act(urged.id, VISITOR, Action.URGE)
    await desk.act(urged.id, ENQUIRY, Action.REFUSE, reason="不属本厅", text="向住建局反映")
    await desk.open(hall=2)
    assert await numbers(desk) == ["001", "002", "003"]
    assert await numbers(desk, states=(State.IN_HAND,)) == ["001"]
    assert await numbers(desk, kinds=(Kind.COMPLAINT, Kind.HELP)) == ["002", "003"]
    assert await numbers(desk, offices=(TAX,)) == ["001"]
    assert await numbers(desk, due_by=date(2026, 3, 5)) == ["001"]
    assert await numbers(desk, is_watched=True) == ["003"]
    assert await numbers(desk, pending=Pending.REFUSAL) == ["003"]
    assert await numbers(desk, text="100%面") == ["002"]
    assert await numbers(desk, text="1_0") == []
    assert await numbers(desk, text="0302-003", kinds=(Kind.HELP,)) == ["003"]
    assert await numbers(desk, is_overdue=True) == []
    clock.advance(days=4)
    assert await numbers(desk, is_overdue=True) == ["001"]


async def test_closed_cases_are_listed_when_asked(db: Database) -> None:
    """By default only the open ones are."""
    desk = Desk(db)
    await desk.closed()
    assert await numbers(desk) == []
    assert await numbers(desk, states=(State.CLOSED,)) == ["001"]


async def test_tally_counts_what_the_head_of_the_page_shows(db: Database, clock: SetClock) -> None:
    """In one query for the whole hall."""
    desk = Desk(db)
    await desk.in_hand()
    await desk.in_hand(kind=Kind.HELP)
    answered = await desk.in_hand()
    await desk.act(answered.id, OFFICE, Action.ANSWER, text="不收费。")
    clock.advance(days=3)
    today = await db.read(lambda session: desk.book.tally(session, 1))
    assert (today.open, today.due_today, today.overdue, today.to_review) == (3, 1, 0, 1)
    clock.advance(days=1)
    later = await db.read(lambda session: desk.book.tally(session, 1))
    assert (later.due_today, later.overdue, later.by_state) == (0, 1, {State.IN_HAND: 2, State.ANSWERED: 1})
    assert (await db.read(lambda session: desk.book.tally(session, 9))).open == 0


async def found(desk: Desk, secret: str) -> PublicCase:
    """The case behind a link."""
    return await desk.db.read(lambda session: desk.book.by_secret(session, secret))


async def test_secret_link_shows_the_steps_in_plain_words(db: Database) -> None:
    """What the enterprise was told and said itself; nothing of the office's own."""
    desk = Desk(db)
    case = await desk.in_hand()
    await desk.act(case.id, OFFICE, Action.NOTE, text="企业语气激动")
    await desk.act(case.id, VISITOR, Action.ADD, text="另附照片说明")
    page = await found(desk, case.secret)
    assert [(step.is_own, step.text) for step in page.steps] == [
        (False, "您的诉求 K20260302-001 已受理，由税务局办理，最迟 3 月 5 日（周四）16:30 前答复您。"),
        (False, "税务局已签收您的诉求 K20260302-001，最迟 3 月 5 日（周四）16:30 前答复您。"),
        (True, "您补充说明：另附照片说明"),
    ]
    assert page.actions == (Action.URGE, Action.ADD)
    assert page.status_text == "您的诉求 K20260302-001（咨询）：税务局正在办理，最迟 3 月 5 日（周四）16:30 前答复您。"
    with pytest.raises(NotFound):
        await found(desk, "x" * 22)


async def test_rating_on_the_page_closes(db: Database) -> None:
    """And says thanks through the status sentence."""
    desk = Desk(db)
    case = await desk.at_call_back()
    page = await found(desk, case.secret)
    assert page.actions == (Action.CLOSE, Action.OBJECT, Action.ADD)
    with pytest.raises(BadInput, match="满意"):
        await desk.act(case.id, VISITOR, Action.CLOSE)
    await db.write(lambda session: desk.book.rate(session, case.id, Rating.BASIC, "还可以"), f"case:{case.id}")
    rated = await found(desk, case.secret)
    assert (rated.state, rated.rating_name, rated.actions) == (State.CLOSED, "基本满意", (Action.REOPEN,))


@pytest.mark.parametrize(
    ("number", "last_four", "is_found"),
    [
        ("K20260302-001", "5678", True),
        (" k20260302-001 ", "5678", True),
        ("K20260302-001", "5679", False),
        ("K20260302-002", "", False),
        ("K20260302-002", "0000", False),
        ("K20260302-003", "5678", False),
    ],
)
async def test_number_and_four_digits_find_a_case(db: Database, number: str, last_four: str, *, is_found: bool) -> None:
    """One sentence whichever is wrong; a case without a phone is not found that way."""
    desk = Desk(db)
    await desk.open(phone="13812345678")
    await desk.open()
    if is_found:
        case = await db.read(lambda session: desk.book.by_number(session, 1, number, last_four))
        assert case.number == "K20260302-001"
        return
    with pytest.raises(NotFound, match="后四位"):
        await db.read(lambda session: desk.book.by_number(session, 1, number, last_four))


async def test_conversation_finds_its_own_cases(db: Database) -> None:
    """Newest first."""
    desk = Desk(db)
    await desk.open(reply_to="web:a")
    await desk.open(reply_to="web:b")
    await desk.open(reply_to="web:a")
    cases = await db.read(lambda session: desk.book.of_address(session, "web:a"))
    assert [case.number[-1] for case in cases] == ["3", "1"]


async def test_confidential_reporter_is_sealed_until_revealed(db: Database) -> None:
    """A supervisor gives a reason, and looking is logged; the answer still finds its way."""
    desk = Desk(db)
    packet = Packet(lines=("反映重复收费",), candidates=(("guide-1", 0.4),), transcript="chat:77")
    case = await desk.open(
        kind=Kind.REPORT, is_confidential=True, enterprise="某厂", phone="13812345678", packet=packet, reply_to="web:9"
    )
    seen = await desk.view(case.id)
    assert (seen.enterprise, seen.phone, seen.reply_to, seen.packet.transcript) == ("已保密", None, None, None)
    assert (seen.packet.lines, seen.packet.candidates) == (("反映重复收费",), (("guide-1", 0.4),))
    with pytest.raises(Forbidden):
        await db.write(lambda session: desk.book.reveal(session, case.id, ENQUIRY, "要回电"))
    with pytest.raises(BadInput):
        await db.write(lambda session: desk.book.reveal(session, case.id, LEAD, " "))
    who = await db.write(lambda session: desk.book.reveal(session, case.id, LEAD, "核实情况"))
    assert (who.enterprise, who.phone, who.transcript) == ("某厂", "13812345678", "chat:77")
    rows = await db.read(lambda session: history(session, f"case:{case.id}"))
    assert [(row.actor, row.action) for row in rows[-1:]] == [("staff:3", "case.reveal")]
    await desk.act(case.id, LEAD, Action.ANSWER_NOW, text="已核实。")
    assert desk.told.addresses == ["web:9"]


async def test_merged_case_follows_its_parent(db: Database) -> None:
    """Each enterprise is told under its own number; the page shows how the parent stands."""
    desk = Desk(db)
    parent, child = await desk.open(reply_to="web:a"), await desk.open(reply_to="web:b")
    await desk.act(child.id, LEAD, Action.MERGE, parent=parent.id)
    await desk.act(parent.id, LEAD, Action.ANSWER_NOW, text="不收费。")
    assert desk.told.addresses == ["web:b", "web:a", "web:b"]
    assert desk.told.texts[-1] == "您的诉求 K20260302-002 有答复了（综合咨询台）：\n不收费。"
    page = await found(desk, child.secret)
    assert (page.state, page.answer, page.actions) == (State.ANSWERED, "不收费。", ())
    with pytest.raises(BadInput) as refused:
        await desk.act((await desk.open()).id, LEAD, Action.MERGE, parent=child.id)
    assert refused.value.field == "parent"


async def test_closed_case_is_reopened_once_within_ten_days(db: Database, clock: SetClock) -> None:
    """Its clock begins again with its class."""
    desk = Desk(db)
    case = await desk.closed()
    clock.advance(days=14)
    again = await desk.act(case.id, VISITOR, Action.REOPEN, reason="又被要求交材料")
    assert (again.state, again.due_on, again.rating) == (State.IN_HAND, date(2026, 3, 19), None)
    await desk.act(case.id, OFFICE, Action.ANSWER, text="已协调。")
    await desk.act(case.id, LEAD, Action.APPROVE)
    await desk.act(case.id, OTHER_LEAD, Action.CLOSE)
    assert (await found(desk, case.secret)).actions == ()


async def test_closed_case_is_not_reopened_after_ten_days(db: Database, clock: SetClock) -> None:
    """The page no longer offers it."""
    desk = Desk(db)
    case = await desk.closed()
    clock.advance(days=15)
    assert (await found(desk, case.secret)).actions == ()
