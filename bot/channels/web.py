"""The web chat (phone, kiosk) and the chat API: conversations by secret, turns by number."""

from typing import Any

from bot.plain import as_turn
from bot.receptionist import Inbound, Receptionist
from bot.store import ENTERPRISE, WEB, Conversation, Message


def inbound(conversation: str | None, key: str, text: str | None, choice: str | None) -> Inbound:
    """What a page or another system said; without a conversation it begins one."""
    return Inbound(WEB, conversation or "", key, text or "", choice or "")


async def say(receptionist: Receptionist, said: Inbound) -> dict[str, Any]:
    """Hear ``said``; the conversation's secret, its state, and the turns that answer."""
    exchange = await receptionist.exchange(said)
    now = exchange.conversation
    return {**_head(now), "turns": [as_turn(turn) for turn in exchange.turns]}


async def fetch(receptionist: Receptionist, secret: str, after: int) -> dict[str, Any]:
    """Everything after a number: turns, and beside them what the enterprise itself said."""
    now, messages = await receptionist.read(secret, after)
    return {
        **_head(now),
        "turns": [as_turn(each.turn) for each in messages if each.turn is not None],
        "said": [_said(each) for each in messages if each.sender == ENTERPRISE],
    }


def _head(now: Conversation) -> dict[str, Any]:
    return {"conversation": now.secret, "state": now.state.value, "topic": now.reply_to, "seq": now.seq}


def _said(message: Message) -> dict[str, Any]:
    return {
        "seq": message.seq,
        "key": message.key,
        "text": message.text,
        "choice": message.choice,
        "at": message.at.isoformat(timespec="seconds"),
    }
