"""An entry as an editor writes it: every field as text, one thing a line, and back again with mistakes named."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any

import msgspec

from base.errors import BadInput
from knowledge import (
    Answer,
    Basis,
    Binds,
    Confidence,
    Entry,
    Figure,
    Kind,
    Material,
    PolicyKind,
    Record,
    Unit,
    Validity,
    Verification,
)

Text = Annotated[str, msgspec.Meta(max_length=8000)]
KIND_NAMES = {
    Kind.GUIDE: "办事指南",
    Kind.POLICY: "惠企政策",
    Kind.BUNDLE: "一件事",
    Kind.NOTICE: "通知",
    Kind.FAQ: "常见问题",
}
POLICY_KIND_NAMES = {
    PolicyKind.BENEFIT: "优惠",
    PolicyKind.RULE: "规定",
    PolicyKind.WARNING: "提醒",
    PolicyKind.PROGRAMME: "规划",
}
CONFIDENCE_NAMES = {
    Confidence.SURE: "可直接答复",
    Confidence.LIKELY: "以窗口最新指南为准",
    Confidence.LOCAL_CHECK: "须本地核实",
}
VERIFICATION_NAMES = {
    Verification.TEXT_CHECKED: "已对照原文",
    Verification.SECONDARY_SOURCE: "依据转载资料",
    Verification.AUTHOR_KNOWLEDGE: "编写者所知，依据待核",
}
VALIDITY_NAMES = {
    Validity.OPEN: "长期有效，没有截止日期",
    Validity.FIXED: "到截止日期为止",
    Validity.UNCONFIRMED: "有效期待核实",
}
UNIT_NAMES = {
    Unit.WORKING_DAYS: "工作日",
    Unit.CALENDAR_DAYS: "自然日",
    Unit.MONTHS: "个月",
    Unit.INSTANT: "即办",
    Unit.EXTERNAL: "取决于外单位",
    Unit.NONE: "不折算",
}
BINDS_NAMES = {Binds.OFFICE: "约束部门", Binds.APPLICANT: "约束申请人"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form. ``shape``: line, text, lines, materials, basis, answers, figure, date or a choice."""

    name: str
    label: str
    shape: str = "line"
    help: str = ""
    kinds: tuple[Kind, ...] = tuple(Kind)


