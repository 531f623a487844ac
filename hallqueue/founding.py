"""The seed: a hall with its services and counters, founded once from a checked hall file."""

import secrets

import sqlalchemy as sa

from base import journal
from base.db import WriteSession
from hallqueue import tables
from hallqueue.hallfile import HallFile

SECRET_BYTES = 16
_FIND = sa.select(tables.hall.c.id).where(tables.hall.c.code == sa.bindparam("code"))
_HALL = sa.insert(tables.hall).returning(tables.hall.c.id)
_SERVICE = sa.insert(tables.service).returning(tables.service.c.id)
_COUNTER = sa.insert(tables.counter).returning(tables.counter.c.id)
_TIER = sa.insert(tables.counter_service)


def found(session: WriteSession, hall_file: HallFile) -> int:
    """Found the hall in 试运行 unless one of its code stands already; its id either way."""
    standing: int | None = session.value(_FIND, code=hall_file.hall.code)
    if standing is not None:
        return standing
    hall = _add_hall(session, hall_file)
    services = _add_services(session, hall, hall_file)
    _add_counters(session, hall, hall_file, services)
    journal.record(session, "system", "hall.found", f"hall:{hall}", detail={"code": hall_file.hall.code})
    return hall


def _add_hall(session: WriteSession, hall_file: HallFile) -> int:
    about = hall_file.hall
    profile = {
        "managing_unit": about.managing_unit,
        "address": about.address,
        "phone": about.phone,
        "floors": about.floors,
        "waiting_seats": about.waiting_seats,
        "zones": list(hall_file.zones),
        "norms": list(hall_file.norms),
        "notice": hall_file.notice,
        "priority_groups": [
            {"code": one.code, "name": one.name, "basis": one.basis, "evidence": list(one.evidence)}
            for one in hall_file.priorities
        ],
    }
    names = {"code": about.code, "name": about.name, "zone": about.zone, "notice": about.board_notice}
    state = {"is_trial": True, "hours": hall_file.hours, "edition": 1, "calls": 0, "profile": profile}
    state["secret"] = secrets.token_hex(SECRET_BYTES)
    return int(session.value(_HALL, **names, **state))


def _add_services(session: WriteSession, hall: int, hall_file: HallFile) -> dict[str, int]:
    return {
        one.code: int(
            session.value(
                _SERVICE,
                hall=hall,
                code=one.code,
                name=one.name,
                prefix=one.prefix,
                place=place,
                minutes=one.minutes,
                promise_minutes=one.promise_minutes,
                domains=list(one.domains),
                items=list(one.items),
                quota=one.quota,
                is_paused=False,
            )
        )
        for place, one in enumerate(hall_file.services)
    }


def _add_counters(session: WriteSession, hall: int, hall_file: HallFile, services: dict[str, int]) -> None:
    for one in hall_file.counters:
        counter = session.value(
            _COUNTER,
            hall=hall,
            number=one.number,
            name=one.name,
            is_guide=one.is_guide,
            staff_per_shift=one.staff_per_shift,
            departments=list(one.departments),
            note=one.note,
        )
        rows: list[dict[str, object]] = [
            {"counter": counter, "service": services[code], "tier": tier} for tier, code in enumerate(one.services)
        ]
        session.run_many(_TIER, rows)
