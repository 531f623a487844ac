"""People as an administrator sees and changes them, and the names behind the journal's actors."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from base.db import ReadSession, WriteSession
from base.errors import BadInput, NotFound
from base.journal import record
from server import devices as device_states
from server.access import PERMISSIONS, ROLE_NAMES, STAFF_ROLES, Role
from server.doors import TOPIC
from server.tables import access_session, device, staff

_NAMES = sa.select(staff.c.id, staff.c.name)
_DEVICE_NAMES = sa.select(device.c.id, device.c.kind, device.c.name)
_ONE = sa.select(staff).where(staff.c.id == sa.bindparam("which"), staff.c.hall_id == sa.bindparam("hall"))
_SET_ROLES = sa.update(staff).where(staff.c.id == sa.bindparam("which")).values(roles=sa.bindparam("new_roles"))
_SET_PASSWORD = (
    sa.update(staff)
    .where(staff.c.id == sa.bindparam("which"))
    .values(password_hash=sa.bindparam("hash"), must_change_password=True)
)
_TOKENS = (
    sa.select(access_session)
    .where(
        access_session.c.hall_id == sa.bindparam("hall"),
        access_session.c.kind == "bearer",
        access_session.c.revoked_at.is_(None),
    )
    .order_by(access_session.c.id)
)
_END_TOKEN = (
    sa.update(access_session)
    .where(
        access_session.c.id == sa.bindparam("which"),
        access_session.c.hall_id == sa.bindparam("hall"),
        access_session.c.kind == "bearer",
        access_session.c.revoked_at.is_(None),
    )
    .values(revoked_at=sa.bindparam("now"))
)
_AT_WORK = sa.select(staff.c.id, staff.c.roles).where(
    staff.c.hall_id == sa.bindparam("hall"), staff.c.left_at.is_(None)
)
_ALIVE = sa.and_(access_session.c.device_id == device.c.id, access_session.c.revoked_at.is_(None))
_DEVICES = (
    sa.select(device, sa.func.max(access_session.c.used_at).label("used_at"))
    .outerjoin(access_session, _ALIVE)
    .where(device.c.hall_id == sa.bindparam("hall"))
    .group_by(*device.c)
    .order_by(device.c.id)
)
_OWN_DEVICE = sa.select(device.c.id).where(
    device.c.id == sa.bindparam("which"), device.c.hall_id == sa.bindparam("hall")
)
_END_DEVICE_SESSIONS = (
    sa.update(access_session)
    .where(access_session.c.device_id == sa.bindparam("which"), access_session.c.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("now"))
)
_UNPAIR = sa.update(device).where(device.c.id == sa.bindparam("which")).values(paired_at=None, pairing_digest=None)
_WORDS = {"system": "系统", "bot": "智能助手", "visitor": "来办事的企业", "": "—"}


def how_many_may(session: ReadSession, hall: int, permission: str) -> int:
    """How many who work in ``hall`` have ``permission``."""
    return sum(
        bool({Role(role) for role in row.roles} & PERMISSIONS[permission]) for row in session.all(_AT_WORK, hall=hall)
    )


class Names:
    """The words for an actor of the journal; an unknown one stands for itself."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known

    def __call__(self, actor: str | None) -> str:
        """``staff:3`` → 王静, ``system`` → 系统, ``starter 2026-11`` → 软件自带."""
        kind = (actor or "").partition(":")[0]
        if kind.startswith("starter"):
            return "软件自带"
        return self._known.get(actor or "") or _WORDS.get(kind) or (actor or "")


