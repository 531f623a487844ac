"""What goes through the library's door beside the entries themselves."""

from dataclasses import dataclass
from datetime import date

from knowledge.entry import Kind
from knowledge.rules import Standing, State


@dataclass(frozen=True, slots=True)
class Stance:
    """How one entry stands on a day, with the sentence that an enterprise is told."""

    id: str
    title: str
    standing: Standing
    text: str
    effective_from: date | None
    effective_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Which entries a list shows; what is None does not matter. ``text`` stands in id, title or an alias."""

    kind: Kind | None = None
    domain: str | None = None
    state: State | None = None
    matter: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a set of files did to the library, by entry ids. ``proposed`` waits for an editor."""

    added: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """An entry that needs an editor: it ends soon, has ended, or its review is due on ``on``."""

    id: str
    title: str
    reason: str
    on: date


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that search found; ``score`` is at least 0, higher is nearer. ``why``: the pieces that spoke for it."""

    id: str
    score: float
    why: tuple[str, ...] = ()
