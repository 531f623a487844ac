"""The displays over HTTP: the voice's clips, what the board says of the day, the panel's states."""

import io
import re
import wave
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient

from base.clock import SetClock
from base.settings import Settings
from hallqueue import Board
from hallqueue.views import HitRate
from server import voice, voice_maker
from server.access import Role
from server.house import House
from server.screen import hit_day
from server.settings import VoiceSettings
from tests.server.conftest import house_of, opened
from tests.server.queue_house import OpenHouse, open_house

MOST_BYTES = 1_500_000


@pytest.fixture
async def open_hall(tmp_path: Path, clock: SetClock) -> AsyncIterator[OpenHouse]:
    """A server over a new hall."""
    async with open_house(f"sqlite:///{tmp_path / 'hall.db'}", clock) as opened_house:
        yield opened_house


def words(page: str) -> str:
    """What a person reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_clips_that_ship_are_whole_and_small() -> None:
    """Each of the list stands in the tree as 16-bit mono WAV, nothing else does."""
    files = {path.stem: path for path in voice.OWN_FOLDER.iterdir()}
    assert set(files) == set(voice.CLIPS)
    assert sum(path.stat().st_size for path in files.values()) <= MOST_BYTES
    for path in files.values():
        with wave.open(str(path)) as clip:
            assert (clip.getnchannels(), clip.getsampwidth(), clip.getframerate()) == (1, 2, voice_maker.RATE)
            assert clip.getnframes() > 0


def test_counters_are_said_as_people_say_them() -> None:
    """Ten to thirty in one clip."""
    said = [voice.CLIPS[f"counter-{number}"] for number in (10, 12, 20, 25, 30)]
    assert said == ["十", "十二", "二十", "二十五", "三十"]


def test_a_hall_may_record_some_clips_of_its_own(tmp_path: Path) -> None:
    """Files of other names are left alone; a folder that is not there leaves the other voices."""
    for name in ("qing.mp3", "digit-0.wav", "hello.wav", "qing.txt"):
        (tmp_path / name).write_bytes(b"x")
    assert voice.recorded(str(tmp_path)) == {
        "qing": tmp_path / "qing.mp3",
        "digit-0": tmp_path / "digit-0.wav",
    }
    assert voice.recorded("") == voice.recorded(str(tmp_path / "nowhere")) == {}


async def test_a_screen_fetches_its_clips(settings: Settings, clock: SetClock, tmp_path: Path) -> None:
    """The hall's recordings by their names, the house's for ever under their digest; nobody else gets recordings."""
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "qing.ogg").write_bytes(b"OggS")
    spoken = settings.replace(VoiceSettings(folder=str(tmp_path / "clips")))
    async with opened(spoken, clock) as server, TestClient(server) as client:
        assert (await client.get("/screen/voice")).status == 401
        screen = {"Authorization": f"Bearer {await house_of(server).doors.add_token(Role.SCREEN, 1)}"}
        told = await (await client.get("/screen/voice", headers=screen)).json()
        assert told["recorded"] == {"qing": "/screen/voice/qing.ogg"}
        answer = await client.get(told["recorded"]["qing"], headers=screen)
        assert (answer.content_type, await answer.read()) == ("audio/ogg", b"OggS")
        assert (await client.get("/screen/voice/hall.db", headers=screen)).status == 404
        clip = await client.get(told["own"]["chime"])
        for_ever = "public, max-age=31536000, immutable"
        assert (clip.content_type, clip.headers["Cache-Control"]) == ("audio/wav", for_ever)
        with wave.open(io.BytesIO(await clip.read())) as heard:
            assert heard.getnframes() > 0


async def test_the_board_marks_trial_and_says_what_the_hall_says(open_hall: OpenHouse) -> None:
    """试运行, the notice; a message to all waiting takes the notice's place."""
    _, page = await open_hall.page("/screen", "screen")
    assert "试运行" in words(page)
    assert "过号后 30 分钟内" in words(page)
    house = open_hall.house
    await house.db.write(
        lambda session: house.hall.announce(session, house.hall_id, "系统维护，办理稍慢", "staff:1", minutes=30),
        f"hall:{house.hall_id}",
    )
    await open_hall.take("A")
    _, board = await open_hall.page("/screen/board", "screen")
    assert "广播 系统维护，办理稍慢" in words(board)


async def test_a_withdrawn_call_is_marked(open_hall: OpenHouse) -> None:
    """Among the recent calls, once."""
    await open_hall.take("A")
    await open_hall.open(2)
    await open_hall.act(2, "undo", await open_hall.next(2), reason="误按")
    _, board = await open_hall.page("/screen/board", "screen")
    assert words(board).count("已撤回") == 1


async def test_the_day_of_the_hit_rate_is_named(house: House) -> None:
    """昨日 only if it was."""
    shown: Board = await house.db.read(lambda session: house.hall.board(session, house.hall_id))
    yesterday = HitRate(shown.day - timedelta(days=1), 86)
    friday = HitRate(date(2026, 2, 27), 86)
    assert [hit_day(replace(shown, hit_rate=rate)) for rate in (yesterday, friday)] == ["昨日", "上个办公日"]


async def test_the_panel_says_why_nobody_is_served(open_hall: OpenHouse) -> None:
    """Not open, free, paused with the reason, the guide desk."""
    assert "未开放" in words((await open_hall.page("/panel/2/now", "panel"))[1])
    await open_hall.open(2)
    assert "空闲" in words((await open_hall.page("/panel/2/now", "panel"))[1])
    await open_hall.post("/counters/2/pause", {"reason": "午休"}, "clerk-2")
    assert "暂停 午休，请稍候" in words((await open_hall.page("/panel/2/now", "panel"))[1])
    assert "咨询导办" in words((await open_hall.page("/panel/1/now", "panel"))[1])
    assert (await open_hall.page("/panel/99", "panel"))[0] == 404
