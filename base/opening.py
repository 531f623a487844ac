"""Opening hours: sessions by weekday and season, holidays and make-up days as dates, cover through lunch. Pure.

This is the hall's own calendar, never the statutory one (``base.calendar``): a hall may open on a day off.
Moments here are local to the hall, aware or not; what comes back has the same zone as what was asked.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from base.errors import BadInput

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LOOK_AHEAD_DAYS = 60
_MONTH_DAY = re.compile(r"(\d{2})-(\d{2})")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True, order=True)
class Session:
    """From ``opens`` up to, not including, ``closes``."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Season:
    """The workdays' sessions from one month-day to another, both included; it may run over the new year."""

    first: tuple[int, int]
    last: tuple[int, int]
    sessions: tuple[Session, ...]

    def holds(self, day: date) -> bool:
        """Whether ``day`` lies in the season."""
        here = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


@dataclass(frozen=True, slots=True)
class Cover:
    """Further sessions of some counters: through lunch, or on a Saturday for bookings only."""

    name: str
    weekdays: frozenset[int]
    counters: frozenset[int]
    sessions: tuple[Session, ...]
    is_appointment_only: bool = False


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When a hall, or one of its counters, is open."""

    weekdays: frozenset[int]
    seasons: tuple[Season, ...]
    covers: tuple[Cover, ...] = ()
    holidays: frozenset[date] = frozenset()
    makeup_days: frozenset[date] = frozenset()

    def sessions_on(self, day: date) -> tuple[Session, ...]:
        """The hall's ordinary sessions on ``day``, in order; none on a holiday."""
        is_workday = day.weekday() in self.weekdays or day in self.makeup_days
        if day in self.holidays or not is_workday:
            return ()
        return next((season.sessions for season in self.seasons if season.holds(day)), ())

    def sessions_at(self, day: date, counter: int, *, has_booking: bool = False) -> tuple[Session, ...]:
        """The sessions of one counter on ``day``: the hall's and those it covers, joined where they touch."""
        return joined([*self.sessions_on(day), *self._covered(day, counter, has_booking=has_booking)])

    def hall_sessions(self, day: date) -> tuple[Session, ...]:
        """The hall's sessions and every cover that needs no booking, joined."""
        return joined([*self.sessions_on(day), *self._covered(day, None, has_booking=False)])

    def is_open(self, moment: datetime, counter: int | None = None) -> bool:
        """Whether the hall (or ``counter``) is open at ``moment``; a cover counts."""
        sessions = self.hall_sessions(moment.date()) if counter is None else self.sessions_at(moment.date(), counter)
        return any(one.opens <= moment.time() < one.closes for one in sessions)

    def next_opening(self, moment: datetime) -> datetime | None:
        """The start of the first session after ``moment``, within 60 days; None if the calendar has none."""
        for offset in range(LOOK_AHEAD_DAYS):
            day = moment.date() + timedelta(days=offset)
            for session in self.hall_sessions(day):
                if offset or session.opens > moment.time():
                    return datetime.combine(day, session.opens, moment.tzinfo)
        return None

    def closes_at(self, moment: datetime) -> datetime | None:
        """The end of the session that ``moment`` lies in, or None when closed."""
        for session in self.hall_sessions(moment.date()):
            if session.opens <= moment.time() < session.closes:
                return datetime.combine(moment.date(), session.closes, moment.tzinfo)
        return None

    def first_session(self, day: date) -> Session | None:
        """The day's first session, or None on a day without."""
        return next(iter(self.hall_sessions(day)), None)

    def last_close(self, day: date) -> time | None:
        """When the day's last session ends, or None on a day without."""
        sessions = self.hall_sessions(day)
        return sessions[-1].closes if sessions else None

    def text(self, day: date) -> str:
        """The day's hours as people read them: ``08:30–12:00、13:30–17:30``, or ``今日不对外办公``."""
        spans = [f"{one.opens:%H:%M}–{one.closes:%H:%M}" for one in self.sessions_on(day)]
        return "、".join(spans) or "今日不对外办公"

    def _covered(self, day: date, counter: int | None, *, has_booking: bool) -> Iterator[Session]:
        if day in self.holidays:
            return
        for cover in self.covers:
            is_mine = counter is None or counter in cover.counters
            if is_mine and day.weekday() in cover.weekdays and (has_booking or not cover.is_appointment_only):
                yield from cover.sessions


def joined(sessions: Sequence[Session]) -> tuple[Session, ...]:
    """``sessions`` in order, those that touch or overlap made one."""
    merged: list[Session] = []
    for session in sorted(sessions):
        if merged and session.opens <= merged[-1].closes:
            merged[-1] = Session(merged[-1].opens, max(merged[-1].closes, session.closes))
        else:
            merged.append(session)
    return tuple(merged)


