"""A linear scorer over pieces: looked up in a dictionary, gathered and added; no library is called per sentence."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Linear:
    """Scores of every label for a sentence's pieces.

    ``weights``: pieces × labels, rounded to half precision when fitted, so that disk may hold half; ``rarity``: by
    piece.
    """

    vocabulary: dict[str, int]
    rarity: Vector
    weights: Vector
    bias: Vector
    rarest: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rarest", float(self.rarity.max(initial=0.0)))

    def lookup(self, found: Sequence[str]) -> NDArray[np.intp]:
        """The rows of those pieces that are known."""
        get = self.vocabulary.get
        return np.array([row for piece in found if (row := get(piece)) is not None], dtype=np.intp)

    def shares(self, rows: NDArray[np.intp]) -> Vector:
        """How much each row counts: rarer pieces more, the squares adding up to 1."""
        rarity = self.rarity[rows]
        length = float(np.sqrt(rarity @ rarity))
        return np.asarray(rarity / length if length else rarity, dtype=np.float32)

    def scores(self, rows: NDArray[np.intp]) -> Vector:
        """The score of every label."""
        return np.asarray(self.shares(rows) @ self.weights.take(rows, axis=0) + self.bias, dtype=np.float32)
