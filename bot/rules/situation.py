"""What ``reply`` is told, and what it decides: plain data on both sides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.rules.context import Context, Lifetime
from bot.rules.screen import Screen
from bot.rules.session import Event, State
from bot.rules.turn import Action, Button


@dataclass(frozen=True, slots=True)
class Topic:
    """A published entry as the rules see it. ``service`` is the queue's code for it, empty when it has none."""

    id: str
    title: str
    is_guide: bool = True
    matter: str = ""
    service: str = ""
    online: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One reading: codes and calibrated numbers. ``topics`` are (id, probability), the surest first.

    ``is_elliptic``: it names nothing but a facet, so it speaks of the topic at hand.
    """

    text: str
    act: str = "ask_facet"
    facets: tuple[str, ...] = ("overview",)
    topics: tuple[tuple[str, float], ...] = ()
    p_right: float = 0.0
    out_of_scope: float = 0.0
    is_known: bool = True
    phones: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()
    is_elliptic: bool = False


@dataclass(frozen=True, slots=True)
class Bands:
    """From which p(right) a clause is answered, and from which the bot asks back."""

    high: float = 0.7
    middle: float = 0.3


BANDS = Bands()
LIFETIME = Lifetime()


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything that decides a reply. ``text`` is bare (normalised, without filler); ``words`` normalised only.

    ``said``: as it was written, for people to read. ``asked`` holds the whole message, or its clauses if they ask of
    different things; none while the reader warms.
    ``hits`` are what search found for it. ``is_desk_live``: a person can take over now. ``screen``: policies to match.
    """

    state: State
    context: Context
    now: datetime
    text: str = ""
    words: str = ""
    said: str = ""
    choice: str = ""
    asked: tuple[Asked, ...] = ()
    topics: Mapping[str, Topic] = field(default_factory=dict)
    hits: tuple[tuple[str, float], ...] = ()
    bands: Bands = BANDS
    lifetime: Lifetime = LIFETIME
    is_desk_live: bool = False
    screen: Screen | None = None


class Task(StrEnum):
    """What the house does for the enterprise in the same job as the reply."""

    SERVICES = "services"
    TAKE = "take"
    STATUS = "status"
    FIND_CASE = "find_case"
    CHECK_CASE = "check_case"
    OPEN_CASE = "open_case"
    POOL = "pool"
    OWN_TICKET = "own_ticket"
    LINK = "link"
    BOOK_SERVICES = "book_services"
    BOOK_DAYS = "book_days"
    BOOK_TIMES = "book_times"
    BOOK_CONFIRM = "book_confirm"
    BOOK = "book"
    BOOKING = "booking"
    CANCEL_BOOKING = "cancel_booking"
    MATCHED = "matched"


@dataclass(frozen=True, slots=True)
class Say:
    """A sentence by its code, with what is put into it."""

    code: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tell:
    """Answer ``facets`` of ``topic``; ``is_inherited``: the topic is the conversation's, and the reply says so."""

    topic: str
    facets: tuple[str, ...]
    is_inherited: bool = False


@dataclass(frozen=True, slots=True)
class Inform:
    """Answer about the hall itself."""

    aspects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Do:
    """Carry out ``task``; ``values`` by name."""

    task: Task
    values: tuple[tuple[str, str], ...] = ()

    def value(self, name: str) -> str:
        """One value, empty if it was not given."""
        return dict(self.values).get(name, "")


Step = Say | Tell | Inform | Do


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to do and say. ``event`` moves the conversation; silent: nothing is said (a person has the word)."""

    action: Action
    steps: tuple[Step, ...] = ()
    context: Context
    event: Event = Event.REPLY
    act: str = ""
    facets: tuple[str, ...] = ("overview",)
    topics: tuple[str, ...] = ()
    candidates: tuple[tuple[str, float], ...] = ()
    confidence: float = 1.0
    menu: tuple[Button, ...] = ()
    buttons: tuple[Button, ...] = ()
    is_silent: bool = False
    is_wiped: bool = False
