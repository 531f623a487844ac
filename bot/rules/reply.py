"""``reply``: what the bot does about one message, in the order that the house promises. Pure."""

from collections.abc import Callable
from dataclasses import replace

from bot.rules import booking, choosing, matching, questions, reporting, tickets
from bot.rules.candidates import best, by_matter
from bot.rules.context import Pending
from bot.rules.questions import MORE
from bot.rules.reporting import ASK_PERSON, REPORT
from bot.rules.session import Event, State
from bot.rules.situation import Asked, Do, Inform, Reply, Say, Situation, Task
from bot.rules.subjects import hall_aspects, is_secret
from bot.rules.turn import Action, Button
from bot.rules.whole import Command, Order, order

Act = Callable[[Situation, Asked], Reply]
STATUS_ACTS = frozenset({"ask_status_ticket", "ask_status_case"})
MISSES_TO_OFFER = 2
OF_A_NUMBER = ("tk:", "link:")
TO_BOT = Button("回到机器人", "do:bot")
START = (
    Button("查事项", "do:items"),
    Button("政策匹配", "do:policy"),
    Button("取号", "do:ticket"),
    booking.BOOK,
    Button("查进度", "do:status"),
    Button("反映问题", "do:report"),
    ASK_PERSON,
)


def reply(situation: Situation) -> Reply:
    """What to do about one message. Emergencies are no part of it: their line comes before whatever this says."""
    if situation.words and is_secret(situation.words):
        wiped = Reply(action=Action.REFUSE, steps=(Say("secret"),), context=situation.context, is_wiped=True)
        return replace(wiped, buttons=(ASK_PERSON,))
    situation = matching.fresh(situation)
    command = order(situation.text) if situation.text else None
    if situation.state in (State.WAITING, State.HUMAN):
        decided = _beside_a_person(situation, command)
    else:
        decided = matching.resumable(_patient(situation, _alone(situation, command)))
    return replace(decided, candidates=decided.candidates or _candidates(situation))


def _patient(s: Situation, decided: Reply) -> Reply:
    """Never a loop: the second miss in a row offers a person or a case, the one after that goes there by itself."""
    misses = decided.context.misses
    if misses <= s.context.misses or misses < MISSES_TO_OFFER:
        return decided
    if misses > MISSES_TO_OFFER:
        return reporting.hand_over(replace(s, context=replace(s.context, question="")))
    steps = (Say("offer_person"),)
    return replace(decided, action=Action.HANDOFF, steps=steps, menu=(), buttons=(ASK_PERSON, REPORT))


def _candidates(s: Situation) -> tuple[tuple[str, float], ...]:
    ranked = by_matter(s.asked[0], s.topics) if s.asked else ()
    return best(ranked, s.hits, s.topics)


def _beside_a_person(s: Situation, command: Order | None) -> Reply:
    """While a person has the word: only status questions and the way back are answered."""
    if s.choice == "do:bot" or (command and command.command is Command.BOT):
        context = s.context.cleared()
        return Reply(action=Action.TASK, steps=(Say("back_to_bot"),), context=context, event=Event.LEAVE, buttons=START)
    if command and command.command in (Command.TICKET, Command.CASE, Command.BOOKING):
        return _by_number(s, command)
    if s.choice.startswith(OF_A_NUMBER):
        return choosing.chosen(s, s.choice)
    if s.choice == "do:status" or (s.asked and _is_sure(s, s.asked[0]) and s.asked[0].act in STATUS_ACTS):
        return Reply(action=Action.TASK, steps=(Do(Task.STATUS),), context=s.context, buttons=(TO_BOT,))
    return Reply(action=Action.SMALLTALK, context=s.context, is_silent=True)


def _alone(s: Situation, command: Order | None) -> Reply:
    if s.choice:
        return choosing.chosen(s, s.choice)
    if command and not matching.is_own_answer(s):
        return _ordered(s, command)
    if s.context.pending is Pending.HALL_CODE:
        return tickets.coded(s) or _alone(replace(s, context=s.context.settled()), None)
    return matching.supplied(s) or _worded(s)


def _worded(s: Situation) -> Reply:
    if _has_moved_on(s):
        return _registered_and_answered(s)
    if s.context.pending not in (Pending.NOTHING, Pending.YES_NO, Pending.POLICY):
        return booking.supplied(s) if s.context.pending is Pending.BOOKING_CHECK else reporting.supplied(s)
    return _read(s, s.asked[0]) if s.asked else _while_warming(s)


def _has_moved_on(s: Situation) -> bool:
    """Whether a new question came instead of the phone number that was asked for."""
    is_asked = bool(s.asked) and s.asked[0].act == "ask_facet" and s.asked[0].p_right >= s.bands.high
    return s.context.pending is Pending.PHONE and is_asked and not s.asked[0].phones


def _registered_and_answered(s: Situation) -> Reply:
    """Register what was told, without a phone, and answer the new question."""
    opened = reporting.no_phone(s)
    told = questions.answer(replace(s, context=opened.context))
    return replace(told, steps=(*opened.steps, *told.steps))


def _while_warming(s: Situation) -> Reply:
    context = replace(s.context, question=s.said[:500])
    return Reply(action=Action.CLARIFY, steps=(Say("warming"),), context=context, buttons=(ASK_PERSON,), confidence=0.0)


def _ordered(s: Situation, given: Order) -> Reply:
    if given.command in _ORDERS:
        return _ORDERS[given.command](s)
    if given.command is Command.CHOOSE:
        return choosing.by_place(s, given.place)
    return _by_number(s, given)


