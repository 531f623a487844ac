"""A new model takes the old one's place only if it is nowhere worse."""

from dataclasses import replace
from pathlib import Path

import pytest

from intents import Model, Reader, Share, measured, refusals, store
from intents.gates import GATES, WRONG, Shares, shares
from intents.measure import Judged
from intents.reading import Act, Facet
from tests.intents.builders import letter_search, small_examples

GOOD: Shares = {name: Share(0.98, 400) for name in GATES} | {WRONG: Share(0.01, 1000)}


def with_share(name: str, value: float, count: int = 400) -> Shares:
    """``GOOD`` but for one share."""
    return GOOD | {name: Share(value, count)}


def test_a_good_model_passes() -> None:
    """Alone, and beside one as good."""
    assert refusals(GOOD, None) == ()
    assert refusals(GOOD, GOOD) == ()


@pytest.mark.parametrize("name", GATES)
def test_below_its_floor(name: str) -> None:
    """Whatever is in use; but a share of few sentences says nothing."""
    floor = GATES[name].floor
    refused = (f"{GATES[name].words} {floor - 0.01:.1%}，低于下限 {floor:.1%}",)
    assert refusals(with_share(name, floor - 0.01), None) == refused
    assert refusals(with_share(name, 0.1, 29), None) == ()


def test_a_fall_by_more_than_one_standard_error() -> None:
    """Of the model in use: 0.7 points at 98 % of 400."""
    assert refusals(with_share("act", 0.974), GOOD) == ()
    assert refusals(with_share("act", 0.972), GOOD) == ("意图正确从 98.0% 降到 97.2%，超过一个标准误（0.7 个百分点）",)


def test_wrong_answers_may_not_rise() -> None:
    """Not by one; nor above the ceiling."""
    assert refusals(with_share(WRONG, 0.011, 1000), GOOD) == ("答错从 1.00% 升到 1.10%（1000 句里多 1 句）",)
    assert refusals(with_share(WRONG, 0.009, 1000), GOOD) == ()
    assert refusals(with_share(WRONG, 0.031, 1000), None) == ("答错 3.10%，高于上限 3.00%",)


def test_shares_of_judged_sentences() -> None:
    """Each of what it is a share of."""
    example = next(each for each in small_examples() if each.topics == ("food",))
    right = Judged(example, Act.ASK_FACET, example.facets, ("food",), 0.9, 0.1)
    wrong = replace(right, topics=("eia", "food"), facets=(Facet.BASIS,))
    found = shares([right, wrong, replace(wrong, p_right=0.2), replace(right, act=Act.GREET)], 0.7)
    assert found["topic_first"] == Share(0.5, 4)
    assert found["topic_first_three"] == Share(1.0, 4)
    assert found["act"] == Share(0.75, 4)
    assert found["facet_first"] == Share(0.5, 4)
    assert found[WRONG] == Share(0.25, 4)
    assert found["out_of_scope"].count == 0


def test_a_model_is_measured_and_listed(tmp_path: Path, model: Model, reader: Reader) -> None:
    """The small model on what it was trained on; its shares stand in the list of versions."""
    examples = small_examples()
    found = measured(reader, examples, letter_search, 0.7)
    assert found["emergency"].count == sum(each.act is Act.EMERGENCY for each in examples)
    assert found["act"].count == len(examples)
    metrics = {"shares": {"act": (found["act"].value, found["act"].count)}, "refusals": ["答错"]}
    first, second = store.save(tmp_path, model), store.save(tmp_path, model, metrics)
    store.promote(tmp_path, first)
    newest, oldest = store.listed(tmp_path)
    assert (newest.name, newest.refusals, newest.is_in_use, newest.is_former) == (second, ("答错",), False, False)
    assert newest.shares == {"act": (found["act"].value, len(examples))}
    assert (oldest.name, oldest.shares, oldest.is_in_use, oldest.is_former) == (first, {}, True, True)
