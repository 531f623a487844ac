"""The model: what a sentence's pieces and search hits say about its act, facets and topic, calibrated. Read-only."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from intents.linear import Linear, Vector
from intents.lookup import Lookup
from intents.ranker import HIT_SCALE, Evidence, Ranked, rank
from intents.reading import Act, Expecting, Facet, Hit
from intents.spelling import Spelling

ACTS = tuple(Act)
FACETS = tuple(Facet)
ASK, OUTSIDE = ACTS.index(Act.ASK_FACET), ACTS.index(Act.OUT_OF_SCOPE)
EXPECTED: dict[Expecting, dict[Act, float]] = {
    Expecting.CHOICE: {Act.CHOOSE: 3.0, Act.AFFIRM: 1.0, Act.DENY: 1.0, Act.CORRECT: 0.5},
    Expecting.YES_NO: {Act.AFFIRM: 3.0, Act.DENY: 3.0, Act.CORRECT: 0.5},
    Expecting.SLOT: {Act.SUPPLY_SLOT: 3.0, Act.DENY: 1.0, Act.AFFIRM: 1.0},
}
"""How much likelier (log odds) an act is when the last turn asked for it."""
QUESTION_SIGNALS = 8
ACT_SIGNALS = 5
_TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Calibration:
    """Numbers that turn scores into probabilities, fitted on sentences unseen by the scorer."""

    act_mix: NDArray[np.float64]
    facet_slope: NDArray[np.float64]
    facet_offset: NDArray[np.float64]
    facet_threshold: NDArray[np.float64]
    rank: NDArray[np.float64]
    none: NDArray[np.float64]
    question: NDArray[np.float64]
    act: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Raw:
    """What the scorer alone says: a score for each act, facet and topic, and for “no topic”; covered share."""

    acts: Vector
    facets: Vector
    topics: Vector
    other: float
    coverage: float
    is_known: bool


@dataclass(frozen=True, slots=True)
class Weighed:
    """Calibrated: probabilities of acts (by number) and facets, ranked topics, and the chance of being right."""

    acts: NDArray[np.float64]
    facets: NDArray[np.float64]
    ranked: Ranked
    p_right: float

    @property
    def act(self) -> int:
        """The likeliest act."""
        return int(self.acts.argmax())


@dataclass(frozen=True, slots=True)
class Model:
    """All of it. ``known``: by piece, whether the library's words hold it; ``companions``: topics asked as one."""

    topics: tuple[str, ...]
    linear: Linear
    known: NDArray[np.bool_]
    companions: dict[int, frozenset[int]]
    spelling: Spelling
    calibration: Calibration
    words: tuple[str, ...]
    about: dict[str, object]
    numbers: dict[str, int] = field(init=False)
    lookup: Lookup = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", {id_: number for number, id_ in enumerate(self.topics)})
        object.__setattr__(self, "lookup", Lookup(self.linear.vocabulary))

    def raw(self, plain: str) -> Raw:
        """The scores of the normalised sentence ``plain``."""
        found = self.lookup.find(plain)
        scores = self.linear.scores(found.rows)
        coverage, is_known = covered(self.linear, self.known, found.contents, found.content_count)
        return split(scores, coverage, is_known=is_known)

    def weigh(
        self,
        raw: Raw,
        hits: Sequence[Hit],
        expecting: Expecting | None = None,
        allowed: NDArray[np.bool_] | None = None,
    ) -> Weighed:
        """Probabilities out of scores and search hits."""
        own = self.calibration
        ranked = rank(evidence(raw, hits), self.numbers, own.rank, own.none, allowed=allowed)
        acts = act_shares(act_context(raw, hits, ranked) @ own.act_mix, expecting)
        facets = 1 / (1 + np.exp(-(own.facet_slope * raw.facets + own.facet_offset)))
        if acts.argmax() == ASK:
            signals, weights = question_signals(self.companions, raw, hits, ranked, acts), own.question
        else:
            signals, weights = act_signals(acts, raw), own.act
        return Weighed(acts, facets, ranked, float(1 / (1 + np.exp(-(signals @ weights)))))

    def asked(self, shares: NDArray[np.float64]) -> tuple[tuple[Facet, float], ...]:
        """The facets asked: the likeliest, and every other above its own threshold; overview only if alone."""
        best = int(shares.argmax())
        order = [int(number) for number in np.argsort(-shares, kind="stable")]
        chosen = [each for each in order if each == best or shares[each] >= self.calibration.facet_threshold[each]]
        named = [(FACETS[number], float(shares[number])) for number in chosen]
        if len(named) > 1:
            named = [each for each in named if each[0] is not Facet.OVERVIEW]
        return tuple(named)


