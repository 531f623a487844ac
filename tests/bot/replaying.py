"""Dialogues as data files, and the channels that they are replayed through."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from base.clock import SetClock
from base.outbox import Courier
from bot import Staff, TelegramSettings, is_wanted
from bot.channels.telegram import TelegramChannel
from bot.plain import as_turn
from bot.store import at_address
from server.house import House
from tests.bot.telegram_emulator import TOKEN, Emulator
from tests.journeys.served import HOUSE
from tests.server.conftest import Client

FOLDER = Path(__file__).parent / "dialogues"
CLERK = Staff("staff:3", "王芳")
CHAT = 5001
PERSON = "do:human"
Way = Literal["chat", "telegram", "ask"]


class Step(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What happens (exactly one of the first four), and what must come of it; what is left out is not looked at.

    ``tap``: the label of a button that was shown last. ``wait``: minutes. ``staff``: claim, give_back, or what the
    clerk says. ``topic`` "-": none. ``person``: whether one is offered by a button. ``says`` and ``omits``: fragments
    of everything that is shown. ``alarm``: the number to call, "-": none. ``silent``: nothing is said.
    """

    say: str = ""
    tap: str = ""
    wait: int = 0
    staff: str = ""
    action: str = ""
    act: str = ""
    topic: str = ""
    topics: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    state: str = ""
    complete: bool | None = None
    person: bool | None = None
    cites: tuple[str, ...] = ()
    menu: int | None = None
    says: tuple[str, ...] = ()
    omits: tuple[str, ...] = ()
    alarm: str = ""
    silent: bool = False


