"""One possible course of a scene, event by event, under the real rules of order. Minutes throughout."""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from statistics import NormalDist
from typing import Any

from hallqueue.rules.line import Standing
from hallqueue.rules.scene import Post, Scene, Times, Waiter

LONGEST_MINUTES = 600
STANDINGS = tuple(Standing)  # ordinary first
CLASSES = len(STANDINGS)
NORMAL = NormalDist()
_dice = random.Random(20)  # noqa: S311 (a simulation, no secret)
NORMALS = tuple(_dice.gauss(0, 1) for _ in range(1 << 14))
_SERVICE, _ABSENCE, _REST, _COMING = 0, 5_003, 7_001, 11_003  # each kind of chance reads elsewhere

Law = tuple[float, float]  # mu and sigma of a log-normal
Entry = tuple[float, float, int, float]  # rank_at, entered, id, counts_from: the smallest is called first


def law_of(times: Times) -> Law:
    """The log-normal with this mean and relative spread."""
    variance = math.log1p(times.spread * times.spread)
    return math.log(times.mean) - variance / 2, math.sqrt(variance)


def remaining(law: Law, elapsed: float, share: float) -> float:
    """What is left of a log-normal time that has lasted ``elapsed`` minutes, exactly.

    Of those that have lasted so long, ``share`` (drawn between 0 and 1) go on for longer than what is returned.
    """
    mu, sigma = law
    if sigma <= 0:
        return max(0.0, math.exp(mu) - elapsed)
    lasting = 0.5 * math.erfc((math.log(elapsed) - mu) / sigma / math.sqrt(2)) if elapsed > 0 else 1.0
    tail = lasting * share
    if tail <= 0:
        return math.exp(mu)
    return max(0.0, math.exp(mu - sigma * NORMAL.inv_cdf(tail)) - elapsed)


def next_duty(duty: Sequence[tuple[float, float]], now: float) -> float | None:
    """``now`` while on duty, else when duty begins next; None: no more."""
    return next((max(now, start) for start, end in duty if now < end), None)


class Stage:
    """What all courses of one scene share: numbered services, lines (service × class), laws, first places.

    Ids: those who wait, in order, then the newcomers, then whoever is expected or arrives.
    """

    def __init__(self, scene: Scene, waiters: Sequence[Waiter], newcomers: Sequence[int]) -> None:
        self.scene = scene
        self.services = sorted(scene.times)
        self.index = {service: at for at, service in enumerate(self.services)}
        self.laws = [law_of(scene.times[service]) for service in self.services]
        self.rates = [1 / scene.rule.targets[standing] for _ in self.services for standing in STANDINGS]
        self.runs = [scene.runs.get(service, 0) for service in self.services]
        shares = [scene.absent.get(service, 0.0) for service in self.services]
        self.absent = [NORMAL.inv_cdf(share) if 0 < share < 1 else -math.inf for share in shares]
        self.places = [Place(post, self) for post in scene.posts]
        self.last_duty = max((end for place in self.places for _, end in place.duty), default=0.0)
        self.waiters, self.newcomers = waiters, newcomers
        self.tracked = len(waiters) + len(newcomers)
        self.luck = [one.key for one in waiters] + [-1 - service for service in newcomers]
        self.waited_for = sum(self._is_served(one.service) for one in waiters) + sum(map(self._is_served, newcomers))
        self._stand_in_line()

    def line(self, service: int, standing: Standing) -> int:
        """The number of a line."""
        return CLASSES * self.index[service] + STANDINGS.index(standing)

    def _is_served(self, service: int) -> bool:
        number = self.index[service]
        return any(number in place.tiers and place.duty for place in self.places)

    def _stand_in_line(self) -> None:
        """Sort those who wait: callable by anyone, kept for a counter, a booking before its time."""
        self.heaps: list[list[Entry]] = [[] for _ in self.rates]
        self.kept: list[tuple[float, int, int, Entry]] = []
        self.early: list[tuple[float, int, Entry]] = []
        numbers = {place.counter: number for number, place in enumerate(self.places)}
        for who, one in enumerate(self.waiters):
            line = self.line(one.service, one.standing)
            entry = (one.rank_at, float(one.entered), who, one.counts_from)
            keeper = numbers.get(one.kept_for) if one.kept_for is not None else None
            until = min(one.kept_until, self.places[keeper].leaves()) if keeper is not None else 0.0
            if one.callable_from > 0:
                self.early.append((one.callable_from, line, entry))
            elif keeper is not None and until > 0:
                self.kept.append((until, keeper, line, entry))
            else:
                self.heaps[line].append(entry)
        for at, service in enumerate(self.newcomers, len(self.waiters)):
            self.heaps[self.line(service, Standing.ORDINARY)].append((0.0, math.inf, at, 0.0))
        for heap in self.heaps:
            heapify(heap)


