"""Questions that ask of one matter, put together: by the words that name it, and by the topics that they lead to."""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from base.text import bare, segment
from intents.ellipsis import is_elliptic

NEAR = 0.4
"""From this cosine to a cluster's middle a question belongs to it. Chosen on 400 labelled training sentences about 59
topics, led by search alone: 0.80 of the pairs put together belong together, 0.55 of all that do are found."""
LONGEST = 200
WORDS = 0.5
"""How much the words count; the rest is for where they lead to."""
Weights = dict[str, float]
Leads = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """A question and who asked it: an opaque name, the same for the same enterprise.

    ``leads``: topics that it may be about, with their weights, as reader or search proposed them.
    """

    text: str
    asker: Hashable
    leads: Leads = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """``members``: places in what was given, the most typical first. ``askers``: how many different ones."""

    members: tuple[int, ...]
    askers: int


def cluster(asked: Sequence[Asking], nearness: float = NEAR) -> list[Cluster]:
    """``asked`` in clusters, those of the most askers first; what names no matter at all is left out.

    The same questions in the same order always give the same clusters.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(asked):
        places[bare(each.text[:LONGEST])].append(place)
    leads = {text: asked[found[0]].leads for text, found in places.items() if matter(text)}
    vectors = _vectors(leads)
    askers = {text: len({asked[place].asker for place in found}) for text, found in places.items()}
    order = sorted(vectors, key=lambda text: (-askers[text], places[text][0]))
    grouped = _grouped([(text, vectors[text]) for text in order], nearness)
    found = [_made(asked, [place for text in group for place in places[text]]) for group in grouped]
    return sorted(found, key=lambda each: (-each.askers, -len(each.members), each.members[0]))


def matter(text: str) -> list[str]:
    """The words of a bare sentence that name what it is about; none if it names nothing."""
    return [word for word in segment(text) if not is_elliptic(word)]


def _vectors(texts: Mapping[str, Leads]) -> dict[str, Weights]:
    """Each text's pieces, rarer ones heavier, and where it leads to; the squares add up to 1."""
    pieces = {text: set(_pieces(matter(text))) for text in texts}
    counts = Counter(piece for held in pieces.values() for piece in held)
    rarity = {piece: math.log((1 + len(texts)) / count) for piece, count in counts.items()}
    found = {}
    for text, leads in texts.items():
        words = _scaled({piece: rarity[piece] for piece in sorted(pieces[text])}, WORDS if leads else 1.0)
        found[text] = words | _scaled({f"topic:{topic}": weight**2 for topic, weight in leads}, 1 - WORDS)
    return found


def _pieces(words: Sequence[str]) -> list[str]:
    letters = "".join(words)
    return [*words, *letters, *(first + second for first, second in pairwise(letters))]


def _scaled(weights: Weights, share: float) -> Weights:
    """``weights`` with squares that add up to ``share``."""
    length = math.sqrt(sum(weight * weight for weight in weights.values()) / share) or 1.0
    return {piece: weight / length for piece, weight in weights.items()}


def _grouped(vectors: Sequence[tuple[str, Weights]], nearness: float) -> list[list[str]]:
    """One text after another to the cluster whose middle is nearest, or to a new one."""
    groups: list[list[str]] = []
    squares: list[float] = []
    sums: dict[str, dict[int, float]] = defaultdict(dict)
    for text, vector in vectors:
        products = _products(vector, sums)
        scored = ((product / math.sqrt(squares[number]), -number) for number, product in products.items())
        score, place = max(scored, default=(0.0, 0))
        number = -place if score >= nearness else len(groups)
        if number == len(groups):
            groups.append([])
            squares.append(0.0)
        groups[number].append(text)
        squares[number] += 2 * products.get(number, 0.0) + sum(weight * weight for weight in vector.values())
        for piece, weight in vector.items():
            sums[piece][number] = sums[piece].get(number, 0.0) + weight
    return groups


def _products(vector: Weights, sums: Mapping[str, dict[int, float]]) -> dict[int, float]:
    """The inner product of ``vector`` with the sum of every cluster that shares a piece with it."""
    found: dict[int, float] = defaultdict(float)
    for piece, weight in vector.items():
        for number, total in sums.get(piece, {}).items():
            found[number] += weight * total
    return found


def _made(asked: Sequence[Asking], members: Sequence[int]) -> Cluster:
    return Cluster(tuple(members), len({asked[place].asker for place in members}))
