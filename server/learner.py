"""``Learner``: the reader in use. It is trained in a process of its own, swapped without a restart, and rolled back."""

import asyncio
import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

import intents
from base.db import Database, WriteSession
from base.errors import Conflict, HallError, NotFound, Unavailable
from base.journal import record
from base.settings import Settings
from bot import Reads
from intents import Example, IntentSettings, Reader, Version
from knowledge import Entry, KnowledgeSettings, Library
from server.learning import fitting_model
from server.settings import DatabaseSettings

log = structlog.get_logger("learner")

MAIN = Path(__file__).parents[1] / "main.py"
TOPIC = "reader"
SYSTEM = "system"
SECTIONS: dict[str, type] = {"database": DatabaseSettings, "intents": IntentSettings, "knowledge": KnowledgeSettings}


@dataclasses.dataclass(frozen=True, slots=True)
class School:
    """How a model is trained: the command, what its process is told of the settings, the sentences (None: our own)."""

    command: tuple[str, ...] = (sys.executable, str(MAIN), "train")
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    examples: tuple[Example, ...] | None = None


def told_of(settings: Settings) -> dict[str, str]:
    """The settings that training needs, as another process reads them from its environment."""
    return {
        f"HALL_{name}_{field.name}".upper(): _plain(getattr(settings[section], field.name))
        for name, section in SECTIONS.items()
        for field in dataclasses.fields(section)
    }


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


class Learner:
    """The reader in use; None while there is none. ``trouble``: why the last training came to nothing, if it did."""

    def __init__(self, settings: IntentSettings, db: Database, school: School | None = None) -> None:
        self._settings = settings
        self._db = db
        self._school = school or School()
        self._folder = Path(settings.folder)
        self._task: asyncio.Task[None] | None = None
        self._seen = self._tended = -1
        self._version: str | None = None
        self.reader: Reads | None = None
        self.state = "warming"
        self.trouble = ""

    @property
    def retrain_minutes(self) -> int:
        """After how many quiet minutes a changed library is learnt by itself; 0: never."""
        return self._settings.retrain_minutes

    @property
    def is_training(self) -> bool:
        """Whether this process is having a model trained."""
        return self.state == "training" or (self._task is not None and not self._task.done())

    async def warm(self, entries: Sequence[Entry]) -> None:
        """Load the model in use; train one first if there is none that fits ``entries``."""
        if self._settings.trains_at_start and await self.fitting(entries) is None:
            self.state = "training"
            await self._train(SYSTEM)
        try:
            await self._load()
        except Unavailable as missing:
            self.state = "unavailable"
            log.warning("no_reader", why=missing.message)

    async def fitting(self, entries: Sequence[Entry]) -> str | None:
        """The version that was made of ``entries``, in use or not; None if it must be trained first."""
        return await asyncio.to_thread(fitting_model, self._settings, entries, self._school.examples)

    async def versions(self) -> list[Version]:
        """Every model on disk, the newest first."""
        return await asyncio.to_thread(intents.listed, self._folder)

    async def start_training(self, entries: Sequence[Entry], actor: str) -> None:
        """Have a model trained in the background. ``Conflict`` if one is, or if one fits ``entries`` already."""
        if self.is_training:
            raise Conflict("正在训练，请等它结束，通常要一两分钟。")
        known = await self.fitting(entries)
        if known is not None:
            raise Conflict(f"知识库没有变过：模型 {known} 就是用现在的知识库训练的，不必再训练。")
        self._task = asyncio.create_task(self._train(actor))

    async def tend(self, library: Library) -> None:
        """Tick: train once the library has changed and then stood still from one tick to the next."""
        snapshot, before = library.snapshot, self._seen
        self._seen = snapshot.edition
        if self.is_training or snapshot.edition in (0, self._tended) or before != snapshot.edition:
            return
        self._tended = snapshot.edition
        entries = tuple(snapshot.entries.values())
        if await self.fitting(entries) is None:
            await self.start_training(entries, SYSTEM)

    async def wait(self) -> None:
        """Until what is being trained has come to its end."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def follow(self) -> None:
        """Read with the model that is in use now, whichever process put it there."""
        current = await asyncio.to_thread(intents.newest, self._folder)
        if current not in (None, self._version):
            await self._load()

    async def roll_back(self, actor: str) -> str:
        """Go back to the model that was in use before; its name. ``Conflict`` if there is none."""
        version = await asyncio.to_thread(intents.rollback, self._folder)
        await self._used(version, actor, "model.rollback")
        return version

    async def use(self, version: str, actor: str) -> None:
        """Use a model that passed its gates. ``Conflict`` if it did not."""
        known = next((each for each in await self.versions() if each.name == version), None)
        if known is None:
            raise NotFound(f"没有版本为“{version}”的识别模型，请刷新后再选。")
        if known.refusals:
            raise Conflict(f"模型 {version} 没有过关，不能启用：{'；'.join(known.refusals)}。")
        await asyncio.to_thread(intents.promote, self._folder, version)
        await self._used(version, actor, "model.use")

    async def stop(self) -> None:
        """Let go of a training that still runs; its process ends with it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _load(self) -> None:
        reader = await asyncio.to_thread(Reader.load, self._folder)
        self.reader, self._version, self.state = reader, reader.version, "ready"

    async def _train(self, actor: str) -> None:
        log.info("training_reader", actor=actor)
        await self._note(actor, "model.train", "new")
        self.trouble = ""
        code = await self._run()
        if code:
            self.trouble = "训练没有完成，现用的模型不变；详情见系统日志。"
            log.error("training_failed", code=code)
        try:
            await self.follow()
        except HallError as missing:
            log.warning("not_swapped", why=missing.message)
        made = await self.versions()
        await self._note(SYSTEM, "model.failed" if code else "model.trained", made[0].name if made else "none")

    async def _run(self) -> int:
        school = self._school
        training = await asyncio.create_subprocess_exec(*school.command, env=dict(school.environment) or None)
        try:
            return await training.wait()
        except asyncio.CancelledError:
            training.terminate()
            raise

    async def _used(self, version: str, actor: str, action: str) -> None:
        await self.follow()
        await self._note(actor, action, version)

    async def _note(self, actor: str, action: str, version: str) -> None:
        """One row in the journal; pages and other processes look again."""

        def job(session: WriteSession) -> None:
            record(session, actor, action, f"model:{version}", [TOPIC])

        await self._db.write(job)
