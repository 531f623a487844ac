"""Questions about guides and policies: answered, asked back, or handed on, by how sure the reading is. Pure."""

from dataclasses import replace

from bot.rules.candidates import Ranked, by_matter, is_same_matter
from bot.rules.context import Memory, Pending, memory
from bot.rules.reporting import ASK_PERSON, REPORT
from bot.rules.situation import Asked, Do, Reply, Say, Situation, Task, Tell
from bot.rules.subjects import is_complaint, without_guide
from bot.rules.turn import Action, Button

MORE = (Button("查事项", "do:items"), ASK_PERSON)
NONE_OF_THESE = Button("都不是", "do:none")
MOST_OPTIONS = 3
MOST_ANSWERS = 3
OUT_OF_SCOPE = 0.5
FACET_NAMES = {
    "conditions": "条件",
    "materials": "材料",
    "steps": "流程",
    "time_limit": "办理时限",
    "fee": "费用",
    "place": "在哪办",
    "online": "网上办理",
    "basis": "依据",
    "validity": "有效期",
    "amount": "金额标准",
    "result": "办理结果",
    "phone": "咨询电话",
    "pitfalls": "常见退件原因",
    "overview": "概述",
    "other": "其他",
}


def answer(s: Situation) -> Reply:
    """Answer the question, or say honestly that it can't be."""
    s = replace(s, context=replace(s.context, question=s.said[:500], pending=Pending.NOTHING))
    asked = s.asked[0]
    name = without_guide(s.words)
    if name:
        return _no_guide(s, name)
    is_outside = _is_outside(s, asked)
    if asked.is_elliptic and not is_outside and (asked.act == "ask_facet" or asked.facets != ("overview",)):
        return _follow_up(s, asked)
    if len(s.asked) > 1:
        return _with_person_if_complaint(s, _clauses(s))
    ranked = () if is_outside else by_matter(asked, s.topics)
    if _is_high(s, asked) and ranked:
        tell = Tell(ranked[0][0], _facets(asked.facets))
        return _with_person_if_complaint(s, _telling(s, (tell,), asked.p_right))
    if asked.is_known and ranked and asked.p_right >= s.bands.middle:
        return _menu(s, asked, ranked)
    return _low(s, asked, ranked)


def _is_outside(s: Situation, asked: Asked) -> bool:
    """Whether it is surely nothing of the hall's, whatever entry lies nearest."""
    return asked.act == "out_of_scope" and asked.p_right >= s.bands.high


def _is_high(s: Situation, asked: Asked) -> bool:
    return asked.is_known and asked.p_right >= s.bands.high and bool(asked.topics)


def _clauses(s: Situation) -> Reply:
    """Each clause for itself: those that are sure are answered, the first that is not is asked back below them."""
    told: dict[str, tuple[str, ...]] = {}
    unsure: list[Asked] = []
    for clause in s.asked[:MOST_ANSWERS]:
        ranked = by_matter(clause, s.topics)
        if _is_high(s, clause) and ranked:
            told[ranked[0][0]] = (*told.get(ranked[0][0], ()), *clause.facets)
        elif ranked:
            unsure.append(clause)
    if not told:
        whole = s.asked[0]
        ranked = by_matter(whole, s.topics)
        return _menu(s, whole, ranked) if ranked else _low(s, whole, ranked)
    tells = tuple(Tell(topic, _facets(facets)) for topic, facets in told.items())
    decided = _telling(s, tells, min(clause.p_right for clause in s.asked))
    if not unsure:
        return decided
    asked_back = _menu(s, unsure[0], by_matter(unsure[0], s.topics))
    return replace(decided, steps=(*decided.steps, Say("which_of_rest")), menu=asked_back.menu)


def _telling(s: Situation, tells: tuple[Tell, ...], confidence: float) -> Reply:
    last = tells[-1]
    facets = tuple(dict.fromkeys(facet for tell in tells for facet in tell.facets))
    return Reply(
        action=Action.ANSWER,
        act="ask_facet",
        steps=tells,
        context=s.context.about(last.topic, last.facets, s.now),
        facets=facets,
        topics=tuple(tell.topic for tell in tells),
        confidence=confidence,
    )


def _facets(facets: tuple[str, ...]) -> tuple[str, ...]:
    """Without doubles, and without ``overview`` where something in particular is asked."""
    known = tuple(dict.fromkeys(facets))
    return tuple(facet for facet in known if facet != "overview") or ("overview",)


def _with_person_if_complaint(s: Situation, decided: Reply) -> Reply:
    return replace(decided, buttons=(*decided.buttons, REPORT, ASK_PERSON)) if is_complaint(s.words) else decided


