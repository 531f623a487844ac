"""Sessions as a state machine: every event moves or refuses, whoever acts, in any order."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from base.errors import Conflict
from bot.rules.context import Context
from bot.rules.reply import reply
from bot.rules.session import NEXT, Event, State, after, events
from bot.rules.situation import Asked, Reply, Situation
from tests.bot.situations import CHANGE, FOOD, NOW, TOPICS, asked, said, tapped


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("event", list(Event))
def test_every_event_moves_or_refuses(state: State, event: Event) -> None:
    """And a refusal says what may be done."""
    if (state, event) in NEXT:
        assert after(state, event) is NEXT[state, event]
    else:
        with pytest.raises(Conflict) as refusal:
            after(state, event)
        assert refusal.value.allowed == events(state)


TEXTS = st.sampled_from(
    [
        "人工",
        "取消",
        "返回",
        "重来",
        "1",
        "3",
        "A012",
        "多少钱",
        "公司变更要啥",
        "嘎嘎",
        "我要反映供水问题很久了",
        "13812345678",
    ]
)
CHOICES = st.sampled_from(
    [
        *(
            f"do:{one}"
            for one in [
                "human",
                "report",
                "seal",
                "nophone",
                "cancel",
                "none",
                "ticket",
                "status",
                "policy",
                "fix",
                "bot",
                "book",
                "items",
            ]
        ),
        *("fb:up", "fb:down", "fb:old", f"t:{CHANGE}:fee", "t:gone:", "svc:A", "x"),
    ]
)
ACTS = st.sampled_from(
    [
        "ask_facet",
        "hall_info",
        "take_ticket",
        "book",
        "report_issue",
        "affirm",
        "deny",
        "greet",
        "out_of_scope",
        "abuse",
    ]
)


@st.composite
def readings(draw: st.DrawFn) -> Asked:
    """Any reading."""
    topics = draw(st.sampled_from([(), ((CHANGE, 0.8),), ((FOOD, 0.5), (CHANGE, 0.3))]))
    p = draw(st.sampled_from([0.05, 0.5, 0.95]))
    return asked(*topics, act=draw(ACTS), p_right=p, is_known=draw(st.booleans()))


class Session(RuleBasedStateMachine):
    """One conversation: the enterprise writes and taps, staff claim and give back, time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State.NEW
        self.context = Context()
        self.last: Reply | None = None
        self.misses = 0

    def hear(self, situation: Situation) -> None:
        """Reply, and move as the reply says."""
        before = self.state
        self.state = after(self.state, Event.HEAR)
        context = self.context if before is not State.ENDED else self.context.cleared()
        decided = reply(replace(situation, state=self.state, context=context))
        self.state = after(self.state, decided.event)
        self.context = decided.context
        if decided.menu:
            self.context = replace(self.context, offered=decided.menu)
        self.last = decided

    @rule(text=TEXTS, reading=readings(), is_live=st.booleans())
    def write(self, text: str, reading: Asked, is_live: bool) -> None:  # noqa: FBT001 (drawn)
        """The enterprise writes."""
        self.hear(said(text, reading, is_desk_live=is_live))

    @rule(choice=CHOICES, is_live=st.booleans())
    def tap(self, choice: str, is_live: bool) -> None:  # noqa: FBT001 (drawn)
        """The enterprise taps a button, of this turn or an old one."""
        self.hear(tapped(choice, is_desk_live=is_live))

    @rule(event=st.sampled_from([Event.CLAIM, Event.GIVE_BACK, Event.RETURN, Event.GIVE_UP, Event.EXPIRE]))
    def others(self, event: Event) -> None:
        """Staff and time; what is refused changes nothing."""
        before = self.state
        try:
            self.state = after(self.state, event)
        except Conflict:
            assert self.state is before

    @precondition(lambda self: self.last is not None)
    @invariant()
    def something_is_said_or_a_person_has_the_word(self) -> None:
        """The bot is silent only in the pool or beside a person."""
        assert self.last is not None
        if self.last.is_silent:
            assert self.last.steps == ()
        else:
            assert self.last.steps

    @invariant()
    def nobody_is_asked_a_third_time(self) -> None:
        """A third miss in a row has left for a person or a case."""
        assert self.context.misses <= 2


TestSession = Session.TestCase
TestSession.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@given(text=st.text(max_size=60), reading=readings())
@settings(max_examples=150, deadline=None)
def test_any_text_gets_a_reply(text: str, reading: Asked) -> None:
    """Whatever is typed."""
    decided = reply(said(text, reading))
    assert decided.steps
    assert decided.context.misses <= 1


def test_the_topics_stand() -> None:
    """What the builders promise."""
    assert NOW.utcoffset() is not None
    assert CHANGE in TOPICS
