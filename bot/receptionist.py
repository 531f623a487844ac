"""``Receptionist``: one conversation whatever the channel. Store, gather, decide, apply; the only caller from chat."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from base.db import Database, ReadSession, WriteSession
from base.errors import BadInput, Conflict
from base.opening import opening_hours
from base.text import normalise
from bot import applying, handover, retention, store
from bot.applying import Applied, Setting
from bot.handover import Staff
from bot.mind import Heard, Mind, Moment, ReaderOf, lifetime
from bot.rules.session import Event, State, after
from bot.rules.situation import BANDS, Bands
from bot.rules.turn import Turn
from bot.settings import BotSettings
from bot.store import ENTERPRISE, WEB, Conversation, Message
from bot.wording import sentence
from bot.world import Rooms
from cases import CaseView
from intents import is_emergency, mask
from knowledge import Library

log = structlog.get_logger("bot")

TRIES = 4
LONGEST_CHOICE = 120
SERVICES_FOR_SECONDS = 300.0
MOST_SHOWN = 1000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message as a channel's edge brings it. ``address`` empty on the web: a new conversation.

    ``key`` tells one message of a conversation from another; the same key again is the same message.
    """

    channel: str
    address: str
    key: str
    text: str = ""
    choice: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that is stored; ``is_repeat``: it was already. ``conversation`` as it stood then."""

    conversation: Conversation
    message: Message
    is_repeat: bool
    is_behind: bool


@dataclass(frozen=True, slots=True)
class Exchange:
    """What ``hear`` gives back: the conversation and the turns that answer the message."""

    conversation: Conversation
    turns: tuple[Turn, ...]


class Receptionist:
    """Answers messages of every channel; built once. Its lanes: ``chat:<conversation>`` and those of what it does."""

    def __init__(
        self,
        db: Database,
        reader_of: ReaderOf,
        library: Library,
        rooms: Rooms,
        settings: BotSettings,
        *,
        bands: Bands = BANDS,
    ) -> None:
        self._db = db
        self._library = library
        self._rooms = rooms
        self._settings = settings
        self._mind = Mind(reader_of, library, bands, lifetime(settings.topic_idle_minutes, settings.topic_turns))
        self._locks: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._users: dict[int, int] = defaultdict(int)
        self._services_at: datetime | None = None

    async def hear(self, inbound: Inbound) -> list[Turn]:
        """Store ``inbound``, answer it, and give the turns; none when a person has the word."""
        return list((await self.exchange(inbound)).turns)

    async def exchange(self, inbound: Inbound) -> Exchange:
        """``hear``, with the conversation as it stands afterwards."""
        accepted = await self.accept(inbound)
        conversation = accepted.conversation
        async with self._turn_of(conversation.id):
            if accepted.is_repeat or accepted.is_behind or self._is_contended(conversation.id):
                await self._work_off(conversation.id)
            else:
                await self._answer(conversation, accepted.message)
        return await self._db.read(lambda session: _exchange(session, accepted.message))

    async def accept(self, inbound: Inbound) -> Accepted:
        """Store ``inbound`` and nothing else; once this returns, the message is not lost.

        Raises ``BadInput`` for what is empty or too long, ``Conflict`` for another content under a known key.
        """
        is_new = inbound.channel == WEB and not inbound.address
        inbound = self._checked(replace(inbound, address=store.new_secret()) if is_new else inbound)
        lane = store.lane(inbound.channel, inbound.address)
        flagged = is_emergency(normalise(inbound.text))

        def job(session: WriteSession) -> Accepted:
            return _accept(session, inbound, is_new=is_new, is_flagged=flagged)

        return await self._db.write(job, lane)

    async def work(self, conversation: int) -> None:
        """Answer what is stored and not yet answered, in order."""
        async with self._turn_of(conversation):
            await self._work_off(conversation)

    async def catch_up(self) -> int:
        """Answer whatever an earlier process stored and did not answer; how many conversations.

        One that cannot be answered is logged and does not keep the others waiting.
        """
        behind = await self._db.read(store.behind)
        for conversation in behind:
            try:
                await self.work(conversation)
            except Exception:
                log.exception("not_caught_up", conversation=conversation)
        return len(behind)

    async def read(self, secret: str, after_seq: int = 0) -> tuple[Conversation, list[Message]]:
        """The conversation behind ``secret`` and its messages after a number. Raises ``NotFound``."""

        def job(session: ReadSession) -> tuple[Conversation, list[Message]]:
            conversation = store.by_secret(session, secret)
            return conversation, store.after(session, conversation.id, after_seq)

        return await self._db.read(job)

    async def transcript(self, conversation: int) -> list[Message]:
        """Everything that was said, for staff."""
        return await self._db.read(lambda session: store.after(session, conversation, 0, MOST_SHOWN))

    async def with_people(self) -> list[Conversation]:
        """What waits for a person or has one, the longest waiting first."""
        return await self._db.read(store.with_people)

    async def claim(self, conversation: int, staff: Staff) -> Conversation:
        """``staff`` takes the word."""
        return await self._write(conversation, lambda session: handover.claim(session, conversation, staff))

    async def staff_say(self, conversation: int, staff: Staff, text: str, *, key: str) -> Message:
        """``staff`` says ``text``; the same key twice is said once."""
        return await self._write(
            conversation, lambda session: handover.say(session, conversation, staff, text, key=key)
        )

    async def give_back(self, conversation: int, staff: Staff) -> Conversation:
        """``staff`` gives the word back to the bot."""
        return await self._write(conversation, lambda session: handover.give_back(session, conversation, staff))

    async def to_case(self, conversation: int, actor: str, *, text: str = "") -> CaseView:
        """Make a case of the conversation."""
        return await self._write(
            conversation, lambda session: handover.to_case(session, conversation, actor, self._rooms, text=text)
        )

    async def tend(self) -> int:
        """Tick (every 15 s): waits that are over, or that the hall closes upon, become cases; what is silent ends."""
        settings, rooms = self._settings, self._rooms
        is_open = await self._db.read(self._is_open)
        due = await self._db.read(
            lambda session: [each.id for each in handover.due(session, settings, is_open=is_open)]
        )
        for number in due:
            tended = partial(handover.tend, conversation=number, rooms=rooms, settings=settings, is_open=is_open)
            await self._write(number, tended)
        silent = await self._db.read(
            lambda session: store.silent_since(session, session.now - timedelta(hours=settings.end_hours))
        )
        for number in silent:
            await self._write(number, lambda session, number=number: handover.end(session, number, settings))  # type: ignore[misc]
        return len(due) + len(silent)

    async def forget(self) -> int:
        """Tick (daily): the words of old messages are emptied; how many messages."""
        return await self._db.write(lambda session: retention.forget(session, self._settings.keep_text_days))

    async def bind_ticket(self, channel: str, address: str, token: str) -> str:
        """Bind the ticket behind ``token`` to the conversation at an address; the sentence to say."""
        lanes = store.lane(channel, address), f"hall:{self._rooms.hall_id}"
        return await self._db.write(
            lambda session: handover.bind(session, (channel, address), token, self._rooms), *lanes
        )

    async def tell(self, channel: str, address: str, text: str, *, key: str) -> None:
        """Say one sentence of the house's own at an address; the same key twice is said once."""
        lane = store.lane(channel, address)
        await self._db.write(lambda session: handover.tell(session, (channel, address), text, key=key), lane)

    async def mark_blocked(self, channel: str, address: str) -> None:
        """This address does not want to hear from us; what it writes next lifts it."""
        lane = store.lane(channel, address)
        await self._db.write(lambda session: store.mark_blocked(session, channel, address), lane)

    async def _write(self, conversation: int, job: Callable[[WriteSession], T]) -> T:
        found = await self._db.read(lambda session: store.load(session, conversation))
        return await self._db.write(job, found.lane, f"cases:{self._rooms.hall_id}")

    def _checked(self, inbound: Inbound) -> Inbound:
        longest = self._settings.longest_message
        text = mask(inbound.text).replace("\0", "").strip()
        if not text and not inbound.choice:
            raise BadInput("请写下要问的事，消息不能为空。", field="text")
        if len(text) > longest:
            raise BadInput(sentence("too_long", str(len(text)), str(longest)), field="text")
        if len(inbound.choice) > LONGEST_CHOICE or not inbound.key or len(inbound.key) > LONGEST_CHOICE:
            raise BadInput(f"消息编号和选项须为 1–{LONGEST_CHOICE} 个字符。", field="key")
        return replace(inbound, text=text)

    @asynccontextmanager
    async def _turn_of(self, conversation: int) -> AsyncIterator[None]:
        """One message of a conversation at a time in this process."""
        self._users[conversation] += 1
        try:
            async with self._locks[conversation]:
                yield
        finally:
            self._users[conversation] -= 1
            if not self._users[conversation]:
                del self._users[conversation]
                self._locks.pop(conversation, None)

    def _is_contended(self, conversation: int) -> bool:
        return self._users[conversation] > 1

    async def _work_off(self, conversation: int) -> None:
        while True:
            seen, message = await self._db.read(
                lambda session: (store.load(session, conversation), store.unhandled(session, conversation))
            )
            if message is None:
                return
            await self._answer(seen, message)

    async def _answer(self, conversation: Conversation, message: Message) -> None:
        """Think, then apply under compare-and-set; whoever took the word meanwhile has it."""
        await self._learn_services()
        heard = Heard(message.text, message.choice)
        for _ in range(TRIES):
            moment = await self._moment()
            thought = await asyncio.to_thread(self._mind.think, heard, conversation.state, conversation.context, moment)
            setting = Setting(self._rooms, self._settings, moment.day)
            job = applying.job(conversation, message, thought, setting)
            applied: Applied = await self._db.write(job, *applying.lanes(conversation, thought, self._rooms))
            if applied.is_done:
                return
            conversation = applied.conversation
        log.warning("conversation_contended", conversation=conversation.id)

    async def _moment(self) -> Moment:
        now = self._db.clock.now()
        day = now.astimezone(self._rooms.zone).date()
        is_live = self._settings.live_desk and await self._db.read(self._is_open)
        return Moment(now, day, is_desk_live=is_live)

    def _is_open(self, session: ReadSession) -> bool:
        about = self._rooms.hall.about(session, self._rooms.hall_id)
        return about.is_trial or opening_hours(about.hours).is_open(session.now.astimezone(self._rooms.zone))

    async def _learn_services(self) -> None:
        now = self._db.clock.now()
        if self._services_at and (now - self._services_at).total_seconds() < SERVICES_FOR_SECONDS:
            return
        self._services_at = now
        services = await self._db.read(lambda session: self._rooms.hall.services(session, self._rooms.hall_id))
        self._mind.learn_services([(each.code, each.items, each.domains) for each in services])


