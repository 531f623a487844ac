"""What an enterprise does with its own number, in words or by a tap: later, never, on the way, back. Pure."""

import re
from dataclasses import replace

from bot.rules.context import Context, Pending
from bot.rules.situation import Do, Reply, Situation, Task
from bot.rules.turn import Action

SURE = "giveup"
_CODE = re.compile(r"(?<!\d)\d{3} ?\d{3}(?!\d)")


def own(context: Context, verb: str, token: str = "", *, otherwise: str = "") -> Reply:
    """Do ``verb`` to the number behind ``token``, or to the one that allows it; ``otherwise``: what to say if none."""
    values = (("verb", verb), ("token", token), ("otherwise", otherwise))
    return Reply(action=Action.TASK, steps=(Do(Task.OWN_TICKET, values),), context=context.settled())


def tapped(s: Situation, rest: str) -> Reply:
    """A tap on ``<verb>:<token>``."""
    verb, _, token = rest.partition(":")
    return own(s.context, verb, token)


def linked(s: Situation, token: str) -> Reply:
    """The link behind a slip's QR, opened in the chat."""
    return Reply(action=Action.TASK, steps=(Do(Task.LINK, (("token", token),)),), context=s.context)


def coded(s: Situation) -> Reply | None:
    """The hall's code that was asked for before a number; None when the message is about something else."""
    found = _CODE.search(s.words)
    if s.context.pending is not Pending.HALL_CODE or not found:
        return None
    values = (("service", s.context.slots.get("service", "")), ("code", found.group()))
    context = replace(s.context.settled(), misses=0)
    return Reply(action=Action.TASK, act="take_ticket", steps=(Do(Task.TAKE, values),), context=context)
