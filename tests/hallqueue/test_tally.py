"""What reports count, as pure functions: percentiles, waits, groupings that agree, overtaking, use of counters."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hallqueue.rules.line import Standing
from hallqueue.rules.tally import (
    CallFact,
    Fact,
    Moments,
    Unheard,
    grouped,
    item_of,
    overtakes,
    percent,
    spread,
    tally,
    wait_of,
    walk_of,
    work_of,
)
from hallqueue.rules.ticket import State
from hallqueue.rules.usage import Seating, Shift, Step, common, joined, minutes, usage, without

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)
LINE = ("A", DAY)


def at(minute: float) -> datetime:
    """So many minutes after nine."""
    return NINE + timedelta(minutes=minute)


def moments(**known: float) -> Moments:
    """Moments by minutes after nine; what is not given did not happen."""
    names = ("first_call", "last_call", "started", "ended")
    made = {name: at(known[name]) if name in known else None for name in names}
    return Moments(at(known.get("joined", 0)), **made)  # type: ignore[arg-type]


def test_percentiles_are_exact() -> None:
    """The smallest value that so many of a hundred do not exceed; zeros count, nothing is nothing."""
    found = spread([5, 1, 4, 2, 3])
    assert (found.count, found.mean, found.p50, found.p80, found.p95) == (5, 3, 3, 4, 5)
    assert spread([0.0, 0.0, 9.0]).p50 == 0.0
    assert spread(range(1, 101)).p95 == 95
    assert (spread([]).mean, spread([]).p50, percent(0, 0)) == (None, None, None)


def test_waits_end_with_the_first_call() -> None:
    """A second call after a miss lengthens no wait; own minutes are no wait; a call before the slot is none at all."""
    assert wait_of(moments(first_call=12, last_call=40)) == 12
    assert wait_of(moments()) is None
    assert wait_of(moments(joined=10, first_call=8)) == 0
    assert wait_of(moments(first_call=0)) == 0
    put_off = Moments(at(0), at(40), at(40), None, None, [(at(5), at(20)), (at(50), at(65))])
    assert wait_of(put_off) == 25


def test_walking_and_service() -> None:
    """Walking from the last call; service of who was served only."""
    assert walk_of(moments(first_call=12, last_call=40, started=42)) == 2
    assert walk_of(moments(first_call=12)) is None
    assert work_of(moments(started=42, ended=60), State.SERVED) == 18
    assert work_of(moments(started=42, ended=60), State.TRANSFERRED) is None


def test_a_leg_stands_under_one_item() -> None:
    """Its only one, several, or none."""
    assert [item_of(items) for items in ([], ["执照"], ["执照", "刻章"])] == ["", "执照", "several"]


facts = st.lists(
    st.builds(
        Fact,
        leg=st.integers(1, 10**6),
        service=st.sampled_from("ABC"),
        day=st.dates(DAY, DAY + timedelta(days=3)),
        hour=st.integers(8, 17),
        counter=st.none() | st.integers(1, 4),
        staff=st.none() | st.sampled_from(["staff:1", "staff:2"]),
        standing=st.sampled_from(Standing),
        item=st.sampled_from(["", "several", "执照"]),
        state=st.sampled_from(State),
        is_number=st.booleans(),
        promise=st.integers(5, 60),
        wait=st.none() | st.floats(0, 200),
        walk=st.none() | st.floats(0, 5),
        work=st.none() | st.floats(0, 90),
    )
)
KEYS = ("service", "day", "hour", "counter", "staff", "standing", "item")
COUNTS = (
    "issued",
    "legs",
    "served",
    "transferred",
    "missed",
    "cancelled",
    "unserved",
    "in_line",
    "at_counter",
    "called",
    "within",
    "never_called",
)


@given(facts)
def test_every_grouping_adds_up_to_the_same_total(legs: list[Fact]) -> None:
    """By service, day, hour, counter, clerk, class, item: the same legs, each once; the states add up."""
    whole = tally(legs)
    for key in KEYS:
        groups = grouped(legs, lambda one, key=key: getattr(one, key)).values()  # type: ignore[misc]
        assert [sum(getattr(one, name) for one in groups) for name in COUNTS] == [
            getattr(whole, name) for name in COUNTS
        ]
        for name in ("wait", "walk", "work"):
            assert sum(getattr(one, name).count for one in groups) == getattr(whole, name).count
    states = (whole.served, whole.transferred, whole.missed, whole.cancelled, whole.unserved)
    assert sum(states) + whole.in_line + whole.at_counter == whole.legs
    assert whole.within <= whole.called <= whole.legs


def test_overtaking_is_coming_later_and_being_called_before() -> None:
    """Three came 1, 2, 3; the third was called first: it passed two. A fourth never called was passed by the fifth."""
    order = [CallFact(1, 13, LINE, 3, "priority", at(1)), CallFact(2, 11, LINE, 1, "order", at(2))]
    order += [CallFact(3, 12, LINE, 2, "order", at(3)), CallFact(4, 15, LINE, 5, "booking", at(9))]
    gone = [Unheard(LINE, 4, at(20)), Unheard(LINE, 4, at(5)), Unheard(("B", DAY), 1, None)]
    assert overtakes(order, gone) == {1: 2, 4: 1}


def test_who_was_called_already_is_not_passed() -> None:
    """Parked after a first call and called again later with the same place in the line."""
    order = [CallFact(1, 11, LINE, 1, "order", at(1)), CallFact(2, 12, LINE, 2, "order", at(2))]
    assert overtakes([*order, CallFact(3, 11, LINE, 1, "order", at(9))], []) == {}


Spans = list[tuple[datetime, datetime]]
spans = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50))).map(
    lambda pairs: joined((at(min(pair)), at(max(pair))) for pair in pairs)
)


@given(spans, spans)
def test_intervals_part_without_rest(some: Spans, others: Spans) -> None:
    """What is in both and what is in one alone make the whole again."""
    both, rest = common(some, others), without(some, others)
    assert joined([*both, *rest]) == some
    assert abs(minutes(both) + minutes(rest) - minutes(some)) < 1e-6
    assert common(rest, others) == []


def test_idle_is_free_while_somebody_it_serves_waits() -> None:
    """Open 60 minutes, 10 of them paused, 20 busy; of the 30 free ones somebody of its service waited 5."""
    seat = Seating(7, 2, "staff:2", frozenset("A"))
    shifts = [Shift(7, at(0), "open"), Shift(7, at(30), "pause"), Shift(7, at(40), "resume"), Shift(7, at(60), "close")]
    steps = [
        Step(1, "B", at(0), State.WAITING, None),
        Step(2, "A", at(5), State.WAITING, None),
        Step(2, "A", at(10), State.CALLED, 7),
        Step(2, "A", at(11), State.SERVING, 7),
        Step(2, "A", at(30), State.SERVED, 7),
        Step(3, "A", at(30), State.WAITING, None),
        Step(3, "A", at(40), State.CANCELLED, None),
    ]
    (found,) = usage([seat], shifts, steps, at(120))
    assert (found.open_minutes, found.busy_minutes, found.idle_minutes) == (50, 20, 5)


def test_a_leg_that_moves_to_another_counter_is_the_others_from_then_on() -> None:
    """Handed over while called: two counters, each its own minutes; what is still open counts until now."""
    seats = [Seating(7, 2, "staff:2", frozenset("A")), Seating(8, 3, "staff:3", frozenset("A"))]
    shifts = [Shift(7, at(0), "open"), Shift(8, at(0), "open"), Shift(7, at(10), "lose")]
    steps = [
        Step(1, "A", at(0), State.CALLED, 7),
        Step(1, "A", at(10), State.CALLED, 8),
        Step(1, "A", at(12), State.SERVING, 8),
    ]
    found = usage(seats, shifts, steps, at(30))
    assert [(one.open_minutes, one.busy_minutes, one.idle_minutes) for one in found] == [(10, 10, 0), (30, 20, 0)]
