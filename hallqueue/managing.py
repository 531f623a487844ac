"""Running the hall: which counter serves what, pausing a service, quotas, counters added and retired.

Each change is an event of the hall too, so that every board looks again at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from base import journal
from base.db import ReadSession, WriteSession
from base.errors import BadInput, Conflict, NotFound
from hallqueue import moves, sessions, tables
from hallqueue.moves import Deed
from hallqueue.sessions import place_of

service, place, tier = tables.service.c, tables.counter.c, tables.counter_service.c
LONGEST_REASON = 80
MOST_MINUTES = 480
MOST_NUMBERS = 100_000
MOST_COUNTERS = 999
LONGEST_NAME = 80
LONGEST_PREFIX = 4

_SERVICES = sa.select(service.id, service.code).where(service.hall == sa.bindparam("hall"))
_SERVICE = sa.select(tables.service).where(service.hall == sa.bindparam("hall"), service.code == sa.bindparam("code"))
_CHANGE = sa.update(tables.service).where(service.id == sa.bindparam("of_service"))
_PREFIX_TAKEN = sa.select(service.name).where(
    service.hall == sa.bindparam("hall"), service.prefix == sa.bindparam("prefix"), service.id != sa.bindparam("but")
)
_ISSUED = (
    sa.select(tables.ticket.c.id)
    .where(tables.ticket.c.service == sa.bindparam("service"), tables.ticket.c.day == sa.bindparam("day"))
    .limit(1)
)
_NO_SERVICES = sa.delete(tables.counter_service).where(tier.counter == sa.bindparam("of_counter"))
_ADD_TIER = sa.insert(tables.counter_service)
_ADD_COUNTER = sa.insert(tables.counter).returning(place.id)
_KNOWN_COUNTER = sa.select(place.id, place.retired_at).where(
    place.hall == sa.bindparam("hall"), place.number == sa.bindparam("number")
)
_CHANGE_COUNTER = sa.update(tables.counter).where(place.id == sa.bindparam("of_counter"))


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """A service as an administrator wants it; ``quota`` None: no limit."""

    name: str
    prefix: str
    minutes: int
    promise_minutes: int
    quota: int | None


def set_counter_services(
    session: WriteSession, hall: int, number: int, tiers: Sequence[Sequence[str]], actor: str
) -> None:
    """Let counter ``number`` serve these services (codes by tier, the first called first) from now on."""
    counter = place_of(session, hall, number)
    wanted = [(code, level) for level, codes in enumerate(codes for codes in tiers if codes) for code in codes]
    known = {row.code: row.id for row in session.all(_SERVICES, hall=hall)}
    _check_codes([code for code, _ in wanted], list(known))
    session.run(_NO_SERVICES, of_counter=counter.id)
    session.run_many(
        _ADD_TIER, [{"counter": counter.id, "service": known[code], "tier": level} for code, level in wanted]
    )
    _tell(session, hall, Deed(actor, "services", counter=counter.id), f"counter:{hall}:{number}")
    detail = {"services": [f"{level}:{code}" for code, level in wanted]}
    journal.record(session, actor, "counter.services", f"counter:{counter.id}", detail=detail)


def _check_codes(codes: Sequence[str], known: Sequence[str]) -> None:
    strange = sorted(set(codes) - set(known))
    if strange:
        raise BadInput(
            f"没有代码为“{'、'.join(strange)}”的业务，可选：{'、'.join(known)}。", field="tiers", allowed=known
        )
    if len(set(codes)) != len(codes):
        twice = sorted({code for code in codes if codes.count(code) > 1})
        raise BadInput(f"同一业务只能排一级，“{'、'.join(twice)}”排了两次。", field="tiers")


def pause_service(session: WriteSession, hall: int, code: str, reason: str, actor: str) -> None:
    """Give no more numbers of this service; those who wait are still called."""
    row = _service(session, hall, code)
    text = " ".join(reason.split())
    if not 1 <= len(text) <= LONGEST_REASON:
        raise BadInput(f"暂停取号须写明原因（1–{LONGEST_REASON} 个字），收到 {len(text)} 个字。", field="reason")
    if row.is_paused:
        raise Conflict(f"“{row.name}”已经暂停取号（{row.pause_reason or '未写原因'}）。", allowed=["resume"])
    _change(session, row, {"is_paused": True, "pause_reason": text}, actor, "pause")


def resume_service(session: WriteSession, hall: int, code: str, actor: str) -> None:
    """Give numbers of this service again."""
    row = _service(session, hall, code)
    if not row.is_paused:
        raise Conflict(f"“{row.name}”没有暂停，正常取号。", allowed=["pause"])
    _change(session, row, {"is_paused": False, "pause_reason": None}, actor, "resume")


def set_quota(session: WriteSession, hall: int, code: str, quota: int | None, actor: str) -> None:
    """How many numbers a day; None: no limit."""
    row = _service(session, hall, code)
    _within("quota", "限号", quota, MOST_NUMBERS)
    _change(session, row, {"quota": quota}, actor, "quota", detail={"before": row.quota, "after": quota})


def set_service(session: WriteSession, hall: int, code: str, day: date, new: ServiceChange, *, actor: str) -> None:
    """Change a service's name, prefix, minutes, promise and quota."""
    row = _service(session, hall, code)
    _check_service(session, row, day, new)
    values = {
        "name": new.name.strip(),
        "prefix": new.prefix,
        "minutes": new.minutes,
        "promise_minutes": new.promise_minutes,
        "quota": new.quota,
    }
    changed = {name: [getattr(row, name), value] for name, value in values.items() if getattr(row, name) != value}
    if changed:
        _change(session, row, values, actor, "change", detail={"changed": sorted(changed)})


