"""An enterprise asks in the web chat: answered with basis, asked on, handed to a person, and told back."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import administrator, window
from tests.journeys.served import Served, served
from tests.journeys.trained import trained_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]
READ_MS = 60_000


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained reader."""
    return trained_folder(tmp_path_factory.mktemp("trained"))


@pytest.fixture
async def reading_hall(tmp_path: Path, models: Path) -> AsyncIterator[Served]:
    """A hall whose reader is warm."""
    async with served(tmp_path, HALL_INTENTS_FOLDER=str(models)) as server:
        await server.wait_until_ready()
        yield server


async def say(chat: Page, text: str) -> Locator:
    """Send ``text``; the bubble that answers it."""
    before = await chat.locator(".bubble.bot").count()
    await chat.get_by_label("您要问的事").fill(text)
    await chat.get_by_role("button", name="发送").click()
    await expect(chat.locator(".bubble.bot")).not_to_have_count(before, timeout=READ_MS)
    return chat.locator(".bubble.bot").last


async def test_asked_answered_handed_over_and_told_back(browser: Browser, reading_hall: Served) -> None:
    """The whole way from a question in everyday words to a person's answer in the same chat."""
    chat = await (await window(browser, "phone")).new_page()
    await chat.goto(reading_hall.url)

    answer = await say(chat, "俺们加工厂挪到城南园区了，执照地址得咋改，要啥材料")
    await expect(answer).to_contain_text("公司变更登记")
    await expect(answer).to_contain_text("新住所使用相关文件")
    await expect(answer).to_contain_text("市场主体登记管理条例第24条")
    await assert_accessible(chat)

    answer = await say(chat, "那得多少钱")
    await expect(answer).to_contain_text("公司变更登记")
    await expect(answer).to_contain_text("免费")

    answer = await say(chat, "我想办烟草零售许可证，找谁")
    await expect(answer).to_contain_text(re.compile("人工|工作人员"))
    answer = await say(chat, "人工")
    await expect(answer).to_contain_text(re.compile(r"K\d{8}-\d{3}"), timeout=READ_MS)
    number = re.search(r"K\d{8}-\d{3}", await answer.inner_text())
    assert number is not None

    desk = await administrator(browser, reading_hall)
    await desk.goto(f"{reading_hall.url}/supervisor")
    await assert_accessible(desk)
    await desk.get_by_role("row", name=re.compile(number.group())).get_by_role("link").first.click()
    await answer_case(desk, "烟草专卖零售许可由县烟草专卖局办理，请到该局或其线上平台申请。")
    told = chat.locator(".bubble", has_text="由县烟草专卖局办理")
    await expect(told).to_be_visible(timeout=READ_MS)


async def answer_case(desk: Page, words: str) -> None:
    """The supervisor answers at once, as their own desk."""
    act = desk.locator("details", has=desk.locator("summary", has_text="直接答复"))
    if await act.get_attribute("open") is None:
        await act.locator("summary").click()
    for box in await act.get_by_role("textbox").all():
        await box.fill(words)
    await act.get_by_role("button", name="直接答复").click()
    await expect(desk.get_by_text("已答复").first).to_be_visible()
