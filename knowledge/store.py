"""The statements of the library and their small verbs; used by ``Library`` alone."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Row

from base.db import ReadSession, WriteSession
from base.errors import Conflict
from base.journal import history, record
from knowledge.entry import Entry, Record
from knowledge.files import Starter
from knowledge.rules import Action, Issue, State, in_force, starts_on
from knowledge.tables import entry as entries
from knowledge.tables import entry_revision, library_state
from knowledge.views import Due, Loaded

# msgspec prepares a type when it is first used, and must not do so in two threads at once.
msgspec.json.Decoder(Entry)

TOPIC = "library"

_EDITION = sa.select(library_state.c.edition)
_STARTER = sa.select(library_state.c.starter)
_FIRST_EDITION = sa.insert(library_state)
_BUMP = sa.update(library_state).values(edition=library_state.c.edition + 1)
_BUMP_STARTER = _BUMP.values(starter=sa.bindparam("b_starter"))
_REVISIONS = (
    sa.select(entries.c.code, entry_revision)
    .join_from(entries, entry_revision, entry_revision.c.entry == entries.c.id)
    .order_by(entries.c.id, entry_revision.c.number)
)
_REVISIONS_OF = _REVISIONS.where(entries.c.code == sa.bindparam("code"))
_PENDING = _REVISIONS.where(entry_revision.c.state.in_([State.DRAFT, State.PROPOSED, State.REVIEWED]))
_ENTRY_ID = sa.select(entries.c.id).where(entries.c.code == sa.bindparam("code"))
_LAST_NUMBER = sa.select(sa.func.coalesce(sa.func.max(entry_revision.c.number), 0)).where(
    entry_revision.c.entry == sa.bindparam("entry_id")
)
_ADD_ENTRY = sa.insert(entries).returning(entries.c.id)
_ADD_REVISION = sa.insert(entry_revision)
_ONE = (entry_revision.c.entry == sa.bindparam("b_entry")) & (entry_revision.c.number == sa.bindparam("b_number"))
_MOVE = (
    sa.update(entry_revision)
    .where(_ONE, entry_revision.c.state == sa.bindparam("b_was"))
    .values(
        state=sa.bindparam("b_state"),
        reviewer=sa.bindparam("b_reviewer"),
        publisher=sa.bindparam("b_publisher"),
        starts_on=sa.bindparam("b_starts_on"),
        changed_at=sa.bindparam("b_now"),
    )
)
_VERIFY = (
    sa.update(entry_revision)
    .where(_ONE)
    .values(verified_by=sa.bindparam("b_by"), verified_on=sa.bindparam("b_on"), changed_at=sa.bindparam("b_now"))
)

_RECALL = sa.update(entry_revision).where(_ONE).values(wrong=sa.bindparam("b_why"), changed_at=sa.bindparam("b_now"))
_RECALLED = _REVISIONS.where(
    sa.or_(entry_revision.c.state == State.SUSPENDED, entry_revision.c.wrong != ""),
    entry_revision.c.starts_on.is_not(None),
)


def edition(session: ReadSession) -> int:
    """The library's counter; 0 before anything was loaded."""
    return int(session.value(_EDITION) or 0)


def starter(session: ReadSession) -> str:
    """The mark of the starter files last loaded."""
    return str(session.value(_STARTER) or "")


def bump(session: WriteSession, *, starter: str | None = None) -> None:
    """Count one more edition, and note which starter files it came from."""
    touched = session.run(_BUMP) if starter is None else session.run(_BUMP_STARTER, b_starter=starter)
    if not touched:
        session.run(_FIRST_EDITION, edition=1, starter=starter or "")


def revisions(session: ReadSession, code: str) -> Sequence[Row[Any]]:
    """The revisions of one entry, oldest first; none if there is no such entry."""
    return session.all(_REVISIONS_OF, code=code)


def pending(session: ReadSession) -> Sequence[Row[Any]]:
    """The revisions that wait for an editor, oldest first."""
    return session.all(_PENDING)


def all_chosen(session: ReadSession, on: date) -> list[Entry]:
    """Each entry in the revision that ``chosen`` takes, in the order they came."""
    rows = session.all(_REVISIONS)
    return [chosen(list(group), on) for _, group in groupby(rows, key=lambda row: row.code)]


def chosen(rows: Sequence[Row[Any]], on: date) -> Entry:
    """The revision in force on the day ``on``, else the newest."""
    holds = in_force([Issue(row.number, State(row.state), row.starts_on) for row in rows], on)
    return as_entry(next((row for row in rows if holds and row.number == holds.number), rows[-1]))


def as_entry(row: Row[Any]) -> Entry:
    """A revision's row as an ``Entry`` with its record."""
    kept = Record(
        revision=row.number,
        state=State(row.state),
        author=row.author,
        reviewer=row.reviewer,
        publisher=row.publisher,
        edition=row.edition,
        starts_on=row.starts_on,
        verified_by=row.verified_by,
        verified_on=row.verified_on,
        wrong=row.wrong,
    )
    return replace(msgspec.convert(row.body, Entry), record=kept)


def is_same(one: Entry, other: Entry) -> bool:
    """Whether two entries have the same text, whatever their records."""
    return replace(one, record=Record()) == replace(other, record=Record())


def add(session: WriteSession, entry: Entry, state: State, *, author: str, edition: str = "") -> Entry:
    """Write ``entry`` as its next revision, the entry itself too if it is new."""
    entry_id = session.value(_ENTRY_ID, code=entry.id)
    if entry_id is None:
        entry_id = _add_entry(session, entry)
    number = int(session.value(_LAST_NUMBER, entry_id=entry_id)) + 1
    kept = replace(entry, record=Record(revision=number, state=state, author=author, edition=edition))
    session.run(_ADD_REVISION, **_values(session, int(entry_id), kept))
    return kept


