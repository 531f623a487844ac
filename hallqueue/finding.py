"""A ticket found again by whoever lost its slip."""

import re
from datetime import timedelta

import sqlalchemy as sa

from base.db import ReadSession
from base.errors import BadInput, NotFound
from hallqueue import tables

PHONE_END = 4
_NUMBER = re.compile(r"([A-Z]{1,4})(\d{3,6})")
_RECENT = timedelta(days=2)  # whichever business day of the hall that is
ticket, service = tables.ticket.c, tables.service.c
_LATEST = (
    sa.select(ticket.token, ticket.phone)
    .join(tables.service, service.id == ticket.service)
    .where(service.hall == sa.bindparam("hall"), service.prefix == sa.bindparam("prefix"))
    .where(ticket.serial == sa.bindparam("serial"), ticket.day >= sa.bindparam("since"))
    .order_by(ticket.day.desc())
    .limit(1)
)


def find_token(session: ReadSession, hall: int, number: str, phone_end: str) -> str:
    """The token of the latest ticket with ``number`` whose phone ends in ``phone_end``.

    One refusal for an unknown number, another phone and none: nobody learns who left which.
    """
    read = _NUMBER.fullmatch(number.strip().upper())
    if read is None:
        raise BadInput(f"号码由字母和数字组成，如 A012，收到“{number}”。", field="number")
    if not (len(phone_end) == PHONE_END and phone_end.isdecimal()):
        raise BadInput(f"请输入取号时所留手机号的后 {PHONE_END} 位数字，收到 {len(phone_end)} 位。", field="phone_end")
    since = (session.now - _RECENT).date()
    row = session.first(_LATEST, hall=hall, prefix=read[1], serial=int(read[2]), since=since)
    if row is None or not re.sub(r"\D", "", row.phone or "").endswith(phone_end):
        raise NotFound("没有找到这个号码和手机尾号的号票。没留手机号的，请扫号票上的二维码，或到导办台补打。")
    return str(row.token)
