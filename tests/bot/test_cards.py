"""Cards: every published entry × every facet renders, says nothing it does not hold, and marks every figure."""

import re
from dataclasses import replace
from datetime import date

import pytest

from bot import cards, facets
from bot.facets import Asking, Said
from bot.plain import plain, split, units
from bot.rules.questions import FACET_NAMES
from bot.rules.turn import Action, Button, Card, Turn
from knowledge import Binds, Confidence, Entry, Figure, Kind, PolicyKind, Snapshot, Standing, stance
from tests.bot.house import shared_library

ON, LATER = date(2026, 3, 2), date(2027, 6, 1)
FACETS = list(FACET_NAMES)
FIELDS = {
    "materials": "materials",
    "steps": "steps",
    "fee": "fee",
    "online": "online",
    "pitfalls": "pitfalls",
    "basis": "legal_basis",
    "conditions": "conditions",
}


@pytest.fixture(scope="module")
def library() -> Snapshot:
    """The starter library as published."""
    return shared_library().snapshot


def answerable(library: Snapshot) -> list[Entry]:
    """The entries that are answered from."""
    return [each for each in library.entries.values() if each.confidence is not Confidence.LOCAL_CHECK]


def everything(library: Snapshot) -> list[tuple[Entry, str, Card]]:
    """Every entry's card for every facet, on a day when some have ended."""
    known = library.entries.values()
    return [
        (entry, facet, cards.card(library, entry, [facet], Asking("", LATER))) for entry in known for facet in FACETS
    ]


def test_every_entry_and_facet_renders(library: Snapshot) -> None:
    """Something is said for each, with a basis line, and never an empty line."""
    bare = []
    for entry in library.entries.values():
        for facet in FACETS:
            card = cards.card(library, entry, [facet], Asking("会不会罚款", ON))
            lines = [line for section in card.sections for line in section.lines]
            if not lines or not all(line.strip() for line in lines) or not card.basis:
                bare.append((entry.id, facet))
    assert bare == []
    assert len(library.entries) > 150


def test_no_empty_facet_is_said_as_if_answered(library: Snapshot) -> None:
    """What no entry of the matter holds is not complete, and offers a person."""
    wrong = []
    for entry in library.entries.values():
        for facet, field in FIELDS.items():
            if entry.confidence is Confidence.LOCAL_CHECK or entry.kind is Kind.POLICY:
                continue
            held = any(getattr(each, field) for each in cards.holders(library, entry, facet)) or (
                facet == "conditions" and bool(entry.who)
            )
            card = cards.card(library, entry, [facet], Asking("", ON))
            if card.is_complete != held or card.needs_person == held:
                wrong.append((entry.id, facet, held))
    assert wrong == []


HAS_NUMBER = re.compile(r"\d")
MARKED = re.compile(r"(?:法定时限|本厅承诺)（约束(?:办理机关|申请人或建设单位)）：|省内常见（非本厅承诺）：")
UNMARKED = re.compile(r"(?:法定时限|本厅承诺|实际用时)：|无|没有统一天数|这是政策文件|指南没有写明|政策资料没有写明")


def test_every_figure_says_its_kind_and_whom_it_binds(library: Snapshot) -> None:
    """法定, 本厅承诺, 省内常见（非本厅承诺）; words without a number bind nobody; the hall has promised nothing yet."""
    unmarked = []
    for entry in answerable(library):
        sections = cards.card(library, entry, ["time_limit"], Asking("", ON)).sections
        for line in (line for section in sections for line in section.lines):
            has_number = any(each.isdecimal() for each in line)
            if not (MARKED.match(line) or (UNMARKED.match(line) and not has_number)) or "本厅承诺（" in line:
                unmarked.append((entry.id, line))
    assert unmarked == []


def test_figures_are_said_as_they_are_written(library: Snapshot) -> None:
    """The applicant's are never the office's."""
    for entry in answerable(library):
        lines = facets.say(library, entry, "time_limit", Asking("", ON)).lines
        if entry.statutory is not None and HAS_NUMBER.search(entry.statutory.text):
            binds = "申请人或建设单位" if entry.statutory.binds is Binds.APPLICANT else "办理机关"
            assert lines[0] == f"法定时限（约束{binds}）：{entry.statutory.text}"
        if entry.usual is not None and HAS_NUMBER.search(entry.usual.text):
            assert f"省内常见（非本厅承诺）：{entry.usual.text}" in lines


def test_pointer_elsewhere_is_no_time_limit(library: Snapshot) -> None:
    """“见定级办法” and “以本地办事指南为准” answer nothing."""
    said = facets.say(library, library.entries["safety-standardization"], "time_limit", Asking("", ON))
    assert (said.is_held, said.lines[-1]) == (False, "没有统一天数，可以转人工核实。")