def split(scores: Vector, coverage: float, *, is_known: bool) -> Raw:
    """The scorer's columns by what they are: acts, facets, topics, no topic."""
    first, second = len(ACTS), len(ACTS) + len(FACETS)
    topics, other = scores[second:-1], float(scores[-1])
    return Raw(scores[:first], scores[first:second], topics, other, coverage, is_known)


def covered(linear: Linear, known: NDArray[np.bool_], rows: NDArray[np.intp], count: int) -> tuple[float, bool]:
    """The share of a sentence's content that the library's words hold, and whether they hold anything of it.

    ``rows``: of its contents seen in training; ``count``: of all its contents. What was never seen counts as rarest.
    """
    if not len(rows):
        return 0.0, False
    rarity, held = linear.rarity[rows], known[rows]
    total = float(rarity.sum()) + (count - len(rows)) * linear.rarest
    return float(rarity[held].sum()) / total, bool(held.any())


def evidence(raw: Raw, hits: Sequence[Hit]) -> Evidence:
    """What the ranker goes by."""
    outside = float(raw.acts[OUTSIDE] - raw.acts[ASK])
    return Evidence(raw.topics, hits, raw.other, outside, 1 - raw.coverage)


def act_context(raw: Raw, hits: Sequence[Hit], ranked: Ranked) -> NDArray[np.float64]:
    """What the acts are decided by: their scores, what the ranker made of the topics, coverage, the first hit."""
    none = min(max(ranked.none, _TINY), 1 - _TINY)
    best = ranked.topics[0][1] if ranked.topics else 0.0
    more = (1.0, np.log(none / (1 - none)), best, raw.other, raw.coverage, hits[0][1] / HIT_SCALE if hits else 0.0)
    return np.concatenate([raw.acts.astype(np.float64), more])


def act_shares(logits: NDArray[np.float64], expecting: Expecting | None) -> NDArray[np.float64]:
    """The acts' probabilities, in the light of what the last turn asked for."""
    for act, bonus in EXPECTED[expecting].items() if expecting else ():
        logits[ACTS.index(act)] += bonus
    shares: NDArray[np.float64] = np.exp(logits - logits.max())
    shares /= shares.sum()
    return shares


def question_signals(
    companions: dict[int, frozenset[int]], raw: Raw, hits: Sequence[Hit], ranked: Ranked, acts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What says that the first topic is right; topics asked as one with it count as one."""
    if not ranked.topics:
        return np.zeros(QUESTION_SIGNALS)
    first, best = ranked.topics[0]
    same = companions.get(first, frozenset())
    together = best + sum(share for number, share in ranked.topics[1:] if number in same)
    rival = next((share for number, share in ranked.topics[1:] if number not in same), 0.0)
    chance = min(max(together * float(acts[ASK]), _TINY), 1 - _TINY)
    return np.array(
        [
            1.0,
            np.log(chance / (1 - chance)),
            together - rival,
            ranked.none,
            raw.coverage,
            float(raw.topics.max()),
            hits[0][1] / HIT_SCALE if hits else 0.0,
            float(acts[ASK]),
        ]
    )


def asked_on(weighed: Weighed) -> Weighed:
    """A bare facet (“那得多少钱”) is a question about the topic at hand, never outside; it names no topic itself."""
    if weighed.act != OUTSIDE:
        return weighed
    acts = weighed.acts.copy()
    acts[OUTSIDE], acts[ASK] = acts[ASK], acts[OUTSIDE]
    return replace(weighed, acts=acts, p_right=0.0)


def act_signals(acts: NDArray[np.float64], raw: Raw) -> NDArray[np.float64]:
    """What says that the act is right."""
    second, first = np.sort(acts)[-2:]
    chance = min(max(float(first), _TINY), 1 - _TINY)
    is_outside = float(acts.argmax() == OUTSIDE)
    return np.array([1.0, np.log(chance / (1 - chance)), float(first - second), raw.coverage, is_outside])


def expected_for(act: Act) -> Expecting | None:
    """What the turn before must have asked for if its answer is of this act: for measuring."""
    if act in (Act.AFFIRM, Act.DENY):
        return Expecting.YES_NO
    return {Act.CHOOSE: Expecting.CHOICE, Act.SUPPLY_SLOT: Expecting.SLOT}.get(act)