def _accept(session: WriteSession, inbound: Inbound, *, is_new: bool, is_flagged: bool) -> Accepted:
    conversation = _find(session, inbound, is_new=is_new)
    known = store.by_key(session, conversation.id, inbound.key)
    if known is not None:
        if known.digest != store.digest(inbound.text, inbound.choice) and known.digest != WIPED:
            raise Conflict("这个消息编号已用于另一条内容，请换一个编号再发。", field="key")
        return Accepted(conversation, known, is_repeat=True, is_behind=False)
    if conversation.state is State.ENDED:
        state = after(conversation.state, Event.HEAR)
        conversation = store.change(session, conversation, state=state, context=conversation.context.cleared())
    is_behind = store.unhandled(session, conversation.id) is not None
    store.heard(session, conversation.id, is_flagged=is_flagged)
    message = store.add(
        session,
        conversation.id,
        inbound.key,
        ENTERPRISE,
        text=inbound.text,
        choice=inbound.choice,
        is_flagged=is_flagged,
        handled_at=None,
    )
    session.hint([conversation.reply_to, *(["desk", "cases"] if is_flagged else [])])
    if conversation.state in (State.WAITING, State.HUMAN):
        session.hint(["desk"])
    return Accepted(conversation, message, is_repeat=False, is_behind=is_behind)


WIPED = store.digest("", "wiped")


def _find(session: WriteSession, inbound: Inbound, *, is_new: bool) -> Conversation:
    if inbound.channel == WEB and not is_new:
        return store.by_secret(session, inbound.address)
    known = None if is_new else store.at_address(session, inbound.channel, inbound.address)
    return known or store.begin(session, inbound.channel, inbound.address)


def _exchange(session: ReadSession, message: Message) -> Exchange:
    turns = [each.turn for each in store.answers(session, message) if each.turn is not None]
    return Exchange(store.load(session, message.conversation), tuple(turns))
