"""Who may do what: roles × permissions, and ``@allow`` on every route. Closed by default."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from aiohttp import web

from base.errors import Forbidden


class Role(StrEnum):
    """What a caller is; a member of staff may be several."""

    VISITOR = "visitor"
    KIOSK = "kiosk"
    SCREEN = "screen"
    PANEL = "panel"
    PAD = "pad"
    CLERK = "clerk"
    ENQUIRY = "enquiry"
    OFFICE = "office"
    EDITOR = "editor"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    INTEGRATION = "integration"


STAFF_ROLES = (Role.CLERK, Role.ENQUIRY, Role.OFFICE, Role.EDITOR, Role.SUPERVISOR, Role.ADMIN)
DEVICE_ROLES = (Role.KIOSK, Role.SCREEN, Role.PANEL, Role.PAD)
COUNTER_DEVICES = frozenset({Role.PANEL, Role.PAD})  # each belongs to a counter
ROLE_NAMES = {
    Role.CLERK: "窗口人员",
    Role.ENQUIRY: "咨询人员",
    Role.OFFICE: "承办单位",
    Role.EDITOR: "知识编辑",
    Role.SUPERVISOR: "督办人员",
    Role.ADMIN: "管理员",
    Role.KIOSK: "取号机",
    Role.SCREEN: "大屏",
    Role.PANEL: "窗口屏",
    Role.PAD: "评价器",
    Role.INTEGRATION: "接口",
    Role.VISITOR: "访客",
}
EVERYONE = frozenset(Role)
_STAFF = frozenset(STAFF_ROLES)
_QUEUE = frozenset({Role.CLERK, Role.SUPERVISOR, Role.ADMIN})
_CASES = frozenset({Role.ENQUIRY, Role.OFFICE, Role.SUPERVISOR, Role.ADMIN})

PERMISSIONS: dict[str, frozenset[Role]] = {
    "public": EVERYONE,
    "board.see": EVERYONE,
    "ticket.take": EVERYONE,
    "ticket.own": EVERYONE,
    "chat.own": EVERYONE,
    "knowledge.see": EVERYONE,
    "case.own": EVERYONE,
    "kiosk.use": frozenset({Role.KIOSK}),
    "screen.use": frozenset({Role.SCREEN}),
    "device.report": frozenset(DEVICE_ROLES),
    "panel.use": frozenset({Role.PANEL, Role.CLERK}),
    "rate.use": frozenset({Role.PAD, Role.INTEGRATION}),
    "counter.work": _QUEUE,
    "appointment.check_in": _QUEUE | {Role.KIOSK, Role.INTEGRATION},
    "hall.supervise": frozenset({Role.SUPERVISOR, Role.ADMIN}),
    "chat.serve": frozenset({Role.ENQUIRY, Role.SUPERVISOR, Role.ADMIN}),
    "case.open": _CASES | {Role.CLERK, Role.INTEGRATION},
    "case.work": _CASES,
    "case.supervise": frozenset({Role.SUPERVISOR, Role.ADMIN}),
    "knowledge.edit": frozenset({Role.EDITOR, Role.SUPERVISOR, Role.ADMIN}),
    "report.see": frozenset({Role.SUPERVISOR, Role.ADMIN, Role.INTEGRATION}),
    "admin": frozenset({Role.ADMIN}),
    "signed_in": _STAFF,
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: ``actor`` as the journal writes it, roles, hall, and what it is signed in as."""

    actor: str
    roles: frozenset[Role]
    hall: int
    name: str = ""
    staff_id: int | None = None
    device_id: int | None = None
    counter: str | None = None
    session_id: int | None = None
    has_cookie: bool = False
    must_change_password: bool = False

    def may(self, permission: str) -> bool:
        """Whether any of its roles has ``permission``."""
        return bool(self.roles & PERMISSIONS[permission])

    @property
    def is_signed_in(self) -> bool:
        """Whether it is anything but a visitor."""
        return self.roles != {Role.VISITOR}


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
CALLER = web.RequestKey("caller", Caller)


@dataclass(frozen=True, slots=True)
class Asked:
    """A value behind the question mark of an address: what it means, and a type that msgspec describes."""

    words: str
    kind: object = str
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Door:
    """What stands on a route: the permission it asks for and, for the API's description, its body and answer."""

    permission: str
    body: type | None = None
    answer: object = None
    status: int = 200
    query: Mapping[str, Asked] = field(default_factory=dict)


def allow(
    permission: str,
    *,
    body: type | None = None,
    answer: object = None,
    status: int = 200,
    query: Mapping[str, Asked] | None = None,
) -> Callable[[Handler], Handler]:
    """Let only roles with ``permission`` in; the rest is for the OpenAPI page.

    ``body`` and ``answer`` are types that msgspec describes, ``query`` says what may stand behind the question mark.
    """
    if permission not in PERMISSIONS:
        raise ValueError(f"no such permission: {permission}")

    def mark(handler: Handler) -> Handler:
        handler.door = Door(permission, body, answer, status, query or {})  # type: ignore[attr-defined]
        return handler

    return mark


def door(handler: object) -> Door | None:
    """What ``allow`` put on ``handler``."""
    return getattr(handler, "door", None)


def caller(request: web.Request) -> Caller:
    """Who is asking, as the guard found out."""
    return request[CALLER]


def check(request: web.Request, permission: str) -> None:
    """Refuse the caller of ``request`` unless it has ``permission``; for what depends on the request's content."""
    if not caller(request).may(permission):
        raise Forbidden("您的账号没有这项权限，请联系管理员。")
