"""What was said and should not have been; what is due, warned of once; a draft tried before it is published."""

from dataclasses import replace
from datetime import date

import pytest

from base.clock import SetClock
from base.db import Database
from base.errors import BadInput, Conflict
from base.journal import history
from base.text import taught
from knowledge import Library, Shift, State
from tests.knowledge.builders import GUIDE, POLICY, dated, starter_of

EDITOR = "staff:2"


async def revised(db: Database, library: Library) -> None:
    """A guide in its second revision, published."""
    await db.write(lambda s: library.load_starter(s, starter_of(GUIDE)), "library")
    await db.write(lambda s: library.draft(s, replace(GUIDE, fee="10 元"), "staff:1"), "library")
    await db.write(lambda s: library.review(s, GUIDE.id, 2, EDITOR), "library")
    await db.write(lambda s: library.publish(s, GUIDE.id, 2, EDITOR), "library")


async def test_superseded_revision_is_recalled(db: Database, library: Library) -> None:
    """The reason is kept; what is in force now goes on being said."""
    await revised(db, library)
    wrong = await db.write(lambda s: library.recall(s, GUIDE.id, 1, " 费用写错 ", EDITOR), "library")
    assert (wrong.record.wrong, wrong.record.state) == ("费用写错", State.PUBLISHED)
    assert [(each.id, each.revision) for each in await db.read(library.recalled)] == [(GUIDE.id, 1)]
    assert [each.revision for each in await db.read(library.published)] == [2]


async def test_recalling_what_is_said_suspends_it(db: Database, library: Library) -> None:
    """Nobody else is told it; a suspended revision stands in the list by itself."""
    await revised(db, library)
    await db.write(lambda s: library.recall(s, GUIDE.id, 2, "费用写错", EDITOR), "library")
    assert await db.read(library.published) == []
    assert [(each.revision, each.record.wrong) for each in await db.read(library.recalled)] == [(2, "费用写错")]
    rows = await db.read(lambda s: history(s, f"entry:{GUIDE.id}"))
    assert [row.action for row in rows][-2:] == ["library.suspend", "library.recall"]


async def test_recall_needs_a_reason_and_somebody_told(db: Database, library: Library) -> None:
    """A draft was never said."""
    await revised(db, library)
    await db.write(lambda s: library.draft(s, replace(GUIDE, fee="20 元"), "staff:1"), "library")
    with pytest.raises(Conflict, match="没有对外使用过"):
        await db.write(lambda s: library.recall(s, GUIDE.id, 3, "错", EDITOR), "library")
    with pytest.raises(BadInput, match="错在哪里"):
        await db.write(lambda s: library.recall(s, GUIDE.id, 1, " ", EDITOR), "library")


async def test_reason_travels_with_the_export(db: Database, library: Library) -> None:
    """The record of the revision in force is exported whole."""
    await revised(db, library)
    await db.write(lambda s: library.recall(s, GUIDE.id, 2, "费用写错", EDITOR), "library")
    files = await db.read(library.export_files)
    assert "wrong: 费用写错" in "".join(files.values())


async def test_due_entries_are_warned_of_once(db: Database, library: Library, clock: SetClock) -> None:
    """Thirty days ahead, not thirty-one; a later day is a new warning."""
    ending = dated(GUIDE, end=date(2026, 4, 2))
    review = replace(POLICY, next_review=date(2026, 4, 2))
    await db.write(lambda s: library.load_starter(s, starter_of(ending, review)), "library")
    assert await db.write(library.warn, "library") == 0
    clock.advance(days=1)
    assert await db.write(library.warn, "library") == 2
    assert await db.write(library.warn, "library") == 0
    rows = await db.read(lambda s: history(s, f"entry:{GUIDE.id}"))
    assert [(row.actor, row.action, row.detail) for row in rows] == [("system", "library.due", {"on": "2026-04-02"})]


async def test_confirming_near_its_day_is_a_review(db: Database, library: Library) -> None:
    """What an editor confirmed within the thirty days is not due again for that day."""
    review = replace(GUIDE, next_review=date(2026, 3, 20))
    await db.write(lambda s: library.load_starter(s, starter_of(review)), "library")
    assert [each.reason for each in await db.read(library.due)] == ["该复核了"]
    await db.write(lambda s: library.confirm(s, GUIDE.id, EDITOR), "library")
    assert await db.read(library.due) == []


def test_trial_shows_what_would_shift_and_changes_nothing(library: Library) -> None:
    """The draft is found by its new alias; search and dictionary in use stay as they were."""
    library.use([GUIDE, POLICY], date(2026, 3, 2))
    known = taught()
    trial = library.trial(replace(POLICY, aliases=("红包雨",)))
    assert trial.search("红包雨")[0].id == POLICY.id
    assert trial.shifts(["红包雨", "改执照", "公司变更登记"]) == [Shift("红包雨", "", POLICY.id)]
    assert library.search("红包雨") == []
    assert taught() == known
