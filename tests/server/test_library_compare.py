"""Two revisions side by side, and an earlier one brought back."""

from dataclasses import replace

import pytest

from knowledge import STARTER_FOLDER, read_starter
from server.access import Role
from server.library_compare import Change, changes, marked
from tests.server.conftest import Client, SignIn
from tests.server.staff_builders import asked, page, words

CODE = "company-change-registration"
ENTRY = next(entry for entry in read_starter(STARTER_FOLDER).entries if entry.id == CODE)


@pytest.mark.parametrize(
    ("before", "after", "was", "now"),
    [
        ("3 个工作日", "5 个工作日", [(True, "3"), (False, " 个工作日")], [(True, "5"), (False, " 个工作日")]),
        ("免费", "", [(True, "免费")], []),
        ("", "免费", [], [(True, "免费")]),
        ("甲乙丙", "丁乙戊", [(True, "甲乙丙")], [(True, "丁乙戊")]),
    ],
)
def test_words_that_differ_are_marked(
    before: str, after: str, was: list[tuple[bool, str]], now: list[tuple[bool, str]]
) -> None:
    """What is the same stays plain; a single sign between two differences is part of them."""
    assert marked(before, after) == (was, now)


def test_change_says_in_a_word_what_happened() -> None:
    """Not by colour alone."""
    told = changes(replace(ENTRY, fee="免费", result=""), replace(ENTRY, fee="", result="执照"))
    assert told == [
        Change("费用", "删去", "late", [(True, "免费")], []),
        Change("办理结果", "新增", "ok", [], [(True, "执照")]),
    ]


async def drafted(browser: Client, fee: str) -> None:
    """A draft that changes the fee."""
    status, _ = await asked(browser, f"/api/v1/library/{CODE}/draft", {"fields": {"fee": fee}})
    assert status == 200


async def test_any_two_revisions_are_compared(sign_in: SignIn) -> None:
    """By their numbers, either way round; without numbers the last two."""
    one = await sign_in("liming", Role.EDITOR)
    await drafted(one, "第二版的费用")
    await drafted(one, "第三版的费用")
    _, html = await page(one, f"/library/entry/{CODE}/compare?from=3&to=1")
    assert ("<del>第三版的费用</del>" in html, f"<ins>{ENTRY.fee}</ins>" in html) == (True, True)
    _, html = await page(one, f"/library/entry/{CODE}/compare")
    assert ("第<del>二</del>版的费用" in html, "第<ins>三</ins>版的费用" in html) == (True, True)
    status, html = await page(one, f"/library/entry/{CODE}/compare?from=9")
    assert (status, "没有第 9 版" in html) == (404, True)


async def test_first_revision_alone_has_nothing_beside_it(sign_in: SignIn) -> None:
    """No error: the page says that nothing differs."""
    _, html = await page(await sign_in("liming", Role.EDITOR), f"/library/entry/{CODE}/compare")
    assert "两版的文字没有不同" in words(html)


async def test_earlier_revision_is_restored_as_a_draft(sign_in: SignIn) -> None:
    """The button's act; a visitor may not."""
    writer, other = await sign_in("liming", Role.EDITOR), await sign_in("zhou", Role.EDITOR)
    await drafted(writer, "新的费用")
    await asked(other, f"/api/v1/library/{CODE}/review-and-publish", {"revision": 2})
    _, html = await page(writer, f"/library/entry/{CODE}/compare")
    assert "把第 1 版恢复为新草稿" in html
    status, kept = await asked(writer, f"/api/v1/library/{CODE}/restore", {"revision": 1})
    assert (status, kept["revision"], kept["state"]) == (200, 3, "draft")
    _, html = await page(writer, f"/library/entry/{CODE}?revision=3")
    assert f"<ins>{ENTRY.fee}</ins>" in html
    clerk = await sign_in("chen", Role.CLERK)
    assert (await asked(clerk, f"/api/v1/library/{CODE}/restore", {"revision": 1}))[0] == 403
