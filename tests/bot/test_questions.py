"""Bands, context, menus, misses: questions about guides and policies."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.rules.candidates import by_matter
from bot.rules.context import Context, Lifetime, Memory, Pending, memory
from bot.rules.reply import reply
from bot.rules.situation import Do, Say, Task, Tell
from bot.rules.turn import Action
from tests.bot.situations import (
    CHANGE,
    FOOD,
    NOW,
    POLICY,
    REFUND,
    TOPICS,
    about,
    answer,
    asked,
    said_codes,
    tapped,
)

FEE = asked(facets=("fee",), is_elliptic=True)
SURE = asked((CHANGE, 0.9), (FOOD, 0.05), facets=("materials", "fee"))


def test_high_band_answers_every_facet() -> None:
    """The topic is remembered, the question kept for a person."""
    decided = answer("公司变更要什么材料，多少钱", SURE)
    assert (decided.action, decided.steps) == (Action.ANSWER, (Tell(CHANGE, ("materials", "fee")),))
    assert (decided.context.topic, decided.topics, decided.confidence) == (CHANGE, (CHANGE,), 0.9)


def test_several_clauses_are_each_decided() -> None:
    """What is sure is answered; what is not is asked back below."""
    food = asked((FOOD, 0.95), facets=("time_limit",))
    decided = answer("公司变更要啥材料？食品证多久？", SURE, food)
    assert decided.steps == (Tell(CHANGE, ("materials", "fee")), Tell(FOOD, ("time_limit",)))
    unsure = answer("公司变更要啥材料？那个证多久？", SURE, replace(food, p_right=0.55))
    assert unsure.steps == (Tell(CHANGE, ("materials", "fee")), Say("which_of_rest"))
    assert [button.choice for button in unsure.menu] == [f"t:{FOOD}:time_limit"]


def test_middle_band_asks_up_to_three_questions_and_never_answers() -> None:
    """With 都不是 and 转人工; the present topic is among them while it lives."""
    unsure = asked((FOOD, 0.4), (REFUND, 0.2), p_right=0.45)
    decided = answer("那个许可的事", unsure, context=about(CHANGE))
    assert (decided.action, said_codes(decided)) == (Action.CLARIFY, ["which_of"])
    assert [button.choice.split(":")[1] for button in decided.menu] == [FOOD, REFUND, CHANGE]
    assert [button.choice for button in decided.buttons] == ["do:none", "do:human"]
    assert all(button.label.endswith("？") for button in decided.menu)


def test_low_band_asks_again_then_offers_a_person_then_hands_over() -> None:
    """Never a loop."""
    first = answer("嘎嘎", asked(is_known=False))
    assert (first.action, said_codes(first)) == (Action.CLARIFY, ["not_understood"])
    second = answer("咕噜", asked(is_known=False), context=first.context)
    assert (second.action, said_codes(second)) == (Action.HANDOFF, ["offer_person"])
    third = answer("呱呱", asked(is_known=False), context=second.context)
    assert (third.action, third.context.pending) == (Action.HANDOFF, Pending.MATTER)


def test_nothing_known_vetoes_any_probability() -> None:
    """The only veto."""
    assert answer("xyzzy", asked((CHANGE, 0.99), p_right=0.99, is_known=False)).action is Action.CLARIFY


def test_out_of_scope_is_refused_with_a_person_beside() -> None:
    """The hall does not answer what is not its own."""
    decided = answer("今天天气咋样", asked(act="out_of_scope", p_right=0.9, out_of_scope=0.97))
    assert (decided.action, said_codes(decided)) == (Action.REFUSE, ["out_of_scope"])
    assert [button.choice for button in decided.buttons] == ["do:human"]


@pytest.mark.parametrize("text", ["烟草零售许可要带什么", "林木采伐证咋办", "开药店要啥证"])
def test_matter_without_a_guide_is_said_plainly_and_never_the_nearest(text: str) -> None:
    """A person at once, however sure the reader is of a neighbour."""
    decided = answer(text, asked((FOOD, 0.99), p_right=0.99))
    assert (decided.action, said_codes(decided), decided.topics) == (Action.HANDOFF, ["no_guide"], ())


@pytest.mark.parametrize("facets", [("fee",), ("materials", "time_limit")])
def test_facet_words_alone_inherit_the_topic(facets: tuple[str, ...]) -> None:
    """And the reply says so; a sentence that names anything inherits nothing."""
    elliptic = asked(facets=facets, is_elliptic=True)
    assert answer("那得多少钱", elliptic, context=about(CHANGE)).steps == (Tell(CHANGE, facets, is_inherited=True),)
    named = asked((FOOD, 0.9), facets=facets)
    assert answer("食品证多少钱", named, context=about(CHANGE)).steps == (Tell(FOOD, facets),)


def test_topic_lives_twenty_minutes_or_six_unused_turns_and_is_then_asked_for() -> None:
    """“还是关于「X」吗？” with one tap."""
    lifetime = Lifetime(timedelta(minutes=20), 6)
    context = about(CHANGE)
    assert memory(context, NOW + timedelta(minutes=20), lifetime) is Memory.ALIVE
    assert memory(context, NOW + timedelta(minutes=21), lifetime) is Memory.FADED
    assert memory(replace(context, unused=6), NOW, lifetime) is Memory.FADED
    decided = answer("多少钱", FEE, context=context, now=NOW + timedelta(minutes=30))
    assert (decided.action, decided.steps) == (Action.CLARIFY, (Say("still_about", ("公司变更登记",)),))
    yes = answer("1", context=replace(decided.context, offered=decided.menu))
    assert yes.steps == (Tell(CHANGE, ("fee",)),)


def test_facet_without_any_topic_asks_which_matter() -> None:
    """No guess."""
    decided = answer("多少钱", FEE)
    assert decided.steps == (Say("which_matter", ("费用",)),)


def test_twins_are_counted_together_and_the_guide_stands_for_them() -> None:
    """Probability is summed over the matter."""
    ranked = by_matter(asked((CHANGE, 0.4), (POLICY, 0.35), (REFUND, 0.25)), TOPICS)
    assert ranked == ((REFUND, 0.6), (CHANGE, 0.4))


def test_unpublished_topics_are_never_proposed() -> None:
    """Whatever the reader knows."""
    assert by_matter(asked(("gone", 0.9), (CHANGE, 0.1)), TOPICS) == ((CHANGE, 0.1),)
    assert said_codes(reply(tapped("t:gone:fee"))) == ["topic_gone"]


def test_complaint_words_add_a_person_and_replace_nothing() -> None:
    """The question is answered all the same."""
    decided = answer("公司变更不办会被罚款吗", SURE)
    assert decided.steps[0] == Tell(CHANGE, ("materials", "fee"))
    assert [button.choice for button in decided.buttons] == ["do:report", "do:human"]


def test_new_question_instead_of_a_phone_number_registers_and_is_answered() -> None:
    """Nothing told is lost, nothing is asked twice."""
    report = answer("我要投诉供水停了三天没人管", asked(act="report_issue", p_right=0.9))
    assert report.context.pending is Pending.PHONE
    decided = answer("公司变更要什么材料", SURE, context=report.context)
    first, second = decided.steps
    assert isinstance(first, Do)
    assert (first.task, first.value("phone")) == (Task.OPEN_CASE, "")
    assert second == Tell(CHANGE, ("materials", "fee"))
    thanks = answer("谢谢", asked(act="thanks", p_right=0.9), context=report.context)
    (step,) = thanks.steps
    assert isinstance(step, Do)
    assert step.value("matter") == "我要投诉供水停了三天没人管"


def test_second_dislike_hands_over() -> None:
    """The first asks why."""
    first = reply(tapped("fb:down", context=about(CHANGE)))
    assert said_codes(first) == ["disliked"]
    reason = reply(tapped("fb:old", context=first.context))
    assert said_codes(reason) == ["disliked_because"]
    second = reply(tapped("fb:down", context=reason.context))
    assert (second.action, said_codes(second)) == (Action.HANDOFF, ["offer_person"])


def test_number_for_a_matter_that_is_online_says_so_first() -> None:
    """Then still offers the number; one that is not is taken at once."""
    online = answer("给食品证取个号", asked((FOOD, 0.9), act="take_ticket"))
    assert (said_codes(online), [button.choice for button in online.menu]) == (
        ["online_first"],
        ["svc:B", f"t:{FOOD}:online"],
    )
    taken = answer("公司变更取个号", asked((CHANGE, 0.9), act="take_ticket"))
    (step,) = taken.steps
    assert isinstance(step, Do)
    assert (step.task, step.value("service"), step.value("topic")) == (Task.TAKE, "A", "")
    assert answer("取号", asked(act="take_ticket", p_right=0.9)).steps == (Do(Task.SERVICES),)


def test_context_starts_empty() -> None:
    """What the builder promises."""
    assert Context().topic == ""


def test_what_is_surely_outside_is_never_answered_from_the_nearest_entry() -> None:
    """“营业执照用英语怎么说”: the reader is sure that it is nothing of the hall's."""
    outside = replace(asked((CHANGE, 0.001)), act="out_of_scope", p_right=0.98, out_of_scope=0.98)
    decided = answer("营业执照用英语怎么说", outside)
    assert (decided.action, said_codes(decided), decided.topics) == (Action.REFUSE, ["out_of_scope"], ())