class Dialogue(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One conversation. ``live``: people take over in service hours, which the hall has confirmed."""

    about: str
    at: datetime = datetime.fromisoformat("2026-11-23T09:00:00+08:00")
    live: bool = False
    ways: tuple[Way, ...] = ("chat", "telegram", "ask")
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a step: the turns as the API gives them, all words shown, the buttons, who has the word."""

    turns: tuple[Mapping[str, Any], ...]
    text: str
    state: str
    choices: tuple[str, ...] = ()

    @property
    def last(self) -> Mapping[str, Any]:
        """The last turn."""
        return self.turns[-1]


class Channel(Protocol):
    """A way to the receptionist."""

    async def take(self, step: Step) -> Heard:
        """Let the step happen."""


def dialogues() -> list[tuple[str, Dialogue]]:
    """Every dialogue by its file's name."""
    paths = sorted(FOLDER.glob("*.yaml"))
    return [(path.stem, msgspec.yaml.decode(path.read_bytes(), type=Dialogue)) for path in paths]


class Rest:
    """What no enterprise does: time passes, a clerk takes the word."""

    def __init__(self, house: House, clock: SetClock) -> None:
        self.house = house
        self._clock = clock
        self._said = 0

    async def happen(self, step: Step, conversation: int) -> None:
        """Let time or the clerk act."""
        receptionist = self.house.receptionist
        self._said += 1
        if step.wait:
            self._clock.advance(minutes=step.wait)
            await receptionist.tend()
        elif step.staff == "claim":
            await receptionist.claim(conversation, CLERK)
        elif step.staff == "give_back":
            await receptionist.give_back(conversation, CLERK)
        else:
            await receptionist.staff_say(conversation, CLERK, step.staff, key=f"staff:{self._said}")


class Chat:
    """The web chat's API."""

    def __init__(self, client: Client, rest: Rest) -> None:
        self._client = client
        self._rest = rest
        self._secret = ""
        self._seq = 0
        self._buttons: list[Mapping[str, str]] = []

    async def take(self, step: Step) -> Heard:
        """Say it, tap it, or let it happen; then fetch what is new."""
        if step.say or step.tap:
            await self._post(step)
        else:
            conversation, _ = await self._rest.house.receptionist.read(self._secret)
            await self._rest.happen(step, conversation.id)
        response = await self._client.get(f"/api/v1/chat/{self._secret}?after={self._seq}")
        found = await response.json()
        turns, self._seq = tuple(found["turns"]), found["seq"]
        if turns:
            self._buttons = turns[-1]["buttons"]
        choices = tuple(each.get("choice", "") for turn in turns for each in turn["buttons"])
        return Heard(turns, "\n".join(turn["text"] for turn in turns), found["state"], choices)

    async def _post(self, step: Step) -> None:
        choices = [each["choice"] for each in self._buttons if each["label"] == step.tap and "choice" in each]
        said = {"choice": choices[0]} if step.tap else {"text": step.say}
        body = {"key": f"k{self._seq}", **said, **({"conversation": self._secret} if self._secret else {})}
        response = await self._client.post("/api/v1/chat", json=body)
        assert response.status == 200, await response.text()
        self._secret = (await response.json())["conversation"]


class Telegram:
    """The bot's edge over the emulated platform; ``close`` when done."""

    def __init__(self, emulator: Emulator, rest: Rest) -> None:
        settings = TelegramSettings(
            token=TOKEN, api_url=emulator.url, poll_seconds=0, chat_per_second=1e9, total_per_second=1e9
        )
        self._emulator = emulator
        self._rest = rest
        self._channel = TelegramChannel(settings, rest.house.receptionist)
        self._courier = Courier(rest.house.db)
        self._courier.employ("telegram", self._channel.carry, is_wanted)
        self._seq = 0

    async def open(self) -> None:
        """Begin long polling."""
        await self._channel.start()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._channel.stop()

    async def take(self, step: Step) -> Heard:
        """Write it, tap it, or let it happen; then look at what the platform was sent."""
        before, emulator = len(self._emulator.sent), self._emulator
        if step.tap:
            emulator.tap(CHAT, dict(emulator.sent[-1].buttons)[step.tap])
        elif step.say:
            emulator.write(CHAT, step.say)
        else:
            await self._rest.happen(step, await self._number())
        await self._channel.poll_once()
        await self._channel.idle()
        while await self._courier.deliver_due():
            pass
        sent = emulator.sent[before:]
        messages = await self._rest.house.receptionist.transcript(await self._number())
        turns = tuple(as_turn(each.turn) for each in messages if each.seq > self._seq and each.turn is not None)
        self._seq = messages[-1].seq
        choices = tuple(choice for each in sent for _, choice in each.buttons)
        return Heard(turns, "\n".join(each.text for each in sent), await self._state(), choices)

    async def _number(self) -> int:
        found = await self._rest.house.db.read(lambda session: at_address(session, "telegram", str(CHAT)))
        assert found is not None
        return found.id

    async def _state(self) -> str:
        found = await self._rest.house.db.read(lambda session: at_address(session, "telegram", str(CHAT)))
        assert found is not None
        return found.state.value


class Ask:
    """``main.py ask --json --file``: its answers were made before, all dialogues in one file; nothing but words."""

    def __init__(self, name: str, answers: Mapping[str, Mapping[str, Any]]) -> None:
        self._name = name
        self._answers = answers
        self._place = 0

    async def take(self, step: Step) -> Heard:
        """The answer that the command printed."""
        del step
        turn = self._answers[f"{self._name}:{self._place}"]
        self._place += 1
        return Heard((turn,), turn["text"], "")


def spoken(dialogue: Dialogue) -> list[tuple[Step, datetime]]:
    """What a file of questions can hold of ``dialogue``: its words up to the first tap or clerk, each with its time."""
    now, found = dialogue.at, []
    for step in dialogue.steps:
        if step.wait:
            now += timedelta(minutes=step.wait)
        elif step.say:
            found.append((step, now))
        else:
            break
    return found


def asked(known: Sequence[tuple[str, Dialogue]], folder: Path, scratch: Path) -> dict[str, dict[str, Any]]:
    """What the command answers to the words of ``known``, by “dialogue:place”."""
    lines = [
        {"id": f"{name}:{place}", "text": step.say, "conversation": name, "at": now.isoformat()}
        for name, dialogue in known
        if "ask" in dialogue.ways
        for place, (step, now) in enumerate(spoken(dialogue))
    ]
    questions = scratch / "questions.jsonl"
    questions.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    environment = {
        **os.environ,
        "HALL_INTENTS_FOLDER": str(folder),
        "HALL_DATABASE_URL": f"sqlite:///{scratch / 'new' / 'nothing.db'}",
    }
    command = [sys.executable, str(HOUSE / "main.py"), "ask", "--json", "--file", str(questions)]
    printed = subprocess.run(  # noqa: S603 (our own command)
        command, cwd=HOUSE, env=environment, check=True, capture_output=True, text=True
    )
    return {each["id"]: each for each in map(json.loads, printed.stdout.splitlines())}
