"""Play the hall forward from now: when would each person be called? Pure; minutes throughout.

``play`` simulates a scene under the real rules of order, many times over. ``at_issue`` is a closed form for when
nothing has been played yet.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hallqueue.rules.path import LONGEST_MINUTES, Path, Stage
from hallqueue.rules.scene import Scene
from hallqueue.rules.showing import Outlook, Span, rounded

P80_DEVIATIONS = 0.8416
MAX_WAITING = 300
PATHS = 30


@dataclass(frozen=True, slots=True)
class Crew:
    """Who serves a line: ``shares`` of open counters (less than one where others wait too), ``idle`` of them free."""

    shares: float
    idle: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a play found: P50 and P80 in minutes from the scene's now; infinite: not called in most courses.

    Who is missing (beyond the first 300, broken figures) cannot be estimated.
    """

    waits: Mapping[int, Span] = field(default_factory=dict)
    newcomers: Mapping[int, Span] = field(default_factory=dict)
    done: Mapping[int, Span] = field(default_factory=dict)

    def of(self, key: int) -> Span | None:
        """When the waiter with ``key`` is called."""
        return self.waits.get(key)

    def joining(self, service: int) -> Span | None:
        """When an ordinary visitor who takes a number for ``service`` now is called."""
        return self.newcomers.get(service)

    def done_at(self, service: int) -> Span | None:
        """When that visitor's service, the last of the line, is over."""
        return self.done.get(service)


def play(
    scene: Scene, newcomers: Sequence[int] = (), *, paths: int = PATHS, seed: int = 0, rest_seconds: float = 0.0
) -> Forecast:
    """Play ``scene`` ``paths`` times: the first 300 who wait, and an ordinary newcomer for each of ``newcomers``.

    The same person has the same luck in every play with the same ``seed``, so ranges do not flicker from one play to
    the next and two scenes can be compared. ``rest_seconds``: pause between courses, for other threads.
    """
    if not _is_sound(scene):
        return Forecast()
    known = [one for one in scene.waiters if one.service in scene.times]
    known.sort(key=lambda one: (one.rank_at, one.entered, one.key))
    too_long = {one.service for one in known[MAX_WAITING:]}
    joining = [one for one in newcomers if one in scene.times and one not in too_long]
    stage = Stage(scene, known[:MAX_WAITING], joining)
    called = [[math.inf] * paths for _ in range(stage.tracked)]
    done = [[math.inf] * paths for _ in range(stage.tracked)]
    for number in range(paths):
        path = Path(stage, number, seed)
        path.run()
        _note(called, path.called, number)
        _note(done, path.done, number)
        if rest_seconds:
            time.sleep(rest_seconds)
    spans, ends = [_span(one) for one in called], [_span(one) for one in done[len(stage.waiters) :]]
    waits = {one.key: span for one, span in zip(stage.waiters, spans, strict=False)}
    asked = dict(zip(joining, spans[len(stage.waiters) :], strict=True))
    return Forecast(waits, asked, dict(zip(joining, ends, strict=True)))


def _note(courses: list[list[float]], found: Mapping[int, float], number: int) -> None:
    for who, moment in found.items():
        courses[who][number] = moment


def _span(moments: list[float]) -> Span:
    moments.sort()
    return moments[len(moments) // 2], moments[len(moments) * 4 // 5]


def _is_sound(scene: Scene) -> bool:
    """Whether every figure can be a service time: never a made-up wait."""
    times = [*scene.times.values(), *(one for post in scene.posts for one in post.times.values())]
    return all(0 < one.mean < LONGEST_MINUTES and 0 <= one.spread < math.inf for one in times)


def at_issue(ahead: int, minutes: float, crew: Crew, spread: float) -> Outlook | None:
    """The wait behind ``ahead`` others. ``spread`` is a service time's deviation ÷ its mean. None: no counter is open.

    Idle counters take the first ones at once. Else the rest of a service in hand, met at a random moment, is
    minutes × (1 + spread²) ÷ 2 on average (the mean residual life), and each one ahead takes a whole service, all
    divided among the counters.
    """
    if crew.shares <= 0 or minutes <= 0 or not math.isfinite(crew.shares * minutes * spread):
        return None
    if ahead < crew.idle:
        return Outlook(0, 1)
    turns = ahead - crew.idle + (1 + spread * spread) / 2
    mean = turns * minutes / crew.shares
    deviation = math.sqrt(turns) * spread * minutes / crew.shares
    return rounded(mean, mean + P80_DEVIATIONS * deviation)
