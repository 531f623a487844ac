"""axe-core on an open page: WCAG 2.1 AA and axe's own good practice, nothing left out."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from playwright.async_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


async def assert_accessible(page: Page, within: str = "html") -> None:
    """Fail with every violation that axe-core finds on ``page``, or only in what ``within`` selects."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_SCRIPT)
    asked = {"runOnly": RULES, "resultTypes": ["violations"]}
    found = await page.evaluate("([within, asked]) => axe.run(within, asked)", [within, asked])
    assert not found["violations"], "\n".join(map(_told, found["violations"]))


def _told(violation: dict[str, Any]) -> str:
    """The rule, and each place with what is wrong there."""
    places = [f"  {node['target']}: {node['failureSummary']}" for node in violation["nodes"]]
    return "\n".join((f"{violation['id']} ({violation['impact']}): {violation['help']}", *places))
