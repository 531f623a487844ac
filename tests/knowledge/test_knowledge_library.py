"""The life of an entry, on both databases: loaded, drafted, reviewed, published, superseded, suspended, confirmed."""

from dataclasses import replace
from datetime import date

import pytest

from base.clock import SetClock
from base.db import Database, WriteSession
from base.errors import BadInput, Conflict, Forbidden, NotFound
from base.journal import history
from knowledge import Entry, EntryFilter, Library, Loaded, Record, Starter, State
from tests.knowledge.builders import GUIDE, POLICY, dated, starter_of

TODAY = date(2026, 3, 2)
WRITER, READER = "staff:1", "staff:2"


async def published(db: Database, library: Library, entry: Entry) -> Entry:
    """``entry`` drafted by one, reviewed and published by another."""

    def job(session: WriteSession) -> Entry:
        number = library.draft(session, entry, WRITER).revision
        library.review(session, entry.id, number, READER)
        return library.publish(session, entry.id, number, READER)

    return await db.write(job, "library")


async def test_load_starter_publishes_revision_one_and_leaves_drafts(db: Database, library: Library) -> None:
    """Revision 1 is said at once, unless the edition calls it a draft."""
    files = starter_of(GUIDE, POLICY, drafts=("stable-refund",))
    loaded = await db.write(lambda s: library.load_starter(s, files), "library")
    entries = await db.read(library.entries)
    assert loaded == Loaded(added=("company-change", "stable-refund"))
    assert entries == [
        replace(
            GUIDE,
            record=Record(
                revision=1,
                state=State.PUBLISHED,
                author="starter 2026-11",
                publisher="starter 2026-11",
                edition="2026-11",
                starts_on=TODAY,
            ),
        ),
        replace(POLICY, record=Record(revision=1, author="starter 2026-11", edition="2026-11")),
    ]
    assert await db.read(library.published) == entries[:1]


async def test_load_starter_again_changes_nothing(db: Database, library: Library, starter: Starter) -> None:
    """Idempotent: nothing added, no new edition counted."""
    first = await db.write(lambda s: library.load_starter(s, starter), "library")
    before = await db.read(library.edition)
    again = await db.write(lambda s: library.load_starter(s, starter), "library")
    assert (len(first.added), len(again.unchanged), again.added, again.proposed) == (171, 171, (), ())
    assert (before, await db.read(library.edition)) == (1, 1)
    assert len(await db.read(library.published)) == 170


async def test_later_edition_is_proposed_and_overwrites_nothing(db: Database, library: Library) -> None:
    """What the hall says now stays until an editor decides."""
    changed = replace(GUIDE, fee="免费")
    await db.write(lambda s: library.load_starter(s, starter_of(GUIDE)), "library")
    later = starter_of(changed, POLICY, edition="2027-01")
    loaded = await db.write(lambda s: library.load_starter(s, later), "library")
    assert loaded == Loaded(added=("stable-refund",), proposed=("company-change",))
    revisions = await db.read(lambda s: library.revisions(s, GUIDE.id))
    assert [(each.revision, each.record.state, each.fee) for each in revisions] == [
        (1, State.PUBLISHED, ""),
        (2, State.PROPOSED, "免费"),
    ]
    assert (await db.read(lambda s: library.entry(s, GUIDE.id))).fee == ""


async def test_proposed_revision_can_be_taken_over(db: Database, library: Library) -> None:
    """One editor may review and publish what the software brought."""
    await db.write(lambda s: library.load_starter(s, starter_of(GUIDE)), "library")
    later = starter_of(replace(GUIDE, fee="免费"), edition="2027-01")
    await db.write(lambda s: library.load_starter(s, later), "library")
    await db.write(lambda s: library.review(s, GUIDE.id, 2, WRITER), "library")
    taken = await db.write(lambda s: library.publish(s, GUIDE.id, 2, WRITER), "library")
    assert (taken.fee, taken.record.state) == ("免费", State.PUBLISHED)
    assert (await db.read(lambda s: library.entry(s, GUIDE.id))).revision == 2


