"""What goes through the queue's door: frozen dataclasses, never rows. ``dataclasses.asdict`` of any is plain data.

``hall`` is a hall's id; ``counter`` the number on the wall; ``staff`` and ``actor`` are strings such as ``staff:3``;
``leg`` is a leg's id, to be sent back with its ``version``.
"""

from dataclasses import dataclass
from datetime import date, datetime

from hallqueue.rules.line import Standing, Why
from hallqueue.rules.session import CounterState
from hallqueue.rules.ticket import State


@dataclass(frozen=True, slots=True)
class WaitRange:
    """An honest wait: half are called within the first, four of five within the second."""

    p50_minutes: int
    p80_minutes: int


@dataclass(frozen=True, slots=True)
class Taking:
    """A wish for a number. ``service`` is its code; ``holder`` only whom an edge has proved; ``phone`` is contact.

    ``origin``: kiosk · desk (guide desk) · web · bot. ``cases``: how many matters a proxy brings. ``code``: what the
    hall shows to those who take by phone. ``reply_to``: where its holder is told (opaque).
    """

    service: str
    priority: str | None = None
    phone: str | None = None
    holder: str | None = None
    origin: str = "kiosk"
    actor: str = "visitor"
    cases: int = 1
    code: str | None = None
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """Who came later and was called before: “2 人先于您：1 位预约、1 位优先”."""

    total: int
    by_why: tuple[tuple[Why, int], ...]
    text: str


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket as its holder sees it. ``is_new`` is False when the holder's live ticket was given back.

    ``ahead`` counts to 200 and then ``is_ahead_capped``. ``counter`` is set from the call on. ``actions`` holds what
    the holder may do now (coming, cancel, defer, restore, rate). ``wait`` None: 暂无法估计. ``coming_at``: 我马上到.
    ``is_told``: a chat is told when its turn comes.
    """

    id: int
    number: str
    token: str
    hall: int
    service: str
    service_name: str
    state: State
    state_name: str
    standing: Standing
    priority: str | None
    day: date
    issued_at: datetime
    counts_from: datetime
    rank_at: datetime
    ahead: int
    is_ahead_capped: bool
    wait: WaitRange | None
    counter: int | None
    counter_name: str | None
    called_at: datetime | None
    return_until: datetime | None
    passed: Passed
    actions: tuple[str, ...]
    leg: int
    version: int
    stars: int | None
    origin: str
    is_new: bool = False
    coming_at: datetime | None = None
    is_told: bool = False


@dataclass(frozen=True, slots=True)
class LinkedTicket:
    """A live ticket of today that is told at ``reply_to``.

    ``entered`` changes whenever it enters its line anew; ``call`` is the number of its last announcement that stands.
    """

    reply_to: str
    token: str
    number: str
    service_name: str
    leg: int
    state: State
    ahead: int
    ahead_at_issue: int
    entered: int
    misses: int
    has_returned: bool
    may_restore: bool
    called_at: datetime | None
    return_until: datetime | None
    counter: int | None
    call: int | None


@dataclass(frozen=True, slots=True)
class HallCode:
    """What the hall shows to those who take a number by phone, until it changes."""

    code: str
    until: datetime


@dataclass(frozen=True, slots=True)
class RemoteView:
    """Taking by phone: why not now (a sentence, or None), whether it asks for the hall's code, most people ahead."""

    closed_reason: str | None
    needs_code: bool
    max_ahead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LegFacts:
    """A leg as any clerk's program may see it; ``actions`` are the commands allowed now.

    ``recall_at`` and ``miss_at`` say from when those two are allowed (None: not at all, or already). ``call`` is the
    number of the announcement just made. ``is_verified`` None beside a ``priority``: declared, 待核验.
    """

    leg: int
    version: int
    ticket: int
    number: str
    service: str
    service_name: str
    state: State
    state_name: str
    standing: Standing
    priority: str | None
    counter: int | None
    session: int | None
    issued_at: datetime
    counts_from: datetime
    rank_at: datetime
    called_at: datetime | None
    last_called_at: datetime | None
    recalls: int
    misses: int
    started_at: datetime | None
    ended_at: datetime | None
    return_until: datetime | None
    kept_for: int | None
    reason: str | None
    phone: str | None
    cases: int
    items_done: tuple[str, ...]
    origin: str
    recall_at: datetime | None
    miss_at: datetime | None
    actions: tuple[str, ...]
    call: int | None = None
    coming_at: datetime | None = None
    is_verified: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegView(LegFacts):
    """A leg with what stays in the house: the visitor's secret."""

    hall: int
    token: str


