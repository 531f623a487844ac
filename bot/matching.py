"""Policy match over the library: the questions, answers read from words, and the result as cards and lines."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from base.text import bare
from bot import cards
from bot.facets import Asking
from bot.rules.matching import AGAIN, FORGET
from bot.rules.reporting import ASK_PERSON
from bot.rules.screen import Query
from bot.rules.situation import Do
from bot.rules.turn import Button, Card, Section
from bot.wording import sentence
from intents import EntityKind, find
from knowledge import (
    STARTER_FOLDER,
    Condition,
    Fact,
    Matched,
    Scheme,
    Snapshot,
    Standing,
    Verdict,
    most_deciding,
    scheme_of,
    stance,
)

if TYPE_CHECKING:
    from bot.compose import Draft, Scene
    from bot.world import World

MOST_CARDS = 3
MOST_LINES = 8
BY_OFFICE = "初筛结果，以主管部门认定为准。"
FITS = "初筛可能符合"
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NONE = re.compile(r"(?:都|全|一个也|啥也|啥都|什么都)?(?:没有?|无|不是|没)(?:了|的)?")
_ORDER = (Standing.CURRENT, Standing.UNCONFIRMED, Standing.NOT_YET, Standing.ENDED)
_GLEANED = (EntityKind.INDUSTRY, EntityKind.SCALE)
_YUAN = {"万元": 10_000}


def scheme_for(library: Snapshot) -> Scheme:
    """What can be matched of what is published."""
    return scheme_of(STARTER_FOLDER).within(library.entries)


@dataclass(frozen=True, slots=True)
class PolicyScreen:
    """The rules' ``Screen`` over a scheme."""

    scheme: Scheme

    @property
    def is_empty(self) -> bool:
        """Whether no published policy can be matched."""
        return not self.scheme.policies

    def next(self, answers: Mapping[str, str], passed: Iterable[str]) -> str:
        """The most deciding fact neither answered nor passed; empty when nothing is left to ask."""
        found = most_deciding(self.scheme, answers, passed)
        return found.code if found else ""

    def query(self, fact: str) -> Query | None:
        """The question for a fact."""
        found = self.scheme.fact(fact)
        if found is None:
            return None
        options = tuple((each.code, each.name) for each in found.choices)
        return Query(found.code, found.question, options, found.has_many, found.unit)

    def read(self, fact: str, words: str) -> str | None:
        """The answer in ``words``: a choice's name or words, what is read in them, else a number."""
        found = self.scheme.fact(fact)
        if found is None:
            return None
        codes = _named(found, words)
        if found.has_many:
            return "+".join(codes) if codes or _NONE.fullmatch(bare(words)) else None
        if len(codes) == 1:
            return codes[0]
        return _number(found, words) if found.unit and not codes else None

    def gleaned(self, words: str) -> dict[str, str]:
        """The industry and the scale that a message names."""
        named = [f"{each.kind}:{each.value}" for each in find(words) if each.kind in _GLEANED]
        told: dict[str, set[str]] = {}
        for fact in self.scheme.facts:
            for choice in fact.choices:
                if set(named) & set(choice.entities):
                    told.setdefault(fact.code, set()).add(choice.code)
        return {fact: codes.pop() for fact, codes in told.items() if len(codes) == 1}

    def volunteered(self, words: str) -> dict[str, str]:
        """The one answer that ``words`` give to any question with a single answer; empty if none or several."""
        named = ((fact.code, _named(fact, words)) for fact in self.scheme.facts if not fact.has_many)
        found = {fact: codes[0] for fact, codes in named if len(codes) == 1}
        return found if len(found) == 1 else {}

    def told(self, answers: Mapping[str, str]) -> str:
        """The answers in words."""
        known = ((fact, answers[fact.code]) for fact in self.scheme.facts if fact.code in answers)
        return "；".join(f"{fact.name}：{fact.named(answer)}" for fact, answer in known)


def _named(fact: Fact, words: str) -> tuple[str, ...]:
    """The choices that ``words`` name; a word within a longer one that was found does not count."""
    plain, entities = bare(words), {f"{each.kind}:{each.value}" for each in find(words)}
    whole = [each.code for each in fact.choices if plain in {bare(word) for word in (each.name, *each.words)}]
    if whole:
        return tuple(whole)
    hits = [(word, each.code) for each in fact.choices for word in (each.name, *each.words) if _is_in(word, words)]
    longest = [code for word, code in hits if not any(word != other and word in other for other, _ in hits)]
    read = [each.code for each in fact.choices if entities & set(each.entities)]
    return tuple(dict.fromkeys(longest or read))


def _is_in(word: str, words: str) -> bool:
    """A single character means something only when it is the whole message."""
    return len(word) > 1 and word in words


def _number(fact: Fact, words: str) -> str | None:
    """A number in the fact's unit; money is read as such."""
    money = next((float(each.value) for each in find(words) if each.kind is EntityKind.MONEY), None)
    if fact.unit in _YUAN and money is not None:
        return f"{money / _YUAN[fact.unit]:g}"
    found = _NUMBER.findall(words)
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class _Result:
    """Every policy by how it stands; each with the leaves that fail, or the facts that are open."""

    fits: list[Matched]
    open: list[tuple[Matched, tuple[str, ...]]]
    no: list[tuple[Matched, tuple[Condition, ...]]]


