"""The queue's settings: table ``[queue]`` of config.toml."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from hallqueue.rules.appointment import CheckInRule, NoShowRule, SlotRule
from hallqueue.rules.leg import Limits
from hallqueue.rules.line import OrderRule, Standing

Minutes = Annotated[int, Meta(ge=0, le=240)]
Target = Annotated[int, Meta(ge=1, le=480)]
Seconds = Annotated[int, Meta(ge=0, le=600)]
Count = Annotated[int, Meta(ge=0, le=20)]


def _head_starts() -> dict[str, Minutes]:
    return {"P1": 20, "P2": 20, "P3": 20, "P4": 20, "P5": 20, "P6": 20}


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """Every constant of order, calling and returning; the rules page is made from these same values."""

    target_ordinary_minutes: Target = 60
    target_priority_minutes: Target = 10
    target_booking_minutes: Target = 5
    head_start_booking_minutes: Minutes = 15
    priority_head_start_minutes: dict[str, Minutes] = field(default_factory=_head_starts)
    guard_privileged_calls: Annotated[int, Meta(ge=1, le=20)] = 2
    recall_after_seconds: Seconds = 20
    max_recalls: Count = 3
    miss_after_recalls: Count = 2
    miss_after_seconds: Seconds = 90
    undo_seconds: Seconds = 60
    restore_minutes: Minutes = 30
    max_misses: Count = 2
    restore_behind: Annotated[int, Meta(ge=1, le=20)] = 3
    defer_minutes: Annotated[int, Meta(ge=1, le=60)] = 15
    max_defers: Count = 2
    keep_minutes: Minutes = 15
    booking_call_ahead_minutes: Minutes = 5
    booking_check_in_ahead_minutes: Minutes = 30
    booking_grace_minutes: Minutes = 10
    is_booking_on: bool = True
    booking_days_ahead: Annotated[int, Meta(ge=0, le=60)] = 7
    booking_slot_minutes: Annotated[int, Meta(ge=5, le=240)] = 30
    booking_share_percent: Annotated[int, Meta(ge=0, le=100)] = 50
    booking_lead_minutes: Minutes = 30
    booking_free_after_minutes: Minutes = 10
    booking_needs_confirmation: bool = False
    booking_reminder_hours: Annotated[int, Meta(ge=0, le=72)] = 24
    booking_reminder_minutes: Minutes = 60
    max_open_bookings: Annotated[int, Meta(ge=1, le=20)] = 3
    max_no_shows: Count = 3
    no_show_days: Annotated[int, Meta(ge=1, le=365)] = 90
    booking_pause_days: Annotated[int, Meta(ge=1, le=365)] = 30
    alive_seconds: Annotated[int, Meta(ge=10, le=600)] = 90
    orphan_minutes: Minutes = 2
    long_pause_minutes: Minutes = 20
    open_before_minutes: Minutes = 30
    stop_before_close_minutes: Minutes = 15
    is_remote_taking_on: bool = True
    is_remote_in_hours_only: bool = False
    max_ahead_for_remote: Annotated[int, Meta(ge=0, le=500)] = 0
    remote_needs_code: bool = False
    remote_code_minutes: Annotated[int, Meta(ge=1, le=120)] = 10
    needs_priority_check: bool = False
    block_numbers: Annotated[int, Meta(ge=1, le=100)] = 10
    max_cases_per_ticket: Annotated[int, Meta(ge=1, le=50)] = 5
    rate_minutes: Annotated[int, Meta(ge=1, le=120)] = 10
    recent_calls_shown: Annotated[int, Meta(ge=1, le=50)] = 8
    service_spread_percent: Annotated[int, Meta(ge=10, le=200)] = 60
    forecast_seconds: Annotated[int, Meta(ge=5, le=120)] = 20
    keep_ranges_days: Annotated[int, Meta(ge=2, le=3650)] = 30
    keep_scores_days: Annotated[int, Meta(ge=31, le=3650)] = 400

    def long_pause(self) -> timedelta:
        """A counter that pauses for longer is the supervisor's business."""
        return timedelta(minutes=self.long_pause_minutes)

    def head_start(self, standing: Standing, priority: str | None) -> timedelta:
        """How far before its ``counts_from`` a leg of this class ranks."""
        if standing is Standing.BOOKING:
            return timedelta(minutes=self.head_start_booking_minutes)
        if standing is Standing.PRIORITY:
            return timedelta(minutes=self.priority_head_start_minutes.get(priority or "", 20))
        return timedelta()

    def order_rule(self) -> OrderRule:
        """The constants of ``pick`` as a rule sees them."""
        targets = {
            Standing.ORDINARY: timedelta(minutes=self.target_ordinary_minutes),
            Standing.PRIORITY: timedelta(minutes=self.target_priority_minutes),
            Standing.BOOKING: timedelta(minutes=self.target_booking_minutes),
        }
        return OrderRule(targets, self.guard_privileged_calls)

    def limits(self) -> Limits:
        """The constants of a leg's commands as the rules see them."""
        return Limits(
            recall_after=timedelta(seconds=self.recall_after_seconds),
            max_recalls=self.max_recalls,
            miss_after_recalls=self.miss_after_recalls,
            miss_after=timedelta(seconds=self.miss_after_seconds),
            restore_within=timedelta(minutes=self.restore_minutes),
            max_misses=self.max_misses,
            defer_by=timedelta(minutes=self.defer_minutes),
            max_defers=self.max_defers,
            keep_for=timedelta(minutes=self.keep_minutes),
            undo_within=timedelta(seconds=self.undo_seconds),
        )

    def slot_rule(self) -> SlotRule:
        """The constants of a day's slots."""
        return SlotRule(self.booking_slot_minutes, self.booking_share_percent)

    def check_in_rule(self) -> CheckInRule:
        """The constants of a check-in."""
        ahead, grace = self.booking_check_in_ahead_minutes, self.booking_grace_minutes
        return CheckInRule(timedelta(minutes=ahead), timedelta(minutes=grace))

    def no_show_rule(self) -> NoShowRule:
        """When someone who does not come may not book for a while."""
        return NoShowRule(self.max_no_shows, self.no_show_days, self.booking_pause_days)

    def reminders(self) -> tuple[timedelta, timedelta]:
        """How long before its slot a booking is reminded of, the longer first; zero: never."""
        return timedelta(hours=self.booking_reminder_hours), timedelta(minutes=self.booking_reminder_minutes)
