"""Sign-in of staff and devices, and their sessions: revocable rows, looked up through a small cache."""

import asyncio
import contextlib
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import argon2
import sqlalchemy as sa

from base.db import Database, ReadSession, WriteSession
from base.errors import BadInput, Forbidden, NotFound, Unavailable
from base.journal import record
from server.access import ROLE_NAMES, STAFF_ROLES, Caller, Role
from server.limits import Limit
from server.settings import ServerSettings
from server.tables import access_session, device, staff

TOPIC = "access"
SHORTEST_PASSWORD = 10
CACHE_SECONDS = 20.0
_HASHES_AT_ONCE = 2
USED_UP = "这个配对链接已经用过或不存在，请让管理员重新生成一个。"

_SESSION = (
    sa.select(
        access_session,
        staff.c.name.label("staff_name"), staff.c.roles, staff.c.left_at, staff.c.must_change_password,
        device.c.kind.label("device_kind"), device.c.name.label("device_name"), device.c.counter,
    )
    .outerjoin(staff, staff.c.id == access_session.c.staff_id)
    .outerjoin(device, device.c.id == access_session.c.device_id)
    .where(access_session.c.token_digest == sa.bindparam("digest"), access_session.c.revoked_at.is_(None))
)  # fmt: skip
_BY_NAME = sa.select(staff).where(staff.c.username == sa.bindparam("username"), staff.c.left_at.is_(None))
_STAFF = sa.select(staff).where(staff.c.hall_id == sa.bindparam("hall")).order_by(staff.c.id)
_COUNT = sa.select(sa.func.count()).select_from(staff)
_ADD_STAFF = sa.insert(staff).returning(staff.c.id)
_ADD_SESSION = sa.insert(access_session)
_ADD_DEVICE = sa.insert(device).returning(device.c.id)
_DEVICES = sa.select(device).where(device.c.hall_id == sa.bindparam("hall")).order_by(device.c.id)
_DEVICE_TO_PAIR = sa.select(device).where(device.c.pairing_digest == sa.bindparam("digest"))
_REVOKE = (
    sa.update(access_session)
    .where(access_session.c.id == sa.bindparam("session_id"), access_session.c.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("now"))
)
_REVOKE_DEVICE = (
    sa.update(access_session)
    .where(access_session.c.device_id == sa.bindparam("which"), access_session.c.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("now"))
)
_REVOKE_STAFF = (
    sa.update(access_session)
    .where(access_session.c.staff_id == sa.bindparam("which"), access_session.c.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("now"))
)
_REVOKE_OTHERS = _REVOKE_STAFF.where(access_session.c.id != sa.bindparam("but"))
_TOUCH = (
    sa.update(access_session).where(access_session.c.id == sa.bindparam("which")).values(used_at=sa.bindparam("now"))
)
_SET_PASSWORD = (
    sa.update(staff)
    .where(staff.c.id == sa.bindparam("which"))
    .values(password_hash=sa.bindparam("hash"), must_change_password=sa.bindparam("must"))
)
_SET_PAIRING = (
    sa.update(device).where(device.c.id == sa.bindparam("which")).values(pairing_digest=sa.bindparam("digest"))
)
_PAIRED = (
    sa.update(device)
    .where(device.c.id == sa.bindparam("which"), device.c.pairing_digest == sa.bindparam("digest"))
    .values(pairing_digest=None, paired_at=sa.bindparam("now"))
)


def digest(secret: str) -> str:
    """What is kept of a secret of 128 bits or more."""
    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True)
class NewStaff:
    """A member of staff to be added."""

    username: str
    name: str
    roles: tuple[Role, ...]
    hall: int
    password: str | None = None


class Passwords:
    """argon2id in threads, two at a time (0.4 s and 64 MiB each)."""

    def __init__(self, hasher: argon2.PasswordHasher | None = None) -> None:
        self._hasher = hasher or argon2.PasswordHasher()
        self._gate = asyncio.Semaphore(_HASHES_AT_ONCE)
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """The hash to keep."""
        async with self._gate:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, kept: str | None, password: str) -> bool:
        """Whether ``password`` is the one kept; takes as long for an account that does not exist."""
        async with self._gate:
            return await asyncio.to_thread(self._fits, kept, password)

    def _fits(self, kept: str | None, password: str) -> bool:
        self._nobody = self._nobody or self._hasher.hash(secrets.token_hex())
        try:
            self._hasher.verify(kept or self._nobody, password)
        except argon2.exceptions.VerifyMismatchError:
            return False
        return kept is not None


