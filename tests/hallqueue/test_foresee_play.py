"""The forward play in stylised halls whose answer is known: with a spread of 0 every turn takes what it takes."""

import math
import random
from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallqueue.foresee import MAX_WAITING, Forecast, play
from hallqueue.rules.line import Head, OrderRule, Standing, pick
from hallqueue.rules.path import Path, Stage, law_of, next_duty, remaining
from hallqueue.rules.scene import Expected, Post, Rule, Scene, Times, Waiter

ORDINARY, PRIORITY, BOOKING = Standing.ORDINARY, Standing.PRIORITY, Standing.BOOKING
TEN = {1: Times(10, 0), 2: Times(10, 0)}
NEVER = (math.inf, math.inf)
RULE = Rule()


def waiter(key: int, service: int = 1, since: float = 10, standing: Standing = ORDINARY, **more: float) -> Waiter:
    """Waits ``since`` so many minutes; its key breaks ties."""
    return Waiter(key, service, standing, -since, -since - RULE.head_starts[standing], key, **more)  # type: ignore[arg-type]


def line(count: int, service: int = 1) -> tuple[Waiter, ...]:
    """``count`` ordinary people who came one after the other."""
    return tuple(waiter(key, service, 30 - key / 100) for key in range(1, count + 1))


def calls(scene: Scene, *newcomers: int) -> dict[int, float]:
    """When each waiter is called, in whole minutes; newcomers by their service, negative."""
    forecast = play(scene, newcomers, paths=5)
    found = {key: span[0] for key, span in forecast.waits.items()}
    return {key: round(at, 6) for key, at in {**found, **{-k: v[0] for k, v in forecast.newcomers.items()}}.items()}


def test_one_counter_takes_them_in_turn() -> None:
    """Nought, ten, twenty; the newcomer after them, over ten minutes later."""
    scene = Scene(line(3), (Post(1, {1: 0}),), TEN)
    assert calls(scene, 1) == {1: 0, 2: 10, 3: 20, -1: 30}
    assert play(scene, [1]).done_at(1) == pytest.approx((40, 40))


def test_two_counters_take_two_at_a_time() -> None:
    """Idle counters call at once."""
    scene = Scene(line(4), (Post(1, {1: 0}), Post(2, {1: 0})), TEN)
    assert calls(scene, 1) == {1: 0, 2: 0, 3: 10, 4: 10, -1: 20}


def test_nobody_waits_and_a_counter_is_free() -> None:
    """At once."""
    assert play(Scene((), (Post(1, {1: 0}),), TEN), [1]).joining(1) == (0, 0)


def test_without_a_counter_nobody_is_called() -> None:
    """No counter at all, or none for the service: infinite, never shown."""
    assert calls(Scene(line(1), (), TEN), 1) == {1: math.inf, -1: math.inf}
    assert play(Scene(line(1, 2), (Post(1, {1: 0}),), TEN), [2]).joining(2) == NEVER


def test_service_in_hand_is_waited_for() -> None:
    """Four of ten minutes are over."""
    assert calls(Scene(line(1), (Post(1, {1: 0}, busy=(1, 4)),), TEN), 1) == {1: 6, -1: 16}


def test_first_tier_first_until_second_is_due() -> None:
    """The second tier waits for the first to empty, unless it has waited beyond its target."""
    second = waiter(9, 2, since=15)
    assert calls(Scene((*line(3), second), (Post(1, {1: 0, 2: 1}),), TEN))[9] == 30
    due = waiter(9, 2, since=45)
    assert calls(Scene((*line(3), due), (Post(1, {1: 0, 2: 1}),), TEN))[9] == 20


def test_privileged_go_first_until_the_guard() -> None:
    """Two in a row, then an ordinary one."""
    people = (waiter(1), *(waiter(key, since=5, standing=PRIORITY) for key in (2, 3, 4)))
    assert calls(Scene(people, (Post(1, {1: 0}),), TEN)) == {2: 0, 3: 10, 1: 20, 4: 30}
    assert calls(Scene(people, (Post(1, {1: 0}),), TEN, runs={1: 2})) == {1: 0, 2: 10, 3: 20, 4: 30}


