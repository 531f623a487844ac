"""The phone in Chromium at 390×844: a ticket's states, taking by phone, a slip linked in the chat, the rules."""

import re
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import administrator, device, window
from tests.browser.counters import counters_of
from tests.browser.test_ticket_journey import is_live, sit_at, take_a_number
from tests.journeys.served import Served, served

BUZZED = "window.buzzed = []; navigator.vibrate = (pattern) => { window.buzzed.push(pattern); return true; };"


async def phone(browser: Browser, address: str) -> Page:
    """A phone that notes when it is asked to vibrate."""
    page = await (await window(browser, "phone")).new_page()
    await page.add_init_script(BUZZED)
    await page.goto(address)
    return page


async def test_a_ticket_on_a_phone_from_the_line_to_the_rating(browser: Browser, hall: Served) -> None:
    """On the way; the red page that vibrates, the server restarted; served and rated."""
    kiosk = await device(browser, hall, "kiosk", "取号机 1")
    number, token = await take_a_number(kiosk, "企业开办")
    page = await phone(browser, f"{hall.url}/t/{token}")
    await is_live(page)
    await expect(page.locator(".phone-number")).to_have_css("font-size", "96px")
    await assert_accessible(page)
    await page.get_by_role("button", name="我马上到").click()
    await expect(page.get_by_text("已告诉窗口：您马上到")).to_be_visible()

    clerk = await administrator(browser, hall)
    await sit_at(clerk, hall, 3)
    await clerk.keyboard.press("Space")
    await expect(page.locator(".phone-call")).to_have_text(re.compile(r"请到\s*3\s*号窗口"))
    await expect(page.locator("body")).to_have_css("background-color", "rgb(194, 31, 48)")
    await expect(page).to_have_title(re.compile("^A001 请到 3 号窗口"))
    assert len(await page.evaluate("window.buzzed")) == 1
    await assert_accessible(page)

    await hall.kill()
    await hall.start()
    await page.reload()
    await expect(page.locator(".phone-call")).to_be_visible()
    await clerk.reload()
    await is_live(clerk)
    await clerk.keyboard.press("Enter")
    await expect(page.get_by_text("号窗口办理")).to_be_visible()
    await clerk.keyboard.press("f")
    await expect(page.get_by_role("heading", name="这次办得怎么样？")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_text("非常满意", exact=True).click()
    await page.get_by_role("button", name="提交评价").click()
    await expect(page.get_by_text("您评的是“非常满意”")).to_be_visible()
    assert number == "A001"


async def test_put_off_and_given_up_only_after_a_question(browser: Browser, hall: Served) -> None:
    """“先不了” changes nothing; each act shows what became of the number."""
    page = await phone(browser, f"{hall.url}/take")
    await page.get_by_role("link", name=re.compile("企业开办")).click()
    await page.wait_for_url("**/take/service/*")
    await page.get_by_role("button", name="取号").click()
    await page.wait_for_url("**/t/*")
    await expect(page.get_by_role("heading", name="A001")).to_be_visible()
    await page.get_by_role("button", name="取消这张号").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("button", name="先不了").click()
    await page.get_by_role("button", name="再给我 15 分钟").click()
    await page.get_by_role("button", name="往后放").click()
    await expect(page.get_by_text("为您留着号")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("button", name="取消这张号").click()
    await page.get_by_role("dialog").get_by_role("button", name="取消这张号").click()
    await expect(page.get_by_text("这张号已取消")).to_be_visible()
    await assert_accessible(page)


async def test_a_number_taken_by_phone_is_found_again(browser: Browser, hall: Served) -> None:
    """List, form, number; the list then leads back to it; rules beside."""
    page = await phone(browser, f"{hall.url}/take")
    await expect(page.get_by_role("heading", name="手机取号")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("link", name=re.compile("企业开办")).click()
    await page.wait_for_url("**/take/service/*")
    await assert_accessible(page)
    await page.get_by_role("button", name="取号").click()
    await page.wait_for_url("**/t/*")
    await page.goto(f"{hall.url}/take")
    await page.get_by_role("link", name=re.compile("您已有 A001 号")).click()
    await expect(page.get_by_role("heading", name="A001")).to_be_visible()
    await page.get_by_role("link", name="叫号规则").click()
    await expect(page.get_by_role("heading", name="谁先叫")).to_be_visible()
    await assert_accessible(page)


async def test_a_slip_linked_in_the_chat_is_told_of_its_call(browser: Browser, hall: Served) -> None:
    """From the ticket's page to the chat; the call is told there by itself."""
    kiosk = await device(browser, hall, "kiosk", "取号机 1")
    _, token = await take_a_number(kiosk, "企业开办")
    page = await phone(browser, f"{hall.url}/t/{token}")
    await page.get_by_role("link", name="快到时提醒我").click()
    await expect(page.get_by_text("已把 A001 号绑定到这里")).to_be_visible()
    clerk = await administrator(browser, hall)
    await sit_at(clerk, hall, 3)
    await clerk.keyboard.press("Space")
    told = page.get_by_text(re.compile(r"叫到 A001 了，请马上到 3 号窗口"))
    await expect(told).to_be_visible()
    await expect(told).to_have_count(1)


async def test_missed_and_back_in_line(browser: Browser, tmp_path: Path) -> None:
    """What a missed call looks like, and the way back; here a number may be missed at once."""
    async with served(tmp_path, HALL_QUEUE_MISS_AFTER_SECONDS="0") as hall, counters_of(hall, {2: "A"}) as clerks:
        await clerks.open(2)
        page = await phone(browser, f"{hall.url}/take/service/A")
        await page.get_by_role("button", name="取号").click()
        await page.wait_for_url("**/t/*")
        await expect(page.get_by_text("前面没有人了")).to_be_visible()
        leg = await clerks.post("/counters/2/call-next", "clerk-2")
        await expect(page.locator(".phone-call")).to_be_visible()
        await clerks.act(2, "miss", leg)
        await expect(page.get_by_text("已过号", exact=True)).to_be_visible()
        await assert_accessible(page)
        await page.get_by_role("button", name="我回来了").click()
        await expect(page.get_by_text("前面没有人了")).to_be_visible()


async def test_put_aside_and_back_in_line(browser: Browser, tmp_path: Path) -> None:
    """Papers were missing; with them at hand, one press at the phone and the place in line is the old one."""
    async with served(tmp_path) as hall, counters_of(hall, {2: "A"}) as clerks:
        await clerks.open(2)
        page = await phone(browser, f"{hall.url}/take/service/A")
        await page.get_by_role("button", name="取号").click()
        await page.wait_for_url("**/t/*")
        await expect(page.get_by_text("前面没有人了")).to_be_visible()
        leg = await clerks.act(2, "start", await clerks.post("/counters/2/call-next", "clerk-2"))
        await clerks.act(2, "park", leg, reason="取材料")
        await expect(page.get_by_text("为您留着号")).to_be_visible()
        await assert_accessible(page)
        await page.get_by_role("button", name="返回排队").click()
        await expect(page.get_by_text("前面没有人了")).to_be_visible()
