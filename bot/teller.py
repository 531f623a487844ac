"""``CaseTeller``: what happens to a case, or to a booking, is told in the chat that opened it.

The case's job only puts a parcel in the outbox; the courier brings it to the conversation in a job of its own, so that
a case and a conversation never wait for each other's rows.
"""

from base import outbox
from base.db import Database, WriteSession
from base.errors import NotFound
from base.outbox import Parcel, Undeliverable
from bot import handover, store
from bot.rules.turn import Button
from cases import CaseView
from hallqueue import AppointmentView, Leaflet

CHANNEL = "chat"


class CaseTeller:
    """``tell`` is the hook of ``CaseBook``; ``carry`` the courier's carrier for the channel ``chat``."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def tell(self, session: WriteSession, case: CaseView, text: str, key: str) -> None:
        """Hand what the enterprise is told to the courier; a case without a conversation is told nowhere."""
        if case.reply_to and case.reply_to.startswith(f"{CHANNEL}:"):
            body = {"text": text, "number": case.number, "link": f"/c/{case.secret}"}
            outbox.post(session, CHANNEL, case.reply_to, body, key=f"told:{key}")

    def tell_of_booking(self, session: WriteSession, view: AppointmentView, leaflet: Leaflet) -> None:
        """The same for a booking: the hook of ``Diary``; a reminder is not told after its slot."""
        if view.reply_to and view.reply_to.startswith(f"{CHANNEL}:"):
            body = {"text": leaflet.text, "label": "看预约", "link": f"/a/{view.token}"}
            outbox.post(session, CHANNEL, view.reply_to, body, key=leaflet.key, expires_at=leaflet.expires_at)

    async def carry(self, parcel: Parcel) -> str:
        """Write it into the conversation; twice is once, by the parcel's key."""
        number = parcel.address.partition(":")[2]
        if not number.isdecimal():
            raise Undeliverable(f"没有会话 {parcel.address}")
        try:
            conversation = await self._db.read(lambda session: store.load(session, int(number)))
        except NotFound as gone:
            raise Undeliverable(gone.message) from gone
        body, key = parcel.body, f"told:{parcel.id}"
        label = body.get("label") or f"看工单 {body.get('number')}"
        acts = [Button(words, choice) for words, choice in body.get("buttons", ())]
        links = [Button(label, href=str(body["link"]))] if "link" in body else []

        def job(session: WriteSession) -> bool:
            return handover.case_told(session, parcel.address, str(body["text"]), key, *acts, *links)

        await self._db.write(job, conversation.lane)
        return "told"