def restore(session: WriteSession, given: Sequence[Entry]) -> Loaded:
    """Write entries with their records as they are, into an empty library."""
    rows = [_values(session, _add_entry(session, each), each) for each in given]
    session.run_many(_ADD_REVISION, rows)
    return Loaded(added=tuple(each.id for each in given))


def take_in(session: WriteSession, files: Starter, today: date) -> Loaded:
    """New entries of the starter as revision 1, changed ones as proposed revisions; what is the same stays."""
    author = f"starter {files.edition}"
    known = {code: list(group) for code, group in groupby(session.all(_REVISIONS), key=lambda row: row.code)}
    fresh = [each for each in files.entries if each.id not in known]
    restore(session, [replace(each, record=_first_record(each, files, author, today)) for each in fresh])
    changed = [each for each in files.entries if each.id in known and not _is_known(each, known[each.id])]
    for each in changed:
        add(session, each, State.PROPOSED, author=author, edition=files.edition)
    touched = {each.id for each in (*fresh, *changed)}
    return Loaded(
        tuple(each.id for each in fresh),
        tuple(each.id for each in changed),
        tuple(each.id for each in files.entries if each.id not in touched),
    )


def move(session: WriteSession, entry: Entry, action: Action, state: State, *, actor: str, begins: date | None) -> None:
    """Compare-and-set the revision's state; ``Conflict`` if someone was faster."""
    kept = entry.record
    touched = session.run(
        _MOVE,
        b_entry=session.value(_ENTRY_ID, code=entry.id),
        b_number=kept.revision,
        b_was=kept.state,
        b_state=state,
        b_reviewer=actor if action is Action.REVIEW else kept.reviewer,
        b_publisher=actor if action is Action.PUBLISH else kept.publisher,
        b_starts_on=begins or kept.starts_on,
        b_now=session.now,
    )
    if not touched:
        raise Conflict(f"“{entry.title}”第 {kept.revision} 版刚刚被别人改动过，请刷新后再操作。")


def verify(session: WriteSession, entry: Entry, actor: str, on: date) -> None:
    """Note who confirmed the revision, and when."""
    entry_id = session.value(_ENTRY_ID, code=entry.id)
    session.run(_VERIFY, b_entry=entry_id, b_number=entry.revision, b_by=actor, b_on=on, b_now=session.now)


def recall(session: WriteSession, entry: Entry, why: str) -> None:
    """Note why a revision was wrong."""
    entry_id = session.value(_ENTRY_ID, code=entry.id)
    session.run(_RECALL, b_entry=entry_id, b_number=entry.revision, b_why=why, b_now=session.now)


def recalled(session: ReadSession) -> list[Entry]:
    """The revisions that were said and should not have been: suspended ones, and those noted as wrong."""
    return [as_entry(row) for row in session.all(_RECALLED)]


def note(session: WriteSession, actor: str, action: str, entry: Entry) -> None:
    """One line in the journal for one revision; pages that show the library look again."""
    record(session, actor, f"library.{action}", f"entry:{entry.id}", [TOPIC], detail={"revision": entry.revision})


def is_warned(session: ReadSession, due: Due) -> bool:
    """Whether the journal has this entry as due on this day."""
    rows = history(session, f"entry:{due.id}")
    return any(row.action == "library.due" and row.detail["on"] == due.on.isoformat() for row in rows)


def warn(session: WriteSession, due: Due) -> None:
    """Note that an entry is due; pages that show the library look again."""
    record(session, "system", "library.due", f"entry:{due.id}", [TOPIC], detail={"on": due.on.isoformat()})


def note_loaded(session: WriteSession, actor: str, loaded: Loaded) -> None:
    """One line in the journal for a whole set of files."""
    counts = {name: len(getattr(loaded, name)) for name in ("added", "proposed", "unchanged")}
    record(session, actor, "library.load", "library", [TOPIC], detail=counts)


def _first_record(entry: Entry, files: Starter, author: str, today: date) -> Record:
    if entry.id in files.drafts:
        return Record(revision=1, state=State.DRAFT, author=author, edition=files.edition)
    begins = starts_on(entry.effective_from, today)
    return Record(
        revision=1, state=State.PUBLISHED, author=author, publisher=author, edition=files.edition, starts_on=begins
    )


def _is_known(entry: Entry, rows: Iterable[Row[Any]]) -> bool:
    """Whether the newest revision that came with the software has this text already."""
    brought = [row for row in rows if row.edition]
    return bool(brought) and is_same(entry, as_entry(brought[-1]))


def _add_entry(session: WriteSession, entry: Entry) -> int:
    return int(session.value(_ADD_ENTRY, code=entry.id, created_at=session.now))


def _values(session: WriteSession, entry_id: int, entry: Entry) -> dict[str, object]:
    body = msgspec.to_builtins(entry)
    kept = body.pop("record")
    return {
        "entry": entry_id,
        "number": kept["revision"],
        "state": kept["state"],
        "body": body,
        "author": kept["author"],
        "reviewer": kept["reviewer"],
        "publisher": kept["publisher"],
        "edition": kept["edition"],
        "starts_on": entry.record.starts_on,
        "verified_by": kept["verified_by"],
        "verified_on": entry.record.verified_on,
        "wrong": kept["wrong"],
        "written_at": session.now,
        "changed_at": session.now,
    }
