"""Export and import: the way out of one library and into another."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from base.clock import SetClock
from base.db import Database, metadata
from knowledge import Library, Loaded, Record, Starter, State
from tests.knowledge.builders import GUIDE, POLICY, starter_of


@pytest.fixture
async def other(tmp_path: Path, clock: SetClock) -> AsyncIterator[Database]:
    """A second, empty database."""
    database = Database(f"sqlite:///{tmp_path / 'other.db'}", clock)
    database.migrate(metadata.create_all)
    yield database
    await database.close()


async def test_export_into_an_empty_library_gives_equal_entries(
    db: Database, other: Database, library: Library, starter: Starter
) -> None:
    """The records travel too: confirmed and suspended entries arrive as such."""
    await db.write(lambda s: library.load_starter(s, starter), "library")
    await db.write(lambda s: library.confirm(s, "credit-repair", "staff:2"), "library")
    await db.write(lambda s: library.suspend(s, "gas-heat-connection", "staff:2"), "library")
    files = await db.read(library.export_files)
    loaded = await other.write(lambda s: library.import_files(s, files, "staff:9"), "library")
    ours, theirs = await db.read(library.entries), await other.read(library.entries)
    assert len(loaded.added) == 171
    assert {each.id: each for each in theirs} == {each.id: each for each in ours}
    assert await other.read(library.export_files) == files


async def test_import_into_a_library_writes_drafts(db: Database, other: Database, library: Library) -> None:
    """A library with entries believes no foreign record; what is the same is left alone."""
    changed = replace(GUIDE, fee="免费")
    await other.write(lambda s: library.load_starter(s, starter_of(changed, POLICY)), "library")
    files = await other.read(library.export_files)
    await db.write(lambda s: library.load_starter(s, starter_of(GUIDE)), "library")
    loaded = await db.write(lambda s: library.import_files(s, files, "staff:9"), "library")
    again = await db.write(lambda s: library.import_files(s, files, "staff:9"), "library")
    assert loaded == Loaded(added=("stable-refund",), proposed=("company-change",))
    assert again == Loaded(unchanged=("company-change", "stable-refund"))
    assert [each.fee for each in await db.read(library.published)] == [""]
    revisions = await db.read(lambda s: library.revisions(s, GUIDE.id))
    assert revisions[1] == replace(changed, record=Record(revision=2, state=State.DRAFT, author="staff:9"))
