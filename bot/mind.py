"""Gather and decide: search, read, look at the context, and leave the rest to the rules. No database, any thread."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol

import structlog

from base.text import bare, normalise
from bot.matching import PolicyScreen, scheme_for
from bot.rules.context import Context, Lifetime, Pending
from bot.rules.emergency import Danger, danger
from bot.rules.reply import reply
from bot.rules.reporting import ASK_PERSON
from bot.rules.session import State
from bot.rules.situation import LIFETIME, Asked, Bands, Do, Reply, Say, Situation, Task, Tell, Topic
from bot.rules.turn import Action
from intents import Expecting, Reading, is_emergency
from knowledge import Entry, Kind, Library, Snapshot

log = structlog.get_logger("bot")

MOST_HITS = 10
Search = Callable[[str], Sequence[tuple[str, float]]]
VAGUE = frozenset({"overview", "other", "steps"})
MISSES = frozenset({Action.CLARIFY, Action.REFUSE})


class Reads(Protocol):
    """What the conversation asks of a reader."""

    @property
    def version(self) -> str:
        """The model's version."""

    def read_clauses(
        self, text: str, search: Search, expecting: Expecting | None = None, published: Collection[str] | None = None
    ) -> tuple[Reading, ...]:
        """Read a message: as a whole, or its clauses if they ask of different things."""


ReaderOf = Callable[[], Reads | None]


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as the mind gets it."""

    text: str
    choice: str = ""


@dataclass(frozen=True, slots=True)
class Thought:
    """What was decided about a message, and what must be logged so that it can be replayed."""

    reply: Reply
    danger: Danger | None
    words: str
    library: Snapshot
    topics: dict[str, Topic]
    reading: dict[str, Any] | None
    model: str


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where a message is thought about."""

    now: datetime
    day: date
    is_desk_live: bool = False


class Mind:
    """Reads and decides. ``reader_of`` gives the reader of the hour, None while it warms."""

    def __init__(
        self,
        reader_of: ReaderOf,
        library: Library,
        bands: Bands,
        lifetime: Lifetime = LIFETIME,
    ) -> None:
        self._reader_of = reader_of
        self._library = library
        self._bands = bands
        self._lifetime = lifetime
        self._topics: tuple[Snapshot | None, dict[str, Topic]] = (None, {})
        self._services: dict[str, str] = {}
        self._screened: tuple[Snapshot, PolicyScreen] | None = None

    def learn_services(self, services: Sequence[tuple[str, Sequence[str], Sequence[str]]]) -> None:
        """Which service a number is taken for: (code, items, domains); a named item goes before its domain."""
        found: dict[str, str] = {}
        for code, items, domains in services:
            for name in (*items, *domains):
                found.setdefault(name, code)
        self._services = found
        self._topics = (None, {})

    def topics(self, library: Snapshot) -> dict[str, Topic]:
        """The published entries as the rules see them; made once for each snapshot."""
        seen, topics = self._topics
        if seen is not library:
            topics = {entry.id: self._topic(entry) for entry in library.entries.values()}
            self._topics = (library, topics)
        return topics

    def _screen(self, library: Snapshot) -> PolicyScreen:
        """The policies that can be matched; made once for each snapshot."""
        if self._screened is None or self._screened[0] is not library:
            self._screened = (library, PolicyScreen(scheme_for(library)))
        return self._screened[1]

    def think(self, heard: Heard, state: State, context: Context, moment: Moment) -> Thought:
        """What to do about ``heard``. A reader that breaks is logged and said so; the conversation goes on."""
        library = self._library.snapshot
        words = normalise(heard.text) if heard.text else ""
        situation = Situation(
            state=state,
            context=context,
            now=moment.now,
            words=words,
            said=heard.text,
            text=bare(heard.text) if heard.text else "",
            choice=heard.choice,
            topics=self.topics(library),
            bands=self._bands,
            lifetime=self._lifetime,
            is_desk_live=moment.is_desk_live,
            screen=self._screen(library),
        )
        return self._thought(situation, library)

    def _thought(self, situation: Situation, library: Snapshot) -> Thought:
        reader = self._reader_of()
        asked: tuple[Asked, ...] = ()
        logged: dict[str, Any] | None = None
        try:
            if reader is not None and library.entries and situation.words and not situation.choice:
                asked, hits, logged = self._read(reader, situation)
                situation = replace(situation, asked=asked, hits=hits)
            decided = reply(situation)
        except Exception:
            log.exception("message_unread")
            decided = Reply(action=Action.CLARIFY, steps=(Say("unread"),), context=situation.context, confidence=0.0)
            decided = replace(decided, buttons=(ASK_PERSON,))
        found = danger(situation.words, is_emergency=is_emergency(situation.words))
        if found is not None:
            decided = _after_alarm(decided, situation.context)
        topics = dict(situation.topics)
        return Thought(decided, found, situation.words, library, topics, logged, reader.version if reader else "")

    def _read(
        self, reader: Reads, situation: Situation
    ) -> tuple[tuple[Asked, ...], tuple[tuple[str, float], ...], dict[str, Any]]:
        found: list[tuple[tuple[str, float], ...]] = []

        def search(plain: str) -> tuple[tuple[str, float], ...]:
            found.append(tuple((hit.id, hit.score) for hit in self._library.search(plain, MOST_HITS)))
            return found[-1]

        expecting = _expecting(situation.context)
        readings = reader.read_clauses(situation.words, search, expecting, situation.topics.keys())
        return tuple(as_asked(each) for each in readings), found[0] if found else (), logged(readings[0])

    def _topic(self, entry: Entry) -> Topic:
        service = self._services.get(entry.id) or self._services.get(entry.domain, "")
        is_guide = entry.kind is not Kind.POLICY
        return Topic(
            entry.id,
            entry.title,
            is_guide=is_guide,
            matter=entry.matter,
            service=service if is_guide else "",
            online=entry.online,
        )


