"""What an entry says about each facet: approved text, marked for what it is. Pure.

Which field answers which facet stands in ``_GUIDE`` and ``_POLICY``; what an entry does not hold is said so, and what
does not apply to its kind is said in a sentence of its own.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge import Binds, Entry, Figure, Kind, Material, PolicyKind, Snapshot, Standing, Unit

NOT_WRITTEN = "指南没有写明这一点，可以转人工核实。"
POLICY_NOT_WRITTEN = "政策资料没有写明这一点，可以转人工核实。"
NO_TERM_WRITTEN = "指南没有写明办结证照或结果的有效期，可以转人工核实。"
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
    "other": "您的问题",
}
OF_A_POLICY = {"conditions": "适用条件", "materials": "需要的资料", "steps": "怎么办", "result": "结果"}
OF_A_BENEFIT = {"conditions": "享受条件", "steps": "怎么享受"}
MOST_MATERIALS_IN_OVERVIEW = 6
LEAST_LIKENESS = 0.34
_POINTS_ELSEWHERE = re.compile(r"以[^，；]*为准|按[^，；]*(?:规定|办法)|.{0,8}时限见[^，；]*")
_TERM = re.compile(r"有效期|长期有效")
_CASES = {"租用场地": re.compile(r"租"), "自有场地": re.compile(r"自有|自己的|自家的?|自建|买的")}


@dataclass(frozen=True, slots=True)
class Asking:
    """What a card is made for: the question's own words, the day, and the phone that the hall has published."""

    words: str = ""
    on: date = date.min
    hall_phone: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What an entry says about a facet. ``is_list``: items of one kind, which may be numbered."""

    lines: tuple[str, ...]
    is_held: bool = True
    is_list: bool = False


Maker = Callable[[Entry, Asking], Said]


def say(library: Snapshot, entry: Entry, facet: str, asking: Asking) -> Said:
    """The lines that ``entry`` has for ``facet``, and whether it holds them."""
    if facet == "validity":
        return _validity(library, entry, asking)
    table = _POLICY if entry.kind is Kind.POLICY else _GUIDE
    return table[facet](entry, asking)


def heading(entry: Entry, facet: str) -> str:
    """What stands above the lines; a policy has other words than a guide."""
    if entry.kind is not Kind.POLICY:
        return HEADINGS[facet]
    own = OF_A_POLICY | OF_A_BENEFIT if entry.policy_kind is PolicyKind.BENEFIT else OF_A_POLICY
    return own.get(facet, HEADINGS[facet])


def likeness(one: str, other: str) -> float:
    """The share of the shorter text's character pairs that the other holds too (0–1)."""
    pairs = [{text[at : at + 2] for at in range(len(text) - 1)} for text in (one, other)]
    least = min(len(pairs[0]), len(pairs[1]))
    return len(pairs[0] & pairs[1]) / least if least else 0.0


def figure(figure: Figure, kind: str) -> str:
    """A figure with its kind and whom it binds; what is said is always its text. Words without a number bind nobody."""
    if not _is_number(figure):
        return figure.text if figure.text.startswith("无") else f"{kind}：{figure.text}"
    binds = "约束申请人或建设单位" if figure.binds is Binds.APPLICANT else "约束办理机关"
    return f"{kind}（{binds}）：{figure.text}"


def _is_number(figure: Figure) -> bool:
    """Whether its text names a time; what only points to another paper does not, whatever it is sorted by."""
    is_at_once = figure.unit is Unit.INSTANT or any(word in figure.text for word in ("即时", "即办", "当场"))
    return is_at_once or any(character.isdecimal() for character in figure.text)


def _nothing(entry: Entry) -> Said:
    return Said((POLICY_NOT_WRITTEN if entry.kind is Kind.POLICY else NOT_WRITTEN,), is_held=False)


def _lines(entry: Entry, values: Iterable[str], *, is_list: bool = False) -> Said:
    kept = tuple(value for value in values if value)
    return Said(kept, is_list=is_list and len(kept) > 1) if kept else _nothing(entry)


def labelled(*pairs: tuple[str, str]) -> tuple[str, ...]:
    """“label：value” a line; a value that stands alone under its heading needs no label."""
    held = [(label, value) for label, value in pairs if value]
    return (held[0][1],) if len(held) == 1 else tuple(f"{label}：{value}" for label, value in held)


