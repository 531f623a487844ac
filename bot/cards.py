"""Answer cards: what an entry says about each facet, marked for what it is, with its basis and dates. Pure.

Only approved text is shown. Which field answers which facet stands in ``_GUIDE`` and ``_POLICY``; what an entry does
not hold is said so, and what does not apply to its kind is said in a sentence of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from bot.rules.turn import Card, Section, Source
from knowledge import Binds, Confidence, Entry, Figure, Kind, Material, PolicyKind, Snapshot, Stance, Standing, stance

NOT_WRITTEN = "指南没有写明这一点，可以转人工核实。"
NEWEST_GUIDE = "以窗口最新指南为准。"
BASIS_UNCHECKED = "依据待核：这一条按通行规定整理，尚未与原文核对。"
LOCAL_CHECK = "这一项各地办法不同，本厅尚未核实，不在这里作答；请向承办单位或人工确认。"
FROM_POLICY = ("conditions", "amount", "validity", "basis")
HEADINGS = {
    "conditions": "办理条件",
    "materials": "申请材料",
    "steps": "办理流程",
    "time_limit": "办理时限",
    "fee": "费用",
    "place": "在哪里办",
    "online": "网上办理",
    "basis": "依据",
    "validity": "有效期",
    "amount": "金额和标准",
    "result": "办理结果",
    "phone": "咨询电话",
    "pitfalls": "常见退件原因",
    "overview": "概述",
    "other": "您问的这一点",
}
KIND_NAMES = {
    Kind.GUIDE: "办事指南",
    Kind.POLICY: "惠企政策",
    Kind.BUNDLE: "高效办成一件事",
    Kind.NOTICE: "通知",
    Kind.FAQ: "常见问题",
}
MOST_BASIS = 4
MOST_MATERIALS_IN_OVERVIEW = 6
LEAST_LIKENESS = 0.34


@dataclass(frozen=True, slots=True)
class Asking:
    """What a card is made for: the question's own words, the day, and the phone that the hall has published."""

    words: str = ""
    on: date = date.min
    hall_phone: str = ""


Made = tuple[tuple[str, ...], bool]
Maker = Callable[[Entry, Asking], Made]
NOTHING: Made = ((NOT_WRITTEN,), False)


def card(library: Snapshot, entry: Entry, facets: Sequence[str], asking: Asking) -> Card:
    """The card that answers ``facets`` of ``entry``; twins of one matter answer together, each cited."""
    if entry.confidence is Confidence.LOCAL_CHECK:
        return _local(entry, asking)
    used: dict[str, Entry] = {}
    sections = [
        each for facet in _worth(library, entry, facets) for each in _sections(library, entry, facet, (asking, used))
    ]
    used.setdefault(entry.id, entry)
    return Card(
        topic=entry.id,
        title=entry.title,
        kind=KIND_NAMES[entry.kind],
        sections=tuple(sections),
        caveats=_caveats(library, entry, list(used.values()), asking.on),
        basis=_basis_lines(library, list(used.values()), asking.on),
        sources=tuple(source(each) for each in used.values()),
        is_complete=all(each.is_held for each in sections),
        needs_person=not all(each.is_held for each in sections),
    )


def _worth(library: Snapshot, entry: Entry, facets: Sequence[str]) -> list[str]:
    """“多少钱” may mean what it costs or what it brings: of the two, what is held is enough."""
    if not {"fee", "amount"} <= set(facets):
        return list(facets)
    held = {
        facet: any(say(library, each, facet, Asking())[1] for each in holders(library, entry, facet))
        for facet in ("fee", "amount")
    }
    return [facet for facet in facets if held.get(facet, True) or not any(held.values())]


def _sections(library: Snapshot, entry: Entry, facet: str, scene: tuple[Asking, dict[str, Entry]]) -> list[Section]:
    """One section for each entry that answers ``facet``: the policies of the matter, or the guide."""
    asking, used = scene
    sections = []
    for each in holders(library, entry, facet):
        lines, is_held = say(library, each, facet, asking)
        used[each.id] = each
        heading = HEADINGS[facet] if each.id == entry.id else f"{HEADINGS[facet]}（{_named(each, entry)}）"
        is_list = len(lines) > 1
        sections.append(Section(facet, heading, lines, is_list=is_list, is_held=is_held))
    held = [section for section in sections if section.is_held]
    return held or sections[:1]


