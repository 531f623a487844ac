"""A booking on a phone: service, day, time, who; its code; checked in at the kiosk; the number that comes of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import administrator, device, window
from tests.journeys.served import Served, served

CHECK_IN = """async (code) => {
  const headers = {"Content-Type": "application/json"};
  const answer = await fetch(`/api/v1/appointments/${code}/check-in`, {method: "POST", headers, body: "{}"});
  return await answer.json();
}"""


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Served]:
    """A hall on a Monday at ten past nine in which the next slot may be booked."""
    start = {"HALL_CLOCK_START_AT": "2026-03-02T09:10:00+08:00", "HALL_QUEUE_BOOKING_LEAD_MINUTES": "0"}
    async with served(tmp_path, **start) as server:
        yield server


async def book(phone: Page, hall: Served) -> str:
    """From the list of services to the booking's own page; the code on it."""
    await phone.goto(f"{hall.url}/book")
    await assert_accessible(phone)
    await phone.get_by_role("link", name="企业开办与登记").click()
    await expect(phone.get_by_role("heading", name="企业开办与登记")).to_be_visible()
    await assert_accessible(phone)
    await phone.get_by_role("link", name="09:30").click()
    await expect(phone.get_by_role("heading", name="3 月 2 日（周一）09:30")).to_be_visible()
    await assert_accessible(phone)
    await phone.get_by_label("手机号").fill("not a number")
    await phone.get_by_role("button", name="确认预约").click()
    await expect(phone.get_by_text("电话号码只能写数字")).to_be_visible()
    await phone.get_by_label("手机号").fill("138 1234 5678")
    await phone.get_by_role("button", name="确认预约").click()
    await phone.wait_for_url("**/a/*")
    return (await phone.locator(".book-code b").inner_text()).replace(" ", "")


async def test_a_booking_from_phone_to_number(browser: Browser, hall: Served) -> None:
    """The page turns into the way to the number by itself when the kiosk checks it in."""
    phone = await (await window(browser, "phone")).new_page()
    code = await book(phone, hall)
    await assert_accessible(phone)
    await expect(phone.locator("body[data-live]")).to_have_count(1)
    kiosk = await device(browser, hall, "kiosk", "取号机 1")
    ticket = await kiosk.evaluate(CHECK_IN, code)
    assert (ticket["number"], ticket["is_on_time"]) == ("A001", True)
    await phone.get_by_role("link", name="看我的号 A001").click()
    await expect(phone.get_by_role("heading", name="A001")).to_be_visible()
    standing = await phone.evaluate(
        "async (token) => (await (await fetch(`/api/v1/tickets/${token}`)).json()).standing", ticket["token"]
    )
    assert standing == "booking"


async def test_a_booking_is_found_again_and_given_up(browser: Browser, hall: Served) -> None:
    """The phone keeps it; cancelling asks once; staff see both states in their list."""
    phone = await (await window(browser, "phone")).new_page()
    await book(phone, hall)
    await phone.goto(f"{hall.url}/book")
    await phone.get_by_role("link", name="3 月 2 日（周一）09:30 · 企业开办与登记").click()
    clerk = await administrator(browser, hall)
    await clerk.goto(f"{hall.url}/supervisor/appointments")
    await assert_accessible(clerk)
    await expect(clerk.get_by_text("138****5678")).to_be_visible()
    await expect(clerk.locator("body[data-live]")).to_have_count(1)
    phone.once("dialog", lambda dialog: dialog.accept())
    await phone.get_by_role("button", name="取消预约").click()
    await expect(phone.get_by_role("link", name="重新预约")).to_be_visible()
    await expect(clerk.locator(".book-rows .badge")).to_have_text("已取消")
    await phone.goto(f"{hall.url}/book")
    await expect(phone.get_by_role("region", name="我的预约")).to_be_hidden()
