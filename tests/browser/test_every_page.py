"""Every page that staff and visitors open by its address: there, in order for screen readers, no script in error."""

import pytest
from playwright.async_api import Browser

from tests.browser.axe import assert_accessible
from tests.browser.conftest import administrator, window
from tests.journeys.served import Served

STAFF = (
    "/home",
    "/counter",
    "/desk",
    "/supervisor",
    "/supervisor/live",
    "/supervisor/appointments",
    "/library",
    "/library/misses",
    "/reports",
    "/admin",
    *(f"/admin?part={part}" for part in ("people", "services", "hours", "devices", "tokens", "notice", "letters")),
    "/password",
)
VISITORS = ("/", "/take", "/take/service/B", "/book", "/book/A", "/rules", "/sign-in", "/guide/company-establishment")


@pytest.mark.timeout(600)
async def test_pages_are_in_order(browser: Browser, hall: Served) -> None:
    """At the desk as an administrator, on a phone as anybody."""
    desk, phone = await administrator(browser, hall), await (await window(browser, "phone")).new_page()
    errors: list[str] = []
    for page, addresses in ((desk, STAFF), (phone, VISITORS)):
        page.on("pageerror", lambda error: errors.append(str(error)))
        for address in addresses:
            answer = await page.goto(f"{hall.url}{address}")
            assert answer is not None
            assert (address, answer.status) == (address, 200)
            await assert_accessible(page)
    assert errors == []
