"""Conversations and messages: rows in, frozen dataclasses out, every change of a conversation compared and set."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Row

from base.db import Moment, ReadSession, WriteSession
from base.errors import Conflict, NotFound
from bot import tables
from bot.rules.context import Context
from bot.rules.session import State
from bot.rules.turn import Turn

# msgspec prepares a type when it is first used, and must not do so in two threads at once.
msgspec.json.Decoder(tuple[Context, Turn])

ENTERPRISE = "enterprise"
BOT = "bot"
WEB = "web"
SECRET_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One conversation. ``version`` grows with every turn and change of owner, ``tenure`` with the latter alone."""

    id: int
    channel: str
    address: str
    secret: str
    state: State
    version: int
    tenure: int
    owner: str | None
    seq: int
    context: Context
    is_blocked: bool
    created_at: datetime
    heard_at: datetime
    waiting_since: datetime | None
    flagged_at: datetime | None

    @property
    def lane(self) -> str:
        """The lane of every job that changes it: by its address, which is known before it is found."""
        return lane(self.channel, self.address)

    @property
    def reply_to(self) -> str:
        """How a case finds its way back here."""
        return f"chat:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message; ``sender`` is ``enterprise``, ``bot``, ``system`` or a member of staff. ``turn``: what was said."""

    id: int
    conversation: int
    seq: int
    key: str
    sender: str
    text: str
    choice: str
    turn: Turn | None
    reading: dict[str, Any] | None
    model: str
    edition: int
    is_flagged: bool
    at: datetime
    handled_at: datetime | None
    digest: str = ""


_C, _M = tables.conversation.c, tables.message.c
_BY_ID = sa.select(tables.conversation).where(_C.id == sa.bindparam("conversation"))
_BY_SECRET = sa.select(tables.conversation).where(_C.secret == sa.bindparam("secret"))
_BY_ADDRESS = sa.select(tables.conversation).where(
    _C.channel == sa.bindparam("channel"), _C.address == sa.bindparam("address")
)
_BEGIN = sa.insert(tables.conversation).returning(tables.conversation)
_HEARD = (
    sa.update(tables.conversation)
    .where(_C.id == sa.bindparam("of_conversation"))
    .values(
        heard_at=sa.bindparam("now"),
        is_blocked=sa.false(),
        flagged_at=sa.func.coalesce(sa.bindparam("flagged", type_=Moment), _C.flagged_at),
    )
)
_MARK_BLOCKED = (
    sa.update(tables.conversation)
    .where(_C.channel == sa.bindparam("of_channel"), _C.address == sa.bindparam("of_address"))
    .values(is_blocked=sa.true())
)
_CHANGE = sa.update(tables.conversation).where(
    _C.id == sa.bindparam("of_conversation"), _C.version == sa.bindparam("seen"), _C.state == sa.bindparam("was")
)
_COUNT_ON = (
    sa.update(tables.conversation)
    .where(_C.id == sa.bindparam("of_conversation"))
    .values(seq=_C.seq + 1)
    .returning(_C.seq)
)
_ADD = sa.insert(tables.message).returning(_M.id)
_BY_KEY = sa.select(tables.message).where(
    _M.conversation == sa.bindparam("conversation"), _M.key == sa.bindparam("key")
)
_AFTER = (
    sa.select(tables.message)
    .where(_M.conversation == sa.bindparam("conversation"), _M.seq > sa.bindparam("after"))
    .order_by(_M.seq)
    .limit(sa.bindparam("limit"))
)
_ANSWERS = (
    sa.select(tables.message)
    .where(_M.conversation == sa.bindparam("conversation"), _M.answers == sa.bindparam("message"))
    .order_by(_M.seq)
)
_UNHANDLED = (
    sa.select(tables.message)
    .where(_M.conversation == sa.bindparam("conversation"), _M.handled_at.is_(None))
    .order_by(_M.id)
    .limit(1)
)
_BEHIND = sa.select(_M.conversation).where(_M.handled_at.is_(None)).distinct()
_HANDLED = (
    sa.update(tables.message)
    .where(_M.id == sa.bindparam("message"), _M.handled_at.is_(None))
    .values(handled_at=sa.bindparam("now"))
)
_READ_AS = (
    sa.update(tables.message)
    .where(_M.id == sa.bindparam("message"))
    .values(reading=sa.bindparam("reading_was"), model=sa.bindparam("model_was"), edition=sa.bindparam("edition_was"))
)
_WIPE = sa.update(tables.message).where(_M.id == sa.bindparam("message")).values(text=sa.bindparam("words"))
_WITH_PEOPLE = (
    sa.select(tables.conversation).where(_C.state.in_([State.WAITING, State.HUMAN])).order_by(_C.waiting_since, _C.id)
)
_SILENT = (
    sa.select(_C.id)
    .where(_C.state != sa.literal_column("'ended'"), _C.heard_at <= sa.bindparam("before"))
    .order_by(_C.heard_at)
    .limit(200)
)


