"""The administrator's page (``/admin``): staff, devices, opening hours, notice, tokens, dead letters."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from base import outbox
from base.db import ReadSession, WriteSession
from base.errors import BadInput
from base.journal import record
from base.opening import WEEKDAYS
from server import admin_hall, doors, forms, people
from server.access import COUNTER_DEVICES, DEVICE_ROLES, ROLE_NAMES, STAFF_ROLES, Role, allow, caller
from server.doors import NewStaff
from server.pages import qr, render

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

PARTS = {
    "people": "人员",
    "services": "业务和窗口",
    "devices": "设备",
    "hours": "开放时间",
    "notice": "公告",
    "tokens": "接口令牌",
    "letters": "发不出去的消息",
}
TOKEN_ROLES = (*DEVICE_ROLES, Role.CLERK, Role.SUPERVISOR, Role.EDITOR, Role.ADMIN, Role.INTEGRATION)
WEEKDAY_NAMES = dict(zip(WEEKDAYS, ("周一", "周二", "周三", "周四", "周五", "周六", "周日"), strict=True))
RANGE = "~"
LONGEST_RANGE_DAYS = 60
MOST_LETTERS = 50

Name = Annotated[str, Meta(min_length=1, max_length=40)]


class NewPerson(msgspec.Struct, forbid_unknown_fields=True):
    """A member of staff to be added; the one-time password comes back once."""

    username: Name
    name: Name
    roles: list[str] = []


class Roles(msgspec.Struct, forbid_unknown_fields=True):
    """All roles that somebody is to have from now on."""

    roles: list[str] = []


class Password(msgspec.Struct):
    """A one-time password, told once and changed at the next sign-in."""

    username: str
    password: str


class NewDevice(msgspec.Struct, forbid_unknown_fields=True):
    """A device page; ``counter`` for a panel or a rating pad only: the number on the wall."""

    kind: Role
    name: Name
    counter: Annotated[str, Meta(max_length=8)] = ""


class PairingLink(msgspec.Struct):
    """A link that makes one browser the device, good once; ``qr`` is the same as SVG."""

    id: int
    link: str
    qr: str


class NewToken(msgspec.Struct, forbid_unknown_fields=True):
    """A role for another system."""

    role: Role


class TokenSecret(msgspec.Struct):
    """A bearer token, told once."""

    token: str


class Notice(msgspec.Struct, forbid_unknown_fields=True):
    """The line at the foot of the boards; empty: the one of the settings."""

    notice: Annotated[str, Meta(max_length=120)] = ""


class Span(msgspec.Struct, forbid_unknown_fields=True):
    """From ``open`` to ``close``, local: 08:30."""

    open: str
    close: str


class SeasonHours(msgspec.Struct, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    """The workdays' hours from one month-day (05-01) to another."""

    first: str
    last: str
    sessions: list[Span]


class CoverHours(msgspec.Struct, forbid_unknown_fields=True):
    """Further hours of some counters, through lunch or for bookings."""

    name: Annotated[str, Meta(max_length=40)]
    days: list[str]
    counters: list[int]
    sessions: list[Span]
    appointment_only: bool = False


class Hours(msgspec.Struct, forbid_unknown_fields=True):
    """When the hall is open. Days are dates, or ``2026-10-01~2026-10-08`` for all between."""

    workdays: list[str]
    seasons: list[SeasonHours]
    extended_service: list[CoverHours] = []
    holidays: list[str] = []
    makeup_days: list[str] = []


class Done(msgspec.Struct):
    """The act was carried out."""

    ok: bool = True


@routes.get("/admin")
@allow("admin")
async def admin(request: web.Request) -> web.Response:
    """One part of the administration; which one stands in the address."""
    house: House = request.app["house"]
    who, part = caller(request), request.query.get("part", "people")
    if part not in PARTS:
        raise BadInput(f"没有“{part}”这一部分，请从页面上选择。", field="part")
    gather: dict[str, Callable[[ReadSession], dict[str, Any]]] = {
        "people": lambda session: {"rows": doors.staff_of(session, who.hall)},
        "services": lambda session: admin_hall.gather(house, session, who.hall),
        "devices": lambda session: {
            "rows": people.devices(session, who.hall),
            "counters": house.hall.board(session, who.hall).counters,
        },
        "hours": lambda session: {"about": house.hall.about(session, who.hall)},
        "notice": lambda session: {"about": house.hall.about(session, who.hall)},
        "tokens": lambda session: {"rows": people.tokens(session, who.hall)},
        "letters": lambda session: {"rows": outbox.failed(session, MOST_LETTERS)},
    }
    values = await house.db.read(gather[part])
    return render(request, f"admin_{part}.html", part=part, parts=PARTS, **_words(house, part), **values)