def test_promise_of_this_hall_is_said_as_such(library: Snapshot) -> None:
    """Once the hall has entered one."""
    entry = replace(library.entries["food-business-license"], promise=Figure(text="5个工作日", binds=Binds.OFFICE))
    said = facets.say(library, entry, "time_limit", Asking("", ON))
    assert said.is_held
    assert "本厅承诺（约束办理机关）：5个工作日" in said.lines


def test_local_check_gives_channels_only_and_a_person(library: Snapshot) -> None:
    """No conditions, no figures."""
    for entry in library.entries.values():
        if entry.confidence is Confidence.LOCAL_CHECK:
            card = cards.card(library, entry, ["materials", "fee"], Asking("", ON))
            assert (card.is_complete, card.needs_person, card.is_local) == (False, True, True)
            said, *channels = card.sections
            assert said.lines == (cards.LOCAL_CHECK,)
            told = facets.labelled(("承办单位", entry.office), ("渠道", facets.channels(entry)))
            assert [section.lines for section in channels] == [told][: len(told)]


HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:!?()]|[,;:!?()][\u4e00-\u9fff]|。。|：：|；。|，。")
CODES = re.compile(r"[a-z]{2,}[_-][a-z]{2,}|None|[{}<>]|\bopen\b|\bfixed\b")


def test_cards_read_like_chinese(library: Snapshot) -> None:
    """No code, no half-width marks, no doubled ones, no label said twice."""
    ugly = []
    for entry, facet, card in everything(library):
        for section in card.sections:
            lines = (*section.lines, *card.caveats, *card.basis)
            marks = [line for line in lines if HALF_WIDTH.search(line) or CODES.search(line)]
            twice = [line for line in section.lines if line.startswith(f"{section.heading.partition('（')[0]}：")]
            ugly += [(entry.id, facet, line) for line in (*marks, *twice)]
    assert ugly == []


def test_nothing_is_said_twice_in_a_card(library: Snapshot) -> None:
    """Neither a line nor what the small print repeats of an answer about basis or validity."""
    doubled = []
    for entry, facet, card in everything(library):
        lines = [line for section in card.sections for line in section.lines] + [*card.caveats, *card.basis]
        body = "".join(line for section in card.sections for line in section.lines)
        again = [line for line in card.caveats if line.partition("」")[2] and line.partition("」")[2] in body]
        if len(set(lines)) != len(lines) or again or (facet == "basis" and f"依据：{body}" in card.basis):
            doubled.append((entry.id, facet, again))
    assert doubled == []


def test_every_answer_has_its_source(library: Snapshot) -> None:
    """A document for each entry that is spoken from, and a date for the text."""
    for entry, facet, card in everything(library):
        assert [source.document or source.id for source in card.sources if not source.document] == []
        assert card.basis[-1].startswith("更新：")
        is_cited = any(line.startswith("依据") for line in card.basis) or facet == "basis" or card.is_local
        assert is_cited, (entry.id, facet)


def test_materials_are_those_of_the_own_case(library: Snapshot) -> None:
    """Rented premises bring the lease, own ones the title; who does not say gets both, each marked."""
    entry = library.entries["electricity-new-connection"]

    def names(words: str) -> set[str]:
        return {line.partition("（")[0] for line in facets.say(library, entry, "materials", Asking(words, ON)).lines}

    own, rented = "〔自有场地〕用电地址权属证明", "〔租用场地〕用电地址租赁证明"
    assert names("新装用电要什么材料") & {own, rented} == {own, rented}
    assert names("厂房是租的，新装用电要什么材料") & {own, rented} == {rented}
    assert names("自有厂房新装用电要什么材料") & {own, rented} == {own}


def test_what_is_fetched_is_not_demanded(library: Snapshot) -> None:
    """Papers that offices share are said to be so."""
    lines = facets.say(library, library.entries["investment-project-filing"], "materials", Asking("", ON)).lines
    assert "营业执照信息（网上核验，核验得到的可免交）" in lines


def test_validity_of_a_guide_is_that_of_its_result(library: Snapshot) -> None:
    """That its rules hold is no answer to how long a certificate does."""
    licence = facets.say(library, library.entries["food-production-license"], "validity", Asking("", ON))
    assert (licence.is_held, licence.lines[0]) == (True, "办理结果：食品生产许可证（SC编号），有效期5年")
    deed = facets.say(library, library.entries["realestate-mortgage-registration"], "validity", Asking("", ON))
    assert (deed.is_held, deed.lines[0]) == (False, facets.NO_TERM_WRITTEN)


def test_what_is_taken_away_is_not_called_a_benefit(library: Snapshot) -> None:
    """Warnings, rules and programmes have names of their own."""
    named = {each.policy_kind: cards.kind_name(each) for each in library.entries.values()}
    assert named == {
        None: "办事指南",
        PolicyKind.BENEFIT: "惠企政策",
        PolicyKind.RULE: "政策规定",
        PolicyKind.WARNING: "政策提示",
        PolicyKind.PROGRAMME: "工作方案",
    }


