"""How Chinese sounds, without tones: syllables of characters, initials, and latin runs typed for Chinese words."""

import re
from functools import lru_cache

import pypinyin
from pypinyin.constants import PINYIN_DICT

_LATIN_RUN = re.compile(r"[a-z]{2,}")
_FIRST_HAN, _LAST_HAN = "\u4e00", "\u9fff"
_LONGEST_SYLLABLE = 6
_LONGEST_RUN = 60
_LONGEST_CODE = 60
_CODE_PART = re.compile(r"[\u4e00-\u9fff]|[a-z0-9]+")


def is_han(character: str) -> bool:
    """Whether ``character`` is a common Chinese character."""
    return _FIRST_HAN <= character <= _LAST_HAN


@lru_cache(maxsize=30_000)
def syllable(character: str) -> str:
    """The usual reading of one character, without tone."""
    return str(pypinyin.lazy_pinyin(character)[0])


def syllables(text: str) -> list[str]:
    """The readings of the Chinese characters of ``text``, one by one: context does not change them."""
    return [syllable(each) for each in text if is_han(each)]


def initials(text: str) -> str:
    """The first letters of the Chinese characters of ``text``: 营业执照 → yyzz."""
    return "".join(each[0] for each in syllables(text))


def latin_runs(text: str) -> list[str]:
    """Runs of two and more latin letters."""
    return [each[:_LONGEST_RUN] for each in _LATIN_RUN.findall(text)]


def syllables_of_run(run: str) -> list[str]:
    """``run`` cut into as few whole syllables as it can be (yingyezhizhao → ying ye zhi zhao); none if it can't."""
    known = _all_syllables()
    cuts: list[list[str] | None] = [[]]
    for end in range(1, len(run) + 1):
        fits = [
            [*before, run[start:end]]
            for start in range(max(0, end - _LONGEST_SYLLABLE), end)
            if (before := cuts[start]) is not None and run[start:end] in known
        ]
        cuts.append(min(fits, key=len) if fits else None)
    return cuts[-1] or []


def code_of(title: str) -> str:
    """An id for ``title``: its syllables, latin letters and digits, joined by hyphens."""
    parts = [syllable(sign) if is_han(sign) else sign for sign in _CODE_PART.findall(title.lower())]
    return "-".join(parts)[:_LONGEST_CODE].strip("-")


@lru_cache(maxsize=1)
def _all_syllables() -> frozenset[str]:
    """Every toneless syllable that a common character is read with."""
    return frozenset(syllable(chr(code)) for code in PINYIN_DICT if is_han(chr(code)))
