"""The table of states and actions."""

from itertools import product

import pytest

from base.errors import Conflict
from hallqueue.rules.ticket import ACTION_NAMES, BY_THE_HOUSE, LIVE, NEXT, STATE_NAMES, Action, State, actions, after


@pytest.mark.parametrize(("state", "action"), list(product(State, Action)))
def test_every_pair_moves_or_refuses(state: State, action: Action) -> None:
    """A refusal names the present state and lists what a person may do instead."""
    if (state, action) in NEXT:
        assert after(state, action) is NEXT[state, action]
        assert action in actions(state)
        return
    with pytest.raises(Conflict) as caught:
        after(state, action)
    assert caught.value.allowed == [one.value for one in actions(state) if one not in BY_THE_HOUSE]
    assert STATE_NAMES[state] in caught.value.message


def test_every_state_and_action_has_a_name() -> None:
    """Nothing untranslated reaches a page."""
    assert set(STATE_NAMES) == set(State)
    assert set(ACTION_NAMES) == set(Action)


def test_closing_states_are_final() -> None:
    """Nothing leaves them but undo."""
    ended = set(State) - LIVE - {State.BOOKED}
    assert {state: actions(state) for state in ended} == dict.fromkeys(ended, ())
