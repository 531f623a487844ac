"""Whether a new model may take the old one's place: floors, one standard error, and no more wrong answers. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from intents.data import Example
from intents.evaluate import judge, read
from intents.measure import Judged, is_answered, scope
from intents.reader import Reader
from intents.reading import Act
from intents.told import Search

FEWEST = 30
"""A share of fewer sentences says nothing: no gate stands on it."""
WRONG = "wrong"
WRONG_CEILING = 0.03


@dataclass(frozen=True, slots=True)
class Gate:
    """A share that must not be lower than ``floor``; ``words`` name it to whoever reads the refusal."""

    words: str
    floor: float


GATES: dict[str, Gate] = {
    "topic_first": Gate("首选事项正确", 0.9),
    "topic_first_three": Gate("正确事项在前三", 0.97),
    "act": Gate("意图正确", 0.9),
    "facet_first": Gate("问的方面正确", 0.75),
    "out_of_scope": Gate("认出不归本厅的问题", 0.9),
    "emergency": Gate("认出紧急情况", 0.97),
}
NAMES = {name: gate.words for name, gate in GATES.items()} | {WRONG: "答错"}


@dataclass(frozen=True, slots=True)
class Share:
    """A share of ``count`` sentences."""

    value: float
    count: int

    @property
    def standard_error(self) -> float:
        """Of a binomial share."""
        return sqrt(self.value * (1 - self.value) / self.count) if self.count else 0.0


Shares = dict[str, Share]


def measured(reader: Reader, examples: Sequence[Example], search: Search, high: float) -> Shares:
    """What the gates look at, on sentences that the reader was not trained on; wrong answers at threshold ``high``."""
    readings = [read(reader, example.text, search, example.act) for example in examples]
    judged = [judge(example, reading) for example, reading in zip(examples, readings, strict=True)]
    pairs = zip(examples, readings, strict=True)
    alarms = [reading.is_emergency for example, reading in pairs if example.act is Act.EMERGENCY]
    return shares(judged, high) | {"emergency": _share(alarms)}


def shares(judged: Sequence[Judged], high: float) -> Shares:
    """Every gate's share but that of emergencies, and the share of wrong answers among all messages."""
    asked = [each for each in judged if each.example.act is Act.ASK_FACET]
    outside = [each for each in judged if each.example.act is Act.OUT_OF_SCOPE]
    return {
        "topic_first": _share(each.is_topic_right for each in asked),
        "topic_first_three": _share(bool(set(each.topics[:3]) & set(each.example.topics)) for each in asked),
        "act": _share(each.act is each.example.act for each in judged),
        "facet_first": _share(each.facets[0] in each.example.facets for each in asked),
        "out_of_scope": Share(scope(judged).get("recall_at_95_kept", 0.0), len(outside) if asked else 0),
        WRONG: _share(is_answered(each, high) and not each.is_right for each in judged),
    }


def refusals(new: Mapping[str, Share], present: Mapping[str, Share] | None) -> tuple[str, ...]:
    """Why the new model may not be used, a sentence each; none if it may. ``present``: the one in use, if there is."""
    found = [said for name, gate in GATES.items() if (said := _refusal(gate, new[name], (present or {}).get(name)))]
    return tuple(found) + _wrong(new[WRONG], (present or {}).get(WRONG))


def _refusal(gate: Gate, new: Share, present: Share | None) -> str:
    if new.count < FEWEST:
        return ""
    if new.value < gate.floor:
        return f"{gate.words} {new.value:.1%}，低于下限 {gate.floor:.1%}"
    if present is not None and present.count and present.value - new.value > present.standard_error:
        error = present.standard_error * 100
        return f"{gate.words}从 {present.value:.1%} 降到 {new.value:.1%}，超过一个标准误（{error:.1f} 个百分点）"
    return ""


def _wrong(new: Share, present: Share | None) -> tuple[str, ...]:
    if new.count < FEWEST:
        return ()
    if new.value > WRONG_CEILING:
        return (f"答错 {new.value:.2%}，高于上限 {WRONG_CEILING:.2%}",)
    if present is not None and present.count and new.value > present.value:
        more = round((new.value - present.value) * new.count)
        return (f"答错从 {present.value:.2%} 升到 {new.value:.2%}（{new.count} 句里多 {more} 句）",)
    return ()


def _share(flags: Iterable[bool]) -> Share:
    given = [bool(flag) for flag in flags]
    return Share(sum(given) / len(given) if given else 0.0, len(given))
