"""Search over entries, in memory: BM25 over weighted fields, for words, characters and pinyin.

Each family of terms (words as jieba cuts them; characters and their pairs; pairs of toneless syllables; runs of
initials) scores for itself: a field's weight divides its count by the field's length (BM25F, Robertson and Zaragoza
2009), and the families are summed. Everything that does not depend on the query is computed by ``build``.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from base.text import bare, segment_for_search, teach
from knowledge.entry import Entry
from knowledge.pinyin import initials, is_han, latin_runs, syllables, syllables_of_run
from knowledge.settings import KnowledgeSettings
from knowledge.views import Hit

Posting: TypeAlias = tuple[NDArray[np.int32], NDArray[np.float32]]
Fields: TypeAlias = dict[str, list[str]]

SATURATION = 1.2
LENGTH = 0.75
LONGEST_QUERY = 500
WHY_PIECES = 6
_UNITS = re.compile(r"[a-z]+|\d+|\S")
_SPLIT = re.compile(r"[（）()、/“”‘’与和及或的，；：\s]+")


class Index:
    """Built once over its entries and only read afterwards, from any thread."""

    def __init__(self, ids: Sequence[str], postings: Mapping[str, Posting]) -> None:
        self.ids = tuple(ids)
        self._postings = postings

    @classmethod
    def build(
        cls,
        entries: Sequence[Entry],
        extra_questions: Mapping[str, Sequence[str]] | None = None,
        *,
        settings: KnowledgeSettings | None = None,
        teaches: bool = True,
    ) -> "Index":
        """Index ``entries``; ``extra_questions`` are more phrasings by entry id.

        ``teaches``: the house's dictionary learns their names; a trial leaves it as it is.
        """
        given = settings or KnowledgeSettings()
        if teaches:
            teach(key_words(entries))
        documents = [_fields(entry, (extra_questions or {}).get(entry.id, ())) for entry in entries]
        weights = {
            "title": given.title_weight,
            "alias": given.alias_weight,
            "question": given.question_weight,
            "body": given.body_weight,
        }
        names = {name: weights[name] for name in ("title", "alias", "question")}
        postings: dict[str, Posting] = {}
        for family, of_fields, worth in (
            (_words, weights, given.word_weight),
            (_characters, weights, given.character_weight),
            (_sounds, weights, given.pinyin_weight),
            (_runs_of_initials, names, given.initials_weight),
        ):
            postings |= _postings(documents, family, of_fields, worth)
        return cls([entry.id for entry in entries], postings)

    def search(self, query: str, limit: int = 10, *, explain: bool = False) -> list[Hit]:
        """The entries nearest to ``query``, best first; none if nothing in it is known."""
        terms = _query_terms(bare(query[:LONGEST_QUERY]))
        found = [(term, *self._postings[term]) for term in terms if term in self._postings]
        if not found:
            return []
        rows = np.concatenate([places for _, places, _ in found])
        worths = np.concatenate([worths for _, _, worths in found])
        scores = np.bincount(rows, worths, len(self.ids)).astype(np.float64, copy=False)
        best = _best(scores, limit)
        return [Hit(self.ids[place], float(scores[place]), _why(found, place) if explain else ()) for place in best]


def key_words(entries: Iterable[Entry]) -> list[str]:
    """Short names and parts of titles: what the house's dictionary learns from the library, sorted."""
    texts = {bare(part) for entry in entries for name in (entry.title, *entry.aliases) for part in _SPLIT.split(name)}
    return sorted(text for text in texts if 2 <= len(text) <= 6 and all(map(is_han, text)))  # noqa: PLR2004


def _fields(entry: Entry, extra_questions: Sequence[str]) -> Fields:
    materials = [part for material in entry.materials for part in (material.name, material.when)]
    answers = [part for answer in entry.answers for part in (answer.ask, answer.say)]
    parts = (entry.conditions, entry.steps, entry.benefit, entry.limits, entry.claim, entry.pitfalls)
    body = [entry.who, entry.office, entry.result, entry.fee, *(text for part in parts for text in part)]
    fields = {
        "title": [entry.title],
        "alias": [*entry.aliases],
        "question": [*entry.questions, *extra_questions],
        "body": [*body, *materials, *answers, *(basis.text for basis in entry.legal_basis)],
    }
    return {name: [bare(text) for text in texts if text] for name, texts in fields.items()}


def _postings(
    documents: Sequence[Fields],
    family: Callable[[str], list[str]],
    weights: Mapping[str, float],
    worth: float,
) -> dict[str, Posting]:
    counts = [
        {name: Counter(t for text in fields[name] for t in family(text)) for name in weights} for fields in documents
    ]
    usual = {name: max(1, sum(each[name].total() for each in counts)) / max(1, len(counts)) for name in weights}
    weighed: dict[str, dict[int, float]] = defaultdict(dict)
    for place, fields in enumerate(counts):
        for name, terms in fields.items():
            scale = weights[name] / (1 - LENGTH + LENGTH * terms.total() / usual[name])
            for term, count in terms.items():
                weighed[term][place] = weighed[term].get(place, 0.0) + count * scale
    return {term: _posting(places, len(documents), worth) for term, places in weighed.items() if worth > 0}


def _posting(places: Mapping[int, float], total: int, worth: float) -> Posting:
    rarity = np.log1p((total - len(places) + 0.5) / (len(places) + 0.5))
    counts = np.fromiter(places.values(), np.float64, len(places))
    scores = worth * rarity * counts * (SATURATION + 1) / (counts + SATURATION)
    return np.fromiter(places, np.int32, len(places)), scores.astype(np.float32)


def _words(text: str) -> list[str]:
    return [f"w{word}" for word in segment_for_search(text)]


def _characters(text: str) -> list[str]:
    """Characters and their pairs; a run of latin letters or of digits counts as one character."""
    units = _UNITS.findall(text)
    return [f"c{each}" for each in units] + [f"c{one}{other}" for one, other in pairwise(units)]


def _sounds(text: str) -> list[str]:
    return _pairs(syllables(text))


def _pairs(spoken: Sequence[str]) -> list[str]:
    return [f"p{one} {other}" for one, other in pairwise(spoken)]


def _runs_of_initials(text: str) -> list[str]:
    return _runs_of(initials(text))


def _runs_of(letters: str) -> list[str]:
    return [f"i{letters[at : at + size]}" for size in (3, 4) for at in range(len(letters) - size + 1)]


def _query_terms(text: str) -> list[str]:
    """Each term once, in a fixed order: the same query always has the same score."""
    terms = _words(text) + _characters(text) + _sounds(text)
    for run in latin_runs(text):
        terms += _pairs(syllables_of_run(run)) + _runs_of(run)
    return list(dict.fromkeys(terms))


def _best(scores: NDArray[np.float64], limit: int) -> list[int]:
    """The places of the highest scores above 0, highest first, equal ones in the entries' order."""
    order = np.argsort(-scores, kind="stable")[:limit]
    return [int(place) for place in order if scores[place] > 0]


def _why(found: Sequence[tuple[str, NDArray[np.int32], NDArray[np.float32]]], place: int) -> tuple[str, ...]:
    spoke = [
        (float(worths[at[0]]), term[1:])
        for term, places, worths in found
        if (at := np.flatnonzero(places == place)).size
    ]
    return tuple(dict.fromkeys(term for _, term in sorted(spoke, reverse=True)))[:WHY_PIECES]
