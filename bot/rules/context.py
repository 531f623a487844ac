"""What a conversation remembers from turn to turn, and for how long its topic holds."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.rules.turn import Button

MOST_TOLD = 5


class Pending(StrEnum):
    """What the last turn asked for in words of the enterprise's own."""

    NOTHING = ""
    MATTER = "matter"
    PHONE = "phone"
    CASE_CHECK = "case_check"
    BOOKING_CHECK = "booking_check"
    POLICY = "policy"
    YES_NO = "yes_no"
    HALL_CODE = "hall_code"


@dataclass(frozen=True, slots=True)
class Held:
    """A ticket or case that belongs to this conversation: its number and its secret."""

    number: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A policy match that goes on, or whose result was shown: ``asked`` in order, the last one open until it is done.

    ``answers`` are codes by fact; ``picked``: of the open question, where several may hold. ``at``: its last turn.
    """

    at: datetime
    answers: dict[str, str] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    picked: tuple[str, ...] = ()
    is_done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """``question``: the last one put in words, for a person to take up. ``offered``: the latest list, nothing older.

    ``unused``: turns since the topic was last spoken of. ``misses``: turns in a row that understood nothing.
    ``profile``: what the enterprise told of itself in a policy match, kept only if ``consent`` is yes.
    """

    topic: str = ""
    facets: tuple[str, ...] = ()
    topic_at: datetime | None = None
    unused: int = 0
    offered: tuple[Button, ...] = ()
    misses: int = 0
    dislikes: int = 0
    pending: Pending = Pending.NOTHING
    slots: dict[str, str] = field(default_factory=dict)
    question: str = ""
    tickets: tuple[Held, ...] = ()
    cases: tuple[Held, ...] = ()
    told: tuple[str, ...] = ()
    match: Match | None = None
    profile: dict[str, str] = field(default_factory=dict)
    consent: str = ""

    def about(self, topic: str, facets: tuple[str, ...], now: datetime) -> "Context":
        """Having spoken of ``topic``."""
        told = tuple(dict.fromkeys((*self.told, topic)))[-MOST_TOLD:]
        return replace(self, topic=topic, facets=facets, topic_at=now, unused=0, misses=0, told=told)

    def elsewhere(self) -> "Context":
        """Having spoken of something else."""
        return replace(self, unused=self.unused + 1, misses=0)

    def missed(self) -> "Context":
        """Having understood nothing."""
        return replace(self, unused=self.unused + 1, misses=self.misses + 1)

    def cleared(self) -> "Context":
        """Begun anew; what belongs to the enterprise (tickets, cases) stays."""
        return Context(tickets=self.tickets, cases=self.cases)

    def asking(self, pending: Pending, **slots: str) -> "Context":
        """Waiting for ``pending``."""
        return replace(self, pending=pending, slots={**self.slots, **slots}, misses=0)

    def settled(self) -> "Context":
        """No longer waiting for anything."""
        return replace(self, pending=Pending.NOTHING, slots={})


class Memory(StrEnum):
    """Whether the topic of the conversation still holds."""

    NONE = "none"
    ALIVE = "alive"
    FADED = "faded"


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a topic holds."""

    idle: timedelta = timedelta(minutes=20)
    turns: int = 6


def memory(context: Context, now: datetime, lifetime: Lifetime) -> Memory:
    """Whether ``context`` still has a topic at ``now``, and whether it must be asked for first."""
    if not context.topic or context.topic_at is None:
        return Memory.NONE
    is_fresh = now - context.topic_at <= lifetime.idle and context.unused < lifetime.turns
    return Memory.ALIVE if is_fresh else Memory.FADED