def _named(entry: Entry, beside: Entry) -> str:
    """How a twin is told from the entry beside it."""
    kind = KIND_NAMES[entry.kind]
    return kind if entry.title == beside.title else f"{kind}「{entry.title}」"


def holders(library: Snapshot, entry: Entry, facet: str) -> tuple[Entry, ...]:
    """Which entries of the matter answer ``facet``: conditions, amount, validity and basis come from its policies."""
    twins = [each for each in library.twins(entry) if each.confidence is not Confidence.LOCAL_CHECK]
    policies = [each for each in (entry, *twins) if each.kind is Kind.POLICY]
    guides = [each for each in (entry, *twins) if each.kind is not Kind.POLICY]
    if facet in FROM_POLICY and policies:
        return tuple(policies)
    if facet in ("overview", "other") or entry.kind is not Kind.POLICY or not guides:
        return (entry,)
    return tuple(guides[:1])


def say(library: Snapshot, entry: Entry, facet: str, asking: Asking) -> Made:
    """The lines that ``entry`` has for ``facet``, and whether it holds them."""
    if facet == "validity":
        return _validity(library, entry, asking)
    table = _POLICY if entry.kind is Kind.POLICY else _GUIDE
    return table[facet](entry, asking)


def source(entry: Entry) -> Source:
    """Where an answer comes from."""
    first = entry.legal_basis[0] if entry.legal_basis else None
    return Source(
        entry.id,
        entry.revision,
        entry.title,
        first.document if first else entry.source,
        first.clause if first else "",
        entry.effective_from.isoformat() if entry.effective_from else "",
        entry.effective_to.isoformat() if entry.effective_to else "",
        entry.record.verified_on.isoformat() if entry.record.verified_on else "",
    )


def warnings(library: Snapshot, words: str, on: date) -> tuple[Entry, ...]:
    """The warning policies in force that an exporter must hear of: those whose goods are named, else all."""
    known = [each for each in library.entries.values() if each.policy_kind is PolicyKind.WARNING]
    current = [each for each in known if stance(each, on).standing is not Standing.ENDED]
    named = [each for each in current if any(good in words for good in _goods(each))]
    return tuple(sorted(named or current, key=lambda each: each.id))


_GOODS = {
    "aluminium": ("铝", "铜材", "型材"),
    "pv": ("光伏", "太阳能", "硅片", "组件", "电池"),
    "mineral": ("石英", "矿", "石材", "陶瓷", "玻璃"),
}


def _goods(entry: Entry) -> tuple[str, ...]:
    return tuple(good for industry in entry.industries for good in _GOODS.get(industry, ()))


def warning_line(entry: Entry) -> str:
    """One line that volunteers a warning."""
    gist = "；".join(entry.benefit[:2]).replace("负向：", "")
    document = entry.legal_basis[0].text if entry.legal_basis else entry.source
    return f"请留意「{entry.title}」：{gist}（{document}）。"


def _lines(values: Sequence[str]) -> Made:
    kept = tuple(value for value in values if value)
    return (kept, True) if kept else NOTHING


def _one(value: str) -> Made:
    return _lines((value,))


def _not_for(sentence: str) -> Maker:
    """What does not apply to this kind of entry is said in a sentence; it is no answer to what was asked."""
    return lambda _entry, _asking: ((sentence,), False)


def _material(material: Material) -> str:
    parts = [material.form, f"{material.count} 份" if material.count else "", material.when]
    noted = "，".join(part for part in parts if part)
    case = f"〔{material.case}〕" if material.case else ""
    return f"{case}{material.name}" + (f"（{noted}）" if noted else "")


def _materials(entry: Entry, _asking: Asking) -> Made:
    return _lines([_material(each) for each in entry.materials])


def _conditions(entry: Entry, _asking: Asking) -> Made:
    who = f"谁可以办：{entry.who}" if entry.who else ""
    return _lines([who, *entry.conditions])


def figure(figure: Figure, kind: str) -> str:
    """A figure with its kind and whom it binds; what is said is always its text."""
    binds = "约束申请人或建设单位" if figure.binds is Binds.APPLICANT else "约束办理机关"
    return f"{kind}（{binds}）：{figure.text}"


def _time_limit(entry: Entry, _asking: Asking) -> Made:
    lines = [figure(entry.statutory, "法定时限")] if entry.statutory else []
    lines += [figure(entry.promise, "本厅承诺")] if entry.promise else []
    if entry.usual:
        lines.append(f"省内常见（非本厅承诺）：{entry.usual.text}")
    return _lines(lines)