def names(session: ReadSession) -> Names:
    """Everybody's name, for the pages that show who did what."""
    known = {f"staff:{row.id}": row.name for row in session.all(_NAMES)}
    known |= {f"device:{row.kind}-{row.id}": row.name for row in session.all(_DEVICE_NAMES)}
    return Names(known)


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token of another system; the secret itself is not kept."""

    id: int
    role_name: str
    created_at: datetime
    used_at: datetime


def tokens(session: ReadSession, hall: int) -> list[Token]:
    """The bearer tokens in force."""
    return [
        Token(row.id, ROLE_NAMES[Role(row.role)], row.created_at, row.used_at)
        for row in session.all(_TOKENS, hall=hall)
    ]


def end_token(session: WriteSession, hall: int, which: int, actor: str) -> None:
    """Revoke a bearer token. ``NotFound`` if it is not in force."""
    if not session.run(_END_TOKEN, which=which, hall=hall, now=session.now):
        raise NotFound("这个令牌已经停用或不存在，请刷新后再看。")
    record(session, actor, "end_token", f"session:{which}", [TOPIC])


def set_roles(session: WriteSession, hall: int, which: int, roles: Sequence[str], actor: str) -> None:
    """Give a member of staff other roles; the hall keeps at least one administrator."""
    person = one(session, hall, which)
    strange = [role for role in roles if role not in STAFF_ROLES]
    if strange or not roles:
        allowed = "、".join(ROLE_NAMES[role] for role in STAFF_ROLES)
        raise BadInput(f"请至少选一个岗位，可选：{allowed}；收到“{'、'.join(strange) or '空'}”。", field="roles")
    if Role.ADMIN not in roles:
        keep_an_admin(session, hall, which)
    session.run(_SET_ROLES, which=which, new_roles=[str(role) for role in roles])
    detail = {"before": list(person.roles), "after": list(roles)}
    record(session, actor, "set_roles", f"staff:{which}", [TOPIC], detail=detail)


def set_password(session: WriteSession, hall: int, which: int, kept: str, actor: str) -> None:
    """Put the hash of a one-time password in place, to be changed at the next sign-in."""
    one(session, hall, which)
    session.run(_SET_PASSWORD, which=which, hash=kept)
    record(session, actor, "reset_password", f"staff:{which}", [TOPIC])


def one(session: ReadSession, hall: int, which: int) -> sa.engine.Row[tuple[object, ...]]:
    """The row of somebody who works in ``hall``. ``NotFound`` if there is none or they have left."""
    row = session.first(_ONE, which=which, hall=hall)
    if row is None or row.left_at is not None:
        raise NotFound("没有这位人员，或已离岗；请刷新后再看。")
    return row


def keep_an_admin(session: ReadSession, hall: int, leaving: int) -> None:
    """Refuse to let the last administrator go."""
    left = [row for row in session.all(_AT_WORK, hall=hall) if row.id != leaving and Role.ADMIN in row.roles]
    if not left:
        raise BadInput("本厅至少要有一位管理员；请先给另一位同事加上管理员岗位，再改这一位。", field="roles")


def one_time_password() -> str:
    """A password to be told once."""
    return secrets.token_urlsafe(9)


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """A device page as the administrator sees it. ``is_invited``: its pairing link has not been used yet."""

    id: int
    kind_name: str
    name: str
    counter: str | None
    paired_at: datetime | None
    used_at: datetime | None
    is_invited: bool
    troubles: tuple[str, ...] = ()


def devices(session: ReadSession, hall: int) -> list[DeviceLine]:
    """The device pages of ``hall`` with when they were last heard of, in one query."""
    return [
        DeviceLine(
            row.id,
            ROLE_NAMES[Role(row.kind)],
            row.name,
            row.counter,
            row.paired_at,
            row.used_at,
            row.pairing_digest is not None,
            device_states.troubles_of(row),
        )
        for row in session.all(_DEVICES, hall=hall)
    ]


def own_device(session: ReadSession, hall: int, which: int) -> None:
    """Refuse a device of another hall, or none."""
    if session.first(_OWN_DEVICE, which=which, hall=hall) is None:
        raise NotFound("没有这台设备，请刷新后再看。")


def end_device(session: WriteSession, hall: int, which: int, actor: str) -> None:
    """Sign a device out and make its pairing link void: a machine was lost or replaced."""
    own_device(session, hall, which)
    session.run(_END_DEVICE_SESSIONS, which=which, now=session.now)
    session.run(_UNPAIR, which=which)
    record(session, actor, "end_device", f"device:{which}", [TOPIC])