@routes.post("/api/v1/staff")
@allow("admin", body=NewPerson, answer=Password, status=201)
async def add_staff(request: web.Request) -> web.Response:
    """Add a member of staff."""
    body = await forms.read(request, NewPerson)
    house, who = request.app["house"], caller(request)
    new = NewStaff(body.username, body.name, _roles(body.roles), who.hall)
    password = await house.doors.add_staff(new, who.actor)
    return _answer(Password(body.username, password), 201)


@routes.post("/api/v1/staff/{id}/roles")
@allow("admin", body=Roles, answer=Done)
async def set_roles(request: web.Request) -> web.Response:
    """Give a member of staff other roles; in force at once."""
    body = await forms.read(request, Roles)
    house, who, which = request.app["house"], caller(request), forms.number_in_path(request, "id")
    await house.db.write(lambda session: people.set_roles(session, who.hall, which, body.roles, who.actor))
    return _answer(Done())


@routes.post("/api/v1/staff/{id}/password")
@allow("admin", answer=Password)
async def reset_password(request: web.Request) -> web.Response:
    """A new one-time password for somebody who forgot theirs."""
    house, who, which = request.app["house"], caller(request), forms.number_in_path(request, "id")
    person = await house.db.read(lambda session: people.one(session, who.hall, which))
    password = people.one_time_password()
    kept = await house.doors.passwords.hash(password)
    await house.db.write(lambda session: people.set_password(session, who.hall, which, kept, who.actor))
    return _answer(Password(str(person.username), password))


@routes.post("/api/v1/staff/{id}/dismiss")
@allow("admin", answer=Done)
async def dismiss(request: web.Request) -> web.Response:
    """A member of staff has left: no sign-in, every session ends."""
    house, who, which = request.app["house"], caller(request), forms.number_in_path(request, "id")

    def job(session: WriteSession) -> None:
        people.one(session, who.hall, which)
        people.keep_an_admin(session, who.hall, which)
        doors.dismiss(session, which, who.actor)

    await house.db.write(job)
    return _answer(Done())


@routes.post("/api/v1/devices")
@allow("admin", body=NewDevice, answer=PairingLink, status=201)
async def add_device(request: web.Request) -> web.Response:
    """Add a device page; its pairing link is shown once."""
    body = await forms.read(request, NewDevice)
    house, who = request.app["house"], caller(request)
    if body.kind not in DEVICE_ROLES:
        allowed = "、".join(ROLE_NAMES[role] for role in DEVICE_ROLES)
        raise BadInput(f"设备种类须为 {allowed} 之一，收到 {ROLE_NAMES[body.kind]}。", field="kind")

    def job(session: WriteSession) -> tuple[int, str]:
        if body.kind in COUNTER_DEVICES:
            _check_counter(session, house, who.hall, body.counter)
        _check_name(session, who.hall, body)
        counter = body.counter if body.kind in COUNTER_DEVICES else None
        which = doors.add_device(session, who.hall, body.kind, body.name, counter)
        return which, doors.invite(session, which, who.actor)

    return _answer(_link(house, *await house.db.write(job)), 201)


@routes.post("/api/v1/devices/{id}/invite")
@allow("admin", answer=PairingLink)
async def invite_device(request: web.Request) -> web.Response:
    """A new pairing link for a device; who holds it now keeps it until the link is used."""
    house, who, which = request.app["house"], caller(request), forms.number_in_path(request, "id")

    def job(session: WriteSession) -> str:
        people.own_device(session, who.hall, which)
        return doors.invite(session, which, who.actor)

    return _answer(_link(house, which, await house.db.write(job)))


@routes.post("/api/v1/devices/{id}/end")
@allow("admin", answer=Done)
async def end_device(request: web.Request) -> web.Response:
    """Sign a device out: it was lost or replaced."""
    house, who, which = request.app["house"], caller(request), forms.number_in_path(request, "id")
    await house.db.write(lambda session: people.end_device(session, who.hall, which, who.actor))
    return _answer(Done())


@routes.post("/api/v1/tokens")
@allow("admin", body=NewToken, answer=TokenSecret, status=201)
async def add_token(request: web.Request) -> web.Response:
    """A bearer token for another system, shown once."""
    body = await forms.read(request, NewToken)
    house, who = request.app["house"], caller(request)
    if body.role not in TOKEN_ROLES:
        allowed = "、".join(ROLE_NAMES[role] for role in TOKEN_ROLES)
        raise BadInput(f"令牌的岗位须为 {allowed} 之一，收到 {ROLE_NAMES[body.role]}。", field="role")
    token = await house.doors.add_token(body.role, who.hall)
    detail = {"role": body.role}
    await house.db.write(lambda session: record(session, who.actor, "add_token", f"hall:{who.hall}", detail=detail))
    return _answer(TokenSecret(token), 201)