def _cancelled(s: Situation) -> Reply:
    """“取消”: what is being asked; else, if the enterprise holds a number, that number, after asking."""
    if s.context.tickets and s.context.pending is Pending.NOTHING:
        return replace(tickets.own(s.context, "cancel", otherwise="cancelled"), act="cancel")
    context = replace(s.context.settled(), offered=(), match=None)
    return Reply(action=Action.SMALLTALK, act="cancel", steps=(Say("cancelled"),), context=context, buttons=START)


def _restarted(s: Situation) -> Reply:
    context = s.context.cleared()
    return Reply(action=Action.SMALLTALK, act="restart", steps=(Say("restarted"),), context=context, buttons=START)


_ORDERS: dict[Command, Callable[[Situation], Reply]] = {
    Command.PERSON: reporting.hand_over,
    Command.CANCEL: _cancelled,
    Command.BACK: lambda s: matching.back(s) or choosing.back(s),
    Command.RESTART: _restarted,
    Command.BOT: _restarted,
    Command.DEFER: lambda s: tickets.own(s.context, "defer"),
    Command.GIVE_UP: lambda s: tickets.own(s.context, "cancel"),
    Command.COMING: lambda s: tickets.own(s.context, "coming"),
    Command.RESTORE: lambda s: tickets.own(s.context, "restore"),
}


def _by_number(s: Situation, given: Order) -> Reply:
    if given.command is Command.BOOKING:
        return booking.shown(s, given.number)
    if given.command is Command.TICKET:
        steps: tuple[Do, ...] = (Do(Task.STATUS, (("ticket", given.number),)),)
        return Reply(action=Action.TASK, act="ask_status_ticket", steps=steps, context=s.context.settled())
    if any(case.number == given.number for case in s.context.cases):
        steps = (Do(Task.STATUS, (("case", given.number),)),)
        return Reply(action=Action.TASK, act="ask_status_case", steps=steps, context=s.context.settled())
    context = s.context.asking(Pending.CASE_CHECK, case=given.number)
    return Reply(
        action=Action.TASK, act="ask_status_case", steps=(Say("case_check", (given.number,)),), context=context
    )


def _is_sure(s: Situation, asked: Asked) -> bool:
    return asked.p_right >= s.bands.middle


_SMALLTALK = {"greet": "greet", "thanks": "thanks", "bye": "bye", "feedback_positive": "thanks"}
_COMMANDS = {
    "request_human": Command.PERSON,
    "cancel": Command.CANCEL,
    "back": Command.BACK,
    "restart": Command.RESTART,
}


def _read(s: Situation, asked: Asked) -> Reply:
    """Act upon what was read; what was read unsurely, or asks of a guide or policy, is a question."""
    if not _is_sure(s, asked) and asked.act not in ("request_human", "abuse", "report_issue"):
        return replace(questions.answer(s), act=asked.act)
    if asked.act in _COMMANDS:
        return _ordered(s, Order(_COMMANDS[asked.act]))
    if asked.act in _SMALLTALK:
        said = (Say(_SMALLTALK[asked.act]),)
        buttons = START if asked.act == "greet" else MORE
        return _told(asked, Reply(action=Action.SMALLTALK, steps=said, context=s.context, buttons=buttons))
    return _told(asked, _acted(s, asked))


def _told(asked: Asked, decided: Reply) -> Reply:
    return replace(decided, act=decided.act or asked.act, confidence=min(decided.confidence, asked.p_right))


def _acted(s: Situation, asked: Asked) -> Reply:
    return _ACTS.get(asked.act, _questioned)(s, asked)


def _questioned(s: Situation, _asked: Asked) -> Reply:
    return questions.answer(s)


def _hall(s: Situation, _asked: Asked) -> Reply:
    steps = (Inform(hall_aspects(s.words)),)
    return Reply(action=Action.ANSWER, steps=steps, context=s.context.elsewhere(), buttons=MORE)


def _said(code: str, action: Action) -> Act:
    """One sentence, with a person beside it."""

    def say(s: Situation, _asked: Asked) -> Reply:
        return Reply(action=action, steps=(Say(code),), context=s.context.elsewhere(), buttons=(ASK_PERSON,))

    return say


def _status(s: Situation, asked: Asked) -> Reply:
    if asked.cases:
        return _by_number(s, Order(Command.CASE, asked.cases[0]))
    values = (("ticket", asked.tickets[0]),) if asked.tickets else ()
    return Reply(action=Action.TASK, steps=(Do(Task.STATUS, values),), context=s.context.elsewhere(), buttons=MORE)


def _answered_back(s: Situation, asked: Asked) -> Reply:
    """Yes, no, this one, not that: an answer to what the bot said last, if it asked or said anything."""
    match asked.act:
        case "affirm" if s.context.offered:
            return choosing.by_place(s, 1)
        case "deny" if s.context.offered or s.context.pending is Pending.YES_NO:
            return choosing.chosen(s, "do:none")
        case "feedback_negative":
            return choosing.chosen(s, "fb:down")
        case "correct" if s.context.topic and not asked.topics:
            return choosing.chosen(s, "do:fix")
        case _:
            return questions.answer(s)


_ACTS: dict[str, Act] = {
    "hall_info": _hall,
    "ask_status_ticket": _status,
    "ask_status_case": _status,
    "take_ticket": choosing.ticket_for,
    "book": booking.book_for,
    "check_in": lambda s, _asked: booking.check_in(s),
    "ask_policy_match": lambda s, _asked: matching.start(s),
    "ask_liaison": _said("liaison", Action.ANSWER),
    "report_issue": lambda s, _asked: reporting.report(s),
    "affirm": _answered_back,
    "deny": _answered_back,
    "choose": _answered_back,
    "correct": _answered_back,
    "supply_slot": _answered_back,
    "feedback_negative": _answered_back,
    "abuse": _said("abuse", Action.REFUSE),
    "media": _said("media", Action.CLARIFY),
}
