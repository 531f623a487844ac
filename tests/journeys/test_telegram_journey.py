"""An enterprise asks in Telegram: a real server, a Bot API over real HTTP, a supervisor at the API, and kills."""

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.bot.telegram_emulator import TOKEN, Emulator, emulated
from tests.journeys.served import Served, served
from tests.journeys.trained import trained_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

CHAT = 5001
SECRET = "s3cret"
MOVED = "俺们加工厂挪到城南园区了，执照地址得咋改，要啥材料"
ANSWER = "烟草专卖零售许可由县烟草专卖局办理，请到该局或其线上平台申请。"
IN_FLIGHT = 8


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained reader."""
    return trained_folder(tmp_path_factory.mktemp("trained"))


@pytest.fixture
async def platform() -> AsyncIterator[Emulator]:
    """Telegram's side."""
    async with emulated() as running:
        yield running


def environment(platform: Emulator, models: Path, mode: str = "polling") -> dict[str, str]:
    """What an operator sets to open Telegram."""
    return {
        "HALL_INTENTS_FOLDER": str(models),
        "HALL_TELEGRAM_TOKEN": TOKEN,
        "HALL_TELEGRAM_SECRET": SECRET,
        "HALL_TELEGRAM_MODE": mode,
        "HALL_TELEGRAM_API_URL": platform.url,
        "HALL_TELEGRAM_POLL_SECONDS": "2",
    }


async def ask(platform: Emulator, text: str) -> str:
    """Write ``text`` and, once the bot has answered, give its answer with the labels of its buttons."""
    before = len(platform.texts(CHAT))
    update = platform.write(CHAT, text)
    if platform.webhook:
        assert await platform.push(update) == 200
    await platform.until(lambda: len(platform.texts(CHAT)) > before)
    labels = [label for label, _ in platform.sent[-1].buttons]
    return "\n".join([platform.texts(CHAT)[-1], *labels])


async def ask_and_ask_on(platform: Emulator) -> None:
    """The question in everyday words, and the one that leans on it."""
    answer = await ask(platform, MOVED)
    assert "公司变更登记" in answer
    assert "新住所使用相关文件" in answer
    assert "市场主体登记管理条例第24条" in answer
    answer = await ask(platform, "那得多少钱")
    assert "公司变更登记" in answer
    assert "免费" in answer


@asynccontextmanager
async def administrator(server: Served) -> AsyncIterator[aiohttp.ClientSession]:
    """The administrator at the API, with a password of their own."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(server.url, cookie_jar=jar) as client:
        password = server.admin_password()
        await post(client, "/api/v1/session", username="admin", password=password)
        await post(client, "/api/v1/session/password", old=password, new="a-long-new-password")
        yield client


async def post(client: aiohttp.ClientSession, path: str, **body: object) -> dict[str, Any]:
    """What the API answers."""
    async with client.post(path, json=body) as response:
        answer: dict[str, Any] = await response.json()
        assert response.ok, answer
        return answer


async def answer_case(server: Served, number: str) -> None:
    """The supervisor finds the case among the open ones and answers it at once."""
    async with administrator(server) as client:
        async with client.get("/api/v1/cases") as response:
            found = next(one for one in (await response.json())["cases"] if one["number"] == number)
        assert "answer_now" in found["actions"]
        answered = await post(client, f"/api/v1/cases/{found['id']}/answer_now", version=found["version"], text=ANSWER)
        assert answered["state"] == "answered"


async def test_asked_answered_handed_over_and_told_back(platform: Emulator, models: Path, tmp_path: Path) -> None:
    """By long polling, the whole way: answered with its basis, asked on, handed to a person, told in the same chat."""
    async with served(tmp_path, **environment(platform, models)) as server:
        await server.wait_until_ready()
        await ask_and_ask_on(platform)
        assert re.search("人工|工作人员", await ask(platform, "我想办烟草零售许可证，找谁"))
        number = re.search(r"K\d{8}-\d{3}", await ask(platform, "人工"))
        assert number is not None
        before = len(platform.texts(CHAT))
        await answer_case(server, number.group())
        await platform.until(lambda: any(ANSWER in text for text in platform.texts(CHAT)[before:]))
        assert {one.chat for one in platform.sent} == {CHAT}


async def test_by_webhook(platform: Emulator, models: Path, tmp_path: Path) -> None:
    """Pushed to the server's own address, with the secret and not without; what is pushed twice is answered once."""
    async with served(tmp_path, **environment(platform, models, "webhook")) as server:
        await server.wait_until_ready()
        await platform.until(lambda: bool(platform.webhook))
        assert platform.webhook == f"{server.url}/api/v1/telegram"
        assert await platform.push(platform.write(CHAT, "你好"), secret="wrong") == 403
        await ask_and_ask_on(platform)
        assert await platform.push(platform.updates[-1]) == 200
        await ask(platform, "谢谢")
        assert len(platform.texts(CHAT)) == 3


def unanswered(folder: Path) -> list[str]:
    """What a killed server has stored and not answered."""
    with closing(sqlite3.connect(folder / "hall.db")) as db:
        return [row[0] for row in db.execute("SELECT text FROM message WHERE handled_at IS NULL ORDER BY id")]


async def test_killed_between_storing_and_answering(platform: Emulator, models: Path, tmp_path: Path) -> None:
    """While the reader warms, messages are stored and confirmed; the next process answers them, reader and all."""
    platform.write(CHAT, MOVED)
    async with served(tmp_path, **environment(platform, models)) as server:
        await platform.until(lambda: not platform.updates)
        await server.kill()
        assert unanswered(tmp_path) == [MOVED]
        assert platform.texts(CHAT) == []
        await server.start()
        await platform.until(lambda: bool(platform.texts(CHAT)))
        assert "公司变更登记" in platform.texts(CHAT)[0]
        assert "免费" in await ask(platform, "那得多少钱")
        assert len(platform.texts(CHAT)) == 2


async def test_killed_amid_answers(platform: Emulator, models: Path, tmp_path: Path) -> None:
    """Some fetched, some stored, some answered, some sent: after the restart each chat has its answer."""
    chats = range(CHAT, CHAT + IN_FLIGHT)
    async with served(tmp_path, **environment(platform, models)) as server:
        await server.wait_until_ready()
        for chat in chats:
            platform.write(chat, MOVED)
        await platform.until(lambda: bool(platform.sent))
        await server.kill()
        await server.start()
        await platform.until(lambda: {one.chat for one in platform.sent} == set(chats))
        assert unanswered(tmp_path) == []
    assert all("公司变更登记" in one.text for one in platform.sent)
    assert len(platform.sent) <= IN_FLIGHT * 2
