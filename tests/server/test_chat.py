"""The chat page, the chat API, a case behind its link, over real HTTP."""

from typing import Any

from base.clock import SetClock
from server.house import House
from tests.bot.house import WordReader
from tests.server.conftest import Client

JOURNEY = "俺们加工厂挪到城南园区了，执照地址得咋改"
KEYS = {
    "id", "seq", "action", "act", "facet", "facets", "topic", "topics", "candidates", "confidence", "complete", "text",
    "sources", "buttons", "at", "from", "name", "parts",
}  # fmt: skip


async def ready(house: House) -> None:
    """Wait for the library and seat a small reader."""
    await house.stock_library()
    house.learner.reader = WordReader()


async def say(client: Client, **body: str) -> dict[str, Any]:
    """Say something over the API."""
    response = await client.post("/api/v1/chat", json=body)
    assert response.status == 200, await response.text()
    answer: dict[str, Any] = await response.json()
    return answer


async def test_turn_is_the_object_of_ask_with_seq_and_buttons(client: Client, house: House) -> None:
    """And the same key gives the same turn again."""
    await ready(house)
    first = await say(client, key="a", text=JOURNEY)
    (turn,) = first["turns"]
    assert set(turn) == KEYS
    assert (turn["action"], turn["topic"], turn["seq"]) == ("answer", "company-change-registration", 2)
    assert turn["sources"][0]["document"].startswith("公司法")
    again = await say(client, key="a", text=JOURNEY, conversation=str(first["conversation"]))
    assert again["turns"] == first["turns"]


async def test_history_is_fetched_by_number(client: Client, house: House) -> None:
    """Turns and what the enterprise said, after a number."""
    await ready(house)
    first = await say(client, key="a", text="你好")
    secret = str(first["conversation"])
    await say(client, key="b", text=JOURNEY, conversation=secret)
    whole = await (await client.get(f"/api/v1/chat/{secret}")).json()
    assert ([one["seq"] for one in whole["said"]], [one["seq"] for one in whole["turns"]]) == ([1, 3], [2, 4])
    rest = await (await client.get(f"/api/v1/chat/{secret}?after=3")).json()
    assert ([one["seq"] for one in rest["said"]], [one["seq"] for one in rest["turns"]]) == ([], [4])


async def test_mistakes_are_told_in_the_family_form(client: Client, house: House) -> None:
    """404, 400 with the field, 409 for another content under a known key."""
    await ready(house)
    missing = await client.get("/api/v1/chat/nobody-here")
    assert (missing.status, (await missing.json())["error"]["code"]) == (404, "not_found")
    empty = await client.post("/api/v1/chat", json={"key": "a", "text": " "})
    assert (empty.status, (await empty.json())["error"]["field"]) == (400, "text")
    first = await say(client, key="a", text="你好")
    body = {"key": "a", "text": "别的", "conversation": first["conversation"]}
    assert (await client.post("/api/v1/chat", json=body)).status == 409


async def test_floods_are_refused_with_a_time(client: Client, house: House) -> None:
    """Twenty at once for one conversation."""
    await ready(house)
    secret = str((await say(client, key="0", text="你好"))["conversation"])
    bodies = [{"key": str(number), "text": "你好", "conversation": secret} for number in range(1, 22)]
    answers = [await client.post("/api/v1/chat", json=body) for body in bodies]
    assert [answer.status for answer in answers] == [200] * 20 + [429]


async def test_case_is_shown_behind_its_link_and_takes_more(client: Client, house: House, clock: SetClock) -> None:
    """Number, state, due date, timeline; papers added; rating only at the end."""
    await ready(house)
    first = await say(client, key="a", text="林木采伐证怎么办")
    opened = await say(client, key="b", choice="do:human", conversation=str(first["conversation"]))
    (turn,) = opened["turns"]
    link = next(button["href"] for button in turn["buttons"] if "href" in button)
    page = await (await client.get(link, headers={"Accept": "text/html"})).text()
    assert "K20260302-001" in page
    assert "3 月 5 日（周四）16:30 前" in page
    assert "林木采伐证怎么办" in page
    added = await client.post(f"{link}/add", json={"text": "补充：在红石镇"})
    assert (added.status, (await added.json())["number"]) == (200, "K20260302-001")
    assert "补充：在红石镇" in await (await client.get(f"{link}/now")).text()
    assert (await client.post(f"{link}/rate", json={"rating": "satisfied"})).status == 409
    assert (await client.get("/c/nobody", headers={"Accept": "text/html"})).status == 404
    assert clock.now().year == 2026


async def test_page_has_no_inline_script_or_style(client: Client) -> None:
    """The policy forbids both."""
    page = await (await client.get("/", headers={"Accept": "text/html"})).text()
    assert "智能助手" in page
    assert "style=" not in page
    assert "<script>" not in page


async def test_telegram_is_off_without_a_token(client: Client) -> None:
    """Nobody answers there."""
    assert (await client.post("/api/v1/telegram", json={"update_id": 1})).status == 404
