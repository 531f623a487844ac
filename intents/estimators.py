"""Fitting with scikit-learn and SciPy. Both are slow to import, so only ``train`` and ``evaluate`` come here."""

import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from intents.linear import Vector

Counts = sparse.csr_matrix
THREADS = 2
TOLERANCE = 1e-2
_FEWEST_POSITIVE = 2
NEVER = -30.0
CLASS_STRENGTH = 1.0


def count_matrix(rows: Sequence[Sequence[int]], width: int) -> Counts:
    """Ones where a row holds a piece."""
    pointers = np.cumsum([0, *(len(row) for row in rows)])
    columns = np.fromiter((column for row in rows for column in row), dtype=np.int32, count=int(pointers[-1]))
    ones = np.ones(len(columns), np.float32)
    return sparse.csr_matrix((ones, columns, pointers), shape=(len(rows), width))  # type: ignore[no-untyped-call]


def rarity(counts: Counts) -> Vector:
    """Smoothed inverse document frequency of every piece."""
    present = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.asarray(np.log((1 + counts.shape[0]) / (1 + present)) + 1, dtype=np.float32)


def weighted(counts: Counts, rare: Vector) -> Counts:
    """Rows of unit length, rarer pieces heavier."""
    spread = sparse.diags(rare)  # type: ignore[no-untyped-call]
    return sparse.csr_matrix(normalize(counts @ spread))  # type: ignore[no-untyped-call]


def fit_linear(
    inputs: Counts, targets: NDArray[np.bool_], weights: Vector, *, ratio: float = 0.0
) -> tuple[Vector, Vector]:
    """One linear SVM for each column of ``targets``: pieces × labels weights, and biases.

    ``ratio`` > 0 adds, with this weight, a second one on inputs scaled by the label's log-count ratios (NB-SVM,
    Wang and Manning 2012): better where a label has hundreds of sentences, worse where it has forty.
    """
    # What the solver works on: converted once, not for every label.
    inputs = inputs.astype(np.float64)  # type: ignore[no-untyped-call]
    inputs.sum_duplicates()  # type: ignore[no-untyped-call]
    found = np.zeros((inputs.shape[1], targets.shape[1]), np.float32)
    bias = np.zeros(targets.shape[1], np.float32)

    def fit(label: int) -> None:
        target = targets[:, label]
        if target.sum() < _FEWEST_POSITIVE or target.all():
            bias[label] = 1.0 if target.all() else -1.0
            return
        found[:, label], bias[label] = _machine(inputs, target, weights, 1.0)
        if ratio:
            scale = _log_ratio(inputs, target)
            spread = sparse.diags(scale)  # type: ignore[no-untyped-call]
            coefficients, offset = _machine((inputs @ spread).tocsr(), target, weights, 0.3)
            found[:, label] += ratio * scale * coefficients
            bias[label] += ratio * offset

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(fit, range(targets.shape[1])))
    return found, bias


def _machine(inputs: Counts, target: NDArray[np.bool_], weights: Vector, strength: float) -> tuple[Vector, float]:
    # The primal solver: the dual one draws from a generator that threads share, so no two runs would be equal.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        machine = LinearSVC(C=strength, dual=False, tol=TOLERANCE)  # type: ignore[no-untyped-call]
        machine.fit(inputs, target, sample_weight=weights)
    return machine.coef_[0].astype(np.float32), float(machine.intercept_[0])


def _log_ratio(inputs: Counts, target: NDArray[np.bool_]) -> Vector:
    present = inputs.copy()  # type: ignore[no-untyped-call]
    present.data = np.ones_like(present.data)
    own = np.asarray(present[target].sum(axis=0)).ravel() + 1
    rest = np.asarray(present[~target].sum(axis=0)).ravel() + 1
    return np.asarray(np.log((own / own.sum()) / (rest / rest.sum())), dtype=np.float32)


def fit_classes(
    signals: NDArray[np.float64], right: NDArray[np.intp], count: int, weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Signals × classes weights of a multinomial logistic regression; a class never seen is never said.

    The signal that is always 1 carries the classes' own weights.
    """
    mix = np.zeros((signals.shape[1], count))
    seen = np.unique(right)
    constant = int(np.flatnonzero((signals == 1).all(axis=0))[0])
    mix[constant] = NEVER
    machine = LogisticRegression(C=CLASS_STRENGTH, fit_intercept=False, max_iter=3000)  # type: ignore[no-untyped-call]
    machine.fit(signals, right, sample_weight=weights)
    mix[:, seen] = machine.coef_.T
    return mix


def fit_logistic(
    signals: NDArray[np.float64],
    right: NDArray[np.bool_],
    weights: NDArray[np.float64] | None = None,
    strength: float = 10.0,
) -> NDArray[np.float64]:
    """Weights of a logistic regression without intercept (the first signal is 1)."""
    if right.all() or not right.any():
        return np.asarray(np.eye(1, signals.shape[1])[0] * (4.0 if right.all() else -4.0), np.float64)
    machine = LogisticRegression(C=strength, fit_intercept=False, max_iter=2000)  # type: ignore[no-untyped-call]
    return np.asarray(machine.fit(signals, right, sample_weight=weights).coef_[0], dtype=np.float64)


def fit_platt(scores: Vector, right: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset that turn a score into a probability."""
    slope_first = fit_logistic(np.column_stack([np.ones(len(scores)), scores]), right)
    return float(slope_first[1]), float(slope_first[0])


def fit_choice(
    options: Sequence[NDArray[np.float64]],
    nones: NDArray[np.float64],
    right: Sequence[NDArray[np.bool_]],
    weights: NDArray[np.float64],
    ridge: float = 1e-3,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights of a conditional logit: sentence by sentence its options' signals, those of “none”, and which are right.

    ``right[i]`` has one flag for each option and a last one for none; several may be right: their sum counts.
    """
    sizes = np.array([len(each) for each in options])
    stacked = np.vstack(options)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    width = stacked.shape[1]
    good = np.concatenate([flags[:-1] for flags in right])
    good_none = np.array([flags[-1] for flags in right])
    owner = np.repeat(np.arange(len(sizes)), sizes)

    def loss(both: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits, none = stacked @ both[:width], nones @ both[width:]
        peak = np.maximum(np.maximum.reduceat(logits, starts), none)
        shares, none_share = np.exp(logits - peak[owner]), np.exp(none - peak)
        total = np.add.reduceat(shares, starts) + none_share
        hit = np.add.reduceat(shares * good, starts) + none_share * good_none
        hit = np.maximum(hit, 1e-12)
        pull = weights[owner] * (shares / total[owner] - shares * good / hit[owner])
        pull_none = weights * (none_share / total - none_share * good_none / hit)
        slope = np.concatenate([stacked.T @ pull, nones.T @ pull_none]) + 2 * ridge * both
        return float(weights @ (np.log(total) - np.log(hit)) + ridge * both @ both), slope

    start = np.zeros(width + nones.shape[1])
    best = optimize.minimize(loss, start, jac=True, method="L-BFGS-B")  # type: ignore[no-untyped-call]
    return best.x[:width], best.x[width:]
