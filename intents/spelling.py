"""Latin letters in a sentence: whole pinyin and initials are turned into the characters they stand for.

``ban zhizhao yao sha cailiao`` → 办执照要啥材料, by the likeliest path through a character-pair model of the
training sentences (Viterbi); ``yyzz 丢了`` → 营业执照丢了, by the commonest phrase with these initials.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import log

_RUN = re.compile(r"[a-z]+")
_STRETCH = re.compile(r"[a-z]+(?:[ ']+[a-z]+)*")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_FIRST, _LAST = "\u4e00", "\u9fff"
_LONGEST = 6
_INITIALS = range(3, 8)
_FEWEST = 3
_BEAM = 24
_BACK_OFF = 3.0
_SPLIT_COST = 0.5


def is_han(letter: str) -> bool:
    """Whether ``letter`` is a common Chinese character."""
    return _FIRST <= letter <= _LAST


@lru_cache(maxsize=32_768)
def syllable(letter: str) -> str:
    """The usual toneless reading of one character."""
    import pypinyin  # noqa: PLC0415 (half a second to import)

    return str(pypinyin.lazy_pinyin(letter)[0])


def syllables(text: str) -> list[str]:
    """The readings of the Chinese characters of ``text``."""
    return [syllable(letter) for letter in text if is_han(letter)]


@dataclass(frozen=True, slots=True)
class Spelling:
    """What is needed to turn latin letters into characters. ``known``: latin words that stay as they are."""

    characters: dict[str, float]
    pairs: dict[str, float]
    initials: dict[str, str]
    known: frozenset[str]
    readings: dict[str, tuple[str, ...]]

    @classmethod
    def learn(cls, texts: Sequence[str], phrases: Iterable[Sequence[str]]) -> "Spelling":
        """From normalised ``texts``, and the same texts cut into words."""
        single, double, known = Counter[str](), Counter[str](), Counter[str]()
        for text in texts:
            if not _HAN.search(text):
                continue
            known.update(set(_RUN.findall(text)))
            for run in _HAN.findall(text):
                single.update(run)
                double.update(a + b for a, b in pairwise(run))
        total = sum(single.values()) or 1
        return cls.of(
            characters={letter: log(count / total) for letter, count in single.items()},
            pairs={pair: log(count / single[pair[0]]) for pair, count in double.items()},
            initials=_initials(phrases),
            known=frozenset(word for word, count in known.items() if count > 1),
        )

    @classmethod
    def of(
        cls, *, characters: dict[str, float], pairs: dict[str, float], initials: dict[str, str], known: frozenset[str]
    ) -> "Spelling":
        """From its stored parts."""
        readings: dict[str, list[str]] = {}
        for letter in sorted(characters, key=lambda each: (-characters[each], each)):
            readings.setdefault(syllable(letter), []).append(letter)
        cut = {sound: tuple(letters[:_BEAM]) for sound, letters in readings.items()}
        return cls(characters, pairs, initials, known, cut)

    def plain(self, text: str) -> str:
        """The normalised ``text`` with pinyin and initials spelled out where they are recognised."""
        if not any("a" <= letter <= "z" for letter in text):
            return text
        text = _RUN.sub(lambda run: self._expanded(run.group()), text)
        return _STRETCH.sub(lambda run: self._stretch(run.group()), text)

    def _expanded(self, run: str) -> str:
        if len(run) not in _INITIALS or (len(run) == _INITIALS[0] and run in self.known):
            return run
        return self.initials.get(run, run)

    def _stretch(self, text: str) -> str:
        words = re.split(r"[ ']+", text)
        if sum(map(len, words)) < 4 or all(word in self.known for word in words):  # noqa: PLR2004 (“no” is no pinyin)
            return text
        return self._decoded(words) or text

    def _decoded(self, words: Sequence[str]) -> str:
        """The likeliest characters for the latin ``words``, or nothing if they are no pinyin."""
        best: dict[str, tuple[float, str]] = {"": (0.0, "")}
        for word in words:
            best = self._word(word, best)
            if not best:
                return ""
        return max(best.values())[1]

    def _word(self, word: str, start: dict[str, tuple[float, str]]) -> dict[str, tuple[float, str]]:
        at: list[dict[str, tuple[float, str]]] = [start] + [{} for _ in word]
        for begin in range(len(word)):
            if not at[begin]:
                continue
            for end in range(begin + 1, min(begin + _LONGEST, len(word)) + 1):
                for letter in self.readings.get(word[begin:end], ()):
                    self._step(at[begin], at[end], letter)
        return at[-1]

    def _step(self, before: dict[str, tuple[float, str]], after: dict[str, tuple[float, str]], letter: str) -> None:
        alone = self.characters[letter] - _BACK_OFF
        best = max((score + self.pairs.get(last + letter, alone), path) for last, (score, path) in before.items())
        score = best[0] - _SPLIT_COST
        if letter not in after or score > after[letter][0]:
            after[letter] = (score, best[1] + letter)


def _initials(phrases: Iterable[Sequence[str]]) -> dict[str, str]:
    counts = Counter[str]()
    for words in phrases:
        for begin in range(len(words)):
            joined = ""
            for word in words[begin : begin + 4]:
                joined += word
                if len(joined) > _INITIALS[-1] or not _HAN.fullmatch(word):
                    break
                if len(joined) in _INITIALS:
                    counts[joined] += 1
    found: dict[str, str] = {}
    for phrase, count in sorted(counts.items(), key=lambda each: (-each[1], -len(each[0]), each[0])):
        if count >= _FEWEST:
            found.setdefault("".join(sound[0] for sound in syllables(phrase)), phrase)
    return found
