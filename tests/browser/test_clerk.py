"""A clerk's console with the keyboard alone: every command, a lost server, another hand that was quicker."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Dialog, Locator, Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import administrator
from tests.journeys.served import Served, served

QUICK = {"HALL_QUEUE_RECALL_AFTER_SECONDS": "1", "HALL_QUEUE_MISS_AFTER_SECONDS": "3"}


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Served]:
    """A hall in which nobody waits long before a recall."""
    async with served(tmp_path, **QUICK) as server:
        yield server


async def post(hall: Served, role: str, path: str, body: dict[str, Any], *, token: str = "") -> dict[str, Any]:
    """What another device or system does meanwhile; ``token`` if it was given one before."""
    headers = {"Authorization": f"Bearer {token or await hall.token(role)}"}
    async with (
        aiohttp.ClientSession(headers=headers) as client,
        client.post(f"{hall.url}/api/v1{path}", json=body) as answer,
    ):
        done: dict[str, Any] = await answer.json()
        assert answer.ok, done
        return done


async def take(hall: Served, *services: str) -> list[dict[str, Any]]:
    """Numbers from the kiosk."""
    return [await post(hall, "kiosk", "/tickets", {"service": service}) for service in services]


async def at_work(browser: Browser, hall: Served, counter: int = 3) -> Page:
    """The console, opened with the keyboard."""
    page = await administrator(browser, hall)
    await page.goto(f"{hall.url}/counter")
    await page.locator(".choose-counter", has=page.get_by_text(str(counter), exact=True)).focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#console")).to_have_attribute("aria-busy", "false")
    return page


def now(page: Page) -> Locator:
    """The number at the counter."""
    return page.locator(".console-number")


def act(page: Page, command: str) -> Locator:
    """The button of a command, when it may be pressed."""
    return page.locator(f"#do-{command}:not(:disabled)")


async def press(page: Page, command: str, key: str) -> None:
    """Press a key as soon as its button may be pressed."""
    await expect(act(page, command)).to_be_visible()
    await expect(page.locator("#console")).to_have_attribute("aria-busy", "false")
    await page.keyboard.press(key)


async def choose(page: Page, key: str) -> None:
    """Choose in the dialog and send it."""
    await expect(page.locator("#ask[open] input[type=radio]").first).to_be_visible()
    await page.keyboard.press(key)
    await page.keyboard.press("Enter")
    await expect(page.locator("#ask[open]")).to_have_count(0)


async def push(page: Page, button: Locator) -> None:
    """Reach a button by Tab and press it."""
    await button.focus()
    await page.keyboard.press("Enter")


async def yes(dialog: Dialog) -> None:
    """Agree."""
    await dialog.accept()


async def test_a_whole_turn_with_the_keyboard(browser: Browser, hall: Served) -> None:
    """Open, next, recall, start, park, miss, undo, transfer, unpark, finish, undo, pause, resume, sign out."""
    await take(hall, "A", "A")
    page = await at_work(browser, hall)
    await assert_accessible(page)

    await press(page, "call_next", " ")
    await expect(now(page)).to_have_text("A001")
    await press(page, "recall", "r")
    await expect(page.get_by_text("已重呼 1 次")).to_be_visible()
    await press(page, "start", "Enter")
    await expect(act(page, "finish")).to_be_visible()
    await assert_accessible(page)
    await press(page, "park", "p")
    await expect(page.locator("#ask[open]")).to_contain_text("等 1 人")
    await assert_accessible(page)
    await choose(page, "2")
    parked = page.get_by_role("region", name="保留、暂离与过号").get_by_role("listitem").filter(has_text="A001")
    await expect(parked).to_contain_text("打印复印")

    await press(page, "call_next", " ")
    await expect(now(page)).to_have_text("A002")
    await press(page, "miss", "m")
    await expect(act(page, "call_next")).to_be_visible()
    await press(page, "undo", "z")
    await expect(now(page)).to_have_text("A002")
    await press(page, "start", "Enter")
    await press(page, "transfer", "t")
    await expect(page.locator("#ask[open]")).to_contain_text("无人等候")
    await choose(page, "2")
    await expect(act(page, "call_next")).to_be_visible()

    await push(page, parked.get_by_role("button", name="A001 返回排队"))
    await press(page, "call_next", " ")
    await expect(now(page)).to_have_text("A001")
    await press(page, "start", "Enter")
    await page.get_by_label(re.compile("^公司设立登记")).focus()
    await page.keyboard.press(" ")
    await press(page, "finish", "f")
    await expect(page.get_by_role("region", name="我今天")).to_contain_text(re.compile(r"1\s*件"))
    await press(page, "undo", "z")
    await expect(act(page, "finish")).to_be_visible()
    await press(page, "finish", "f")

    await press(page, "pause", "s")
    await choose(page, "1")
    await expect(page.get_by_text("暂停中：午休")).to_be_visible()
    await assert_accessible(page)
    await press(page, "resume", " ")
    page.on("dialog", yes)
    await press(page, "close", "q")
    await expect(page.get_by_role("heading", name="您今天坐哪个窗口？")).to_be_visible()
    await assert_accessible(page)


async def test_a_call_is_undone_with_a_reason_and_kept(browser: Browser, hall: Served) -> None:
    """The number waits for this counter and can be called again from the list."""
    await take(hall, "A")
    page = await at_work(browser, hall)
    await press(page, "call_next", " ")
    await expect(now(page)).to_have_text("A001")
    await press(page, "undo", "z")
    await choose(page, "1")
    kept = page.get_by_role("button", name="A001 直接叫号")
    await expect(kept).to_be_visible()
    await push(page, kept)
    await choose(page, "2")
    await expect(now(page)).to_have_text("A001")
    await expect(page.get_by_role("region", name="我今天")).to_contain_text(re.compile(r"1\s*次"))


async def test_two_presses_call_one(browser: Browser, hall: Served) -> None:
    """And a key in a field is a letter."""
    await take(hall, "A", "A")
    page = await at_work(browser, hall)
    await expect(act(page, "call_next")).to_be_visible()
    await page.evaluate(
        "() => [1, 2].forEach(() => document.dispatchEvent(new KeyboardEvent('keydown', { key: ' ' })))"
    )
    await expect(now(page)).to_have_text("A001")
    await expect(page.locator(".toast.bad")).to_have_count(0)
    await expect(page.get_by_role("region", name="我的业务").get_by_role("row").nth(1)).to_contain_text("1")


async def test_the_guide_desk_takes_numbers_for_others(browser: Browser, hall: Served) -> None:
    """Chosen and typed while the hall goes on; then the number with its QR code; priorities are checked there."""
    page = await at_work(browser, hall, 1)
    await page.get_by_label(re.compile("税务")).focus()
    await page.keyboard.press(" ")
    await page.get_by_label("手机（可不填）").fill("13812345678")
    await page.get_by_label("优先", exact=True).select_option(label="残疾人")
    await take(hall, "A")
    await expect(page.get_by_text("等 1 人")).to_be_visible()
    await expect(page.get_by_label("手机（可不填）")).to_have_value("13812345678")
    await page.get_by_role("button", name="取号", exact=True).click()
    slip = page.locator("#slip[open]")
    await expect(slip.locator(".slip-number")).to_have_text("E001")
    await expect(slip.locator("svg")).to_be_visible()
    await assert_accessible(page)
    await page.keyboard.press("Escape")


async def test_a_restart_is_ridden_out(browser: Browser, hall: Served) -> None:
    """A press while the server is away says so; afterwards it calls one, once."""
    await take(hall, "A", "A")
    page = await at_work(browser, hall)
    await expect(act(page, "call_next")).to_be_visible()
    await hall.kill()
    await expect(page.locator(".console-offline")).to_be_visible()
    await page.keyboard.press(" ")
    await expect(page.locator(".toast.bad")).to_contain_text("连不上服务器")
    await hall.start()
    await expect(page.locator(".console-offline")).to_be_hidden()
    await press(page, "call_next", " ")
    await expect(now(page)).to_have_text("A001")
    await expect(page.get_by_role("region", name="我的业务").get_by_role("row").nth(1)).to_contain_text("1")


async def test_another_hand_was_quicker(browser: Browser, hall: Served) -> None:
    """A page that could not hear of it is told how the number stands now."""
    ticket = (await take(hall, "A"))[0]
    page = await at_work(browser, hall)
    await press(page, "call_next", " ")
    await press(page, "start", "Enter")
    await press(page, "park", "p")
    await choose(page, "1")
    back = page.get_by_role("button", name="A001 返回排队")
    await expect(back).to_be_visible()
    await page.route("**/console", lambda route: route.abort())
    await post(hall, "kiosk", f"/tickets/{ticket['token']}/cancel", {})
    await push(page, back)
    await expect(page.locator(".toast.bad")).to_contain_text("A001 现在：已取消")
