"""How late counters really sit down: learnt from when they began to call after each opening hour."""

from collections import defaultdict
from collections.abc import Iterable
from statistics import median

PRIOR_MINUTES = 3.0  # without it waits across lunch are 10 % too short
PRIOR_WEIGHT = 5  # openings
MOST_MINUTES = 15.0
EARLY_MINUTES, NEAR_MINUTES = 60.0, 30.0


def lateness(starts: Iterable[float], begun: Iterable[float]) -> list[float]:
    """How late a counter was at each of ``starts``; ``begun``: when it opened or resumed, ascending, on the same clock.

    A start is left out where nothing begins from an hour before to half an hour after it: that was something else.
    """
    moments = list(begun)
    found = []
    for start in starts:
        near = [at - start for at in moments if -EARLY_MINUTES <= at - start <= NEAR_MINUTES]
        if near:
            found.append(max(0.0, near[0]))
    return found


def usual_lateness(seen: Iterable[tuple[int, float]]) -> float:
    """Minutes after the hour from (counter, lateness): the median over counters of each one's median, 0 to 15.

    Few openings are not believed at once: the prior counts as five of them.
    """
    by_counter: dict[int, list[float]] = defaultdict(list)
    for counter, late in seen:
        by_counter[counter].append(late)
    if not by_counter:
        return PRIOR_MINUTES
    count = sum(map(len, by_counter.values()))
    usual = median(median(each) for each in by_counter.values())
    return min(MOST_MINUTES, (PRIOR_MINUTES * PRIOR_WEIGHT + usual * count) / (PRIOR_WEIGHT + count))
