"""``pick``: key, due, guard, tiers, and what they promise together."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from hallqueue import QueueSettings
from hallqueue.rules.line import Head, Pick, Standing, Why, guarded, lateness, next_run, pick

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
RULE = QueueSettings().order_rule()
HEAD_START = {Standing.ORDINARY: 0, Standing.PRIORITY: 20, Standing.BOOKING: 15}


def head(
    leg: int,
    *,
    service: int = 1,
    standing: Standing = Standing.ORDINARY,
    tier: int = 0,
    waited: float = 1,
    entered: int = 0,
) -> Head:
    """A head that has waited for some minutes."""
    counts_from = NOW - timedelta(minutes=waited)
    rank_at = counts_from - timedelta(minutes=HEAD_START[standing])
    return Head(leg, service, standing, tier, counts_from, rank_at, entered or leg)


def picked(*heads: Head, run: int = 0) -> Pick | None:
    """What ``pick`` chooses when service 1 has that count of privileged calls."""
    return pick(heads, {1: run}, RULE, NOW)


def test_nobody_waits() -> None:
    """An empty hall."""
    assert picked() is None


def test_head_start_puts_priority_first() -> None:
    """Twenty minutes, not more."""
    ordinary = head(1, waited=15)
    priority = head(2, standing=Standing.PRIORITY, waited=1)
    assert picked(ordinary, priority) == Pick(priority, Why.PRIORITY)
    assert picked(head(1, waited=25), priority) == Pick(head(1, waited=25), Why.ORDER)


def test_first_tier_beats_earlier_rank() -> None:
    """A counter's own service comes first."""
    mine, other = head(1, service=1, tier=0, waited=2), head(2, service=2, tier=1, waited=30)
    assert picked(mine, other) == Pick(mine, Why.ORDER)


def test_due_beats_tier() -> None:
    """Whoever waits past the target is served from any tier."""
    mine, other = head(1, service=1, tier=0, waited=2), head(2, service=2, tier=1, waited=61)
    assert picked(mine, other) == Pick(other, Why.DUE)
    assert picked(mine, head(2, service=2, tier=1, waited=60)) == Pick(mine, Why.ORDER)


def test_latest_by_share_of_target_first() -> None:
    """Eleven of ten minutes is later than sixty-one of sixty."""
    ordinary = head(1, waited=61)
    priority = head(2, standing=Standing.PRIORITY, waited=11)
    assert picked(ordinary, priority) == Pick(priority, Why.DUE)


def test_guard_beats_due() -> None:
    """After two privileged calls an ordinary head goes first, even before a due privileged one."""
    ordinary = head(1, waited=1)
    priority = head(2, standing=Standing.PRIORITY, waited=30)
    assert picked(ordinary, priority, run=2) == Pick(ordinary, Why.ORDER)
    assert picked(priority, run=2) == Pick(priority, Why.DUE)
    elsewhere = head(3, service=2, tier=1)
    assert picked(priority, elsewhere, run=2) == Pick(priority, Why.DUE)


heads = st.lists(
    st.builds(
        head,
        st.integers(1, 10_000),
        service=st.integers(1, 4),
        standing=st.sampled_from(Standing),
        tier=st.integers(0, 3),
        waited=st.floats(0, 200),
    ),
    unique_by=lambda one: (one.service, one.standing),
)
runs = st.dictionaries(st.integers(1, 4), st.integers(0, 5))


@given(heads, runs)
def test_pick_is_from_the_heads_and_ignores_their_order(some: list[Head], counted: dict[int, int]) -> None:
    """Somebody is always picked; the order in which the database lists heads does not matter."""
    choice = pick(some, counted, RULE, NOW)
    assert (choice is None) == (not some)
    assert pick(list(reversed(some)), counted, RULE, NOW) == choice
    if choice:
        assert choice.head in guarded(some, counted, RULE)


@given(heads, runs)
def test_due_is_never_left_for_one_that_is_not(some: list[Head], counted: dict[int, int]) -> None:
    """Within what the guard leaves, the latest is first, else the first tier's smallest key."""
    choice = pick(some, counted, RULE, NOW)
    if choice is None:
        return
    left = guarded(some, counted, RULE)
    latest = max(lateness(one, RULE, NOW) for one in left)
    if latest > 1:
        assert lateness(choice.head, RULE, NOW) == latest
    else:
        first = min(one.tier for one in left)
        assert choice.head.key == min(one.key for one in left if one.tier == first)


@dataclass
class Person:
    """Someone in a simulated line of one service."""

    number: int
    standing: Standing
    came: float


people = st.lists(st.tuples(st.sampled_from(Standing), st.floats(0, 90)), min_size=1, max_size=40).map(
    lambda rows: [Person(i, standing, came) for i, (standing, came) in enumerate(sorted(rows, key=lambda row: row[1]))]
)


def played(line: list[Person], pace: float) -> list[Person]:
    """Call the people of one service one after another, a call every ``pace`` minutes; who came when."""
    called: list[Person] = []
    run, minute, left = 0, 0.0, list(line)
    while left:
        minute = max(minute + pace, left[0].came)
        now = NOW + timedelta(minutes=minute)
        here = [one for one in left if one.came <= minute]
        firsts = {one.standing: one for one in reversed(here)}
        choice = pick([_as_head(one) for one in firsts.values()], {1: run}, RULE, now)
        assert choice is not None
        run = next_run(run, choice.head.standing)
        person = next(one for one in here if one.number == choice.head.leg)
        called.append(person)
        left.remove(person)
    return called


def _as_head(person: Person) -> Head:
    counts_from = NOW + timedelta(minutes=person.came)
    rank_at = counts_from - timedelta(minutes=HEAD_START[person.standing])
    return Head(person.number, 1, person.standing, 0, counts_from, rank_at, person.number)


@settings(max_examples=200)
@given(people, st.floats(0.1, 30))
def test_with_k_ordinary_before_you_at_most_2k_plus_2_privileged(line: list[Person], pace: float) -> None:
    """The guard's promise to everyone who is ordinary, from the moment they enter the line."""
    called = played(line, pace)
    calls = _moments(called, line, pace)
    for person in line:
        if person.standing is not Standing.ORDINARY:
            continue
        before = [one for one in called[: called.index(person)] if calls[one.number] >= person.came]
        ordinary = sum(one.standing is Standing.ORDINARY for one in before)
        assert len(before) - ordinary <= RULE.guard_calls * (ordinary + 1)


def _moments(called: list[Person], line: list[Person], pace: float) -> dict[int, float]:
    """When each was called: the same clock as in ``played``."""
    minute, left, moments = 0.0, list(line), dict[int, float]()
    for person in called:
        minute = max(minute + pace, left[0].came)
        moments[person.number] = minute
        left.remove(person)
    return moments


@given(people, st.floats(0.1, 30))
def test_order_within_a_class_never_changes(line: list[Person], pace: float) -> None:
    """First come, first called, in each class."""
    called = played(line, pace)
    for standing in Standing:
        numbers = [one.number for one in called if one.standing is standing]
        assert numbers == sorted(numbers)