def channels(entry: Entry) -> str:
    """Where it is done online, as a list in words."""
    return entry.online.replace(" / ", "、")


def _not_for(sentence: str) -> Said:
    """What does not apply to this kind of entry is said in a sentence; it is no answer to what was asked."""
    return Said((sentence,), is_held=False)


def _material(material: Material) -> str:
    form = material.form.replace("网核", "网上核验").replace("共享", "部门共享").replace("/", "或")
    is_fetched = any(word in material.form for word in ("网核", "共享"))
    when = "核验得到的可免交" if is_fetched and material.when in ("必交", "必填", "必须") else material.when
    is_paper = material.count is not None and not material.form.startswith(("在线", "网核", "核验", "共享", "电子"))
    noted = "，".join(part for part in (form, f"{material.count} 份" if is_paper else "", when) if part)
    case = f"〔{material.case}〕" if material.case else ""
    return f"{case}{material.name}" + (f"（{noted}）" if noted else "")


def _of_own_case(materials: Sequence[Material], words: str) -> list[Material]:
    """Without what another case than the enterprise's own would bring; all of them while its case is not said."""
    own = {case for case, said in _CASES.items() if said.search(words)}
    return [each for each in materials if not each.case or len(own) != 1 or each.case in own or each.case not in _CASES]


def _materials(entry: Entry, asking: Asking) -> Said:
    return _lines(entry, map(_material, _of_own_case(entry.materials, asking.words)), is_list=True)


def _conditions(entry: Entry, _asking: Asking) -> Said:
    who = f"谁可以办：{entry.who}" if entry.who else ""
    return _lines(entry, [who, *entry.conditions], is_list=True)


def _time_limit(entry: Entry, _asking: Asking) -> Said:
    lines = [figure(entry.statutory, "法定时限")] if entry.statutory else []
    lines += [figure(entry.promise, "本厅承诺")] if entry.promise else []
    if entry.usual:
        kind = "省内常见（非本厅承诺）" if _is_number(entry.usual) else "实际用时"
        lines.append(f"{kind}：{entry.usual.text}")
    known = [each for each in (entry.statutory, entry.promise, entry.usual) if each]
    if known and all(_POINTS_ELSEWHERE.fullmatch(each.text) for each in known):
        return Said((*lines, "没有统一天数，可以转人工核实。"), is_held=False)
    return _lines(entry, lines)


def _fee(entry: Entry, _asking: Asking) -> Said:
    return _lines(entry, [entry.fee])


def _place(entry: Entry, _asking: Asking) -> Said:
    return _lines(entry, labelled(("承办单位", entry.office), ("本厅窗口", entry.counter)))


def _online(entry: Entry, _asking: Asking) -> Said:
    return _lines(entry, [channels(entry)])


def _basis(entry: Entry, _asking: Asking) -> Said:
    issued = f"发文机关：{entry.issuer}" if entry.issuer and entry.legal_basis else ""
    return _lines(entry, [*(each.text for each in entry.legal_basis), issued], is_list=not issued)


def _validity(library: Snapshot, entry: Entry, asking: Asking) -> Said:
    """A policy's term; for a guide that of what it leads to, and whether its rules still hold."""
    stances = library.stances(entry, asking.on)
    lines = [each.text if each.id == entry.id else f"「{each.title}」：{each.text}" for each in stances]
    if entry.kind is Kind.POLICY:
        return _lines(entry, lines)
    is_dated = any(each.standing is not Standing.CURRENT or each.effective_to for each in stances)
    rules = [f"这项规定：{line}" for line in lines]
    if _TERM.search(entry.result):
        return Said((f"办理结果：{entry.result}", *rules))
    return Said((*rules,) if is_dated else (NO_TERM_WRITTEN, *rules), is_held=is_dated)


def _phone(entry: Entry, asking: Asking) -> Said:
    office = f"承办单位：{entry.office}" if entry.office else ""
    if asking.hall_phone:
        return _lines(entry, [f"大厅电话：{asking.hall_phone}（示例，未经本厅确认）", office])
    return Said(tuple(line for line in ("本厅尚未公布。", office) if line), is_held=False)


