"""The scorer alone, on any set of sentences with one label each."""

from collections.abc import Sequence

import numpy as np

from base.text import normalise
from intents import estimators
from intents.corpus import RATIO, vocabulary_of
from intents.features import pieces
from intents.linear import Linear
from intents.told import Progress, no_progress


def train_and_predict(
    rows: Sequence[tuple[str, str]], texts: Sequence[str], progress: Progress = no_progress
) -> list[str]:
    """The label that a scorer trained on ``rows`` (text, label) gives to each of ``texts``."""
    progress("切词", 0.0)
    labels = sorted({label for _, label in rows})
    found = [pieces(normalise(text)) for text, _ in rows]
    vocabulary = vocabulary_of(found, fewest=1)
    counts = estimators.count_matrix(
        [[vocabulary[piece] for piece in each if piece in vocabulary] for each in found], len(vocabulary)
    )
    rare = estimators.rarity(counts)
    targets = np.array([[label == each for each in labels] for _, label in rows])
    progress("训练", 0.0)
    weights, bias = estimators.fit_linear(
        estimators.weighted(counts, rare), targets, np.ones(len(rows), np.float32), ratio=RATIO
    )
    linear = Linear(vocabulary, rare, weights, bias)
    progress("完成", 1.0)
    return [labels[int(linear.scores(linear.lookup(pieces(normalise(text)))).argmax())] for text in texts]
