"""What waits for an editor: drafts, entries that end, and whoever was told what was wrong."""

import pytest

from bot import Inbound
from server.access import Role
from server.house import House
from tests.bot.house import WordReader
from tests.server.conftest import Client, SignIn
from tests.server.staff_builders import asked, counted, page, words

CODE = "food-business-license"
QUESTION = "食品经营许可要什么材料"


@pytest.fixture
async def editor(house: House, sign_in: SignIn) -> Client:
    """An editor's browser; the house reads by words."""
    await house.stock_library()
    house.learner.reader = WordReader()
    return await sign_in("liming", Role.EDITOR)


async def recalled(editor: Client, revision: int = 1) -> None:
    """The revision noted as wrong."""
    body = {"revision": revision, "why": "材料少写了一样"}
    status, kept = await asked(editor, f"/api/v1/library/{CODE}/recall", body)
    assert (status, kept["next"]) == (200, "/library/reviews?part=recall")


async def test_recall_lists_who_was_told(house: House, editor: Client, sign_in: SignIn) -> None:
    """With the question; the conversation itself is for those who serve chats. Nobody is told it any more."""
    await house.receptionist.hear(Inbound("web", "", "k1", QUESTION))
    await recalled(editor)
    _, html = await page(editor, "/library/reviews?part=recall")
    assert (QUESTION in html, "材料少写了一样" in html, "看会话" in html) == (True, True, False)
    supervisor = await sign_in("wang", Role.SUPERVISOR)
    _, html = await page(supervisor, "/library/reviews?part=recall")
    assert "看会话" in html
    assert CODE not in house.library.snapshot.entries
    async with editor.get("/library/recall.csv") as answer:
        lines = (await answer.text()).splitlines()
    assert (len(lines), lines[1].endswith(QUESTION)) == (2, True)


async def test_recall_needs_a_reason_and_the_permission(editor: Client, sign_in: SignIn) -> None:
    """The field is named; a clerk may not."""
    status, answer = await asked(editor, f"/api/v1/library/{CODE}/recall", {"revision": 1, "why": " "})
    assert (status, answer["error"]["field"]) == (400, "why")
    clerk = await sign_in("chen", Role.CLERK)
    assert (await asked(clerk, f"/api/v1/library/{CODE}/recall", {"revision": 1, "why": "错"}))[0] == 403


async def test_each_part_stands_in_the_address(editor: Client) -> None:
    """Drafts with what they change; what ends, filtered; an unknown part is refused."""
    await asked(editor, f"/api/v1/library/{CODE}/draft", {"fields": {"next_review": "2026-03-10", "fee": "免费哦"}})
    _, html = await page(editor, "/library/reviews")
    assert f"/library/entry/{CODE}/compare?to=2" in html
    _, html = await page(editor, "/library/reviews?part=due&reason=ended")
    assert 'value="ended" selected' in html
    assert (await page(editor, "/library/reviews?part=all"))[0] == 400


async def test_review_that_is_due_is_listed_and_done(editor: Client, sign_in: SignIn) -> None:
    """“复核无误” takes it off the list."""
    other = await sign_in("zhou", Role.EDITOR)
    await asked(editor, f"/api/v1/library/{CODE}/draft", {"fields": {"next_review": "2026-03-10"}})
    await asked(other, f"/api/v1/library/{CODE}/review-and-publish", {"revision": 2})
    _, html = await page(editor, "/library/reviews?part=due&reason=review")
    assert ("复核无误" in html, "2026-03-10" in html) == (True, True)
    await asked(editor, f"/api/v1/library/{CODE}/confirm")
    _, html = await page(editor, "/library/reviews?part=due&reason=review")
    assert "近期没有要到期或复核的条目" in words(html)


async def test_list_makes_the_same_queries_for_one_recall_and_more(house: House, editor: Client) -> None:
    """No query for each revision."""
    await house.receptionist.hear(Inbound("web", "", "k1", QUESTION))
    await recalled(editor)
    with counted("message") as few:
        await page(editor, "/library/reviews?part=recall")
    await asked(editor, "/api/v1/library/pollutant-discharge-permit/suspend")
    with counted("message") as many:
        await page(editor, "/library/reviews?part=recall")
    assert len(many) == len(few) == 1
