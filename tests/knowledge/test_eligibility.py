"""Policy eligibility: three enterprises for each policy, three-valued logic, the most deciding question, the file."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from base.errors import BadInput
from knowledge import (
    STARTER_FOLDER,
    Condition,
    Confidence,
    Entry,
    Matched,
    PolicyKind,
    Scheme,
    Starter,
    Verdict,
    most_deciding,
    read_starter,
    scheme_of,
)
from knowledge.eligibility import own_text, possible
from knowledge.files import dump
from tests.knowledge.builders import POLICY, write_folder

SCHEME = scheme_of(STARTER_FOLDER)
CASES: dict[str, dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("eligibility_cases.yaml").read_text(encoding="utf-8")
)
TEXT = """\
facts:
  - {code: scale, name: 规模, question: 多大？, level: loan, choices: [{code: small, name: 小}, {code: big, name: 大}]}
  - code: staff
    name: 人数
    question: 几个人？
    level: enterprise
    unit: 人
    choices: [{code: few, name: 30人以下, low: 0, high: 30}, {code: many, name: 超过30人, low: 31}]
policies:
  - id: stable-refund
    all:
      - {fact: scale, is: small, says: 失业保险}
      - {fact: staff, at_most: 20, says: 失业保险}
unmatched: []
"""


def policy(code: str) -> Matched:
    """A policy of the scheme."""
    return next(each for each in SCHEME.policies if each.id == code)


def verdict(code: str, answers: dict[str, str]) -> Verdict:
    """How a policy stands."""
    return SCHEME.judge(policy(code).condition, answers).verdict


def by_id(starter: Starter) -> dict[str, Entry]:
    """The entries by their ids."""
    return {each.id: each for each in starter.entries}


def test_every_matched_policy_has_its_enterprises() -> None:
    """And no others."""
    assert sorted(CASES) == sorted(each.id for each in SCHEME.policies)


@pytest.mark.parametrize("code", CASES)
def test_enterprise_that_qualifies_just_misses_and_is_unknown(code: str) -> None:
    """One fact makes the difference; without one, its question is named."""
    case = CASES[code]
    fits, misses, unknown = case["fits"], case["misses"], case["unknown"]
    assert len(misses) == 1
    assert verdict(code, fits) is Verdict.YES
    assert verdict(code, {**fits, **misses}) is Verdict.NO
    judged = SCHEME.judge(policy(code).condition, {fact: value for fact, value in fits.items() if fact != unknown})
    assert (judged.verdict, unknown in judged.unknown) == (Verdict.UNKNOWN, True)


def test_failing_conditions_are_named_in_the_policy_s_own_words() -> None:
    """“哪一条”."""
    judged = SCHEME.judge(policy("nat-sme-loan-interest-2026").condition, {"scale": "large"})
    assert [leaf.says for leaf in judged.failing] == ["中小微民营企业"]


def test_bands_say_what_holds() -> None:
    """Of several ways to qualify, the enterprise's own."""
    fund = policy("fee-disabled-employment-fund")
    assert SCHEME.bands_held(fund, {"headcount": "to-30"}) == ("在职职工30人（含）以下企业免征",)
    assert SCHEME.bands_held(fund, {"headcount": "80", "disabled": "few"}) == ("低于1%按90%",)
    air = policy("tax-environment-tax-reduction")
    assert SCHEME.bands_held(air, {"emission": "from-50"}) == ("低于50%减按50%征收",)


def test_band_that_straddles_a_limit_is_unknown() -> None:
    """A choice stands for all its numbers."""
    leaf = Condition(fact="headcount", at_most=100, says="x")
    verdicts = [SCHEME.judge(leaf, {"headcount": answer}).verdict for answer in ("to-30", "over-30", "100", "101")]
    assert verdicts == [Verdict.YES, Verdict.UNKNOWN, Verdict.YES, Verdict.NO]


def test_all_benefits_are_matched_or_told_why_not(starter: Starter) -> None:
    """33 benefits: 26 matched, 7 not."""
    benefits = {each.id for each in starter.entries if each.policy_kind is PolicyKind.BENEFIT}
    matched, left = {each.id for each in SCHEME.policies}, {each.id for each in SCHEME.unmatched}
    assert (len(matched), len(left), matched & left, matched | left) == (26, 7, set(), benefits)


def test_what_is_quoted_stands_in_the_policy(starter: Starter) -> None:
    """Conditions, bands and limits are drawn from nothing else."""
    entries = by_id(starter)
    foreign = [
        (each.id, said) for each in SCHEME.policies for said in each.quotes if said not in own_text(entries[each.id])
    ]
    assert foreign == []


def test_changed_or_unconfirmed_text_is_no_longer_matched(starter: Starter) -> None:
    """An editor's new wording makes the rule stale; what only the hall knows is never matched."""
    entries = by_id(starter)
    entries["tax-hte-15"] = replace(entries["tax-hte-15"], title="高企税率")
    entries["fin-ip-pledge"] = replace(entries["fin-ip-pledge"], confidence=Confidence.LOCAL_CHECK)
    entries["new-benefit"] = replace(entries["tax-hte-15"], id="new-benefit")
    del entries["gov-procurement-sme"]
    now = SCHEME.within(entries)
    gone = {each.id for each in SCHEME.policies} - {each.id for each in now.policies}
    assert gone == {"tax-hte-15", "fin-ip-pledge", "gov-procurement-sme"}
    whys = {each.id: each.why for each in now.unmatched}
    assert (whys["tax-hte-15"], whys["fin-ip-pledge"], whys["new-benefit"]) == (
        "政策条文有改动，初筛规则待更新",
        "各地办法不同，本厅尚未核实",
        "还没有写初筛规则",
    )


