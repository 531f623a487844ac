"""The library taught to the reader: what it is trained on, when a model fits, and which gates a new one must pass."""

import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import intents
from base.db import Database, ReadSession
from base.errors import Conflict, Unavailable
from intents import (
    Example,
    IntentSettings,
    LibraryText,
    Model,
    Progress,
    Reader,
    data_hash,
    held_out_examples,
    train,
    training_examples,
)
from knowledge import STARTER_FOLDER, Entry, Library, read_starter

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


def fitting_model(
    settings: IntentSettings, entries: Sequence[Entry], examples: Sequence[Example] | None = None
) -> str | None:
    """The version on disk that was made of these entries and sentences (None: the software's own)."""
    given = training_examples() if examples is None else examples
    return intents.fitting(Path(settings.folder), data_hash(given, library_texts(entries)))


@dataclass(frozen=True, slots=True)
class Lessons:
    """What a model is trained on beside the library, and what it is measured on, which it never sees."""

    examples: tuple[Example, ...]
    held_out: tuple[Example, ...]


def own_lessons() -> Lessons:
    """The labelled sentences that come with the software."""
    return Lessons(training_examples(), held_out_examples())


@dataclass(frozen=True, slots=True)
class Trained:
    """A new version on disk; in use unless there are ``refusals``."""

    version: str
    refusals: tuple[str, ...]

    def __str__(self) -> str:
        if self.refusals:
            return f"已训练 {self.version}，没有启用：{'；'.join(self.refusals)}。现用的模型不变。"
        return f"已训练并启用阅读模型 {self.version}。"


def train_model(settings: IntentSettings, stock: Stock, progress: Progress, lessons: Lessons | None = None) -> Trained:
    """Train on the lessons (None: the software's own) and ``stock``; promoted only if it passes every gate."""
    given, folder = lessons or own_lessons(), Path(settings.folder)
    with _alone(folder):
        model = train(given.examples, library_texts(stock.entries), search_of(stock.library), progress)
        shares, refused = _judged(settings, stock, given.held_out, model, progress)
        metrics = {"shares": {name: (share.value, share.count) for name, share in shares.items()}, "refusals": refused}
        version = intents.save(folder, model, metrics)
        if not refused:
            intents.promote(folder, version)
        intents.prune(folder, settings.keep_versions)
    return Trained(version, refused)


def _judged(
    settings: IntentSettings, stock: Stock, held_out: Sequence[Example], model: Model, progress: Progress
) -> tuple[intents.Shares, tuple[str, ...]]:
    """The new model's shares on what ``stock`` can answer, and why it is refused beside the one in use."""
    progress("过关测评", 0.0)
    known = {entry.id for entry in stock.entries}
    fair = [each for each in held_out if known.issuperset(each.topics)]
    search = search_of(stock.library)
    new = intents.measured(Reader(model), fair, search, settings.high)
    progress("过关测评", 0.5)
    try:
        present = intents.measured(Reader.load(Path(settings.folder)), fair, search, settings.high)
    except Unavailable:
        return new, intents.refusals(new, None)
    return new, intents.refusals(new, present)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One training at a time, whichever process asks for it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "training.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as failure:
            raise Conflict("另一次训练正在进行，请等它结束。") from failure
        yield


def reader_of(settings: IntentSettings, stock: Stock, progress: Progress) -> Reader:
    """The reader in use; one is trained first if none fits ``stock``."""
    if fitting_model(settings, stock.entries) is None:
        train_model(settings, stock, progress)
    return Reader.load(Path(settings.folder))