def test_newcomer_does_not_disturb_the_guard() -> None:
    """Somebody who only asks is no call."""
    people = tuple(waiter(key, since=5, standing=PRIORITY) for key in (2, 3, 4))
    scene = Scene(people, (Post(1, {1: 0}),), TEN)
    assert calls(scene, 1) == {**calls(scene), -1: 20}


def test_lunch_is_a_gap_and_what_is_in_hand_ends() -> None:
    """Called at 10, done at 20 in the break; the next at its end."""
    duty = ((0.0, 15.0), (60.0, 100.0))
    assert calls(Scene(line(3), (Post(1, {1: 0}, duty=duty),), TEN), 1) == {1: 0, 2: 10, 3: 60, -1: 70}


def test_after_closing_nobody_is_called() -> None:
    """Who is not called by then is not called today."""
    assert calls(Scene(line(3), (Post(1, {1: 0}, duty=((0, 15),)),), TEN), 1) == {
        1: 0,
        2: 10,
        3: math.inf,
        -1: math.inf,
    }


def test_counter_that_comes_later_shortens_the_wait_from_then() -> None:
    """A second counter from minute 15."""
    posts = (Post(1, {1: 0}), Post(2, {1: 0}, duty=((15, 600),)))
    assert calls(Scene(line(4), posts, TEN)) == {1: 0, 2: 10, 3: 15, 4: 20}


def test_kept_leg_waits_for_its_counter() -> None:
    """Counter 2 passes it by; counter 1 takes it when it is free."""
    kept = waiter(1, since=20, kept_for=1)
    posts = (Post(1, {1: 0}, busy=(1, 3)), Post(2, {1: 0}))
    assert calls(Scene((kept, waiter(2)), posts, TEN)) == {2: 0, 1: 7}


def test_keeping_lapses() -> None:
    """When its minutes are over, when its counter leaves, at once when that is away."""
    busy = Post(1, {1: 0}, busy=(1, 0))
    other = Post(2, {1: 0}, busy=(1, 9))
    assert calls(Scene((waiter(1, kept_for=1, kept_until=4),), (busy, other), TEN)) == {1: 4}
    leaves = Post(1, {1: 0}, busy=(1, 0), duty=((0, 2),))
    assert calls(Scene((waiter(1, kept_for=1),), (leaves, other), TEN)) == {1: 2}
    away = Post(1, {1: 0}, duty=((30, 60),))
    assert calls(Scene((waiter(1, kept_for=1),), (away, other), TEN)) == {1: 1}


def test_booking_is_called_from_its_time_or_when_nobody_else_waits() -> None:
    """Callable in 12 minutes: behind two ordinary people, not behind the third."""
    booked = Waiter(9, 1, BOOKING, 17, 2, 9, callable_from=12)
    late = tuple(waiter(key, since=-3 - key / 10) for key in range(3))
    assert calls(Scene((booked, *late), (Post(1, {1: 0}),), TEN))[9] == 20
    assert calls(Scene((booked,), (Post(1, {1: 0}),), TEN))[9] == 0


def test_expected_booking_takes_its_turn() -> None:
    """Surely coming, it delays whoever would be called after its time; never coming, it delays nobody."""
    coming = Expected(1, BOOKING, at=5, chance=1, counts_from=10, rank_at=-5)
    scene = Scene((waiter(1), waiter(2, since=1)), (Post(1, {1: 0}),), TEN, expected=(coming,))
    assert calls(scene) == {1: 0, 2: 20}
    nobody = Expected(1, BOOKING, at=5, chance=0, counts_from=10, rank_at=-5)
    assert calls(Scene(scene.waiters, scene.posts, TEN, expected=(nobody,))) == {1: 0, 2: 10}


