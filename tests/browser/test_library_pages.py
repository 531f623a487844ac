"""The editors' pages in Chromium at 1440×900: write with the card beside, try, compare, import, recall; axe clean."""

import asyncio
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import administrator, window
from tests.journeys.served import Served

CODE = "company-change-registration"
WEB = """<html><body><h1>停車場備案辦事指南</h1>
<table><tr><td>實(shí)施主體</td><td>縣城管局</td></tr><tr><td>服務(wù)對象</td><td>經(jīng)營者</td></tr></table>
<h3>一、申請材料</h3><ol><li>1. 申請書；</li><li>2.營業(yè)執(zhí)照</li></ol></body></html>"""


async def opened(page: Page, hall: Served, path: str) -> None:
    """The page of ``path``, without a violation."""
    await page.goto(f"{hall.url}{path}")
    await assert_accessible(page)


async def test_entry_is_written_tried_and_compared(browser: Browser, hall: Served) -> None:
    """The card follows what is typed; what is typed survives a reload; the draft is compared with what is said."""
    page = await administrator(browser, hall)
    await page.goto(f"{hall.url}/library/entry/{CODE}/edit")
    await expect(page.locator("#preview .answer-card").first).to_be_visible()
    await page.get_by_label("费用", exact=True).fill("免费，工本费也不收")
    await page.get_by_label("别名", exact=True).fill("改执照\n红包雨")
    await expect(page.locator("#preview")).to_contain_text("工本费也不收")
    await page.locator("#trial-q").fill("红包雨")
    await page.get_by_role("button", name="试问").click()
    await expect(page.locator("#trial-found li").first).to_contain_text("这份草稿")
    await page.get_by_role("button", name="重新排一遍").click()
    await expect(page.locator("#shifts")).to_contain_text("还没有企业提问")
    await assert_accessible(page)
    await page.reload()
    await expect(page.locator("[data-kept]")).to_contain_text("已找回您上次没保存的 2 处")
    await expect(page.get_by_label("费用", exact=True)).to_have_value("免费，工本费也不收")
    await page.get_by_role("button", name="保存为草稿").click()
    await page.wait_for_url(f"**/library/entry/{CODE}?revision=2")
    await assert_accessible(page)
    await page.get_by_role("link", name="对比任意两版").click()
    await expect(page.locator("ins").last).to_contain_text("工本费也不收")
    await assert_accessible(page)


async def test_page_is_imported_as_a_draft(browser: Browser, hall: Served, tmp_path: Path) -> None:
    """Chosen, seen, confirmed; without a violation on the way."""
    path = tmp_path / "page.html"
    await asyncio.to_thread(path.write_text, WEB, encoding="utf-8")
    page = await administrator(browser, hall)
    await opened(page, hall, "/library/import")
    await page.get_by_label("文件", exact=True).set_input_files(path)
    await expect(page.locator("#plan")).to_contain_text("停车场备案办事指南")
    await page.get_by_text("看内容").click()
    await expect(page.locator("#plan")).to_contain_text("营业执照")
    await assert_accessible(page)
    box = page.get_by_label("导入停车场备案办事指南")
    await box.uncheck()
    await expect(page.get_by_role("button", name="条存为草稿")).to_be_disabled()
    await box.check()
    await page.get_by_role("button", name="条存为草稿").click()
    await page.wait_for_url("**/library/reviews")
    await expect(page.get_by_role("link", name="停车场备案办事指南")).to_be_visible()
    await expect(page.get_by_role("status")).to_contain_text("新条目 1 条")
    await assert_accessible(page)


async def test_wrong_revision_is_recalled(browser: Browser, hall: Served) -> None:
    """Noted with a reason, stopped at once, listed; the lists are sorted and filtered by their address."""
    page = await administrator(browser, hall)
    await page.goto(f"{hall.url}/library/entry/food-business-license")
    await page.get_by_role("button", name="这一版有错").click()
    await page.get_by_label("错在哪里").fill("材料少写了一样")
    await page.get_by_role("button", name="记下并列出名单").click()
    await page.wait_for_url("**/library/reviews?part=recall")
    await expect(page.get_by_text("材料少写了一样")).to_be_visible()
    await assert_accessible(page)
    await opened(page, hall, "/library/reviews?part=due")
    await opened(page, hall, "/library?kind=policy")
    await page.get_by_role("link", name="条目", exact=True).click()
    await page.wait_for_url("**/library?kind=policy&sort=title")
    await expect(page.get_by_role("columnheader", name="条目")).to_have_attribute("aria-sort", "ascending")
    await assert_accessible(page)
    phone = await (await window(browser, "phone")).new_page()
    await phone.goto(f"{hall.url}/library")
    await expect(phone.get_by_label("用户名")).to_be_visible()