def tell_topic(s: Situation, topic: str, facets: tuple[str, ...]) -> Reply:
    """Answer about ``topic``, which was chosen by a tap."""
    return _telling(s, (Tell(topic, _facets(facets)),), 1.0)


def _follow_up(s: Situation, asked: Asked) -> Reply:
    facets = _facets(asked.facets)
    match memory(s.context, s.now, s.lifetime):
        case Memory.ALIVE if s.context.topic in s.topics:
            tell = Tell(s.context.topic, facets, is_inherited=True)
            return _telling(s, (tell,), max(asked.p_right, s.bands.high))
        case Memory.FADED if s.context.topic in s.topics:
            return still_about(s, facets)
        case _:
            said = Say("which_matter", (FACET_NAMES[facets[0]],))
            return _missed(s, replace(_asking(s, asked), steps=(said,)))


def still_about(s: Situation, facets: tuple[str, ...]) -> Reply:
    """“还是关于「X」吗？”: the topic is old; one tap says yes."""
    title = s.topics[s.context.topic].title
    menu = (Button("是的", f"t:{s.context.topic}:{'+'.join(facets)}"), Button("不是，问别的", "do:none"))
    return Reply(
        action=Action.CLARIFY,
        steps=(Say("still_about", (title,)),),
        context=replace(s.context, pending=Pending.YES_NO),
        facets=facets,
        menu=menu,
        buttons=(ASK_PERSON,),
        confidence=0.5,
    )


def _asking(s: Situation, asked: Asked) -> Reply:
    return Reply(
        action=Action.CLARIFY,
        context=s.context,
        act=asked.act,
        facets=_facets(asked.facets),
        buttons=(ASK_PERSON,),
        confidence=asked.p_right,
    )


def _menu(s: Situation, asked: Asked, ranked: Ranked) -> Reply:
    """Up to three questions, never answers; the present topic is among them while it lives."""
    options = [topic for topic, _ in ranked[:MOST_OPTIONS]]
    current = s.context.topic
    is_alive = memory(s.context, s.now, s.lifetime) is Memory.ALIVE and current in s.topics
    if is_alive and not any(is_same_matter(current, option, s.topics) for option in options):
        options = [*options[: MOST_OPTIONS - 1], current]
    facets = _facets(asked.facets)
    menu = tuple(Button(question(s, topic, facets), f"t:{topic}:{'+'.join(facets)}") for topic in options)
    context = replace(s.context.elsewhere(), misses=s.context.misses)
    decided = replace(_asking(s, asked), steps=(Say("which_of"),), context=context, menu=menu)
    return _with_person_if_complaint(s, replace(decided, buttons=(NONE_OF_THESE, ASK_PERSON)))


def question(s: Situation, topic: str, facets: tuple[str, ...]) -> str:
    """What a tap on an option asks: “公司变更登记：材料、费用？”."""
    names = "、".join(FACET_NAMES[facet] for facet in facets if facet not in ("overview", "other"))
    title = s.topics[topic].title
    return f"您问的是「{title}」的{names}吗？" if names else f"您问的是「{title}」吗？"


def _low(s: Situation, asked: Asked, ranked: Ranked) -> Reply:
    if asked.act == "out_of_scope" or asked.out_of_scope >= OUT_OF_SCOPE:
        refused = replace(_asking(s, asked), action=Action.REFUSE, steps=(Say("out_of_scope"),))
        return _missed(s, refused)
    is_alive = memory(s.context, s.now, s.lifetime) is Memory.ALIVE and s.context.topic in s.topics
    if is_alive and asked.is_known and _facets(asked.facets) != ("overview",):
        return _missed(s, _menu(s, asked, ranked))
    return _missed(s, replace(_asking(s, asked), steps=(Say("not_understood"),)))


def _missed(s: Situation, decided: Reply) -> Reply:
    """A miss; how many in a row are borne is for ``reply`` to say."""
    return replace(decided, context=replace(decided.context.missed(), misses=s.context.misses + 1))


def _no_guide(s: Situation, name: str) -> Reply:
    """A matter of the hall that no guide covers: said plainly, a person at once, never the nearest guide."""
    return Reply(
        action=Action.HANDOFF,
        act="ask_facet",
        steps=(Say("no_guide", (name,)),),
        context=s.context.elsewhere(),
        facets=_facets(s.asked[0].facets),
        buttons=(ASK_PERSON, REPORT),
        confidence=s.asked[0].p_right,
    )


def services_menu(s: Situation) -> Reply:
    """Which service a number is wanted for."""
    return Reply(action=Action.TASK, act="take_ticket", steps=(Do(Task.SERVICES),), context=s.context.elsewhere())
