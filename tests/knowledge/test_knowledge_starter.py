"""The starter edition holds what it promises, whole and in its own words."""

from collections import Counter
from datetime import date

from knowledge import Binds, Entry, Kind, PolicyKind, Standing, Starter, Validity
from knowledge.rules import standing

TODAY = date(2026, 11, 23)
GUIDES_BY_DOMAIN = {
    "d01-registration": 10,
    "d02-food-agri": 8,
    "d03-project": 6,
    "d04-land-planning": 11,
    "d05-construction": 4,
    "d06-environment": 7,
    "d07-safety-fire": 9,
    "d08-utilities": 7,
    "d09-tax": 9,
    "d10-labor-social": 12,
    "d11-finance": 7,
    "d12-tech-ip": 5,
    "d13-policy-techreform": 8,
    "d14-trade-logistics": 4,
    "d15-procurement": 2,
    "d16-realestate": 3,
    "d17-party-service": 3,
    "d18-rights-credit": 6,
}


def by_id(starter: Starter) -> dict[str, Entry]:
    """The entries by their ids."""
    return {each.id: each for each in starter.entries}


def test_starter_has_every_guide_and_policy(starter: Starter) -> None:
    """121 guides in 18 domains and 50 policies."""
    assert Counter(each.kind for each in starter.entries) == {Kind.GUIDE: 121, Kind.POLICY: 50}
    assert len(by_id(starter)) == 171
    assert Counter(e.domain for e in starter.entries if e.kind is Kind.GUIDE) == GUIDES_BY_DOMAIN


def test_starter_guides_are_complete(starter: Starter) -> None:
    """No guide lacks a field; the hall's own promise and counter are left to the hall."""
    guides = [each for each in starter.entries if each.kind is Kind.GUIDE]
    for name in ("conditions", "materials", "steps", "fee", "result", "online", "legal_basis", "questions", "aliases"):
        assert [each.id for each in guides if not getattr(each, name)] == [], name
    assert [each.id for each in guides if each.statutory is None or each.usual is None] == []
    assert [each.id for each in guides if each.promise is not None or each.counter] == []


def test_starter_policies_are_complete(starter: Starter) -> None:
    """Each has conditions, benefit and a way to claim, and its kind."""
    policies = [each for each in starter.entries if each.kind is Kind.POLICY]
    for name in ("conditions", "benefit", "claim", "legal_basis", "aliases", "level", "issuer", "until_text"):
        assert [each.id for each in policies if not getattr(each, name)] == [], name
    assert Counter(each.policy_kind for each in policies) == {
        PolicyKind.BENEFIT: 33,
        PolicyKind.PROGRAMME: 10,
        PolicyKind.RULE: 5,
        PolicyKind.WARNING: 2,
    }


def test_starter_is_nobody_in_this_halls_word(starter: Starter) -> None:
    """Nothing is confirmed; the placeholder is a draft."""
    assert [each.id for each in starter.entries if each.is_confirmed] == []
    assert starter.drafts == {"dd-local-policies-placeholder"}


def test_starter_figures_say_whom_they_bind(starter: Starter) -> None:
    """A deadline for the enterprise is not the office's promise."""
    entries = by_id(starter)
    report = entries["enterprise-annual-report"].statutory
    permit = entries["construction-permit"].statutory
    assert report is not None
    assert permit is not None
    assert (report.binds, report.value) == (Binds.APPLICANT, None)
    assert (permit.binds, permit.value, permit.unit, permit.text) == (
        Binds.OFFICE,
        7,
        "calendar_days",
        "自收到申请之日起7日内",
    )


def test_starter_basis_is_split_into_document_and_clause(starter: Starter) -> None:
    """Together they are the text as it was."""
    basis = by_id(starter)["company-change-registration"].legal_basis
    assert [(each.document, each.clause) for each in basis] == [
        ("公司法（2023）", "第34条至第36条"),
        ("市场主体登记管理条例", "第24条、第26条、第27条"),
    ]
    assert basis[0].text == "公司法（2023）第34条至第36条"


def test_starter_twins_share_a_matter(starter: Starter) -> None:
    """17 matters, 18 pairs; two policies of one matter differ in scope."""
    matters: dict[str, list[str]] = {}
    for each in starter.entries:
        if each.matter:
            matters.setdefault(each.matter, []).append(each.id)
    assert len(matters) == 17
    assert sum(len(ids) - 1 for ids in matters.values()) == 18
    assert matters["stable-refund"] == ["unemployment-stable-refund", "hr-stable-refund-2025"]
    keys = [(each.matter, each.kind, each.scope) for each in starter.entries if each.matter]
    assert len(keys) == len(set(keys))


def test_starter_prose_terms_are_unconfirmed_with_the_prose_kept(starter: Starter) -> None:
    """“暂定 1 年” is not a date."""
    entries = by_id(starter)
    loan = entries["nat-sme-loan-interest-2026"]
    refund = entries["hr-stable-refund-2025"]
    assert (loan.validity, loan.effective_to, loan.until_text) == (
        Validity.UNCONFIRMED,
        None,
        "暂定1年（可视情延长）",
    )
    assert (refund.validity, refund.effective_to) == (Validity.UNCONFIRMED, date(2025, 12, 31))
    unsure = [
        each.id
        for each in starter.entries
        if any(word in each.until_text for word in ("待核", "为准", "暂定", "须有"))
        and standing(each.term, TODAY) is not Standing.UNCONFIRMED
    ]
    assert unsure == []


def test_starter_standing_today(starter: Starter) -> None:
    """What ends with 2026 is called ended in 2027."""
    policies = [each for each in starter.entries if each.kind is Kind.POLICY]
    assert Counter(standing(each.term, TODAY) for each in policies) == {Standing.CURRENT: 24, Standing.UNCONFIRMED: 26}
    later = {each.id for each in policies if standing(each.term, date(2027, 1, 1)) is Standing.ENDED}
    assert later == {"nat-2026-two-new-notice", "nat-equipment-loan-interest"}
