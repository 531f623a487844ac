"""Working days as moments: closing time, half-days, minutes in hours, and dates as they are said."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from base.calendar import DayHours, Due, DueMoment, WorkingDays, WorkingTime
from base.errors import BadInput

ZONE = ZoneInfo("Asia/Shanghai")
TIME = WorkingTime(WorkingDays(), lambda _day: DayHours(), ZONE)


def at(text: str) -> datetime:
    """A local moment."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-02 09:00", "2026-03-02 16:30"),  # Monday morning: Monday closing
        ("2026-03-02 15:00", "2026-03-03 12:00"),  # Monday afternoon: Tuesday noon
        ("2026-03-02 08:30", "2026-03-02 16:30"),
        ("2026-03-02 07:00", "2026-03-02 12:00"),  # closed: the end of the next working morning
        ("2026-03-02 12:00", "2026-03-03 12:00"),
        ("2026-03-02 12:30", "2026-03-03 12:00"),
        ("2026-03-02 16:30", "2026-03-03 12:00"),
        ("2026-03-02 22:00", "2026-03-03 12:00"),
        ("2026-03-06 15:00", "2026-03-09 12:00"),  # Friday afternoon: Monday noon
        ("2026-03-07 10:00", "2026-03-09 12:00"),  # Saturday
        ("2026-02-28 09:00", "2026-02-28 16:30"),  # a make-up Saturday has weekday hours
        ("2026-02-14 15:00", "2026-02-24 12:00"),  # over Spring Festival
    ],
)
def test_half_day_ends_with_the_next(received: str, due: str) -> None:
    """The half-day of receipt is not counted."""
    assert TIME.after_half_days(at(received)).at == at(due)


@pytest.mark.parametrize(
    ("received", "halves", "due"),
    [
        ("2026-03-02 09:00", 2, "2026-03-03 12:00"),
        ("2026-03-02 07:00", 2, "2026-03-02 16:30"),
        ("2026-03-06 15:00", 3, "2026-03-10 12:00"),
    ],
)
def test_half_days_add_up(received: str, halves: int, due: str) -> None:
    """More than one half-day."""
    assert TIME.after_half_days(at(received), halves).at == at(due)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-02 09:00", "2026-03-02 09:30"),
        ("2026-03-02 11:50", "2026-03-02 13:20"),
        ("2026-03-02 16:20", "2026-03-03 08:50"),
        ("2026-03-07 10:00", "2026-03-09 09:00"),
        ("2026-03-02 11:30", "2026-03-02 12:00"),
    ],
)
def test_minutes_pass_in_hours_only(received: str, due: str) -> None:
    """Half an hour for an urgent case, over lunch, night and weekend."""
    assert TIME.after_minutes(at(received), 30).at == at(due)


def test_after_days_ends_at_closing_time() -> None:
    """With business hours a term ends when they do."""
    assert TIME.after_days(at("2026-02-13 10:00"), 6) == DueMoment(at("2026-02-28 16:30"), date(2026, 2, 28))


def test_day_of_receipt_is_the_hall_s_own() -> None:
    """Sunday evening in UTC is Monday in the hall."""
    late_utc = datetime.fromisoformat("2026-03-01T23:30:00+00:00")  # Monday 07:30 in the hall
    assert TIME.after_days(late_utc, 1).on == date(2026, 3, 3)


def test_spoken_date_names_a_makeup_day() -> None:
    """Nobody expects an office to be open on a Saturday."""
    due = TIME.after_days(at("2026-02-13 10:00"), 6)
    assert TIME.spoken(due) == "2 月 28 日（周六，调休上班）16:30 前"


def test_spoken_date_of_an_unknown_year_says_about() -> None:
    """A provisional date says 约 and its year."""
    due = TIME.after_days(at("2026-12-15 10:00"), 15)
    assert TIME.spoken(due, date(2026, 12, 15)) == "约 2027 年 1 月 6 日（周三）16:30 前"
    assert TIME.spoken_day(Due(date(2026, 3, 5), is_provisional=False)) == "3 月 5 日（周四）"


def test_hours_may_differ_by_day() -> None:
    """Summer and winter close at different times."""
    summer = DayHours(afternoon_open=time(13, 30), afternoon_close=time(17, 30))
    seasonal = WorkingTime(WorkingDays(), lambda day: summer if 5 <= day.month <= 9 else DayHours(), ZONE)
    assert seasonal.after_days(at("2026-04-30 10:00"), 1).at == at("2026-05-06 17:30")
    assert seasonal.after_days(at("2026-04-29 10:00"), 1).at == at("2026-04-30 16:30")


def test_hours_out_of_order_are_refused() -> None:
    """A morning cannot end after the afternoon began."""
    with pytest.raises(BadInput):
        DayHours(morning_close=time(14))


@pytest.mark.parametrize(
    ("spans", "hours"),
    [
        ([(time(8, 30), time(12)), (time(13), time(16, 30))], DayHours()),
        (
            [(time(9), time(11)), (time(11, 30), time(12)), (time(14), time(18))],
            DayHours(time(9), time(11), time(14), time(18)),
        ),
        ([(time(9), time(17))], DayHours(time(9), time(12), time(12), time(17))),
        ([(time(0), time.max)], DayHours()),
        ([], DayHours()),
    ],
)
def test_hours_of_a_hall_s_spans(spans: list[tuple[time, time]], hours: DayHours) -> None:
    """Lunch is between the first span and the last; round the clock is no office day."""
    assert DayHours.of_spans(spans) == hours


def test_makeup_day_has_the_hours_of_its_friday() -> None:
    """Whoever gives the hours is never asked for a weekend."""
    asked: list[date] = []

    def hours(day: date) -> DayHours:
        asked.append(day)
        return DayHours()

    assert WorkingTime(WorkingDays(), hours, ZONE).after_days(at("2026-02-13 10:00"), 6).at == at("2026-02-28 16:30")
    assert asked == [date(2026, 2, 27)]
