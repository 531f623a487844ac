"""Bookings over HTTP: slots, booking, check-in at the kiosk, cancelling, tries that are few; the pages."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from base.clock import SetClock
from server import diary_api
from server.limits import Limit
from tests.server.queue_house import OpenHouse, open_house

TEN = "2026-03-03T10:00:00+08:00"


@pytest.fixture
async def house(tmp_path: Path, clock: SetClock) -> AsyncIterator[OpenHouse]:
    """A server over a new hall on SQLite."""
    async with open_house(f"sqlite:///{tmp_path / 'hall.db'}", clock) as opened:
        yield opened


@pytest.fixture(autouse=True)
def fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test's tries are its own."""
    monkeypatch.setattr(diary_api, "_TRIES", Limit(per_hour=12, burst=10))
    monkeypatch.setattr(diary_api, "_TRIES_OF_ALL", Limit(per_hour=240, burst=120))
    monkeypatch.setattr(diary_api, "_BY_ADDRESS", Limit(per_hour=120, burst=20))


async def booked(house: OpenHouse, at: str = TEN, who: str | None = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (fields of the request)
    """Book at the first service."""
    status, made = await house.post("/appointments", {"service": "A", "slot_at": at, **more}, who)
    assert status == 201, made
    return made


async def test_slots_of_a_service(house: OpenHouse) -> None:
    """Days with their free seats; the first free day's times unless one is asked for."""
    _, first = await house.get("/slots?service=A")
    assert first["day"] == "2026-03-02"
    assert first["days"][1] == {"day": "2026-03-03", "text": "3 月 3 日（周二）", "free": 25}
    _, asked = await house.get("/slots?service=A&day=2026-03-03")
    assert asked["slots"][0] == {
        "at": "2026-03-03T08:30:00+08:00",
        "ends_at": "2026-03-03T09:00:00+08:00",
        "seats": 1,
        "free": 1,
    }
    status, refused = await house.get("/slots?service=A&day=tomorrow")
    assert (status, refused["error"]["field"]) == (400, "day")
    assert (await house.get("/slots?service=ZZ"))[0] == 404


async def test_a_booking_from_code_to_number(house: OpenHouse) -> None:
    """201 with code and link; early it is refused with the time; then the number, as a booking, and again the same."""
    made = await booked(house, phone="13812345678", name="李女士")
    assert (made["when"], made["state"], made["phone"]) == ("3 月 3 日（周二）10:00", "confirmed", "138****5678")
    house.clock.set(house.clock.now().replace(day=3, hour=1, minute=29))
    status, early = await house.post(f"/appointments/{made['code']}/check-in", {}, "kiosk")
    assert status == 409
    assert early["error"]["message"] == "您预约的是 10:00，09:30 起可以签到，现在是 09:29，请稍后再来。"
    house.clock.advance(minutes=1)
    status, ticket = await house.post(f"/appointments/{made['code']}/check-in", {}, "kiosk")
    assert (status, ticket["number"], ticket["standing"], ticket["is_on_time"]) == (200, "A001", "booking", True)
    assert (await house.post(f"/appointments/{made['code']}/check-in", {}, "kiosk"))[1]["number"] == "A001"
    _, seen = await house.get(f"/tickets/{ticket['token']}")
    assert (seen["standing"], seen["state"]) == ("booking", "waiting")
    _, own = await house.get(f"/appointments/{made['token']}")
    assert (own["state"], own["ticket_number"]) == ("checked_in", "A001")


async def test_a_late_visitor_is_told_so(house: OpenHouse) -> None:
    """Ordinary, from arrival."""
    made = await booked(house)
    house.clock.set(house.clock.now().replace(day=3, hour=2, minute=25))
    _, ticket = await house.post(f"/appointments/{made['code']}/check-in", {}, "kiosk")
    assert (ticket["standing"], ticket["is_on_time"]) == ("ordinary", False)
    assert "迟到超过 10 分钟，按普通号排队" in ticket["message"]


async def test_only_in_the_hall_one_checks_in(house: OpenHouse) -> None:
    """A visitor's phone may not; a kiosk, a clerk, a linked system may."""
    made = await booked(house)
    assert (await house.post(f"/appointments/{made['code']}/check-in"))[0] == 401
    assert (await house.post(f"/appointments/{made['code']}/check-in", {}, "screen"))[0] == 403


async def test_the_same_key_books_once(house: OpenHouse) -> None:
    """A repeated request is answered again."""
    body = {"service": "A", "slot_at": TEN}
    first = await house.post("/appointments", body, key="k1")
    assert first[0] == 201
    assert await house.post("/appointments", body, key="k1") == first


async def test_a_slot_that_is_none_names_others(house: OpenHouse) -> None:
    """Lunch, Sunday, the past: a sentence and times that are free."""
    status, refused = await house.post("/appointments", {"service": "C", "slot_at": "2026-03-03T12:30:00"})
    assert (status, refused["error"]["field"]) == (400, "slot_at")
    assert "在 3 月 3 日（周二）12:30 不能预约" in refused["error"]["message"]
    assert refused["error"]["allowed"][0].startswith("2026-03-03T")
    for at in ("2026-03-08T10:00:00", "2026-03-01T10:00:00", "2026-05-01T10:00:00"):
        assert (await house.post("/appointments", {"service": "A", "slot_at": at}))[0] == 400


async def test_holder_needs_proof(house: OpenHouse) -> None:
    """A visitor may not say who they are; a kiosk that read an ID may."""
    body = {"service": "A", "slot_at": TEN, "holder": "id:1"}
    assert (await house.post("/appointments", body))[0] == 403
    assert (await house.post("/appointments", body, "kiosk"))[0] == 201
    assert (await house.post("/appointments", body, "kiosk"))[0] == 200


async def test_codes_cannot_be_guessed(house: OpenHouse) -> None:
    """Ten wrong ones and no more are judged; the right one then waits too, but the link goes on working."""
    made = await booked(house)
    tries = [(await house.post(f"/appointments/{30000000 + one}/cancel"))[0] for one in range(10)]
    assert tries == [404] * 10
    status, refused = await house.post(f"/appointments/{made['code']}/cancel")
    assert (status, refused["error"]["message"].startswith("预约码输错太多次")) == (429, True)
    status, gone = await house.post(f"/appointments/{made['token']}/cancel")
    assert (status, gone["state"]) == (200, "cancelled")


async def test_right_codes_are_no_tries(house: OpenHouse) -> None:
    """Staff and kiosks look up a code; a visitor needs the link."""
    made = await booked(house)
    for _ in range(12):
        assert (await house.get(f"/appointments/{made['code']}", "clerk"))[0] == 200
    assert (await house.get(f"/appointments/{made['code']}"))[0] == 403
    _, shown = await house.get(f"/appointments/{made['code']}", "kiosk")
    assert "token" not in shown


async def test_staff_cancel_with_a_reason(house: OpenHouse) -> None:
    """None: refused; the reason stands on the visitor's page."""
    made = await booked(house)
    status, refused = await house.post(f"/appointments/{made['code']}/cancel", {}, "clerk")
    assert (status, refused["error"]["field"]) == (400, "reason")
    await house.post(f"/appointments/{made['code']}/cancel", {"reason": "系统检修"}, "clerk")
    _, page = await house.page(f"/a/{made['token']}")
    assert "大厅取消了这个预约：系统检修。" in page


async def test_a_refused_number_says_where_to_book(house: OpenHouse) -> None:
    """Out of 试运行 and after hours."""
    hall = house.house
    about = await hall.db.read(lambda session: hall.hall.about(session, hall.hall_id))
    await hall.db.write(lambda session: hall.hall.set_hours(session, hall.hall_id, dict(about.hours), "staff:1"))
    house.clock.set(house.clock.now().replace(hour=12))
    status, refused = await house.post("/tickets", {"service": "A"}, "kiosk")
    assert (status, refused["error"]["allowed"]) == (409, ["book"])
    assert refused["error"]["detail"]["book"].endswith("/book/A")
    assert f"预约请打开 {refused['error']['detail']['book']}。" in refused["error"]["message"]


async def test_pages_of_a_booking(house: OpenHouse) -> None:
    """Services, times, the form, the booking; what is not there is said so, and text stays text."""
    _, services = await house.page("/book")
    assert "最早 3 月 2 日（周一）09:30" in services
    _, times = await house.page("/book/A?day=2026-03-03")
    assert "/book/A/2026-03-03T10:00" in times
    _, form = await house.page("/book/A/2026-03-03T10:00")
    assert "3 月 3 日（周二）10:00" in form
    _, gone = await house.page("/book/A/2026-03-08T10:00")
    assert "这个时间现在不能预约" in gone
    for path in ("/book/ZZ", "/book/A/then", "/a/nobody"):
        assert (await house.page(path))[0] == 404
    made = await booked(house, name="<b>李</b>", phone="13812345678")
    _, own = await house.page(f"/a/{made['token']}")
    assert f"{made['code'][:4]} {made['code'][4:]}" in own
    assert "&lt;b&gt;李" in own
    assert (await house.page(f"/a/{made['code']}"))[0] == 404


async def test_the_day_s_list_is_for_staff(house: OpenHouse) -> None:
    """With state and masked phone; a visitor is sent to the sign-in, a kiosk has no business there."""
    made = await booked(house, phone="13812345678", name="李女士")
    _, page = await house.page("/supervisor/appointments?day=2026-03-03", "clerk")
    assert "138****5678" in page
    assert "13812345678" not in page
    assert f"/api/v1/appointments/{made['code']}/cancel" in page
    for q, is_there in (("5678", True), ("李", True), (made["code"][:4], True), ("0000", False)):
        _, found = await house.page(f"/supervisor/appointments?day=2026-03-03&q={q}", "clerk")
        assert (made["code"] in found) is is_there
    _, today = await house.page("/supervisor/appointments", "supervisor")
    assert "3 月 2 日（周一）没有预约。" in today
    assert (await house.page("/supervisor/appointments", "kiosk"))[0] == 403
