"""What is learnt from questions: wordings for an entry, a new entry, or nothing. Only ever a draft, never published."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Row

from base.db import ReadSession, WriteSession
from base.errors import BadInput, Conflict
from base.journal import record
from base.text import bare
from knowledge.entry import Entry
from knowledge.library import Library
from knowledge.rules import State
from knowledge.store import TOPIC
from knowledge.tables import suggestion

MOST_WORDINGS = 30
SHORTEST, LONGEST = 2, 80
LONGEST_REASON = 200
OWN_DRAFTS = frozenset({State.DRAFT, State.REVIEWED})
_ADD = sa.insert(suggestion)
_NEWEST = sa.select(suggestion).order_by(suggestion.c.id.desc()).limit(sa.bindparam("limit"))
_OF_REVISION = sa.select(suggestion.c.id).where(
    suggestion.c.code == sa.bindparam("code"), suggestion.c.revision == sa.bindparam("revision")
)


class SuggestionKind(StrEnum):
    """What became of a cluster of questions."""

    WORDING = "wording"
    ENTRY = "entry"
    DISMISSAL = "dismissal"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a suggestion comes from. ``marks``: opaque, one for each question that it settles."""

    marks: tuple[str, ...]
    askers: int
    suggested_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A settled suggestion. ``code`` and ``revision``: the draft that it became; empty and 0 when it was dismissed."""

    id: int
    kind: SuggestionKind
    code: str
    revision: int
    wordings: tuple[str, ...]
    marks: tuple[str, ...]
    askers: int
    reason: str
    suggested_by: str
    settled_by: str
    settled_at: datetime


class Suggestions:
    """Settles suggestions through the library's own life: a second person still publishes. Its lane: ``library``."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def settled(self, session: ReadSession, limit: int = 500) -> list[Suggestion]:
        """The latest, newest first."""
        return [_suggestion(row) for row in session.all(_NEWEST, limit=limit)]

    def add_wordings(
        self, session: WriteSession, code: str, wordings: Sequence[str], origin: Origin, actor: str
    ) -> Entry:
        """Draft a revision of the entry with ``wordings`` among its questions; the draft.

        A waiting draft of the house's own is carried on; one that was made of suggestions alone makes way for the new.
        """
        base = self._base(session, code)
        fresh = _fresh(wordings, base)
        draft = self._library.draft(session, replace(base, questions=(*base.questions, *fresh)), actor)
        if base.record.state is State.DRAFT and session.first(_OF_REVISION, code=code, revision=base.revision):
            self._library.retire(session, code, actor, base.revision)
        _keep(session, SuggestionKind.WORDING, origin, actor, draft=draft, wordings=fresh)
        return draft

    def start_entry(self, session: WriteSession, entry: Entry, origin: Origin, actor: str) -> Entry:
        """Draft a new entry with its source. ``Conflict`` if there is one with its id."""
        if self._library.revisions(session, entry.id):
            raise Conflict(f"已有编号为“{entry.id}”的条目，请换一个编号，或把问法并入它。")
        draft = self._library.draft(session, replace(entry, questions=_checked(entry.questions)), actor)
        _keep(session, SuggestionKind.ENTRY, origin, actor, draft=draft, wordings=draft.questions)
        return draft

    def dismiss(self, session: WriteSession, reason: str, origin: Origin, actor: str) -> None:
        """Nothing is to be learnt from it, and why."""
        reason = reason.strip()
        if not 1 <= len(reason) <= LONGEST_REASON:
            raise BadInput(f"请写明忽略的理由（1–{LONGEST_REASON} 个字）。", field="reason")
        _keep(session, SuggestionKind.DISMISSAL, origin, actor, reason=reason)

    def _base(self, session: ReadSession, code: str) -> Entry:
        in_force = self._library.entry(session, code)
        if in_force.record.state is State.RETIRED:
            raise Conflict(f"“{in_force.title}”已停用，不能再加问法；请选别的条目，或起草新条目。")
        newest = self._library.revisions(session, code)[-1]
        is_own = newest.record.state in OWN_DRAFTS and not newest.record.edition
        return newest if is_own else in_force


def _fresh(wordings: Sequence[str], entry: Entry) -> tuple[str, ...]:
    known = {bare(text) for text in (entry.title, *entry.aliases, *entry.questions)}
    fresh = tuple(text for text in _checked(wordings) if bare(text) not in known)
    if not fresh:
        raise Conflict(f"这些问法“{entry.title}”里都有了：可能还没有发布，或发布后还没有重新训练。")
    return fresh


def _checked(wordings: Sequence[str]) -> tuple[str, ...]:
    """Each once, without blanks at its ends."""
    found = {bare(text): text.strip() for text in reversed(wordings) if text.strip()}
    if not 1 <= len(found) <= MOST_WORDINGS:
        raise BadInput(f"请写 1–{MOST_WORDINGS} 种问法，每行一种，收到 {len(found)} 种。", field="wordings")
    for text in found.values():
        if not SHORTEST <= len(text) <= LONGEST:
            raise BadInput(f"一种问法须为 {SHORTEST}–{LONGEST} 个字，收到“{text[:20]}”。", field="wordings")
    return tuple(reversed(found.values()))


def _keep(
    session: WriteSession,
    kind: SuggestionKind,
    origin: Origin,
    actor: str,
    *,
    draft: Entry | None = None,
    wordings: Sequence[str] = (),
    reason: str = "",
) -> None:
    code, revision = ("", 0) if draft is None else (draft.id, draft.revision)
    session.run(
        _ADD,
        kind=kind,
        code=code,
        revision=revision,
        wordings=list(wordings),
        marks=list(origin.marks),
        askers=origin.askers,
        reason=reason,
        suggested_by=origin.suggested_by,
        settled_by=actor,
        settled_at=session.now,
    )
    subject = f"entry:{code}" if code else "library"
    detail = {"kind": kind, "revision": revision, "wordings": len(wordings), "suggested_by": origin.suggested_by}
    record(session, actor, "library.learn", subject, [TOPIC], detail=detail)


def _suggestion(row: Row[tuple[object, ...]]) -> Suggestion:
    return Suggestion(
        id=row.id,
        kind=SuggestionKind(row.kind),
        code=row.code,
        revision=row.revision,
        wordings=tuple(row.wordings),
        marks=tuple(row.marks),
        askers=row.askers,
        reason=row.reason,
        suggested_by=row.suggested_by,
        settled_by=row.settled_by,
        settled_at=row.settled_at,
    )
