"""``Reminders``: a linked chat is told when few are ahead of a number, when it is called, when it was missed.

Each is told once, by the outbox's key; a call that was taken back and made again is told again.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from base import outbox
from base.db import Database, ReadSession, WriteSession
from bot.holding import NAMES
from bot.teller import CHANNEL
from bot.wording import sentence
from hallqueue import Hall, LinkedTicket, State

LOOK_SECONDS = 15.0
CALM_SECONDS = 0.5
SOON_FOR = timedelta(minutes=20)
CALL_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Reminder:
    """One thing to tell about a number: under which key, what, with which buttons, until when it is of use."""

    ticket: LinkedTicket
    key: str
    text: str
    verbs: tuple[str, ...]
    lasts: timedelta


def reminder(ticket: LinkedTicket, near: int, zone: ZoneInfo) -> Reminder | None:
    """What there is to tell about ``ticket`` as it stands, or None; whoever took it with few ahead knows already."""
    about = f"remind:{ticket.leg}"
    if ticket.state is State.CALLED and ticket.called_at is not None:
        text = sentence("remind_called", _clock(ticket.called_at, zone), ticket.number, str(ticket.counter))
        return Reminder(ticket, f"{about}:call:{ticket.call}", text, ("coming",), CALL_FOR)
    if ticket.state is State.MISSED and ticket.return_until is not None:
        code = "remind_missed" if ticket.may_restore else "remind_missed_for_good"
        text = sentence(code, ticket.number, _clock(ticket.return_until, zone))
        verbs = ("restore",) if ticket.may_restore else ()
        return Reminder(ticket, f"{about}:miss:{ticket.misses}", text, verbs, CALL_FOR)
    is_news = ticket.ahead_at_issue > near or ticket.has_returned
    if ticket.state is State.WAITING and ticket.ahead <= near and is_news:
        code = "remind_soon" if ticket.ahead else "remind_next"
        text = sentence(code, ticket.number, ticket.service_name, str(ticket.ahead))
        return Reminder(ticket, f"{about}:soon:{ticket.entered}", text, ("coming", "defer"), SOON_FOR)
    return None


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%H:%M}"


class Reminders:
    """Looks whenever the hall's board changed, and every 15 s; ``run`` is a loop of the leader."""

    def __init__(self, db: Database, hall: Hall, hall_id: int, zone: ZoneInfo, *, near: int) -> None:
        self._db = db
        self._hall = hall
        self._hall_id = hall_id
        self._zone = zone
        self._near = near
        self._wake = asyncio.Event()

    def wake(self, _topic: str = "") -> None:
        """Something in the hall has changed."""
        self._wake.set()

    async def run(self) -> None:
        """Remind until cancelled; changes that come together are looked at together."""
        while True:
            self._wake.clear()
            await self.remind()
            await asyncio.sleep(CALM_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_SECONDS)

    async def remind(self) -> int:
        """Tell what is new; how many reminders."""
        if not self._near or not await self._db.read(self._new):
            return 0
        return await self._db.write(self._post)

    def _post(self, session: WriteSession) -> int:
        new = self._new(session)
        for each in new:
            ticket = each.ticket
            body = {
                "text": each.text,
                "buttons": [[NAMES[verb], f"tk:{verb}:{ticket.token}"] for verb in each.verbs],
                "label": f"看 {ticket.number}",
                "link": f"/t/{ticket.token}",
            }
            expires_at = session.now + each.lasts
            outbox.post(session, CHANNEL, ticket.reply_to, body, key=each.key, expires_at=expires_at)
        return len(new)

    def _new(self, session: ReadSession) -> list[Reminder]:
        linked = self._hall.linked(session, self._hall_id)
        found = [made for each in linked if (made := reminder(each, self._near, self._zone)) is not None]
        known = outbox.known(session, [each.key for each in found])
        return [each for each in found if each.key not in known]
