"""Which topic: candidates of the classifier and of search, weighed against each other and against “none of these”.

A conditional logit: each candidate has a few signals, “none” has its own; the probabilities are the softmax of the
weighted sums. The weights are fitted on readings of sentences that the classifier had not seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intents.linear import Vector
from intents.reading import Hit

CANDIDATES = 10
SIGNALS = ("score", "score_gap", "is_best", "hit", "hit_share", "is_first_hit", "is_second_hit", "both_best")
NONE_SIGNALS = ("one", "other", "no_topic", "outside", "hit", "hit_lead", "uncovered", "best", "lead")
HIT_SCALE = 30.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the ranker goes by: topics' scores, search hits, and what speaks against all of them.

    ``other``: the score of “no topic of the library”; ``outside``: of the act out_of_scope less that of ask_facet;
    ``uncovered``: the share of the sentence that no word of the library covers.
    """

    scores: Vector
    hits: Sequence[Hit]
    other: float
    outside: float
    uncovered: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates as (topic number, probability), the likeliest first, and the probability of none."""

    topics: tuple[tuple[int, float], ...]
    none: float


def candidates(evidence: Evidence, numbers: Mapping[str, int], allowed: NDArray[np.bool_] | None) -> NDArray[np.intp]:
    """The numbers of the topics worth weighing: the best of the classifier and of the hits."""
    scores = evidence.scores if allowed is None else np.where(allowed, evidence.scores, -np.inf)
    count = min(CANDIDATES, len(scores))
    best = np.argpartition(-scores, count - 1)[:count] if count else np.empty(0, np.intp)
    found = [numbers[id_] for id_, _ in evidence.hits[:CANDIDATES] if id_ in numbers]
    both = np.array(sorted({*best.tolist(), *found}), dtype=np.intp)
    return both if allowed is None else both[allowed[both]]


def signals(evidence: Evidence, numbers: Mapping[str, int], chosen: NDArray[np.intp]) -> NDArray[np.float64]:
    """One row of ``SIGNALS`` for each chosen topic."""
    rows = np.zeros((len(chosen), len(SIGNALS)))
    if not len(chosen):
        return rows
    scores = evidence.scores[chosen].astype(np.float64)
    rows[:, 0] = scores
    rows[:, 1] = scores - scores.max()
    rows[:, 2] = scores == scores.max()
    place = {number: row for row, number in enumerate(chosen.tolist())}
    top = max((score for _, score in evidence.hits), default=0.0) or 1.0
    for order, (id_, score) in enumerate(evidence.hits[:CANDIDATES]):
        row = place.get(numbers.get(id_, -1))
        if row is not None:
            rows[row, 3] = score / HIT_SCALE
            rows[row, 4] = score / top
            rows[row, 5] = order == 0
            rows[row, 6] = order == 1
    rows[:, 7] = rows[:, 2] * rows[:, 5]
    return rows


def none_signals(evidence: Evidence) -> NDArray[np.float64]:
    """The row of ``NONE_SIGNALS``."""
    scores = [score for _, score in evidence.hits[:2]] + [0.0, 0.0]
    best = np.partition(evidence.scores, -2)[-2:] if len(evidence.scores) > 1 else np.zeros(2)
    return np.array(
        [
            1.0,
            evidence.other,
            max(evidence.other, -1.0) ** 2,
            evidence.outside,
            scores[0] / HIT_SCALE,
            (scores[0] - scores[1]) / HIT_SCALE,
            evidence.uncovered,
            float(best[-1]),
            float(best[-1] - best[-2]),
        ]
    )


def rank(
    evidence: Evidence,
    numbers: Mapping[str, int],
    weights: NDArray[np.float64],
    none_weights: NDArray[np.float64],
    *,
    allowed: NDArray[np.bool_] | None = None,
) -> Ranked:
    """The candidates' probabilities."""
    chosen = candidates(evidence, numbers, allowed)
    logits = np.append(signals(evidence, numbers, chosen) @ weights, none_signals(evidence) @ none_weights)
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    order = np.argsort(-shares[:-1], kind="stable")
    return Ranked(tuple((int(chosen[at]), float(shares[at])) for at in order), float(shares[-1]))