def _other(entry: Entry, asking: Asking) -> Said:
    """The approved answer whose question is most like the words asked; else that it is not written."""
    ranked = sorted(((likeness(each.ask, asking.words), each) for each in entry.answers), key=lambda pair: -pair[0])
    if not ranked or ranked[0][0] < LEAST_LIKENESS:
        return _nothing(entry)
    found = ranked[0][1]
    return _lines(entry, [found.say, f"依据：{found.basis}" if found.basis else ""])


def _guide_amount(entry: Entry, _asking: Asking) -> Said:
    if entry.benefit or entry.limits:
        return _lines(entry, [*entry.benefit, *entry.limits], is_list=True)
    return _not_for("这是办理事项，不涉及补贴或奖励金额。" + (f"费用：{entry.fee}。" if entry.fee else ""))


def _guide_overview(entry: Entry, asking: Asking) -> Said:
    materials = _of_own_case(entry.materials, asking.words)
    names = "、".join(each.name for each in materials[:MOST_MATERIALS_IN_OVERVIEW])
    more = f"等 {len(materials)} 项" if len(materials) > MOST_MATERIALS_IN_OVERVIEW else ""
    lines = [
        f"谁可以办：{entry.who}" if entry.who else "",
        f"网上办理：{channels(entry)}" if entry.online else "",
        f"承办单位：{entry.office}" if entry.office else "",
        f"材料：{names}{more}" if names else "",
        *(_time_limit(entry, asking).lines if entry.statutory or entry.promise or entry.usual else ()),
        f"费用：{entry.fee}" if entry.fee else "",
        f"结果：{entry.result}" if entry.result else "",
        *(f"包含：{member}" for member in entry.members),
        *(each.say for each in entry.answers if entry.kind in (Kind.FAQ, Kind.NOTICE)),
    ]
    return _lines(entry, lines)


def _amount(entry: Entry, _asking: Asking) -> Said:
    return _lines(entry, [*entry.benefit, *(f"限制：{limit}" for limit in entry.limits)], is_list=True)


def _claim(entry: Entry, _asking: Asking) -> Said:
    return _lines(entry, entry.claim or entry.steps, is_list=True)


def _policy_overview(entry: Entry, _asking: Asking) -> Said:
    is_warning = entry.policy_kind is PolicyKind.WARNING
    lines = [
        *(f"{'提示' if is_warning else '内容'}：{each}" for each in entry.benefit),
        *(f"限制：{limit}" for limit in entry.limits),
        *(f"条件：{each}" for each in entry.conditions),
        *(f"怎么办：{each}" for each in entry.claim[:3]),
        f"承办单位：{entry.office}" if entry.office else "",
    ]
    return _lines(entry, lines)


def _policy_time_limit(entry: Entry, asking: Asking) -> Said:
    if entry.statutory or entry.promise or entry.usual:
        return _time_limit(entry, asking)
    return _not_for("这是政策文件，没有规定统一的办理时限；申报时间以当批通知为准。")


_GUIDE: dict[str, Maker] = {
    "conditions": _conditions,
    "materials": _materials,
    "steps": lambda entry, _asking: _lines(entry, entry.steps, is_list=True),
    "time_limit": _time_limit,
    "fee": _fee,
    "place": _place,
    "online": _online,
    "basis": _basis,
    "amount": _guide_amount,
    "result": lambda entry, _asking: _lines(entry, [entry.result]),
    "phone": _phone,
    "pitfalls": lambda entry, _asking: _lines(entry, entry.pitfalls, is_list=True),
    "overview": _guide_overview,
    "other": _other,
}
_POLICY: dict[str, Maker] = {
    **_GUIDE,
    "steps": _claim,
    "time_limit": _policy_time_limit,
    "fee": lambda entry, asking: _fee(entry, asking) if entry.fee else _not_for("这是政策文件，资料里没有写收费项目。"),
    "amount": _amount,
    "result": lambda entry, _asking: (
        _lines(entry, [entry.result]) if entry.result else _not_for("这是政策文件，不发证照；政策内容见“金额和标准”。")
    ),
    "overview": _policy_overview,
}
