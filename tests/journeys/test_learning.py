"""A question that was missed, taken up by an editor, published by another, learnt, and read: without a restart."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from base.clock import SetClock
from intents import IntentSettings
from server.access import Role
from server.app import create_app
from server.doors import NewStaff, Passwords
from server.house import House
from server.learner import Learner
from server.settings import DatabaseSettings
from tests.conftest import START
from tests.knowledge.builders import starter_of
from tests.server.conftest import PASSWORD, QUICK, Client, make_tables, settings_on
from tests.server.small_school import small_entries, small_school
from tests.server.staff_builders import asked, page, told, words

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("training")]

WORDING = "撸串档口要过哪些关"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[TestServer]:
    """A hall with a small library, whose reader learns from few sentences."""
    own = IntentSettings(folder=str(tmp_path / "models"), retrain_minutes=0)
    settings, clock = settings_on(tmp_path / "hall.db").replace(own), SetClock(START)
    tables = make_tables(settings[DatabaseSettings].url, clock)
    app = create_app(settings, clock)
    house: House = app["house"]
    await tables.write(lambda session: house.library.load_starter(session, starter_of(*small_entries())))
    await tables.close()
    house.doors.passwords = Passwords(QUICK)
    house.learner = Learner(own, house.db, small_school(settings))
    running = TestServer(app)
    async with running:
        yield running


async def signed_in(server: TestServer, house: House, name: str) -> Client:
    """An editor's browser."""
    await house.doors.add_staff(NewStaff(name, name, (Role.EDITOR,), house.hall_id, PASSWORD))
    browser = TestClient(server)
    assert (await asked(browser, "/api/v1/session", {"username": name, "password": PASSWORD}))[0] == 200
    return browser


async def until_warm(house: House) -> None:
    """The reader is there."""
    while not house.is_warm:
        await house.db.read(lambda session: session.now)


async def candidates(visitor: Client, key: str) -> tuple[str, list[str]]:
    """Somebody new says the wording: what the bot does, and what it thinks of first."""
    status, answer = await asked(visitor, "/api/v1/chat", {"key": key, "text": WORDING})
    assert status == 200
    turn = answer["turns"][-1]
    return turn["action"], [each["topic"] for each in turn["candidates"]][:1]


async def test_a_missed_wording_is_learnt(server: TestServer) -> None:
    """Only after the second person published it and the new model passed."""
    house: House = server.app["house"]
    await until_warm(house)
    first = house.learner.reader
    assert first is not None
    async with TestClient(server) as visitor:
        assert (await candidates(visitor, "a"))[0] != "answer"
        writer, other = await signed_in(server, house, "liming"), await signed_in(server, house, "zhou")
        _, html = await page(writer, "/library/misses")
        assert "1 家问过" in words(html)
        marks = html.split('name="marks" value="')[1].split('"')[0]
        body = {
            "code": "food",
            "wordings": f"{WORDING}\n撸串档口要办啥证\n开撸串档口的手续",
            "marks": marks,
            "askers": 1,
        }
        assert (await asked(writer, "/api/v1/misses/wordings", body))[0] == 200
        assert (await asked(writer, "/api/v1/models/train"))[0] == 409  # nothing is published yet
        assert (await asked(other, "/api/v1/library/food/review-and-publish", {"revision": 2}))[0] == 200
        assert (await asked(other, "/api/v1/models/train"))[0] == 202
        await house.learner.wait()
        _, models = await page(other, "/library/models")
        assert ("现在的知识库已经学进去了" in models, models.count("使用中")) == (True, 1)
        assert house.learner.reader is not None
        assert house.learner.reader.version != first.version
        assert (await candidates(visitor, "b"))[1] == ["food"]
        status, _ = await told(visitor, "/readyz")
        assert status == 200
        assert (await asked(other, "/api/v1/models/rollback"))[1]["version"] == first.version
        await writer.close()
        await other.close()
