"""Taps on buttons and numbers chosen from the latest list. Pure."""

from collections.abc import Callable
from dataclasses import replace

from bot.rules import booking, matching, questions, reporting, tickets
from bot.rules.candidates import by_matter
from bot.rules.context import Pending
from bot.rules.questions import MORE
from bot.rules.reporting import ASK_PERSON, REPORT
from bot.rules.situation import Asked, Do, Reply, Say, Situation, Task
from bot.rules.turn import Action, Button

DISLIKES_TO_HAND_OVER = 2
REASONS = {"wrong": "不准", "old": "过期", "unclear": "没看懂", "other": "不是我问的"}
_SAID = {
    "do:items": ("ask_item", Action.CLARIFY),
    "do:keep": ("kept", Action.SMALLTALK),
    "fb:up": ("thanks", Action.SMALLTALK),
    "do:fix": ("say_again", Action.CLARIFY),
}


def chosen(s: Situation, choice: str) -> Reply:
    """What a tap on ``choice`` does; one that is not known any more is said so."""
    kind, _, rest = choice.partition(":")
    if kind in _KINDS:
        return _KINDS[kind](s, rest)
    if kind == "fb" and rest != "up":
        return _feedback(s, rest)
    return _done(s, choice)


def _done(s: Situation, choice: str) -> Reply:
    act = _TAPS.get(choice)
    return _said(s, choice) if act is None else act(s)


def _cancelled(s: Situation) -> Reply:
    context = replace(s.context.settled(), match=None)
    return Reply(action=Action.SMALLTALK, act="cancel", steps=(Say("cancelled"),), context=context, buttons=MORE)


def _status(s: Situation) -> Reply:
    return Reply(action=Action.TASK, act="ask_status_ticket", steps=(Do(Task.STATUS),), context=s.context)


def _said(s: Situation, choice: str) -> Reply:
    code, action = _SAID.get(choice, ("unknown_choice", Action.CLARIFY))
    context = replace(s.context, topic="", topic_at=None) if choice == "do:fix" else s.context
    buttons: tuple[Button, ...] = (ASK_PERSON,) if choice == "do:fix" else MORE
    return Reply(action=action, steps=(Say(code),), context=context, buttons=buttons)


def _topic(s: Situation, rest: str) -> Reply:
    topic, _, facets = rest.partition(":")
    if topic not in s.topics:
        steps = (Say("topic_gone"),)
        return Reply(action=Action.CLARIFY, steps=steps, context=s.context, buttons=MORE, confidence=0.0)
    known = tuple(facet for facet in facets.split("+") if facet in questions.FACET_NAMES)
    return questions.tell_topic(s, topic, known or ("overview",))


def by_place(s: Situation, place: int) -> Reply:
    """A number or ordinal: it binds to the latest list only."""
    offered = s.context.offered
    if not offered:
        steps = (Say("nothing_to_choose"),)
        return Reply(action=Action.CLARIFY, act="choose", steps=steps, context=s.context.missed(), buttons=MORE)
    if place > len(offered):
        steps = (Say("choose_within", (str(len(offered)),)),)
        return Reply(action=Action.CLARIFY, act="choose", steps=steps, context=s.context, menu=offered)
    return replace(chosen(s, offered[place - 1].choice), act="choose")


def back(s: Situation) -> Reply:
    """返回: the latest list again, else the start."""
    context = s.context.settled()
    if s.context.offered:
        return Reply(
            action=Action.CLARIFY, act="back", steps=(Say("which_of"),), context=context, menu=s.context.offered
        )
    return Reply(action=Action.CLARIFY, act="back", steps=(Say("ask_item"),), context=context, buttons=MORE)


def _none(s: Situation) -> Reply:
    """None of the options: say it again."""
    context = replace(s.context.missed(), offered=(), topic="", topic_at=None, pending=Pending.NOTHING)
    return Reply(action=Action.CLARIFY, act="deny", steps=(Say("say_again"),), context=context, buttons=(ASK_PERSON,))


def _feedback(s: Situation, reason: str) -> Reply:
    """👎: the first asks why, the second hands over."""
    is_reason = reason in REASONS
    context = s.context if is_reason else replace(s.context, dislikes=s.context.dislikes + 1)
    if not is_reason and context.dislikes >= DISLIKES_TO_HAND_OVER:
        steps = (Say("offer_person"),)
        buttons = (ASK_PERSON, REPORT)
        return Reply(action=Action.HANDOFF, act="feedback_negative", steps=steps, context=context, buttons=buttons)
    said = Say("disliked_because", (REASONS[reason],)) if is_reason else Say("disliked")
    reasons = tuple(Button(name, f"fb:{code}") for code, name in REASONS.items())
    more: tuple[Button, ...] = (ASK_PERSON,) if is_reason else (*reasons, ASK_PERSON)
    return Reply(action=Action.SMALLTALK, act="feedback_negative", steps=(said,), context=context, buttons=more)


def ticket_for(s: Situation, asked: Asked) -> Reply:
    """A number for the matter that was named, or which service; online comes before any number."""
    ranked = by_matter(asked, s.topics)
    topic = ranked[0][0] if ranked and ranked[0][1] >= s.bands.high else s.context.topic
    known = s.topics.get(topic)
    if known is None or not known.service:
        return questions.services_menu(s)
    context = s.context.about(topic, s.context.facets, s.now)
    if known.online:
        menu = (
            Button(f"仍要取号（{known.title}）", f"svc:{known.service}"),
            Button("看网上办理入口", f"t:{topic}:online"),
        )
        steps = (Say("online_first", (known.title, known.online)),)
        return Reply(action=Action.TASK, act="take_ticket", steps=steps, context=context, menu=menu)
    return replace(take(s, known.service), context=context)


def take(s: Situation, service: str) -> Reply:
    """Take a number at ``service``."""
    values = (("service", service), ("topic", s.context.topic))
    return Reply(action=Action.TASK, act="take_ticket", steps=(Do(Task.TAKE, values),), context=s.context.elsewhere())


_KINDS: dict[str, Callable[[Situation, str], Reply]] = {
    "t": _topic,
    "svc": take,
    "tk": tickets.tapped,
    "link": tickets.linked,
    "bk": booking.chosen,
    "bk!": booking.confirmed,
    "bkx": booking.cancelling,
    "bkx!": booking.cancelled,
    "pm": matching.tapped,
}
_TAPS: dict[str, Callable[[Situation], Reply]] = {
    "do:book": booking.start,
    "do:human": reporting.hand_over,
    "do:report": lambda s: reporting.report(replace(s, words="", text="")),
    "do:seal": reporting.seal,
    "do:nophone": reporting.no_phone,
    "do:cancel": _cancelled,
    "do:none": _none,
    "do:ticket": questions.services_menu,
    "do:status": _status,
    "do:policy": lambda s: matching.start(replace(s, words="", context=s.context.settled())),
}
