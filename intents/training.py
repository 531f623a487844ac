"""Training: the scorer on everything, and its calibration on readings of sentences that it had not seen."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from base.text import segmenter, taught
from intents.calibrate import calibrate
from intents.corpus import Corpus, companions, fit_scorer, fold_numbers, gather
from intents.data import Example, LibraryText, data_hash
from intents.linear import Linear
from intents.measure import Judged, measure
from intents.model import ACTS, OUTSIDE, Model, Raw, covered, expected_for, split
from intents.phrasing import plain_questions
from intents.reading import Hit
from intents.settings import IntentSettings
from intents.told import Progress, Search, no_progress

FOLDS = 3
BLAS_THREADS = 1
"""The labels are fitted side by side; threads of the linear algebra beneath would only get in their way."""
_TELL_EVERY = 500


def train(
    examples: Sequence[Example],
    texts: Sequence[LibraryText],
    search: Search,
    progress: Progress = no_progress,
    *,
    seed: int = 0,
) -> Model:
    """A model of the labelled ``examples`` and the library's ``texts``; ``search`` is the library's.

    ``progress`` is told each stage and its share done. Two runs on the same input give the same model.
    ``about["unseen"]`` of the model: how it read each sentence that its scorer had not seen.
    """
    with threadpool_limits(BLAS_THREADS):
        return _train(examples, texts, search, progress, seed)


def _train(
    examples: Sequence[Example], texts: Sequence[LibraryText], search: Search, progress: Progress, seed: int
) -> Model:
    progress("切词", 0.0)
    data = data_hash(examples, texts)
    examples = (*examples, *plain_questions(texts))
    corpus = gather(examples, texts)
    hits = _search_all(corpus, search, progress)
    raws = unseen_readings(corpus, progress, seed)
    progress("校准", 0.0)
    same = companions(examples, corpus.ids)
    calibration = calibrate(corpus, raws, hits, same)
    progress("训练", 0.0)
    linear, known = fit_scorer(corpus, np.ones(len(corpus.pieces), bool))
    model = Model(
        topics=corpus.ids,
        linear=linear,
        known=known,
        companions=same,
        spelling=corpus.spelling,
        calibration=calibration,
        words=tuple(sorted(taught())),
        about={"data": data, "segmenter": segmenter(), "sentences": len(examples), "seed": seed},
    )
    model.about["unseen"] = unseen_figures(model, examples, raws, hits)
    progress("完成", 1.0)
    return model


def unseen_figures(
    model: Model, examples: Sequence[Example], raws: Sequence[Raw], hits: Sequence[Sequence[Hit]]
) -> dict[str, Any]:
    """The report's figures on sentences as read before they were trained on, at the default thresholds."""
    own = IntentSettings()
    judged = []
    for example, raw, found in zip(examples, raws, hits, strict=True):
        weighed = model.weigh(raw, found, expected_for(example.act))
        facets = tuple(facet for facet, _ in model.asked(weighed.facets))
        topics = tuple(model.topics[number] for number, _ in weighed.ranked.topics)
        outside = float(weighed.acts[OUTSIDE])
        judged.append(Judged(example, ACTS[weighed.act], facets, topics, weighed.p_right, outside))
    return measure(judged, own.high, own.middle)


def unseen_readings(corpus: Corpus, progress: Progress, seed: int) -> list[Raw]:
    """Each labelled sentence as read by a scorer that was fitted without its group."""
    count = len(corpus.examples)
    folds = fold_numbers([example.group for example in corpus.examples], FOLDS, seed)
    library = np.ones(len(corpus.pieces) - count, bool)
    raws: dict[int, Raw] = {}
    for fold in range(FOLDS):
        progress("交叉验证", fold / FOLDS)
        linear, known = fit_scorer(corpus, np.concatenate([folds != fold, library]))
        for row in np.flatnonzero(folds == fold).tolist():
            raws[row] = _raw(linear, known, corpus, row)
    return [raws[row] for row in range(count)]


def _raw(linear: Linear, known: NDArray[np.bool_], corpus: Corpus, row: int) -> Raw:
    scores = linear.scores(linear.lookup(corpus.pieces[row]))
    contents = corpus.contents[row]
    coverage, is_known = covered(linear, known, linear.lookup(contents), len(contents))
    return split(scores, coverage, is_known=is_known)


def _search_all(corpus: Corpus, search: Search, progress: Progress) -> list[Sequence[Hit]]:
    found: list[Sequence[Hit]] = []
    for number, plain in enumerate(corpus.plains):
        if number % _TELL_EVERY == 0:
            progress("检索", number / len(corpus.plains))
        found.append(tuple(search(plain)))
    return found