def _after_alarm(decided: Reply, before: Context) -> Reply:
    """After the line of danger a miss is no miss, nothing is asked back, and no guide is read out to “怎么办”."""
    is_task = any(isinstance(step, Do) and step.task is Task.OPEN_CASE for step in decided.steps)
    is_vague = any(isinstance(step, Tell) and set(step.facets) <= VAGUE for step in decided.steps)
    if decided.is_silent or is_task or (decided.action not in MISSES and not is_vague):
        return decided
    return Reply(
        action=Action.HANDOFF,
        act="emergency",
        steps=(Say("after_alarm"),),
        context=before,
        candidates=decided.candidates,
        buttons=(ASK_PERSON,),
        is_wiped=decided.is_wiped,
    )


def _expecting(context: Context) -> Expecting | None:
    if context.pending is Pending.YES_NO:
        return Expecting.YES_NO
    if context.pending is not Pending.NOTHING:
        return Expecting.SLOT
    return Expecting.CHOICE if context.offered else None


LEAST_FACET = 0.4


def as_asked(reading: Reading) -> Asked:
    """A reading as the rules see it."""
    sure = tuple(facet.value for facet, p in reading.facets if p >= LEAST_FACET)
    return Asked(
        text=reading.text,
        act=reading.act.value,
        facets=sure or tuple(facet.value for facet, _ in reading.facets[:1]) or ("overview",),
        topics=tuple(reading.topics),
        p_right=reading.p_right,
        out_of_scope=reading.out_of_scope,
        is_known=reading.is_known,
        phones=_values(reading, "phone"),
        cases=_values(reading, "case"),
        tickets=_values(reading, "ticket"),
        is_elliptic=reading.is_elliptic,
    )


def _values(reading: Reading, kind: str) -> tuple[str, ...]:
    return tuple(each.value for each in reading.entities if each.kind == kind)


def logged(reading: Reading) -> dict[str, Any]:
    """What is kept of a reading beside its message: codes and numbers, none of its words."""
    return {
        "act": reading.act.value,
        "act_p": round(reading.act_p, 4),
        "facets": [[facet.value, round(p, 4)] for facet, p in reading.facets],
        "topics": [[topic, round(p, 4)] for topic, p in reading.topics[:5]],
        "p_right": round(reading.p_right, 4),
        "out_of_scope": round(reading.out_of_scope, 4),
        "coverage": round(reading.coverage, 4),
        "is_known": reading.is_known,
    }


def lifetime(minutes: int, turns: int) -> Lifetime:
    """A topic's lifetime from the settings."""
    return Lifetime(timedelta(minutes=minutes), turns)