class Place:
    """A counter with its services numbered as the stage numbers them."""

    def __init__(self, post: Post, stage: Stage) -> None:
        self.counter = post.counter
        self.duty = tuple(sorted(post.duty))
        self.tiers = {stage.index[one]: tier for one, tier in post.tiers.items() if one in stage.index}
        self.services = sorted(self.tiers, key=self.tiers.__getitem__)
        own = {stage.index[one]: law_of(times) for one, times in post.times.items() if one in stage.index}
        self.laws = [own.get(at, law) for at, law in enumerate(stage.laws)]
        self.busy: tuple[int, float] | None = None
        if post.busy and post.busy[0] in stage.index:
            self.busy = stage.index[post.busy[0]], post.busy[1]

    def leaves(self) -> float:
        """When it stops calling, 0 if it does not call now: nothing is kept for it after that."""
        return next((end for start, end in self.duty if start <= 0 < end), 0.0)


class Path:
    """One course: ``called`` and ``done`` say when, by id and by newcomer's service."""

    def __init__(self, stage: Stage, number: int, seed: int) -> None:
        self.stage = stage
        self.number = number + 1_009 * seed
        self.dice = random.Random(self.number)  # noqa: S311 (a simulation, no secret)
        self.now = 0.0
        self.called: dict[int, float] = {}
        self.done: dict[int, float] = {}
        self.heaps = [list(heap) for heap in stage.heaps]
        self.runs = list(stage.runs)
        self.idle: list[int] = []
        self.kept: dict[int, list[tuple[int, Entry]]] = {}
        self.early: dict[int, tuple[int, Entry]] = {}
        self.ids = stage.tracked
        self.events: list[tuple[float, int, Callable[[Any], None], Any]] = []
        self.counted = 0
        self._set()

    def run(self) -> None:
        """Go on until everybody who can be is called."""
        left = self.stage.waited_for
        while self.events and len(self.called) < left:
            self.now, _, happen, what = heappop(self.events)
            if self.now > LONGEST_MINUTES:
                return
            happen(what)

    def _at(self, moment: float, happen: Callable[[Any], None], what: object) -> None:
        self.counted += 1
        heappush(self.events, (moment, self.counted, happen, what))

    def _luck(self, key: int, kind: int) -> float:
        return NORMALS[(key * 40_503 + self.number * 9_973 + kind) & len(NORMALS) - 1]

    def _set(self) -> None:
        for until, keeper, line, entry in self.stage.kept:
            self.kept.setdefault(keeper, []).append((line, entry))
            self._at(until, self._release, (keeper, line, entry))
        for moment, line, entry in self.stage.early:
            self._come_early(line, entry, moment)
        self._expect()
        for number, place in enumerate(self.stage.places):
            self._at(self._rest(place), self._turn, number)

    def _expect(self) -> None:
        for at, one in enumerate(self.stage.scene.expected):
            if one.service in self.stage.index and NORMAL.cdf(self._luck(-at, _COMING)) < one.chance:
                line = self.stage.line(one.service, one.standing)
                self._at(one.at, self._come, (line, (one.rank_at, math.inf, self._new_id(), one.counts_from)))
        for (service, standing), rate in self.stage.scene.stream.items():
            if rate > 0 and service in self.stage.index:
                stream = (self.stage.line(service, standing), self.stage.scene.rule.head_starts[standing], rate)
                self._at(self.dice.expovariate(rate), self._arrive, stream)

    def _rest(self, place: Place) -> float:
        """Until the counter is free."""
        if place.busy is None:
            return 0.0
        service, elapsed = place.busy
        return remaining(place.laws[service], elapsed, NORMAL.cdf(self._luck(place.counter, _REST)))

    def _new_id(self) -> int:
        self.ids += 1
        return self.ids

    def _arrive(self, stream: tuple[int, float, float]) -> None:
        """Somebody unknown takes a number; the next one is drawn."""
        line, head_start, rate = stream
        following = self.now + self.dice.expovariate(rate)
        if following < self.stage.last_duty:
            self._at(following, self._arrive, stream)
        self._come((line, (self.now - head_start, math.inf, self._new_id(), self.now)))

    def _come(self, what: tuple[int, Entry]) -> None:
        line, entry = what
        heappush(self.heaps[line], entry)
        self._wake(line)

    def _come_early(self, line: int, entry: Entry, moment: float) -> None:
        self.early[entry[2]] = (line, entry)
        self._at(moment, self._is_time, entry[2])

    def _is_time(self, who: int) -> None:
        """A booking's time has come, unless it was called before."""
        if who in self.early:
            self._come(self.early.pop(who))

    def _release(self, what: tuple[int, int, Entry]) -> None:
        """A leg is kept no longer."""
        keeper, line, entry = what
        if (line, entry) in self.kept[keeper]:
            self.kept[keeper].remove((line, entry))
            self._come((line, entry))

    def _wake(self, line: int) -> None:
        """Counters that have nobody look again, those first whose first tier it is."""
        service = line // CLASSES
        able = [number for number in self.idle if service in self.stage.places[number].tiers]
        for number in sorted(able, key=lambda one: self.stage.places[one].tiers[service]):
            if not self.heaps[line]:
                return
            self.idle.remove(number)
            self._turn(number)

    def _turn(self, number: int) -> None:
        """A counter without anybody calls the next, waits for its duty, or for people."""
        place = self.stage.places[number]
        begins = next_duty(place.duty, self.now)
        if begins is None:
            return
        if begins > self.now:
            self._at(begins, self._turn, number)
            return
        while (chosen := self._pick(number)) is not None:
            line, entry = chosen
            self._take(number, line, entry)
            if not self._is_newcomer(entry[2]):
                self._at(self.now + self._lasts(place, line // CLASSES, entry[2]), self._turn, number)
                return
            self.done[entry[2]] = self.now + self._lasts(place, line // CLASSES, entry[2])
        self.idle.append(number)

    def _is_newcomer(self, who: int) -> bool:
        return len(self.stage.waiters) <= who < self.stage.tracked

    def _lasts(self, place: Place, service: int, who: int) -> float:
        """How long this turn takes here."""
        mu, sigma = place.laws[service]
        if who >= self.stage.tracked:
            return math.exp(mu + sigma * self.dice.gauss(0, 1))
        key = self.stage.luck[who]
        if self._luck(key, _ABSENCE) < self.stage.absent[service]:
            return self.stage.scene.absent_minutes
        return math.exp(mu + sigma * self._luck(key, _SERVICE))

    def _take(self, number: int, line: int, entry: Entry) -> None:
        """Out of the line; the guard counts all but newcomers, who are only asking."""
        heap, who = self.heaps[line], entry[2]
        if heap and heap[0] is entry:
            heappop(heap)
        elif self.early.pop(who, None) is None:
            self.kept[number].remove((line, entry))
        if who < self.stage.tracked:
            self.called[who] = self.now
        if not self._is_newcomer(who):
            self.runs[line // CLASSES] = self.runs[line // CLASSES] + 1 if line % CLASSES else 0

    def _pick(self, number: int) -> tuple[int, Entry] | None:
        """``rules.line.pick`` in floats: guard, then due, then tier, then key; early bookings only if nobody else."""
        return self._best(number, self._heads(number)) or self._best(number, self._early_heads(number))

    def _best(self, number: int, heads: Iterator[tuple[int, Entry]]) -> tuple[int, Entry] | None:
        best, chosen = None, None
        rates, tiers = self.stage.rates, self.stage.places[number].tiers
        for line, entry in heads:
            late = (self.now - entry[3]) * rates[line]
            key = (0, -late, entry) if late > 1 else (1, tiers[line // CLASSES], entry)
            if best is None or key < best:
                best, chosen = key, (line, entry)
        return chosen

    def _heads(self, number: int) -> Iterator[tuple[int, Entry]]:
        """The head of each line here, without the privileged ones that the guard holds back."""
        heaps, guard = self.heaps, self.stage.scene.rule.guard_calls
        mine = self.kept.get(number) or ()
        for service in self.stage.places[number].services:
            for line in range(CLASSES * service, CLASSES * service + CLASSES):
                head = heaps[line][0] if heaps[line] else None
                if mine:
                    head = min([one for at, one in mine if at == line] + ([head] if head else []), default=None)
                if head is not None:
                    yield line, head
                    if line % CLASSES == 0 and self.runs[service] >= guard:
                        break

    def _early_heads(self, number: int) -> Iterator[tuple[int, Entry]]:
        tiers = self.stage.places[number].tiers
        return (one for one in self.early.values() if one[0] // CLASSES in tiers)
