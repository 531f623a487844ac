"""What is published, in memory: entries by id and by matter, with the index over them. Never changed, only replaced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.entry import Entry, Kind
from knowledge.index import Index
from knowledge.rules import sentence, standing
from knowledge.settings import KnowledgeSettings
from knowledge.views import Stance


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The published library at one edition and day; safe to read from any thread."""

    edition: int
    day: date
    entries: Mapping[str, Entry]
    index: Index

    @classmethod
    def of(
        cls,
        entries: Sequence[Entry],
        day: date,
        *,
        settings: KnowledgeSettings | None = None,
        edition: int = 0,
        extra_questions: Mapping[str, Sequence[str]] | None = None,
    ) -> "Snapshot":
        """Index ``entries`` (a few hundred milliseconds for hundreds)."""
        index = Index.build(entries, extra_questions or {}, settings=settings or KnowledgeSettings())
        return cls(edition, day, {each.id: each for each in entries}, index)

    def twins(self, entry: Entry) -> tuple[Entry, ...]:
        """The other published entries of the same matter, guides first."""
        same = [e for e in self.entries.values() if entry.matter and e.matter == entry.matter and e.id != entry.id]
        return tuple(sorted(same, key=lambda each: (each.kind is not Kind.GUIDE, each.id)))

    def stances(self, entry: Entry, on: date) -> tuple[Stance, ...]:
        """How ``entry`` stands on the day ``on``. A guide inherits its policies': one stance for each of them."""
        policies = [each for each in self.twins(entry) if each.kind is Kind.POLICY]
        heirs = policies if entry.kind is Kind.GUIDE and policies else [entry]
        return tuple(stance(each, on) for each in heirs)


def stance(entry: Entry, on: date) -> Stance:
    """How ``entry`` by itself stands on the day ``on``, with the sentence to say."""
    return Stance(
        entry.id,
        entry.title,
        standing(entry.term, on),
        sentence(entry.term, on),
        entry.effective_from,
        entry.effective_to,
    )
