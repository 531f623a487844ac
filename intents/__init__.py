"""Room: what does this sentence ask? Act, facets, topics and entities, with one calibrated p(right).

``Reader.load(folder)`` gives the promoted model; ``reader.plain(text)`` is the form to search with, and
``reader.read(text, hits, expecting=None, published=None) -> Reading`` reads it; ``hits`` are (id, score) pairs.
``train(examples, texts, search, progress) -> Model``, ``evaluate(reader, examples, search, high, middle)``, and
``save``, ``promote``, ``rollback``
and ``fitting`` keep models as versions on disk. Training imports scikit-learn only when it is called.
"""

from collections.abc import Sequence

from intents.clusters import Asking, Cluster, cluster
from intents.codes import is_bank_card, is_credit_code, is_id_card, mask
from intents.data import Example, LibraryText, data_hash, held_out_examples, load_examples, training_examples
from intents.emergency import is_emergency
from intents.entities import Entity, EntityKind, find
from intents.evaluate import evaluate, evaluate_files
from intents.explain import Explanation
from intents.gates import FEWEST, NAMES, Share, Shares, measured, refusals
from intents.model import Model
from intents.reader import Reader
from intents.reading import Act, Expecting, Facet, Hit, Reading
from intents.report import html, lines
from intents.settings import IntentSettings
from intents.store import Version, fitting, listed, newest, promote, prune, rollback, save
from intents.told import Progress, Search, no_progress

__all__ = [
    "FEWEST",
    "NAMES",
    "Act",
    "Asking",
    "Cluster",
    "Entity",
    "EntityKind",
    "Example",
    "Expecting",
    "Explanation",
    "Facet",
    "Hit",
    "IntentSettings",
    "LibraryText",
    "Model",
    "Progress",
    "Reader",
    "Reading",
    "Search",
    "Share",
    "Shares",
    "Version",
    "cluster",
    "data_hash",
    "evaluate",
    "evaluate_files",
    "find",
    "fitting",
    "held_out_examples",
    "html",
    "is_bank_card",
    "is_credit_code",
    "is_emergency",
    "is_id_card",
    "lines",
    "listed",
    "load_examples",
    "mask",
    "measured",
    "newest",
    "no_progress",
    "promote",
    "prune",
    "refusals",
    "rollback",
    "save",
    "train",
    "training_examples",
]


def train(
    examples: Sequence[Example],
    texts: Sequence[LibraryText],
    search: Search,
    progress: Progress = no_progress,
    *,
    seed: int = 0,
) -> Model:
    """A model of the labelled ``examples`` and the library's ``texts``; about a minute on two free cores.

    ``search`` is the library's: a plain form to (id, score) pairs. ``progress`` is told each stage and its share done.
    """
    from intents.training import train as fit  # noqa: PLC0415 (scikit-learn, seconds to import)

    return fit(examples, texts, search, progress, seed=seed)
