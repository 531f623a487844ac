"""Sentences as phones, web copies and hurried thumbs spoil them: the robustness rows of the report."""

import random
from collections.abc import Callable
from functools import lru_cache

import opencc

from intents.spelling import is_han, syllable

Spoil = Callable[[str, random.Random], str]
_BEFORE = ("您好，请问一下", "你好 麻烦问下", "老师，想咨询一下", "在吗？请问")
_AFTER = ("，谢谢！", "，急急急", "，麻烦了，多谢", "，在线等")
_EMOJI = ("😂", "🙏", "👍", "😭", "❗")
_COMMON = 0x4E00, 0x9FA5
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


def traditional(text: str, _random: random.Random) -> str:
    """In traditional characters."""
    return str(_converter().convert(text))


def stray_pinyin(text: str, chance: random.Random) -> str:
    """With toned pinyin in brackets behind some characters, as broken web copies have it."""
    import pypinyin  # noqa: PLC0415 (half a second to import)

    return "".join(
        f"{letter}({pypinyin.pinyin(letter)[0][0]})" if is_han(letter) and chance.random() < 0.15 else letter  # noqa: PLR2004
        for letter in text
    )


def full_width(text: str, chance: random.Random) -> str:
    """In full-width letters and marks, with an emoji at the end."""
    return text.translate(_FULL_WIDTH) + chance.choice(_EMOJI)


def emoji(text: str, chance: random.Random) -> str:
    """With an emoji in the middle and at the end."""
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(_EMOJI) + text[at:] + chance.choice(_EMOJI)


def filler(text: str, chance: random.Random) -> str:
    """Wrapped in politeness."""
    return chance.choice(_BEFORE) + text + chance.choice(_AFTER)


def homophone(text: str, chance: random.Random) -> str:
    """One character replaced by another of the same sound."""
    places = [at for at, letter in enumerate(text) if is_han(letter)]
    chance.shuffle(places)
    for at in places:
        others = [each for each in same_sound(syllable(text[at])) if each != text[at]]
        if others:
            return text[:at] + chance.choice(others) + text[at + 1 :]
    return text


def dropped(text: str, chance: random.Random) -> str:
    """One character lost."""
    if len(text) < 3:  # noqa: PLR2004 (of two nothing would be left)
        return text
    at = chance.randrange(len(text))
    return text[:at] + text[at + 1 :]


def swapped(text: str, chance: random.Random) -> str:
    """Two neighbours exchanged."""
    at = chance.randrange(max(len(text) - 1, 1))
    return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]


def whole_pinyin(text: str, _random: random.Random) -> str:
    """Typed in toneless pinyin without tones or marks."""
    return " ".join(
        "".join(syllable(letter) if is_han(letter) else letter for letter in part) for part in _threes(text)
    )


NOISES: dict[str, Spoil] = {
    "traditional": traditional,
    "stray_pinyin": stray_pinyin,
    "full_width": full_width,
    "emoji": emoji,
    "filler": filler,
    "homophone": homophone,
    "dropped": dropped,
    "swapped": swapped,
    "whole_pinyin": whole_pinyin,
}


@lru_cache(maxsize=1)
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")


@lru_cache(maxsize=2048)
def same_sound(sound: str) -> tuple[str, ...]:
    """The common characters with this usual reading."""
    return tuple(_by_sound().get(sound, ()))


@lru_cache(maxsize=1)
def _by_sound() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for letter in map(chr, range(_COMMON[0], _COMMON[1] + 1)):
        if _is_common(letter):
            found.setdefault(syllable(letter), []).append(letter)
    return found


def _is_common(letter: str) -> bool:
    try:
        return letter.encode("gb2312")[0] < 0xD8  # noqa: PLR2004 (the first plane: 3,755 everyday characters)
    except UnicodeEncodeError:
        return False


def _threes(text: str) -> list[str]:
    return [text[at : at + 2] for at in range(0, len(text), 2)]