async def test_entry_is_said_only_after_publication(db: Database, library: Library) -> None:
    """A draft is not said; nor can it be published unread."""
    drafted = await db.write(lambda s: library.draft(s, GUIDE, WRITER), "library")
    assert drafted.record == Record(revision=1, state=State.DRAFT, author=WRITER)
    assert await db.read(library.published) == []
    with pytest.raises(Conflict, match="现在是“草稿”，不能发布"):
        await db.write(lambda s: library.publish(s, GUIDE.id, 1, READER), "library")
    await db.write(lambda s: library.review(s, GUIDE.id, 1, READER), "library")
    said = await db.write(lambda s: library.publish(s, GUIDE.id, 1, READER), "library")
    assert said.record == Record(
        revision=1, state=State.PUBLISHED, author=WRITER, reviewer=READER, publisher=READER, starts_on=TODAY
    )
    assert await db.read(library.published) == [said]


async def test_author_neither_reviews_nor_publishes(db: Database, library: Library) -> None:
    """The refusal says how to add another account."""
    await db.write(lambda s: library.draft(s, GUIDE, WRITER), "library")
    with pytest.raises(Forbidden, match="add-staff"):
        await db.write(lambda s: library.review(s, GUIDE.id, 1, WRITER), "library")
    await db.write(lambda s: library.review(s, GUIDE.id, 1, READER), "library")
    with pytest.raises(Forbidden, match="不能发布自己写的内容"):
        await db.write(lambda s: library.publish(s, GUIDE.id, 1, WRITER), "library")


async def test_draft_with_mistakes_names_them_all(db: Database, library: Library) -> None:
    """The first mistake's field is marked on the page, all are told."""
    with pytest.raises(BadInput) as refusal:
        await db.write(lambda s: library.draft(s, replace(GUIDE, title=" ", source=""), WRITER), "library")
    assert (refusal.value.message, refusal.value.field) == ("title：不能为空；source：不能为空。", "title")


async def test_revision_supersedes_from_its_own_day(db: Database, library: Library, clock: SetClock) -> None:
    """A change that is in force from April is said from April."""
    await published(db, library, GUIDE)
    await published(db, library, dated(GUIDE, date(2026, 4, 1), fee="10 元"))
    assert (await db.read(lambda s: library.entry(s, GUIDE.id))).revision == 1
    assert (await db.read(lambda s: library.entry(s, GUIDE.id, date(2026, 4, 1)))).revision == 2
    clock.advance(days=30)
    assert [each.fee for each in await db.read(library.published)] == ["10 元"]


async def test_suspension_acts_at_once_and_can_end(db: Database, library: Library) -> None:
    """The suspended revision's predecessor does not come back; retirement is for good."""
    await published(db, library, GUIDE)
    await published(db, library, replace(GUIDE, fee="免费"))
    suspended = await db.write(lambda s: library.suspend(s, GUIDE.id, WRITER), "library")
    assert (suspended.revision, suspended.record.state) == (2, State.SUSPENDED)
    assert await db.read(library.published) == []
    await db.write(lambda s: library.resume(s, GUIDE.id, WRITER), "library")
    assert [each.revision for each in await db.read(library.published)] == [2]
    await db.write(lambda s: library.retire(s, GUIDE.id, WRITER), "library")
    assert await db.read(library.published) == []
    with pytest.raises(Conflict, match="现在可以：无"):
        await db.write(lambda s: library.resume(s, GUIDE.id, WRITER), "library")


async def test_twin_of_the_same_kind_and_scope_is_refused(db: Database, library: Library) -> None:
    """A guide, another scope, or the entry's own next revision are no double."""
    await published(db, library, replace(POLICY, matter="refund"))
    await published(db, library, replace(GUIDE, matter="refund"))
    await published(db, library, replace(POLICY, id="refund-large", matter="refund", scope="大型企业"))
    with pytest.raises(Conflict, match="同一事项已有发布中的“失业保险稳岗返还”（stable-refund）") as refusal:
        await published(db, library, replace(POLICY, id="refund-again", matter="refund"))
    assert refusal.value.detail == {"entry": "stable-refund"}
    await published(db, library, replace(POLICY, matter="refund", fee="无"))


async def test_confirmation_is_an_editors_word(db: Database, library: Library) -> None:
    """Only what is published can be confirmed."""
    await db.write(lambda s: library.load_starter(s, starter_of(GUIDE, POLICY, drafts=(POLICY.id,))), "library")
    confirmed = await db.write(lambda s: library.confirm(s, GUIDE.id, READER), "library")
    assert (confirmed.is_confirmed, confirmed.record.verified_by, confirmed.record.verified_on) == (True, READER, TODAY)
    with pytest.raises(Conflict, match="没有已发布的版本"):
        await db.write(lambda s: library.confirm(s, POLICY.id, READER), "library")