def _check_service(session: ReadSession, row: Any, day: date, new: ServiceChange) -> None:  # noqa: ANN401 (a service's row)
    if not 1 <= len(new.name.strip()) <= LONGEST_NAME:
        raise BadInput(f"业务名称须为 1–{LONGEST_NAME} 个字，收到 {len(new.name.strip())} 个字。", field="name")
    _within("minutes", "每件办理时间", new.minutes, MOST_MINUTES)
    _within("promise_minutes", "承诺等候", new.promise_minutes, MOST_MINUTES)
    _within("quota", "限号", new.quota, MOST_NUMBERS)
    if new.prefix != row.prefix:
        _check_prefix(session, row, day, new.prefix)


def _check_prefix(session: ReadSession, row: Any, day: date, prefix: str) -> None:  # noqa: ANN401 (a service's row)
    if not (prefix.isascii() and prefix.isalpha() and prefix.isupper() and len(prefix) <= LONGEST_PREFIX):
        raise BadInput(f"字头须为 1–{LONGEST_PREFIX} 个大写字母，收到“{prefix}”。", field="prefix")
    taken = session.value(_PREFIX_TAKEN, hall=row.hall, prefix=prefix, but=row.id)
    if taken is not None:
        raise BadInput(f"字头“{prefix}”已由“{taken}”使用，请换一个。", field="prefix")
    if session.value(_ISSUED, service=row.id, day=day) is not None:
        raise Conflict(f"今天已按字头“{row.prefix}”发过号，请在明天发号前再改。", field="prefix")


def add_counter(session: WriteSession, hall: int, number: int, name: str, actor: str) -> None:
    """A new counter without services, or one that was retired, in use again."""
    name = " ".join(name.split())
    _within("number", "窗口号", number, MOST_COUNTERS)
    if not 1 <= len(name) <= LONGEST_NAME:
        raise BadInput(f"窗口名称须为 1–{LONGEST_NAME} 个字，收到 {len(name)} 个字。", field="name")
    known = session.first(_KNOWN_COUNTER, hall=hall, number=number)
    if known is not None and known.retired_at is None:
        raise BadInput(f"{number} 号窗口已经有了，请换一个号。", field="number")
    if known is not None:
        counter = known.id
        session.run(_CHANGE_COUNTER, of_counter=counter, name=name, retired_at=None)
    else:
        rest = {"is_guide": False, "staff_per_shift": 1, "departments": [], "note": "", "retired_at": None}
        counter = session.value(_ADD_COUNTER, hall=hall, number=number, name=name, **rest)
    _tell(session, hall, Deed(actor, "add", counter=counter))
    journal.record(session, actor, "counter.add", f"counter:{counter}", detail={"number": number})


def retire_counter(session: WriteSession, hall: int, number: int, actor: str) -> None:
    """Take a counter out of use; what was done there stays in the records."""
    counter = place_of(session, hall, number)
    if sessions.seat_at(session, hall, number) is not None:
        raise Conflict(f"{number} 号窗口还有人在岗或失去联系，请先签退，再停用。")
    session.run(_NO_SERVICES, of_counter=counter.id)
    session.run(_CHANGE_COUNTER, of_counter=counter.id, retired_at=session.now)
    _tell(session, hall, Deed(actor, "retire", counter=counter.id), f"counter:{hall}:{number}")
    journal.record(session, actor, "counter.retire", f"counter:{counter.id}", detail={"number": number})


def _within(field: str, words: str, value: int | None, most: int) -> None:
    if value is not None and not 1 <= value <= most:
        raise BadInput(f"{words}须为 1–{most}，收到 {value}。", field=field)


def _service(session: ReadSession, hall: int, code: str) -> Any:  # noqa: ANN401 (a service's row)
    row = session.first(_SERVICE, hall=hall, code=code)
    if row is None:
        raise NotFound(f"没有代码为“{code}”的业务，请刷新页面后再选。", field="service")
    return row


def _change(
    session: WriteSession,
    row: Any,  # noqa: ANN401 (a service's row)
    values: dict[str, object],
    actor: str,
    command: str,
    *,
    detail: dict[str, object] | None = None,
) -> None:
    session.run(_CHANGE, of_service=row.id, **values)
    _tell(session, row.hall, Deed(actor, command))
    journal.record(session, actor, f"service.{command}", f"service:{row.id}", detail=detail)


def _tell(session: WriteSession, hall: int, deed: Deed, *topics: str) -> None:
    """The hall's event: the board's cursor moves, so that nobody shows what was kept."""
    moves.note_hall(session, hall, deed)
    session.hint([f"board:{hall}", *topics])
