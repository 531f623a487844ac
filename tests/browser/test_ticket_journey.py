"""A number's whole life, as its people see it: kiosk, counter, screen, panel, phone."""

import re

from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.conftest import administrator, device, window
from tests.journeys.served import Served


async def take_a_number(kiosk: Page, service: str) -> tuple[str, str]:
    """Touch a service, take a number; the number, and the address in its QR code's slip."""
    await kiosk.get_by_role("button", name=re.compile(service)).click()
    await kiosk.get_by_role("button", name="取号", exact=True).click()
    done = kiosk.locator(".kiosk-done")
    await expect(done).to_be_visible()
    number = await done.get_attribute("data-number")
    token = await done.get_attribute("data-token")
    assert number is not None
    assert token is not None
    return number, token


async def sit_at(page: Page, hall: Served, counter: int) -> None:
    """Sign in at a counter."""
    await page.goto(f"{hall.url}/counter")
    await page.locator(".choose-counter", has=page.get_by_text(str(counter), exact=True)).click()
    await is_live(page)
    await expect(page.get_by_role("button", name=re.compile("下一位"))).to_be_visible()


async def is_live(page: Page) -> None:
    """Wait until the page listens to the server, so that keys and hints reach it."""
    await expect(page.locator("body[data-live]")).to_have_count(1)


def at_hand(clerk: Page) -> Locator:
    """The part of the console that shows the visitor at the counter."""
    return clerk.get_by_role("region", name="当前")


async def test_a_number_from_the_kiosk_to_the_end(browser: Browser, hall: Served) -> None:
    """Taken, called, shown on screen, panel and phone, served and finished."""
    kiosk = await device(browser, hall, "kiosk", "取号机 1")
    screen = await device(browser, hall, "screen", "大屏 1")
    panel = await device(browser, hall, "screen", "窗口屏 3 号")
    number, token = await take_a_number(kiosk, "企业开办")
    assert number == "A001"
    phone = await (await window(browser, "phone")).new_page()
    await phone.goto(f"{hall.url}/t/{token}")
    await expect(phone.get_by_role("heading", name=number)).to_be_visible()
    await expect(phone.get_by_text("前面没有人了")).to_be_visible()

    clerk = await administrator(browser, hall)
    await sit_at(clerk, hall, 3)
    await clerk.keyboard.press("Space")
    await expect(at_hand(clerk).get_by_text(number, exact=True)).to_be_visible()
    await expect(screen.locator(".screen-now-number")).to_have_text(number)
    await expect(screen.locator(".screen-now-counter")).to_have_text("3")
    await expect(panel.get_by_text(number).first).to_be_visible()
    await expect(phone.locator(".phone-call")).to_have_text(re.compile(r"请到\s*3\s*号窗口"))

    await clerk.keyboard.press("Enter")
    await expect(phone.get_by_text("号窗口办理")).to_be_visible()
    await clerk.keyboard.press("f")
    await expect(clerk.get_by_role("button", name=re.compile("下一位"))).to_be_visible()
    await expect(phone.get_by_role("heading", name="这次办得怎么样？")).to_be_visible()


async def test_pages_come_back_after_a_restart(browser: Browser, hall: Served) -> None:
    """The server is killed and started again; the screen shows the next call without being touched."""
    kiosk = await device(browser, hall, "kiosk", "取号机 1")
    screen = await device(browser, hall, "screen", "大屏 1")
    first, _ = await take_a_number(kiosk, "企业开办")
    clerk = await administrator(browser, hall)
    await sit_at(clerk, hall, 3)
    await hall.kill()
    await hall.start()
    await clerk.reload()
    await is_live(clerk)
    await clerk.get_by_role("button", name=re.compile("下一位")).click()
    await expect(screen.locator(".screen-now-number")).to_have_text(first, timeout=20_000)
    await expect(screen.locator(".screen-now-number")).to_have_count(1)


async def test_undo_takes_a_call_back(browser: Browser, hall: Served) -> None:
    """Within the minute the clerk withdraws a call; the number waits again."""
    kiosk = await device(browser, hall, "kiosk", "取号机 1")
    number, token = await take_a_number(kiosk, "企业开办")
    clerk = await administrator(browser, hall)
    await sit_at(clerk, hall, 2)
    await clerk.keyboard.press("Space")
    await expect(at_hand(clerk).get_by_text(number, exact=True)).to_be_visible()
    await clerk.get_by_role("button", name=re.compile("撤回")).click()
    await clerk.get_by_role("button", name="确定").click()
    await expect(clerk.get_by_role("button", name=re.compile("下一位"))).to_be_visible()
    phone = await (await window(browser, "phone")).new_page()
    await phone.goto(f"{hall.url}/t/{token}")
    await expect(phone.get_by_text("前面没有人了")).to_be_visible()