def _place(entry: Entry, _asking: Asking) -> Made:
    counter = f"本厅窗口：{entry.counter}" if entry.counter else ""
    return _lines([f"承办单位：{entry.office}" if entry.office else "", counter])


def _online(entry: Entry, _asking: Asking) -> Made:
    return _one(entry.online)


def _basis(entry: Entry, _asking: Asking) -> Made:
    issued = f"发文机关：{entry.issuer}" if entry.issuer else ""
    return _lines([*(each.text for each in entry.legal_basis), issued if entry.legal_basis else ""])


def _validity(library: Snapshot, entry: Entry, asking: Asking) -> Made:
    stances = library.stances(entry, asking.on)
    lines = [each.text if each.id == entry.id else f"「{each.title}」：{each.text}" for each in stances]
    if entry.kind is not Kind.POLICY and entry.result:
        lines = [f"办理结果：{entry.result}", *(f"这项规定：{line}" for line in lines)]
    return _lines(lines)


def _phone(entry: Entry, asking: Asking) -> Made:
    office = f"承办单位：{entry.office}" if entry.office else ""
    if asking.hall_phone:
        return _lines([f"大厅电话：{asking.hall_phone}（示例，未经本厅确认）", office])
    return tuple(line for line in ("咨询电话：本厅尚未公布。", office) if line), False


def _other(entry: Entry, asking: Asking) -> Made:
    """The approved answer whose question is most like the words asked; else that it is not written."""
    ranked = sorted(((likeness(each.ask, asking.words), each) for each in entry.answers), key=lambda pair: -pair[0])
    if not ranked or ranked[0][0] < LEAST_LIKENESS:
        return NOTHING
    found = ranked[0][1]
    return _lines([found.say, f"依据：{found.basis}" if found.basis else ""])


def likeness(one: str, other: str) -> float:
    """The share of the shorter text's character pairs that the other holds too (0–1)."""
    pairs = [{text[at : at + 2] for at in range(len(text) - 1)} for text in (one, other)]
    least = min(len(pairs[0]), len(pairs[1]))
    return len(pairs[0] & pairs[1]) / least if least else 0.0


def _guide_amount(entry: Entry, _asking: Asking) -> Made:
    if entry.benefit or entry.limits:
        return _lines([*entry.benefit, *entry.limits])
    return ("这是办理事项，不涉及补贴或奖励金额。" + (f"费用：{entry.fee}" if entry.fee else ""),), False


def _guide_overview(entry: Entry, asking: Asking) -> Made:
    names = "、".join(each.name for each in entry.materials[:MOST_MATERIALS_IN_OVERVIEW])
    more = f"等 {len(entry.materials)} 项" if len(entry.materials) > MOST_MATERIALS_IN_OVERVIEW else ""
    lines = [
        f"谁可以办：{entry.who}" if entry.who else "",
        f"网上办理：{entry.online}" if entry.online else "",
        f"承办单位：{entry.office}" if entry.office else "",
        f"材料：{names}{more}" if names else "",
        *(_time_limit(entry, asking)[0] if entry.statutory or entry.promise or entry.usual else ()),
        f"费用：{entry.fee}" if entry.fee else "",
        f"结果：{entry.result}" if entry.result else "",
        *(f"包含：{member}" for member in entry.members),
        *(each.say for each in entry.answers if entry.kind in (Kind.FAQ, Kind.NOTICE)),
    ]
    return _lines(lines)


def _amount(entry: Entry, _asking: Asking) -> Made:
    return _lines([*entry.benefit, *(f"限制：{limit}" for limit in entry.limits)])


def _policy_place(entry: Entry, _asking: Asking) -> Made:
    return _lines(
        [f"承办单位：{entry.office}" if entry.office else "", f"发文机关：{entry.issuer}" if entry.issuer else ""]
    )


def _claim(entry: Entry, _asking: Asking) -> Made:
    return _lines(entry.claim or entry.steps)


