"""What the bot says in one turn, as plain data that every channel can render."""

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What a turn does."""

    ANSWER = "answer"
    CLARIFY = "clarify"
    HANDOFF = "handoff"
    REFUSE = "refuse"
    SMALLTALK = "smalltalk"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class Button:
    """One tap: a ``choice`` that comes back as it is, or an address (``href``) of this hall's site."""

    label: str
    choice: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One facet of an entry; ``is_held`` is false when the entry does not hold it and ``lines`` only say so."""

    facet: str
    heading: str
    lines: tuple[str, ...]
    is_list: bool = False
    is_held: bool = True


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer comes from; dates are ISO, empty when unknown."""

    id: str
    revision: int
    title: str
    document: str = ""
    clause: str = ""
    starts: str = ""
    ends: str = ""
    verified_on: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An answer from approved text. ``caveats`` stand with the answer, ``basis`` small below it.

    ``is_local``: only the hall's own offices know, so the card gives channels and no answer.
    """

    topic: str
    title: str
    kind: str
    sections: tuple[Section, ...]
    caveats: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    is_complete: bool = True
    needs_person: bool = False
    is_local: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn. ``alarm`` comes before everything, ``notice`` (the first message's) after it.

    ``menu`` is a numbered list that the next message may choose from; ``buttons`` are chips beside it.
    """

    action: Action
    act: str = ""
    facets: tuple[str, ...] = ("overview",)
    topics: tuple[str, ...] = ()
    candidates: tuple[tuple[str, float], ...] = ()
    confidence: float = 1.0
    is_complete: bool = True
    alarm: str = ""
    notice: str = ""
    paragraphs: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    closing: tuple[str, ...] = ()
    menu: tuple[Button, ...] = ()
    buttons: tuple[Button, ...] = ()
    sender: str = "bot"
    sender_name: str = ""
    key: str = ""
    seq: int = 0
    at: str = ""

    @property
    def topic(self) -> str | None:
        """What the turn speaks about; none unless it answers."""
        has_topic = self.action in (Action.ANSWER, Action.HANDOFF)
        return self.topics[0] if has_topic and self.topics else None
