"""A press made before a page's scripts have come is carried out when they have."""

import asyncio

from playwright.async_api import Browser, Route, expect

from tests.browser.conftest import window
from tests.journeys.served import Served


async def test_a_press_before_the_scripts_is_made_again(browser: Browser, hall: Served) -> None:
    """A slow network: the modules come after the button was pressed; the number is taken once."""
    page = await (await window(browser, "phone")).new_page()
    arrived = asyncio.Event()

    async def late(route: Route) -> None:
        await arrived.wait()
        await route.continue_()

    await page.route("**/js/phone_take.js*", late)
    await page.goto(f"{hall.url}/take/service/A", wait_until="commit")
    await page.get_by_label("手机号（可不填）").fill("13800000000")
    await page.get_by_role("button", name="取号").click()
    await page.get_by_role("button", name="取号").click()
    arrived.set()
    await page.wait_for_url("**/t/*")
    await expect(page.get_by_role("heading", name="A001")).to_be_visible()
