"""The phone: a ticket behind its QR, taking by phone, the rules told from the settings in force."""

import re
from collections.abc import AsyncIterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from base.clock import SetClock
from base.db import WriteSession
from base.settings import load
from hallqueue import QueueSettings
from server.house import SECTIONS
from server.settings import DatabaseSettings
from tests.server.conftest import PLAIN, opened
from tests.server.queue_house import OpenHouse, open_house

NOT_TOLD = {
    "recall_after_seconds",
    "max_recalls",
    "stop_before_close_minutes",
    "booking_share_percent",
    "booking_free_after_minutes",
    "booking_reminder_hours",
    "booking_reminder_minutes",
    "alive_seconds",
    "orphan_minutes",
    "long_pause_minutes",
    "block_numbers",
    "rate_minutes",
    "forecast_seconds",
    "recent_calls_shown",
    "service_spread_percent",
    "keep_ranges_days",
    "keep_scores_days",
}
"""Settings that decide nothing about a visitor's place."""


@pytest.fixture
async def open_hall(tmp_path: Path, clock: SetClock) -> AsyncIterator[OpenHouse]:
    """A server over a new hall."""
    async with open_house(f"sqlite:///{tmp_path / 'hall.db'}", clock) as house:
        yield house


def words(page: str) -> str:
    """What a person reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.fixture
async def regular(open_hall: OpenHouse) -> OpenHouse:
    """A hall whose hours are set, so that 试运行 hides none of its rules."""
    house = open_hall.house

    def set_hours(session: WriteSession) -> None:
        about = house.hall.about(session, house.hall_id)
        house.hall.set_hours(session, house.hall_id, about.hours, "test")

    await house.db.write(set_hours, f"hall:{house.hall_id}")
    return open_hall


async def rules(hall: OpenHouse, queue: QueueSettings) -> str:
    """What the rules page says under ``queue``."""
    hall.house.settings = hall.house.settings.replace(queue)
    return words((await hall.page("/rules"))[1])


def changed(value: object) -> object:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    return value + 17 if isinstance(value, int) else {**value, "P2": 33} if isinstance(value, dict) else None


def altered(queue: QueueSettings, name: str) -> QueueSettings:
    """The settings with one of them changed."""
    values: dict[str, Any] = {name: changed(getattr(queue, name))}
    return replace(queue, **values)


async def test_every_setting_that_visitors_notice_stands_in_the_rules(regular: OpenHouse) -> None:
    """Change one, and the page says something else: nothing is told from memory."""
    plain = QueueSettings(remote_needs_code=True, max_ahead_for_remote=9)
    told = await rules(regular, plain)
    names = [field.name for field in fields(QueueSettings) if field.name not in NOT_TOLD]
    others = {name: altered(plain, name) for name in names}
    assert [name for name, queue in others.items() if await rules(regular, queue) == told] == []


async def test_rules_without_phone_taking_do_not_offer_it(open_hall: OpenHouse) -> None:
    """What is switched off is said to be off."""
    told = await rules(open_hall, QueueSettings(is_remote_taking_on=False))
    assert "没有开放手机取号" in told
    assert "手机网页" not in told


async def test_the_page_says_what_the_hall_says(open_hall: OpenHouse) -> None:
    """A message to everyone waiting stands above the number."""
    ticket = await open_hall.take("A")
    house = open_hall.house
    await house.db.write(
        lambda session: house.hall.announce(session, house.hall_id, "三号电梯停用，请走楼梯", "staff:1"),
        f"hall:{house.hall_id}",
    )
    _, page = await open_hall.page(f"/t/{ticket['token']}")
    assert "三号电梯停用，请走楼梯" in words(page)


async def test_on_the_way_once(open_hall: OpenHouse) -> None:
    """The button, then the note in its place."""
    ticket = await open_hall.take("A")
    path = f"/t/{ticket['token']}/now"
    assert "act-coming" in (await open_hall.page(path))[1]
    status, _ = await open_hall.post(f"/tickets/{ticket['token']}/coming")
    assert status == 200
    _, page = await open_hall.page(path)
    assert ("act-coming" in page, "09:00 已告诉窗口：您马上到" in words(page)) == (False, True)


async def test_looking_changes_nothing(open_hall: OpenHouse) -> None:
    """Opening every page of a ticket leaves no event."""
    ticket = await open_hall.take("A")
    house = open_hall.house

    async def cursor() -> int:
        return await house.db.read(lambda session: house.hall.cursor(session, house.hall_id))

    before = await cursor()
    for path in (
        f"/t/{ticket['token']}",
        f"/t/{ticket['token']}/now",
        f"/?ticket={ticket['token']}",
        "/take",
        "/rules",
    ):
        assert (await open_hall.page(path))[0] == 200
    assert await cursor() == before


async def test_a_number_by_phone(open_hall: OpenHouse) -> None:
    """The list, the form, the number."""
    await open_hall.take("A")
    _, page = await open_hall.page("/take")
    assert "企业开办与登记 等 1 人" in words(page)
    _, form = await open_hall.page("/take/service/A")
    assert 'data-post="/api/v1/tickets"' in form
    assert 'name="code"' not in form
    assert (await open_hall.page("/take/service/ZZ"))[0] == 404
    status, ticket = await open_hall.post("/tickets", {"service": "A"})
    assert (status, ticket["number"]) == (201, "A002")
    _, view = await open_hall.get(f"/tickets/{ticket['token']}")
    assert view["origin"] == "web"


async def test_the_code_is_shown_in_the_hall_alone(tmp_path: Path, clock: SetClock) -> None:
    """Devices get it from the board, visitors do not; the form asks for it; wrong ones are named."""
    settings = load(None, PLAIN, SECTIONS).replace(DatabaseSettings(f"sqlite:///{tmp_path / 'hall.db'}"))
    settings = settings.replace(QueueSettings(remote_needs_code=True))
    async with opened(settings, clock) as server, TestClient(server) as client:
        hall = OpenHouse(client, server.app["house"], clock)
        assert (await hall.get("/board"))[1]["hall_code"] is None
        code = (await hall.get("/board", "screen"))[1]["hall_code"]["code"]
        for page, device in (("/screen", "screen"), ("/kiosk/tiles", "kiosk")):
            shown = (await hall.page(page, device))[1]
            assert f"手机取号码 <b>{code}</b>" in shown
            assert "data-renew=" in shown
        assert 'name="code"' in (await hall.page("/take/service/A"))[1]
        status, refused = await hall.post("/tickets", {"service": "A"})
        assert (status, refused["error"]["field"]) == (400, "code")
        assert (await hall.post("/tickets", {"service": "A", "code": code}))[0] == 201


async def test_a_closed_door_says_why(tmp_path: Path, clock: SetClock) -> None:
    """Switched off, or too many ahead: the reason instead of a form."""
    settings = load(None, PLAIN, SECTIONS).replace(DatabaseSettings(f"sqlite:///{tmp_path / 'hall.db'}"))
    settings = settings.replace(QueueSettings(max_ahead_for_remote=1))
    async with opened(settings, clock) as server, TestClient(server) as client:
        hall = OpenHouse(client, server.app["house"], clock)
        await hall.take("A")
        said = "已有 1 人等候，手机暂不取号（上限 1 人），请到现场取号。"
        assert said in words((await hall.page("/take"))[1])
        form = (await hall.page("/take/service/A"))[1]
        assert (said in words(form), "data-post" in form) == (True, False)
