"""Handing over: to a person, or to a case with a number and a date; and reporting a problem. Pure."""

import re
from dataclasses import replace

from bot.rules.context import Pending
from bot.rules.session import Event
from bot.rules.situation import Do, Reply, Say, Situation, Task
from bot.rules.subjects import lawful_route
from bot.rules.turn import Action, Button

ASK_PERSON = Button("转人工", "do:human")
REPORT = Button("反映问题", "do:report")
CANCEL = Button("取消", "do:cancel")
SEALED = Button("保密反映", "do:seal")
NO_PHONE = Button("不留电话，直接登记", "do:nophone")
LEAST_MATTER = 4
_PHONE = re.compile(r"(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)")
_NO = re.compile(r"不留|不用|不方便|没有|不要|不想|算了|无|不")
_FOUR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_BARE_REPORT = re.compile(
    r"(?:我|俺|我们|俺们)?(?:想|要|来)?(?:反映|投诉|举报|建议|提|说)(?:一下|一个|个|点)?(?:问题|情况|意见|事情?|建议|诉求)?"
)


def hand_over(s: Situation) -> Reply:
    """“人工”: to the live pool if a person can take over now, else a case; a case needs words to stand on."""
    if s.is_desk_live:
        steps = (Do(Task.POOL),)
        context = replace(s.context.settled(), misses=0, dislikes=0)
        return Reply(action=Action.HANDOFF, act="request_human", steps=steps, context=context, event=Event.ASK_PERSON)
    if not s.context.question:
        steps_said = (Say("person_needs_matter"),)
        context = s.context.asking(Pending.MATTER, kind="consultation")
        return Reply(action=Action.HANDOFF, act="request_human", steps=steps_said, context=context, buttons=(CANCEL,))
    return _open(s, {"kind": "consultation", "matter": s.context.question}, Action.HANDOFF)


def report(s: Situation, *, is_sealed: bool = False) -> Reply:
    """反映问题: what the hall may not take is told where to go; what is told already is not asked twice."""
    route = lawful_route(s.words)
    if route:
        return Reply(action=Action.REFUSE, act="report_issue", steps=(Say("plain", (route,)),), context=s.context)
    slots = {"kind": "grievance", "sealed": "yes" if is_sealed else ""}
    told = s.said if s.words and not _BARE_REPORT.fullmatch(s.text) and len(s.text) >= 2 * LEAST_MATTER else ""
    if told:
        return _ask_phone(s, {**slots, "matter": told[:2000]})
    said = Say("report_matter_sealed" if is_sealed else "report_matter")
    buttons = (CANCEL,) if is_sealed else (SEALED, CANCEL)
    context = s.context.asking(Pending.MATTER, **slots)
    return Reply(action=Action.TASK, act="report_issue", steps=(said,), context=context, buttons=buttons)


def seal(s: Situation) -> Reply:
    """保密: before the story is told, or before it is registered."""
    if s.context.pending is Pending.PHONE:
        return _ask_phone(s, {**s.context.slots, "sealed": "yes"})
    return report(replace(s, words="", text=""), is_sealed=True)


def no_phone(s: Situation) -> Reply:
    """Register without a phone number."""
    if s.context.pending is not Pending.PHONE:
        return Reply(action=Action.CLARIFY, steps=(Say("nothing_pending"),), context=s.context, buttons=(REPORT,))
    return _open(s, s.context.slots, Action.TASK)


def supplied(s: Situation) -> Reply:
    """The message is what the last turn asked for."""
    match s.context.pending:
        case Pending.MATTER:
            return _matter(s)
        case Pending.PHONE:
            return _phone(s)
        case _:
            return _case_check(s)


def _matter(s: Situation) -> Reply:
    if len(s.text) < LEAST_MATTER:
        said = (Say("matter_too_short"),)
        return Reply(action=Action.TASK, act="supply_slot", steps=said, context=s.context, buttons=(CANCEL,))
    route = lawful_route(s.words)
    if route:
        steps = (Say("plain", (route,)),)
        return Reply(action=Action.REFUSE, act="report_issue", steps=steps, context=s.context.settled())
    slots = {**s.context.slots, "matter": s.said[:2000]}
    if slots.get("kind") == "consultation":
        return _open(s, slots, Action.HANDOFF)
    return _ask_phone(s, slots)


def _ask_phone(s: Situation, slots: dict[str, str]) -> Reply:
    found = _PHONE.search(s.words)
    if found:
        return _open(s, {**slots, "phone": re.sub(r"[ -]", "", found.group())}, Action.TASK)
    context = s.context.asking(Pending.PHONE, **slots)
    is_sealed = bool(slots.get("sealed"))
    said = Say("report_phone_sealed" if is_sealed else "report_phone", (slots["matter"][:60],))
    buttons = (NO_PHONE, CANCEL) if is_sealed else (NO_PHONE, Button("改为保密登记", "do:seal"), CANCEL)
    return Reply(action=Action.TASK, act="report_issue", steps=(said,), context=context, buttons=buttons)


def _phone(s: Situation) -> Reply:
    found = _PHONE.search(s.words)
    if found:
        return _open(s, {**s.context.slots, "phone": re.sub(r"[ -]", "", found.group())}, Action.TASK)
    if len(s.text) < LEAST_MATTER or _NO.match(s.text):
        return no_phone(s)
    more = f"{s.context.slots.get('matter', '')}\n{s.said}"[:2000]
    return _open(s, {**s.context.slots, "matter": more}, Action.TASK)


def _open(s: Situation, slots: dict[str, str], action: Action) -> Reply:
    """Register a case; the question is settled with it."""
    context = replace(s.context.settled(), question="", misses=0, dislikes=0, offered=())
    steps = (Do(Task.OPEN_CASE, tuple(sorted(slots.items()))),)
    act = "request_human" if action is Action.HANDOFF else "report_issue"
    return Reply(action=action, act=act, steps=steps, context=context)


def _case_check(s: Situation) -> Reply:
    number, found = s.context.slots.get("case", ""), _FOUR.search(s.words)
    context = s.context.settled()
    if not found:
        steps = (Say("case_check_needs_four", (number,)),)
        return Reply(action=Action.TASK, act="ask_status_case", steps=steps, context=s.context, buttons=(CANCEL,))
    values = (("case", number), ("four", found.group()))
    return Reply(action=Action.TASK, act="ask_status_case", steps=(Do(Task.CHECK_CASE, values),), context=context)
