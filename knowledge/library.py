"""``Library``: entries and their life, starter files, export and import, and search over what is published."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from base.clock import local_day
from base.db import ReadSession, WriteSession
from base.errors import BadInput, Conflict, NotFound
from knowledge import store
from knowledge.checks import faults
from knowledge.entry import Entry
from knowledge.files import Starter, dump, parse, read_starter
from knowledge.rules import Action, State, after, refuse_own, starts_on
from knowledge.settings import KnowledgeSettings
from knowledge.snapshot import Snapshot
from knowledge.trial import Trial
from knowledge.views import Due, EntryFilter, Hit, Loaded

CHINA = ZoneInfo("Asia/Shanghai")


class Library:
    """The room's face. Every writing method runs in the lane ``library``.

    Search and the published entries are kept in memory as one ``snapshot``, replaced whole by ``refresh``: call that
    in a read job whenever ``is_stale``; what is asked meanwhile is answered from the old one.
    """

    def __init__(self, settings: KnowledgeSettings, zone: ZoneInfo = CHINA) -> None:
        self._settings = settings
        self._zone = zone
        self.snapshot = Snapshot.of((), date.min, settings=settings)

    def search(self, query: str, limit: int = 10, *, explain: bool = False) -> list[Hit]:
        """The published entries nearest to ``query``, best first, ended ones too. Needs no session."""
        return self.snapshot.index.search(query, limit, explain=explain)

    def trial(self, draft: Entry) -> Trial:
        """The library with ``draft`` in force, beside the one in use. Needs no session; run it in a worker thread."""
        return Trial.of(self.snapshot, draft, self._settings)

    def is_stale(self, session: ReadSession) -> bool:
        """Whether something was published, or a day began, since the snapshot was made."""
        now = (self.edition(session), self.today(session))
        return now != (self.snapshot.edition, self.snapshot.day)

    def refresh(self, session: ReadSession, extra_questions: Mapping[str, Sequence[str]] | None = None) -> bool:
        """Make a new snapshot if the present one is stale; whether it was."""
        if not self.is_stale(session):
            return False
        edition, day = self.edition(session), self.today(session)
        self.use(self.published(session), day, edition=edition, extra_questions=extra_questions)
        return True

    def use(
        self,
        entries: Sequence[Entry],
        day: date,
        *,
        edition: int = 0,
        extra_questions: Mapping[str, Sequence[str]] | None = None,
    ) -> Snapshot:
        """Search ``entries`` from now on: the database's, or the starter files' where there is no database."""
        self.snapshot = Snapshot.of(
            entries, day, settings=self._settings, edition=edition, extra_questions=extra_questions
        )
        return self.snapshot

    def today(self, session: ReadSession) -> date:
        """The hall's local day."""
        return local_day(session.now, self._zone)

    def edition(self, session: ReadSession) -> int:
        """A number that grows whenever what may be said has changed; 0: nothing was loaded yet."""
        return store.edition(session)

    def entry(self, session: ReadSession, code: str, on: date | None = None) -> Entry:
        """The entry as it holds on the day ``on`` (default: today), else as it was last written; see ``is_published``.

        Raises ``NotFound``.
        """
        rows = store.revisions(session, code)
        if not rows:
            raise NotFound(f"知识库里没有编号为“{code}”的条目，请核对编号。")
        return store.chosen(rows, on or self.today(session))

    def entries(self, session: ReadSession, wanted: EntryFilter | None = None) -> list[Entry]:
        """Every entry as it holds today, else as it was last written."""
        return [each for each in store.all_chosen(session, self.today(session)) if _fits(each, wanted or EntryFilter())]

    def published(self, session: ReadSession) -> list[Entry]:
        """What may be said aloud today, ended entries too."""
        return [each for each in store.all_chosen(session, self.today(session)) if each.is_published]

    def revisions(self, session: ReadSession, code: str) -> list[Entry]:
        """Every revision of one entry, oldest first."""
        return [store.as_entry(row) for row in store.revisions(session, code)]

    def pending(self, session: ReadSession) -> list[Entry]:
        """Every revision that waits for an editor: drafts, proposed and reviewed ones, oldest first."""
        return [store.as_entry(row) for row in store.pending(session)]

    def revision(self, session: ReadSession, code: str, number: int) -> Entry:
        """One revision by its number. Raises ``NotFound``."""
        for row in store.revisions(session, code):
            if row.number == number:
                return store.as_entry(row)
        raise NotFound(f"条目“{code}”没有第 {number} 版，请刷新后再看。")

    def draft(self, session: WriteSession, entry: Entry, actor: str) -> Entry:
        """Keep ``entry``'s text as a new draft by ``actor``, with a new record; ``BadInput`` names every mistake."""
        mistakes = faults(entry)
        if mistakes:
            raise BadInput("；".join(f"{each.field}：{each.text}" for each in mistakes) + "。", field=mistakes[0].field)
        kept = store.add(session, entry, State.DRAFT, author=actor)
        store.note(session, actor, "draft", kept)
        return kept

    def restore(self, session: WriteSession, code: str, number: int, actor: str) -> Entry:
        """The text of an earlier revision as a new draft by ``actor``; ``Conflict`` if it is the text in force."""
        earlier, now = self.revision(session, code, number), self.entry(session, code)
        if store.is_same(earlier, now):
            raise Conflict(f"第 {number} 版和第 {now.revision} 版的文字相同，不用恢复。")
        return self.draft(session, earlier, actor)

    def review(self, session: WriteSession, code: str, number: int, actor: str) -> Entry:
        """Mark a draft or a proposed revision as read and right; not by its author."""
        return self._move(session, code, Action.REVIEW, actor, number)

    def publish(self, session: WriteSession, code: str, number: int, actor: str) -> Entry:
        """Let a reviewed revision be said, from its ``effective_from`` on, or at once; not by its author.

        ``Conflict`` when another entry of the same matter, kind and scope is published.
        """
        self._refuse_double(session, code, number)
        return self._move(session, code, Action.PUBLISH, actor, number)

    def suspend(self, session: WriteSession, code: str, actor: str) -> Entry:
        """Stop saying the revision in force, at once; its predecessors do not come back."""
        return self._move(session, code, Action.SUSPEND, actor)

    def resume(self, session: WriteSession, code: str, actor: str) -> Entry:
        """Say a suspended revision again."""
        return self._move(session, code, Action.RESUME, actor)

    def retire(self, session: WriteSession, code: str, actor: str, number: int | None = None) -> Entry:
        """End a revision for good: the one in force, or the one of that number."""
        return self._move(session, code, Action.RETIRE, actor, number)

    def confirm(self, session: WriteSession, code: str, actor: str) -> Entry:
        """An editor of this hall stands for the revision in force: “随软件提供，未经本厅核验” goes."""
        entry = self.entry(session, code)
        if not entry.is_published:
            raise Conflict(f"“{entry.title}”没有已发布的版本，先审核并发布，再确认。")
        store.verify(session, entry, actor, self.today(session))
        store.bump(session)
        store.note(session, actor, "confirm", entry)
        return self.entry(session, code)

    def recall(self, session: WriteSession, code: str, number: int, why: str, actor: str) -> Entry:
        """Note that a revision was wrong, so that whoever was told it can be told better; still said, it is suspended.

        ``Conflict`` if it never was in force.
        """
        wrong = self.revision(session, code, number)
        if wrong.record.starts_on is None:
            raise Conflict(f"第 {number} 版没有对外使用过，没有人需要告知。")
        if not why.strip():
            raise BadInput("请写明错在哪里，同事联系企业时要用。", field="why")
        if wrong.is_published and self.entry(session, code).revision == number:
            self.suspend(session, code, actor)
        store.recall(session, wrong, why.strip())
        store.note(session, actor, "recall", wrong)
        return self.revision(session, code, number)

    def recalled(self, session: ReadSession) -> list[Entry]:
        """Revisions that were said and should not have been: suspended, or noted as wrong; oldest entry first."""
        return store.recalled(session)

    def warn(self, session: WriteSession) -> int:
        """Tick: note in the journal, once a revision and day, what ends soon or is due for review; how many."""
        found = [each for each in self.due(session) if not store.is_warned(session, each)]
        for each in found:
            store.warn(session, each)
        return len(found)

    def due(self, session: ReadSession) -> list[Due]:
        """Published entries that end within the warning time or have ended, or whose review is due; soonest first."""
        today = self.today(session)
        ahead = timedelta(days=self._settings.warn_ahead_days)
        found = [due for entry in self.published(session) if (due := _due(entry, today, ahead))]
        return sorted(found, key=lambda each: (each.on, each.id))

    def load_starter(self, session: WriteSession, starter: Path | Starter) -> Loaded:
        """Bring the starter edition in: new entries as revision 1, published; changed ones as proposed revisions.

        Doing it again changes nothing. ``BadInput`` lists every mistake by file, line and field.
        """
        files = read_starter(starter) if isinstance(starter, Path) else starter
        if store.starter(session) == files.mark:
            return Loaded(unchanged=tuple(each.id for each in files.entries))
        loaded = store.take_in(session, files, self.today(session))
        store.bump(session, starter=files.mark)
        store.note_loaded(session, f"starter {files.edition}", loaded)
        return loaded

    def export_files(self, session: ReadSession) -> dict[str, str]:
        """The whole library as YAML by file name, each entry in one revision with its record; history stays here."""
        return dump(self.entries(session), has_records=True)

    def import_files(self, session: WriteSession, files: Mapping[str, str], actor: str) -> Loaded:
        """Bring exported files in. An empty library takes their records as they are; else what differs is a draft."""
        entries = parse(files)
        has_records = all(each.revision for each in entries)
        if has_records and not self.entries(session):
            loaded = store.restore(session, entries)
            store.bump(session)
        else:
            loaded = self._import_drafts(session, entries, actor)
        store.note_loaded(session, actor, loaded)
        return loaded

    def _import_drafts(self, session: WriteSession, entries: Sequence[Entry], actor: str) -> Loaded:
        held = [*self.entries(session), *self.pending(session)]
        known = {each.id for each in held}
        fresh = [each for each in entries if each.id not in known]
        changed = [each for each in entries if each.id in known and not any(store.is_same(each, one) for one in held)]
        for each in (*fresh, *changed):
            self.draft(session, each, actor)
        touched = {each.id for each in (*fresh, *changed)}
        return Loaded(
            tuple(each.id for each in fresh),
            tuple(each.id for each in changed),
            tuple(each.id for each in entries if each.id not in touched),
        )

    def _move(self, session: WriteSession, code: str, action: Action, actor: str, number: int | None = None) -> Entry:
        before = self.entry(session, code) if number is None else self.revision(session, code, number)
        state = after(before.record.state, action)
        refuse_own(action, before.record.author, actor)
        begins = starts_on(before.effective_from, self.today(session)) if action is Action.PUBLISH else None
        store.move(session, before, action, state, actor=actor, begins=begins)
        if State.PUBLISHED in (before.record.state, state):
            store.bump(session)
        store.note(session, actor, action, before)
        return self.revision(session, code, before.revision)

    def _refuse_double(self, session: ReadSession, code: str, number: int) -> None:
        mine = self.revision(session, code, number)
        for other in self.published(session) if mine.matter else ():
            if other.id != code and (other.matter, other.kind, other.scope) == (mine.matter, mine.kind, mine.scope):
                raise Conflict(
                    f"同一事项已有发布中的“{other.title}”（{other.id}），请先停用它，或为两条写明不同的适用范围。",
                    detail={"entry": other.id},
                )


def _fits(entry: Entry, wanted: EntryFilter) -> bool:
    text = (wanted.text or "").strip().lower()
    return (
        wanted.kind in (None, entry.kind)
        and wanted.domain in (None, entry.domain)
        and wanted.state in (None, entry.record.state)
        and wanted.matter in (None, entry.matter)
        and (not text or any(text in each.lower() for each in (entry.id, entry.title, *entry.aliases)))
    )


def _due(entry: Entry, today: date, ahead: timedelta) -> Due | None:
    """Why ``entry`` needs an editor; one who confirms it shortly before or after its review has reviewed it."""
    if entry.effective_to is not None and entry.effective_to <= today + ahead:
        reason = "写明的期限已过" if entry.effective_to < today else "即将到期"
        return Due(entry.id, entry.title, reason, entry.effective_to)
    if entry.next_review is None or entry.next_review > today + ahead:
        return None
    verified = entry.record.verified_on
    is_reviewed = verified is not None and verified >= entry.next_review - ahead
    return None if is_reviewed else Due(entry.id, entry.title, "该复核了", entry.next_review)
