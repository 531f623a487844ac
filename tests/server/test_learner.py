"""The reader in use: trained in its own process, judged, swapped while everything runs, rolled back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from base.clock import SetClock
from base.db import Database, ReadSession
from base.errors import Conflict, NotFound
from base.journal import history
from base.settings import Settings
from intents import IntentSettings, Reader, newest, no_progress
from knowledge import Entry, KnowledgeSettings, Library
from server.learner import Learner, School, told_of
from server.learning import Lessons, Stock, train_model
from server.settings import DatabaseSettings
from tests.conftest import START
from tests.intents.builders import small_examples
from tests.knowledge.builders import starter_of
from tests.server.conftest import make_tables, settings_on
from tests.server.small_school import DAY, small_entries, small_school

ACTOR = "staff:1"
NEW_WORDING = "撸串档口要过哪些关"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A database and a folder of models of the test's own."""
    own = IntentSettings(folder=str(tmp_path / "models"), retrain_minutes=0)
    return settings_on(tmp_path / "small.db").replace(own)


@pytest.fixture
async def library_db(settings: Settings) -> AsyncIterator[Database]:
    """The database, with the small library published."""
    db = make_tables(settings[DatabaseSettings].url, SetClock(START))
    library = Library(settings[KnowledgeSettings])
    await db.write(lambda session: library.load_starter(session, starter_of(*small_entries())))
    yield db
    await db.close()


@pytest.fixture
def learner(settings: Settings, library_db: Database) -> Learner:
    """Nothing learnt yet; its school is the small one."""
    return Learner(settings[IntentSettings], library_db, small_school(settings))


def stock_of_small(*entries: Entry) -> Stock:
    """The small library in memory."""
    library = Library(KnowledgeSettings())
    library.use(entries or small_entries(), DAY)
    return Stock(library, entries or small_entries(), "test")


def reader_of(learner: Learner) -> str:
    """The version in use."""
    return learner.reader.version if learner.reader else ""


async def published(library: Library, db: Database, entry: Entry) -> None:
    """``entry`` drafted by one and published by another."""
    draft = await db.write(lambda session: library.draft(session, entry, "staff:1"))
    await db.write(lambda session: library.review(session, entry.id, draft.revision, "staff:2"))
    await db.write(lambda session: library.publish(session, entry.id, draft.revision, "staff:2"))
    await db.read(library.refresh)


async def test_what_was_published_is_read_without_a_restart(
    settings: Settings, library_db: Database, learner: Learner
) -> None:
    """Warm trains the first model; a change and a second training swap the reader; rollback swaps it back."""
    library = Library(settings[KnowledgeSettings])
    await library_db.read(library.refresh)
    await learner.warm(tuple(library.snapshot.entries.values()))
    first = learner.reader
    assert first is not None
    assert (learner.state, learner.is_training) == ("ready", False)
    with pytest.raises(Conflict, match="没有变过"):
        await learner.start_training(tuple(library.snapshot.entries.values()), ACTOR)

    food = library.snapshot.entries["food"]
    await published(library, library_db, replace(food, questions=(*food.questions, NEW_WORDING, "撸串档口")))
    entries = tuple(library.snapshot.entries.values())
    await learner.start_training(entries, ACTOR)
    with pytest.raises(Conflict, match="正在训练"):
        await learner.start_training(entries, ACTOR)
    await learner.wait()
    assert learner.trouble == ""
    second = learner.reader
    assert isinstance(second, Reader)
    assert second.version != first.version
    assert second.read(NEW_WORDING).topic == "food"

    in_use, former = await learner.versions()
    assert (in_use.name, in_use.is_in_use, former.is_in_use, former.is_former) == (second.version, True, False, True)
    assert await learner.roll_back(ACTOR) == first.version
    assert reader_of(learner) == first.version
    with pytest.raises(Conflict, match="不能回退"):
        await learner.roll_back(ACTOR)
    await learner.use(second.version, ACTOR)
    assert reader_of(learner) == second.version
    with pytest.raises(NotFound):
        await learner.use("9999-none", ACTOR)

    def look(session: ReadSession) -> list[tuple[str, str]]:
        return [(row.action, row.actor) for row in history(session, f"model:{second.version}")]

    assert await library_db.read(look) == [("model.trained", "system"), ("model.use", ACTOR)]


async def test_another_process_s_choice_is_followed(learner: Learner, settings: Settings) -> None:
    """``main.py train`` and ``rollback`` beside a running server."""
    await learner.follow()
    assert learner.reader is None
    made = train_model(settings[IntentSettings], stock_of_small(), no_progress, Lessons(small_examples(), ()))
    await learner.follow()
    assert learner.reader is not None
    assert (learner.reader.version, made.refusals) == (made.version, ())
    assert str(made) == f"已训练并启用阅读模型 {made.version}。"


async def test_a_model_that_fails_its_gates_is_kept_but_not_used(settings: Settings, learner: Learner) -> None:
    """With a sentence why; it cannot be put in use by hand either."""
    own, examples = settings[IntentSettings], small_examples()
    good = train_model(own, stock_of_small(), no_progress, Lessons(examples, ()))
    upside_down = tuple(replace_topics(each.topics) for each in examples)
    spoiled = tuple(
        each if not each.topics else type(each)(each.text, each.act, each.facets, wrong, each.group, each.register)
        for each, wrong in zip(examples, upside_down, strict=True)
    )
    bad = train_model(own, stock_of_small(), no_progress, Lessons(examples, spoiled))
    assert newest(Path(own.folder)) == good.version
    assert bad.refusals[0].startswith("首选事项正确 0.0%，低于下限 90.0%")
    assert "没有启用" in str(bad)
    with pytest.raises(Conflict, match="没有过关"):
        await learner.use(bad.version, ACTOR)


def replace_topics(topics: tuple[str, ...]) -> tuple[str, ...]:
    """The topics of another matter."""
    return ("eia",) if topics != ("eia",) else ("food",)


async def test_training_that_breaks_leaves_the_reader_alone(settings: Settings, library_db: Database) -> None:
    """The trouble is told; nothing is swapped."""
    broken = School(("/bin/false",), {}, small_examples())
    learner = Learner(settings[IntentSettings], library_db, broken)
    await learner.start_training(small_entries(), ACTOR)
    await learner.wait()
    assert (learner.reader, learner.is_training) == (None, False)
    assert learner.trouble == "训练没有完成，现用的模型不变；详情见系统日志。"


async def test_a_changed_library_is_learnt_once_it_stands_still(
    settings: Settings, library_db: Database, learner: Learner
) -> None:
    """The tick that sees the change waits; the next trains; the one after has nothing to do."""
    library = Library(settings[KnowledgeSettings])
    await learner.tend(library)
    await library_db.read(library.refresh)
    await learner.tend(library)
    assert await learner.versions() == []
    await learner.tend(library)
    await learner.wait()
    assert [each.is_in_use for each in await learner.versions()] == [True]
    await learner.tend(library)
    assert not learner.is_training


def test_training_is_told_the_settings(tmp_path: Path) -> None:
    """Database, models and search of this server, whatever its config file is called."""
    told = told_of(settings_on(tmp_path / "x.db"))
    assert told["HALL_DATABASE_URL"] == f"sqlite:///{tmp_path / 'x.db'}"
    assert (told["HALL_INTENTS_FOLDER"], told["HALL_INTENTS_TRAINS_AT_START"]) == ("var/models", "false")
