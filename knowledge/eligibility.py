"""Policy eligibility: conditions as data over a closed vocabulary, judged yes, no or unknown. Pure.

A condition is a leaf (``fact`` and one of is | in | at_least | at_most | has) or a group (``all`` or ``any``).
An answer is a choice's code, codes joined by ``+`` where several may hold (empty: none of them), or a number.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf

from knowledge.entry import Confidence, Entry, PolicyKind

Answers = Mapping[str, str]
JOINT = "+"


class Level(StrEnum):
    """What a fact is a fact of."""

    ENTERPRISE = "enterprise"
    PROJECT = "project"
    LOAN = "loan"
    HIRE = "hire"


class Verdict(StrEnum):
    """How a condition stands under the answers so far."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer. ``low``–``high``: the band of numbers it stands for, both ends included, None without end.

    ``words`` mean it when typed; ``entities`` (``scale:small``) when they are read in what was typed.
    """

    code: str
    name: str
    words: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What is asked, once. ``unit``: of a number; ``has_many``: several choices may hold together."""

    code: str
    name: str
    question: str
    level: Level
    choices: tuple[Choice, ...]
    has_many: bool = False
    unit: str = ""

    def choice(self, code: str) -> Choice | None:
        """The choice of that code."""
        return next((each for each in self.choices if each.code == code), None)

    def band(self, answer: str) -> tuple[float, float]:
        """The numbers that ``answer`` may mean."""
        found = self.choice(answer)
        if found is None:
            return float(answer), float(answer)
        return (-inf if found.low is None else found.low), (inf if found.high is None else found.high)

    def named(self, answer: str) -> str:
        """The answer in words."""
        codes = answer.split(JOINT) if answer else []
        names = [found.name for code in codes if (found := self.choice(code)) is not None]
        return "、".join(names) or (f"{answer}{self.unit}" if answer else "都没有")


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A leaf or a group. ``says``: the policy's own words that a leaf stands on."""

    fact: str = ""
    is_: str = ""
    in_: tuple[str, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    has: str = ""
    says: str = ""
    all: tuple["Condition", ...] = ()
    any: tuple["Condition", ...] = ()

    def leaves(self) -> Iterator["Condition"]:
        """Every leaf in it."""
        if self.fact:
            yield self
        for part in (*self.all, *self.any):
            yield from part.leaves()


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One of several ways to qualify, and what the policy ``says`` of it."""

    says: str
    when: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A policy that can be matched: what must all hold, and one of ``bands`` if there are any.

    ``limits`` are the policy's own words that are shown and never tested.
    """

    id: str
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    bands: tuple[Band, ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def condition(self) -> Condition:
        """Everything that must hold."""
        ways = tuple(Condition(any=each) for each in (self.any, tuple(band.when for band in self.bands)) if each)
        return Condition(all=(*self.all, *ways))

    @property
    def quotes(self) -> tuple[str, ...]:
        """Every sentence that must stand in the policy."""
        said = [leaf.says for leaf in self.condition.leaves()]
        return tuple(dict.fromkeys((*said, *(band.says for band in self.bands), *self.limits)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """A policy that cannot be matched, and why."""

    id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """All facts, in the order that breaks ties, and what is known of each benefit policy."""

    facts: tuple[Fact, ...] = ()
    policies: tuple[Matched, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()

    def fact(self, code: str) -> Fact | None:
        """The fact of that code."""
        return next((each for each in self.facts if each.code == code), None)

    def judge(self, condition: Condition, answers: Answers) -> "Judged":
        """How ``condition`` stands."""
        return judge(condition, answers, {each.code: each for each in self.facts})

    def bands_held(self, policy: Matched, answers: Answers) -> tuple[str, ...]:
        """What ``policy`` says of the ways that surely hold."""
        held = (each for each in policy.bands if self.judge(each.when, answers).verdict is Verdict.YES)
        return tuple(each.says for each in held)

    def within(self, entries: Mapping[str, Entry]) -> "Scheme":
        """What of it holds for the published ``entries``: a policy whose quoted words were changed is not matched."""
        benefits = [each for each in entries.values() if each.policy_kind is PolicyKind.BENEFIT]
        known = {each.id: each for each in self.policies}
        told = {each.id: each.why for each in self.unmatched}
        whys = {each.id: told.get(each.id) or _stale(known.get(each.id), each) for each in benefits}
        return replace(
            self,
            policies=tuple(each for each in self.policies if whys.get(each.id) == ""),
            unmatched=tuple(Unmatched(id=code, why=why) for code, why in whys.items() if why),
        )


NO_SCHEME = Scheme()


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict; ``failing``: the leaves that say no; ``unknown``: the facts whose questions are open."""

    verdict: Verdict
    failing: tuple[Condition, ...] = ()
    unknown: tuple[str, ...] = ()


YES = Judged(Verdict.YES)


def judge(condition: Condition, answers: Answers, facts: Mapping[str, Fact]) -> Judged:
    """How ``condition`` stands."""
    if condition.fact:
        return _leaf(condition, answers, facts)
    parts = [_every([judge(each, answers, facts) for each in condition.all])] if condition.all else []
    parts += [_some([judge(each, answers, facts) for each in condition.any])] if condition.any else []
    return _every(parts)


def _leaf(leaf: Condition, answers: Answers, facts: Mapping[str, Fact]) -> Judged:
    if leaf.fact not in answers:
        return Judged(Verdict.UNKNOWN, unknown=(leaf.fact,))
    verdict = _tested(leaf, answers[leaf.fact], facts[leaf.fact])
    if verdict is Verdict.UNKNOWN:
        return Judged(verdict, unknown=(leaf.fact,))
    return YES if verdict is Verdict.YES else Judged(verdict, failing=(leaf,))


def _tested(leaf: Condition, answer: str, fact: Fact) -> Verdict:
    if leaf.has:
        return _said(leaf.has in answer.split(JOINT))
    if leaf.is_ or leaf.in_:
        return _said(answer in (leaf.is_, *leaf.in_))
    low, high = fact.band(answer)
    least = -inf if leaf.at_least is None else leaf.at_least
    most = inf if leaf.at_most is None else leaf.at_most
    if least <= low and high <= most:
        return Verdict.YES
    return Verdict.NO if high < least or most < low else Verdict.UNKNOWN


def _said(is_so: bool) -> Verdict:  # noqa: FBT001 (a test's outcome)
    return Verdict.YES if is_so else Verdict.NO


def _every(parts: Sequence[Judged]) -> Judged:
    failing = tuple(leaf for part in parts if part.verdict is Verdict.NO for leaf in part.failing)
    if failing:
        return Judged(Verdict.NO, failing=failing)
    return _open(parts) or YES


def _some(parts: Sequence[Judged]) -> Judged:
    if any(part.verdict is Verdict.YES for part in parts):
        return YES
    return _open(parts) or Judged(Verdict.NO, failing=tuple(leaf for part in parts for leaf in part.failing))


def _open(parts: Sequence[Judged]) -> Judged | None:
    unknown = tuple(dict.fromkeys(fact for part in parts for fact in part.unknown))
    return Judged(Verdict.UNKNOWN, unknown=unknown) if unknown else None


def most_deciding(scheme: Scheme, answers: Answers, passed: Iterable[str]) -> Fact | None:
    """The fact whose answer decides most of the open policies, taken over its possible answers.

    Only facts neither answered nor ``passed``; None when nothing more can be asked.
    """
    facts = {each.code: each for each in scheme.facts}
    judged = [(each.condition, judge(each.condition, answers, facts)) for each in scheme.policies]
    still = [(condition, found.unknown) for condition, found in judged if found.verdict is Verdict.UNKNOWN]
    wanted = {fact for _, unknown in still for fact in unknown} - {*answers, *passed}

    def decided(fact: Fact) -> float:
        mine = [condition for condition, unknown in still if fact.code in unknown]
        trials = possible(fact)
        ends = (judge(each, {**answers, fact.code: trial}, facts).verdict for trial in trials for each in mine)
        return sum(end is not Verdict.UNKNOWN for end in ends) / len(trials)

    open_facts = [each for each in scheme.facts if each.code in wanted]
    return max(open_facts, key=decided, default=None)


def possible(fact: Fact) -> tuple[str, ...]:
    """The answers that a question is weighed by: each choice alone and, where several may hold, none."""
    alone = tuple(each.code for each in fact.choices)
    return (*alone, "") if fact.has_many else alone


def own_text(entry: Entry) -> str:
    """Everything that a policy says, for holding quotes against it."""
    lines = [entry.title, entry.until_text, *entry.aliases, *entry.conditions, *entry.benefit, *entry.limits]
    return "\n".join((*lines, *entry.claim, *(each.name for each in entry.materials)))


def why_not(entry: Entry) -> str:
    """Why a policy is never matched, whatever its conditions; empty if it may be."""
    if entry.policy_kind is not PolicyKind.BENEFIT:
        return "不是可以享受的政策"
    if entry.confidence is Confidence.LOCAL_CHECK:
        return "各地办法不同，本厅尚未核实"
    return ""


def missing_quotes(policy: Matched, entry: Entry) -> tuple[str, ...]:
    """What ``policy`` quotes and ``entry`` does not say: its conditions were changed since."""
    text = own_text(entry)
    return tuple(each for each in policy.quotes if each not in text)


def _stale(policy: Matched | None, entry: Entry) -> str:
    if policy is None:
        return why_not(entry) or "还没有写初筛规则"
    return why_not(entry) or ("政策条文有改动，初筛规则待更新" if missing_quotes(policy, entry) else "")
