"""The kiosk at its real size, touched as a visitor touches it; axe and the size of every target in each state."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import device, window
from tests.journeys.served import Served, served
from tests.server.receipt_printer import ReceiptPrinter, receipt_printer, words

TARGETS = """() => [...document.querySelectorAll('button, input:not([type=radio]), label.choice, a')]
  .filter((one) => one.checkVisibility())
  .map((one) => [one.id || one.textContent.trim(), one.getBoundingClientRect()])
  .filter(([, box]) => box.width < 64 || box.height < 64 || box.left < 0 || box.right > 1080)
  .map(([name, box]) => `${name} ${Math.round(box.width)}×${Math.round(box.height)}`)"""


BOOK = """async (service) => {
  const headers = {"Content-Type": "application/json"};
  const body = JSON.stringify({service, slot_at: "2026-03-02T09:30:00+08:00", phone: "13812345678"});
  return (await fetch("/api/v1/appointments", {method: "POST", headers, body})).json();
}"""
LEASED = "() => Object.keys(JSON.parse(localStorage['kiosk-blocks'] || '{}').blocks || {}).length == 12"


@pytest.fixture
async def printer() -> AsyncIterator[ReceiptPrinter]:
    """A receipt printer in order."""
    async with receipt_printer() as standing:
        yield standing


@pytest.fixture
async def printing_hall(tmp_path: Path, printer: ReceiptPrinter) -> AsyncIterator[Served]:
    """A hall whose kiosks print on ``printer``."""
    async with served(tmp_path, HALL_PRINTING_PRINTER=printer.address, HALL_PRINTING_SECONDS="1") as server:
        yield server


@pytest.fixture
async def booking_hall(tmp_path: Path) -> AsyncIterator[Served]:
    """A hall on a Monday at ten past nine in which the next slot may be booked."""
    start = {"HALL_CLOCK_START_AT": "2026-03-02T09:10:00+08:00", "HALL_QUEUE_BOOKING_LEAD_MINUTES": "0"}
    async with served(tmp_path, **start) as server:
        yield server


async def is_fit(page: Page) -> None:
    """Accessible, every target at least 64 px, and nothing below the glass."""
    await assert_accessible(page)
    assert await page.evaluate(TARGETS) == []
    assert await page.evaluate("document.documentElement.scrollHeight") == 1920


async def touch(page: Page, name: str) -> None:
    """Touch the button with exactly this name."""
    await page.get_by_role("button", name=name, exact=True).click()


async def type_on_screen(page: Page, text: str, within: str = "#step") -> None:
    """Touch the keys on the screen."""
    for letter in text:
        await page.locator(f'{within} [data-key="{letter}"]').click()


async def scan(page: Page, text: str) -> None:
    """What a scanner does: a keyboard faster than people."""
    await page.keyboard.type(text)
    await page.keyboard.press("Enter")


async def take(page: Page, service: str) -> str:
    """Touch a service, take a number; the number."""
    await page.locator(f"#tile-{service}").click()
    await touch(page, "取号")
    await expect(page.locator(".kiosk-done")).to_be_visible()
    return await page.locator(".done-number").inner_text()


async def library_is_in(page: Page) -> None:
    """Load the kiosk until it shows what the library knows."""
    async with asyncio.timeout(60):
        while "data-question" not in await page.content():
            await page.reload()


async def test_initials_items_priority_phone_number_and_reprint(browser: Browser, hall: Served) -> None:
    """The whole way with nothing but fingers, each state checked."""
    kiosk = await device(browser, hall, "kiosk", "取号机 1")
    await library_is_in(kiosk)
    await is_fit(kiosk)
    await kiosk.locator("#find").click()
    await is_fit(kiosk)
    await type_on_screen(kiosk, "yyzz")
    way = kiosk.get_by_role("button", name=re.compile("公司设立登记.*2、3、5 号窗口"))
    await expect(way).to_be_visible()
    await is_fit(kiosk)
    await way.click()
    await expect(kiosk.get_by_role("heading", name="企业开办与登记")).to_be_visible()
    await is_fit(kiosk)
    await kiosk.locator("[data-matter]").first.click()
    await expect(kiosk.get_by_role("dialog").get_by_text("手机扫一扫")).to_be_visible()
    await is_fit(kiosk)
    await touch(kiosk, "知道了")
    await kiosk.locator("#priority-open").click()
    await is_fit(kiosk)
    await kiosk.locator("label.choice", has_text="残疾人").first.click()
    await touch(kiosk, "选好了")
    await kiosk.locator("#phone-open").click()
    await type_on_screen(kiosk, "1381234", "#keys")
    await touch(kiosk, "填好了")
    await expect(kiosk.get_by_text("还差 4 位")).to_be_visible()
    await type_on_screen(kiosk, "5678", "#keys")
    await is_fit(kiosk)
    await touch(kiosk, "填好了")
    await expect(kiosk.locator("#phone-open")).to_contain_text("138 1234 5678")
    await touch(kiosk, "取号")
    await expect(kiosk.locator(".done-number")).to_have_text("A001")
    await expect(kiosk.get_by_text("待核验").first).to_be_visible()
    await is_fit(kiosk)
    await kiosk.locator(".kiosk-done [data-back]").click()

    await kiosk.locator("#again").click()
    await is_fit(kiosk)
    await type_on_screen(kiosk, "a001")
    await kiosk.locator("#phone-end").click()
    await type_on_screen(kiosk, "1111")
    await touch(kiosk, "找到我的号")
    await expect(kiosk.get_by_text("没有找到这个号码和手机尾号的号票")).to_be_visible()
    await is_fit(kiosk)
    await kiosk.locator("#phone-end").click()
    await kiosk.locator('[data-key="clear"]').click()
    await type_on_screen(kiosk, "5678")
    await touch(kiosk, "找到我的号")
    await expect(kiosk.locator(".kiosk-done[data-again] .done-number")).to_have_text("A001")


async def test_elders_see_few_and_large_things(browser: Browser, hall: Served) -> None:
    """Type half as large again, at most five choices, and the mode ends with its visitor."""
    kiosk = await device(browser, hall, "kiosk", "取号机 1")
    await library_is_in(kiosk)
    await kiosk.locator("#elder").click()
    assert await kiosk.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") == 24
    await expect(kiosk.locator("#tiles .tile:visible")).to_have_count(5)
    await is_fit(kiosk)
    await touch(kiosk, "下一页")
    await touch(kiosk, "下一页")
    await expect(kiosk.locator("#tiles .tile:visible")).to_have_count(2)
    await kiosk.locator("#ask").click()
    await expect(kiosk.locator("#found .way:visible")).to_have_count(3)
    await is_fit(kiosk)
    await touch(kiosk, "返回")
    await kiosk.locator("#elder").click()
    await kiosk.locator("#tile-B").click()
    await expect(kiosk.locator("#step button:visible")).to_have_count(5)
    await is_fit(kiosk)
    await kiosk.locator("#matters-open").click()
    await expect(kiosk.locator(".matters li:visible")).to_have_count(4)
    await is_fit(kiosk)
    await kiosk.locator("#matters-open").click()
    await kiosk.locator("#priority-open").click()
    await expect(kiosk.locator("label.choice:visible")).to_have_count(5)
    await is_fit(kiosk)
    await touch(kiosk, "选好了")
    await touch(kiosk, "取号")
    await is_fit(kiosk)
    await kiosk.locator(".kiosk-done [data-back]").click()
    await expect(kiosk.locator("html.elder")).to_have_count(0)


async def test_a_scanned_slip_is_found_whatever_is_shown(browser: Browser, hall: Served) -> None:
    """A scanner needs no field; a code of something else does nothing."""
    kiosk = await device(browser, hall, "kiosk", "取号机 1")
    number = await take(kiosk, "B")
    token = await kiosk.locator(".kiosk-done").get_attribute("data-token")
    await kiosk.locator(".kiosk-done [data-back]").click()
    await scan(kiosk, f"{hall.url}/t/{token}")
    await expect(kiosk.locator(".kiosk-done[data-again] .done-number")).to_have_text(number)
    await kiosk.locator(".kiosk-done [data-back]").click()
    await scan(kiosk, f"{hall.url}/t/nobody-has-this-token")
    await expect(kiosk.get_by_text("找不到这张号票")).to_be_visible()
    await expect(kiosk.locator("#start")).to_be_visible()


async def test_the_page_goes_home_by_itself(browser: Browser, hall: Served) -> None:
    """It says so before; a touch gives more time; then nothing of the visitor is left."""
    kiosk = await device(browser, hall, "kiosk", "取号机 1")
    await kiosk.clock.install()
    await kiosk.goto(f"{hall.url}/kiosk")
    await kiosk.locator("#tile-A").click()
    await kiosk.locator("#phone-open").click()
    await type_on_screen(kiosk, "13812345678", "#keys")
    await touch(kiosk, "填好了")
    await kiosk.clock.fast_forward(45_000)
    await expect(kiosk.get_by_text(re.compile("1[0-9] 秒后返回首页"))).to_be_visible()
    await is_fit(kiosk)
    await touch(kiosk, "再等一会")
    await kiosk.clock.fast_forward(45_000)
    await expect(kiosk.locator("#take")).to_be_visible()
    await kiosk.clock.fast_forward(20_000)
    await expect(kiosk.locator("#start")).to_be_visible()
    assert "1381234" not in await kiosk.content()


async def test_cut_off_it_gives_numbers_that_come_home(browser: Browser, hall: Served) -> None:
    """The server is killed; numbers come from the leased block, and stand in the line once it is back."""
    kiosk = await device(browser, hall, "kiosk", "取号机 1")
    await kiosk.wait_for_function(LEASED)
    await hall.kill()
    await expect(kiosk.get_by_role("alert")).to_contain_text("网络中断，仍可取号")
    await is_fit(kiosk)
    for number in ("A900", "A901"):
        await kiosk.locator("#tile-A").click()
        await is_fit(kiosk)
        await touch(kiosk, "取号")
        await expect(kiosk.locator(".done-number")).to_have_text(number)
        await is_fit(kiosk)
        await kiosk.locator(".kiosk-done [data-back]").click()
    await hall.start()
    await expect(kiosk.locator(".kiosk-offline")).to_be_hidden()
    await kiosk.wait_for_function("() => JSON.parse(localStorage['kiosk-blocks']).issued.length == 0")
    await expect(kiosk.locator("#tile-A")).to_contain_text("等 2 人")
    assert await take(kiosk, "A") == "A001"


async def test_without_a_block_it_says_where_to_go(browser: Browser, hall: Served) -> None:
    """A kiosk that could lease nothing takes no numbers while it is cut off, and says so."""
    kiosk = await device(browser, hall, "kiosk", "取号机 1")
    await kiosk.wait_for_function(LEASED)
    await kiosk.evaluate("localStorage.clear()")
    await hall.kill()
    await expect(kiosk.get_by_role("alert")).to_contain_text("暂时无法取号，请到导办台")
    await is_fit(kiosk)
    await kiosk.locator("#tile-A").click()
    await expect(kiosk.locator("#start")).to_be_visible()


async def test_a_booking_is_checked_in_by_its_code_or_a_scan(browser: Browser, booking_hall: Served) -> None:
    """A wrong code is told; the right one gives a number; so does the QR of the booking's page."""
    kiosk = await device(browser, booking_hall, "kiosk", "取号机 1")
    first, second = [await kiosk.evaluate(BOOK, service) for service in ("A", "B")]
    await kiosk.locator("#check-in").click()
    await is_fit(kiosk)
    await type_on_screen(kiosk, "00000000")
    await touch(kiosk, "签到")
    await expect(kiosk.get_by_text("没有找到预约码")).to_be_visible()
    await kiosk.locator('[data-key="clear"]').click()
    await type_on_screen(kiosk, first["code"])
    await touch(kiosk, "签到")
    await expect(kiosk.locator(".done-number")).to_have_text("A001")
    await is_fit(kiosk)
    await kiosk.locator(".kiosk-done [data-back]").click()
    await scan(kiosk, second["code"])
    await expect(kiosk.locator(".done-number")).to_have_text("B001")


