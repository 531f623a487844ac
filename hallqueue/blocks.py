"""Numbers that a kiosk leases while it is online, gives out while it is cut off, and brings home afterwards.

A block belongs to one device until the day ends, so no serial can be printed twice: also a block whose device never
came back is not leased to another. Bringing home is idempotent by serial.
"""

import secrets
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from base import journal
from base.db import ReadSession, WriteSession
from base.errors import BadInput, Conflict, NotFound
from hallqueue import moves, tables, taking
from hallqueue.facts import KnownHalls
from hallqueue.rules.numbering import next_block
from hallqueue.settings import QueueSettings
from hallqueue.taking import Issue
from hallqueue.views import Block, Offline, Taking, TicketView
from hallqueue.visits import around, ticket_view

block, ticket, service = tables.number_block.c, tables.ticket.c, tables.service.c
_LATEST_LEG = sa.select(sa.func.max(tables.leg.c.id)).where(tables.leg.c.ticket == ticket.id).scalar_subquery()
_BLOCKS = sa.select(*tables.number_block.c, service.prefix, service.code).join(
    tables.service, service.id == block.service
)
_BY_ID = _BLOCKS.where(block.id == sa.bindparam("block_id"))
_MINE = (
    _BLOCKS.where(block.service == sa.bindparam("of_service"), block.day == sa.bindparam("day"))
    .where(block.device == sa.bindparam("device"), block.is_over.is_(False))
    .order_by(block.first)
    .limit(1)
)
_LAST = sa.select(sa.func.max(block.last)).where(
    block.service == sa.bindparam("of_service"), block.day == sa.bindparam("day")
)
_BY_CODE = sa.select(service.id, service.name, service.is_paused).where(
    service.hall == sa.bindparam("hall"), service.code == sa.bindparam("code")
)
_ADD = sa.insert(tables.number_block).returning(block.id)
_CHANGE = sa.update(tables.number_block).where(block.id == sa.bindparam("block_id"))
_RENEW = (
    sa.update(tables.number_block)
    .where(block.hall == sa.bindparam("of_hall"), block.device == sa.bindparam("of_device"), block.is_over.is_(False))
    .where(block.day == sa.bindparam("on_day"))
    .values(seen_at=sa.bindparam("at"))
)
_DROP = sa.delete(tables.number_block).where(block.id == sa.bindparam("block_id"))
_HOME = (
    sa.select(ticket.serial, _LATEST_LEG.label("leg"))
    .where(ticket.service == sa.bindparam("of_service"), ticket.day == sa.bindparam("day"))
    .where(ticket.serial.between(sa.bindparam("first"), sa.bindparam("last")))
    .order_by(ticket.serial)
)
_TOKEN_KNOWN = sa.select(ticket.id).where(ticket.token == sa.bindparam("token"))


