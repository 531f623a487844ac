"""What another counter would change, over HTTP; the loop that foresees."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from base.clock import SetClock
from tests.server.queue_house import OpenHouse, open_house


@pytest.fixture
async def house(tmp_path: Path, clock: SetClock) -> AsyncIterator[OpenHouse]:
    """A server over a new hall on SQLite."""
    async with open_house(f"sqlite:///{tmp_path / 'hall.db'}", clock) as opened:
        yield opened


async def test_supervisor_asks_what_another_counter_changes(house: OpenHouse) -> None:
    """The sentence and the figures; clerks may not ask, and a wrong number is explained."""
    await house.open(2)
    for _ in range(5):
        await house.take("A")
    status, answer = await house.get("/what-if?open=3", "supervisor")
    assert status == 200
    assert answer["text"].startswith("再开 3 号窗：")
    effect = next(one for one in answer["effects"] if one["service"] == "A")
    assert effect["after_minutes"] < effect["before_minutes"]
    assert (await house.get("/what-if?open=3", "clerk-2"))[0] == 403
    status, refusal = await house.get("/what-if?open=x", "supervisor")
    assert (status, refusal["error"]["field"]) == (400, "open")
    status, refusal = await house.get("/what-if", "supervisor")
    assert (status, refusal["error"]["field"]) == (400, "open")


async def test_the_tick_keeps_what_the_board_shows(house: OpenHouse) -> None:
    """Three steps, the play in a thread of its own."""
    await house.open(2)
    for _ in range(5):
        await house.take("A")
    await house.house.foresee()
    _, board = await house.get("/board", "supervisor")
    waits = {line["service"]: line["wait"] for line in board["waiting"]}
    assert waits["A"] is not None
    assert waits["C"] is None