def lane(channel: str, address: str) -> str:
    """The lane of the conversation at an address."""
    return f"chat:{channel}:{address}"


def digest(text: str, choice: str) -> str:
    """What tells one content from another under the same key."""
    return hashlib.sha256(f"{choice}\0{text}".encode()).hexdigest()


def new_secret() -> str:
    """128 bits for a link that only its holder knows."""
    return secrets.token_urlsafe(SECRET_BYTES)


def begin(session: WriteSession, channel: str, address: str) -> Conversation:
    """A new conversation; on the web its address is its secret."""
    secret = address if channel == WEB else new_secret()
    row = session.first(
        _BEGIN,
        channel=channel,
        address=address,
        secret=secret,
        state=State.NEW,
        version=1,
        tenure=1,
        owner=None,
        seq=0,
        context=msgspec.to_builtins(Context()),
        is_blocked=False,
        created_at=session.now,
        heard_at=session.now,
        waiting_since=None,
        flagged_at=None,
    )
    return _conversation(row)


def load(session: ReadSession, conversation: int) -> Conversation:
    """One conversation. Raises ``NotFound``."""
    row = session.first(_BY_ID, conversation=conversation)
    if row is None:
        raise NotFound(f"没有编号为 {conversation} 的会话。", field="conversation")
    return _conversation(row)


def by_secret(session: ReadSession, secret: str) -> Conversation:
    """The conversation behind a secret. Raises ``NotFound``."""
    row = session.first(_BY_SECRET, secret=secret)
    if row is None:
        raise NotFound("没有找到这段会话，可能已过保存期。请开始新的会话。", field="conversation")
    return _conversation(row)


def at_address(session: ReadSession, channel: str, address: str) -> Conversation | None:
    """The conversation at an address of a channel, if there is one."""
    row = session.first(_BY_ADDRESS, channel=channel, address=address)
    return None if row is None else _conversation(row)


def heard(session: WriteSession, conversation: int, *, is_flagged: bool) -> None:
    """Note that the enterprise wrote just now."""
    flagged = session.now if is_flagged else None
    session.run(_HEARD, of_conversation=conversation, now=session.now, flagged=flagged)


def mark_blocked(session: WriteSession, channel: str, address: str) -> None:
    """This address does not want to hear from us."""
    session.run(_MARK_BLOCKED, of_channel=channel, of_address=address)


def change(session: WriteSession, seen: Conversation, **values: object) -> Conversation:
    """Compare and set: change ``seen`` if nobody else did; else ``Conflict`` that says how it stands."""
    now = replace(seen, version=seen.version + 1, **values)  # type: ignore[arg-type]
    kept = {
        "state": now.state,
        "version": now.version,
        "tenure": now.tenure,
        "owner": now.owner,
        "context": msgspec.to_builtins(now.context),
        "waiting_since": now.waiting_since,
    }
    changed = session.run(_CHANGE.values(kept), of_conversation=seen.id, seen=seen.version, was=seen.state)
    if not changed:
        raise Conflict("这段会话刚刚有了变化，请刷新后再操作。", detail={"conversation": seen.id})
    return now