def _policy_overview(entry: Entry, asking: Asking) -> Made:
    is_warning = entry.policy_kind is PolicyKind.WARNING
    lines = [
        *(f"{'提示' if is_warning else '内容'}：{each.replace('负向：', '')}" for each in entry.benefit),
        *(f"限制：{limit}" for limit in entry.limits),
        *(f"条件：{each}" for each in entry.conditions),
        *(f"怎么办：{each}" for each in entry.claim[:3]),
        *_policy_place(entry, asking)[0][:1],
    ]
    return _lines(lines)


_GUIDE: dict[str, Maker] = {
    "conditions": _conditions,
    "materials": _materials,
    "steps": lambda entry, _asking: _lines(entry.steps),
    "time_limit": _time_limit,
    "fee": lambda entry, _asking: _one(entry.fee),
    "place": _place,
    "online": _online,
    "basis": _basis,
    "amount": _guide_amount,
    "result": lambda entry, _asking: _one(entry.result),
    "phone": _phone,
    "pitfalls": lambda entry, _asking: _lines(entry.pitfalls),
    "overview": _guide_overview,
    "other": _other,
}
_POLICY: dict[str, Maker] = {
    "conditions": _conditions,
    "materials": _materials,
    "steps": _claim,
    "time_limit": lambda entry, asking: (
        _time_limit(entry, asking)
        if entry.statutory or entry.promise or entry.usual
        else (("这是政策文件，没有规定统一的办理时限；申报时间以当批通知为准。",), False)
    ),
    "fee": lambda entry, _asking: _one(entry.fee) if entry.fee else (("这是惠企政策，资料里没有写收费项目。",), False),
    "place": _policy_place,
    "online": _online,
    "basis": _basis,
    "amount": _amount,
    "result": lambda entry, _asking: (
        _one(entry.result) if entry.result else (("这是政策文件，不发证照；享受内容见“金额和标准”。",), False)
    ),
    "phone": _phone,
    "pitfalls": lambda entry, _asking: _lines(entry.pitfalls),
    "overview": _policy_overview,
    "other": _other,
}


def _local(entry: Entry, asking: Asking) -> Card:
    """What only the hall's own offices know: name, office and channels, then a person."""
    lines = [LOCAL_CHECK, *(_place(entry, asking)[0] if entry.office or entry.counter else ())]
    lines += [f"渠道：{entry.online}"] if entry.online else []
    section = Section("overview", "办理渠道", tuple(lines), is_held=False)
    return Card(
        topic=entry.id,
        title=entry.title,
        kind=KIND_NAMES[entry.kind],
        sections=(section,),
        basis=(_record_line(entry),),
        sources=(source(entry),),
        is_complete=False,
        needs_person=True,
        is_local=True,
    )


def _caveats(library: Snapshot, entry: Entry, used: Sequence[Entry], on: date) -> tuple[str, ...]:
    """What must be said with the answer: ended or unconfirmed validity, “newest guide”, “basis unchecked”."""
    found = {each.id: each for one in (entry, *used) for each in library.stances(one, on)}
    stances = [_stance_line(each) for each in found.values() if each.standing is not Standing.CURRENT]
    is_likely = any(each.confidence is Confidence.LIKELY for each in used)
    is_unchecked = any(each.is_basis_unchecked for each in used)
    noted = [NEWEST_GUIDE if is_likely else "", BASIS_UNCHECKED if is_unchecked else ""]
    return tuple(line for line in (*stances, *noted) if line)


def _stance_line(found: Stance) -> str:
    return f"「{found.title}」{found.text}"


def _basis_lines(library: Snapshot, used: Sequence[Entry], on: date) -> tuple[str, ...]:
    """Small print: document and clause, in force from and to, verified on or shipped with the software."""
    lines: list[str] = []
    for entry in used:
        cited = [each.text for each in entry.legal_basis[:MOST_BASIS]] or ([entry.source] if entry.source else [])
        more = "等" if len(entry.legal_basis) > MOST_BASIS else ""
        named = f"（{_named(entry, used[0])}）" if len(used) > 1 else ""
        lines.append(f"依据{named}：{'；'.join(cited)}{more}" if cited else f"依据{named}：资料里没有写明")
        current = [each.text for each in library.stances(entry, on) if each.standing is Standing.CURRENT]
        lines += current[:1] if len(used) == 1 else []
    return (*lines, _record_line(used[0]))


def _record_line(entry: Entry) -> str:
    if entry.record.verified_on is not None:
        return f"更新：{entry.record.verified_on.isoformat()} 本厅核验"
    return f"更新：{entry.as_of} · 随软件提供，未经本厅核验"
