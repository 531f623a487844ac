"""What a conversation can see and do of the hall's diary."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from base.db import WriteSession
from base.errors import NotFound
from hallqueue import AppointmentView, Booking, DayView, Diary, OfferView, SlotView


class Bookings(Protocol):
    """The diary as the conversation needs it."""

    def offers(self) -> tuple[OfferView, ...]:
        """What may be booked."""

    def days(self, service: str) -> tuple[DayView, ...]:
        """The days of a service."""

    def slots(self, service: str, day: date) -> tuple[SlotView, ...]:
        """The times of a day."""

    def book(self, service: str, at: datetime) -> AppointmentView:
        """A seat for this conversation; ``at`` without a zone is the hall's local time."""

    def own(self) -> tuple[AppointmentView, ...]:
        """This conversation's bookings from today on."""

    def find(self, code: str, four: str) -> AppointmentView | None:
        """One's own booking by its code, another's with the last four digits of its phone; None: they are missing."""

    def cancel(self, code: str, four: str) -> AppointmentView:
        """Give a booking up that ``find`` would show."""


@dataclass(frozen=True, slots=True)
class LiveBookings:
    """The diary in a write job, for the conversation at ``reply_to``."""

    session: WriteSession
    diary: Diary
    hall: int
    reply_to: str

    def offers(self) -> tuple[OfferView, ...]:
        """What may be booked."""
        return self.diary.offers(self.session, self.hall)

    def days(self, service: str) -> tuple[DayView, ...]:
        """The days of a service."""
        return self.diary.days(self.session, self.hall, service)

    def slots(self, service: str, day: date) -> tuple[SlotView, ...]:
        """The times of a day."""
        return self.diary.slots(self.session, self.hall, service, day)

    def book(self, service: str, at: datetime) -> AppointmentView:
        """A seat whose holder is this conversation, which is reminded of it."""
        wish = Booking(
            service=service, slot_at=at, holder=self.reply_to, origin="bot", reply_to=self.reply_to, actor="bot"
        )
        return self.diary.book(self.session, self.hall, wish)

    def own(self) -> tuple[AppointmentView, ...]:
        """This conversation's bookings from today on."""
        return self.diary.of_holder(self.session, self.hall, self.reply_to)

    def find(self, code: str, four: str) -> AppointmentView | None:
        """One's own by its code, another's by code and phone. Raises ``NotFound`` when those do not fit."""
        mine = next((one for one in self.own() if one.code == code), None)
        if mine is not None or not four:
            return mine
        return self.diary.by_phone(self.session, self.hall, code, four)

    def cancel(self, code: str, four: str) -> AppointmentView:
        """Give it up."""
        if self.find(code, four) is None:
            raise NotFound(f"预约码 {code} 不是在这段会话里预约的，请先发预约码核对。", field="code")
        return self.diary.cancel(self.session, code, "bot")


class NoBookings:
    """Where questions are only answered: nothing is booked."""

    def offers(self) -> tuple[OfferView, ...]:
        """None."""
        return ()

    def days(self, service: str) -> tuple[DayView, ...]:
        """None of any ``service``."""
        del service
        return ()

    def slots(self, service: str, day: date) -> tuple[SlotView, ...]:
        """None on any ``day``."""
        del service, day
        return ()

    def book(self, service: str, at: datetime) -> AppointmentView:
        """Refuse."""
        raise NotFound(f"这里只回答问题，不预约（业务 {service}，{at:%m-%d %H:%M}）。请在大厅网页预约。")

    def own(self) -> tuple[AppointmentView, ...]:
        """None."""
        return ()

    def find(self, code: str, four: str) -> AppointmentView | None:
        """None."""
        del code, four
        return None

    def cancel(self, code: str, four: str) -> AppointmentView:
        """Refuse."""
        del four
        raise NotFound(f"这里只回答问题，不取消预约（{code}）。请在大厅网页办理。")
