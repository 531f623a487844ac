"""Validity, publishing and supersession as tables."""

from datetime import date

import pytest

from base.errors import Conflict, Forbidden
from knowledge import Action, Standing, State, Validity, actions
from knowledge.rules import Issue, Term, after, in_force, refuse_own, sentence, standing, starts_on

NEW_YEAR, LAST_DAY = date(2026, 1, 1), date(2026, 12, 31)
FIXED = Term(Validity.FIXED, NEW_YEAR, LAST_DAY)
OPEN = Term(Validity.OPEN, NEW_YEAR)
UNSURE = Term(Validity.UNCONFIRMED, None, date(2025, 12, 31), "2025-12-31（2026年度是否延续待核）")


@pytest.mark.parametrize(
    ("term", "on", "expected"),
    [
        (FIXED, date(2025, 12, 31), Standing.NOT_YET),
        (FIXED, NEW_YEAR, Standing.CURRENT),
        (FIXED, LAST_DAY, Standing.CURRENT),
        (FIXED, date(2027, 1, 1), Standing.ENDED),
        (OPEN, date(2025, 12, 31), Standing.NOT_YET),
        (OPEN, date(2099, 1, 1), Standing.CURRENT),
        (Term(), date(1999, 1, 1), Standing.CURRENT),
        (UNSURE, date(2025, 6, 1), Standing.UNCONFIRMED),
        (UNSURE, date(2026, 6, 1), Standing.UNCONFIRMED),
        (Term(Validity.UNCONFIRMED, NEW_YEAR), date(2025, 1, 1), Standing.NOT_YET),
    ],
)
def test_standing_on_a_day(term: Term, on: date, expected: Standing) -> None:
    """Both ends of a term are included; unconfirmed stays so after its named end."""
    assert standing(term, on) is expected


@pytest.mark.parametrize(
    ("term", "on", "expected"),
    [
        (FIXED, NEW_YEAR, "自 2026 年 1 月 1 日起施行，有效期至 2026 年 12 月 31 日。"),
        (FIXED, date(2027, 1, 1), "已于 2026 年 12 月 31 日到期，不能再按此办理。"),
        (FIXED, date(2025, 1, 1), "自 2026 年 1 月 1 日起施行，目前尚未生效。"),
        (OPEN, LAST_DAY, "自 2026 年 1 月 1 日起施行，现行有效，未设截止日期。"),
        (
            UNSURE,
            NEW_YEAR,
            "有效期待核实（写明的期限已过）。资料写明：2025-12-31（2026年度是否延续待核）。办理前请先向主管部门确认。",
        ),
        (
            Term(Validity.FIXED, None, LAST_DAY, "可视情延长"),
            date(2027, 1, 1),
            "已于 2026 年 12 月 31 日到期，不能再按此办理。资料写明：可视情延长。是否延续请以主管部门最新通知为准。",
        ),
    ],
)
def test_sentence_says_the_standing(term: Term, on: date, expected: str) -> None:
    """Ended and unconfirmed are said as such, with the source's own words."""
    assert sentence(term, on) == expected


def test_every_state_and_action_moves_or_refuses() -> None:
    """No pair of state and action falls through."""
    for state in State:
        for action in Action:
            if action in actions(state):
                assert after(state, action) in State
            else:
                with pytest.raises(Conflict):
                    after(state, action)


def test_refusal_names_what_is_allowed() -> None:
    """The text and the list of buttons agree."""
    with pytest.raises(Conflict) as refusal:
        after(State.DRAFT, Action.PUBLISH)
    assert refusal.value.message == "这一版现在是“草稿”，不能发布；现在可以：审核、停用。"
    assert refusal.value.allowed == (Action.REVIEW, Action.RETIRE)


@pytest.mark.parametrize("action", [Action.REVIEW, Action.PUBLISH])
def test_nobody_publishes_what_they_wrote(action: Action) -> None:
    """Another may, the author may not."""
    refuse_own(action, "staff:1", "staff:2")
    with pytest.raises(Forbidden):
        refuse_own(action, "staff:1", "staff:1")


def test_author_may_suspend_own_text() -> None:
    """Stopping a wrong answer never waits for a second person."""
    refuse_own(Action.SUSPEND, "staff:1", "staff:1")


def test_revision_starts_no_earlier_than_published() -> None:
    """An old rule written down today is said from today."""
    assert starts_on(None, NEW_YEAR) == NEW_YEAR
    assert starts_on(date(2023, 1, 1), NEW_YEAR) == NEW_YEAR
    assert starts_on(LAST_DAY, NEW_YEAR) == LAST_DAY


def test_revision_supersedes_from_its_own_start() -> None:
    """A correction of today's text does not displace the one for next year."""
    now, coming, mended = date(2026, 3, 1), date(2027, 1, 1), date(2026, 4, 1)
    issues = [
        Issue(1, State.PUBLISHED, now),
        Issue(2, State.PUBLISHED, coming),
        Issue(3, State.PUBLISHED, mended),
        Issue(4, State.DRAFT, None),
    ]
    held = [in_force(issues, day) for day in (date(2026, 2, 1), now, mended, coming)]
    assert [each and each.number for each in held] == [1, 1, 3, 2]


def test_suspended_revision_brings_no_older_one_back() -> None:
    """Suspension silences the entry, not only its last words."""
    issues = [Issue(1, State.PUBLISHED, NEW_YEAR), Issue(2, State.SUSPENDED, NEW_YEAR)]
    assert in_force(issues, LAST_DAY) == issues[1]


def test_nothing_is_in_force_before_a_publication() -> None:
    """Reviewed is not yet published."""
    assert in_force([Issue(1, State.REVIEWED, None)], NEW_YEAR) is None
