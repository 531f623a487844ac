"""The library taught to the reader: what it is trained on, when a model fits, and the reader in use."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import structlog

import intents
from base.db import Database, ReadSession
from base.errors import Unavailable
from bot import Reads
from intents import IntentSettings, LibraryText, Progress, Reader, data_hash, training_examples
from knowledge import STARTER_FOLDER, Entry, Library, read_starter

log = structlog.get_logger("learning")

MAIN = Path(__file__).parents[1] / "main.py"
HITS = 20


@dataclass(frozen=True, slots=True)
class Stock:
    """A library in memory and where it came from, in words for whoever runs a command."""

    library: Library
    entries: tuple[Entry, ...]
    source: str


async def stock_of(db: Database, library: Library, day: date) -> Stock:
    """The database's library, or the starter files if the database has none yet."""
    edition = await db.read(library.edition) if await db.read(_has_library) else 0
    if edition:
        await db.read(library.refresh)
        return Stock(library, tuple(library.snapshot.entries.values()), f"数据库里的知识库（第 {edition} 版）")
    starter = read_starter(STARTER_FOLDER)
    entries = tuple(entry for entry in starter.entries if entry.id not in starter.drafts)
    library.use(entries, day)
    return Stock(library, entries, "随软件提供的起步知识")


def _has_library(session: ReadSession) -> bool:
    return session.has_table("library_state")


def library_texts(entries: Sequence[Entry]) -> tuple[LibraryText, ...]:
    """What the reader learns of the library: every wording that people may echo."""
    return tuple(
        LibraryText(entry.id, entry.title, entry.aliases, entry.questions, _body(entry))
        for entry in sorted(entries, key=lambda each: each.id)
    )


def _body(entry: Entry) -> str:
    """What the entry says beside its title and questions, a part a line."""
    figures = [figure.text for figure in (entry.statutory, entry.promise, entry.usual) if figure is not None]
    parts = (
        entry.office,
        entry.who,
        *entry.conditions,
        *(material.name for material in entry.materials),
        *entry.steps,
        *figures,
        entry.fee,
        entry.result,
        *entry.benefit,
        *entry.limits,
        *entry.claim,
        *(basis.text for basis in entry.legal_basis),
        *entry.pitfalls,
        *(answer.say for answer in entry.answers),
    )
    return "\n".join(filter(None, parts))


def search_of(library: Library) -> Callable[[str], list[tuple[str, float]]]:
    """The library's search as plain pairs."""
    return lambda text: [(hit.id, hit.score) for hit in library.search(text, HITS)]


def fitting_model(settings: IntentSettings, entries: Sequence[Entry]) -> str | None:
    """The version on disk that was made of these entries and sentences."""
    return intents.fitting(Path(settings.folder), data_hash(training_examples(), library_texts(entries)))


def train_model(settings: IntentSettings, stock: Stock, progress: Progress) -> str:
    """Train on the labelled sentences and ``stock``; the new version, promoted."""
    folder = Path(settings.folder)
    model = intents.train(training_examples(), library_texts(stock.entries), search_of(stock.library), progress)
    version = intents.save(folder, model)
    intents.promote(folder, version)
    intents.prune(folder, settings.keep_versions)
    return version


def reader_of(settings: IntentSettings, stock: Stock, progress: Progress) -> Reader:
    """The promoted reader; trained first if no model fits ``stock``."""
    if fitting_model(settings, stock.entries) is None:
        train_model(settings, stock, progress)
    return Reader.load(Path(settings.folder))


class Learner:
    """The reader in use; None while there is none. A model is trained in a process of its own."""

    def __init__(self, settings: IntentSettings) -> None:
        self._settings = settings
        self.reader: Reads | None = None
        self.state = "warming"

    async def warm(self, entries: Sequence[Entry]) -> None:
        """Load the model that fits ``entries``; train one first if there is none."""
        version = await asyncio.to_thread(fitting_model, self._settings, entries)
        if version is None and self._settings.trains_at_start:
            self.state = "training"
            await self._train()
        try:
            self.reader = await asyncio.to_thread(Reader.load, Path(self._settings.folder))
            self.state = "ready"
        except Unavailable as missing:
            self.state = "unavailable"
            log.warning("no_reader", why=missing.message)

    async def _train(self) -> None:
        log.info("training_reader")
        training = await asyncio.create_subprocess_exec(sys.executable, str(MAIN), "train")
        if await training.wait():
            log.error("training_failed")
