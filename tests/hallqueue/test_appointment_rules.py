"""The rules of bookings: seats of a day, how an arrival counts, states, no-shows, reminders. No database."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import Conflict
from hallqueue.rules.appointment import (
    APPOINTMENT_ACTION_NAMES,
    APPOINTMENT_STATE_NAMES,
    NEXT,
    AppointmentAction,
    AppointmentState,
    CheckInRule,
    NoShowRule,
    Shift,
    SlotRule,
    Visit,
    after,
    checked_in,
    day_slots,
    no_show_warning,
    paused_until,
    reminder_stage,
)
from hallqueue.rules.line import Standing

ZONE = ZoneInfo("Asia/Shanghai")
MORNING, AFTERNOON = (8 * 60 + 30, 12 * 60), (13 * 60, 16 * 60 + 30)
HALF_HOURS = SlotRule(30, 50)
RULE = CheckInRule(timedelta(minutes=30), timedelta(minutes=10))
SLOT = datetime(2026, 3, 3, 10, 0, tzinfo=ZONE)


def visit(day: int, clock: str, state: AppointmentState = AppointmentState.CONFIRMED) -> Visit:
    """Someone with a booking for 3 March 10:00 at the door on ``day`` of March."""
    hour, minute = map(int, clock.split(":"))
    now = datetime(2026, 3, day, hour, minute, tzinfo=ZONE)
    return Visit(state, SLOT, now, now.replace(hour=16, minute=30))


def test_seats_follow_counters_and_minutes() -> None:
    """One counter, 15 minutes a visit, half of it for bookings: one seat each half hour, none over lunch."""
    slots = day_slots([Shift((MORNING, AFTERNOON), 1.0)], 15, HALF_HOURS)
    assert slots == tuple((start, 1) for start in (*range(510, 720, 30), *range(780, 990, 30)))


def test_what_a_slot_leaves_goes_to_the_next() -> None:
    """25 minutes a visit: 0.6 seats a slot give three seats in every five slots."""
    assert day_slots([Shift((MORNING,), 1.0)], 25, HALF_HOURS) == ((540, 1), (600, 1), (630, 1), (690, 1))


def test_a_shared_counter_counts_for_its_share() -> None:
    """A counter of two services gives each half."""
    alone = day_slots([Shift((MORNING,), 1.0)], 15, HALF_HOURS)
    shared = day_slots([Shift((MORNING,), 0.5)] * 2, 15, HALF_HOURS)
    assert shared == alone


def test_a_slot_that_a_counter_does_not_serve_whole_is_none_of_its() -> None:
    """A session from 08:45 gives its first slot at 09:00."""
    assert day_slots([Shift(((525, 600),), 1.0)], 15, HALF_HOURS) == ((540, 1), (570, 1))


@given(
    st.lists(st.sampled_from([1.0, 0.5, 1 / 3]), max_size=6),
    st.integers(3, 90),
    st.sampled_from([10, 15, 20, 30, 60]),
    st.integers(0, 100),
)
def test_a_day_is_never_booked_beyond_its_share(shares: list[float], service: int, length: int, percent: int) -> None:
    """All seats together need no more minutes than the share of the counters' time, and waste less than one visit."""
    slots = day_slots([Shift((MORNING, AFTERNOON), share) for share in shares], service, SlotRule(length, percent))
    whole = sum((end - start) // length * length for start, end in (MORNING, AFTERNOON))
    aligned = sum(
        length for first, last in (MORNING, AFTERNOON) for at in range(0, 1440, length) if first <= at <= last - length
    )
    booked = sum(seats for _, seats in slots) * service
    assert booked <= aligned * sum(shares) * percent / 100 + 1e-6
    assert booked > aligned * sum(shares) * percent / 100 - service - 1e-6
    assert aligned <= whole


@pytest.mark.parametrize(
    ("clock", "standing", "counts_from"),
    [
        ("9:30", Standing.BOOKING, "10:00"),
        ("10:00", Standing.BOOKING, "10:00"),
        ("10:10", Standing.BOOKING, "10:10"),
        ("10:11", Standing.ORDINARY, "10:11"),
        ("16:29", Standing.ORDINARY, "16:29"),
    ],
)
def test_how_an_arrival_counts(clock: str, standing: Standing, counts_from: str) -> None:
    """On time or ten minutes late a booking, from the later of slot and arrival; later an ordinary walk-in."""
    here = checked_in(visit(3, clock), RULE)
    assert (here.standing, f"{here.counts_from:%H:%M}") == (standing, counts_from)


@pytest.mark.parametrize(
    ("day", "clock", "words"),
    [
        (3, "9:29", "您预约的是 10:00，09:30 起可以签到，现在是 09:29，请稍后再来。"),
        (2, "10:00", "这是 3 月 3 日（周二）10:00 的预约，今天不能签到；请当天 09:30 起到场签到。"),
        (4, "10:00", "这是 3 月 3 日（周二）10:00 的预约，已经过期，不能签到；请重新预约，或现场取号。"),
        (3, "16:30", "今天 16:30 已停止办理，不能再签到，请重新预约。"),
    ],
)
def test_a_check_in_that_is_refused_says_why(day: int, clock: str, words: str) -> None:
    """Early, another day's, after closing: a plain sentence with what to do."""
    with pytest.raises(Conflict) as refusal:
        checked_in(visit(day, clock), RULE)
    assert refusal.value.message == words


@pytest.mark.parametrize("state", [one for one in AppointmentState if one is not AppointmentState.CONFIRMED])
def test_only_a_confirmed_booking_checks_in(state: AppointmentState) -> None:
    """Whatever else it is, the refusal names the state."""
    with pytest.raises(Conflict, match=APPOINTMENT_STATE_NAMES[state]):
        checked_in(visit(3, "10:00", state), RULE)


def test_every_state_and_action_moves_or_refuses() -> None:
    """The table is whole: what is not in it is a Conflict with the allowed actions."""
    for state in AppointmentState:
        for action in AppointmentAction:
            if (state, action) in NEXT:
                assert after(state, action) is NEXT[state, action]
            else:
                with pytest.raises(Conflict, match=APPOINTMENT_ACTION_NAMES[action]):
                    after(state, action)


def test_repeated_no_shows_warn_first_and_then_pause() -> None:
    """Two are warned of, the third pauses for thirty days from that day; old ones are forgotten."""
    rule, today = NoShowRule(most=3, within=90, pause=30), date(2026, 3, 2)
    recent = [date(2026, 2, 1), date(2026, 2, 10)]
    assert no_show_warning([], today, rule) == ""
    assert no_show_warning(recent, today, rule).startswith("近 90 天有 2 次预约没有到场；再有 1 次，将暂停预约 30 天。")
    assert paused_until(recent, today, rule) is None
    assert paused_until([*recent, date(2026, 2, 27)], today, rule) == date(2026, 3, 29)
    assert paused_until([*recent, date(2026, 2, 27)], date(2026, 3, 29), rule) is None
    assert paused_until([*recent, date(2025, 11, 1)], today, rule) is None
    assert paused_until([*recent, date(2026, 2, 27)], today, NoShowRule(0, 90, 30)) is None


def test_reminders_come_due_one_after_the_other() -> None:
    """A day before the first, an hour before the second; zero switches one off."""
    day, hour, never = timedelta(hours=24), timedelta(hours=1), timedelta()
    stages = [reminder_stage(SLOT, SLOT - left, (day, hour)) for left in (day * 2, day, hour * 2, hour)]
    assert stages == [0, 1, 1, 2]
    assert reminder_stage(SLOT, SLOT - hour, (day, never)) == 1
