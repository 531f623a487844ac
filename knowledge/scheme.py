"""``eligibility.yaml``: facts and conditions, read with every mistake named by file, line and field."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml

from knowledge.checks import Fault
from knowledge.eligibility import NO_SCHEME, Condition, Fact, Matched, Scheme, Unmatched, missing_quotes, why_not
from knowledge.entry import Entry, PolicyKind
from knowledge.yamlnodes import Mistake, Node, Reader, parse_nodes

ELIGIBILITY_FILE = "eligibility.yaml"
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_TESTS = ("is_", "in_", "at_least", "at_most", "has")
LEAST_CHOICES = 2


@cache
def scheme_of(folder: Path) -> Scheme:
    """The scheme that is shipped in ``folder``, which ``read_starter`` has checked; an empty one if there is none."""
    path = folder / ELIGIBILITY_FILE
    return parse_scheme(path.read_text(encoding="utf-8"), (), []) if path.exists() else NO_SCHEME


def parse_scheme(text: str, entries: Sequence[Entry], mistakes: list[Mistake]) -> Scheme:
    """The scheme in ``text``, held against ``entries``; what is wrong goes to ``mistakes``."""
    root = parse_nodes(ELIGIBILITY_FILE, text, mistakes)
    if root is None:
        return NO_SCHEME
    sheet = _Sheet(entries, mistakes)
    rest, facts = sheet.reader.split(root, "facts")
    rest, policies = sheet.reader.split(rest, "policies")
    rest, unmatched = sheet.reader.split(rest, "unmatched")
    sheet.reader.build(Scheme, rest)
    for node in facts:
        sheet.add_fact(node)
    for node in policies:
        sheet.add_policy(node)
    for node in unmatched:
        sheet.add_unmatched(node)
    sheet.refuse_gaps(root)
    return Scheme(
        facts=tuple(sheet.facts.values()), policies=tuple(sheet.policies.values()), unmatched=tuple(sheet.left.values())
    )


class _Sheet:
    """One file being read: what was found so far, and what is wrong with it."""

    def __init__(self, entries: Sequence[Entry], mistakes: list[Mistake]) -> None:
        self.reader = Reader(ELIGIBILITY_FILE, mistakes)
        self.facts: dict[str, Fact] = {}
        self.policies: dict[str, Matched] = {}
        self.left: dict[str, Unmatched] = {}
        self._mistakes = mistakes
        self._entries = {each.id: each for each in entries}

    def add_fact(self, node: Node) -> None:
        """One fact, checked."""
        fact = self.reader.build(Fact, node)
        if fact is None:
            return
        faults = fact_faults(fact)
        faults += [Fault("code", f"“{fact.code}”重复")] if fact.code in self.facts else []
        self._note(node, faults)
        self.facts[fact.code] = fact

    def add_policy(self, node: Node) -> None:
        """One policy with its conditions, checked."""
        policy = self.reader.build(Matched, node)
        if policy is None:
            return
        self._note(node, self._id_faults(policy.id, is_matched=True))
        if not (policy.all or policy.any or policy.bands):
            self._note(node, [Fault("all", "至少写一个条件")])
        for each in _conditions(node):
            condition = self.reader.build(Condition, each)
            if condition is not None:
                self._note(each, condition_faults(condition, self.facts))
        entry = self._entries.get(policy.id)
        missing = missing_quotes(policy, entry) if entry else ()
        self._note(node, [Fault("says", f"政策原文里没有“{each}”") for each in missing])
        self.policies[policy.id] = policy

    def add_unmatched(self, node: Node) -> None:
        """One policy that cannot be matched, checked."""
        found = self.reader.build(Unmatched, node)
        if found is None:
            return
        faults = self._id_faults(found.id, is_matched=False)
        faults += [] if found.why.strip() else [Fault("why", "须写明为什么不能初筛")]
        self._note(node, faults)
        self.left[found.id] = found

    def refuse_gaps(self, root: Node) -> None:
        """Every fact is used, and every benefit stands somewhere."""
        used = {leaf.fact for each in self.policies.values() for leaf in each.condition.leaves()}
        self._note(root, [Fault("facts", f"没有政策用到“{code}”") for code in self.facts if code not in used])
        benefits = [each.id for each in self._entries.values() if each.policy_kind is PolicyKind.BENEFIT]
        silent = [each for each in benefits if each not in self.policies and each not in self.left]
        self._note(root, [Fault("policies", f"没有写“{each}”能否初筛") for each in silent])

    def _id_faults(self, code: str, *, is_matched: bool) -> list[Fault]:
        if code in self.policies or code in self.left:
            return [Fault("id", f"“{code}”写了两次")]
        entry = self._entries.get(code)
        if entry is None:
            return [Fault("id", f"没有编号为“{code}”的政策")] if self._entries else []
        reason = why_not(entry) if is_matched or entry.policy_kind is not PolicyKind.BENEFIT else ""
        return [Fault("id", f"“{code}”不能初筛：{reason}")] if reason else []

    def _note(self, node: Node, faults: Sequence[Fault]) -> None:
        self._mistakes += [
            Mistake(ELIGIBILITY_FILE, self.reader.line(node, each.field), each.field, each.text) for each in faults
        ]


def fact_faults(fact: Fact) -> list[Fault]:
    """What is wrong with a fact by itself."""
    codes = [each.code for each in fact.choices]
    has_bands = any(each.low is not None or each.high is not None for each in fact.choices)
    wrong = {
        "code": "须为小写字母、数字和连字符" if not _CODE.match(fact.code) else "",
        "question": "" if fact.question.strip().endswith("？") else "须为一句问话，以“？”结尾",
        "choices": _choices_fault(codes),
        "unit": "有数值范围的须写明单位，没有的不写" if has_bands != bool(fact.unit) else "",
    }
    return [Fault(field, text) for field, text in wrong.items() if text]


def _choices_fault(codes: list[str]) -> str:
    if len(codes) < LEAST_CHOICES or len(set(codes)) != len(codes):
        return f"须有至少 {LEAST_CHOICES} 个互不相同的选项"
    return "" if all(_CODE.match(each) for each in codes) else "选项的 code 须为小写字母、数字和连字符"


def condition_faults(condition: Condition, facts: Mapping[str, Fact]) -> list[Fault]:
    """What is wrong with one condition, its parts apart."""
    if not condition.fact:
        is_group = bool(condition.all) != bool(condition.any) and not condition.says
        return [] if is_group else [Fault("all", "一组条件须写 all 或 any 之一，单个条件须写 fact")]
    fact = facts.get(condition.fact)
    if fact is None:
        return [Fault("fact", f"没有叫“{condition.fact}”的事实")]
    given = [name for name in _TESTS if getattr(condition, name) not in ("", (), None)]
    faults = [] if condition.says.strip() else [Fault("says", "须写明依据政策里的哪一句")]
    if condition.all or condition.any or not given or set(given) - _suited(fact):
        names = "、".join(sorted(each.strip("_") for each in _suited(fact)))
        return [*faults, Fault("fact", f"“{fact.code}”只能用 {names} 来判断")]
    wanted = {condition.is_, *condition.in_, condition.has} - {""}
    unknown = sorted(wanted - {each.code for each in fact.choices})
    return [*faults, *(Fault(given[0].strip("_"), f"“{fact.code}”没有选项“{each}”") for each in unknown)]


def _suited(fact: Fact) -> set[str]:
    """Which tests a fact bears."""
    if fact.has_many:
        return {"has"}
    return {"at_least", "at_most"} if fact.unit else {"is_", "in_"}


def _conditions(node: Node) -> Iterator[Node]:
    """The nodes of every condition below a policy's node."""
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.value == "when":
            yield value
            yield from _conditions(value)
        elif key.value in ("all", "any", "bands") and isinstance(value, yaml.SequenceNode):
            for item in value.value:
                if key.value != "bands":
                    yield item
                yield from _conditions(item)
