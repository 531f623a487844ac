"""The rating pad over HTTP, and the ratings as supervisors read them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from base.clock import SetClock
from base.db import WriteSession
from server import doors
from server.access import Role
from tests.server.queue_house import OpenHouse, open_house


@pytest.fixture
async def open_hall(tmp_path: Path, clock: SetClock) -> AsyncIterator[OpenHouse]:
    """A server over a new hall, a clerk at counter 2."""
    async with open_house(f"sqlite:///{tmp_path / 'hall.db'}", clock) as opened:
        await opened.open(2)
        yield opened


async def serve(hall: OpenHouse) -> dict[str, Any]:
    """Somebody is served at counter 2; the leg."""
    await hall.take("A")
    _, leg = await hall.act(2, "start", await hall.next(2))
    _, leg = await hall.act(2, "finish", leg)
    return leg


async def rate(hall: OpenHouse, leg: dict[str, Any], who: str = "pad", **more: object) -> tuple[int, dict[str, Any]]:
    """Rate ``leg`` on the pad of counter 2."""
    body = {"leg": leg["leg"], "version": leg["version"], "stars": 5, **more}
    return await hall.post("/counters/2/rate", body, who)


async def test_the_pad_asks_and_the_rating_is_kept_once(open_hall: OpenHouse) -> None:
    """Idle, asking, idle again; the answer is the leg."""
    assert "data-leg" not in (await open_hall.page("/rate/2/now", "pad"))[1]
    leg = await serve(open_hall)
    _, asking = await open_hall.page("/rate/2/now", "pad")
    assert f'data-leg="{leg["leg"]}"' in asking
    assert 'data-number="A001"' in asking
    status, rated = await rate(open_hall, leg, tags=["态度热情"], text="谢谢")
    assert (status, rated["state"], rated["version"]) == (200, "served", leg["version"])
    status, refused = await rate(open_hall, leg)
    assert (status, refused["error"]["message"]) == (409, "这次办理已经评价过了，每次办理评价一次，谢谢。")
    assert "data-leg" not in (await open_hall.page("/rate/2/now", "pad"))[1]


async def test_the_same_press_sent_twice_counts_once(open_hall: OpenHouse) -> None:
    """The pad repeats with the same key after a lost connection."""
    leg = await serve(open_hall)
    body = {"leg": leg["leg"], "version": leg["version"], "stars": 4}
    first = await open_hall.post("/counters/2/rate", body, "pad", key="press-1")
    assert first[0] == 200
    assert await open_hall.post("/counters/2/rate", body, "pad", key="press-1") == first


async def test_nobody_at_the_counter_rates_for_the_visitor(open_hall: OpenHouse) -> None:
    """A clerk, a panel and a visitor without a ticket are told no; a rating outside the levels says what is allowed."""
    leg = await serve(open_hall)
    assert [(await rate(open_hall, leg, who))[0] for who in ("clerk-2", "panel", "supervisor")] == [403, 403, 403]
    assert (await open_hall.page("/rate/2", "clerk-2"))[0] == 403
    status, refused = await rate(open_hall, leg, stars=6)
    assert (status, refused["error"]["field"]) == (400, "stars")


async def test_a_paired_pad_belongs_to_its_counter(open_hall: OpenHouse) -> None:
    """Pairing opens its own page, and no other counter's."""

    def invited(session: WriteSession) -> str:
        return doors.invite(session, doors.add_device(session, 1, Role.PAD, "评价器", "2"), "system")

    code = await open_hall.house.db.write(invited)
    async with open_hall.client.post("/api/v1/pair", json={"code": code}) as paired:
        assert (await paired.json())["next"] == "/rate/2"
        cookie = {"Cookie": f"hall_session={paired.cookies['hall_session'].value}"}
    async with open_hall.client.get("/rate/2", headers=cookie) as own:
        assert own.status == 200
    async with open_hall.client.get("/rate/3", headers=cookie) as other:
        assert (other.status, (await other.json())["error"]["message"]) == (
            403,
            "这台评价器属于 2 号窗口，不能评价 3 号窗口。",
        )


async def test_supervisors_list_ratings_without_persons(open_hall: OpenHouse) -> None:
    """By day, bad ones alone if wanted; clerks do not."""
    for stars in (5, 1):
        await rate(open_hall, await serve(open_hall), stars=stars, text="我的电话 13812345678")
    status, told = await open_hall.get("/ratings?bad=1", "supervisor")
    assert status == 200
    assert [(one["stars"], one["level"], one["text"]) for one in told["ratings"]] == [
        (1, "非常不满意", "我的电话 138****5678")
    ]
    assert set(told["ratings"][0]) == {
        *("id", "at", "service", "service_name", "counter", "stars", "level", "is_bad", "tags", "text")
    }
    _, first = await open_hall.get("/ratings?limit=1", "supervisor")
    _, second = await open_hall.get(f"/ratings?limit=1&before={first['next_before']}", "supervisor")
    assert [one["stars"] for one in (*first["ratings"], *second["ratings"])] == [1, 5]
    assert (await open_hall.get("/ratings?from=2026-03-03&to=2026-03-02", "supervisor"))[0] == 400
    status, refused = await open_hall.get("/ratings?from=gestern", "supervisor")
    assert (status, refused["error"]["field"]) == (400, "from")
    assert (await open_hall.get("/ratings", "clerk-2"))[0] == 403


async def test_a_bad_rating_opens_one_case_for_review(open_hall: OpenHouse) -> None:
    """Hour, service and reason stand on the supervisor's page; nothing says who rated, and a retry opens no second."""
    for stars in (5, 3, 2):
        leg = await serve(open_hall)
        body = {"leg": leg["leg"], "version": leg["version"], "stars": stars, "tags": ["等候太久"], "text": "请改进"}
        for _ in range(2):
            assert (await open_hall.post("/counters/2/rate", body, "pad", key=f"press-{stars}"))[0] == 200
    taken = await open_hall.take("A", phone="13812345678")
    _, leg = await open_hall.act(2, "start", await open_hall.next(2))
    await open_hall.act(2, "finish", leg)
    assert (await open_hall.post(f"/tickets/{taken['token']}/rate", {"stars": 1}))[0] == 200
    _, told = await open_hall.get("/cases", "supervisor")
    by_hand, by_pad = sorted(told["cases"], key=lambda one: len(one["summary"]))
    at = "企业开办与登记，3 月 2 日 9 时。"
    assert by_hand["summary"] == f"非常不满意：{at}没有选原因。"
    assert by_pad["summary"] == f"不满意：{at}原因：等候太久。留言：请改进"
    assert {one["kind"] for one in told["cases"]} == {"bad_rating"}
    assert {by_hand.get(name) for name in ("phone", "contact", "enterprise", "reply_to")} == {None}
    _, figures = await open_hall.page("/supervisor/now", "supervisor")
    assert '差评待整改</span><b>2<small>件</small></b><span class="small">今日 2 件' in figures
    _, listed = await open_hall.page("/supervisor/cases?show=bad", "supervisor")
    assert listed.count('class="case-link"') == 2
    assert (await open_hall.get("/cases", "clerk-2"))[0] == 403