_GUIDES = (Kind.GUIDE, Kind.BUNDLE, Kind.FAQ, Kind.NOTICE)
_POLICIES = (Kind.POLICY,)
_LINES = "一行一条"
_FIGURE = "对外说的话｜数值｜单位（工作日、自然日、个月、即办）｜约束谁（部门、申请人），后三项可不写"
SECTIONS: tuple[tuple[str, tuple[Field, ...]], ...] = (
    (
        "是什么",
        (
            Field("title", "标题"),
            Field("aliases", "别名", "lines", "企业常用的叫法，一行一个"),
            Field("questions", "企业会怎么问", "lines", "原话最好，一行一句"),
            Field("office", "主管或承办单位"),
            Field("item_type", "事项类型", kinds=_GUIDES),
            Field("who", "谁可以办", "text"),
            Field("policy_kind", "政策类别", "policy_kind", kinds=_POLICIES),
            Field("level", "层级", kinds=_POLICIES),
            Field("issuer", "发文机关", kinds=_POLICIES),
            Field("issued", "发文日期", kinds=_POLICIES),
            Field("industries", "适用行业", "lines", _LINES, _POLICIES),
        ),
    ),
    (
        "怎么办",
        (
            Field("conditions", "条件", "lines", _LINES),
            Field("materials", "材料", "materials", "名称｜原件或复印件｜份数｜何时提交｜哪种情形，后四项可不写"),
            Field("steps", "流程", "lines", "一行一步", _GUIDES),
            Field("statutory", "法定时限", "figure", _FIGURE, _GUIDES),
            Field("promise", "本厅承诺时限", "figure", "有承诺文件才填；" + _FIGURE, _GUIDES),
            Field("usual", "省内常见时限", "figure", _FIGURE, _GUIDES),
            Field("fee", "费用", "text", kinds=_GUIDES),
            Field("result", "办理结果", kinds=_GUIDES),
            Field("online", "网上办理入口"),
            Field("counter", "本厅窗口"),
            Field("benefit", "优惠内容", "lines", "金额、比例写清楚，一行一条", _POLICIES),
            Field("limits", "限制", "lines", _LINES, _POLICIES),
            Field("claim", "怎么申领", "lines", "一行一步", _POLICIES),
            Field("members", "包含的事项", "lines", "条目编号，一行一个", (Kind.BUNDLE,)),
        ),
    ),
    (
        "补充答复",
        (
            Field("pitfalls", "常见退件原因", "lines", _LINES),
            Field("answers", "其他问答", "answers", "企业问｜这样答｜依据｜能否直接答复，后两项可不写"),
        ),
    ),
    (
        "依据和有效期",
        (
            Field("legal_basis", "依据", "basis", "文件｜条款，一行一条"),
            Field("validity", "有效期", "validity"),
            Field("effective_from", "施行日期", "date"),
            Field("effective_to", "截止日期", "date"),
            Field("until_text", "原文对有效期的说法"),
            Field("next_review", "下次复核", "date"),
            Field("source", "来源", "text", "文件名、网址或提供人，必填"),
            Field("as_of", "资料截至"),
            Field("confidence", "能否直接答复", "confidence"),
            Field("verification", "核对程度", "verification"),
            Field("check_locally", "本地要核实的", "lines", _LINES),
        ),
    ),
)
CHOICES: dict[str, dict[Any, str]] = {
    "policy_kind": POLICY_KIND_NAMES,
    "validity": VALIDITY_NAMES,
    "confidence": CONFIDENCE_NAMES,
    "verification": VERIFICATION_NAMES,
}
_ENUMS: dict[str, Callable[[str], Any]] = {
    "policy_kind": PolicyKind,
    "validity": Validity,
    "confidence": Confidence,
    "verification": Verification,
}
ALL_FIELDS = tuple(field for _, fields in SECTIONS for field in fields)


class NewEntry(msgspec.Struct, forbid_unknown_fields=True):
    """A draft: its head for a new entry, and its fields as text."""

    fields: dict[str, Text]
    kind: Kind = Kind.GUIDE
    domain: Annotated[str, msgspec.Meta(max_length=60)] = ""
    domain_name: Annotated[str, msgspec.Meta(max_length=60)] = ""


def written(entry: Entry) -> dict[str, str]:
    """Every field of ``entry`` as the form shows it."""
    return {field.name: _written(getattr(entry, field.name), field.shape) for field in ALL_FIELDS}


def sections(kind: Kind) -> list[tuple[str, list[Field]]]:
    """The form's parts for an entry of ``kind``."""
    return [(title, [field for field in fields if kind in field.kinds]) for title, fields in SECTIONS]


def entry_from(base: Entry, texts: dict[str, str]) -> Entry:
    """``base`` with the fields of ``texts``. ``BadInput`` names the first field that can't be read."""
    known = {field.name: field for field in ALL_FIELDS}
    strange = [name for name in texts if name not in known]
    if strange:
        raise BadInput(f"不认识的字段：{'、'.join(strange)}。", field=strange[0])
    values: dict[str, Any] = {name: _read(known[name], text) for name, text in texts.items()}
    return replace(base, record=Record(), **values)


def blank(code: str, kind: Kind, domain: str, domain_name: str) -> Entry:
    """An entry in which nothing is written yet."""
    return Entry(
        id=code,
        kind=kind,
        title="",
        domain=domain,
        domain_name=domain_name,
        source="",
        confidence=Confidence.LIKELY,
        verification=Verification.SECONDARY_SOURCE,
        as_of="",
        validity=Validity.UNCONFIRMED,
        record=Record(),
    )


def changed(before: Entry, after: Entry) -> list[tuple[str, str, str]]:
    """What differs between two revisions: label, text before, text after."""
    old, new = written(before), written(after)
    differing = [field for field in ALL_FIELDS if old[field.name] != new[field.name]]
    return [(field.label, old[field.name], new[field.name]) for field in differing]


