"""What the bot did not answer well: questions missed, asked back, disliked or left to a person. Read, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import groupby

import sqlalchemy as sa

from base.db import Moment, ReadSession
from bot.rules.choosing import REASONS
from bot.rules.turn import Action, Turn
from bot.store import BOT, ENTERPRISE, Message, as_message
from bot.tables import message

MOST_MESSAGES = 20_000
LONGEST_SAID = 160
QUESTIONS = frozenset({"ask_facet", "out_of_scope", "hall_info"})
STAFF = "staff:"


class Fault(StrEnum):
    """What was not right about an answer."""

    UNREAD = "unread"
    UNSURE = "unsure"
    OUTSIDE = "outside"
    PARTIAL = "partial"
    DISLIKED = "disliked"
    PERSON = "person"


FAULT_NAMES = {
    Fault.UNREAD: "没听懂",
    Fault.UNSURE: "拿不准，反问了",
    Fault.OUTSIDE: "答了不归本厅",
    Fault.PARTIAL: "指南没写明",
    Fault.DISLIKED: "答了但被点踩",
    Fault.PERSON: "由人工答复",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """One question that was not answered well. ``asker`` is its conversation: an enterprise, as far as is known.

    ``leads``: the topics that were thought of. ``topic``: what was answered from, ``chosen``: what the enterprise then
    chose from the menu; both may be empty. ``has_denied``: it was none of these. ``staff`` and ``staff_said``: who
    answered it, in what words.
    """

    asker: int
    text: str
    at: datetime
    fault: Fault
    leads: tuple[tuple[str, float], ...] = ()
    said: str = ""
    topic: str = ""
    chosen: str = ""
    has_denied: bool = False
    reason: str = ""
    staff: str = ""
    staff_said: str = ""


_M = message.c
_SINCE = _M.at >= sa.bindparam("since", type_=Moment)
_IN_TROUBLE = sa.or_(
    _M.turn["action"].as_string().in_([Action.CLARIFY.value, Action.REFUSE.value, Action.HANDOFF.value]),
    _M.turn["is_complete"].as_boolean().is_(sa.false()),
    _M.choice.like("fb:%"),
    _M.sender.like(f"{STAFF}%"),
)
_TALKS = (
    sa.select(message)
    .where(_M.conversation.in_(sa.select(_M.conversation).where(_SINCE, _IN_TROUBLE)), _SINCE)
    .order_by(_M.conversation.desc(), _M.seq)
    .limit(MOST_MESSAGES)
)


def misses(session: ReadSession, since: datetime) -> list[Miss]:
    """Every miss since then, the oldest first. Confidential conversations are left out."""
    talks = groupby(map(as_message, session.all(_TALKS, since=since)), key=lambda each: each.conversation)
    found = [each for _, talk in talks for each in in_talk(list(talk))]
    return sorted(found, key=lambda each: each.at)


def in_talk(talk: Sequence[Message]) -> list[Miss]:
    """The misses of one conversation, its messages given in order; none if it turned confidential."""
    if any(each.choice == "do:seal" for each in talk):
        return []
    answers = {each.key: each for each in talk if each.sender == BOT}
    found: list[Miss] = []
    asked: tuple[Message, Turn | None] | None = None
    for each in talk:
        if each.sender.startswith(STAFF) and asked is not None:
            _staffed(found, asked[0], each)
        if each.sender != ENTERPRISE:
            continue
        answer = answers.get(f"answer:{each.id}")
        turn = None if answer is None else answer.turn
        if each.choice.startswith("fb:"):
            _disliked(found, asked, each)
        elif turn is not None and _is_choice(each, turn):
            _chosen(found, turn)
        elif found and (each.choice == "do:none" or (turn is not None and turn.act == "deny")):
            found[-1] = replace(found[-1], has_denied=found[-1].fault is Fault.UNSURE and not found[-1].chosen)
        elif each.text and _is_question(each, turn):
            asked = (each, turn)
            _heard(found, each, turn)
    return found


def _is_choice(said: Message, turn: Turn) -> bool:
    return said.choice.startswith("t:") or turn.act == "choose"


def _is_question(said: Message, turn: Turn | None) -> bool:
    is_read = said.reading is not None and said.reading["act"] in QUESTIONS
    return is_read and (turn is None or turn.act in QUESTIONS)


def _heard(found: list[Miss], said: Message, turn: Turn | None) -> None:
    fault = None if turn is None else fault_of(turn)
    if turn is not None and fault is not None:
        found.append(_miss(said, turn, fault))


def fault_of(turn: Turn) -> Fault | None:
    """What is wrong with ``turn`` as an answer to a question; None if nothing is."""
    if turn.topic:
        return None if turn.is_complete else Fault.PARTIAL
    if turn.action is Action.CLARIFY:
        return Fault.UNSURE if any(option.choice.startswith("t:") for option in turn.menu) else Fault.UNREAD
    return {Action.REFUSE: Fault.OUTSIDE, Action.HANDOFF: Fault.UNREAD}.get(turn.action)


def _miss(said: Message, turn: Turn | None, fault: Fault) -> Miss:
    known = turn or Turn(action=Action.CLARIFY)
    return Miss(
        asker=said.conversation,
        text=said.text,
        at=said.at,
        fault=fault,
        leads=known.candidates,
        said=_short(known),
        topic=known.topic or "",
    )


def _short(turn: Turn) -> str:
    titles = "、".join(f"「{card.title}」" for card in turn.cards)
    return "".join((*turn.paragraphs, f"答了{titles}" if titles else ""))[:LONGEST_SAID]


def _chosen(found: list[Miss], turn: Turn) -> None:
    """The choice belongs to the menu that was shown last."""
    if found and found[-1].fault is Fault.UNSURE and not found[-1].chosen and turn.topic:
        found[-1] = replace(found[-1], chosen=turn.topic)


def _disliked(found: list[Miss], asked: tuple[Message, Turn | None] | None, tap: Message) -> None:
    if asked is None or tap.choice == "fb:up":
        return
    said, turn = asked
    if not _is_last(found, said):
        found.append(_miss(said, turn, Fault.DISLIKED))
    reason = REASONS.get(tap.choice.removeprefix("fb:"), "")
    found[-1] = replace(found[-1], fault=Fault.DISLIKED, reason=reason or found[-1].reason)


def _staffed(found: list[Miss], said: Message, answer: Message) -> None:
    """A person's first words after a question are its answer."""
    if not _is_last(found, said):
        found.append(_miss(said, None, Fault.PERSON))
    if not found[-1].staff:
        found[-1] = replace(found[-1], staff=answer.sender, staff_said=answer.text[:LONGEST_SAID])


def _is_last(found: Sequence[Miss], said: Message) -> bool:
    return bool(found) and (found[-1].asker, found[-1].at, found[-1].text) == (said.conversation, said.at, said.text)
