"""What the house does for an enterprise from the conversation: numbers, cases, the pool; and what it says of itself."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol
from zoneinfo import ZoneInfo

from base.db import ReadSession, WriteSession
from base.errors import NotFound
from bot.bookings import Bookings, LiveBookings, NoBookings
from bot.rules.context import Held
from bot.store import Conversation
from cases import CaseBook, Kind, Opening, Packet, PublicCase
from hallqueue import Diary, Hall, HallView, ServiceView, Taking, TicketView

UNKNOWN = "待本地填写"
CHINA = ZoneInfo("Asia/Shanghai")
NO_PACKET = Packet()
_KINDS = (
    ("举报", Kind.REPORT),
    ("投诉", Kind.COMPLAINT),
    ("建议", Kind.SUGGESTION),
)
LONGEST_SUMMARY = 1000


@dataclass(frozen=True, slots=True)
class Rooms:
    """The rooms that a conversation leans on, and the hall it speaks for."""

    hall: Hall
    diary: Diary
    casebook: CaseBook
    hall_id: int
    zone: ZoneInfo = CHINA


@dataclass(frozen=True, slots=True)
class Opened:
    """A case that was opened: its number, its secret link, when the answer is due, in words."""

    number: str
    token: str
    due: str
    is_new: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a case is opened with."""

    kind: str
    text: str
    phone: str = ""
    is_sealed: bool = False
    is_urgent: bool = False
    topic: str = ""
    office: str = ""
    packet: Packet = NO_PACKET


class World(Protocol):
    """What the conversation can see and do of the rest of the house."""

    def about(self) -> HallView | None:
        """The hall; None where there is none."""

    def services(self) -> tuple[ServiceView, ...]:
        """What numbers can be taken for."""

    def take(self, service: str, code: str = "") -> TicketView:
        """A number for this conversation; ``code``: what the hall shows, if it asks for it."""

    def change_ticket(self, verb: str, token: str) -> TicketView:
        """Coming, defer, restore or cancel. Raises what the hall refuses."""

    def link(self, token: str) -> TicketView:
        """From now on tell this conversation what happens to that ticket."""

    def bookings(self) -> Bookings:
        """The hall's diary."""

    def ticket(self, held: Held) -> TicketView | None:
        """One of this conversation's tickets."""

    def cases(self) -> tuple[PublicCase, ...]:
        """This conversation's cases, newest first."""

    def case(self, number: str, four: str) -> PublicCase:
        """A case by its number and the last four digits of its phone. Raises ``NotFound``."""

    def open_case(self, matter: Matter) -> Opened:
        """Register a case that answers to this conversation."""

    def ahead(self) -> int:
        """How many wait for a person already."""


class LiveWorld:
    """The world in a write job: what is done here is kept with the reply, or not at all."""

    def __init__(
        self, session: WriteSession, rooms: Rooms, conversation: Conversation, ahead: Callable[[], int]
    ) -> None:
        self._session = session
        self._rooms = rooms
        self._conversation = conversation
        self._ahead = ahead

    def about(self) -> HallView | None:
        """The hall as it is."""
        return self._rooms.hall.about(self._session, self._rooms.hall_id)

    def services(self) -> tuple[ServiceView, ...]:
        """The kiosk's tiles; all closed while the hall gives no numbers by chat."""
        hall, session = self._rooms.hall, self._session
        closed = hall.remote(session, self._rooms.hall_id).closed_reason
        tiles = hall.services(session, self._rooms.hall_id)
        return tuple(replace(each, closed_reason=closed) for each in tiles) if closed else tiles

    def take(self, service: str, code: str = "") -> TicketView:
        """A number whose holder is this conversation: asking twice gives the same one."""
        me = self._conversation.reply_to
        taking = Taking(service, holder=me, origin="bot", actor="bot", code=code or None, reply_to=me)
        return self._rooms.hall.take(self._session, self._rooms.hall_id, taking)

    def change_ticket(self, verb: str, token: str) -> TicketView:
        """What the holder of a ticket may do."""
        hall = self._rooms.hall
        acts = {"coming": hall.coming, "defer": hall.defer, "restore": hall.restore, "cancel": hall.cancel}
        return acts[verb](self._session, token, self._conversation.reply_to)

    def link(self, token: str) -> TicketView:
        """The ticket, told here from now on."""
        return self._rooms.hall.link(self._session, token, self._conversation.reply_to)

    def bookings(self) -> Bookings:
        """The diary, for this conversation."""
        rooms = self._rooms
        return LiveBookings(self._session, rooms.diary, rooms.hall_id, self._conversation.reply_to)

    def ticket(self, held: Held) -> TicketView | None:
        """One of this conversation's tickets, None once it is forgotten."""
        try:
            return self._rooms.hall.ticket(self._session, held.token)
        except NotFound:
            return None

    def cases(self) -> tuple[PublicCase, ...]:
        """The cases that answer to this conversation."""
        return self._rooms.casebook.of_address(self._session, self._conversation.reply_to)

    def case(self, number: str, four: str) -> PublicCase:
        """A case of another conversation, by what only its reporter knows."""
        return self._rooms.casebook.by_number(self._session, self._rooms.hall_id, number, four)

    def open_case(self, matter: Matter) -> Opened:
        """Register it; its number and date are in the answer."""
        made = self._rooms.casebook.open(self._session, opening(self._rooms.hall_id, self._conversation, matter))
        return Opened(made.number, made.secret, made.due_text or "")

    def ahead(self) -> int:
        """How many wait for a person."""
        return self._ahead()


