"""What the rules ask of a policy match: questions, and answers read from words. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Query:
    """One question. ``options`` are (code, name); ``unit``: a number may be written instead."""

    fact: str
    text: str
    options: tuple[tuple[str, str], ...]
    has_many: bool = False
    unit: str = ""

    def has(self, code: str) -> bool:
        """Whether ``code`` is one of the options."""
        return any(code == known for known, _ in self.options)


class Screen(Protocol):
    """The policies that can be matched now, as the rules see them. Answers are codes by fact."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to match."""

    def next(self, answers: Mapping[str, str], passed: Iterable[str]) -> str:
        """The most deciding fact neither answered nor passed; empty when nothing is left to ask."""

    def query(self, fact: str) -> Query | None:
        """The question for a fact."""

    def read(self, fact: str, words: str) -> str | None:
        """The answer that ``words`` give to a fact's question; None if they give none."""

    def gleaned(self, words: str) -> dict[str, str]:
        """What a message tells of the enterprise without being asked."""

    def volunteered(self, words: str) -> dict[str, str]:
        """The one answer that ``words`` give to any question with a single answer; empty if none or several."""

    def told(self, answers: Mapping[str, str]) -> str:
        """The answers in words."""
