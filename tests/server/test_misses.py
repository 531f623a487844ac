"""From a question that was not answered to a wording that is published: the editors' page and its API."""

import pytest

from server.access import Role
from server.house import House
from tests.bot.house import WordReader
from tests.server.conftest import Client, SignIn
from tests.server.staff_builders import asked, counted, page, words

UNSURE = "搬家后营业执照上写的地点"
UNREAD = "嘎嘎咕噜"
CODE = "company-change-registration"


@pytest.fixture(autouse=True)
async def reading(house: House) -> None:
    """The starter edition is indexed; a small reader goes by words."""
    await house.stock_library()
    house.learner.reader = WordReader()


async def said(client: Client, text: str, key: str) -> str:
    """Somebody new says ``text``; their conversation."""
    status, answer = await asked(client, "/api/v1/chat", {"key": key, "text": text})
    assert status == 200
    return str(answer["conversation"])


def marks_on(html: str) -> list[str]:
    """The marks of each cluster, in the page's order."""
    return [part.split('"')[0] for part in html.split('name="marks" value="')[1:]][::3]


async def test_no_misses_says_so(sign_in: SignIn) -> None:
    """What would stand here, and where else to look."""
    editor = await sign_in("liming", Role.EDITOR)
    _, html = await page(editor, "/library/misses")
    assert "这段时间没有没答好的问题" in html
    assert "/library/misses?weeks=12" in html


async def test_clusters_come_by_askers_with_what_was_said(client: Client, sign_in: SignIn) -> None:
    """Three enterprises before one; phones are masked."""
    for number in range(3):
        await said(client, UNSURE, f"a{number}")
    await said(client, f"{UNREAD}，电话 13841512345", "b")
    supervisor = await sign_in("wang", Role.SUPERVISOR)
    _, html = await page(supervisor, "/library/misses")
    assert html.index(UNSURE) < html.index(UNREAD)
    text = words(html)
    assert ("3 家问过" in text, "拿不准，反问了 3" in text, "没听懂 1" in text) == (True, True, True)
    assert ("13841512345" in html, "138****2345" in html) == (False, True)
    assert "4 段对话里问了 4 次" in text


async def test_page_is_for_editors(client: Client, sign_in: SignIn) -> None:
    """A clerk is refused, a visitor is asked to sign in."""
    clerk = await sign_in("zhao", Role.CLERK)
    assert (await page(clerk, "/library/misses"))[0] == 403
    assert (await asked(client, "/api/v1/misses/dismissal", {"marks": "m", "reason": "不归本厅"}))[0] in (401, 403)


async def test_accepted_wordings_wait_for_a_colleague(client: Client, sign_in: SignIn, house: House) -> None:
    """One press makes a draft; the cluster goes; the question comes back only if it is missed again."""
    await said(client, UNSURE, "a")
    editor, other = await sign_in("liming", Role.EDITOR), await sign_in("zhou", Role.EDITOR)
    _, html = await page(editor, "/library/misses")
    body = {"code": CODE, "proposed": CODE, "wordings": UNSURE, "marks": marks_on(html)[0], "askers": 1}
    assert await asked(editor, "/api/v1/misses/wordings", body) == (200, {"id": CODE, "revision": 2})
    _, html = await page(other, "/library/misses")
    assert ("0 组" in words(html), "待另一位同事发布" in html) == (True, True)
    assert "智能助手建议，liming采纳" in words(html)
    assert UNSURE not in house.library.snapshot.entries[CODE].questions
    assert (await asked(editor, f"/api/v1/library/{CODE}/review-and-publish", {"revision": 2}))[0] == 403
    assert (await asked(other, f"/api/v1/library/{CODE}/review-and-publish", {"revision": 2}))[0] == 200
    assert UNSURE in house.library.snapshot.entries[CODE].questions
    _, html = await page(other, "/library/misses")
    assert "种问法 · 已发布" in words(html)


async def test_wordings_with_personal_data_are_refused(sign_in: SignIn) -> None:
    """By their field; nothing is drafted."""
    editor = await sign_in("liming", Role.EDITOR)
    for wording in ("打 13841512345 问执照", "打 138****2345 问执照"):
        body = {"code": CODE, "wordings": wording, "marks": "m"}
        status, answer = await asked(editor, "/api/v1/misses/wordings", body)
        assert (status, answer["error"]["field"]) == (400, "wordings")


