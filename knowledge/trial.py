"""A draft tried before it is published: the published library beside a copy of it in which the draft is in force."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from knowledge.entry import Entry
from knowledge.index import Index
from knowledge.settings import KnowledgeSettings
from knowledge.snapshot import Snapshot
from knowledge.views import Hit


@dataclass(frozen=True, slots=True)
class Shift:
    """A question whose first hit the draft would change; ids, empty where nothing is found."""

    question: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Trial:
    """Two snapshots; neither is the one in use, so nothing that is answered meanwhile changes."""

    now: Snapshot
    then: Snapshot

    @classmethod
    def of(cls, snapshot: Snapshot, draft: Entry, settings: KnowledgeSettings) -> "Trial":
        """Index a copy of ``snapshot`` with ``draft`` in place of its entry, or added (some hundred milliseconds)."""
        entries = {**snapshot.entries, draft.id: draft}
        index = Index.build(list(entries.values()), settings=settings, teaches=False)
        return cls(snapshot, replace(snapshot, entries=entries, index=index))

    def search(self, query: str, limit: int = 10) -> list[Hit]:
        """What would be found, with the words that speak for it."""
        return self.then.index.search(query, limit, explain=True)

    def shifts(self, questions: Iterable[str]) -> list[Shift]:
        """The questions whose first hit would change, in their order."""
        compared = (Shift(each, _first(self.now, each), _first(self.then, each)) for each in questions)
        return [each for each in compared if each.before != each.after]


def _first(snapshot: Snapshot, question: str) -> str:
    hits = snapshot.index.search(question, 1)
    return hits[0].id if hits else ""
