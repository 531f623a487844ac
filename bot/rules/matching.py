"""Policy match in the conversation: consent → at most six questions, each skippable → the result. Pure.

A tap carries the fact that it answers (``pm:a:scale:small``), so an old button still means what it said.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from bot.rules.context import Context, Match, Pending
from bot.rules.reporting import ASK_PERSON, CANCEL
from bot.rules.screen import Query, Screen
from bot.rules.situation import Do, Reply, Say, Situation, Step, Task
from bot.rules.turn import Action, Button

MOST_QUESTIONS = 6
LONGEST_ANSWER = 12
ACT = "ask_policy_match"
RESUME = Button("继续政策匹配", "pm:on")
AGAIN = Button("重新回答", "pm:new")
FORGET = Button("忘掉这些回答", "pm:forget")
_KEEP = Button("记住，开始", "pm:keep")
_ONCE = Button("不用记，开始", "pm:once")
_SHOW = Button("先看结果", "pm:show")
_SKIP = re.compile(r"跳过|下一[题个]|不(?:知道|清楚|确定|好说|想说|方便)\S{0,3}|说不(?:好|准|清)|pass")
_DONE = re.compile(r"选?好了|就这些|没有?了?|完了|选完了?")
_PLACES = re.compile(r"[1-9]\d?(?:[、,，;；和\s]+[1-9]\d?)+")
_NUMBER = re.compile(r"\d{1,7}")
_YES = re.compile(r"好的?|可以|行|记住|同意|嗯|是|开始|记吧")
_NO = re.compile(r"不\S{0,4}|别记?了?|否")
_ASKS = re.compile(r"[?？吗呢咋啥]|怎么|什么|多少|哪|几[天个]|如何")
_ANSWERING = frozenset({"supply_slot", "choose", "affirm", "deny"})


def start(s: Situation) -> Reply:
    """Begin, or go on with, a match; what was written already counts."""
    if s.screen is None or s.screen.is_empty:
        return Reply(
            action=Action.HANDOFF, act=ACT, steps=(Say("match_none"),), context=s.context, buttons=(ASK_PERSON,)
        )
    if _is_asking(s.context.match):
        return _ask(s, s.context)
    gleaned = s.screen.gleaned(s.words)
    match = Match(at=s.now, answers={**s.context.profile, **gleaned})
    context = replace(s.context.elsewhere(), match=match, question=s.words[:500] or "想知道企业能享受哪些惠企政策")
    told = (Say("match_noted", (s.screen.told(gleaned),)),) if gleaned else ()
    if not context.consent:
        return _offering(context, (*told, Say("match_intro", (str(MOST_QUESTIONS),))), (_KEEP, _ONCE), (CANCEL,))
    if context.profile:
        said = Say("match_known", (s.screen.told(match.answers),))
        return _offering(context, (said,), (Button("接着用这些回答", "pm:on"), AGAIN), (FORGET, CANCEL))
    return _advance(s, context, told)


def tapped(s: Situation, rest: str) -> Reply:
    """A tap within a match; one whose match is over begins anew."""
    verb, _, value = rest.partition(":")
    match = s.context.match
    if verb == "forget":
        context = replace(s.context.settled(), match=None, profile={}, consent="")
        return Reply(action=Action.SMALLTALK, act=ACT, steps=(Say("match_forgotten"),), context=context)
    if match is None or s.screen is None or verb not in _VERBS:
        return start(replace(s, words=""))
    return _VERBS[verb](s, replace(s.context, match=replace(match, at=s.now)), value)


def supplied(s: Situation) -> Reply | None:
    """The message as an answer to the open question; None if it is no answer but something to be read."""
    match, screen = s.context.match, s.screen
    if s.context.pending is not Pending.POLICY or match is None or screen is None:
        return None
    context = replace(s.context, match=replace(match, at=s.now))
    query = screen.query(match.asked[-1]) if match.asked and not match.is_done else None
    if query is None:
        return _consented_in_words(s, context)
    if _SKIP.fullmatch(s.text):
        return _skipped(s, context, query.fact)
    if query.has_many and (value := _settling(s, query)) is not None:
        return _answered(s, context, query.fact, value)
    value = screen.read(query.fact, s.words)
    if value is not None and not _is_question(s):
        return (
            _added(s, context, query, value) if query.has_many and value else _answered(s, context, query.fact, value)
        )
    return None if _is_read(s) else _volunteered(s, context, screen) or _not_understood(s, context)


def is_own_answer(s: Situation) -> bool:
    """Whether numbers answer the open question by themselves: a figure in its unit, or several places in its list."""
    match = s.context.match
    if s.context.pending is not Pending.POLICY or s.screen is None or not _is_asking(match) or match is None:
        return False
    query = s.screen.query(match.asked[-1])
    if query is None or not query.unit:
        return query is not None and query.has_many and bool(_PLACES.fullmatch(s.words))
    return bool(_NUMBER.fullmatch(s.text)) and int(s.text) > len(query.options)


def back(s: Situation) -> Reply | None:
    """返回: the question before; None outside a match."""
    match = s.context.match
    if s.context.pending is not Pending.POLICY or match is None or not _is_asking(match):
        return None
    asked = match.asked[:-1] or match.asked
    answers = {fact: value for fact, value in match.answers.items() if fact != asked[-1]}
    kept = replace(match, asked=asked, answers=answers, picked=(), at=s.now)
    return replace(_ask(s, replace(s.context, match=kept)), act="back")


def fresh(s: Situation) -> Situation:
    """Without consent the answers live for this dialogue only: a match left alone as long as a topic is gone."""
    match = s.context.match
    is_stale = match is not None and s.now - match.at > s.lifetime.idle
    return replace(s, context=replace(s.context, match=None)) if is_stale else s


def resumable(decided: Reply) -> Reply:
    """Beside the answer to something else, the way back to a match that was interrupted."""
    is_said = decided.act == ACT and decided.action is not Action.HANDOFF
    is_match = is_said or any(each.choice.startswith("pm:") for each in decided.menu)
    if is_match or decided.is_silent or not _is_asking(decided.context.match):
        return decided
    return replace(decided, buttons=(RESUME, *decided.buttons))


def _is_asking(match: Match | None) -> bool:
    return match is not None and bool(match.asked) and not match.is_done


def _offering(context: Context, steps: tuple[Step, ...], menu: tuple[Button, ...], chips: tuple[Button, ...]) -> Reply:
    waiting = context.asking(Pending.POLICY)
    return Reply(action=Action.CLARIFY, act=ACT, steps=steps, context=waiting, menu=menu, buttons=chips)


def _consented_in_words(s: Situation, context: Context) -> Reply | None:
    if _NO.fullmatch(s.text):
        return _consented(s, context, "no")
    return _consented(s, context, "yes") if _YES.fullmatch(s.text) else None


def _consented(s: Situation, context: Context, consent: str) -> Reply:
    return _advance(s, replace(context, consent=consent))


def _settling(s: Situation, query: Query) -> str | None:
    """What ends a question with several choices: places in its list, or “选好了”."""
    picked = _match(s.context).picked
    if _PLACES.fullmatch(s.words):
        places = [int(each) for each in re.findall(r"\d+", s.words)]
        codes = [code for code, _ in query.options if code not in picked]
        named = [codes[place - 1] for place in places] if max(places) <= len(codes) else []
        return "+".join(dict.fromkeys((*picked, *named))) if named else None
    return "+".join(picked) if picked and _DONE.fullmatch(s.text) else None


def _added(s: Situation, context: Context, query: Query, value: str) -> Reply:
    """What was read in words is shown, so that nothing is lost that was not understood; more may follow."""
    match = _match(context)
    picked = tuple(dict.fromkeys((*match.picked, *value.split("+"))))
    if len(picked) == len(query.options):
        return _answered(s, context, query.fact, "+".join(picked))
    return _ask(s, replace(context, match=replace(match, picked=picked)))


def _is_question(s: Situation) -> bool:
    """Whether it surely asks something, though it holds words of an answer."""
    return bool(_ASKS.search(s.words)) and _is_read(s)


def _is_read(s: Situation) -> bool:
    """Whether the reader makes anything of it but an answer; nothing is read while it warms.

    A few words that are no question in form, and of which it is not sure, are taken for an answer gone wrong.
    """
    if not s.asked or s.asked[0].act in _ANSWERING or s.asked[0].p_right < s.bands.middle:
        return False
    is_shaped = bool(_ASKS.search(s.words)) or len(s.text) > LONGEST_ANSWER
    return s.asked[0].act != "ask_facet" or s.asked[0].p_right >= s.bands.high or is_shaped


def _match(context: Context) -> Match:
    """The match that is known to be there."""
    if context.match is None:
        msg = "no match is going on"
        raise LookupError(msg)
    return context.match


def _chosen(s: Situation, context: Context, value: str) -> Reply:
    fact, _, code = value.partition(":")
    query = s.screen.query(fact) if s.screen else None
    if query is None or query.has_many or not query.has(code):
        return _unknown(s)
    return _answered(s, context, fact, code)


def _picked(s: Situation, context: Context, value: str) -> Reply:
    """One of several that may hold together; the same question stays open for more."""
    fact, _, code = value.partition(":")
    match = _match(context)
    query = s.screen.query(fact) if s.screen else None
    if query is None or not query.has(code) or not _is_asking(match) or fact != match.asked[-1]:
        return _unknown(s)
    return _added(s, context, query, code)


def _settled(s: Situation, context: Context, fact: str) -> Reply:
    match = _match(context)
    if not _is_asking(match) or fact != match.asked[-1]:
        return _unknown(s)
    return _answered(s, context, fact, "+".join(match.picked))


def _answered(s: Situation, context: Context, fact: str, value: str) -> Reply:
    """Keep an answer; one to an earlier question changes it and the open one is asked again."""
    match = _match(context)
    is_open = _is_asking(match)
    answered = replace(match, answers={**match.answers, fact: value})
    if is_open and fact != match.asked[-1]:
        return _ask(s, _kept(context, answered))
    return _advance(s, _kept(context, replace(answered, picked=())))


def _skipped(s: Situation, context: Context, fact: str) -> Reply:
    match = _match(context)
    is_current = _is_asking(match) and fact == match.asked[-1]
    return _advance(s, replace(context, match=replace(match, picked=()))) if is_current else _unknown(s)


def _kept(context: Context, match: Match) -> Context:
    """The answers go into the profile only with consent."""
    return replace(context, match=match, profile=match.answers if context.consent == "yes" else {})


def _advance(s: Situation, context: Context, lead: tuple[Step, ...] = ()) -> Reply:
    """The next question, the most deciding one; after the sixth, or when none is left, the result."""
    match = _match(context)
    fact = s.screen.next(match.answers, match.asked) if s.screen and len(match.asked) < MOST_QUESTIONS else ""
    if not fact:
        return _result(context, "first")
    return _ask(s, replace(context, match=replace(match, asked=(*match.asked, fact), is_done=False)), lead)


def _ask(s: Situation, context: Context, lead: tuple[Step, ...] = ()) -> Reply:
    """The open question."""
    match = _match(context)
    query = s.screen.query(match.asked[-1]) if s.screen else None
    if query is None:
        return _result(context, "first")
    verb = "m" if query.has_many else "a"
    menu = tuple(
        Button(name, f"pm:{verb}:{query.fact}:{code}") for code, name in query.options if code not in match.picked
    )
    done = (Button("选好了" if match.picked else "都没有", f"pm:d:{query.fact}"),) if query.has_many else ()
    chips = (*done, Button("跳过", f"pm:skip:{query.fact}"), _SHOW, CANCEL)
    return _offering(context, (*lead, _worded(query, match)), menu, chips)


def _worded(query: Query, match: Match) -> Say:
    if match.picked:
        names = "、".join(name for code, name in query.options if code in match.picked)
        return Say("match_more", (names,))
    how = Say("match_hint_many").code if query.has_many else ("match_hint_unit" if query.unit else "")
    return Say(how or "match_question", (str(len(match.asked)), str(MOST_QUESTIONS), query.text, query.unit))


def _volunteered(s: Situation, context: Context, screen: Screen) -> Reply | None:
    """An answer to a question that was not asked, kept; the open one is asked again."""
    told = screen.volunteered(s.words)
    if not told:
        return None
    match = _match(context)
    kept = _kept(context, replace(match, answers={**match.answers, **told}))
    return _ask(s, kept, (Say("match_noted", (screen.told(told),)),))


def _not_understood(s: Situation, context: Context) -> Reply:
    again = _ask(s, context, (Say("match_unread"),))
    return replace(again, context=replace(again.context, misses=s.context.misses + 1))


def _unknown(s: Situation) -> Reply:
    """A button of a question that is over."""
    if _is_asking(s.context.match):
        return _ask(s, s.context, (Say("match_over"),))
    return Reply(action=Action.CLARIFY, act=ACT, steps=(Say("match_over"),), context=s.context, buttons=(RESUME,))


def _result(context: Context, show: str, at: str = "0") -> Reply:
    match = replace(_match(context), is_done=True, picked=())
    steps = (Do(Task.MATCHED, (("show", show), ("at", at))),)
    facets = ("conditions", "amount", "validity", "steps")
    kept = replace(context.settled(), match=match, misses=0)
    return Reply(action=Action.ANSWER, act=ACT, steps=steps, context=kept, facets=facets)


def _more(_s: Situation, context: Context, value: str) -> Reply:
    show, _, at = value.partition(":")
    return _result(context, show, at if at.isdigit() else "0")


def _on(s: Situation, context: Context, _value: str) -> Reply:
    """Go on: the question that was left open, or six more after a result."""
    match = _match(context)
    if _is_asking(match):
        return _ask(s, context)
    if not context.consent:
        return start(replace(s, words="", context=context))
    return _advance(s, replace(context, match=replace(match, asked=(), picked=(), is_done=False)))


def _anew(s: Situation, context: Context, _value: str) -> Reply:
    context = replace(context, profile={}, match=Match(at=s.now))
    return _advance(s, context) if context.consent else start(replace(s, words="", context=context))


_VERBS: dict[str, Callable[[Situation, Context, str], Reply]] = {
    "keep": lambda s, context, _value: _consented(s, context, "yes"),
    "once": lambda s, context, _value: _consented(s, context, "no"),
    "a": _chosen,
    "m": _picked,
    "d": _settled,
    "skip": _skipped,
    "show": lambda _s, context, _value: _result(context, "first"),
    "more": _more,
    "on": _on,
    "new": _anew,
}
