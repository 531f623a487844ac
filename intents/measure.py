"""How well sentences were read: accuracy by act, facet and topic, calibration, rejection. Pure arithmetic."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intents.data import Example
from intents.reading import Act, Facet

BINS = 10
KEPT = 0.95
_CONFUSIONS = 30
Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled sentence beside what was read in it."""

    example: Example
    act: Act
    facets: tuple[Facet, ...]
    topics: tuple[str, ...]
    p_right: float
    out_of_scope: float

    @property
    def is_topic_right(self) -> bool:
        """Whether the first topic is one of the right ones."""
        return bool(self.topics) and self.topics[0] in self.example.topics

    @property
    def is_right(self) -> bool:
        """Whether the act is right and, where a question was asked, its topic."""
        return self.act is self.example.act and (self.act is not Act.ASK_FACET or self.is_topic_right)


def measure(judged: Sequence[Judged], high: float, middle: float) -> dict[str, Any]:
    """Every figure of the report, as plain data."""
    asked = [each for each in judged if each.example.act is Act.ASK_FACET]
    return {
        "sentences": len(judged),
        "act": classified((each.example.act, each.act) for each in judged),
        "topic": topics(asked),
        "facet": facets(asked),
        "calibration": calibration(judged),
        "scope": scope(judged),
        "bands": bands(judged, high, middle),
        "risk_coverage": risk_coverage(judged),
    }


