"""What the operator sees at start: the first administrator, every page's address, a pairing link for each device."""

from dataclasses import dataclass

import structlog

from base.db import ReadSession, WriteSession
from server import doors
from server.access import STAFF_ROLES, Role
from server.doors import NewStaff
from server.house import House

log = structlog.get_logger("announce")

PAGES = (
    ("/", "企业提问（手机、电脑）"),
    ("/take", "手机取号"),
    ("/book", "预约"),
    ("/rules", "排队规则"),
    ("/counter", "窗口叫号"),
    ("/desk", "在线咨询"),
    ("/supervisor", "督办"),
    ("/library", "知识库"),
    ("/reports", "报表"),
    ("/admin", "管理"),
    ("/api/docs", "接口说明"),
)
FIRST_DEVICES = (
    (Role.KIOSK, "取号机 1", None),
    (Role.SCREEN, "大屏 1", None),
    (Role.PANEL, "窗口屏 3 号", "3"),
    (Role.PAD, "评价器 3 号", "3"),
)


@dataclass(frozen=True, slots=True)
class Announcement:
    """The lines to print, and the administrator's password if one was just made."""

    pages: tuple[tuple[str, str], ...]
    devices: tuple[tuple[str, str], ...]
    admin_password: str | None


async def announce(house: House) -> Announcement:
    """Make what a new hall lacks, and list the addresses."""
    password = await _first_administrator(house)
    links = await house.db.write(lambda session: _pairing_links(session, house))
    pages = tuple((house.public_url(path), words) for path, words in PAGES)
    return Announcement(pages, links, password)


async def _first_administrator(house: House) -> str | None:
    if not await house.db.read(doors.is_empty):
        return None
    return await house.doors.add_staff(NewStaff("admin", "管理员", STAFF_ROLES, house.hall_id))


def _pairing_links(session: WriteSession, house: House) -> tuple[tuple[str, str], ...]:
    known = _known(session, house.hall_id) or _first_devices(session, house.hall_id)
    return tuple(
        (house.public_url(f"/pair/{doors.invite(session, device_id, 'system')}"), name)
        for device_id, name, is_paired in known
        if not is_paired
    )


def _known(session: ReadSession, hall: int) -> list[tuple[int, str, bool]]:
    return [(row.id, row.name, row.paired_at is not None) for row in doors.devices_of(session, hall)]


def _first_devices(session: WriteSession, hall: int) -> list[tuple[int, str, bool]]:
    for kind, name, counter in FIRST_DEVICES:
        doors.add_device(session, hall, kind, name, counter)
    return _known(session, hall)
