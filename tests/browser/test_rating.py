"""The rating pad in a real Chromium: asks once after a service, keeps nothing of the last visitor."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from server.access import Role
from tests.browser.axe import assert_accessible
from tests.browser.conftest import device
from tests.browser.counters import Counters, counters_of
from tests.journeys.served import Served

COUNTER = 3


@pytest.fixture
async def counters(hall: Served) -> AsyncIterator[Counters]:
    """A clerk at the pad's counter, and a supervisor."""
    async with counters_of(hall, {COUNTER: "A"}, Role.SUPERVISOR) as made:
        await made.open()
        yield made


async def serve(counters: Counters) -> str:
    """Somebody is served at the counter; the number."""
    leg = await counters.call(COUNTER)
    await counters.serve(COUNTER, leg)
    return str(leg["number"])


async def paired(browser: Browser, hall: Served) -> Page:
    """The pad, listening."""
    pad = await device(browser, hall, "pad", "评价器 3 号")
    await expect(pad.locator("body[data-live]")).to_have_count(1)
    return pad


async def ratings(counters: Counters) -> list[tuple[int, list[str], str]]:
    """What supervisors read: stars, tags, words."""
    told: dict[str, Any] = await counters.get("/ratings", "supervisor")
    return [(one["stars"], one["tags"], one["text"]) for one in told["ratings"]]


async def test_a_visitor_says_why(browser: Browser, hall: Served, counters: Counters) -> None:
    """Asked when the service has ended; level, reason, words; thanks; idle, and empty for the next one."""
    pad = await paired(browser, hall)
    await expect(pad.get_by_role("heading", name="办完业务，请为我们的服务评价")).to_be_visible()
    await assert_accessible(pad)
    number = await serve(counters)
    await expect(pad.get_by_text(number)).to_be_visible()
    await assert_accessible(pad)
    await pad.get_by_role("button", name="不满意", exact=True).click()
    await expect(pad.get_by_role("heading", name="您选了“不满意”")).to_be_visible()
    await expect(pad.get_by_label("态度热情")).to_be_hidden()
    await pad.get_by_label("等候太久").check()
    await pad.get_by_label("还想说的").fill("等了一上午")
    await assert_accessible(pad)
    await pad.get_by_role("button", name="提交评价").click()
    await expect(pad.get_by_role("heading", name="谢谢您的评价")).to_be_visible()
    assert await ratings(counters) == [(2, ["等候太久"], "等了一上午")]
    await expect(pad.get_by_role("heading", name="办完业务，请为我们的服务评价")).to_be_visible()
    await serve(counters)
    await pad.get_by_role("button", name="非常不满意").click()
    await expect(pad.get_by_label("等候太久")).not_to_be_checked()
    await expect(pad.get_by_label("还想说的")).to_have_value("")


async def test_what_was_chosen_and_left_is_sent_as_announced(
    browser: Browser, hall: Served, counters: Counters
) -> None:
    """One touch is enough; who touches nothing, or declines, has said nothing."""
    pad = await paired(browser, hall)
    await pad.clock.install()
    await pad.reload()
    await expect(pad.locator("body[data-live]")).to_have_count(1)
    await serve(counters)
    await pad.get_by_role("button", name="满意", exact=True).click()
    await expect(pad.get_by_text(re.compile(r"\d+ 秒后自动提交"))).to_be_visible()
    await pad.clock.run_for(20_000)
    await expect(pad.get_by_role("heading", name="谢谢您的评价")).to_be_visible()
    assert await ratings(counters) == [(4, [], "")]
    await pad.clock.run_for(6_000)
    await serve(counters)
    await pad.get_by_role("button", name="暂不评价").click()
    await expect(pad.get_by_role("heading", name="办完业务，请为我们的服务评价")).to_be_visible()
    await pad.clock.run_for(60_000)
    assert len(await ratings(counters)) == 1


async def test_the_pad_stops_asking_when_the_next_one_sits_down(
    browser: Browser, hall: Served, counters: Counters
) -> None:
    """So nobody rates the service of another."""
    pad = await paired(browser, hall)
    number = await serve(counters)
    await expect(pad.get_by_text(number)).to_be_visible()
    leg = await counters.call(COUNTER)
    await counters.act(COUNTER, "start", leg)
    await expect(pad.get_by_text(number)).to_be_hidden()
    await expect(pad.get_by_role("heading", name="办完业务，请为我们的服务评价")).to_be_visible()
