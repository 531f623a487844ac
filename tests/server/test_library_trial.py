"""A text tried while it is written: the card, a question, and what it would shift."""

import json
from typing import Any

import pytest

from bot import Inbound
from server.access import Role
from server.house import House
from tests.bot.house import WordReader
from tests.server.conftest import Client, SignIn
from tests.server.staff_builders import words

CODE = "food-business-license"


@pytest.fixture
async def editor(house: House, sign_in: SignIn) -> Client:
    """An editor's browser; the house reads by words."""
    await house.stock_library()
    house.learner.reader = WordReader()
    return await sign_in("liming", Role.EDITOR)


async def attempted(client: Client, what: str, code: str = CODE, **body: Any) -> tuple[int, str]:  # noqa: ANN401 (JSON)
    """Status and text of an attempt."""
    async with client.post(f"/library/entry/{code}/{what}", json=body) as answer:
        return answer.status, await answer.text()


async def test_preview_shows_each_channel(editor: Client) -> None:
    """The card with what is typed; what still misses is said; nothing is kept."""
    status, html = await attempted(editor, "preview", fields={"title": "", "fee": "收费 10 元"})
    told = words(html)
    assert (status, "收费 10 元" in told, "标题：不能为空" in told) == (200, True, True)
    assert [name in told for name in ("聊天（网页、手机）", "文字消息", "取号机和扫码的指南页")] == [True, True, True]
    status, text = await attempted(editor, "preview", fields={"materials": "申请书｜原件｜两份"})
    assert (status, json.loads(text)["error"]["field"]) == (400, "materials")


async def test_new_entry_is_previewed_too(editor: Client) -> None:
    """There is nothing under it yet."""
    body = {"fields": {"title": "停车收费吗"}, "kind": "faq", "domain": "d99-hall"}
    status, html = await attempted(editor, "preview", "new-entry", **body)
    assert (status, "停车收费吗" in html) == (200, True)


async def test_question_is_tried_against_the_draft(house: House, editor: Client) -> None:
    """The draft is marked; search in use does not know it."""
    status, html = await attempted(editor, "tried", fields={"aliases": "红包雨"}, q="红包雨")
    assert (status, "这份草稿" in html) == (200, True)
    assert house.library.search("红包雨")[0].id != CODE


async def test_shifts_come_with_progress(house: House, editor: Client) -> None:
    """Lines of JSON: how far, then the questions whose first hit would change."""
    await house.receptionist.hear(Inbound("web", "", "k1", "红包雨怎么领"))
    await house.receptionist.hear(Inbound("web", "", "k2", "排污许可多少钱"))
    status, text = await attempted(editor, "shifts", fields={"aliases": "红包雨", "questions": "红包雨怎么领"})
    lines = [json.loads(line) for line in text.splitlines()]
    assert status == 200
    assert [(line["done"], line["of"]) for line in lines] == [(0, 2), (2, 2)]
    told = words(lines[-1]["html"])
    assert ("2 种问法里有 1 种的第一条会变" in told, "红包雨怎么领" in told, "排污" in told) == (True, True, False)


async def test_without_past_questions_there_is_nothing_to_compare(editor: Client) -> None:
    """Said, not shown as an empty list."""
    _, text = await attempted(editor, "shifts", fields={}, revision=1)
    assert "还没有企业提问" in json.loads(text)["html"]


async def test_trying_is_for_editors(sign_in: SignIn) -> None:
    """A clerk may not."""
    clerk = await sign_in("chen", Role.CLERK)
    assert (await attempted(clerk, "preview"))[0] == 403