def classified(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Accuracy with its standard error, macro-F1, F1 by class and the commonest confusions of (right, said) pairs."""
    counts = Counter(pairs)
    total = sum(counts.values())
    right = sum(count for (truth, said), count in counts.items() if truth == said)
    truths, saids = Counter[str](), Counter[str]()
    for (truth, said), count in counts.items():
        truths[truth] += count
        saids[said] += count
    f1 = {str(name): 2 * counts[name, name] / (truths[name] + saids[name]) for name in sorted(truths)}
    wrong = Counter({(str(truth), str(said)): n for (truth, said), n in counts.items() if truth != said})
    share = right / max(total, 1)
    return {
        "accuracy": share,
        "standard_error": float(np.sqrt(share * (1 - share) / max(total, 1))),
        "macro_f1": sum(f1.values()) / max(len(f1), 1),
        "f1": f1,
        "confusion": _confusion(wrong.elements()),
    }


def topics(asked: Sequence[Judged]) -> dict[str, Any]:
    """The first topic right, one of the first three, the mean over topics (labels are sets), the commonest mix-ups."""
    by_topic: dict[str, list[bool]] = {}
    by_register: dict[str, list[bool]] = {}
    for each in asked:
        by_register.setdefault(each.example.register, []).append(each.is_topic_right)
        for id_ in each.example.topics:
            by_topic.setdefault(id_, []).append(each.is_topic_right)
    within = [bool(set(each.topics[:3]) & set(each.example.topics)) for each in asked]
    weakest = sorted(by_topic.items(), key=lambda item: (np.mean(item[1]), item[0]))[:15]
    return {
        "first": _mean(each.is_topic_right for each in asked),
        "first_three": _mean(within),
        "macro": _mean(np.mean(flags) for flags in by_topic.values()),
        "by_register": {name: [_mean(flags), len(flags)] for name, flags in sorted(by_register.items())},
        "weakest": [[id_, _mean(flags), len(flags)] for id_, flags in weakest],
        "confusion": _confusion(
            (each.example.topics[0], (each.topics or ("无",))[0]) for each in asked if not each.is_topic_right
        ),
    }


def facets(asked: Sequence[Judged]) -> dict[str, Any]:
    """The surest facet is asked; all asked were read; exactly those; F1 by facet."""
    f1 = {}
    for facet in Facet:
        truth = np.array([facet in each.example.facets for each in asked], bool)
        said = np.array([facet in each.facets for each in asked], bool)
        if truth.any():
            f1[facet.value] = float(2 * (truth & said).sum() / max(truth.sum() + said.sum(), 1))
    several = [each for each in asked if len(each.example.facets) > 1]
    return {
        "first_right": _mean(each.facets[0] in each.example.facets for each in asked),
        "exact": _mean(set(each.facets) == set(each.example.facets) for each in asked),
        "macro_f1": _mean(f1.values()),
        "f1": f1,
        "several_complete": _mean(set(each.facets) >= set(each.example.facets) for each in several),
        "several_partial": _mean(bool(set(each.facets) & set(each.example.facets)) for each in several),
        "confusion": _confusion(
            (each.example.facets[0].value, each.facets[0].value)
            for each in asked
            if each.facets[0] not in each.example.facets
        ),
    }


def _confusion(wrong: Iterable[tuple[str, str]]) -> list[list[Any]]:
    """The commonest (labelled, said) pairs and how often."""
    return [[truth, said, count] for (truth, said), count in Counter(wrong).most_common(_CONFUSIONS)]


def calibration(judged: Sequence[Judged]) -> dict[str, Any]:
    """Expected calibration error of p(right) over ten bins of equal width, and the bins."""
    p_right, right = _trust(judged)
    rows = []
    for low, top in pairwise(np.linspace(0, 1, BINS + 1)):
        inside = (p_right >= low) & ((p_right < top) | (top == 1))
        if inside.any():
            rows.append([float(p_right[inside].mean()), float(right[inside].mean()), int(inside.sum())])
    error = sum(abs(said - true) * count for said, true, count in rows) / max(len(judged), 1)
    return {"ece": error, "bins": rows}


def risk_coverage(judged: Sequence[Judged]) -> list[list[float]]:
    """For messages read as questions, the surest first: share answered → share of these that is wrong."""
    read = [each for each in judged if each.act is Act.ASK_FACET]
    p_right, right = _trust(read)
    if not read:
        return []
    order = np.argsort(-p_right, kind="stable")
    wrong = np.cumsum(~right[order]) / np.arange(1, len(read) + 1)
    points = np.unique(np.linspace(0, len(read) - 1, 60).astype(int))
    return [[float((at + 1) / len(read)), float(wrong[at])] for at in points]


def scope(judged: Sequence[Judged]) -> dict[str, float]:
    """How well out-of-scope messages are told from questions, by p(out of scope) alone."""
    inside = np.array([each.out_of_scope for each in judged if each.example.act is Act.ASK_FACET])
    outside = np.array([each.out_of_scope for each in judged if each.example.act is Act.OUT_OF_SCOPE])
    if not len(inside) or not len(outside):
        return {}
    limit = np.quantile(inside, KEPT)
    return {"auroc": auroc(inside, outside), "recall_at_95_kept": float((outside > limit).mean())}


def auroc(low: Numbers, high: Numbers) -> float:
    """The chance that one of ``high`` is above one of ``low``, ties counting half."""
    both = np.concatenate([low, high])
    _, place, count = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    above = ranks[len(low) :].sum() - len(high) * (len(high) + 1) / 2
    return float(above / (len(low) * len(high)))


def bands(judged: Sequence[Judged], high: float, middle: float) -> dict[str, float]:
    """What the two thresholds do: shares of questions and of out-of-scope messages, and wrong answers of all."""
    inside = [each for each in judged if each.example.act is Act.ASK_FACET]
    outside = [each for each in judged if each.example.act is Act.OUT_OF_SCOPE]
    wrong = [is_answered(each, high) and not each.is_right for each in judged]
    answered = [each for each in judged if is_answered(each, high)]
    return {
        "high": high,
        "middle": middle,
        "answered": _mean(is_answered(each, high) for each in inside),
        "menu": _mean(is_answered(each, middle) and not is_answered(each, high) for each in inside),
        "refused": _mean(not is_answered(each, middle) for each in inside),
        "outside_answered": _mean(is_answered(each, high) for each in outside),
        "outside_menu": _mean(is_answered(each, middle) and not is_answered(each, high) for each in outside),
        "wrong_of_all": _mean(wrong),
        "wrong_of_answered": sum(wrong) / max(len(answered), 1),
    }


def is_answered(each: Judged, threshold: float) -> bool:
    """Whether it would be answered as a question at ``threshold``."""
    return each.act is Act.ASK_FACET and each.p_right >= threshold


def _trust(judged: Sequence[Judged]) -> tuple[Numbers, Flags]:
    return np.array([each.p_right for each in judged]), np.array([each.is_right for each in judged], bool)


def _mean(values: Iterable[Any]) -> float:
    found = list(values)
    return float(np.mean(found)) if found else 0.0
