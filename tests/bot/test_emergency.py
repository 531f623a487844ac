"""Danger now: forty reports of it, none missed; forty look-alikes, at most one fired; the line comes first always."""

import pytest

from base.text import normalise
from bot.rules.emergency import GENERAL, danger
from bot.rules.session import State
from intents import is_emergency
from tests.bot.dangers import EMERGENCIES, LOOK_ALIKES


def test_no_emergency_is_missed() -> None:
    """Forty of forty."""
    assert [text for text in EMERGENCIES if not is_emergency(normalise(text))] == []
    assert len(EMERGENCIES) == 40


def test_at_most_one_look_alike_fires() -> None:
    """A drill, a plan to be filed, last year's accident, a figure of speech, a bare number."""
    assert len([text for text in LOOK_ALIKES if is_emergency(normalise(text))]) <= 1
    assert len(LOOK_ALIKES) == 40


@pytest.mark.parametrize(("text", "number"), [("车间着火了", "119"), ("有人触电了", "120"), ("有人拿刀砍人", "110")])
def test_line_names_the_number_to_call(text: str, number: str) -> None:
    """Violence, fire, injury: each its own number."""
    found = danger(text, is_emergency=is_emergency(text))
    assert found is not None
    assert found.number == number
    assert f"拨打 {number}" in found.line


def test_every_number_is_given_when_the_kind_is_unclear() -> None:
    """Danger that no word names gets the general line; no danger gets none."""
    assert danger("这边要出人命", is_emergency=True) == GENERAL
    assert danger("营业执照怎么办", is_emergency=False) is None


def test_every_state_is_named() -> None:
    """The states that the journeys go through."""
    assert {state.value for state in State} == {"new", "bot", "waiting", "human", "ended"}
