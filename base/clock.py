"""The only clock. Moments are aware datetimes in UTC; a business day is a hall's local date."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


class Clock:
    """Real time, or time that begins at ``start_at`` and runs ``speed`` times as fast (demo, simulation)."""

    def __init__(self, start_at: datetime | None = None, speed: float = 1.0) -> None:
        self._real_start = datetime.now(UTC)
        self._start = start_at.astimezone(UTC) if start_at else self._real_start
        self.speed = speed
        self.is_real = start_at is None and speed == 1.0

    def now(self) -> datetime:
        """This moment in UTC."""
        real = datetime.now(UTC)
        return real if self.is_real else self._start + (real - self._real_start) * self.speed


class SetClock(Clock):
    """Stands still until it is moved: for tests and for simulated days."""

    def __init__(self, start_at: datetime) -> None:
        super().__init__(start_at)
        self._now = start_at.astimezone(UTC)

    def now(self) -> datetime:
        """The moment it was last set to."""
        return self._now

    def advance(self, **parts: float) -> datetime:
        """Move forward by ``timedelta(**parts)`` and return the new moment."""
        self._now += timedelta(**parts)
        return self._now

    def set(self, moment: datetime) -> None:
        """Move to ``moment``, forward or back."""
        self._now = moment.astimezone(UTC)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The calendar date of ``moment`` in the hall's time zone."""
    return moment.astimezone(zone).date()
