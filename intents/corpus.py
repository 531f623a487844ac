"""What the scorer is fitted on: labelled sentences and the library's texts, cut into pieces, with their labels."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

from base.text import normalise, segment
from intents import estimators
from intents.data import Example, LibraryText
from intents.features import cut
from intents.linear import Linear, Vector
from intents.model import ACTS, FACETS
from intents.reading import Act
from intents.signs import spelled
from intents.spelling import Spelling

BODY_WEIGHT = 0.5
RATIO = 0.5
ACT_BALANCE = 0.5
"""How far rare acts are lifted to the common ones: 0 not at all, 1 wholly."""
FEWEST_SENTENCES = 2
LARGEST_VOCABULARY = 80_000
_SENTENCE = re.compile(r"[。；;！!？?\n ]+")
_SHORTEST_BODY = 6
_FEWEST_TOGETHER = 3
_SHARE_TOGETHER = 0.3
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Corpus:
    """The labelled sentences come first (``plains`` has only theirs), then the library's phrases and bodies.

    ``topics`` has one more column than ``ids``: none of the library's.
    """

    examples: tuple[Example, ...]
    plains: tuple[str, ...]
    pieces: tuple[list[str], ...]
    contents: tuple[list[str], ...]
    weights: Vector
    acts: Flags
    facets: Flags
    topics: Flags
    spelling: Spelling
    ids: tuple[str, ...]


def gather(examples: Sequence[Example], texts: Sequence[LibraryText]) -> Corpus:
    """Cut everything into pieces and lay out its labels."""
    phrases = [(phrase, text.id) for text in texts for phrase in (text.title, *text.aliases, *text.questions)]
    bodies = [(part, text.id) for text in texts for part in sentences(text.body)]
    written = [normalise(spelled(example.text)) for example in examples]
    printed = [normalise(phrase) for phrase, _ in chain(phrases, bodies)]
    spelling = Spelling.learn(written + printed, [segment(each) for each in written + printed])
    plains = [spelling.plain(each) for each in written]
    cuts = [cut(each) for each in plains + printed]
    ids = tuple(sorted({text.id for text in texts} | {id_ for example in examples for id_ in example.topics}))
    labels = [example.topics for example in examples] + [(id_,) for _, id_ in chain(phrases, bodies)]
    return Corpus(
        examples=tuple(examples),
        plains=tuple(plains),
        pieces=tuple(found for found, _ in cuts),
        contents=tuple(contents for _, contents in cuts),
        weights=np.array([1.0] * (len(examples) + len(phrases)) + [BODY_WEIGHT] * len(bodies), np.float32),
        acts=np.array([[example.act is act for act in ACTS] for example in examples]),
        facets=np.array([[facet in example.facets for facet in FACETS] for example in examples]),
        topics=topic_flags(labels, ids),
        spelling=spelling,
        ids=ids,
    )


def sentences(body: str) -> list[str]:
    """The sentences of an entry's body that are long enough to say something."""
    return [part for part in _SENTENCE.split(body) if len(part) >= _SHORTEST_BODY]


def topic_flags(labels: Sequence[Sequence[str]], ids: Sequence[str]) -> Flags:
    """One row for each label set; the last column is “none of them”."""
    column = {id_: number for number, id_ in enumerate(ids)}
    flags = np.zeros((len(labels), len(ids) + 1), bool)
    for row, label in enumerate(labels):
        flags[row, [column[id_] for id_ in label] or [-1]] = True
    return flags


def fit_scorer(corpus: Corpus, use: Flags) -> tuple[Linear, Flags]:
    """The scorer fitted on the rows of ``use``, and which of its pieces the library or a question about it holds."""
    rows = np.flatnonzero(use)
    vocabulary = vocabulary_of([corpus.pieces[row] for row in rows])
    looked_up = [[at for piece in corpus.pieces[row] if (at := vocabulary.get(piece)) is not None] for row in rows]
    counts = estimators.count_matrix(looked_up, len(vocabulary))
    rare = estimators.rarity(counts)
    inputs = estimators.weighted(counts, rare)
    is_labelled = rows < len(corpus.examples)
    is_question = np.array([row < len(corpus.examples) and corpus.examples[row].act is Act.ASK_FACET for row in rows])
    acts, facets = corpus.acts[rows[is_labelled]], corpus.facets[rows[is_question]]
    blocks = [
        estimators.fit_linear(inputs[is_labelled], acts, balanced(acts)),
        estimators.fit_linear(inputs[is_question], facets, np.ones(len(facets), np.float32), ratio=RATIO),
        estimators.fit_linear(inputs, corpus.topics[rows], corpus.weights[rows]),
    ]
    weights = np.hstack([block for block, _ in blocks]).astype(np.float16).astype(np.float32)
    linear = Linear(vocabulary, rare, weights, np.concatenate([bias for _, bias in blocks]))
    about_topics = counts[~corpus.topics[rows][:, -1]]
    return linear, np.bincount(about_topics.indices, minlength=len(vocabulary)) > 0


def balanced(targets: Flags) -> Vector:
    """A weight for each row by how rare its one label is, 1 on average."""
    label = targets.argmax(axis=1)
    weights = (1 / np.bincount(label)[label]) ** ACT_BALANCE
    return np.asarray(weights / weights.mean(), dtype=np.float32)


def vocabulary_of(pieces: Sequence[Sequence[str]], fewest: int = FEWEST_SENTENCES) -> dict[str, int]:
    """A number for each piece that at least ``fewest`` sentences hold; of too many, the commonest."""
    counts = Counter(chain.from_iterable(pieces))
    often = [(piece, count) for piece, count in counts.items() if count >= fewest]
    often.sort(key=lambda each: (-each[1], each[0]))
    return {piece: number for number, piece in enumerate(sorted(piece for piece, _ in often[:LARGEST_VOCABULARY]))}


def companions(examples: Sequence[Example], ids: Sequence[str]) -> dict[int, frozenset[int]]:
    """Topics that are asked as one: a fair share of the sentences about the rarer are labelled with both."""
    column = {id_: number for number, id_ in enumerate(ids)}
    alone = Counter(column[id_] for example in examples for id_ in example.topics)
    pairs = Counter(
        pair for example in examples for pair in combinations(sorted(column[id_] for id_ in example.topics), 2)
    )
    found: dict[int, set[int]] = {}
    for (first, second), count in pairs.items():
        if count >= _FEWEST_TOGETHER and count >= _SHARE_TOGETHER * min(alone[first], alone[second]):
            found.setdefault(first, set()).add(second)
            found.setdefault(second, set()).add(first)
    return {number: frozenset(others) for number, others in sorted(found.items())}


def fold_numbers(groups: Sequence[str], count: int, seed: int) -> NDArray[np.intp]:
    """A fold for each sentence; a group is never split."""
    names = sorted(set(groups))
    np.random.default_rng(seed).shuffle(names)
    fold = {name: number % count for number, name in enumerate(names)}
    return np.array([fold[group] for group in groups], dtype=np.intp)
