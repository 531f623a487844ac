"""A page taken apart: guides by their headings, fields by their labels, the rest kept."""

import pytest

from knowledge import answers_of, code_of, passages

TWO = """\
一、排水许可办事指南
承办单位：县住建局
【申请材料】
1. 申请表；
（2）排水图
办理时限：20 个工作日
停车场备案办事指南
收费标准：不收费
"""


def test_text_is_cut_into_guides_and_fields() -> None:
    """Numbers before a line and semicolons after it go; a label may stand alone or before its words."""
    found = passages(TWO, is_html=False)
    assert [(each.number, each.title, each.fields) for each in found] == [
        (
            1,
            "排水许可办事指南",
            {"office": ["县住建局"], "materials": ["申请表", "排水图"], "usual": ["20 个工作日"]},
        ),
        (7, "停车场备案办事指南", {"fee": ["不收费"]}),
    ]


def test_lower_headings_are_no_guides() -> None:
    """They end the field before them; menus and scripts are not read."""
    first = "<nav>首页</nav><h2>甲</h2><h4>申请材料</h4><p>执照</p><h4>交通</h4><p>二楼</p>"
    html = f"{first}<script>x</script><h2>乙</h2><p>丙</p>"
    found = passages(html, is_html=True)
    assert [(each.title, each.fields, [line.text for line in each.left]) for each in found] == [
        ("甲", {"materials": ["执照"]}, ["交通", "二楼"]),
        ("乙", {}, ["丙"]),
    ]


def test_words_before_a_colon_are_no_label_by_chance() -> None:
    """Only known labels begin a field; an article keeps its paragraphs under their first clause."""
    (found,) = passages("通知：明天停水，请储水。\n咨询请到导办台。", is_html=False)
    assert found.fields == {}
    assert answers_of(found) == [
        ("通知：明天停水", "通知：明天停水，请储水。"),
        ("咨询请到导办台", "咨询请到导办台。"),
    ]


def test_empty_page_has_no_guides() -> None:
    """Nothing, rather than an empty guide."""
    assert passages("<html><body> </body></html>", is_html=True) == []


@pytest.mark.parametrize(("line", "is_broken"), [("供水、燃?xì夤艿篮碗娏€路", True), ("涨幅 50% 吗? 是", False)])
def test_broken_encoding_is_pointed_out(line: str, is_broken: bool) -> None:  # noqa: FBT001 (pytest's way)
    """What cannot be repaired is shown to the editor."""
    (found,) = passages(line, is_html=False)
    assert bool(found.broken) == is_broken


@pytest.mark.parametrize(
    ("title", "code"), [("停车场备案", "ting-che-chang-bei-an"), ("3C 认证（CCC）", "3c-ren-zheng-ccc"), ("——", "")]
)
def test_code_is_spelt_by_sound(title: str, code: str) -> None:
    """An id that can be typed."""
    assert code_of(title) == code