@dataclass(frozen=True, slots=True)
class Order:
    """A clerk's command about one leg, as the page saw it.

    ``command``: call · recall · start · finish · miss · restore · park · unpark · transfer · verify · reclass ·
    cancel · undo.
    ``target``: a transfer's service code. ``items``: the items done at finish. ``is_back``: transfer and then back to
    this counter. ``is_kept``: on return the leg is kept for this counter. ``is_override``: restore past the limits.
    """

    command: str
    leg: int
    version: int
    reason: str | None = None
    target: str | None = None
    items: tuple[str, ...] = ()
    is_back: bool = False
    is_kept: bool = False
    is_override: bool = False
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Numbers leased to a kiosk for use while cut off, until ``until``; those before ``first`` came home already."""

    id: int
    service: str
    prefix: str
    first: int
    last: int
    day: date
    until: datetime


@dataclass(frozen=True, slots=True)
class Offline:
    """A number that a kiosk gave while cut off; ``token`` is the secret in the QR code, if it printed one."""

    serial: int
    issued_at: datetime
    token: str | None = None
    priority: str | None = None
    phone: str | None = None
    cases: int = 1


@dataclass(frozen=True, slots=True)
class Rescue:
    """A supervisor's act about what a lost session holds, as the page saw it; the session ends with it.

    ``act``: hand_over (to ``counter``, a number on the wall) · release (into the line again, with a ``reason``) ·
    finish (it had been served). ``session`` is the lost one's id.
    """

    act: str
    session: int
    leg: int
    version: int
    counter: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ClosingList:
    """What still stands open at the end of a day, of earlier days too; ``at_counter`` are those called or served."""

    hall: int
    day: date
    at: datetime
    waiting: int
    called: int
    serving: int
    parked: int
    missed: int
    booked: int
    at_counter: tuple[LegView, ...]


@dataclass(frozen=True, slots=True)
class SessionView:
    """A clerk at a counter; ``leg`` is what they hold, also one adopted from their own lost session."""

    session: int
    hall: int
    counter: int
    counter_name: str
    staff: str
    state: CounterState
    reason: str | None
    opened_at: datetime
    since: datetime
    leg: LegView | None


@dataclass(frozen=True, slots=True)
class PriorityGroup:
    """Who may declare a priority at the kiosk, and what shows it."""

    code: str
    name: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceScope:
    """What is done under a service: the guides that it names, and the domains whose matters are brought to it."""

    code: str
    name: str
    items: tuple[str, ...]
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A tile on the kiosk. ``counters`` are those that serve it, ``open_counters`` how many do now.

    ``closed_reason`` is a full sentence when no number may be taken, else None.
    """

    id: int
    code: str
    name: str
    prefix: str
    minutes: int
    promise_minutes: int
    domains: tuple[str, ...]
    items: tuple[str, ...]
    counters: tuple[int, ...]
    open_counters: int
    waiting: int
    wait: WaitRange | None
    closed_reason: str | None


@dataclass(frozen=True, slots=True)
class CallView:
    """One announcement. ``is_live``: the leg is still called at that counter, so it may be spoken.

    ``kind``: call · recall · undo (then boards say 已撤回). ``text`` is what is said.
    """

    number: int
    kind: str
    leg: int
    ticket: str
    service: str
    counter: int
    counter_name: str
    at: datetime
    is_live: bool
    is_withdrawn: bool
    text: str


@dataclass(frozen=True, slots=True)
class CounterView:
    """A counter on the board and on its panel; ``number_now`` is the ticket called or served there.

    ``state_name`` is what a visitor reads: 未开放 · 空闲 · 叫号中 · 办理中 · 暂停（午休）.
    """

    number: int
    name: str
    is_guide: bool
    state: CounterState
    state_name: str
    reason: str | None
    services: tuple[str, ...]
    service_names: tuple[str, ...]
    number_now: str | None
    leg_state: State | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class WaitingView:
    """How many wait for one service; ``longest_minutes`` is the wait of its longest waiting, 0 if none.

    ``light``: green · amber (past the promise) · red (past twice the promise).
    """

    service: str
    name: str
    waiting: int
    longest_minutes: int
    promise_minutes: int
    light: str
    wait: WaitRange | None


@dataclass(frozen=True, slots=True)
class HitRate:
    """“昨日等候预估命中 86 %”: of the last business day before today on which anyone was called."""

    day: date
    percent: int


@dataclass(frozen=True, slots=True)
class Board:
    """One snapshot of a hall. ``cursor`` grows with every change; a page whose cursor differs looks again."""

    hall: int
    hall_name: str
    notice: str
    is_trial: bool
    hours_text: str
    at: datetime
    day: date
    cursor: int
    last_call: int
    called: tuple[CallView, ...]
    recent: tuple[CallView, ...]
    waiting: tuple[WaitingView, ...]
    counters: tuple[CounterView, ...]
    hall_code: HallCode | None = None
    hit_rate: HitRate | None = None


@dataclass(frozen=True, slots=True)
class Today:
    """A clerk's figures of the business day; minutes and stars are means, None without a case."""

    served: int
    missed: int
    undone: int
    mean_service_minutes: float | None
    mean_wait_minutes: float | None
    ratings: int = 0
    mean_stars: float | None = None


@dataclass(frozen=True, slots=True)
class Console:
    """What the clerk's page shows. ``session`` None: nobody is signed in at this counter.

    ``actions`` are those of the counter itself (open, pause, resume, close, call_next); ``undo`` the leg whose last
    act may still be undone, until ``undo_until``. ``missed`` and ``parked`` are those of this counter's services, its
    own first; ``kept`` wait for this counter alone. ``reply_to``: the chat of whoever is at the counter, opaque;
    ``typical_minutes`` of their service; ``passed``: who was called before them.
    ``unchecked``: declared priorities, at the guide desk only.
    """

    hall: int
    cursor: int
    at: datetime
    counter: CounterView
    session: SessionView | None
    leg: LegView | None
    reply_to: str | None
    typical_minutes: int | None
    passed: Passed | None
    waiting: tuple[WaitingView, ...]
    missed: tuple[LegView, ...]
    parked: tuple[LegView, ...]
    kept: tuple[LegView, ...]
    unchecked: tuple[LegView, ...]
    today: Today
    undo: LegView | None
    undo_until: datetime | None
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """What hangs above a counter."""

    hall: int
    cursor: int
    at: datetime
    counter: CounterView
    call: CallView | None


@dataclass(frozen=True, slots=True)
class HallView:
    """A hall as the pages' heads and the administrator see it; ``profile`` is plain data (zones, norms, address)."""

    id: int
    code: str
    name: str
    zone: str
    notice: str
    is_trial: bool
    hours_text: str
    hours: dict[str, object]
    profile: dict[str, object]
    priorities: tuple[PriorityGroup, ...]