def add(session: WriteSession, conversation: int, key: str, sender: str, **values: Any) -> Message:  # noqa: ANN401 (columns)
    """Write a message down under the conversation's next number. ``turn`` may be a Turn: it gets that number."""
    seq = int(session.value(_COUNT_ON, of_conversation=conversation))
    turn: Turn | None = values.pop("turn", None)
    if turn is not None:
        turn = replace(turn, seq=seq, at=session.now.isoformat(timespec="seconds"))
    row: dict[str, Any] = {
        "text": "",
        "choice": "",
        "reading": None,
        "model": "",
        "edition": 0,
        "answers": None,
        "is_flagged": False,
        "handled_at": session.now,
        **values,
    }
    row["digest"] = digest(row["text"], row["choice"])
    plain = None if turn is None else msgspec.to_builtins(turn)
    number = session.value(
        _ADD, conversation=conversation, seq=seq, key=key, sender=sender, turn=plain, at=session.now, **row
    )
    row.pop("answers")
    return Message(
        id=int(number), conversation=conversation, seq=seq, key=key, sender=sender, turn=turn, at=session.now, **row
    )


def by_key(session: ReadSession, conversation: int, key: str) -> Message | None:
    """The message with this key, if there is one."""
    row = session.first(_BY_KEY, conversation=conversation, key=key)
    return None if row is None else as_message(row)


def after(session: ReadSession, conversation: int, seq: int, limit: int = 200) -> list[Message]:
    """Messages after ``seq``, oldest first."""
    return _messages(session.all(_AFTER, conversation=conversation, after=seq, limit=limit))


def answers(session: ReadSession, asked: Message) -> list[Message]:
    """What was said in answer to an enterprise's message."""
    return _messages(session.all(_ANSWERS, conversation=asked.conversation, message=asked.id))


def unhandled(session: ReadSession, conversation: int) -> Message | None:
    """The oldest message that nobody has dealt with."""
    row = session.first(_UNHANDLED, conversation=conversation)
    return None if row is None else as_message(row)


def behind(session: ReadSession) -> list[int]:
    """The conversations with a message that nobody has dealt with."""
    return [row[0] for row in session.all(_BEHIND)]


def handled(session: WriteSession, message: int) -> bool:
    """Note that this message is dealt with; False if it was already."""
    return session.run(_HANDLED, message=message, now=session.now) > 0


def read_as(session: WriteSession, message: int, reading: dict[str, Any] | None, model: str, edition: int) -> None:
    """Log how a message was read, with the versions of model and library, so that it can be replayed."""
    session.run(_READ_AS, message=message, reading_was=reading, model_was=model, edition_was=edition)


def wipe(session: WriteSession, message: int, words: str) -> None:
    """Overwrite what must not be kept."""
    session.run(_WIPE, message=message, words=words)


def with_people(session: ReadSession) -> list[Conversation]:
    """Conversations that wait for a person or have one, the longest waiting first."""
    return [_conversation(row) for row in session.all(_WITH_PEOPLE)]


def silent_since(session: ReadSession, moment: datetime) -> list[int]:
    """Live conversations without a word from the enterprise since ``moment``."""
    return [row[0] for row in session.all(_SILENT, before=moment)]


def _conversation(row: Row[Any] | None) -> Conversation:
    if row is None:
        raise NotFound("没有找到这段会话。", field="conversation")
    values = dict(row._mapping)  # noqa: SLF001 (the documented way to a row's mapping)
    values["state"] = State(row.state)
    values["context"] = msgspec.convert(row.context, Context)
    return Conversation(**values)


def as_message(row: Row[Any]) -> Message:
    """A message's row as a ``Message``."""
    values = dict(row._mapping)  # noqa: SLF001 (the documented way to a row's mapping)
    values.pop("answers")
    values["turn"] = None if row.turn is None else msgspec.convert(row.turn, Turn)
    return Message(**values)


def _messages(rows: Sequence[Row[Any]]) -> list[Message]:
    return [as_message(row) for row in rows]
