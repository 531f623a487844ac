"""Opening hours: seasons, holidays, cover through lunch, and mistakes named by field."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from base.errors import BadInput
from base.opening import OpeningHours, Session, joined, opening_hours

ZONE = ZoneInfo("Asia/Shanghai")
PLAIN = {
    "workdays": ["mon", "tue", "wed", "thu", "fri"],
    "seasons": [
        {
            "from": "05-01",
            "to": "09-30",
            "sessions": [{"open": "13:30", "close": "17:30"}, {"open": "08:30", "close": "12:00"}],
        },
        {
            "from": "10-01",
            "to": "04-30",
            "sessions": [{"open": "08:30", "close": "12:00"}, {"open": "13:00", "close": "16:30"}],
        },
    ],
    "extended_service": [
        {"name": "午间", "days": ["mon"], "counters": [2], "sessions": [{"open": "12:00", "close": "13:00"}]},
        {
            "name": "周六",
            "days": ["sat"],
            "counters": [4],
            "sessions": [{"open": "08:30", "close": "11:30"}],
            "appointment_only": True,
        },
    ],
    "holidays": ["2026-10-01"],
    "makeup_days": ["2026-10-10"],
}
MONDAY, TUESDAY, SATURDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 7)


@pytest.fixture
def hours() -> OpeningHours:
    """The calendar of ``PLAIN``."""
    return opening_hours(PLAIN)


def at(day: date, clock: str) -> datetime:
    """A moment on the hall's wall clock."""
    return datetime.combine(day, time.fromisoformat(clock), ZONE)


def test_sessions_follow_season(hours: OpeningHours) -> None:
    """Winter runs over the new year; sessions come in order."""
    assert hours.sessions_on(MONDAY) == (Session(time(8, 30), time(12)), Session(time(13), time(16, 30)))
    assert hours.sessions_on(date(2026, 7, 1)) == (Session(time(8, 30), time(12)), Session(time(13, 30), time(17, 30)))


def test_holiday_is_closed_and_makeup_day_open(hours: OpeningHours) -> None:
    """Dates beat weekdays."""
    assert hours.sessions_on(date(2026, 10, 1)) == ()
    assert hours.sessions_on(date(2026, 10, 10)) == hours.sessions_on(date(2026, 10, 12))


def test_lunch_cover_joins_the_sessions(hours: OpeningHours) -> None:
    """Counter 2 is open through Monday's lunch, the others are not."""
    assert hours.sessions_at(MONDAY, 2) == (Session(time(8, 30), time(16, 30)),)
    assert hours.sessions_at(MONDAY, 3) == hours.sessions_on(MONDAY)
    assert hours.is_open(at(MONDAY, "12:30"))
    assert not hours.is_open(at(MONDAY, "12:30"), 3)
    assert not hours.is_open(at(TUESDAY, "12:30"))


def test_saturday_needs_a_booking(hours: OpeningHours) -> None:
    """A cover for bookings opens the counter only for them."""
    assert hours.sessions_at(SATURDAY, 4) == ()
    assert hours.sessions_at(SATURDAY, 4, has_booking=True) == (Session(time(8, 30), time(11, 30)),)


@pytest.mark.parametrize(
    ("day", "clock", "is_open"),
    [(MONDAY, "08:29", False), (MONDAY, "08:30", True), (MONDAY, "16:29", True), (MONDAY, "16:30", False)],
)
def test_is_open_to_the_minute(hours: OpeningHours, day: date, clock: str, *, is_open: bool) -> None:
    """The opening minute counts, the closing minute does not."""
    assert hours.is_open(at(day, clock)) is is_open


def test_next_opening_skips_weekend_and_lunch(hours: OpeningHours) -> None:
    """It is strictly later than what was asked."""
    assert hours.next_opening(at(date(2026, 3, 6), "17:00")) == at(date(2026, 3, 9), "08:30")
    assert hours.next_opening(at(TUESDAY, "12:10")) == at(TUESDAY, "13:00")
    assert OpeningHours(frozenset(), ()).next_opening(at(MONDAY, "09:00")) is None


def test_closes_at_and_first_session(hours: OpeningHours) -> None:
    """The end of the running session; the day's first and last."""
    assert hours.closes_at(at(TUESDAY, "09:00")) == at(TUESDAY, "12:00")
    assert hours.closes_at(at(TUESDAY, "12:30")) is None
    assert hours.first_session(TUESDAY) == Session(time(8, 30), time(12))
    assert hours.first_session(SATURDAY) is None
    assert hours.last_close(TUESDAY) == time(16, 30)


def test_text_for_people(hours: OpeningHours) -> None:
    """As printed on the door."""
    assert hours.text(TUESDAY) == "08:30–12:00、13:00–16:30"
    assert hours.text(SATURDAY) == "今日不对外办公"


def test_touching_sessions_join() -> None:
    """Overlaps too."""
    three = [Session(time(12), time(13)), Session(time(8), time(12)), Session(time(14), time(15))]
    assert joined(three) == (Session(time(8), time(13)), Session(time(14), time(15)))


def test_every_mistake_is_named_with_its_field() -> None:
    """All at once."""
    plain = {
        "workdays": ["mon", "moon"],
        "seasons": [{"from": "02-30", "to": "04-30", "sessions": [{"open": "12:00", "close": "8:30"}]}],
        "extended_service": [{"days": ["sat"], "counters": "4", "sessions": []}],
        "holidays": ["国庆"],
    }
    with pytest.raises(BadInput) as caught:
        opening_hours(plain)
    lines = caught.value.message.splitlines()[1:]
    assert [line.split()[1] for line in lines] == [
        "workdays",
        "seasons[0].from",
        "seasons[0].sessions[0].close",
        "extended_service[0].counters",
        "extended_service[0].sessions",
        "holidays",
    ]
