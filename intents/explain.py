"""Why a sentence was read as it was: the pieces that spoke for its act, its facet and its topic."""

from dataclasses import dataclass

import numpy as np

from intents.features import pieces
from intents.model import ACTS, FACETS, Model
from intents.reading import Reading

SHOWN = 8
PIECE_NAMES = {
    "w": "词",
    "c": "字",
    "p": "音",
    "f": "问法",
    "q": "所问",
    "s": "句首",
    "e": "句尾",
    "z": "整句",
    "n": "字数",
    "m": "标点",
}
"""Every kind of piece of ``features``, as people call it."""
Spoken = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The pieces that spoke loudest (positive: for it), with their share of the score; and words never seen."""

    act: Spoken
    facet: Spoken
    topic: Spoken
    unknown: tuple[str, ...]

    def __str__(self) -> str:
        parts = (("意图", self.act), ("要素", self.facet), ("事项", self.topic))
        told = [f"{name}：" + "，".join(f"{piece} {share:+.2f}" for piece, share in spoken) for name, spoken in parts]
        return "\n".join([*told, f"没见过的词：{'、'.join(self.unknown) or '无'}"])


def explain(model: Model, reading: Reading) -> Explanation:
    """The loudest pieces of ``reading``, for each thing that was read."""
    found = pieces(reading.plain)
    known = [piece for piece in found if piece in model.linear.vocabulary]
    rows = model.linear.lookup(known)
    spoken = model.linear.shares(rows)[:, None] * model.linear.weights[rows]

    def loudest(column: int | None) -> Spoken:
        if column is None or not known:
            return ()
        order = np.argsort(-np.abs(spoken[:, column]), kind="stable")[:SHOWN]
        return tuple((_named(known[at]), round(float(spoken[at, column]), 3)) for at in order)

    first = len(ACTS) + len(FACETS)
    topic = model.numbers.get(reading.topic or "")
    return Explanation(
        act=loudest(ACTS.index(reading.act)),
        facet=loudest(len(ACTS) + FACETS.index(reading.facet)),
        topic=loudest(None if topic is None else first + topic),
        unknown=tuple(piece[1:] for piece in found if piece[0] == "w" and piece not in model.linear.vocabulary),
    )


def _named(piece: str) -> str:
    return f"{PIECE_NAMES[piece[0]]} {piece[1:]}"
