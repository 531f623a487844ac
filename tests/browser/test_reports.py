"""The reports page in Chromium at 1440×900: tabs, filters that stay in the address, plots, downloads."""

import re

from playwright.async_api import Browser, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import administrator, device
from tests.browser.test_ticket_journey import take_a_number
from tests.journeys.served import Served


async def test_reports_are_read_filtered_and_taken_away(browser: Browser, hall: Served) -> None:
    """Every tab without a violation; the workbook is named after the report and its days."""
    kiosk = await device(browser, hall, "kiosk", "取号机 1")
    await take_a_number(kiosk, "企业开办")
    page = await administrator(browser, hall)
    await page.goto(f"{hall.url}/reports")
    await expect(page.get_by_role("rowheader", name="企业开办与登记")).to_be_visible()
    await expect(page.get_by_role("img", name=re.compile("等候 P80"))).to_be_visible()
    await page.get_by_text("每一列数的是什么").click()
    await expect(page.get_by_text("发出的号码数；转窗不另算")).to_be_visible()
    tabs = page.get_by_role("navigation", name="报表").get_by_role("link")
    for tab in await tabs.all_inner_texts():
        await tabs.get_by_text(tab, exact=True).click()
        await expect(tabs.get_by_text(tab, exact=True)).to_have_attribute("aria-current", "page")
        await assert_accessible(page)

    await tabs.get_by_text("业务", exact=True).click()
    await page.locator("select[name=service]").select_option("综合受理（无差别）")
    await expect(page).to_have_url(re.compile("service=B"))
    await expect(page.get_by_text("这几天没有可以统计的记录")).to_be_visible()
    await page.locator("select[name=service]").select_option("企业开办与登记")
    await expect(page.get_by_role("rowheader", name="企业开办与登记")).to_be_visible()
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="下载 XLSX").click()
    assert re.fullmatch(r"services-[\d-]{21}\.xlsx", (await coming.value).suggested_filename)
