"""The ranker's choice, and the fitting of its weights."""

import numpy as np

from intents.estimators import count_matrix, fit_choice, fit_linear, fit_logistic, rarity, weighted
from intents.ranker import NONE_SIGNALS, SIGNALS, Evidence, candidates, rank

NUMBERS = {"a": 0, "b": 1, "c": 2}


def evidence(scores: list[float], hits: list[tuple[str, float]]) -> Evidence:
    """With nothing that speaks against."""
    return Evidence(np.array(scores, np.float32), hits, other=-1.0, outside=-1.0, uncovered=0.0)


def test_score_and_hits_are_weighed() -> None:
    """Search turns a tie of the classifier."""
    weights = np.zeros(len(SIGNALS))
    weights[[0, 4]] = 1.0
    found = rank(evidence([0.5, 0.5, 0.0], [("b", 20.0), ("a", 10.0)]), NUMBERS, weights, np.zeros(len(NONE_SIGNALS)))
    assert [number for number, _ in found.topics] == [1, 0, 2]
    assert abs(sum(share for _, share in found.topics) + found.none - 1) < 1e-9


def test_unknown_hits_are_no_candidates() -> None:
    """An entry published after training has no number yet."""
    assert candidates(evidence([0.1, 0.2, 0.3], [("new", 9.0)]), NUMBERS, None).tolist() == [0, 1, 2]


def test_what_is_not_allowed_is_no_candidate() -> None:
    """However loudly it speaks."""
    allowed = np.array([False, True, True])
    assert candidates(evidence([9.0, 0.2, 0.3], [("a", 9.0)]), NUMBERS, allowed).tolist() == [1, 2]


def test_choice_is_fitted() -> None:
    """Options with the larger signal are right; where it is small, none is."""
    chance = np.random.default_rng(0)
    options = [chance.normal(size=(3, 1)) + 0.0 for _ in range(400)]
    right = [np.append(each[:, 0] == each.max(), 0).astype(bool) for each in options]
    for flags, each in zip(right, options, strict=True):
        if each.max() < 0:
            flags[:] = [False, False, False, True]
    weights, none = fit_choice(options, np.ones((400, 1)), right, np.ones(400))
    assert weights[0] > 5
    assert abs(none[0]) < weights[0]


def test_logistic_probabilities_are_calibrated() -> None:
    """Fitted on draws from known chances, it gives these back."""
    chance = np.random.default_rng(1)
    signal = np.column_stack([np.ones(4000), chance.normal(size=4000)])
    truth = 1 / (1 + np.exp(-(0.5 + 2 * signal[:, 1])))
    found = fit_logistic(signal, chance.random(4000) < truth)
    assert np.abs(found - [0.5, 2.0]).max() < 0.2


def test_a_label_hardly_seen_is_never_said() -> None:
    """One sentence is not enough to learn from."""
    counts = count_matrix([[0], [0], [1], [1]], 2)
    targets = np.array([[True, False], [True, False], [False, False], [False, True]])
    weights, bias = fit_linear(weighted(counts, rarity(counts)), targets, np.ones(4, np.float32), ratio=0.5)
    assert bias[1] == -1.0
    assert weights[:, 1].tolist() == [0.0, 0.0]
    assert weights[0, 0] > 0 > weights[1, 0]
