"""What goes through the diary's door. Moments are the hall's local time with its offset; ``service`` is a code."""

from dataclasses import dataclass
from datetime import date, datetime

from hallqueue.rules.appointment import AppointmentState


@dataclass(frozen=True, slots=True)
class SlotView:
    """A time that may be booked; ``free`` of its ``seats`` are left."""

    at: datetime
    ends_at: datetime
    seats: int
    free: int


@dataclass(frozen=True, slots=True)
class DayView:
    """A day on which the service has slots; ``free``: seats left on it."""

    day: date
    text: str
    free: int


@dataclass(frozen=True, slots=True)
class OfferView:
    """A service that may be booked; ``next_at``: its first free slot, None when every day is full."""

    service: str
    name: str
    next_at: datetime | None
    next_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A wish for a seat. ``holder`` only whom an edge has proved; ``phone`` and ``name`` are contact.

    ``origin``: web · bot · desk. ``reply_to``: a chat that is told of it, opaque.
    """

    service: str
    slot_at: datetime
    holder: str | None = None
    phone: str | None = None
    name: str | None = None
    origin: str = "web"
    reply_to: str | None = None
    actor: str = "visitor"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentView:
    """A booking as its holder sees it. ``code`` is for speaking and the QR, ``token`` for its link.

    ``text``: how it stands, in a sentence. ``warning``: of no-shows before, or empty. ``is_late``: it came too late
    and stands in the line as an ordinary number. ``actions``: confirm, cancel. ``reason``: why the hall cancelled it.
    """

    id: int
    code: str
    token: str
    hall: int
    service: str
    service_name: str
    counters: tuple[int, ...]
    slot_at: datetime
    ends_at: datetime
    when: str
    check_in_from: datetime
    state: AppointmentState
    state_name: str
    text: str
    warning: str
    phone: str | None
    name: str | None
    holder: str | None
    reply_to: str | None
    origin: str
    reason: str | None
    made_at: datetime
    ticket_number: str | None
    ticket_token: str | None
    is_late: bool
    actions: tuple[str, ...]
    is_new: bool = False