def test_stream_of_privileged_arrivals_lengthens_the_wait() -> None:
    """And the guard bounds it: at most 2 (k + 1) go first."""
    scene = Scene(line(3), (Post(1, {1: 0}),), TEN)
    crowd = Scene(line(3), (Post(1, {1: 0}),), TEN, stream={(1, PRIORITY): 2.0})
    assert calls(crowd)[3] > calls(scene)[3]
    assert calls(crowd)[3] <= 10 * (2 + 2 * 3)


def test_those_who_do_not_come_cost_little() -> None:
    """Half are absent: two minutes each."""
    people = tuple(waiter(key, since=50 - key / 100) for key in range(40))
    forecast = play(Scene(people, (Post(1, {1: 0}),), TEN, absent={1: 0.5}), [1], paths=50)
    joining = forecast.joining(1)
    assert joining is not None
    assert 200 <= joining[0] <= 280


def test_clerk_with_own_times() -> None:
    """Whoever sits at counter 2 needs five minutes."""
    posts = (Post(1, {1: 0}), Post(2, {1: 0}, times={1: Times(5, 0)}))
    assert calls(Scene(line(4), posts, TEN)) == {1: 0, 2: 0, 3: 5, 4: 10}


@pytest.mark.parametrize("times", [Times(0, 0.5), Times(-1, 0.5), Times(math.nan, 0.5), Times(5, math.inf)])
def test_broken_figures_give_nothing(times: Times) -> None:
    """Never a made-up wait."""
    assert play(Scene(line(2), (Post(1, {1: 0}),), {1: times}), [1]) == Forecast()


def test_beyond_three_hundred_nothing_is_known() -> None:
    """Neither for them nor for who joins their line; another line is not affected."""
    forecast = play(Scene(line(301), (Post(1, {1: 0, 2: 0}),), {1: Times(1, 0), 2: Times(1, 0)}), [1, 2], paths=2)
    assert (len(forecast.waits), forecast.of(301), forecast.joining(1)) == (MAX_WAITING, None, None)
    assert forecast.joining(2) is not None


def test_same_seed_same_forecast() -> None:
    """And another seed another one."""
    scene = Scene(line(9), (Post(1, {1: 0}),), {1: Times(10, 0.6)})
    assert play(scene, [1]) == play(scene, [1])
    assert play(scene, [1]) != play(scene, [1], seed=1)


def test_mean_and_spread_are_those_of_the_sum() -> None:
    """Twenty turns of ten minutes with a spread of a half: 200 minutes, give or take 22."""
    scene = Scene(line(20), (Post(1, {1: 0}),), {1: Times(10, 0.5)})
    joining = play(scene, [1], paths=400).joining(1)
    assert joining is not None
    assert joining[0] == pytest.approx(199, abs=4)
    assert joining[1] == pytest.approx(219, abs=5)


@given(st.floats(2, 60), st.floats(0.2, 1.2), st.floats(0.1, 300))
def test_remaining_time_is_that_of_those_who_lasted(mean: float, spread: float, elapsed: float) -> None:
    """Its tail is the log-normal's tail beyond what has elapsed; more luck never lasts longer."""
    law = law_of(Times(mean, spread))
    rests = [remaining(law, elapsed, share) for share in (0.9, 0.5, 0.1)]
    assert rests == sorted(rests)
    tail = [math.erfc((math.log(elapsed + rest) - law[0]) / law[1] / math.sqrt(2)) for rest in (0.0, rests[1])]
    if tail[0] > 1e-6:
        assert tail[1] / tail[0] == pytest.approx(0.5, rel=1e-3)


def test_mean_of_draws_is_the_mean() -> None:
    """From the start nothing is cut off."""
    dice = random.Random(1)
    drawn = [remaining(law_of(Times(10, 0.6)), 0, dice.random()) for _ in range(20_000)]
    assert fmean(drawn) == pytest.approx(10, rel=0.03)


