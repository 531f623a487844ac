"""From what a person says they want to do to the service that they take a number for: by characters or by initials."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from pypinyin import Style, lazy_pinyin

from base.db import ReadSession
from base.text import normalise
from hallqueue import ServiceScope, ServiceView
from knowledge import Entry, Kind, Snapshot
from server.matters import Matter, matters, online_ways

if TYPE_CHECKING:
    from server.house import House

MOST_WAYS = 6
NEAR = 3  # hits of the library's own search when nothing holds the very words
COMMON_QUESTIONS = 8
_NEVER = 9


@dataclass(frozen=True, slots=True)
class Way:
    """A matter and where its number is taken; ``guide`` is empty for a service by its own name."""

    title: str
    guide: str
    service: ServiceView
    is_online: bool


@dataclass(frozen=True, slots=True)
class Keys:
    """How a phrase may be typed: itself, the initials of its characters, their sounds."""

    words: str
    initials: str
    sounds: str


@lru_cache(maxsize=10_000)
def keys(phrase: str) -> Keys:
    """The keys of a phrase: 营业执照 · yyzz · yingyezhizhao."""
    words = normalise(phrase).lower()
    return Keys(words, _latin(lazy_pinyin(words, style=Style.FIRST_LETTER)), _latin(lazy_pinyin(words)))


def _latin(parts: Iterable[str]) -> str:
    return "".join(letter for letter in "".join(parts) if letter.isascii() and letter.isalnum())


def place(typed: str, phrases: Sequence[str]) -> int:
    """How well ``phrases`` (the name first, then what people call it) fit: 0 best, ``_NEVER`` not at all."""
    return min((_fit(typed, keys(phrase)) + bool(at) for at, phrase in enumerate(phrases)), default=_NEVER)


def _fit(typed: str, phrase: Keys) -> int:
    if not typed.isascii():
        words = typed.split()
        return 0 if all(word in phrase.words for word in words) else _NEVER
    letters = _latin(typed)
    if not letters:
        return _NEVER
    if phrase.initials.startswith(letters):
        return 0
    if letters in phrase.initials or phrase.sounds.startswith(letters):
        return 2
    return 4 if len(letters) > 3 and letters in phrase.sounds else _NEVER  # noqa: PLR2004 (fewer letters are in every sound)


def find(said: str, services: Sequence[ServiceView], library: Snapshot, topics: Sequence[str] = ()) -> tuple[Way, ...]:
    """The ways for what was said, best first; ``topics`` are guides that the chat thought of, and come before all."""
    typed = normalise(said).strip().lower()
    entries = library.entries
    guides = [entry for entry in entries.values() if entry.kind is Kind.GUIDE]
    thought = [entry for entry in guides if entry.id in topics]
    fitting = sorted((one for one in guides if _fits_guide(typed, one)), key=lambda one: _of_guide(typed, one))
    near = [] if fitting or typed.isascii() else _near(said, library)
    named = [Way(one.name, "", one, is_online=False) for one in services if _of_service(typed, one) < _NEVER]
    found = [way for entry in (*thought, *fitting, *near) for way in ways(entry, services)]
    return tuple(dict.fromkeys((*found[: len(thought)], *named, *found[len(thought) :])))[:MOST_WAYS]


def _near(said: str, library: Snapshot) -> list[Entry]:
    """The guides that the library's own search finds, as long as they are not much worse than its best."""
    hits = library.index.search(said, NEAR)
    good = [library.entries[hit.id] for hit in hits if hit.score * 2 >= hits[0].score]
    return [entry for entry in good if entry.kind is Kind.GUIDE]


def _fits_guide(typed: str, entry: Entry) -> bool:
    return _of_guide(typed, entry) < _NEVER


def _of_guide(typed: str, entry: Entry) -> int:
    return place(typed, (entry.title, *entry.aliases))


def _of_service(typed: str, service: ServiceView) -> int:
    return 0 if typed == service.code.lower() else place(typed, (service.name,))


def ways(entry: Entry, services: Sequence[ServiceView]) -> tuple[Way, ...]:
    """Where an entry's matter is done: at the services that name it, else at those of its domain with nearest names."""
    named = [one for one in services if entry.id in one.items]
    of_domain = [(_shared(entry, one), one) for one in services if entry.domain in one.domains]
    most = max((share for share, _ in of_domain), default=None)
    nearest = [one for share, one in of_domain if share == most]
    return tuple(Way(entry.title, entry.id, one, bool(online_ways(entry.online))) for one in named or nearest)


def _shared(entry: Entry, service: ServiceView) -> tuple[int, int]:
    """How many pairs of characters of the service's name the entry speaks of; then the service of more matters."""
    words = " ".join((entry.title, *entry.aliases))
    return sum(pair in words for pair in map("".join, pairwise(service.name))), len(service.items)


def matters_at(house: "House", session: ReadSession, hall: int, code: str) -> tuple[Matter, ...]:
    """The matters done at the service of ``code``, on every page alike; none of a service that is no more."""
    scopes = house.hall.scopes(session, hall)
    found = next((one for one in scopes if one.code == code), None)
    return matters(house, items(found, scopes, house.library.snapshot)) if found else ()


def items(service: ServiceScope, scopes: Sequence[ServiceScope], library: Snapshot) -> tuple[str, ...]:
    """The guides done at ``service``: those that it names, then those of domains that no other service has."""
    own = {domain for domain in service.domains if sum(domain in one.domains for one in scopes) == 1}
    elsewhere = {item for one in scopes for item in one.items}
    more = (one.id for one in library.entries.values() if one.kind is Kind.GUIDE and one.domain in own)
    return tuple(dict.fromkeys((*service.items, *(one for one in more if one not in elsewhere))))


def common_questions(services: Sequence[ServiceView], library: Snapshot) -> tuple[str, ...]:
    """What people ask most, one question for each service."""
    asked = (
        library.entries[one.items[0]].questions[:1]
        for one in services
        if one.items[:1] and one.items[0] in library.entries
    )
    return tuple(question for questions in asked for question in questions)[:COMMON_QUESTIONS]
