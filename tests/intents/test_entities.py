"""What is picked out of sentences: kind and value."""

import pytest

from base.text import normalise
from intents import EntityKind, find
from intents.numerals import number


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("仨人合伙在青椅山投了两千三百万", [("place", "青椅山园区"), ("money", "23000000")]),
        ("b033到哪了", [("ticket", "B033")]),
        ("明天下午两点半约", [("date", "day+1"), ("date", "T14:30")]),
        ("下周三上午9点", [("date", "week+1.3"), ("date", "T09:00")]),
        ("电话13812345678，税号91350100M000100Y43", [("phone", "13812345678"), ("credit_code", "91350100M000100Y43")]),
        ("2026年3月5号", [("date", "2026-03-05")]),
        ("二〇二六年三月", [("date", "2026-03")]),
        ("去年的政策", [("date", "year-1")]),
        ("都交了3个月了", [("span", "3 month")]),
        ("一年半没动静", [("span", "1.5 year")]),
        ("10.5万元", [("money", "105000")]),
        ("贷了五十来万", [("money", "500000")]),
        ("工单gd-20260305-0012办到哪了", [("case", "GD-20260305-0012")]),
        ("12号窗口在哪", []),
        ("我们小微企业做石英砂的，还没开工", [("scale", "micro"), ("industry", "mineral"), ("stage", "idea")]),
        ("城南园区的合作社", [("place", "城南园区"), ("scale", "cooperative")]),
        ("营业执照丢了咋整", []),
    ],
)
def test_entities(text: str, found: list[tuple[str, str]]) -> None:
    """In the order of the sentence."""
    assert [(each.kind.value, each.value) for each in find(normalise(text))] == found


def test_entity_knows_its_place() -> None:
    """Start and end are those of the normalised text."""
    text = normalise("我在城南园区，交了５万")
    for each in find(text):
        assert text[each.start : each.end] == each.text
    assert [each.kind for each in find(text)] == [EntityKind.PLACE, EntityKind.MONEY]


@pytest.mark.parametrize(
    ("text", "value"),
    [("三", 3), ("十二", 12), ("两百五", 250), ("三千零五", 3005), ("1,200", 1200), ("仨", 3), ("二十", 20)],
)
def test_numerals(text: str, value: int) -> None:
    """As people say them."""
    assert number(text) == value


def test_no_numeral() -> None:
    """What is no number has no value."""
    assert number("几") is None
