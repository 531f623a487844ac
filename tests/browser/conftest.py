"""A real Chromium on a real server: pages at the sizes they will have."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.conftest import REQUIRED
from tests.journeys.served import Served, served

CHROMIUM = os.environ.get("HALL_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=20_000)  # a busy machine; a state that comes is not waited for longer
SIZES = {
    "kiosk": (1080, 1920),
    "screen": (1920, 1080),
    "panel": (1280, 400),
    "pad": (800, 1280),
    "phone": (390, 844),
    "desk": (1440, 900),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Chromium."""
    for item in items:
        if "browser" in Path(item.fspath).parts:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Headless Chromium."""
    if CHROMIUM is None:
        if "browser" in REQUIRED:
            pytest.fail("Chromium is required and not installed")
        pytest.skip("no Chromium on this machine")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        await started.close()


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Served]:
    """A hall as ``make run`` starts it."""
    async with served(tmp_path) as server:
        yield server


async def window(browser: Browser, kind: str) -> BrowserContext:
    """A browser of its own (its own cookies) at the size of ``kind``."""
    width, height = SIZES[kind]
    return await browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )


async def device(browser: Browser, hall: Served, kind: str, name: str) -> Page:
    """A paired device page: the printed link, one press."""
    page = await (await window(browser, kind)).new_page()
    await page.goto(hall.pairing_links()[name])
    await page.get_by_role("button", name="就用这台机器").click()
    await page.wait_for_url(lambda url: "/pair/" not in url)
    return page


async def administrator(browser: Browser, hall: Served) -> Page:
    """The administrator, signed in, with a password of their own."""
    page = await (await window(browser, "desk")).new_page()
    await page.goto(f"{hall.url}/sign-in")
    password = hall.admin_password()
    await page.get_by_label("用户名").fill("admin")
    await page.get_by_label("密码", exact=True).fill(password)
    await page.get_by_role("button", name="登录").click()
    await page.wait_for_url("**/password")
    await page.get_by_label("现在的密码").fill(password)
    await page.get_by_label("新密码").fill("a-long-new-password")
    await page.get_by_role("button", name="保存").click()
    await page.wait_for_url("**/home")
    return page