class Doors:
    """Everything that makes, finds and ends a session."""

    def __init__(self, db: Database, settings: ServerSettings) -> None:
        self._db = db
        self._settings = settings
        self._cache: dict[str, tuple[Caller, datetime]] = {}
        self._edition = 0
        self._by_account = Limit(per_hour=20, burst=5)
        self._by_address = Limit(per_hour=120, burst=20)
        self.passwords = Passwords()

    def forget(self, _topic: str = TOPIC) -> None:
        """Something about sessions changed: look every one up again."""
        self._cache.clear()
        self._edition += 1

    async def find(self, token: str) -> Caller | None:
        """The caller that holds ``token``, if its session is alive."""
        key, now = digest(token), self._db.clock.now()
        known = self._cache.get(key)
        if known and known[1] > now:
            return known[0]
        edition = self._edition
        row = await self._db.read(lambda session: session.first(_SESSION, digest=key))
        if row is None or self._has_ended(row, now):
            self._cache.pop(key, None)
            return None
        await self._touch(row, now)
        found = _caller(row)
        if edition == self._edition:
            until = now + timedelta(seconds=CACHE_SECONDS)
            self._cache[key] = (found, min(until, row.expires_at or until))
        return found

    async def sign_in(self, username: str, password: str, address: str) -> str:
        """The token of a new session; refuses after repeated failures of an account or from an address."""
        self._by_account.spend(username, "这个账号登录尝试过多")
        self._by_address.spend(address, "这个地址登录尝试过多")
        row = await self._db.read(lambda session: session.first(_BY_NAME, username=username))
        if not await self.passwords.fits(row.password_hash if row else None, password) or row is None:
            raise Forbidden("用户名或密码不对，请核对后再试。", field="password")
        self._by_account.pardon(username)
        self._by_address.refund(address)
        token = secrets.token_urlsafe(32)
        ends = timedelta(hours=self._settings.session_hours)
        await self._db.write(
            lambda session: _open(session, token, "cookie", hall=row.hall_id, staff_id=row.id, ends=ends)
        )
        return token

    async def sign_out(self, who: Caller) -> None:
        """End the caller's session."""
        await self._db.write(lambda session: _end(session, who))

    async def change_password(self, who: Caller, old: str, new: str) -> None:
        """Replace the caller's own password and end its other sessions."""
        _strong(new, "new")
        if new == old:
            raise BadInput("新密码与现在的密码相同，请换一个。", field="new")
        self._by_account.spend(who.actor, "密码试得太多")
        row = await self._db.read(lambda session: session.first(sa.select(staff).where(staff.c.id == who.staff_id)))
        if row is None or not await self.passwords.fits(row.password_hash, old):
            raise Forbidden("原密码不对，请核对后再试。", field="old")
        self._by_account.pardon(who.actor)
        kept = await self.passwords.hash(new)

        def job(session: WriteSession) -> None:
            session.run(_SET_PASSWORD, which=row.id, hash=kept, must=False)
            session.run(_REVOKE_OTHERS, which=row.id, but=who.session_id, now=session.now)
            record(session, who.actor, "change_password", f"staff:{row.id}", [TOPIC])

        await self._db.write(job)

    async def add_staff(self, new: NewStaff, actor: str = "system") -> str:
        """Add a member of staff; the password to tell them once (the given one, or a made one to be changed)."""
        _valid(new)
        password = new.password or secrets.token_urlsafe(9)
        kept = await self.passwords.hash(password)
        await self._db.write(lambda session: _add(session, new, kept, actor))
        return password

    async def add_token(self, role: Role, hall: int) -> str:
        """A bearer token for another system, or a device page driven by one; shown once."""
        token = secrets.token_urlsafe(32)
        await self._db.write(lambda session: _open(session, token, "bearer", hall=hall, role=role))
        return token

    async def waiting_device(self, code: str) -> Any:  # noqa: ANN401 (a database row)
        """The device that ``code`` would pair."""
        return await self._db.read(lambda session: _device_to_pair(session, code))

    async def pair(self, code: str) -> tuple[str, Caller]:
        """Make the browser that knows ``code`` the device: a token without an end; the code is used up."""
        token = secrets.token_urlsafe(32)
        await self._db.write(lambda session: _pair(session, code, token))
        found = await self.find(token)
        assert found is not None  # noqa: S101 (its session was just written)
        return token, found

    def _has_ended(self, row: Any, now: datetime) -> bool:  # noqa: ANN401 (a database row)
        if row.left_at is not None or (row.expires_at is not None and row.expires_at <= now):
            return True
        idle = timedelta(minutes=self._settings.session_idle_minutes)
        return row.kind == "cookie" and row.staff_id is not None and row.used_at + idle <= now

    async def _touch(self, row: Any, now: datetime) -> None:  # noqa: ANN401 (a database row)
        """Note that the session is in use; a full disk shall not keep anybody from reading."""
        if now - row.used_at > timedelta(minutes=2):
            with contextlib.suppress(Unavailable):
                await self._db.write(lambda session: session.run(_TOUCH, which=row.id, now=now))


def is_empty(session: ReadSession) -> bool:
    """Whether there is no member of staff yet."""
    return not session.value(_COUNT)


def staff_of(session: ReadSession, hall: int) -> list[Any]:
    """Everybody who works or worked in ``hall``."""
    return list(session.all(_STAFF, hall=hall))


def devices_of(session: ReadSession, hall: int) -> list[Any]:
    """The device pages of ``hall``."""
    return list(session.all(_DEVICES, hall=hall))


