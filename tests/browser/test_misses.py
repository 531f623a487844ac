"""What was not answered well, in Chromium: an empty page, its filters, and the models beside it."""

import re

from playwright.async_api import Browser, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import administrator
from tests.journeys.served import Served


async def test_pages_without_misses_and_models(browser: Browser, hall: Served) -> None:
    """Both say what will stand there; the filters stay in the address; nothing for axe to find."""
    page = await administrator(browser, hall)
    await page.get_by_role("link", name="没答好的").click()
    await expect(page.get_by_text("这段时间没有没答好的问题")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_label("哪里没答好").select_option("没听懂")
    await expect(page).to_have_url(re.compile("fault=unread"))
    await expect(page.get_by_text("没有符合条件的问题")).to_be_visible()
    await page.get_by_role("link", name="阅读模型").click()
    await expect(page.get_by_role("button", name="现在训练")).to_be_visible()
    await assert_accessible(page)
