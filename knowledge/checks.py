"""What must hold of every entry, whoever wrote it: each mistake named by its field. Pure."""

import re
from dataclasses import dataclass

from knowledge.entry import Entry, Kind
from knowledge.rules import Validity

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_NEEDED = ("title", "domain", "source", "as_of")
_NEEDED_OF_GUIDES = ("office", "who")


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake: the field and what is wrong with it."""

    field: str
    text: str


def faults(entry: Entry) -> list[Fault]:
    """Every mistake in ``entry``, in the order of its fields."""
    found = [] if _ID.match(entry.id) else [Fault("id", f"须为小写字母、数字和连字符，收到“{entry.id}”")]
    needed = _NEEDED + (_NEEDED_OF_GUIDES if entry.kind is Kind.GUIDE else ())
    found += [Fault(name, "不能为空") for name in needed if not getattr(entry, name).strip()]
    return found + _policy_faults(entry) + _term_faults(entry) + _figure_faults(entry)


def _policy_faults(entry: Entry) -> list[Fault]:
    is_policy = entry.kind is Kind.POLICY
    if is_policy and entry.policy_kind is None:
        return [Fault("policy_kind", "政策须写明类别：benefit、rule、warning 或 programme")]
    if not is_policy and entry.policy_kind is not None:
        return [Fault("policy_kind", f"只有政策（policy）才有类别，这一条是 {entry.kind}")]
    return []


def _term_faults(entry: Entry) -> list[Fault]:
    start, end = entry.effective_from, entry.effective_to
    if entry.validity is Validity.FIXED and end is None:
        return [Fault("effective_to", "validity 为 fixed 时须写明截止日期；不确定的请用 unconfirmed")]
    if entry.validity is Validity.OPEN and end is not None:
        return [Fault("effective_to", f"validity 为 open 时没有截止日期，收到 {end}")]
    if start is not None and end is not None and end < start:
        return [Fault("effective_to", f"截止日期 {end} 早于开始日期 {start}")]
    return []


def _figure_faults(entry: Entry) -> list[Fault]:
    figures = {"statutory": entry.statutory, "promise": entry.promise, "usual": entry.usual}
    return [
        Fault(f"{name}.text", "须写明对外说的话，不能只有数字")
        for name, figure in figures.items()
        if figure is not None and not figure.text.strip()
    ]