def add_device(session: WriteSession, hall: int, kind: Role, name: str, counter: str | None = None) -> int:
    """A new device page, not yet paired."""
    which = session.value(_ADD_DEVICE, hall_id=hall, kind=kind, name=name, counter=counter, created_at=session.now)
    record(session, "system", "add_device", f"device:{which}", [TOPIC])
    return int(which)


def invite(session: WriteSession, device_id: int, actor: str) -> str:
    """A pairing code for a device, good once; whoever held the device before keeps it until the code is used."""
    code = secrets.token_urlsafe(16)
    session.run(_SET_PAIRING, which=device_id, digest=digest(code))
    record(session, actor, "invite_device", f"device:{device_id}", [TOPIC])
    return code


def dismiss(session: WriteSession, staff_id: int, actor: str) -> None:
    """A member of staff has left: no sign-in, no session."""
    session.run(sa.update(staff).where(staff.c.id == staff_id).values(left_at=session.now))
    session.run(_REVOKE_STAFF, which=staff_id, now=session.now)
    record(session, actor, "dismiss_staff", f"staff:{staff_id}", [TOPIC])


def _open(
    session: WriteSession,
    token: str,
    kind: str,
    *,
    hall: int,
    staff_id: int | None = None,
    device_id: int | None = None,
    role: Role | None = None,
    ends: timedelta | None = None,
) -> None:
    session.run(
        _ADD_SESSION,
        token_digest=digest(token),
        kind=kind,
        hall_id=hall,
        staff_id=staff_id,
        device_id=device_id,
        role=role,
        created_at=session.now,
        used_at=session.now,
        expires_at=session.now + ends if ends else None,
    )
    record(session, f"staff:{staff_id}" if staff_id else "system", "open_session", f"hall:{hall}", [TOPIC])


def _end(session: WriteSession, who: Caller) -> None:
    session.run(_REVOKE, session_id=who.session_id, now=session.now)
    record(session, who.actor, "sign_out", f"hall:{who.hall}", [TOPIC])


def _add(session: WriteSession, new: NewStaff, kept: str, actor: str) -> None:
    if session.first(_BY_NAME, username=new.username):
        raise BadInput(f"用户名 {new.username} 已经有人用了，请换一个。", field="username")
    which = session.value(
        _ADD_STAFF,
        hall_id=new.hall,
        username=new.username,
        name=new.name,
        roles=[str(role) for role in new.roles],
        password_hash=kept,
        must_change_password=new.password is None,
        created_at=session.now,
    )
    record(session, actor, "add_staff", f"staff:{which}", [TOPIC], detail={"roles": [str(r) for r in new.roles]})


def _device_to_pair(session: ReadSession, code: str) -> Any:  # noqa: ANN401 (a database row)
    row = session.first(_DEVICE_TO_PAIR, digest=digest(code))
    if row is None:
        raise NotFound(USED_UP)
    return row


def _pair(session: WriteSession, code: str, token: str) -> None:
    row = _device_to_pair(session, code)
    if not session.run(_PAIRED, which=row.id, digest=digest(code), now=session.now):
        raise NotFound(USED_UP)
    session.run(_REVOKE_DEVICE, which=row.id, now=session.now)
    _open(session, token, "cookie", hall=row.hall_id, device_id=row.id)
    record(session, f"device:{row.kind}-{row.id}", "pair", f"device:{row.id}", [TOPIC])


def _caller(row: Any) -> Caller:  # noqa: ANN401 (a database row)
    common = {"hall": row.hall_id, "session_id": row.id, "has_cookie": row.kind == "cookie"}
    if row.staff_id is not None:
        roles = frozenset(Role(role) for role in row.roles)
        must = row.must_change_password
        return Caller(
            f"staff:{row.staff_id}",
            roles,
            name=row.staff_name,
            staff_id=row.staff_id,
            must_change_password=must,
            **common,
        )
    if row.device_id is not None:
        kind = Role(row.device_kind)
        actor = f"device:{kind}-{row.device_id}"
        return Caller(
            actor, frozenset({kind}), name=row.device_name, device_id=row.device_id, counter=row.counter, **common
        )
    return Caller(f"token:{row.id}", frozenset({Role(row.role)}), name=ROLE_NAMES[Role(row.role)], **common)


def _valid(new: NewStaff) -> None:
    if not (3 <= len(new.username) <= 40 and new.username.isascii() and new.username.replace("-", "").isalnum()):  # noqa: PLR2004 (said in the sentence)
        raise BadInput(f"用户名须为 3–40 个字母、数字或短横，收到 {new.username!r}。", field="username")
    strange = [role for role in new.roles if role not in STAFF_ROLES]
    if strange or not new.roles:
        raise BadInput(f"角色须从 {'、'.join(STAFF_ROLES)} 中选择，收到 {'、'.join(strange) or '空'}。", field="roles")
    if new.password is not None:
        _strong(new.password)


def _strong(password: str, field: str = "password") -> None:
    if not SHORTEST_PASSWORD <= len(password) <= 200:  # noqa: PLR2004 (said in the sentence)
        raise BadInput(f"密码须为 {SHORTEST_PASSWORD}–200 个字符，收到 {len(password)} 个。", field=field)
