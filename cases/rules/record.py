"""What the rules know of a case, and of who acts on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from cases.rules.case import State


class Kind(StrEnum):
    """What an enterprise brings."""

    CONSULT = "consult"
    HELP = "help"
    COMPLAINT = "complaint"
    REPORT = "report"
    SUGGESTION = "suggestion"
    BAD_RATING = "bad_rating"


class Rating(StrEnum):
    """What the enterprise says at the end."""

    SATISFIED = "satisfied"
    BASIC = "basic"
    DISSATISFIED = "dissatisfied"
    UNRATED = "unrated"


class Light(StrEnum):
    """How near the due date is: yellow the working day before, red the day after."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Pending(StrEnum):
    """What waits for a second person beside the state."""

    NOTHING = ""
    REFUSAL = "refusal"
    EXTENSION = "extension"
    FINAL = "final"


class Role(StrEnum):
    """In what capacity somebody acts; the words are those of the sign-in. A leader signs as administrator."""

    VISITOR = "visitor"
    ENQUIRY = "enquiry"
    OFFICE = "office"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    SYSTEM = "system"


KIND_NAMES = {
    Kind.CONSULT: "咨询",
    Kind.HELP: "求助",
    Kind.COMPLAINT: "投诉",
    Kind.REPORT: "举报",
    Kind.SUGGESTION: "建议",
    Kind.BAD_RATING: "差评",
}
RATING_NAMES = {
    Rating.SATISFIED: "满意",
    Rating.BASIC: "基本满意",
    Rating.DISSATISFIED: "不满意",
    Rating.UNRATED: "未评价",
}
LIGHT_NAMES = {Light.GREEN: "期限内", Light.YELLOW: "临期", Light.RED: "超期"}
PENDING_NAMES = {
    Pending.NOTHING: "",
    Pending.REFUSAL: "不予受理待复核",
    Pending.EXTENSION: "延期待审批",
    Pending.FINAL: "最终答复待签发",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the name that the journal writes (``staff:3``, ``visitor``) and in what roles.

    ``offices`` names the offices that somebody of role ``office`` may act for; None: not restricted.
    """

    name: str
    roles: frozenset[Role]
    offices: frozenset[str] | None = None

    @classmethod
    def of(cls, name: str, roles: Iterable[str], offices: Iterable[str] | None = None) -> "Actor":
        """An actor from plain words; roles that mean nothing here are passed over."""
        known = frozenset(Role(role) for role in roles if role in Role._value2member_map_)
        return cls(name, known, None if offices is None else frozenset(offices))

    def may_only(self, role: Role) -> bool:
        """Whether ``role`` is all that it has."""
        return self.roles == {role}


VISITOR = Actor("visitor", frozenset({Role.VISITOR}))
SYSTEM = Actor("system", frozenset({Role.SYSTEM}))


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A case as it is kept; every field is a column.

    ``clock`` lists what moved the due date since ``clock_from``: ``["extend", days]``, ``["pause", from, to]``.
    ``handlers`` are all who worked on the answer. ``first_office`` received it and answers until it is signed for.
    """

    id: int
    hall: int
    day: date
    serial: int
    number: str
    secret: str
    version: int
    state: State
    kind: Kind
    topic: str | None
    office: str | None
    first_office: str
    helpers: list[str]
    parent: int | None
    enterprise: str | None
    contact: str | None
    phone: str | None
    is_confidential: bool
    is_urgent: bool
    summary: str
    packet: dict[str, Any]
    origin: str
    reply_to: str | None
    opened_at: datetime
    clock_from: date
    clock_days: int
    clock: list[list[Any]]
    due_on: date
    due_at: datetime
    is_provisional: bool
    step_due_at: datetime | None
    light: Light
    paused_on: date | None
    has_paused: bool
    pending: Pending
    pending_by: str | None
    pending_days: int | None
    pending_text: str
    extensions: int
    extended_days: int
    handlers: list[str]
    returned_by: str | None
    returns: int
    has_contested: bool
    has_redone: bool
    has_reopened: bool
    contacted_at: datetime | None
    is_raised: bool
    is_watched: bool
    watched_why: str
    answer: str
    answered_at: datetime | None
    rating: Rating | None
    rating_text: str
    closed_at: datetime | None

    @property
    def answerable(self) -> str:
        """Who owes the enterprise an answer now: the first receiver until the case is signed for (首接负责)."""
        is_signed = self.office is not None and self.state not in BEFORE_SIGNING
        return self.office if is_signed and self.office else self.first_office


BEFORE_SIGNING = frozenset(
    {
        State.REGISTERED,
        State.SCREENING,
        State.REFUSED,
        State.EMERGENCY,
        State.MERGED,
        State.ACCEPTED,
        State.DISPATCHED,
        State.RETURNED,
        State.ADJUDICATION,
    }
)