async def test_slips_come_out_or_the_page_says_what_to_do(
    browser: Browser, printing_hall: Served, printer: ReceiptPrinter
) -> None:
    """Printed; out of paper; no answer. The number stands each time."""
    kiosk = await device(browser, printing_hall, "kiosk", "取号机 1")
    for paper, hangs, said in (
        ("fine", False, "已打印"),
        ("out", False, "打印机缺纸"),
        ("fine", True, "打印机没有响应，请记下号码或扫码"),
    ):
        printer.paper, printer.hangs = paper, hangs
        number = await take(kiosk, "A")
        await expect(kiosk.locator("#printing")).to_contain_text(said)
        await expect(kiosk.locator(".done-number")).to_have_text(number)
        await is_fit(kiosk)
        await kiosk.locator(".kiosk-done [data-back]").click()
    assert [words(slip)[1] for slip in printer.slips()] == ["A001"]


async def test_the_guide_behind_the_code_reads_on_a_phone(browser: Browser, hall: Served) -> None:
    """For everybody, signed in nowhere."""
    kiosk = await device(browser, hall, "kiosk", "取号机 1")
    await library_is_in(kiosk)
    phone = await (await window(browser, "phone")).new_page()
    await phone.goto(f"{hall.url}/guide/company-establishment")
    await expect(phone.get_by_role("heading", name="要带的材料")).to_be_visible()
    await assert_accessible(phone)
    assert await phone.evaluate("document.documentElement.scrollWidth") == 390
