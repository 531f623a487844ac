"""Cards: every published entry × every facet renders, says nothing it does not hold, and marks every figure."""

from dataclasses import replace
from datetime import date

import pytest

from bot import cards
from bot.cards import Asking
from bot.plain import plain, split, units
from bot.rules.questions import FACET_NAMES
from bot.rules.turn import Action, Button, Turn
from knowledge import Binds, Confidence, Entry, Figure, Kind, PolicyKind, Snapshot, Standing, stance
from tests.bot.house import shared_library

ON = date(2026, 3, 2)
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


def test_every_figure_says_its_kind_and_whom_it_binds(library: Snapshot) -> None:
    """法定, 本厅承诺, 省内常见（非本厅承诺）; the applicant's are never the office's."""
    for entry in library.entries.values():
        if entry.confidence is Confidence.LOCAL_CHECK:
            continue
        (section,) = cards.card(library, entry, ["time_limit"], Asking("", ON)).sections[:1]
        if entry.statutory and entry.kind is not Kind.POLICY:
            binds = "申请人或建设单位" if entry.statutory.binds is Binds.APPLICANT else "办理机关"
            assert f"法定时限（约束{binds}）：{entry.statutory.text}" in section.lines
        if entry.usual and entry.kind is not Kind.POLICY:
            assert f"省内常见（非本厅承诺）：{entry.usual.text}" in section.lines
        assert not any("本厅承诺（" in line for line in section.lines)


def test_promise_of_this_hall_is_said_as_such(library: Snapshot) -> None:
    """Once the hall has entered one."""
    entry = replace(library.entries["food-business-license"], promise=Figure(text="5个工作日", binds=Binds.OFFICE))
    lines, is_held = cards.say(library, entry, "time_limit", Asking("", ON))
    assert is_held
    assert "本厅承诺（约束办理机关）：5个工作日" in lines


def test_local_check_gives_channels_only_and_a_person(library: Snapshot) -> None:
    """No conditions, no figures."""
    for entry in library.entries.values():
        if entry.confidence is Confidence.LOCAL_CHECK:
            card = cards.card(library, entry, ["materials", "fee"], Asking("", ON))
            assert (card.is_complete, card.needs_person, card.is_local) == (False, True, True)
            assert len(card.sections) == 1
            assert len(card.sections[0].lines) <= 4


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


@pytest.mark.parametrize("on", [ON, date(2027, 6, 1)])
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
    assert cards.say(library, entry, "other", Asking("会不会罚款", ON)) == cards.NOTHING


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
