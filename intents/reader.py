"""``Reader``: one sentence and its search hits in, one ``Reading`` out. Holds nothing that changes."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from base.text import normalise, segment, teach
from intents import store
from intents.clauses import clauses
from intents.ellipsis import is_elliptic, names_facet
from intents.emergency import is_emergency, is_turned
from intents.entities import find
from intents.explain import Explanation, explain
from intents.model import ACTS, OUTSIDE, Model, Weighed, asked_on
from intents.reading import Act, Expecting, Hit, Reading
from intents.signs import spelled

TOPICS = 10
LONGEST = 2000
_SURE_ENOUGH = 0.5
_ACTS_SHOWN = 3
DANGER = ACTS.index(Act.EMERGENCY)
SURE_OF_DANGER = 0.6
"""From this probability of the act the classifier may raise the alarm where no pattern does."""


class Reader:
    """The room's face. Built from a model; safe to use from any thread; replaced whole when a new model is promoted."""

    def __init__(self, model: Model) -> None:
        self.model = model
        teach(model.words)
        segment("大厅")  # jieba reads its dictionary now, not at the first question

    @classmethod
    def load(cls, folder: Path) -> "Reader":
        """The promoted model of ``folder``; ``Unavailable`` if there is none, or if its files were changed."""
        return cls(store.load(folder))

    @property
    def version(self) -> str:
        """The model's version: goes into the log beside each answer."""
        return str(self.model.about.get("version", ""))

    def plain(self, text: str) -> str:
        """``text`` as it is read: normalised, pinyin and initials spelled out. Search with this form."""
        return self.model.spelling.plain(normalise(spelled(text[:LONGEST])))

    def allowed(self, published: Collection[str] | None) -> NDArray[np.bool_] | None:
        """Which of the model's topics may be proposed."""
        if published is None:
            return None
        return np.fromiter((id_ in published for id_ in self.model.topics), bool, len(self.model.topics))

    def read(
        self,
        text: str,
        hits: Sequence[Hit] = (),
        expecting: Expecting | None = None,
        published: Collection[str] | None = None,
    ) -> Reading:
        """What ``text`` asks. ``hits``: what search found for ``plain(text)``, as (id, score), the best first.

        ``expecting``: what the last turn asked for. ``published``: the only topics that may be proposed.
        """
        plain = self.plain(text)
        raw = self.model.raw(plain)
        weighed = self.model.weigh(raw, hits, expecting, self.allowed(published))
        is_bare = is_elliptic(plain)
        if is_bare and names_facet(plain):
            weighed = asked_on(weighed)
        order = np.argsort(-weighed.acts, kind="stable")[:_ACTS_SHOWN]
        acts = tuple((ACTS[number], float(weighed.acts[number])) for number in order)
        return Reading(
            text=text,
            plain=plain,
            act=acts[0][0],
            act_p=acts[0][1],
            acts=acts,
            facets=self.model.asked(weighed.facets),
            topics=tuple((self.model.topics[number], share) for number, share in weighed.ranked.topics[:TOPICS]),
            entities=find(plain),
            p_right=weighed.p_right,
            out_of_scope=float(weighed.acts[OUTSIDE]),
            coverage=raw.coverage,
            is_known=raw.is_known,
            is_elliptic=is_bare,
            is_emergency=is_emergency(plain) or self._is_read_as_danger(plain, weighed),
        )

    def read_clauses(
        self,
        text: str,
        search: Callable[[str], Sequence[Hit]],
        expecting: Expecting | None = None,
        published: Collection[str] | None = None,
    ) -> tuple[Reading, ...]:
        """A message read clause by clause if its clauses ask about different things, else as one.

        The parts stand for themselves only if each is a question, surer of its topic than not, and no two share it.
        """
        plain = self.plain(text)
        whole = self.read(text, search(plain), expecting, published)
        parts = clauses(plain)
        if len(parts) == 1 or not whole.is_question:
            return (whole,)
        readings = tuple(self.read(part, search(part), None, published) for part in parts)
        if all(each.is_question and each.p_right >= _SURE_ENOUGH for each in readings) and self._differ(readings):
            return readings
        return (whole,)

    def explain(self, reading: Reading) -> Explanation:
        """Which words and pieces spoke for the reading's act, facet and topic."""
        return explain(self.model, reading)

    def _is_read_as_danger(self, plain: str, weighed: Weighed) -> bool:
        return bool(weighed.acts[DANGER] >= SURE_OF_DANGER) and not is_turned(plain)

    def _differ(self, readings: Sequence[Reading]) -> bool:
        numbers = [self.model.numbers[reading.topic] for reading in readings if reading.topic]
        return len(numbers) == len(readings) and not any(
            first == second or second in self.model.companions.get(first, frozenset())
            for at, first in enumerate(numbers)
            for second in numbers[at + 1 :]
        )
