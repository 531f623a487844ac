"""Booking in the conversation: which service → which day → which time → confirm → code; look-up and cancelling. Pure.

A choice carries all that was chosen before it (``bk:A:2026-03-03T09:30``), so nothing is held until it is confirmed,
and an old button still means what it said.
"""

import re

from bot.rules.candidates import by_matter
from bot.rules.context import Context, Pending
from bot.rules.reporting import CANCEL
from bot.rules.situation import Asked, Do, Reply, Say, Situation, Task
from bot.rules.turn import Action, Button

BOOK = Button("预约", "do:book")
FOUR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:/[ap]m)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def start(s: Situation) -> Reply:
    """Which service a seat is wanted for."""
    return _doing(s, Task.BOOK_SERVICES)


def book_for(s: Situation, asked: Asked) -> Reply:
    """A seat for the matter that was named, or which service; online comes before any appointment."""
    ranked = by_matter(asked, s.topics)
    topic = ranked[0][0] if ranked and ranked[0][1] >= s.bands.high else s.context.topic
    known = s.topics.get(topic)
    if known is None or not known.service:
        return start(s)
    context = s.context.about(topic, s.context.facets, s.now)
    if not known.online:
        return _doing(s, Task.BOOK_DAYS, context=context, service=known.service)
    menu = (
        Button(f"仍要预约（{known.title}）", f"bk:{known.service}"),
        Button("看网上办理入口", f"t:{topic}:online"),
    )
    steps = (Say("online_first_book", (known.title, known.online)),)
    return Reply(action=Action.TASK, act="book", steps=steps, context=context, menu=menu)


def chosen(s: Situation, rest: str) -> Reply:
    """A service, a day or a time was chosen: the next step, the last of which is to confirm."""
    service, _, when = rest.partition(":")
    if not when:
        return _doing(s, Task.BOOK_DAYS, service=service)
    if _DAY.fullmatch(when):
        return _doing(s, Task.BOOK_TIMES, service=service, day=when)
    if _MOMENT.fullmatch(when):
        return _doing(s, Task.BOOK_CONFIRM, service=service, at=when)
    return start(s)


def confirmed(s: Situation, rest: str) -> Reply:
    """Take the seat."""
    service, _, at = rest.partition(":")
    if not _MOMENT.fullmatch(at):
        return start(s)
    return _doing(s, Task.BOOK, service=service, at=at, topic=s.context.topic)


def shown(s: Situation, code: str) -> Reply:
    """How a booking stands, by its code."""
    return _doing(s, Task.BOOKING, context=s.context.settled(), code=code)


def supplied(s: Situation) -> Reply:
    """The last four digits that show whose booking it is."""
    code, found = s.context.slots.get("booking", ""), FOUR.search(s.words)
    if found:
        return _doing(s, Task.BOOKING, context=s.context.settled(), code=code, four=found.group())
    steps = (Say("booking_check_needs_four", (code,)),)
    return Reply(action=Action.TASK, act="supply_slot", steps=steps, context=s.context, buttons=(CANCEL,))


def cancelling(s: Situation, rest: str) -> Reply:
    """Ask before a booking is given up; ``rest``: its code and, of another conversation's, the four digits."""
    code = rest.partition(":")[0]
    menu = (Button("确定取消预约", f"bkx!:{rest}"), Button("不取消", "do:keep"))
    steps = (Say("booking_cancel_sure", (code,)),)
    return Reply(action=Action.TASK, act="cancel", steps=steps, context=s.context, menu=menu)


def cancelled(s: Situation, rest: str) -> Reply:
    """Give the booking up."""
    code, _, four = rest.partition(":")
    return _doing(s, Task.CANCEL_BOOKING, act="cancel", code=code, four=four)


def check_in(s: Situation) -> Reply:
    """Where one checks in, and this conversation's bookings."""
    steps = (Say("check_in_where"), Do(Task.STATUS))
    return Reply(action=Action.TASK, act="check_in", steps=steps, context=s.context.elsewhere(), buttons=(BOOK,))


def asking_four(context: Context, code: str) -> Context:
    """Waiting for the four digits."""
    return context.asking(Pending.BOOKING_CHECK, booking=code)


def _doing(s: Situation, task: Task, *, act: str = "book", context: Context | None = None, **values: str) -> Reply:
    steps = (Do(task, tuple(values.items())),)
    return Reply(action=Action.TASK, act=act, steps=steps, context=context or s.context.elsewhere())
