"""Probabilities out of scores, fitted on readings of sentences that the scorer had not seen."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from intents import estimators
from intents.corpus import Corpus, Flags
from intents.model import (
    ACT_SIGNALS,
    ACTS,
    ASK,
    FACETS,
    OUTSIDE,
    QUESTION_SIGNALS,
    Calibration,
    Raw,
    act_context,
    act_shares,
    act_signals,
    evidence,
    question_signals,
)
from intents.ranker import Ranked, candidates, none_signals, rank, signals
from intents.reading import Hit

OUTSIDE_SHARE = 0.3
"""The share of out-of-scope messages to be ready for, whatever their share of the training sentences."""
OTHER_ACTS_SHARE = 0.2
_THRESHOLDS = np.arange(0.2, 0.71, 0.05)


def calibrate(
    corpus: Corpus, raws: Sequence[Raw], hits: Sequence[Sequence[Hit]], same: dict[int, frozenset[int]]
) -> Calibration:
    """All of it; ``raws`` and ``hits`` belong to ``corpus.examples``, ``same`` are topics asked as one."""
    weights = sentence_weights(corpus)
    slope, offset, threshold = _facets(corpus, raws)
    rank_weights, none_weights = _ranker(corpus, raws, hits, weights)
    numbers = {id_: number for number, id_ in enumerate(corpus.ids)}
    ranked = [
        rank(evidence(raw, found), numbers, rank_weights, none_weights) for raw, found in zip(raws, hits, strict=True)
    ]
    contexts = np.array([act_context(raw, found, each) for raw, found, each in zip(raws, hits, ranked, strict=True)])
    act_mix = estimators.fit_classes(contexts, corpus.acts.argmax(axis=1), len(ACTS), weights)
    acts = np.array([act_shares(logits, None) for logits in contexts @ act_mix])
    question, act = _trust(corpus, raws, hits, same=same, ranked=ranked, acts=acts, weights=weights)
    return Calibration(act_mix, slope, offset, threshold, rank_weights, none_weights, question, act)


def sentence_weights(corpus: Corpus) -> NDArray[np.float64]:
    """So that questions, out-of-scope messages and the other acts have their due shares together."""
    acts = corpus.acts.argmax(axis=1)
    asks, outside = acts == ASK, acts == OUTSIDE
    shares = (
        (asks, 1 - OUTSIDE_SHARE - OTHER_ACTS_SHARE),
        (outside, OUTSIDE_SHARE),
        (~asks & ~outside, OTHER_ACTS_SHARE),
    )
    weights = np.ones(len(acts))
    for group, share in shares:
        if group.any():
            weights[group] = share * len(acts) / group.sum()
    return weights


def _facets(
    corpus: Corpus, raws: Sequence[Raw]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    asks = corpus.acts[:, ASK]
    scores = np.array([raw.facets for raw in raws])[asks]
    right = corpus.facets[asks]
    pairs = [estimators.fit_platt(scores[:, number], right[:, number]) for number in range(len(FACETS))]
    slope, offset = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
    shares = 1 / (1 + np.exp(-(scores * slope + offset)))
    threshold = [_best_threshold(shares[:, number], right[:, number]) for number in range(len(FACETS))]
    return slope, offset, np.array(threshold)


def _best_threshold(shares: NDArray[np.float64], right: Flags) -> float:
    def f1(threshold: float) -> float:
        said = shares >= threshold
        return float(2 * (said & right).sum() / max(said.sum() + right.sum(), 1))

    return float(max(_THRESHOLDS, key=f1))


def _ranker(
    corpus: Corpus, raws: Sequence[Raw], hits: Sequence[Sequence[Hit]], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    numbers = {id_: number for number, id_ in enumerate(corpus.ids)}
    options, nones, right = [], [], []
    for row, (raw, found) in enumerate(zip(raws, hits, strict=True)):
        seen = evidence(raw, found)
        chosen = candidates(seen, numbers, None)
        options.append(signals(seen, numbers, chosen))
        nones.append(none_signals(seen))
        flags = corpus.topics[row]
        right.append(np.append(flags[chosen], flags[-1]))
    reachable = [row for row, flags in enumerate(right) if flags.any()]
    return estimators.fit_choice(
        [options[row] for row in reachable],
        np.array([nones[row] for row in reachable]),
        [right[row] for row in reachable],
        weights[reachable],
    )


def _trust(
    corpus: Corpus,
    raws: Sequence[Raw],
    hits: Sequence[Sequence[Hit]],
    *,
    same: dict[int, frozenset[int]],
    ranked: Sequence[Ranked],
    acts: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights of p(right): where a question was read, and where another act was."""
    said = acts.argmax(axis=1)
    asks = np.flatnonzero(said == ASK).tolist()
    rest = np.flatnonzero(said != ASK).tolist()
    asked = [question_signals(same, raws[row], hits[row], ranked[row], acts[row]) for row in asks]
    right = np.array([_is_right(corpus.topics[row], ranked[row], same) for row in asks], bool)
    other = [act_signals(acts[row], raws[row]) for row in rest]
    right_act = np.array([corpus.examples[row].act == ACTS[said[row]] for row in rest], bool)
    question = estimators.fit_logistic(
        np.reshape(asked, (-1, QUESTION_SIGNALS)), right & corpus.acts[asks, ASK], weights[asks]
    )
    return question, estimators.fit_logistic(np.reshape(other, (-1, ACT_SIGNALS)), right_act, weights[rest])


def _is_right(labelled: Flags, ranked: Ranked, same: dict[int, frozenset[int]]) -> bool:
    """Whether the first topic, or one that is asked as one with it, is labelled."""
    if not ranked.topics:
        return False
    first = ranked.topics[0][0]
    return any(labelled[number] for number in (first, *same.get(first, ())))