def test_next_duty() -> None:
    """Now, later, never; an end is not duty."""
    duty = ((0.0, 10.0), (20.0, 30.0))
    assert [next_duty(duty, at) for at in (5, 10, 20, 30)] == [5, 20, 20, None]


HEADS = st.lists(
    st.tuples(st.sampled_from([1, 2, 3]), st.sampled_from(list(Standing)), st.integers(0, 90), st.integers(0, 2)),
    min_size=1,
    max_size=12,
)


@given(HEADS, st.lists(st.integers(0, 3), min_size=3, max_size=3))
def test_the_play_picks_as_the_queue_does(people: list[tuple[int, Standing, int, int]], runs: list[int]) -> None:
    """The same heads, the same choice: the play has no order of its own."""
    tiers = {1: 0, 2: 0, 3: 1}
    waiters = [waiter(key, one[0], one[2], one[1]) for key, one in enumerate(people)]
    counts = dict(zip((1, 2, 3), runs, strict=True))
    scene = Scene(tuple(waiters), (Post(1, tiers),), {one: Times(10, 0) for one in (1, 2, 3)}, runs=counts)
    chosen = Path(Stage(scene, waiters, []), 0, 0)._pick(0)  # noqa: SLF001 (the very choice)
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    heads: dict[tuple[int, Standing], Head] = {}
    for one in sorted(waiters, key=lambda each: (each.rank_at, each.entered)):
        counts_from, rank_at = (now + timedelta(minutes=minutes) for minutes in (one.counts_from, one.rank_at))
        head = Head(one.key, one.service, one.standing, tiers[one.service], counts_from, rank_at, one.entered)
        heads.setdefault((one.service, one.standing), head)
    targets = {one: timedelta(minutes=minutes) for one, minutes in RULE.targets.items()}
    real = pick(heads.values(), counts, OrderRule(targets, RULE.guard_calls), now)
    assert chosen is not None
    assert real is not None
    assert chosen[1][2] == real.head.leg


SCENES = st.tuples(st.integers(1, 25), st.integers(1, 4))


@given(SCENES, st.randoms(use_true_random=False))
def test_one_counter_more_is_never_worse(size: tuple[int, int], dice: random.Random) -> None:
    """With equal turns and one line, for everybody."""
    count, counters = size
    people = tuple(waiter(key, since=dice.uniform(0, 90), standing=dice.choice(list(Standing))) for key in range(count))
    posts = tuple(Post(number, {1: 0}, busy=(1, dice.uniform(0, 9))) for number in range(counters))
    before = calls(Scene(people, posts, TEN), 1)
    after = calls(Scene(people, (*posts, Post(99, {1: 0})), TEN), 1)
    assert max(after.values()) <= max(before.values())
    assert sorted(after.values()) <= sorted(before.values())


@given(SCENES, st.randoms(use_true_random=False))
def test_within_a_class_the_order_never_changes(size: tuple[int, int], dice: random.Random) -> None:
    """Whoever ranks first in a line is called first, in every course."""
    count, counters = size
    people = [
        waiter(key, dice.choice([1, 2]), dice.uniform(0, 90), dice.choice(list(Standing))) for key in range(count)
    ]
    posts = tuple(Post(number, dice.choice([{1: 0}, {1: 0, 2: 1}, {2: 0, 1: 1}])) for number in range(counters))
    scene = Scene(tuple(people), (*posts, Post(99, {1: 0, 2: 0})), {1: Times(8, 0.6), 2: Times(12, 0.9)})
    stage = Stage(scene, people, [])
    path = Path(stage, dice.randrange(50), 0)
    path.run()
    for service in (1, 2):
        for standing in Standing:
            same = [at for at, one in enumerate(people) if (one.service, one.standing) == (service, standing)]
            same.sort(key=lambda at: (people[at].rank_at, people[at].entered))
            moments = [path.called[at] for at in same]
            assert moments == sorted(moments)