async def test_edition_grows_with_what_may_be_said(db: Database, library: Library) -> None:
    """Drafts and reviews change nothing for the public."""
    assert await db.read(library.edition) == 0
    await db.write(lambda s: library.draft(s, GUIDE, WRITER), "library")
    await db.write(lambda s: library.review(s, GUIDE.id, 1, READER), "library")
    assert await db.read(library.edition) == 0
    await db.write(lambda s: library.publish(s, GUIDE.id, 1, READER), "library")
    await db.write(lambda s: library.confirm(s, GUIDE.id, READER), "library")
    await db.write(lambda s: library.suspend(s, GUIDE.id, READER), "library")
    assert await db.read(library.edition) == 3


async def test_every_change_is_in_the_journal(db: Database, library: Library) -> None:
    """Who did what to which revision, in order."""
    await published(db, library, GUIDE)
    await db.write(lambda s: library.confirm(s, GUIDE.id, READER), "library")
    rows = await db.read(lambda s: history(s, "entry:company-change"))
    assert [(row.actor, row.action, row.detail) for row in rows] == [
        (WRITER, "library.draft", {"revision": 1}),
        (READER, "library.review", {"revision": 1}),
        (READER, "library.publish", {"revision": 1}),
        (READER, "library.confirm", {"revision": 1}),
    ]


async def test_unknown_entry_and_revision_are_not_found(db: Database, library: Library) -> None:
    """Neither is an empty answer."""
    with pytest.raises(NotFound, match="没有编号为“nobody”的条目"):
        await db.read(lambda s: library.entry(s, "nobody"))
    with pytest.raises(NotFound, match="没有第 7 版"):
        await db.read(lambda s: library.revision(s, "nobody", 7))


async def test_entries_are_filtered(db: Database, library: Library) -> None:
    """By kind, domain, state and text; nothing found is an empty list."""
    await db.write(lambda s: library.load_starter(s, starter_of(GUIDE, POLICY, drafts=(POLICY.id,))), "library")
    wanted = [
        EntryFilter(kind=POLICY.kind),
        EntryFilter(domain=GUIDE.domain),
        EntryFilter(state=State.DRAFT),
        EntryFilter(text="改执照"),
        EntryFilter(text="nothing"),
    ]
    found = [[e.id for e in await db.read(lambda s, w=each: library.entries(s, w))] for each in wanted]  # type: ignore[misc]
    assert found == [[POLICY.id], [GUIDE.id], [POLICY.id], [GUIDE.id], []]


async def test_due_lists_what_ends_soon(db: Database, library: Library) -> None:
    """Ended, ending within 30 days, or up for review: soonest first."""
    soon = dated(GUIDE, end=date(2026, 3, 20))
    over = dated(replace(POLICY, id="over"), end=date(2026, 1, 31))
    far = dated(POLICY, end=date(2026, 12, 31))
    review = replace(GUIDE, id="review", next_review=date(2026, 3, 5))
    await db.write(lambda s: library.load_starter(s, starter_of(soon, over, far, review)), "library")
    due = await db.read(library.due)
    assert [(each.id, each.reason, each.on) for each in due] == [
        ("over", "写明的期限已过", date(2026, 1, 31)),
        ("review", "该复核了", date(2026, 3, 5)),
        ("company-change", "即将到期", date(2026, 3, 20)),
    ]


async def test_earlier_text_comes_back_as_a_draft(db: Database, library: Library) -> None:
    """Restored, not resurrected: another editor must publish it; the text in force needs no restoring."""
    await published(db, library, GUIDE)
    await published(db, library, replace(GUIDE, fee="10 元"))
    restored = await db.write(lambda s: library.restore(s, GUIDE.id, 1, WRITER), "library")
    assert restored == replace(GUIDE, record=Record(revision=3, state=State.DRAFT, author=WRITER))
    assert [each.fee for each in await db.read(library.published)] == ["10 元"]
    with pytest.raises(Conflict, match="不用恢复"):
        await db.write(lambda s: library.restore(s, GUIDE.id, 2, WRITER), "library")
