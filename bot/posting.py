"""What is said on a channel that must be delivered goes to the outbox; the web page fetches by itself."""

from base import outbox
from base.db import ReadSession, WriteSession
from base.errors import NotFound
from base.outbox import Parcel
from bot import store
from bot.plain import plain, split
from bot.rules.session import State
from bot.rules.turn import Button, Turn
from bot.store import BOT, Conversation, Message

DELIVERED = frozenset({"telegram"})
LONGEST = 4000
LONGEST_BUTTON = 64
MOST_BUTTONS = 12


def post(session: WriteSession, conversation: Conversation, message: Message) -> None:
    """Put ``message`` in the outbox, in pieces a messenger takes; the buttons go with the last."""
    if conversation.channel not in DELIVERED or conversation.is_blocked or message.turn is None:
        return
    pieces = split(plain(message.turn) or message.text, LONGEST)
    condition = f"{conversation.id}:{conversation.tenure}" if message.sender == BOT else None
    for index, text in enumerate(pieces):
        is_last = index == len(pieces) - 1
        body = {"text": text, "buttons": keys(message.turn) if is_last else []}
        outbox.post(
            session,
            conversation.channel,
            conversation.address,
            body,
            key=f"chat:{conversation.id}:{message.seq}:{index}",
            condition=condition,
        )


def keys(turn: Turn) -> list[list[str]]:
    """Inline buttons as (label, short key); what would not fit 64 bytes is left to be typed."""
    fitting = [each for each in (*turn.menu, *turn.buttons) if _fits(each)]
    return [[each.label, each.choice] for each in fitting[:MOST_BUTTONS]]


def _fits(button: Button) -> bool:
    return bool(button.choice) and len(button.choice.encode()) <= LONGEST_BUTTON


def is_wanted(session: ReadSession, parcel: Parcel) -> bool:
    """Just before sending: a bot's reply from before a person took the word is no longer wanted."""
    if parcel.condition is None:
        return True
    number, _, tenure = parcel.condition.partition(":")
    try:
        now = store.load(session, int(number))
    except NotFound:
        return False
    return now.state is not State.HUMAN or now.tenure == int(tenure)