def _written(value: Any, shape: str) -> str:  # noqa: ANN401 (a field's own type)
    if value is None:
        return ""
    if shape == "figure":
        return _joined(value.text, value.value, UNIT_NAMES[value.unit], BINDS_NAMES[value.binds].removeprefix("约束"))
    if shape in _LINES_OF:
        return "\n".join(_joined(*_LINES_OF[shape](each)) for each in value)
    return str(value)


_LINES_OF: dict[str, Callable[[Any], tuple[object, ...]]] = {
    "lines": lambda each: (each,),
    "materials": lambda each: (each.name, each.form, each.count, each.when, each.case),
    "basis": lambda each: (each.document, each.clause),
    "answers": lambda each: (each.ask, each.say, each.basis, CONFIDENCE_NAMES[each.confidence]),
}


def _joined(*parts: object) -> str:
    texts = ["" if part is None else str(part).replace("\n", " ") for part in parts]
    return re.sub(r"(｜)+$", "", "｜".join(texts))


def _read(field: Field, text: str) -> object:
    text = text.strip()
    if field.shape in _ENUMS:
        return _choice(field, text)
    if field.shape == "date":
        return _date(field, text)
    if field.shape in _READERS:
        return _READERS[field.shape](field, [line.strip() for line in text.splitlines() if line.strip()])
    return text


def _choice(field: Field, text: str) -> object:
    if not text and field.shape == "policy_kind":
        return None
    try:
        return _ENUMS[field.shape](text)
    except ValueError:
        allowed = "、".join(CHOICES[field.shape].values())
        raise BadInput(f"{field.label}须从“{allowed}”中选择，收到“{text}”。", field=field.name) from None


def _date(field: Field, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput(f"{field.label}须写成 2026-03-01 这样，收到“{text}”。", field=field.name) from None


def _parts(line: str, most: int) -> list[str]:
    parts = [part.strip() for part in re.split(r"[｜|]", line, maxsplit=most - 1)]
    return parts + [""] * (most - len(parts))


def _materials(field: Field, lines: Sequence[str]) -> tuple[Material, ...]:
    found = []
    for line in lines:
        name, form, count, when, case = _parts(line, 5)
        if count and not count.isdecimal():
            raise BadInput(f"材料“{name}”的份数须为整数，收到“{count}”。", field=field.name)
        found.append(Material(name=name, form=form, count=int(count) if count else None, when=when, case=case))
    return tuple(found)


def _basis(_field: Field, lines: Sequence[str]) -> tuple[Basis, ...]:
    return tuple(Basis(document=document, clause=clause) for document, clause in (_parts(line, 2) for line in lines))


def _answers(field: Field, lines: Sequence[str]) -> tuple[Answer, ...]:
    sure = {name: each for each, name in CONFIDENCE_NAMES.items()}
    found = []
    for line in lines:
        ask, say, basis, confidence = _parts(line, 4)
        if not say:
            raise BadInput(f"“{ask}”还没有写怎么答；写成“企业问｜这样答｜依据”。", field=field.name)
        found.append(Answer(ask=ask, say=say, basis=basis, confidence=sure.get(confidence, Confidence.LIKELY)))
    return tuple(found)


def _figure(field: Field, lines: Sequence[str]) -> Figure | None:
    if not lines:
        return None
    text, value, unit, binds = _parts(lines[0], 4)
    if value and not value.isdecimal():
        raise BadInput(f"{field.label}的数值须为整数，收到“{value}”；对外说的话写在最前面。", field=field.name)
    units = {name: each for each, name in UNIT_NAMES.items()}
    if unit and unit not in units:
        raise BadInput(f"{field.label}的单位须为 {'、'.join(units)} 之一，收到“{unit}”。", field=field.name)
    whom = Binds.APPLICANT if "申请人" in binds else Binds.OFFICE
    return Figure(text=text, value=int(value) if value else None, unit=units.get(unit, Unit.NONE), binds=whom)


_READERS: dict[str, Callable[[Field, Sequence[str]], object]] = {
    "lines": lambda _field, lines: tuple(lines),
    "materials": _materials,
    "basis": _basis,
    "answers": _answers,
    "figure": _figure,
}