def test_likely_and_unchecked_are_said(library: Snapshot) -> None:
    """“以窗口最新指南为准”, “依据待核”, “未经本厅核验”."""
    for entry in library.entries.values():
        if entry.confidence is Confidence.LOCAL_CHECK:
            continue
        card = cards.card(library, entry, ["overview"], Asking("", ON))
        assert (cards.NEWEST_GUIDE in card.caveats) == (entry.confidence is Confidence.LIKELY)
        assert (cards.BASIS_UNCHECKED in card.caveats) == entry.is_basis_unchecked
        assert "未经本厅核验" in card.basis[-1]


def test_confirmed_entry_shows_when_it_was_verified(library: Snapshot) -> None:
    """And the note about the shipped software goes."""
    entry = library.entries["food-business-license"]
    confirmed = replace(entry, record=replace(entry.record, verified_by="staff:2", verified_on=ON))
    card = cards.card(library, confirmed, ["fee"], Asking("", ON))
    assert card.basis[-1] == "更新：2026-03-02 本厅核验"
    assert cards.BASIS_UNCHECKED not in card.caveats


@pytest.mark.parametrize("on", [ON, LATER])
def test_ended_and_unconfirmed_are_never_told_as_current(library: Snapshot, on: date) -> None:
    """Computed on the day it is asked; a guide inherits its policy's."""
    for entry in library.entries.values():
        if entry.confidence is Confidence.LOCAL_CHECK:
            continue
        card = cards.card(library, entry, ["amount"], Asking("", on))
        for each in library.stances(entry, on):
            if each.standing is not Standing.CURRENT:
                assert any(each.text in caveat for caveat in card.caveats)


def test_twins_answer_together_and_both_are_cited(library: Snapshot) -> None:
    """Conditions from the policy, materials from the guide."""
    guide = library.entries["unemployment-stable-refund"]
    (policy,) = [each for each in library.twins(guide) if each.kind is Kind.POLICY]
    card = cards.card(library, guide, ["conditions", "materials"], Asking("", ON))
    assert [source.id for source in card.sources] == [policy.id, guide.id]
    assert set(policy.conditions) <= set(card.sections[0].lines)
    assert len(card.sections[1].lines) == len(guide.materials)


def test_other_is_answered_only_by_an_approved_answer(library: Snapshot) -> None:
    """Else that it is not written."""
    entry = next(each for each in library.entries.values() if not each.answers and each.kind is Kind.GUIDE)
    assert facets.say(library, entry, "other", Asking("会不会罚款", ON)) == Said((facets.NOT_WRITTEN,), is_held=False)


def test_how_much_is_answered_by_what_is_held(library: Snapshot) -> None:
    """What it costs, or what it brings; not a sentence about the other."""
    guide = cards.card(library, library.entries["food-business-license"], ["fee", "amount"], Asking("", ON))
    assert ([each.facet for each in guide.sections], guide.is_complete) == (["fee"], True)
    policy = cards.card(library, library.entries["tax-small-low-profit"], ["fee", "amount"], Asking("", ON))
    assert ([each.facet for each in policy.sections], policy.is_complete) == (["amount"], True)


def test_warnings_name_what_is_gone(library: Snapshot) -> None:
    """Aluminium asks of aluminium; who says nothing hears both."""
    both = cards.warnings(library, "出口退税怎么办", ON)
    assert [each.id for each in both] == ["export-rebate-aluminium-cancel", "export-rebate-pv-cancel"]
    assert all(each.policy_kind is PolicyKind.WARNING for each in both)
    assert [each.id for each in cards.warnings(library, "铝型材出口退税", ON)] == ["export-rebate-aluminium-cancel"]
    assert "退税取消" in cards.warning_line(both[0])


def test_plain_text_numbers_the_menu_and_says_everything(library: Snapshot) -> None:
    """The alarm before all."""
    entry: Entry = library.entries["food-business-license"]
    card = cards.card(library, entry, ["fee"], Asking("", ON))
    turn = Turn(
        action=Action.ANSWER, alarm="警", notice="告", paragraphs=("一",), cards=(card,), menu=(Button("甲", "x"),)
    )
    text = plain(turn)
    assert text.startswith("警\n\n告\n\n一\n\n【食品经营许可】\n费用：")
    assert text.endswith("1. 甲")


def test_split_keeps_every_character_below_the_limit() -> None:
    """Counted as the messenger counts, cut at line ends where there are any."""
    text = "甲" * 5000 + "\n" + "🏭" * 3000 + "\n尾"
    pieces = split(text, 4000)
    assert all(units(piece) <= 4000 for piece in pieces)
    assert "".join(pieces).replace("\n", "") == text.replace("\n", "")


def test_stance_is_what_the_library_says(library: Snapshot) -> None:
    """What these tests lean on."""
    entry = library.entries["export-rebate-aluminium-cancel"]
    assert stance(entry, ON).id == entry.id
