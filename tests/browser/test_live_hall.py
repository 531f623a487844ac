"""A supervisor runs the hall: lights, a counter's services, a message to everyone, a paused service, what if."""

import re

from playwright.async_api import Browser, Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import administrator, window
from tests.browser.test_clerk import post
from tests.journeys.served import Served


async def supervisor(browser: Browser, hall: Served) -> Page:
    """The live hall."""
    page = await administrator(browser, hall)
    await page.goto(f"{hall.url}/supervisor/live")
    await expect(page.locator("body[data-live]")).to_have_count(1)
    return page


async def test_the_hall_is_seen_and_steered(browser: Browser, hall: Served) -> None:
    """What clerks do shows at once; what the supervisor does shows to clerks and visitors."""
    ticket = await post(hall, "kiosk", "/tickets", {"service": "B"})
    page = await supervisor(browser, hall)
    lines, posts = page.get_by_role("region", name="等候"), page.get_by_role("region", name="窗口")
    await expect(lines.get_by_role("row").filter(has_text="综合受理")).to_contain_text("正常")
    clerk = await hall.token("clerk")
    await as_clerk(hall, clerk, "/counters/2/open")
    await expect(posts.locator(".post")).to_contain_text("空闲")
    await assert_accessible(page)

    await page.get_by_role("button", name="2 号窗口的业务：调整", exact=True).click()
    await page.get_by_role("button", name="综合受理（无差别） 加上").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#tiers-said")).to_contain_text("综合受理（无差别）：第 1 级（先叫），共 1 级")
    await page.get_by_role("button", name="综合受理（无差别） 下移").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#tiers-said")).to_contain_text("第 2 级，共 2 级")
    await assert_accessible(page)
    await page.get_by_role("button", name="保存，立即生效").click()
    await expect(posts.locator(".post-tiers").first).to_have_text(re.compile(r"A\s*›\s*B"))
    assert (await as_clerk(hall, clerk, "/counters/2/call-next"))["number"] == "B001"
    await expect(posts.locator(".post")).to_contain_text("B001")
    await expect(posts.locator(".post")).to_contain_text("叫号中")

    phone = await (await window(browser, "phone")).new_page()
    await phone.goto(f"{hall.url}/t/{ticket['token']}")
    await page.get_by_role("button", name="告诉所有等候的人").click()
    await page.get_by_label("内容").fill("系统正在恢复，请稍候")
    await assert_accessible(page)
    await page.get_by_role("button", name="发出").click()
    await expect(lines).to_contain_text("正在告知：系统正在恢复，请稍候")
    await expect(phone.get_by_text("系统正在恢复，请稍候")).to_be_visible()

    await lines.get_by_role("button", name="税务：暂停、限号").click()
    await page.get_by_label("暂停取号的原因").fill("上级专网中断")
    await page.get_by_role("button", name="暂停取号", exact=True).click()
    await expect(lines).to_contain_text("暂停取号：上级专网中断")

    await page.get_by_label("再开").select_option("3")
    await expect(page.locator("#what-if")).to_contain_text("再开 3 号窗")
    await page.get_by_role("button", name="收尾清单").click()
    await expect(page.locator("#closing")).to_contain_text("2 号 B001（已叫号）")
    await assert_accessible(page)


async def test_services_are_dragged(browser: Browser, hall: Served) -> None:
    """From what the counter does not serve into its first tier."""
    page = await supervisor(browser, hall)
    await page.get_by_role("button", name="2 号窗口的业务：调整", exact=True).click()
    await page.locator("#tiers li[data-code=C]").drag_to(page.locator("#tiers [data-tier='0']"))
    await page.get_by_role("button", name="保存，立即生效").click()
    await expect(page.locator("#tiers-2")).to_have_text(re.compile(r"A C"))


async def test_the_administrator_changes_a_service(browser: Browser, hall: Served) -> None:
    """The page says it, and a counter comes and goes."""
    page = await administrator(browser, hall)
    await page.goto(f"{hall.url}/admin?part=services")
    await assert_accessible(page)
    await page.get_by_role("button", name="企业开办与登记：更改").click()
    await page.locator("#prefix-A").fill("Q")
    await page.locator("dialog[open]").get_by_role("button", name="保存").click()
    await expect(page.get_by_role("row").filter(has_text="企业开办与登记").first).to_contain_text("Q")
    await page.get_by_label("窗口号").fill("88")
    await page.get_by_label("名称").last.fill("临时窗口")
    await page.get_by_role("button", name="添加").click()
    await expect(page.get_by_role("row").filter(has_text="临时窗口")).to_contain_text("还没有业务")


async def as_clerk(hall: Served, token: str, path: str) -> dict[str, object]:
    """What the clerk at the counter does."""
    return await post(hall, "", path, {}, token=token)
