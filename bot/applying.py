"""Apply: one write job that keeps a turn whole (messages, state, tasks, outbox), or nothing of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from base import journal
from base.db import WriteSession
from bot import posting, store
from bot.compose import Scene, compose
from bot.mind import Thought
from bot.rules.context import Context
from bot.rules.session import TAKES_THE_WORD, Event, State, after
from bot.rules.situation import Do, Task
from bot.rules.turn import Action, Turn
from bot.settings import BotSettings
from bot.store import BOT, Conversation, Message
from bot.wording import TELEGRAM_NOTICE, notice
from bot.world import LiveWorld, Rooms

IN_HALLS_LANE = frozenset({Task.TAKE, Task.OWN_TICKET, Task.LINK, Task.BOOK, Task.CANCEL_BOOKING})
WIPED_TEXT = "（涉密内容，已删除）"


@dataclass(frozen=True, slots=True)
class Setting:
    """What applying needs beside the thought."""

    rooms: Rooms
    settings: BotSettings
    day: date


@dataclass(frozen=True, slots=True)
class Applied:
    """Whether the turn stands; else the conversation as somebody else left it, to be thought about anew."""

    is_done: bool
    conversation: Conversation


def lanes(conversation: Conversation, thought: Thought, rooms: Rooms) -> tuple[str, ...]:
    """Whose rows the job will change."""
    tasks = {step.task for step in thought.reply.steps if isinstance(step, Do)}
    return (
        conversation.lane,
        *((f"hall:{rooms.hall_id}",) if tasks & IN_HALLS_LANE else ()),
        *((f"cases:{rooms.hall_id}",) if Task.OPEN_CASE in tasks else ()),
    )


def job(seen: Conversation, message: Message, thought: Thought, setting: Setting) -> Callable[[WriteSession], Applied]:
    """The write job that answers ``message``."""

    def apply(session: WriteSession) -> Applied:
        now = store.load(session, seen.id)
        if (now.version, now.state) != (seen.version, seen.state):
            return Applied(is_done=False, conversation=now)
        if not store.handled(session, message.id):
            return Applied(is_done=True, conversation=now)
        store.read_as(session, message.id, thought.reading, thought.model, thought.library.edition)
        if thought.reply.is_wiped:
            store.wipe(session, message.id, WIPED_TEXT)
        turn, context = _turn(session, now, thought, setting)
        after_it = _moved(session, now, thought.reply.event, context)
        if turn is not None:
            _say(session, after_it, message, thought, turn)
        session.hint([seen.reply_to])
        return Applied(is_done=True, conversation=after_it)

    return apply


def _turn(session: WriteSession, now: Conversation, thought: Thought, setting: Setting) -> tuple[Turn | None, Context]:
    alarm = thought.danger.line if thought.danger else ""
    if thought.reply.is_silent:
        only = Turn(action=Action.HANDOFF, act="emergency", alarm=alarm) if alarm else None
        return only, thought.reply.context
    world = LiveWorld(session, setting.rooms, now, lambda: waiting_ahead(session, now))
    scene = Scene(
        thought.library,
        thought.topics,
        thought.words,
        setting.day,
        setting.rooms.zone,
        setting.settings.pool_minutes,
        now.reply_to,
        is_urgent=thought.danger is not None,
    )
    turn, context = compose(thought.reply, scene, world)
    return replace(turn, alarm=alarm, notice=_notice(now, setting.settings.keep_text_days)), context


def waiting_ahead(session: WriteSession, now: Conversation) -> int:
    """How many wait for a person before ``now``."""
    return sum(each.state is State.WAITING and each.id != now.id for each in store.with_people(session))


def _notice(now: Conversation, keep_days: int) -> str:
    if now.state is not State.NEW:
        return ""
    return notice(keep_days) + (TELEGRAM_NOTICE if now.channel == "telegram" else "")


def _moved(session: WriteSession, now: Conversation, event: Event, context: Context) -> Conversation:
    state = after(now.state, event)
    waiting_since = session.now if event is Event.ASK_PERSON else now.waiting_since
    tenure = now.tenure + (event in TAKES_THE_WORD)
    changed = store.change(
        session,
        now,
        state=state,
        context=context,
        tenure=tenure,
        waiting_since=waiting_since if state in (State.WAITING, State.HUMAN) else None,
        owner=now.owner if state is State.HUMAN else None,
    )
    if event is not Event.REPLY:
        journal.record(session, "visitor", event.value, now.reply_to, [now.reply_to, "desk"])
    return changed


def _say(session: WriteSession, now: Conversation, message: Message, thought: Thought, turn: Turn) -> None:
    turn = replace(turn, key=message.key)
    said = store.add(
        session,
        now.id,
        f"answer:{message.id}",
        BOT,
        turn=turn,
        model=thought.model,
        edition=thought.library.edition,
        answers=message.id,
    )
    posting.post(session, now, said)
