"""Search finds entries by any of their names, however they are typed; the snapshot follows the library."""

import time
from dataclasses import replace
from datetime import date

import pytest

from base.clock import SetClock
from base.db import Database
from knowledge import Entry, Index, KnowledgeSettings, Library, Snapshot, Standing, Starter
from knowledge.pinyin import initials, syllables_of_run
from tests.knowledge.builders import GUIDE, POLICY, dated, starter_of

TODAY = date(2026, 3, 2)


def first(index: Index, query: str) -> str:
    """The id of the best hit."""
    return index.search(query, 1)[0].id


def test_search_finds_titles_and_aliases(index: Index, starter: Starter) -> None:
    """Every name is among the best five for its entry, nearly all are first."""
    names = [(name, entry) for entry in starter.entries for name in (entry.title, *entry.aliases)]
    missed = [(name, entry.id) for name, entry in names if entry.id not in top(index, name, 5)]
    wrong = [(name, entry.id) for name, entry in names if not is_first(index, name, entry, starter)]
    assert missed == []
    assert len(wrong) <= len(names) * 0.05, wrong


def top(index: Index, query: str, limit: int) -> list[str]:
    """The ids of the best hits."""
    return [hit.id for hit in index.search(query, limit)]


def is_first(index: Index, name: str, entry: Entry, starter: Starter) -> bool:
    """Whether ``name`` finds ``entry`` or its twin first."""
    found = next(each for each in starter.entries if each.id == first(index, name))
    return found.id == entry.id or (entry.matter != "" and found.matter == entry.matter)


def test_search_finds_the_questions_people_ask(index: Index, starter: Starter) -> None:
    """The library's own questions lead to their entries."""
    asked = [(question, entry.id) for entry in starter.entries for question in entry.questions]
    assert sum(first(index, question) == code for question, code in asked) >= len(asked) * 0.95


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("俺们加工厂挪到城南园区了，执照地址得咋改", "company-change-registration"),
        ("經營異常名錄怎麼移出", "abnormal-list-removal"),
        ("食品经(jīng)营许可证要啥材料", "food-business-license"),
        ("食品惊营许可政", "food-business-license"),
        ("ＳＰＪＹＸＫ", "food-business-license"),
        ("spjyxk怎么办", "food-business-license"),
        ("shipinjingyingxuke", "food-business-license"),
        ("排污须可证", "pollutant-discharge-permit"),
        ("不动产抵压登记", "realestate-mortgage-registration"),
        ("老板欠我货款一直不给", "overdue-payment-complaint"),
    ],
)
def test_search_forgives_how_it_is_typed(index: Index, query: str, expected: str) -> None:
    """Dialect, traditional characters, stray pinyin, homophones, full width, initials, pinyin."""
    assert first(index, query) == expected


def test_search_by_initials_of_an_alias(index: Index) -> None:
    """Initials alone: yyzz is 营业执照."""
    assert top(index, "yyzz", 2) == ["individual-business-registration", "company-establishment"]


def test_search_for_nothing_known_finds_nothing(index: Index) -> None:
    """No hit is invented, and an empty library answers too."""
    assert index.search("") == []
    assert index.search("？！ ") == []
    assert index.search("qqqq") == []
    assert Index.build(()).search("营业执照") == []


def test_search_explains_itself(index: Index) -> None:
    """The pieces are named only when asked for."""
    hit = index.search("稳岗返还", 1, explain=True)[0]
    assert hit.why[0] == "稳岗"
    assert index.search("稳岗返还", 1)[0].why == ()


def test_more_phrasings_are_searched(starter: Starter) -> None:
    """Phrasings from outside the entries count like questions."""
    index = Index.build(starter.entries, {"credit-repair": ["黑榜上有我们厂"]})
    assert first(index, "黑榜上有我们厂") == "credit-repair"


def test_weights_of_nothing_leave_a_field_out() -> None:
    """A weight of 0 switches off."""
    settings = KnowledgeSettings(alias_weight=0, initials_weight=0, pinyin_weight=0)
    index = Index.build([replace(GUIDE, aliases=("换门脸",))], settings=settings)
    assert index.search("换门脸") == []


def test_syllables_of_a_latin_run() -> None:
    """Whole syllables or none."""
    assert syllables_of_run("yingyezhizhao") == ["ying", "ye", "zhi", "zhao"]
    assert syllables_of_run("xyz") == []
    assert initials("营业执照A") == "yyzz"


def test_search_is_quick(index: Index) -> None:
    """A generous bound that a loaded machine keeps too."""
    queries = ["企业注销要多长时间", "俺们加工厂挪到城南园区了，执照地址得咋改"] * 100
    index.search(queries[0])
    begun = time.process_time()
    for query in queries:
        index.search(query)
    assert (time.process_time() - begun) / len(queries) < 0.003


async def test_snapshot_follows_publications(db: Database, library: Library) -> None:
    """Until it is refreshed, the old snapshot answers."""
    assert library.search("改执照") == []
    await db.write(lambda s: library.load_starter(s, starter_of(GUIDE, POLICY)), "library")
    assert await db.read(library.refresh)
    assert not await db.read(library.refresh)
    assert [hit.id for hit in library.search("改执照")] == [GUIDE.id]
    await db.write(lambda s: library.suspend(s, GUIDE.id, "staff:1"), "library")
    assert await db.read(library.is_stale)
    assert [hit.id for hit in library.search("改执照")] == [GUIDE.id]
    await db.read(library.refresh)
    assert library.search("改执照") == []


async def test_snapshot_is_stale_on_a_new_day(db: Database, library: Library, clock: SetClock) -> None:
    """A revision may begin at midnight without any publication."""
    await db.write(lambda s: library.load_starter(s, starter_of(GUIDE)), "library")
    await db.read(library.refresh)
    clock.advance(hours=15)
    assert await db.read(library.is_stale)
    assert (await db.read(library.refresh), library.snapshot.day) == (True, date(2026, 3, 3))


def test_guide_inherits_its_policies_standing() -> None:
    """One stance for each policy of its matter; a policy has its own."""
    guide = replace(GUIDE, matter="refund")
    ended = dated(POLICY, end=date(2025, 12, 31), matter="refund")
    held = replace(POLICY, id="held", matter="refund", scope="大型企业")
    snapshot = Snapshot.of([guide, ended, held], TODAY)
    stances = snapshot.stances(guide, TODAY)
    assert [(each.id, each.standing) for each in stances] == [
        ("held", Standing.CURRENT),
        ("stable-refund", Standing.ENDED),
    ]
    assert [each.id for each in snapshot.stances(ended, TODAY)] == ["stable-refund"]
    assert [each.id for each in snapshot.twins(ended)] == ["company-change", "held"]


def test_ended_entries_are_found_too() -> None:
    """So that they can be called ended."""
    snapshot = Snapshot.of([dated(POLICY, end=date(2025, 12, 31))], TODAY)
    assert [hit.id for hit in snapshot.index.search("稳岗补贴")] == ["stable-refund"]
