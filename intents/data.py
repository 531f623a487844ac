"""Labelled sentences and the library's texts, as the reader is trained on them."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from base.errors import BadInput
from intents.reading import Act, Facet

DATA_FOLDER = Path(__file__).parent / "data"
HELD_OUT = "heldout.jsonl"
RECIPE = "4 plain questions of the library's names"
"""What is made of the data; a new recipe makes a new model of the same data."""


class Example(msgspec.Struct, frozen=True):
    """One labelled sentence. ``topics`` are all right ones; a ``group`` is variants of one sentence."""

    text: str
    act: Act
    facets: tuple[Facet, ...]
    topics: tuple[str, ...]
    group: str
    register: str


@dataclass(frozen=True, slots=True)
class LibraryText:
    """What the library says of one entry: its title and aliases, questions people ask, and its body."""

    id: str
    title: str
    aliases: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    body: str = ""


def load_examples(paths: Iterable[Path]) -> tuple[Example, ...]:
    """Every sentence of the JSON Lines files, in order; ``BadInput`` names file and line of the first mistake."""
    decoder = msgspec.json.Decoder(Example)
    found: list[Example] = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                found.append(decoder.decode(line))
            except msgspec.DecodeError as failure:
                raise BadInput(f"{path.name} 第 {number} 行不是有效的标注句：{failure}", field="data") from failure
    return tuple(found)


def training_files(folder: Path = DATA_FOLDER) -> tuple[Path, ...]:
    """The files that may be trained on: all but the held-out ones."""
    return tuple(sorted(path for path in folder.glob("*.jsonl") if not path.name.startswith("heldout")))


def training_examples(folder: Path = DATA_FOLDER) -> tuple[Example, ...]:
    """Every sentence that may be trained on."""
    return load_examples(training_files(folder))


def held_out_examples(folder: Path = DATA_FOLDER) -> tuple[Example, ...]:
    """The sentences that are only ever measured on."""
    return load_examples([folder / HELD_OUT])


def data_hash(examples: Sequence[Example], texts: Sequence[LibraryText]) -> str:
    """A digest of everything that a model is trained on."""
    digest = hashlib.sha256(RECIPE.encode())
    for example in examples:
        digest.update(msgspec.json.encode(example))
    for text in texts:
        digest.update(msgspec.json.encode(text))
    return digest.hexdigest()
