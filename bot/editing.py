"""What editors ask of the chat: how an entry would be said, what was asked lately, who was told what. Only read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from base.db import Moment, ReadSession
from bot.cards import card
from bot.facets import Asking
from bot.missed import QUESTIONS
from bot.rules.turn import Action, Turn
from bot.store import BOT, ENTERPRISE
from bot.tables import conversation, message
from knowledge import Entry, Kind, Snapshot

MOST_MESSAGES = 10_000
MOST_TOLD = 500
MOST_ANSWERS = 5
FACETS = {
    Kind.GUIDE: ("overview", "conditions", "materials", "steps", "time_limit", "fee", "online", "basis", "validity"),
    Kind.POLICY: ("overview", "conditions", "amount", "steps", "basis", "validity"),
}

_OTHER = message.alias("other")
_IS_SEALED = sa.exists().where(_OTHER.c.conversation == conversation.c.id, _OTHER.c.choice == "do:seal")
_QUESTIONS = (
    sa.select(message.c.text, message.c.reading)
    .join_from(message, conversation, conversation.c.id == message.c.conversation)
    .where(
        message.c.at >= sa.bindparam("since", type_=Moment),
        message.c.sender == ENTERPRISE,
        message.c.text != "",
        ~_IS_SEALED,
    )
    .order_by(message.c.id.desc())
    .limit(MOST_MESSAGES)
)


@dataclass(frozen=True, slots=True)
class Told:
    """An answer that was given from a revision; ``question`` is empty where the conversation is confidential."""

    entry: str
    revision: int
    conversation: int
    channel: str
    question: str
    at: datetime


def preview(library: Snapshot, entry: Entry, on: date) -> Turn:
    """``entry`` as the chat would say all of it on the day ``on``, were it published: facets, then answers."""
    facets = card(library, entry, FACETS.get(entry.kind, ("overview",)), Asking(on=on))
    answers = [card(library, entry, ("other",), Asking(each.ask, on)) for each in entry.answers[:MOST_ANSWERS]]
    return Turn(action=Action.ANSWER, topics=(entry.id,), cards=(facets, *answers))


def questions_since(session: ReadSession, since: datetime) -> list[tuple[str, int]]:
    """What enterprises asked since then and how often, the newest first; nothing confidential."""
    counts: dict[str, int] = {}
    for row in session.all(_QUESTIONS, since=since):
        if row.reading is None or row.reading["act"] in QUESTIONS:
            counts[row.text] = counts.get(row.text, 0) + 1
    return list(counts.items())


def told_from(session: ReadSession, revisions: Iterable[tuple[str, int]]) -> list[Told]:
    """Who was answered from these revisions (entry, number), the newest first, at most ``MOST_TOLD``."""
    marks = {f'"id":"{entry}","revision":{number},': (entry, number) for entry, number in revisions}
    return [_told(row, marks) for row in session.all(_told_by(list(marks)))] if marks else []


def _told_by(marks: Sequence[str]) -> sa.Select[tuple[object, ...]]:
    said = sa.cast(message.c.turn, sa.Text)
    question = message.alias("question")
    return (
        sa.select(
            conversation.c.id,
            conversation.c.channel,
            message.c.at,
            said.label("said"),
            sa.case((_IS_SEALED, ""), else_=sa.func.coalesce(question.c.text, "")).label("question"),
        )
        .join_from(message, conversation, conversation.c.id == message.c.conversation)
        .outerjoin(question, question.c.id == message.c.answers)
        .where(message.c.sender == BOT, sa.or_(*(said.contains(mark, autoescape=True) for mark in marks)))
        .order_by(message.c.id.desc())
        .limit(MOST_TOLD)
    )


def _told(row: sa.Row[tuple[object, ...]], marks: Mapping[str, tuple[str, int]]) -> Told:
    entry, number = next(of for mark, of in marks.items() if mark in row.said)
    return Told(entry, number, row.id, row.channel, row.question, row.at)
