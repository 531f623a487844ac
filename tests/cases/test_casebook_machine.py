"""Any order of acts, people and days: what is offered works, the rest is refused, and nobody reviews their own work."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import main  # noqa: F401 (declares every room's tables)
from base.db import WriteSession, metadata
from base.errors import Conflict, Forbidden
from base.journal import history
from cases import (
    SYSTEM,
    VISITOR,
    Action,
    Actor,
    CaseBook,
    CaseOrder,
    CaseSettings,
    CaseView,
    EventView,
    Kind,
    Opening,
    Rating,
)
from tests.cases.builders import CHIEF, ENQUIRY, LEAD, OFFICE, OTHER_LEAD, TAX, Told, working_time
from tests.conftest import START

PEOPLE = (ENQUIRY, OFFICE, LEAD, OTHER_LEAD, CHIEF, VISITOR)
MOVES_DUE = {
    Action.GRANT_EXTENSION,
    Action.SUPPLY,
    Action.LAPSE,
    Action.REDO,
    Action.RECTIFY,
    Action.REOPEN,
    Action.MAKE_COMPLEX,
}
QUIET = {Action.NOTE, Action.ADD, Action.URGE, Action.EMERGENCY, Action.MERGE, Action.JOIN, Action.RAISE}
# How far each case has come when the machine begins: by whom, and what.
BEGINNINGS: tuple[tuple[tuple[Actor, Action], ...], ...] = (
    (),
    ((ENQUIRY, Action.REFUSE),),
    ((LEAD, Action.ACCEPT_AND_DISPATCH),),
    ((LEAD, Action.ACCEPT_AND_DISPATCH), (OFFICE, Action.RETURN)),
    ((LEAD, Action.ACCEPT_AND_DISPATCH), (OFFICE, Action.SIGN), (OFFICE, Action.ASK_EXTENSION)),
    ((LEAD, Action.ACCEPT_AND_DISPATCH), (OFFICE, Action.SIGN), (OFFICE, Action.ASK_MORE)),
    ((LEAD, Action.ANSWER_NOW), (OTHER_LEAD, Action.APPROVE), (VISITOR, Action.OBJECT)),
    ((ENQUIRY, Action.ANSWER_NOW), (LEAD, Action.APPROVE), (VISITOR, Action.OBJECT), (LEAD, Action.VERIFY)),
)
# Who judges, and whose work it is.
JUDGES = {
    Action.APPROVE: {Action.ANSWER, Action.SIGN, Action.CONTACT, Action.ASK_MORE},
    Action.SEND_BACK: {Action.ANSWER, Action.SIGN, Action.CONTACT, Action.ASK_MORE},
    Action.CLOSE: {Action.ANSWER},
    Action.VERIFY: {Action.ANSWER},
}
SECONDS = {
    Action.CONFIRM_REFUSAL: Action.REFUSE,
    Action.GRANT_EXTENSION: Action.ASK_EXTENSION,
    Action.CONFIRM_FINAL: Action.PROPOSE_FINAL,
    Action.UPHOLD: Action.RETURN,
    Action.REDISPATCH: Action.RETURN,
}


class CaseMachine(RuleBasedStateMachine):
    """One case on a real database, with another that it may be merged into."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
        metadata.create_all(self.engine)
        self.now = START
        self.told = Told()
        self.book = CaseBook(CaseSettings(), working_time(), tell=self.told)

    @contextmanager
    def session(self) -> Iterator[WriteSession]:
        """A job that is undone when it fails."""
        with self.engine.begin() as connection:
            yield WriteSession(connection, self.now)

    @initialize(kind=st.sampled_from(Kind), beginning=st.sampled_from(BEGINNINGS))
    def open(self, kind: Kind, beginning: tuple[tuple[Actor, Action], ...]) -> None:
        """Register both, and bring one some way."""
        with self.session() as session:
            self.case = self.book.open(session, Opening(1, kind, "补贴怎么申报", reply_to="web:1")).id
            self.parent = self.book.open(session, Opening(1, kind, "另一件")).id
            for actor, action in beginning:
                self.book.act(session, self.case, actor, self.order(action, Rating.DISSATISFIED))

    def view(self, actor: Actor = SYSTEM) -> CaseView:
        """The case as ``actor`` sees it."""
        with self.session() as session:
            return self.book.view(session, self.case, actor)

    def order(self, action: Action, rating: Rating) -> CaseOrder:
        """An order with everything that any action needs."""
        return CaseOrder(
            action,
            text="全文",
            reason="理由",
            basis="依据",
            office=TAX,
            days=3,
            rating=rating,
            parent=self.parent,
        )

    @rule(rating=st.sampled_from(Rating), data=st.data())
    def move_on(self, rating: Rating, data: st.DataObject) -> None:
        """Somebody does something that is more than a word."""
        offered = [(actor, action) for actor in PEOPLE for action in self.view(actor).actions if action not in QUIET]
        if offered:
            self.do(*data.draw(st.sampled_from(offered)), rating)

    @rule(actor=st.sampled_from(PEOPLE), rating=st.sampled_from(Rating), data=st.data())
    def do_something_offered(self, actor: Actor, rating: Rating, data: st.DataObject) -> None:
        """Any button of anybody."""
        offered = self.view(actor).actions
        if offered:
            self.do(actor, data.draw(st.sampled_from(offered)), rating)

    def do(self, actor: Actor, action: Action, rating: Rating) -> None:
        """Every button works, and moves the due date only if it is meant to."""
        before = self.view(actor)
        with self.session() as session:
            after = self.book.act(session, self.case, actor, self.order(action, rating))
        assert after.version == before.version + 1
        if action not in MOVES_DUE:
            assert after.due_at == before.due_at

    @rule(actor=st.sampled_from(PEOPLE), action=st.sampled_from(Action), rating=st.sampled_from(Rating))
    def do_something_not_offered(self, actor: Actor, action: Action, rating: Rating) -> None:
        """Whatever is no button is refused and changes nothing."""
        before = self.view(actor)
        if action in before.actions or action is Action.CLOSE:
            return
        with pytest.raises((Conflict, Forbidden)), self.session() as session:
            self.book.act(session, self.case, actor, self.order(action, rating))
        assert self.view(actor) == before

    @rule(hours=st.integers(1, 60))
    def let_time_pass(self, hours: int) -> None:
        """The clock alone brings no due date nearer or further, but where it ends a pause."""
        self.now += timedelta(hours=hours)
        before = self.view()
        with self.session() as session:
            done = self.book.tend(session, self.case) if self.case in self.book.ripe(session) else ()
        after = self.view()
        if Action.LAPSE not in done:
            assert after.due_at == before.due_at
        with self.session() as session:
            assert self.case not in self.book.ripe(session)

    @invariant()
    def timeline_is_one_chain_and_audited(self) -> None:
        """Each event begins where the last one ended, and has its row in the audit."""
        timeline = self.view().timeline
        assert all(one.after is two.before for one, two in pairwise(timeline))
        with self.session() as session:
            rows = history(session, f"case:{self.case}")
        assert [(row.actor, row.action) for row in rows] == [(one.actor, f"case.{one.action}") for one in timeline]

    @invariant()
    def nobody_reviews_their_own_work(self) -> None:
        """Of all reviews in the timeline."""
        timeline = self.view().timeline
        for place, event in enumerate(timeline):
            earlier = timeline[:place]
            assert event.actor not in _authors(earlier, JUDGES.get(event.action, set()))
            asked = SECONDS.get(event.action)
            assert event.actor not in _authors(_last(earlier, asked), {asked} if asked else set())

    @invariant()
    def every_telling_is_unique_and_in_the_timeline(self) -> None:
        """What was told stands in the timeline, once."""
        told = [event.told for event in self.view().timeline if event.told]
        assert self.told.texts == told
        assert len(set(self.told.keys)) == len(told)

    def teardown(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def _authors(events: tuple[EventView, ...], actions: set[Action]) -> set[str]:
    return {event.actor for event in events if event.action in actions} - {"system", "visitor"}


def _last(events: tuple[EventView, ...], action: Action | None) -> tuple[EventView, ...]:
    return tuple(event for event in events if event.action is action)[-1:]


CaseMachine.TestCase.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestCaseMachine = CaseMachine.TestCase
