"""Dialogues replayed through every channel with the reader as it ships: what is done, said and not said."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from base.clock import SetClock
from base.db import WriteSession
from base.settings import Settings
from bot import BotSettings
from intents import IntentSettings, Reader
from server.house import House
from tests.bot.replaying import (
    FOLDER,
    PERSON,
    Ask,
    Channel,
    Chat,
    Dialogue,
    Heard,
    Rest,
    Step,
    Telegram,
    asked,
    dialogues,
    spoken,
)
from tests.bot.telegram_emulator import emulated
from tests.journeys.trained import trained_folder
from tests.server.conftest import furnished, house_of, opened, settings

__all__ = ["furnished", "settings"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400), pytest.mark.xdist_group("training")]
KNOWN = dialogues()
BY_NAME = dict(KNOWN)


def named(way: str) -> list[str]:
    """The dialogues that can be replayed in ``way``."""
    return [name for name, dialogue in KNOWN if way in dialogue.ways]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained reader."""
    return trained_folder(tmp_path_factory.mktemp("trained"))


@pytest.fixture(scope="module")
def reader(models: Path) -> Reader:
    """The trained reader, loaded once."""
    return Reader.load(models)


@pytest.fixture(scope="module")
def answers(models: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the command answers to every dialogue."""
    return asked(KNOWN, models, tmp_path_factory.mktemp("asked"))


def _number(wanted: str, alarm: str) -> str:
    """The number that is wanted if the alarm names it, else what the alarm says; “-” if there is none."""
    return wanted if wanted and wanted in alarm else alarm or "-"


def faults(step: Step, heard: Heard) -> list[str]:
    """What came out otherwise than the step demands."""
    if step.silent or not heard.turns:
        return [] if step.silent and not heard.turns else [f"{'spoke' if step.silent else 'silent'}: {heard.text}"]
    last = heard.last
    wanted: dict[str, tuple[object, object]] = {
        "action": (step.action, last["action"]),
        "act": (step.act, last["act"]),
        "topic": (step.topic, last["topic"] or "-"),
        "topics": (list(step.topics), last["topics"]),
        "facets": (sorted(step.facets), sorted(last["facets"])),
        "complete": (step.complete, last["complete"]),
        "cites": (sorted(step.cites), sorted(each["id"] for each in last["sources"])),
        "state": (step.state, heard.state or step.state),
    }
    if "parts" in last:
        alarm = last["parts"]["alarm"]
        wanted["person"] = (step.person, PERSON in heard.choices)
        wanted["menu"] = (step.menu, len(last["parts"]["menu"]))
        wanted["alarm"] = (step.alarm, _number(step.alarm, alarm))
    unlike = [f"{name}: {is_} ≠ {want}" for name, (want, is_) in wanted.items() if want not in ("", [], None, is_)]
    unlike += [f"not said: {words}" for words in step.says if words not in heard.text]
    return unlike + [f"said: {words}" for words in step.omits if words in heard.text]


async def replay(dialogue: Dialogue, channel: Channel, steps: list[Step]) -> None:
    """Let every step happen and gather what is wrong."""
    wrong = []
    for place, step in enumerate(steps, 1):
        heard = await channel.take(step)
        what = step.say or step.tap or step.staff or f"{step.wait} min"
        wrong += [f"{place}. {what} → {fault}" for fault in faults(step, heard)]
        if faults(step, heard):
            wrong.append(f"   {heard.text[:600]}")
    assert not wrong, "\n".join([dialogue.about, *wrong])


@asynccontextmanager
async def seated(dialogue: Dialogue, base: Settings, reader: Reader) -> AsyncIterator[tuple[Any, Rest]]:
    """A server at the dialogue's hour, with the trained reader in its seat."""
    clock = SetClock(dialogue.at)
    own = IntentSettings(folder=str(FOLDER / "models"), trains_at_start=False)  # the seat stays empty until it is taken
    async with opened(base.replace(BotSettings(live_desk=dialogue.live), own), clock) as server:
        house: House = house_of(server)
        while not house.is_warm:  # noqa: ASYNC110 (nothing tells but the flag)
            await asyncio.sleep(0.01)
        house.learner.reader = reader
        if dialogue.live:
            await house.db.write(lambda session: confirm_hours(session, house), f"hall:{house.hall_id}")
        yield server, Rest(house, clock)


def confirm_hours(session: WriteSession, house: House) -> None:
    """The hall says that its hours are right."""
    about = house.hall.about(session, house.hall_id)
    house.hall.set_hours(session, house.hall_id, dict(about.hours), "staff:1")


@pytest.mark.parametrize("name", named("chat"))
async def test_by_web_chat(name: str, settings: Settings, reader: Reader) -> None:
    """Over the chat API of a server in this process."""
    dialogue = BY_NAME[name]
    async with seated(dialogue, settings, reader) as (server, rest), TestClient(server) as client:
        await replay(dialogue, Chat(client, rest), list(dialogue.steps))


@pytest.mark.parametrize("name", named("telegram"))
async def test_by_telegram(name: str, settings: Settings, reader: Reader) -> None:
    """Over the emulated platform, by long polling."""
    dialogue = BY_NAME[name]
    async with seated(dialogue, settings, reader) as (_, rest), emulated() as platform:
        channel = Telegram(platform, rest)
        await channel.open()
        try:
            await replay(dialogue, channel, list(dialogue.steps))
        finally:
            await channel.close()


@pytest.mark.parametrize("name", named("ask"))
async def test_by_command(name: str, answers: dict[str, dict[str, Any]]) -> None:
    """``ask --json --file``, every dialogue a conversation of its lines."""
    dialogue = BY_NAME[name]
    await replay(dialogue, Ask(name, answers), [step for step, _ in spoken(dialogue)])


def test_there_are_sixty() -> None:
    """Replayed through the chat and Telegram, most of them by the command too."""
    assert len(KNOWN) >= 60
    assert len(named("chat")) == len(named("telegram")) == len(KNOWN)
    assert len(named("ask")) >= 40
