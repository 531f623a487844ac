"""The board of what was not answered well, from plain misses."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot import Fault, Miss
from knowledge import Suggestion, SuggestionKind
from server.miss_board import UNKNOWN, Board, board, mark, mondays
from tests.knowledge.builders import GUIDE, POLICY

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
DAYS = mondays(date(2026, 3, 4), 4)
ENTRIES = {GUIDE.id: GUIDE, POLICY.id: POLICY}
MOVED = Miss(
    asker=1, text="厂子挪窝执照地址得改不", at=NOW, fault=Fault.UNSURE, leads=((GUIDE.id, 0.5), (POLICY.id, 0.1))
)
REFUND = replace(MOVED, text="稳岗的钱哪天到账", leads=((POLICY.id, 0.4),))
STRANGE = Miss(asker=9, text="嘎嘎咕噜", at=NOW, fault=Fault.UNREAD)
TAKEN_UP = Suggestion(
    id=1,
    kind=SuggestionKind.WORDING,
    code=GUIDE.id,
    revision=2,
    wordings=(MOVED.text,),
    marks=(mark(MOVED.text),),
    askers=1,
    reason="",
    suggested_by="bot",
    settled_by="staff:1",
    settled_at=NOW,
)


def made(*misses: Miss, settled: tuple[Suggestion, ...] = ()) -> Board:
    """The board of these."""
    return board(misses, settled, ENTRIES, ZONE, DAYS)


def test_weeks_begin_on_mondays() -> None:
    """This one's is the last."""
    assert (date(2026, 2, 9), date(2026, 2, 16), date(2026, 2, 23), date(2026, 3, 2)) == DAYS
    assert mondays(date(2026, 3, 2), 1) == (date(2026, 3, 2),)


def test_table_counts_askers_by_domain_and_week() -> None:
    """An asker once in each cell; a Sunday evening in the hall belongs to the week before."""
    sunday = datetime(2026, 3, 1, 15, 59, tzinfo=UTC)
    found = made(
        MOVED, MOVED, replace(MOVED, asker=2, at=sunday), replace(REFUND, at=NOW - timedelta(days=14)), STRANGE
    )
    assert [(row.domain, row.weeks, row.askers) for row in found.rows] == [
        (GUIDE.domain, (0, 0, 1, 1), 2),
        (POLICY.domain, (0, 1, 0, 0), 1),
        (UNKNOWN, (0, 0, 0, 1), 1),
    ]
    assert (found.askers, found.times) == (3, 5)
    assert [group.wordings[0][0] for group in found.of(POLICY.domain)] == [REFUND.text]


def test_what_was_taken_up_comes_back_only_if_it_is_missed_again() -> None:
    """With what was settled before; what was dismissed never does."""
    later = replace(MOVED, asker=3, at=NOW + timedelta(hours=1))
    dismissed = replace(TAKEN_UP, kind=SuggestionKind.DISMISSAL, code="", revision=0)
    assert made(MOVED, settled=(TAKEN_UP,)).groups == ()
    (group,) = made(MOVED, later, settled=(TAKEN_UP,)).groups
    assert (group.askers, group.earlier) == (1, TAKEN_UP)
    assert made(MOVED, later, settled=(dismissed,)).groups == ()
    assert made(MOVED, later, settled=(dismissed, TAKEN_UP)).groups == ()


def test_an_entry_is_proposed_only_with_reason() -> None:
    """Chosen by somebody, or offered and not denied; never what was only guessed at."""
    assert made(MOVED).groups[0].proposed == GUIDE
    assert made(replace(MOVED, has_denied=True)).groups[0].proposed is None
    assert made(replace(MOVED, fault=Fault.UNREAD)).groups[0].proposed is None
    chosen = replace(MOVED, asker=2, chosen=POLICY.id)
    group = made(chosen, replace(chosen, asker=3)).groups[0]
    assert [(each.entry.id, each.chosen) for each in group.proposals] == [(POLICY.id, 2)]
    assert group.proposed == POLICY


def test_what_it_was_not_about_is_not_proposed() -> None:
    """👎 不是我问的: the entry that was answered from leads nowhere."""
    disliked = replace(MOVED, fault=Fault.DISLIKED, topic=GUIDE.id, reason="不是我问的")
    assert [each.entry.id for each in made(disliked).groups[0].proposals] == [POLICY.id]


def test_only_published_entries_are_proposed() -> None:
    """Whatever was thought of then."""
    found = board([replace(MOVED, leads=(("gone", 0.9),), chosen="gone")], (), ENTRIES, ZONE, DAYS)
    assert (found.groups[0].proposals, found.groups[0].domain) == ((), UNKNOWN)


def test_personal_data_is_masked() -> None:
    """Phones in what is shown; the mark stands for the words as they were."""
    group = made(replace(STRANGE, text="嘎嘎咕噜 13841512345")).groups[0]
    assert group.wordings == (("嘎嘎咕噜 138****2345", 1),)
    assert group.marks == (mark("嘎嘎咕噜 13841512345"),)