async def test_dismissed_stays_away_with_its_reason(client: Client, sign_in: SignIn) -> None:
    """Even when it is asked again."""
    await said(client, UNREAD, "a")
    editor = await sign_in("liming", Role.EDITOR)
    _, html = await page(editor, "/library/misses")
    body = {"reason": "不是办事问题", "marks": marks_on(html)[0], "askers": 1}
    assert (await asked(editor, "/api/v1/misses/dismissal", body))[0] == 200
    await said(client, UNREAD, "b")
    _, html = await page(editor, "/library/misses")
    assert ("0 组" in words(html), "忽略了 1 家的问法：不是办事问题" in words(html)) == (True, True)


async def test_new_entry_is_drafted_with_its_source(client: Client, sign_in: SignIn) -> None:
    """And goes on in the library's form."""
    await said(client, UNREAD, "a")
    editor = await sign_in("liming", Role.EDITOR)
    body = {
        "id": "gaga-gulu",
        "title": "嘎嘎咕噜怎么办",
        "kind": "faq",
        "domain": "d01-registration",
        "source": "县市场监管局 3 月 2 日答复",
        "wordings": UNREAD,
        "answer": "请到 3 号窗口。",
        "marks": "m1 m2",
        "askers": 1,
    }
    assert await asked(editor, "/api/v1/misses/entry", body) == (200, {"id": "gaga-gulu", "revision": 1})
    assert (await asked(editor, "/api/v1/misses/entry", body))[0] == 409
    status, answer = await asked(editor, "/api/v1/misses/entry", body | {"id": "other", "domain": "d99"})
    assert (status, answer["error"]["field"]) == (400, "domain")
    _, html = await page(editor, "/library/entry/gaga-gulu/edit?revision=1")
    assert ("县市场监管局 3 月 2 日答复" in html, "请到 3 号窗口。" in html) == (True, True)


async def test_entries_are_found_for_a_form(sign_in: SignIn) -> None:
    """As choices of the form that asks."""
    editor = await sign_in("liming", Role.EDITOR)
    _, html = await page(editor, "/library/misses/entries?q=公司变更&form=merge-3")
    assert f'value="{CODE}" form="merge-3"' in html
    _, html = await page(editor, f"/library/misses/entries?q=公司变更&form=merge-3&shown={CODE}")
    assert f'value="{CODE}"' not in html
    assert (await page(editor, "/library/misses/entries?q="))[1].strip() == ""
    status, answer = await asked(editor, "/api/v1/misses/wordings", {"wordings": "换个说法", "marks": "m"})
    assert (status, answer["error"]["field"]) == (400, "code")


async def test_filters_are_checked(client: Client, sign_in: SignIn) -> None:
    """By fault, domain and weeks."""
    await said(client, UNREAD, "a")
    editor = await sign_in("liming", Role.EDITOR)
    assert "1 组" in words((await page(editor, "/library/misses?fault=unread&domain=unknown"))[1])
    assert "没有符合条件的问题" in (await page(editor, "/library/misses?fault=disliked"))[1]
    assert (await page(editor, "/library/misses?weeks=3"))[0] == 400
    assert (await page(editor, "/library/misses?fault=none"))[0] == 400


async def test_page_makes_the_same_queries_for_one_and_many(client: Client, sign_in: SignIn) -> None:
    """No query a row."""
    editor = await sign_in("liming", Role.EDITOR)
    await said(client, UNREAD, "a")
    with counted("message") as few:
        await page(editor, "/library/misses")
    for number in range(12):
        await said(client, f"{UNSURE}{'呢' * number}", f"b{number}")
    with counted("message") as many:
        await page(editor, "/library/misses")
    assert len(many) == len(few) == 1


async def test_models_page_without_a_model(sign_in: SignIn) -> None:
    """It says what to do; rolling back is refused with a sentence."""
    editor = await sign_in("liming", Role.EDITOR)
    _, html = await page(editor, "/library/models")
    assert ("还没有可用的模型" in html, "现在训练" in html) == (True, True)
    status, answer = await asked(editor, "/api/v1/models/rollback")
    assert (status, answer["error"]["code"]) == (409, "conflict")
