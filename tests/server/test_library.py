"""The library's pages and API, on the starter edition."""

import pytest

from knowledge import STARTER_FOLDER, code_of, read_starter
from server.access import Role
from server.entry_form import written
from server.house import House
from tests.server.conftest import Client, SignIn
from tests.server.staff_builders import asked, counted, page, told, words

CODE = "company-change-registration"
ENTRIES = read_starter(STARTER_FOLDER).entries
ENTRY = next(entry for entry in ENTRIES if entry.id == CODE)


@pytest.fixture(autouse=True)
async def stocked(house: House) -> None:
    """The starter edition is in the database and indexed."""
    await house.stock_library()


async def test_draft_is_published_by_another(sign_in: SignIn, client: Client) -> None:
    """What one writes, another publishes; until then nothing is said of it."""
    writer, other = await sign_in("liming", Role.EDITOR), await sign_in("zhou", Role.EDITOR)
    fields = written(ENTRY) | {"fee": "免费，不收任何费用"}
    status, kept = await asked(writer, f"/api/v1/library/{CODE}/draft", {"fields": fields})
    assert (status, kept["revision"], kept["state"]) == (200, 2, "draft")
    path, order = f"/api/v1/library/{CODE}/review-and-publish", {"revision": 2}
    status, answer = await asked(writer, path, order)
    assert (status, answer["error"]["code"]) == (403, "forbidden")
    assert (await told(client, f"/api/v1/knowledge/{CODE}"))[1]["fee"] == ENTRY.fee
    assert (await asked(other, path, order))[0] == 200
    _, now = await told(client, f"/api/v1/knowledge/{CODE}")
    assert (now["fee"], now["record"]["revision"]) == ("免费，不收任何费用", 2)


async def test_pending_draft_is_listed_and_compared(sign_in: SignIn) -> None:
    """The colleague finds it on the list and sees what changed."""
    writer, other = await sign_in("liming", Role.EDITOR), await sign_in("zhou", Role.EDITOR)
    await asked(writer, f"/api/v1/library/{CODE}/draft", {"fields": {"fee": "免费哦"}})
    _, listed = await page(other, "/library")
    assert f"/library/entry/{CODE}?revision=2" in listed
    _, html = await page(other, f"/library/entry/{CODE}?revision=2")
    assert ("审核通过并发布" in html, "免费哦" in html, "和第 1 版相比" in html) == (True, True, True)
    _, own = await page(writer, f"/library/entry/{CODE}?revision=2")
    assert ("须由另一位同事审核发布" in own, "审核通过并发布" in own) == (True, False)


async def test_confirming_ends_the_notice(sign_in: SignIn) -> None:
    """“未经本厅核验” goes when an editor stands for the entry."""
    one = await sign_in("liming", Role.EDITOR)
    _, before = await page(one, f"/library/entry/{CODE}")
    assert "随软件提供，未经本厅核验" in before
    assert (await asked(one, f"/api/v1/library/{CODE}/confirm"))[0] == 200
    _, after = await page(one, f"/library/entry/{CODE}")
    assert ("未经本厅核验" in after, "本厅已核验" in after) == (False, True)


async def test_suspended_entry_is_not_found_by_search(sign_in: SignIn, client: Client) -> None:
    """Suspension acts at once."""
    one = await sign_in("liming", Role.EDITOR)
    query = "/api/v1/knowledge?q=公司变更登记"
    assert CODE in [hit["id"] for hit in (await told(client, query))[1]]
    await asked(one, f"/api/v1/library/{CODE}/suspend")
    assert CODE not in [hit["id"] for hit in (await told(client, query))[1]]
    assert (await told(client, f"/api/v1/knowledge/{CODE}"))[0] == 404


async def test_earlier_revision_does_not_offer_to_suspend(sign_in: SignIn) -> None:
    """What stops an entry is offered on the revision in force alone."""
    writer, other = await sign_in("liming", Role.EDITOR), await sign_in("zhou", Role.EDITOR)
    await asked(writer, f"/api/v1/library/{CODE}/draft", {"fields": {"fee": "免费哦"}})
    await asked(other, f"/api/v1/library/{CODE}/review-and-publish", {"revision": 2})
    _, old = await page(other, f"/library/entry/{CODE}?revision=1")
    assert ("暂停使用" in old, "已被第 2 版替代" in old, "以这一版为底稿修改" in old) == (False, True, True)


async def test_search_answers_with_standing(client: Client) -> None:
    """Each hit says how it stands; no question is a sentence, not an empty list."""
    status, hits = await told(client, "/api/v1/knowledge?q=厂子搬到园区了执照地址咋改")
    assert (status, hits[0]["id"], hits[0]["standing"]) == (200, CODE, "current")
    status, answer = await told(client, "/api/v1/knowledge?q=")
    assert (status, answer["error"]["field"]) == (400, "q")


async def test_question_is_tried_with_what_spoke_for_it(sign_in: SignIn) -> None:
    """The editor sees the words."""
    one = await sign_in("liming", Role.EDITOR)
    _, html = await page(one, "/library/tried?q=执照换地址")
    assert "<mark>" in html
    _, none = await page(one, "/library/tried?q=%20")
    assert words(none).strip() == ""


async def test_list_makes_the_same_queries_for_one_row_and_many(sign_in: SignIn) -> None:
    """No query a row."""
    one = await sign_in("liming", Role.EDITOR)
    with counted("entry") as few:
        _, html = await page(one, f"/library?q={CODE}")
    assert "共 1 条" in html
    with counted("entry") as many:
        await page(one, "/library")
    assert len(many) == len(few) > 0


async def test_new_entry_names_its_mistakes(sign_in: SignIn) -> None:
    """A draft without a title is refused by its field; a whole one waits for a colleague."""
    one = await sign_in("liming", Role.EDITOR)
    body = {"fields": {"title": ""}, "kind": "faq", "domain": "d99-hall", "domain_name": "大厅"}
    status, answer = await asked(one, "/api/v1/library/parking-fee/draft", body)
    assert (status, answer["error"]["field"]) == (400, "title")
    whole = {"title": "停车收费吗", "source": "大厅管理办公室", "as_of": "2026-03"}
    status, kept = await asked(one, "/api/v1/library/parking-fee/draft", body | {"fields": whole})
    assert (status, kept["state"], kept["revision"]) == (200, "draft", 1)


async def test_list_is_sorted_by_its_address(sign_in: SignIn) -> None:
    """A column's link sorts, and turns round when it is sorted already; an unknown column is refused."""
    one = await sign_in("liming", Role.EDITOR)
    _, html = await page(one, "/library?kind=policy&sort=title")
    assert ("kind=policy&amp;sort=-title" in html, 'aria-sort="ascending"' in html) == (True, True)
    titles = sorted((entry.title for entry in ENTRIES if entry.kind == "policy"), key=code_of)
    assert html.index(titles[0]) < html.index(titles[1]) < html.index(titles[5])
    assert (await page(one, "/library?sort=colour"))[0] == 400
