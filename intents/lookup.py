"""Pieces to their rows, fast: characters and sounds as numbers, pairs as products, found in sorted arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intents.features import GAPS, long_words, named_pieces, text_and_words
from intents.spelling import is_han, syllable

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of a sentence's known pieces, each once; of its contents, those known; and how many contents."""

    rows: Rows
    contents: Rows
    content_count: int


class Lookup:
    """Built once from a vocabulary and only read afterwards."""

    def __init__(self, vocabulary: dict[str, int]) -> None:
        self._named = {piece: row for piece, row in vocabulary.items() if piece[0] not in "cp"}
        self._letters = _Pairs({piece[1:]: row for piece, row in vocabulary.items() if piece[0] == "c"}, "")
        self._sounds = _Pairs({piece[1:]: row for piece, row in vocabulary.items() if piece[0] == "p"}, " ")

    def find(self, plain: str) -> Found:
        """What of the normalised sentence ``plain`` is known."""
        text, words = text_and_words(plain)
        get = self._named.get
        named = [row for piece in named_pieces(plain, text, words) if (row := get(piece)) is not None]
        letters = self._letters.codes(text)
        sounds = self._sounds.codes([syllable(letter) for letter in text if is_han(letter)])
        firsts = np.concatenate((letters[:-1], letters[1:], *(letters[:-gap] for gap in GAPS)))
        seconds = np.concatenate((letters[1:], letters[:-1], *(letters[gap:] for gap in GAPS)))
        pairs = self._letters.pairs(firsts, seconds)
        spoken = (self._sounds.alone(sounds), self._sounds.pairs(sounds[:-1], sounds[1:]))
        every = np.concatenate((np.array(named, np.intp), self._letters.alone(letters), pairs, *spoken))
        adjoining = max(len(text) - 1, 0)
        long = long_words(words)
        contents = np.concatenate((np.array([get(piece, -1) for piece in long], np.intp), pairs[:adjoining]))
        return Found(_once(every), contents[contents >= 0], len(long) + adjoining)


def _once(rows: Rows) -> Rows:
    """Each known row once, in order."""
    rows.sort()
    is_new = rows >= 0
    is_new[1:] &= rows[1:] != rows[:-1]
    return rows[is_new]


class _Pairs:
    """Rows of single units (characters, sounds) and of pairs of them; -1 where there is none."""

    def __init__(self, rows: dict[str, int], between: str) -> None:
        split = {unit: unit.split(between) if between else list(unit) for unit in rows}
        units = sorted({part for parts in split.values() for part in parts})
        self._codes = {unit: code for code, unit in enumerate(units, start=1)}
        self._width = len(units) + 1
        self._alone = np.full(self._width, -1, np.intp)
        keys: dict[int, int] = {}
        for unit, row in rows.items():
            parts = [self._codes[part] for part in split[unit]]
            if len(parts) == 1:
                self._alone[parts[0]] = row
            else:
                keys[parts[0] * self._width + parts[1]] = row
        self._keys = np.array([*sorted(keys), np.iinfo(np.int64).max], np.int64)
        self._rows = np.array([*(keys[key] for key in sorted(keys)), -1], np.intp)

    def codes(self, units: str | list[str]) -> NDArray[np.int64]:
        """A number for each unit, 0 for one never seen."""
        get = self._codes.get
        return np.array([get(unit, 0) for unit in units], np.int64)

    def alone(self, codes: NDArray[np.int64]) -> Rows:
        """Their rows."""
        return self._alone[codes]

    def pairs(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> Rows:
        """The rows of pairs."""
        keys = first * self._width + second
        places = self._keys.searchsorted(keys)
        return np.where(self._keys[places] == keys, self._rows[places], -1)