def opening(hall: int, conversation: Conversation, matter: Matter) -> Opening:
    """The form that the cases' room takes."""
    kind = Kind.CONSULT if matter.kind == "consultation" else kind_of(matter.text)
    return Opening(
        hall=hall,
        kind=kind,
        summary=matter.text[:LONGEST_SUMMARY],
        topic=matter.topic or None,
        office=matter.office or None,
        phone=matter.phone or None,
        is_confidential=matter.is_sealed,
        is_urgent=matter.is_urgent,
        reply_to=conversation.reply_to,
        origin=conversation.reply_to,
        packet=matter.packet,
    )


def kind_of(text: str) -> Kind:
    """What is brought, by its own words; a difficulty when it says nothing else."""
    return next((kind for word, kind in _KINDS if word in text), Kind.HELP)


def published(profile: object) -> str:
    """A value of the hall's profile, or nothing where it is a placeholder still."""
    text = str(profile or "").strip()
    return "" if not text or UNKNOWN in text else text


def hall_phone(about: HallView | None) -> str:
    """The hall's phone number if it has published one."""
    return published(about.profile.get("phone")) if about else ""


class DryWorld:
    """The world of ``ask``: the hall may be looked at if there is one; nothing is done."""

    def __init__(self, session: ReadSession | None = None, rooms: Rooms | None = None) -> None:
        self._session = session
        self._rooms = rooms

    def about(self) -> HallView | None:
        """The hall, if a database is at hand."""
        if self._session is None or self._rooms is None:
            return None
        return self._rooms.hall.about(self._session, self._rooms.hall_id)

    def services(self) -> tuple[ServiceView, ...]:
        """None: no number is given here."""
        return ()

    def change_ticket(self, verb: str, token: str) -> TicketView:
        """Refuse: nothing belongs to this conversation."""
        raise NotFound(f"这里只回答问题，不改号票（{verb}，{len(token)} 位）。请在号票页面操作。")

    def link(self, token: str) -> TicketView:
        """Refuse: nobody is told anything here."""
        raise NotFound(f"这里只回答问题，不能收提醒（{len(token)} 位）。请用大厅网页的聊天。")

    def take(self, service: str, code: str = "") -> TicketView:
        """Refuse: no number is given here."""
        del code
        raise NotFound(f"这里只回答问题，不发号（业务 {service}）。请在取号机或大厅网页取号。")

    def bookings(self) -> Bookings:
        """Empty: nothing is booked here."""
        return NoBookings()

    def ticket(self, held: Held) -> TicketView | None:
        """None: nothing belongs to this conversation."""
        del held
        return None

    def cases(self) -> tuple[PublicCase, ...]:
        """None: nothing belongs to this conversation."""
        return ()

    def case(self, number: str, four: str) -> PublicCase:
        """Refuse: who asks here has proved nothing."""
        raise NotFound(f"这里只回答问题，不查工单（{number}、{len(four)} 位）。请在大厅网页查询。")

    def open_case(self, matter: Matter) -> Opened:
        """Refuse: nothing is registered here."""
        raise NotFound(f"这里只回答问题，不登记诉求（{len(matter.text)} 字）。请在大厅网页提交。")

    def ahead(self) -> int:
        """Nobody waits here."""
        return 0
