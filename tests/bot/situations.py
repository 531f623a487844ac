"""Situations for the pure rules, built in a line."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from base.text import bare, normalise
from bot.rules.context import Context
from bot.rules.reply import reply
from bot.rules.session import State
from bot.rules.situation import Asked, Reply, Situation, Topic

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CHANGE, FOOD, REFUND, POLICY = "company-change", "food-licence", "stable-refund", "stable-refund-policy"
TOPICS = {
    CHANGE: Topic(CHANGE, "公司变更登记", service="A"),
    FOOD: Topic(FOOD, "食品经营许可", online="辽宁政务服务网", service="B"),
    REFUND: Topic(REFUND, "失业保险稳岗返还（办理）", matter="stable"),
    POLICY: Topic(POLICY, "失业保险稳岗返还", is_guide=False, matter="stable"),
}


def asked(*topics: tuple[str, float], **values: Any) -> Asked:  # noqa: ANN401 (fields of Asked)
    """A reading of a question about ``topics``."""
    return Asked(**{"text": "", "topics": topics, "p_right": 0.9 if topics else 0.05, **values})


def said(text: str, *readings: Asked, state: State = State.BOT, **values: Any) -> Situation:  # noqa: ANN401 (fields)
    """Somebody said ``text``, read as ``readings``."""
    given: dict[str, Any] = {"context": Context(), "now": NOW, "topics": TOPICS, **values}
    return Situation(state=state, text=bare(text), words=normalise(text), said=text, asked=readings, **given)


def tapped(choice: str, **values: Any) -> Situation:  # noqa: ANN401 (fields)
    """Somebody tapped a button."""
    return replace(said("", **values), choice=choice)


def about(topic: str, **values: Any) -> Context:  # noqa: ANN401 (fields of Context)
    """A context that has just spoken of ``topic``."""
    return replace(Context().about(topic, ("overview",), NOW), **values)


def answer(text: str, *readings: Asked, **values: Any) -> Reply:  # noqa: ANN401 (fields)
    """What the rules reply to ``text``."""
    return reply(said(text, *readings, **values))


def said_codes(decided: Reply) -> list[str]:
    """The codes of the sentences in a reply."""
    return [step.code for step in decided.steps if hasattr(step, "code")]
