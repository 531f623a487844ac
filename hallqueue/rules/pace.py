"""How long turns take, learnt from those that were: log-normal by service and by service × clerk.

Robust to forgotten sessions (logarithms beyond three deviations of the median's kind are left out), and shrunk: a
clerk's figure to the service's, a service's to the hall's way with its configured minutes, the hall's to those.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median

from hallqueue.rules.path import Law, law_of
from hallqueue.rules.scene import Times

HALL_WEIGHT, SERVICE_WEIGHT, CLERK_WEIGHT = 20, 10, 20  # turns that what is known before counts for
SPREAD_WEIGHT = 20
SHORTEST_MINUTES, LONGEST_MINUTES = 0.2, 240.0
MAD_TO_DEVIATION = 1.4826
KEPT_DEVIATIONS = 3.0
LEAST_SCALE = 0.15


@dataclass(frozen=True, slots=True)
class Turn:
    """A finished turn: ``minutes`` from its call to its end."""

    service: int
    staff: str
    minutes: float


@dataclass(frozen=True, slots=True)
class Pace:
    """What is known of the turns of a hall; ``clerks`` by service and member of staff."""

    services: Mapping[int, Times]
    clerks: Mapping[tuple[int, str], Times] = field(default_factory=dict)


def learn(turns: Iterable[Turn], configured: Mapping[int, Times]) -> Pace:
    """The pace of each service of ``configured`` (the prior) and of each clerk seen in ``turns``."""
    prior = {service: law_of(times) for service, times in configured.items()}
    logs: dict[int, list[tuple[str, float]]] = defaultdict(list)
    for turn in turns:
        if turn.service in prior and SHORTEST_MINUTES <= turn.minutes <= LONGEST_MINUTES:
            logs[turn.service].append((turn.staff, math.log(turn.minutes) - prior[turn.service][0]))
    clean = {service: _without_outliers(found) for service, found in logs.items()}
    hall = shrunk([log for found in clean.values() for _, log in found], 0.0, HALL_WEIGHT)
    services, clerks = {}, {}
    for service, (mu, sigma) in prior.items():
        found = clean.get(service, [])
        shift = shrunk([log for _, log in found], hall, SERVICE_WEIGHT)
        law = mu + shift, _spread([log for _, log in found], sigma)
        services[service] = times_of(law)
        for staff in {staff for staff, _ in found}:
            own = shrunk([log for one, log in found if one == staff], shift, CLERK_WEIGHT)
            clerks[service, staff] = times_of((mu + own, law[1]))
    return Pace(services, clerks)


def shrunk(values: Sequence[float], prior: float, weight: float) -> float:
    """The mean of ``values`` with ``prior`` counted as ``weight`` of them."""
    return (sum(values) + prior * weight) / (len(values) + weight)


def times_of(law: Law) -> Times:
    """Mean and relative spread of a log-normal."""
    mu, sigma = law
    return Times(math.exp(mu + sigma * sigma / 2), math.sqrt(math.expm1(sigma * sigma)))


def _without_outliers(found: list[tuple[str, float]]) -> list[tuple[str, float]]:
    middle = median(log for _, log in found)
    scale = max(LEAST_SCALE, MAD_TO_DEVIATION * median(abs(log - middle) for _, log in found))
    return [one for one in found if abs(one[1] - middle) <= KEPT_DEVIATIONS * scale]


def _spread(logs: list[float], prior: float) -> float:
    """Sigma, its square shrunk to the prior's."""
    if not logs:
        return prior
    middle = fmean(logs)
    return math.sqrt(shrunk([(log - middle) ** 2 for log in logs], prior * prior, SPREAD_WEIGHT))