def opening_hours(plain: Mapping[str, Any]) -> OpeningHours:
    """Read the plain form (as in a hall file or an administrator's form); one ``BadInput`` lists every mistake."""
    reading = _Reading()
    hours = OpeningHours(
        weekdays=reading.weekdays(plain.get("workdays"), "workdays"),
        seasons=tuple(reading.season(one, f"seasons[{i}]") for i, one in enumerate(reading.rows(plain, "seasons"))),
        covers=tuple(
            reading.cover(one, f"extended_service[{i}]")
            for i, one in enumerate(reading.rows(plain, "extended_service", required=False))
        ),
        holidays=reading.days(plain, "holidays"),
        makeup_days=reading.days(plain, "makeup_days"),
    )
    if reading.mistakes:
        raise BadInput("开放时间有误：\n" + "\n".join(f"  · {one}" for one in reading.mistakes), field="opening_hours")
    return hours


class _Reading:
    """Reads plain values and notes every mistake with its field."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []

    def rows(
        self, plain: Mapping[str, Any], key: str, *, within: str = "", required: bool = True
    ) -> list[Mapping[str, Any]]:
        rows, field = plain.get(key, []), f"{within}{key}"
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows) or (required and not rows):
            self.mistakes.append(f"{field} 须为一个或多个条目的列表，收到 {rows!r}")
            return []
        return rows

    def weekdays(self, names: object, field: str) -> frozenset[int]:
        if not isinstance(names, list) or not names or any(name not in WEEKDAYS for name in names):
            self.mistakes.append(f"{field} 须为 {'、'.join(WEEKDAYS)} 中的若干个，收到 {names!r}")
            return frozenset()
        return frozenset(WEEKDAYS.index(name) for name in names)

    def season(self, row: Mapping[str, Any], field: str) -> Season:
        first = self._month_day(row.get("from"), f"{field}.from")
        last = self._month_day(row.get("to"), f"{field}.to")
        return Season(first, last, self._sessions(row, field))

    def cover(self, row: Mapping[str, Any], field: str) -> Cover:
        counters = row.get("counters")
        if not isinstance(counters, list) or not all(isinstance(one, int) for one in counters):
            self.mistakes.append(f"{field}.counters 须为窗口号的列表，收到 {counters!r}")
            counters = []
        days = self.weekdays(row.get("days"), f"{field}.days")
        is_booked = row.get("appointment_only", False) is True
        return Cover(
            str(row.get("name", "")),
            days,
            frozenset(counters),
            self._sessions(row, field),
            is_appointment_only=is_booked,
        )

    def days(self, plain: Mapping[str, Any], field: str) -> frozenset[date]:
        days, found = plain.get(field, []), set()
        if not isinstance(days, list):
            self.mistakes.append(f"{field} 须为日期的列表（2026-10-01），收到 {days!r}")
            return frozenset()
        for day in days:
            try:
                found.add(day if isinstance(day, date) else date.fromisoformat(day))
            except (TypeError, ValueError):
                self.mistakes.append(f"{field} 里的 {day!r} 不是日期（应写作 2026-10-01）")
        return frozenset(found)

    def _sessions(self, row: Mapping[str, Any], field: str) -> tuple[Session, ...]:
        sessions: list[Session] = []
        for index, plain in enumerate(self.rows(row, "sessions", within=f"{field}.")):
            where = f"{field}.sessions[{index}]"
            opens, closes = (self._clock(plain.get(end), f"{where}.{end}") for end in ("open", "close"))
            if opens >= closes and opens != time.max:
                self.mistakes.append(f"{where} 的开门时间 {opens:%H:%M} 须早于关门时间 {closes:%H:%M}")
            sessions.append(Session(opens, closes))
        return tuple(sorted(sessions))

    def _clock(self, value: object, field: str) -> time:
        match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
        if not match:
            self.mistakes.append(f"{field} 须为 08:30 这样的时间，收到 {value!r}")
            return time.max
        return time(int(match[1]), int(match[2]))

    def _month_day(self, value: object, field: str) -> tuple[int, int]:
        match = _MONTH_DAY.fullmatch(value) if isinstance(value, str) else None
        try:
            day = date(2024, int(match[1]), int(match[2])) if match else None
        except ValueError:
            day = None
        if day is None:
            self.mistakes.append(f"{field} 须为 05-01 这样的月和日，收到 {value!r}")
            return (1, 1)
        return day.month, day.day
