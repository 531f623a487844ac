"""The table of states and actions, and who may do what."""

import pytest

from base.errors import Conflict
from cases import ACTION_NAMES, FINAL, NEEDS, STATE_NAMES, Action, Role, State
from cases.rules.case import NEXT, SHORTCUTS, actions, after, path
from cases.rules.duty import GUARDS, WHO, by_role
from cases.rules.wording import LINE, STATUS, TOLD

COMPOSITE = {Action.ACCEPT_AND_DISPATCH, Action.ANSWER_NOW}


@pytest.mark.parametrize("state", State)
def test_every_action_moves_or_refuses(state: State) -> None:
    """A refusal names the present state and lists what may be done instead."""
    for action in Action:
        if action in actions(state):
            assert after(state, action) in State
            continue
        with pytest.raises(Conflict) as refused:
            after(state, action)
        assert refused.value.allowed == [one.value for one in actions(state)]
        assert STATE_NAMES[state] in refused.value.message


@pytest.mark.parametrize(("state", "action"), list(SHORTCUTS))
def test_shortcut_is_a_chain_of_named_moves(state: State, action: Action) -> None:
    """It ends where the last of them leads, and never stands beside a move of the same name."""
    assert (state, action) not in NEXT
    for step in path(state, action):
        state = NEXT[state, step]
    assert step is action or action in COMPOSITE


def test_every_state_can_be_reached() -> None:
    """No state stands in the table that nothing leads to."""
    assert {State.REGISTERED, *NEXT.values()} == set(State)


def test_final_states_are_left_only_by_a_second_look() -> None:
    """A refusal may be contested, a closed case reopened; nothing else moves."""
    leaving = {(state, action) for (state, action), to in NEXT.items() if state in FINAL and to is not state}
    assert leaving == {(State.REFUSED, Action.CONTEST_REFUSAL), (State.CLOSED, Action.REOPEN)}


def test_everything_has_its_words() -> None:
    """Nothing untranslated reaches a page."""
    assert set(ACTION_NAMES) == set(Action)
    assert set(STATE_NAMES) == set(STATUS) == set(State)
    assert set(LINE) == set(Action) - COMPOSITE
    assert set(TOLD) | set(NEEDS) | set(GUARDS) <= set(Action)
    assert set(WHO) == set(Action)


def test_enterprise_may_only_speak_rate_and_contest() -> None:
    """The buttons of the enterprise's own page."""
    mine = {action for state in State for action in by_role(state, Role.VISITOR)}
    assert mine == {
        Action.SUPPLY,
        Action.ADD,
        Action.URGE,
        Action.CLOSE,
        Action.OBJECT,
        Action.REOPEN,
        Action.CONTEST_REFUSAL,
    }


def test_office_neither_screens_nor_reviews() -> None:
    """The office works in hand; deciding is others' business."""
    judging = {Action.ACCEPT, Action.REFUSE, Action.DISPATCH, Action.APPROVE, Action.GRANT_EXTENSION, Action.UPHOLD}
    assert not judging & {action for state in State for action in by_role(state, Role.OFFICE)}


def test_clock_alone_does_only_what_has_run_out() -> None:
    """The system's own acts."""
    own = {action for action, roles in WHO.items() if Role.SYSTEM in roles}
    assert own == {
        Action.SIGN,
        Action.LAPSE,
        Action.CLOSE,
        Action.URGE,
        Action.WARN,
        Action.RECOUNT,
        Action.FOLLOW,
    }