def matched(step: Do, draft: "Draft", scene: "Scene", _world: "World") -> None:
    """Say what the answers so far come to: the first cards and the counts, or a further part of a list."""
    scheme = scheme_for(scene.library)
    answers = draft.context.match.answers if draft.context.match else {}
    found = _result(scheme, answers, scene)
    show, at = step.value("show"), int(step.value("at") or 0)
    if show in ("open", "no", "left"):
        _list(_lines(show, found, scheme, answers, scene), at, show, draft)
    else:
        _cards(found, at, draft, (scheme, answers, scene))
    draft.buttons += _onward(found, scheme, show, draft)


def _result(scheme: Scheme, answers: Mapping[str, str], scene: "Scene") -> _Result:
    judged = [(each, scheme.judge(each.condition, answers)) for each in scheme.policies]
    fits = [each for each, end in judged if end.verdict is Verdict.YES]
    entries = scene.library.entries
    fits.sort(key=lambda each: _ORDER.index(stance(entries[each.id], scene.on).standing))
    return _Result(
        fits,
        [(each, end.unknown) for each, end in judged if end.verdict is Verdict.UNKNOWN],
        [(each, end.failing) for each, end in judged if end.verdict is Verdict.NO],
    )


Answered = tuple[Scheme, Mapping[str, str], "Scene"]


def _cards(found: _Result, at: int, draft: "Draft", answered: Answered) -> None:
    """The policies that may fit, a few at a time."""
    shown = found.fits[at : at + MOST_CARDS]
    if at:
        draft.paragraphs.append(sentence("match_rest", str(at + 1), str(at + len(shown)), str(len(found.fits))))
    else:
        counts = (len(found.fits), len(found.open), len(found.no))
        draft.paragraphs.append(sentence("match_found", *(str(each) for each in counts)))
    draft.paragraphs += [] if found.fits else [sentence("match_nothing")]
    draft.cards += [_card(each, answered) for each in shown]
    left = len(found.fits) - at - len(shown)
    if left > 0:
        draft.buttons.append(Button(f"还有 {left} 项可能符合", f"pm:more:fits:{at + MOST_CARDS}"))


def _card(policy: Matched, answered: Answered) -> Card:
    """One policy that may fit: what it brings, its limits, its term, how to claim it, and why it may fit."""
    scheme, answers, scene = answered
    entry = scene.library.entries[policy.id]
    alone = replace(scene.library, entries={entry.id: entry})
    made = cards.card(alone, entry, ("amount", "validity", "steps"), Asking("", scene.on))
    why = tuple(dict.fromkeys(_held(policy, scheme, answers)))
    limits = tuple(each for each in policy.limits if each not in entry.limits)
    more = [Section("amount", "还要留意", limits, is_list=len(limits) > 1)] if limits else []
    more.append(Section("conditions", "初筛依据", why, is_list=len(why) > 1))
    return replace(made, kind=FITS, sections=(*made.sections, *more), caveats=(BY_OFFICE, *made.caveats))


def _held(policy: Matched, scheme: Scheme, answers: Mapping[str, str]) -> list[str]:
    """The conditions that hold, in the policy's words, each with what was answered."""
    leaves = [each for each in policy.condition.leaves() if scheme.judge(each, answers).verdict is Verdict.YES]
    bands = scheme.bands_held(policy, answers)
    return [*bands, *(_beside(each, scheme, answers) for each in leaves if each.says not in bands)]


def _beside(leaf: Condition, scheme: Scheme, answers: Mapping[str, str]) -> str:
    fact = scheme.fact(leaf.fact)
    if fact is None:
        return leaf.says
    answer, wanted = answers[leaf.fact], fact.choice(leaf.has)
    if wanted is None:
        return f"“{leaf.says}”（{fact.name}：{fact.named(answer)}）"
    chose = "选了" if leaf.has in answer.split("+") else "没有选"
    return f"“{leaf.says}”（{fact.name}：{chose}“{wanted.name}”）"


def _lines(show: str, found: _Result, scheme: Scheme, answers: Mapping[str, str], scene: "Scene") -> list[str]:
    """A line for each policy of one list."""
    entries = scene.library.entries
    if show == "left":
        return [f"「{entries[each.id].title}」：{each.why}。" for each in scheme.unmatched]
    if show == "no":
        whys = ((each, dict.fromkeys(_beside(one, scheme, answers) for one in leaves)) for each, leaves in found.no)
        return [f"「{entries[each.id].title}」：{'；'.join(why)}。" for each, why in whys]
    asked = {fact.code: fact.question for fact in scheme.facts}
    return [f"「{entries[each.id].title}」：{asked[unknown[0]]}" for each, unknown in found.open]


def _list(lines: list[str], at: int, show: str, draft: "Draft") -> None:
    """A part of a list, never more than can be read at a time."""
    draft.paragraphs.append(sentence(f"match_{show}"))
    shown = lines[at : at + MOST_LINES]
    draft.paragraphs += [f"{place}. {line}" for place, line in enumerate(shown, at + 1)]
    left = len(lines) - at - len(shown)
    if left > 0:
        draft.buttons.append(Button(f"还有 {left} 项", f"pm:more:{show}:{at + MOST_LINES}"))


def _onward(found: _Result, scheme: Scheme, show: str, draft: "Draft") -> list[Button]:
    """The other lists, six more questions where some are open, and beginning anew."""
    counts = (
        ("open", f"待问 {len(found.open)} 项", found.open),
        ("no", f"不符合 {len(found.no)} 项", found.no),
        ("left", f"不能初筛 {len(scheme.unmatched)} 项", scheme.unmatched),
    )
    more = [Button(label, f"pm:more:{code}:0") for code, label, some in counts if some and code != show]
    again = [Button("接着问", "pm:on")] if found.open else []
    forget = [FORGET] if draft.context.profile else []
    return [*again, *more, AGAIN, *forget, ASK_PERSON]