@routes.post("/api/v1/tokens/{id}/end")
@allow("admin", answer=Done)
async def end_token(request: web.Request) -> web.Response:
    """Revoke a bearer token."""
    house, who, which = request.app["house"], caller(request), forms.number_in_path(request, "id")
    await house.db.write(lambda session: people.end_token(session, who.hall, which, who.actor))
    return _answer(Done())


@routes.post("/api/v1/hall/hours")
@allow("admin", body=Hours, answer=Done)
async def set_hours(request: web.Request) -> web.Response:
    """Put opening hours in force; a hall in 试运行 leaves it."""
    body = await forms.read(request, Hours)
    house, who = request.app["house"], caller(request)
    plain = msgspec.to_builtins(body)
    plain |= {name: _days(name, plain[name]) for name in ("holidays", "makeup_days")}

    def job(session: WriteSession) -> None:
        before = house.hall.about(session, who.hall).hours
        house.hall.set_hours(session, who.hall, {**before, **plain}, who.actor)

    await house.db.write(job, f"hall:{who.hall}")
    await house.read_hall()
    return _answer(Done())


@routes.post("/api/v1/hall/notice")
@allow("admin", body=Notice, answer=Done)
async def set_notice(request: web.Request) -> web.Response:
    """Change the line at the foot of the boards."""
    body = await forms.read(request, Notice)
    house, who = request.app["house"], caller(request)
    text = body.notice.strip()
    await house.db.write(lambda session: house.hall.set_notice(session, who.hall, text, who.actor), f"hall:{who.hall}")
    await house.read_hall()
    return _answer(Done())


def _words(house: "House", part: str) -> dict[str, Any]:
    official = _official(house) if part == "hours" else {}
    return {
        "staff_roles": STAFF_ROLES,
        "device_roles": DEVICE_ROLES,
        "token_roles": TOKEN_ROLES,
        "weekdays": WEEKDAY_NAMES,
        "official": official,
    }


def _official(house: "House") -> dict[str, list[str]]:
    """This year's and the next's holidays on weekdays, and make-up days, as far as they were announced."""
    days = house.working_time.days
    year = house.working_time.local_day(house.clock.now()).year
    known = [one for one in (year, year + 1) if days.is_known(one)]
    dates = [date(one, 1, 1) + timedelta(days=place) for one in known for place in range(366)]
    dates = [day for day in dates if day.year in known]
    is_weekend = {day: day.weekday() >= len(WEEKDAYS) - 2 for day in dates}
    return {
        "years": [str(one) for one in known],
        "holidays": [str(day) for day in dates if not is_weekend[day] and not days.is_working(day)],
        "makeup_days": [str(day) for day in dates if is_weekend[day] and days.is_working(day)],
    }


def _days(field: str, given: list[str]) -> list[str]:
    """Dates, with spans written out."""
    found: list[str] = []
    for text in given:
        first, mark, last = (part.strip() for part in text.partition(RANGE))
        try:
            begin, end = date.fromisoformat(first), date.fromisoformat(last if mark else first)
        except ValueError:
            raise BadInput(f"“{text}”不是日期，请写成 2026-10-01 或 2026-10-01~2026-10-08。", field=field) from None
        if not begin <= end <= begin + timedelta(days=LONGEST_RANGE_DAYS):
            raise BadInput(f"“{text}”须从早到晚，且不超过 {LONGEST_RANGE_DAYS} 天。", field=field)
        found += [str(begin + timedelta(days=place)) for place in range((end - begin).days + 1)]
    return sorted(set(found))


def _roles(given: list[str]) -> tuple[Role, ...]:
    strange = [role for role in given if role not in list(Role)]
    if strange:
        allowed = "、".join(ROLE_NAMES[role] for role in STAFF_ROLES)
        raise BadInput(f"岗位须从 {allowed} 中选择，收到 {'、'.join(strange)}。", field="roles")
    return tuple(Role(role) for role in given)


def _check_counter(session: ReadSession, house: "House", hall: int, counter: str) -> None:
    known = [str(one.number) for one in house.hall.board(session, hall).counters]
    if counter not in known:
        raise BadInput(f"窗口屏和评价器要写明窗口号，可选 {'、'.join(known)}；收到“{counter}”。", field="counter")


def _check_name(session: ReadSession, hall: int, new: NewDevice) -> None:
    if any(row.kind == new.kind and row.name == new.name for row in doors.devices_of(session, hall)):
        raise BadInput(f"已有一台叫“{new.name}”的{ROLE_NAMES[new.kind]}，请换个名称。", field="name")


def _link(house: "House", which: int, code: str) -> PairingLink:
    link = house.public_url(f"/pair/{code}")
    return PairingLink(which, link, str(qr(link, scale=5)))


def _answer(body: msgspec.Struct, status: int = 200) -> web.Response:
    return web.json_response(msgspec.to_builtins(body), status=status)
