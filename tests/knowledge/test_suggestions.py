"""What is learnt from questions becomes a draft; a second person publishes it."""

from dataclasses import replace

import pytest

from base.db import Database, ReadSession, WriteSession
from base.errors import BadInput, Conflict, Forbidden, NotFound
from knowledge import Entry, Kind, Library, Origin, State, SuggestionKind, Suggestions
from tests.knowledge.builders import GUIDE, starter_of

ORIGIN = Origin(("m1", "m2"), 7, "bot")
WRITER, OTHER = "staff:1", "staff:2"


@pytest.fixture
async def suggestions(db: Database, library: Library) -> Suggestions:
    """Over a library that has one guide."""
    await db.write(lambda session: library.load_starter(session, starter_of(GUIDE)))
    return Suggestions(library)


async def test_wordings_become_questions_of_the_next_draft(
    db: Database, library: Library, suggestions: Suggestions
) -> None:
    """Nothing is said of them until somebody else has published the draft."""

    def job(session: WriteSession) -> Entry:
        return suggestions.add_wordings(session, GUIDE.id, [" 厂子挪地方 ", "厂子挪地方", "执照换地址"], ORIGIN, WRITER)

    draft = await db.write(job)
    assert (draft.revision, draft.record.state, draft.questions) == (2, State.DRAFT, ("厂子挪地方", "执照换地址"))
    assert (await db.read(lambda session: library.entry(session, GUIDE.id))).questions == ()
    with pytest.raises(Forbidden):
        await db.write(lambda session: library.review(session, GUIDE.id, 2, WRITER))
    await db.write(lambda session: library.review(session, GUIDE.id, 2, OTHER))
    await db.write(lambda session: library.publish(session, GUIDE.id, 2, OTHER))
    assert (await db.read(lambda session: library.entry(session, GUIDE.id))).questions == draft.questions


async def test_settled_suggestions_say_who_and_what(db: Database, suggestions: Suggestions) -> None:
    """Newest first, with the marks of what they settle."""
    await db.write(lambda session: suggestions.add_wordings(session, GUIDE.id, ["厂子挪地方"], ORIGIN, WRITER))
    await db.write(lambda session: suggestions.dismiss(session, "不归本厅 ", Origin(("m3",), 1, OTHER), OTHER))
    dismissed, accepted = await db.read(suggestions.settled)
    assert (accepted.kind, accepted.code, accepted.revision) == (SuggestionKind.WORDING, GUIDE.id, 2)
    assert (accepted.wordings, accepted.marks, accepted.askers) == (("厂子挪地方",), ("m1", "m2"), 7)
    assert (accepted.suggested_by, accepted.settled_by) == ("bot", WRITER)
    assert (dismissed.kind, dismissed.code, dismissed.revision) == (SuggestionKind.DISMISSAL, "", 0)
    assert (dismissed.reason, dismissed.wordings, dismissed.settled_by) == ("不归本厅", (), OTHER)


async def test_a_second_suggestion_carries_the_waiting_draft_on(
    db: Database, library: Library, suggestions: Suggestions
) -> None:
    """One draft waits, with the wordings of both."""
    await db.write(lambda session: suggestions.add_wordings(session, GUIDE.id, ["厂子挪地方"], ORIGIN, WRITER))
    second = await db.write(
        lambda session: suggestions.add_wordings(session, GUIDE.id, ["改执照上的地址"], ORIGIN, OTHER)
    )
    assert second.questions == ("厂子挪地方", "改执照上的地址")
    assert [each.revision for each in await db.read(library.pending)] == [3]


async def test_an_editors_own_draft_is_kept(db: Database, library: Library, suggestions: Suggestions) -> None:
    """The suggestion builds on it and leaves it alone."""
    written = await db.write(lambda session: library.draft(session, replace(GUIDE, fee="免费"), OTHER))
    draft = await db.write(lambda session: suggestions.add_wordings(session, GUIDE.id, ["厂子挪地方"], ORIGIN, WRITER))
    assert (draft.fee, draft.questions) == ("免费", ("厂子挪地方",))
    assert [each.revision for each in await db.read(library.pending)] == [written.revision, draft.revision]


@pytest.mark.parametrize("wordings", [[], [" "], ["长" * 81], ["短"], [f"问法{number}" for number in range(31)]])
async def test_bad_wordings_are_refused(db: Database, suggestions: Suggestions, wordings: list[str]) -> None:
    """By their field."""
    with pytest.raises(BadInput) as refusal:
        await db.write(lambda session: suggestions.add_wordings(session, GUIDE.id, wordings, ORIGIN, WRITER))
    assert refusal.value.field == "wordings"


async def test_nothing_new_is_a_conflict(db: Database, library: Library, suggestions: Suggestions) -> None:
    """The entry's own name; an entry that is no more; one that never was."""
    with pytest.raises(Conflict, match="都有了"):
        await db.write(
            lambda session: suggestions.add_wordings(session, GUIDE.id, ["改执照", "公司变更登记"], ORIGIN, "s")
        )
    with pytest.raises(NotFound):
        await db.write(lambda session: suggestions.add_wordings(session, "no-such", ["换个说法"], ORIGIN, WRITER))
    await db.write(lambda session: library.retire(session, GUIDE.id, OTHER))
    with pytest.raises(Conflict, match="已停用"):
        await db.write(lambda session: suggestions.add_wordings(session, GUIDE.id, ["换个说法"], ORIGIN, WRITER))


async def test_new_entry_is_a_draft_with_its_source(db: Database, library: Library, suggestions: Suggestions) -> None:
    """Named mistakes without one; a known id is a conflict."""
    entry = replace(GUIDE, id="tobacco", kind=Kind.FAQ, title="烟草证", questions=("烟草证在哪办",), source="")

    def job(session: WriteSession, source: str) -> Entry:
        return suggestions.start_entry(session, replace(entry, source=source), ORIGIN, WRITER)

    with pytest.raises(BadInput, match="source"):
        await db.write(lambda session: job(session, ""))
    draft = await db.write(lambda session: job(session, "县烟草专卖局答复"))
    assert (draft.revision, draft.record.state, draft.record.author) == (1, State.DRAFT, WRITER)
    with pytest.raises(Conflict, match="已有编号"):
        await db.write(lambda session: job(session, "县烟草专卖局答复"))

    def look(session: ReadSession) -> list[str]:
        return [each.id for each in library.published(session)]

    assert await db.read(look) == [GUIDE.id]


async def test_dismissing_needs_a_reason(db: Database, suggestions: Suggestions) -> None:
    """A short one."""
    for reason in ("", "  ", "因" * 201):
        with pytest.raises(BadInput) as refusal:
            await db.write(lambda session, reason=reason: suggestions.dismiss(session, reason, ORIGIN, WRITER))  # type: ignore[misc]
        assert refusal.value.field == "reason"
    assert await db.read(suggestions.settled) == []
