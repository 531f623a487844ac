"""What goes through the door of the cases: frozen dataclasses, never rows.

``case`` is a case's id. Moments are aware UTC; ``…_text`` is ready to be read. ``dataclasses.asdict`` of any is plain
data. Who acts is an ``Actor``: ``Actor.of(caller.actor, caller.roles)`` for staff, ``VISITOR`` for the enterprise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from cases.rules.case import Action, State
from cases.rules.record import Kind, Light, Pending, Rating


@dataclass(frozen=True, slots=True)
class Packet:
    """What a person needs who takes a conversation over.

    ``lines``: a summary of at most five lines. ``candidates``: (entry id, score), best first. ``told``: what the
    bot said already. ``transcript``: an opaque reference to the conversation, e.g. ``chat:77``.
    """

    lines: tuple[str, ...] = ()
    slots: Mapping[str, str] = field(default_factory=dict)
    candidates: tuple[tuple[str, float], ...] = ()
    why_stopped: str = ""
    told: tuple[str, ...] = ()
    transcript: str | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """A new case. ``office`` is a proposal until the case is dispatched; ``topic`` an entry's id.

    ``reply_to`` (``telegram:4711``, ``web:<conversation>``) and ``origin`` (``chat:77``, ``ticket:57``) are opaque.
    """

    hall: int
    kind: Kind
    summary: str
    topic: str | None = None
    office: str | None = None
    enterprise: str | None = None
    contact: str | None = None
    phone: str | None = None
    is_confidential: bool = False
    is_urgent: bool = False
    reply_to: str | None = None
    origin: str = ""
    packet: Packet = field(default_factory=Packet)


@dataclass(frozen=True, slots=True)
class CaseOrder:
    """An act upon a case, as the page saw it (``version``; None: whatever it is now).

    What each action needs stands in ``NEEDS``: ``text`` is what the enterprise reads (an answer, what is missing),
    ``reason`` why it is done, ``days`` of an extension, ``parent`` the id of the case that this one joins,
    ``basis`` the document and clause of a refusal or a final answer.
    """

    action: Action
    version: int | None = None
    text: str = ""
    reason: str = ""
    basis: str = ""
    office: str | None = None
    days: int | None = None
    rating: Rating | None = None
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class EventView:
    """One line of a case's timeline. ``line`` is the office's wording, ``told`` what the enterprise was told.

    ``is_own``: the enterprise did it itself.
    """

    id: int
    at: datetime
    actor: str
    is_own: bool
    action: Action
    action_name: str
    before: State
    after: State
    line: str
    text: str
    reason: str
    told: str | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as staff see it. ``actions`` are what the asking actor may do; ``timeline`` only from ``view``.

    ``due_text`` is the promise, None while the clock stands; ``step_due_at`` the term of the present step.
    ``answerable`` is the office that owes an answer now. Of a confidential case ``enterprise``, ``contact``,
    ``phone``, ``reply_to`` and the packet's transcript are None or masked until ``reveal``.
    ``is_watched`` is the 督办 flag, with its reason; ``pending`` what waits for a second person.
    """

    id: int
    hall: int
    number: str
    secret: str
    version: int
    state: State
    state_name: str
    kind: Kind
    kind_name: str
    topic: str | None
    office: str | None
    answerable: str
    helpers: tuple[str, ...]
    parent: int | None
    enterprise: str | None
    contact: str | None
    phone: str | None
    is_confidential: bool
    is_urgent: bool
    summary: str
    packet: Packet
    origin: str
    reply_to: str | None
    opened_at: datetime
    due_at: datetime
    due_on: date
    due_text: str | None
    is_provisional: bool
    is_overdue: bool
    is_paused: bool
    step_due_at: datetime | None
    step_due_text: str | None
    light: Light
    light_name: str
    pending: Pending
    pending_name: str
    pending_by: str | None
    pending_days: int | None
    pending_text: str
    is_raised: bool
    is_watched: bool
    watched_why: str
    answer: str
    answered_at: datetime | None
    rating: Rating | None
    rating_name: str | None
    rating_text: str
    closed_at: datetime | None
    status_text: str
    actions: tuple[Action, ...]
    timeline: tuple[EventView, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicStep:
    """One thing that the enterprise was told or said itself."""

    at: datetime
    is_own: bool
    text: str


@dataclass(frozen=True, slots=True)
class PublicCase:
    """A case as the enterprise sees it.

    ``actions`` among supply · add · urge · close · object · reopen · contest_refusal. ``close`` and ``object`` come
    together and mean the rating: offer all of it, and send it to ``CaseBook.rate``.
    """

    id: int
    number: str
    secret: str
    version: int
    kind_name: str
    summary: str
    state: State
    state_name: str
    status_text: str
    office: str | None
    opened_at: datetime
    due_text: str | None
    is_provisional: bool
    is_paused: bool
    answer: str
    rating: Rating | None
    rating_name: str | None
    steps: tuple[PublicStep, ...]
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Contact:
    """Who reported, unsealed; looking is logged."""

    enterprise: str | None
    contact: str | None
    phone: str | None
    reply_to: str | None
    transcript: str | None


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases to list; None, False and empty ask nothing. Sorted by due moment, soonest first.

    ``states`` empty: all that are open. ``offices``: the answerable or dispatched office. ``text``: part of number,
    summary or enterprise. ``after``: a page's ``next``. ``limit`` None: the setting.
    """

    hall: int
    states: tuple[State, ...] = ()
    kinds: tuple[Kind, ...] = ()
    offices: tuple[str, ...] = ()
    due_by: date | None = None
    is_overdue: bool = False
    is_watched: bool = False
    pending: Pending | None = None
    text: str = ""
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class CasePage:
    """Some of a list; ``next`` is to be sent back as ``after`` for more, None at the end."""

    rows: tuple[CaseView, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many open cases of a hall stand where: the head of the supervisor's page."""

    open: int
    overdue: int
    due_today: int
    watched: int
    paused: int
    pending: int
    to_review: int
    dissatisfied: int
    bad_ratings: int
    by_state: Mapping[State, int]
