"""``ask``: one question, or a file of them, answered without a database of conversations."""

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from base.errors import BadInput, HallError
from bot.compose import Scene, compose
from bot.mind import Heard, Mind, Moment, Reads
from bot.plain import as_answer, plain
from bot.rules.context import Context
from bot.rules.session import State
from bot.rules.situation import BANDS, Bands
from bot.rules.turn import Turn
from bot.world import CHINA, DryWorld, World
from intents import mask
from knowledge import Library

LONGEST_TEXT = 4000
FIELDS = frozenset({"id", "text", "conversation", "at"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file of questions; ``at`` None: now. Lines that share ``conversation`` are one conversation."""

    id: object
    text: str
    conversation: str | None = None
    at: datetime | None = None


class Asker:
    """Answers like the chat does, but nothing is kept and nothing is done."""

    def __init__(
        self,
        reader: Reads,
        library: Library,
        *,
        bands: Bands = BANDS,
        zone: ZoneInfo = CHINA,
        world: World | None = None,
    ) -> None:
        self._library = library
        self._mind = Mind(lambda: reader, library, bands)
        self._zone = zone
        self._world = world or DryWorld()
        self._contexts: dict[str, Context] = {}

    def ask(self, text: str, conversation: str | None = None, at: datetime | None = None) -> Turn:
        """The turn that answers ``text``."""
        now = at or datetime.now(UTC)
        day = now.astimezone(self._zone).date()
        context = self._contexts.get(conversation, Context()) if conversation else Context()
        thought = self._mind.think(Heard(mask(text).strip()), State.BOT, context, Moment(now, day))
        scene = Scene(thought.library, thought.topics, thought.words, day, self._zone)
        turn, context = compose(thought.reply, scene, self._world)
        if conversation:
            self._contexts[conversation] = context
        return replace(turn, alarm=thought.danger.line if thought.danger else "")

    def answer_line(self, line: str, number: int) -> dict[str, Any]:
        """One JSON line in, one object out; a bad line gives ``{"id", "error"}``."""
        number_or_id: object = number
        try:
            plain_line = _decoded(line)
            number_or_id = plain_line.get("id", number)
            asked = read_line(plain_line)
            return {"id": asked.id, **as_answer(self.ask(asked.text, asked.conversation, asked.at))}
        except HallError as refusal:
            return {"id": number_or_id, "error": refusal.message}

    def answer_lines(self, lines: Iterable[str]) -> Iterator[dict[str, Any]]:
        """One object for each line that is not blank, in order."""
        numbers = itertools.count(1)
        for line in lines:
            number = next(numbers)
            if line.strip():
                yield self.answer_line(line, number)


def answer_once(asker: Asker, text: str) -> dict[str, Any]:
    """The object of ``ask --json`` for one question."""
    return as_answer(asker.ask(text))


def answer_text(asker: Asker, text: str) -> str:
    """The answer of ``ask`` as plain text."""
    return plain(asker.ask(text))


def _decoded(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as failure:
        raise BadInput(f"这一行不是有效的 JSON：{failure}") from failure
    if not isinstance(found, dict):
        raise BadInput('这一行须为 {"id", "text"} 形式的对象。')
    return found


def read_line(found: dict[str, Any]) -> Line:
    """A decoded line, checked. Raises ``BadInput`` that names the field."""
    unknown = sorted(set(found) - FIELDS)
    if unknown:
        raise BadInput(f"不认识的字段 {'、'.join(unknown)}，可用的有：{'、'.join(sorted(FIELDS))}。", field=unknown[0])
    if "id" not in found:
        raise BadInput("缺少 id。", field="id")
    text = found.get("text")
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT:
        raise BadInput(f"text 须为 1–{LONGEST_TEXT} 个字的文字。", field="text")
    conversation = found.get("conversation")
    return Line(found["id"], text, None if conversation is None else str(conversation), _moment(found.get("at")))


def _moment(at: object) -> datetime | None:
    if at is None:
        return None
    try:
        moment = datetime.fromisoformat(str(at))
    except ValueError as failure:
        raise BadInput(f"at 须为 2026-03-02T09:00:00+08:00 这样的时间，收到 {at!r}。", field="at") from failure
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
