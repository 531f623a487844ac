"""The queue's JSON, over real HTTP on both databases."""

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


@pytest.fixture
async def either(db_url: str, clock: SetClock) -> AsyncIterator[OpenHouse]:
    """The same on each database in turn."""
    async with open_house(db_url, clock) as opened:
        yield opened


async def test_a_number_is_taken_shown_called_served_and_rated(either: OpenHouse) -> None:
    """The main job, with the answer of each step."""
    ticket = await either.take("A", phone="13812345678")
    assert set(ticket) == {"id", "number", "token", "ahead", "wait", "rank_at"}
    assert (ticket["number"], ticket["ahead"]) == ("A001", 0)
    assert (await either.post("/counters/2/call-next", {}, "clerk-2"))[0] == 409
    session = await either.open(2)
    assert (session["counter"], session["state"], session["leg"]) == (2, "open", None)
    leg = await either.next(2)
    assert (leg["number"], leg["state"], leg["version"] > 1) == ("A001", "called", True)
    assert "start" in leg["actions"]
    assert (leg["phone"], "token" in leg) == ("138****5678", False)
    _, seen = await either.get(f"/tickets/{ticket['token']}")
    assert (seen["state"], seen["counter"]) == ("called", 2)
    status, leg = await either.act(2, "start", leg)
    assert (status, leg["state"]) == (200, "serving")
    status, leg = await either.act(2, "finish", leg, items=["company-establishment"])
    assert (status, leg["state"], leg["items_done"]) == (200, "served", ["company-establishment"])
    assert await either.next(2) == {"leg": None}
    status, seen = await either.post(f"/tickets/{ticket['token']}/rate", {"stars": 5, "tags": ["一次办成"]})
    assert (status, seen["stars"], seen["actions"]) == (200, 5, [])


async def test_the_same_key_takes_once_and_another_body_is_refused(either: OpenHouse) -> None:
    """A repeated request is answered again, not carried out again."""
    first = await either.post("/tickets", {"service": "A"}, "kiosk", key="k1")
    assert first[0] == 201
    assert await either.post("/tickets", {"service": "A"}, "kiosk", key="k1") == first
    status, answer = await either.post("/tickets", {"service": "B"}, "kiosk", key="k1")
    assert (status, answer["error"]["field"]) == (409, "Idempotency-Key")
    _, services = await either.get("/services")
    assert [one["waiting"] for one in services["services"] if one["code"] in {"A", "B"}] == [1, 0]


async def test_a_holder_gets_the_live_number_back(house: OpenHouse) -> None:
    """One live number for each proved holder and service."""
    first = await house.take("A", holder="card:7")
    status, again = await house.post("/tickets", {"service": "A", "holder": "card:7"}, "kiosk")
    assert (status, again["token"]) == (200, first["token"])
    status, refusal = await house.post("/tickets", {"service": "A", "holder": "card:7"})
    assert (status, refusal["error"]["field"]) == (403, "holder")


async def test_a_stale_command_tells_how_the_leg_stands_without_its_secrets(house: OpenHouse) -> None:
    """A version that has passed is refused with the leg as it is now."""
    ticket = await house.take("A", phone="13812345678")
    await house.open(2)
    leg = await house.next(2)
    await house.act(2, "start", leg)
    status, refusal = await house.act(2, "recall", leg)
    assert (status, refusal["error"]["code"]) == (409, "conflict")
    stands = refusal["error"]["detail"]["leg"]
    assert (stands["state"], stands["version"]) == ("serving", leg["version"] + 1)
    assert ticket["token"] not in str(refusal)
    assert "13812345678" not in str(refusal)


async def test_wrong_requests_name_their_field(house: OpenHouse) -> None:
    """Every refusal says what is wrong."""
    cases: tuple[tuple[str, dict[str, str], str], ...] = (
        ("/tickets", {"service": "A", "phone": "abc"}, "phone"),
        ("/tickets", {}, "service"),
        ("/tickets", {"service": "A", "colour": "red"}, "colour"),
        ("/tickets", {"service": "A", "priority": "P9"}, "priority"),
    )
    for path, body, field in cases:
        status, refusal = await house.post(path, body, "kiosk")
        assert (status, refusal["error"]["field"]) == (400, field)
    assert (await house.post("/tickets", {"service": "ZZ"}, "kiosk"))[0] == 404
    assert (await house.get("/tickets/nobody"))[0] == 404
    status, refusal = await house.post("/tickets", {"service": "A"}, "kiosk", key="k" * 81)
    assert (status, refusal["error"]["field"]) == (400, "Idempotency-Key")