class Blocks:
    """Leasing and bringing home, for one hall's devices."""

    def __init__(self, settings: QueueSettings, known: KnownHalls) -> None:
        self._settings = settings
        self._known = known

    def lease(self, session: WriteSession, hall: int, code: str, device: str, *, has_forgotten: bool) -> Block:
        """The device's block of today, renewed; another when half of it is used or it forgot what it printed."""
        day = self._known.day(session, hall)
        row = session.first(_BY_CODE, hall=hall, code=code)
        if row is None:
            raise NotFound(f"没有代码为“{code}”的业务，请从列表中选择。", field="service")
        if row.is_paused:
            raise Conflict(f"“{row.name}”暂停取号，不能领备用号段。")
        mine = session.first(_MINE, of_service=row.id, day=day, device=device)
        room = next_block(session.value(_LAST, of_service=row.id, day=day), self._settings.block_numbers)
        if mine is not None and not has_forgotten and (room is None or self._is_half_left(session, mine)):
            session.run(_CHANGE.values(seen_at=session.now), block_id=mine.id)
            return self._view(session, mine)
        if mine is not None:
            session.run(_CHANGE.values(is_over=True), block_id=mine.id)
        if room is None:
            raise Conflict(f"“{row.name}”今天的备用号段（900–999）已领完，请等待联网后取号。")
        return self._add(session, hall, row.id, room, device=device)

    def _is_half_left(self, session: ReadSession, mine: Any) -> bool:  # noqa: ANN401 (a block's row)
        gone = max(_home(session, mine), default=mine.first - 1) - mine.first + 1
        return bool(2 * gone < mine.last - mine.first + 1)

    def _add(self, session: WriteSession, hall: int, service_id: int, room: tuple[int, int], *, device: str) -> Block:
        first, last = room
        new = session.value(
            _ADD,
            hall=hall,
            service=service_id,
            day=self._known.day(session, hall),
            first=first,
            last=last,
            device=device,
            leased_at=session.now,
            seen_at=session.now,
            is_over=False,
        )
        journal.record(session, device, "queue.lease", f"service:{service_id}", detail={"first": first, "last": last})
        return self._view(session, session.first(_BY_ID, block_id=new))

    def _view(self, session: ReadSession, row: Any) -> Block:  # noqa: ANN401 (a block's row)
        return Block(
            id=row.id,
            service=row.code,
            prefix=row.prefix,
            first=max(_home(session, row), default=row.first - 1) + 1,
            last=row.last,
            day=row.day,
            until=self._midnight(session, row.hall, row.day),
        )

    def _midnight(self, session: ReadSession, hall: int, day: date) -> datetime:
        zone = self._known.facts(session, hall).zone
        return datetime.combine(day + timedelta(days=1), time(), zone)

    def renew(self, session: WriteSession, hall: int, device: str) -> int:
        """The device is there and has nothing to bring home: its blocks of today are renewed; how many."""
        return session.run(
            _RENEW, of_hall=hall, of_device=device, on_day=self._known.day(session, hall), at=session.now
        )

    def give_back(self, session: WriteSession, hall: int, number: int, device: str) -> None:
        """The kiosk needs the block no more: leased anew if nothing of it was used and it is the last one."""
        row = _own(session, hall, number, device)
        if _home(session, row) or row.last != session.value(_LAST, of_service=row.service, day=row.day):
            session.run(_CHANGE.values(is_over=True), block_id=row.id)
        else:
            session.run(_DROP, block_id=row.id)
        journal.record(session, device, "queue.give_back", f"service:{row.service}", detail={"first": row.first})

    def merge(
        self, session: WriteSession, hall: int, number: int, issued: Sequence[Offline], device: str
    ) -> tuple[TicketView, ...]:
        """What was given out while cut off enters the line at the time of its issue; again: the same tickets."""
        row = _own(session, hall, number, device)
        _check(row, issued)
        home = _home(session, row)
        for one in sorted(issued, key=lambda each: (each.issued_at, each.serial)):
            if one.serial not in home:
                self._enter(session, row, one)
        home = _home(session, row)
        return tuple(self._ticket(session, home[one.serial]) for one in issued)

    def _ticket(self, session: ReadSession, leg: int) -> TicketView:
        found = moves.load(session, leg)
        return ticket_view(found, around(session, found.leg, self._settings), self._settings)

    def _enter(self, session: WriteSession, row: Any, one: Offline) -> None:  # noqa: ANN401 (a block's row)
        """Issued between the kiosk's last contact and now, whatever its clock says."""
        token = one.token or secrets.token_urlsafe(taking.TOKEN_BYTES)
        if session.value(_TOKEN_KNOWN, token=token) is not None:
            raise BadInput(f"第 {one.serial} 号的 token 已被使用，请换一个。", field="token")
        at = min(max(one.issued_at, row.seen_at), session.now)
        priority = taking.known_priority(session, row.hall, one.priority)
        wish = Taking(row.code, priority=priority, phone=one.phone, actor=row.device, cases=one.cases)
        place = taking.place_of(wish, at, self._settings)
        look = taking.look_around(session, row.hall, wish, place, self._known, day=row.day)
        entered = moves.enter(session, row.hall, row.service, row.day)
        taking.enter(session, look, Issue(one.serial, entered, at, token), self._settings)


def _own(session: ReadSession, hall: int, number: int, device: str) -> Any:  # noqa: ANN401 (a block's row)
    row = session.first(_BY_ID, block_id=number)
    if row is None or row.hall != hall or row.device != device:
        raise NotFound("本机没有领过这个号段，请重新领取。", field="block")
    return row


def _home(session: ReadSession, row: Any) -> dict[int, int]:  # noqa: ANN401 (a block's row)
    """The serials of the block that are tickets, each with its newest leg."""
    rows = session.all(_HOME, of_service=row.service, day=row.day, first=row.first, last=row.last)
    return {each.serial: each.leg for each in rows}


def _check(row: Any, issued: Sequence[Offline]) -> None:  # noqa: ANN401 (a block's row)
    outside = [one.serial for one in issued if not row.first <= one.serial <= row.last]
    if outside:
        raise BadInput(f"号 {outside[0]} 不在号段 {row.first}–{row.last} 内。", field="serial")
    if len({one.serial for one in issued}) < len(issued):
        raise BadInput("同一个号在名单里出现了两次，请核对后再提交。", field="serial")