def test_most_deciding_question_comes_first() -> None:
    """What decides most of the open policies; answered and passed ones never again."""
    first = most_deciding(SCHEME, {}, ())
    second = most_deciding(SCHEME, {}, ["projects"])
    assert (first and first.code, second and second.code) == ("projects", "loans")
    everything = {fact.code: possible(fact)[0] for fact in SCHEME.facts}
    assert most_deciding(SCHEME, everything, ()) is None
    assert most_deciding(SCHEME, {}, [fact.code for fact in SCHEME.facts]) is None


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_more_answers_never_turn_a_verdict(data: st.DataObject) -> None:
    """What is decided stays decided; with every fact known, nothing is open."""
    answers = {fact.code: data.draw(st.sampled_from(possible(fact))) for fact in SCHEME.facts}
    some = {fact: answers[fact] for fact in data.draw(st.sets(st.sampled_from(sorted(answers))))}
    for each in SCHEME.policies:
        early, late = SCHEME.judge(each.condition, some), SCHEME.judge(each.condition, answers)
        assert late.verdict is not Verdict.UNKNOWN
        assert early.verdict in (Verdict.UNKNOWN, late.verdict)
        assert set(early.unknown) <= set(answers) - set(some)


def mistakes_of(tmp_path: Path, text: str) -> list[str]:
    """The lines of the refusal, without its first."""
    folder = write_folder(tmp_path, dump([POLICY]))
    (folder / "eligibility.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as refusal:
        read_starter(folder)
    return [line.removeprefix("  · eligibility.yaml ") for line in refusal.value.message.splitlines()[1:]]


def test_file_is_read_with_the_starter(tmp_path: Path) -> None:
    """Its facts and conditions as they stand."""
    folder = write_folder(tmp_path, dump([POLICY]))
    (folder / "eligibility.yaml").write_text(TEXT, encoding="utf-8")
    scheme = read_starter(folder).scheme
    assert [each.code for each in scheme.facts] == ["scale", "staff"]
    assert scheme.policies[0].all[1] == Condition(fact="staff", at_most=20, says="失业保险")
    (folder / "eligibility.yaml").unlink()
    assert read_starter(folder).scheme == Scheme()


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("is: small", "is: tiny", "第 12 行，is：“scale”没有选项“tiny”"),
        ("is: small", "at_most: 3", "第 12 行，fact：“scale”只能用 in、is 来判断"),
        ("fact: staff", "fact: stuff", "第 13 行，fact：没有叫“stuff”的事实"),
        ("at_most: 20, says: 失业保险", "at_most: 20", "第 13 行，says：须写明依据政策里的哪一句"),
        ("at_most: 20, says: 失业保险", "at_most: 20, says: 养老保险", "第 10 行，says：政策原文里没有“养老保险”"),
        ("at_most: 20", "at_mots: 20", "第 13 行，all[2].at_mots：没有这个字段，是不是想写 at_most？"),
        ("at_most: 20", "at_most: 很少", "第 13 行，all[2].at_most：须为数字，收到的是 str"),
        ("    unit: 人\n", "", "第 3 行，unit：有数值范围的须写明单位，没有的不写"),
        ("几个人？", "几个人", "第 5 行，question：须为一句问话，以“？”结尾"),
        ("{code: big, name: 大}", "{code: small, name: 大}", "第 2 行，choices：须有至少 2 个互不相同的选项"),
        ("unmatched: []", "unmatched: [{id: stable-refund, why: 不清楚}]", "第 14 行，id：“stable-refund”写了两次"),
        ("- id: stable-refund", "- id: nobody", "第 10 行，id：没有编号为“nobody”的政策"),
    ],
)
def test_every_mistake_is_named_by_file_line_and_field(tmp_path: Path, old: str, new: str, mistake: str) -> None:
    """Like the entries' files."""
    assert old in TEXT
    found = mistakes_of(tmp_path, TEXT.replace(old, new, 1))
    assert [each for each in found if each.startswith(mistake)], found


def test_benefit_without_a_word_and_idle_fact_are_refused(tmp_path: Path) -> None:
    """Each benefit stands somewhere; each fact is asked for something."""
    text = TEXT[: TEXT.index("policies:")] + "policies: []\nunmatched: []\n"
    assert mistakes_of(tmp_path, text) == [
        "第 1 行，facts：没有政策用到“scale”",
        "第 1 行，facts：没有政策用到“staff”",
        "第 9 行，policies：没有写“stable-refund”能否初筛",
    ]


def test_terms_are_not_the_scheme_s_matter(starter: Starter) -> None:
    """Ended policies are judged too; that they have ended is said by their entry."""
    assert by_id(starter)["hr-stable-refund-2025"].effective_to == date(2025, 12, 31)
    assert verdict("hr-stable-refund-2025", {"insurance": "full", "layoffs": "within"}) is Verdict.YES