async def test_only_clerks_work_at_counters(house: OpenHouse) -> None:
    """Visitors and kiosks cannot call."""
    assert (await house.post("/counters/2/open", {}))[0] == 401
    assert (await house.post("/counters/2/open", {}, "kiosk"))[0] == 403
    assert (await house.post("/counters/two/open", {}, "clerk-2"))[0] == 400
    assert (await house.post("/counters/99/open", {}, "clerk-2"))[0] == 404


async def test_pause_resume_close_and_heartbeat(house: OpenHouse) -> None:
    """The counter itself."""
    await house.open(2)
    status, session = await house.post("/counters/2/pause", {"reason": "午休"}, "clerk-2")
    assert (status, session["state"], session["reason"]) == (200, "paused", "午休")
    assert (await house.post("/counters/2/call-next", {}, "clerk-2"))[0] == 409
    assert (await house.post("/counters/2/pause", {"reason": "打游戏"}, "clerk-2"))[0] in {400, 409}
    assert (await house.post("/counters/2/resume", {}, "clerk-2"))[1]["state"] == "open"
    assert await house.post("/counters/2/seen", {}, "clerk-2") == (200, {})
    assert (await house.post("/counters/2/close", {}, "clerk-2"))[1]["state"] == "closed"


async def test_holder_cancels_defers_and_comes_back(house: OpenHouse) -> None:
    """What the holder of a ticket may do."""
    one, other = await house.take("A"), await house.take("A")
    _, seen = await house.post(f"/tickets/{one['token']}/defer")
    assert seen["state"] == "parked"
    await house.open(2)
    leg = await house.next(2)
    assert leg["number"] == other["number"]
    house.clock.advance(seconds=95)
    status, leg = await house.act(2, "miss", leg)
    assert (status, leg["state"]) == (200, "missed")
    status, seen = await house.post(f"/tickets/{other['token']}/restore")
    assert (status, seen["state"]) == (200, "waiting")
    status, seen = await house.post(f"/tickets/{other['token']}/cancel")
    assert (status, seen["state"], seen["actions"]) == (200, "cancelled", [])
    assert (await house.post(f"/tickets/{other['token']}/cancel"))[0] == 409


async def test_calls_are_replayed_in_order_and_the_board_agrees(either: OpenHouse) -> None:
    """Announcements have gapless numbers, an undo is one too."""
    for _ in range(2):
        await either.take("A")
    await either.open(2)
    await either.open(3)
    first, second = await either.next(2), await either.next(3)
    status, undone = await either.act(3, "undo", second, reason="误按")
    assert (status, undone["state"]) == (200, "waiting")
    _, answer = await either.get("/calls?after=0")
    kinds = [(one["number"], one["kind"], one["ticket"]) for one in answer["calls"]]
    assert kinds == [(1, "call", first["number"]), (2, "call", second["number"]), (3, "undo", second["number"])]
    assert [one["number"] for one in (await either.get("/calls?after=1&limit=1"))[1]["calls"]] == [2]
    _, board = await either.get("/board")
    assert (board["last_call"], [one["ticket"] for one in board["called"]]) == (3, [first["number"]])
    assert (await either.get("/calls?after=x"))[0] == 400


async def test_a_transfer_keeps_the_number(house: OpenHouse) -> None:
    """It waits elsewhere under the same number."""
    ticket = await house.take("A")
    await house.open(2)
    leg = await house.next(2)
    status, moved = await house.act(2, "transfer", leg, target="D")
    assert (status, moved["number"], moved["service"], moved["state"]) == (200, ticket["number"], "D", "waiting")
    _, seen = await house.get(f"/tickets/{ticket['token']}")
    assert (seen["service"], seen["state"]) == ("D", "waiting")
