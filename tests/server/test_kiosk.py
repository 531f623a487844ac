"""The kiosk: finding the way, slips on its printer, lost slips, and its heartbeat."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from base.clock import SetClock
from base.db import WriteSession
from base.settings import Settings
from server import devices, doors
from server.access import Role
from server.kiosk import ICONS, NAMED_ICONS, PLAIN_ICON, groups, offers, tile
from server.matters import domain_names
from server.pages import HERE
from server.printing import PrintingSettings
from server.slips import Paper
from server.wayfinding import Way, find, items, keys, ways
from tests.server.conftest import Client, house_of, opened, settings_on
from tests.server.receipt_printer import ReceiptPrinter, receipt_printer, words

House = Any
Kiosk = Callable[..., Awaitable[Client]]


@pytest.fixture
async def printer() -> AsyncIterator[ReceiptPrinter]:
    """A receipt printer in order."""
    async with receipt_printer() as standing:
        yield standing


@pytest.fixture
def settings(tmp_path: Path, furnished: Path, printer: ReceiptPrinter) -> Settings:
    """The kiosk called 取号机 9 has a printer; the others print by their browser."""
    database = tmp_path / "hall.db"
    database.write_bytes(furnished.read_bytes())
    own = PrintingSettings(printers={"取号机 9": printer.address}, seconds=1.0)
    return settings_on(database).replace(own)


@pytest.fixture
async def server(settings: Settings, clock: SetClock) -> AsyncIterator[TestServer]:
    """The server with its library read."""
    async with opened(settings, clock) as running:
        await house_of(running).stock_library()
        yield running


@pytest.fixture
async def kiosk(server: TestServer) -> AsyncIterator[Kiosk]:
    """Pairs machines as kiosks of the names given."""
    async with AsyncExitStack() as stack:

        async def paired(name: str = "取号机 9") -> Client:
            house = house_of(server)

            def job(session: WriteSession) -> str:
                which = doors.add_device(session, house.hall_id, Role.KIOSK, name)
                return doors.invite(session, which, "system")

            token, _ = await house.doors.pair(await house.db.write(job))
            machine = TestClient(server, headers={"Cookie": f"hall_session={token}", "Sec-Fetch-Site": "same-origin"})
            return await stack.enter_async_context(machine)

        yield paired


async def ask(client: Client, path: str, **body: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401 (fields of the request)
    """Status and JSON of a POST under ``/api/v1``."""
    async with client.post(f"/api/v1{path}", json=body) as answer:
        return answer.status, await answer.json()


async def taken(client: Client, service: str = "A", **more: Any) -> dict[str, Any]:  # noqa: ANN401 (fields of the request)
    """A number taken there."""
    status, ticket = await ask(client, "/tickets", service=service, **more)
    assert status == 201, ticket
    return ticket


async def test_initials_and_characters_find_the_service(server: TestServer) -> None:
    """营业执照, yyzz and yingyezhizhao are one thing; a service is found by its name and code."""
    house = house_of(server)
    services = await house.db.read(lambda session: house.hall.services(session, house.hall_id))
    library = house.library.snapshot

    def first(said: str) -> tuple[str, str]:
        way = find(said, services, library)[0]
        return way.guide, way.service.code

    for said in ("营业执照", "yyzz", "YYZZ", "yingyezhizhao"):
        assert first(said) == ("company-establishment", "A"), said
    assert first("公积金") == ("", "G")
    assert first("swdj")[1] == "E"
    assert first("e") == ("", "E")
    assert first("工伤") == ("work-injury-recognition", "F")
    assert find("qqqqqq", services, library) == ()
    assert len(find("备案", services, library)) == 6


async def test_what_the_chat_thought_of_comes_first(server: TestServer) -> None:
    """Topics before likeness; unknown ones are left out."""
    house = house_of(server)
    services = await house.db.read(lambda session: house.hall.services(session, house.hall_id))
    found = find("公积金", services, house.library.snapshot, ("sewage-drain-permit", "nonsense"))
    assert [(way.guide, way.service.code) for way in found[:2]] == [("sewage-drain-permit", "B"), ("", "G")]


async def test_every_guide_leads_somewhere(server: TestServer) -> None:
    """One service for each, and each stands on at most one service's page."""
    house = house_of(server)
    services = await house.db.read(lambda session: house.hall.services(session, house.hall_id))
    scopes = await house.db.read(lambda session: house.hall.scopes(session, house.hall_id))
    library = house.library.snapshot
    guides = [entry for entry in library.entries.values() if entry.kind == "guide"]
    leading: dict[str, tuple[Way, ...]] = {entry.id: ways(entry, services) for entry in guides}
    assert {guide: len(found) for guide, found in leading.items() if len(found) != 1} == {}
    listed = [item for scope in scopes for item in items(scope, scopes, library)]
    assert len(listed) == len(set(listed))


def test_keys_of_a_phrase() -> None:
    """Initials, sounds, and latin left as it is."""
    assert keys("办理“12345”App") == keys("办理“12345”App")
    assert (keys("营业执照").initials, keys("营业执照").sounds) == ("yyzz", "yingyezhizhao")
    assert keys("银行App").initials == "yhapp"


async def test_found_is_told_with_counter_and_button(kiosk: Kiosk) -> None:
    """Guide, where, whether online; and a plain sentence when there is nothing."""
    machine = await kiosk()
    page = await (await machine.get("/kiosk/found", params={"q": "yyzz"})).text()
    assert ('data-service="A"' in page, "2、3、5 号窗口" in page, "能网上办" in page) == (True, True, True)
    page = await (await machine.get("/kiosk/found", params={"q": "<b>qqqq"})).text()
    assert "没有找到“&lt;b&gt;qqqq”" in page
    assert (await (await machine.get("/kiosk/found", params={"q": " "})).text()).strip() == ""


async def test_a_matter_shows_its_papers_and_a_code_that_opens_its_guide(kiosk: Kiosk, client: Client) -> None:
    """The QR's page is for everybody."""
    machine = await kiosk()
    page = await (await machine.get("/kiosk/matter/company-establishment")).text()
    assert ("公司章程" in page, "辽宁政务服务网企业开办专区" in page, "<svg" in page) == (True, True, True)
    assert (await machine.get("/kiosk/matter/nonsense")).status == 404
    guide = await client.get("/guide/company-establishment")
    text = await guide.text()
    assert (guide.status, "公司章程" in text, "市场主体登记管理条例" in text) == (200, True, True)
    assert (await client.get("/guide/nat-2026-two-new-notice")).status == 404


async def test_a_slip_comes_out_of_the_kiosks_own_printer(kiosk: Kiosk, printer: ReceiptPrinter) -> None:
    """The number on paper is the number taken."""
    machine = await kiosk()
    ticket = await taken(machine, priority="P2")
    status, answer = await ask(machine, "/kiosk/slips", token=ticket["token"])
    assert (status, answer) == (200, {"printer": "fine", "is_printed": True, "message": "已打印，请取走号票。"})
    (slip,) = printer.slips()
    assert words(slip)[1:4] == ["A001", "企业开办与登记", "优先（待核验）"]


async def test_other_kiosks_print_by_their_browser(kiosk: Kiosk, printer: ReceiptPrinter) -> None:
    """The page is told so, and nothing is sent."""
    machine = await kiosk("取号机 8")
    ticket = await taken(machine)
    _, answer = await ask(machine, "/kiosk/slips", token=ticket["token"])
    assert (answer["printer"], answer["is_printed"], printer.taken) == ("browser", False, b"")
    page = await (await machine.get("/kiosk")).text()
    assert "data-printer" not in page


@pytest.mark.parametrize("trouble", ["out", "hangs", "gone"])
async def test_the_hall_does_not_notice_a_printers_trouble(
    kiosk: Kiosk, printer: ReceiptPrinter, server: TestServer, trouble: str
) -> None:
    """The number is valid, the visitor is told what to do, and staff see which device."""
    machine, house = await kiosk(), house_of(server)
    printer.hangs = trouble == "hangs"
    printer.paper = "out" if trouble == "out" else "fine"
    if trouble == "gone":
        house.printing._settings.printers["取号机 9"] = "file:///dev/no-such-printer"  # noqa: SLF001 (it was unplugged)
    ticket = await taken(machine)
    status, answer = await ask(machine, "/kiosk/slips", token=ticket["token"])
    assert (status, answer["is_printed"], "请记下号码或扫码" in answer["message"]) == (200, False, True)
    (told,) = await house.db.read(lambda session: devices.troubles(session, house.hall_id))
    expected = "缺纸" if trouble == "out" else "打印机没有响应"
    assert (told.name, told.words, told.is_late) == ("取号机 9", expected, True)
    assert (await machine.get(f"/api/v1/tickets/{ticket['token']}")).status == 200


async def test_a_lost_slip_is_found_by_number_and_phone(kiosk: Kiosk, printer: ReceiptPrinter) -> None:
    """And printed again, with the word for it."""
    machine = await kiosk()
    ticket = await taken(machine, phone="138 1234 5678")
    status, found = await ask(machine, "/kiosk/find", number="a001", phone_end="5678")
    assert (status, found) == (200, {"token": ticket["token"]})
    _, answer = await ask(machine, "/kiosk/slips", token=found["token"], again=True)
    assert answer["is_printed"]
    assert "3 月 2 日 09:00 补打，原号有效" in words(printer.slips()[0])


async def test_a_strangers_slip_is_not_found(kiosk: Kiosk) -> None:
    """The same refusal whatever was wrong, and few tries."""
    machine = await kiosk()
    await taken(machine, phone="13812345678")
    await taken(machine)
    refusals = [
        await ask(machine, "/kiosk/find", number=number, phone_end=end)
        for number, end in (("A001", "1111"), ("A002", "5678"), ("A099", "5678"))
    ]
    assert {status for status, _ in refusals} == {404}
    assert len({answer["error"]["message"] for _, answer in refusals}) == 1
    for number, end, field in (("A-1", "5678", "number"), ("A001", "56", "phone_end")):
        status, answer = await ask(machine, "/kiosk/find", number=number, phone_end=end)
        assert (status, answer["error"]["field"]) == (400, field)
    tries = [(await ask(machine, "/kiosk/find", number="A002", phone_end="1111"))[0] for _ in range(4)]
    assert tries == [404, 404, 404, 429]


async def test_only_a_live_ticket_is_printed_again(kiosk: Kiosk) -> None:
    """A cancelled one is told as what it is."""
    machine = await kiosk()
    ticket = await taken(machine)
    assert (await machine.get(f"/kiosk/ticket/{ticket['token']}?again=1")).status == 200
    await ask(machine, f"/tickets/{ticket['token']}/cancel")
    refused = await machine.get(f"/kiosk/ticket/{ticket['token']}?again=1")
    assert (refused.status, "已取消" in await refused.text()) == (409, True)


async def test_a_silent_kiosk_is_told_and_comes_back(
    kiosk: Kiosk, server: TestServer, clock: SetClock, bearer: Callable[[Role], Awaitable[Client]]
) -> None:
    """After 90 s without a heartbeat the supervisor reads which one; a heartbeat takes it back."""
    machine, house = await kiosk(), house_of(server)
    supervisor, admin = await bearer(Role.SUPERVISOR), await bearer(Role.ADMIN)

    async def tick() -> int:
        return await house.db.write(lambda session: devices.tend(session, house.hall_id), f"hall:{house.hall_id}")

    assert (await ask(machine, "/devices/seen"))[0] == 200
    clock.advance(seconds=89)
    assert await tick() == 0
    clock.advance(seconds=61)
    assert [await tick(), await tick()] == [1, 0]
    page = await (await supervisor.get("/supervisor/now")).text()
    assert "取号机 9：已 3 分钟没有联系" in page or "取号机 9：已 2 分钟没有联系" in page
    assert "没有联系" in await (await admin.get("/admin?part=devices")).text()
    await ask(machine, "/devices/seen")
    assert "没有联系" not in await (await supervisor.get("/supervisor/now")).text()


async def test_low_paper_is_a_warning(kiosk: Kiosk, printer: ReceiptPrinter, server: TestServer) -> None:
    """It still prints; a new roll clears it."""
    machine, house = await kiosk(), house_of(server)
    ticket = await taken(machine)
    for paper, expected in (("low", [("打印纸快用完了", False)]), ("fine", [])):
        printer.paper = paper
        assert (await ask(machine, "/kiosk/slips", token=ticket["token"]))[1]["is_printed"]
        found = await house.db.read(lambda session: devices.troubles(session, house.hall_id))
        assert [(one.words, one.is_late) for one in found] == expected
    assert Paper("low") in devices.PAPER_WORDS


async def test_visitors_reach_none_of_it(client: Client) -> None:
    """Slips, lost slips and heartbeats are for devices."""
    for path in ("/kiosk/slips", "/kiosk/find", "/devices/seen"):
        assert (await ask(client, path))[0] == 401


async def test_domains_come_first_when_the_tiles_are_too_many(server: TestServer) -> None:
    """Thirteen services: domains by name, services of none of them under one more; no names yet: no domains."""
    house = house_of(server)
    services = await house.db.read(lambda session: house.hall.services(session, house.hall_id))
    names = domain_names(house)
    many = (*services, replace(services[0], code="X", domains=("vehicles",)))
    shown = groups(many, names)
    assert ("d01-registration", "开办与变更注销", 1) in shown
    assert ("other", "其他业务", 3) in shown
    assert [groups(services, names), groups(many, {})] == [[], []]
    assert tile(many[-1], names).groups == ("other",)


def test_buttons_follow_what_the_server_offers(server: TestServer) -> None:
    """A route that is not there has no button."""
    assert offers(server.app, "/api/v1/tickets")
    assert not offers(server.app, "/api/v1/tickets/{token}")


async def test_every_shipped_service_has_an_icon_of_its_own(server: TestServer) -> None:
    """No two alike, none the plain paper; every icon that a page may ask for is drawn with strokes of 2."""
    house = house_of(server)
    services = await house.db.read(lambda session: house.hall.services(session, house.hall_id))
    icons = [tile(one, {}).icon for one in services]
    assert len(icons) == 12
    assert sorted(set(icons)) == sorted(icons)
    assert PLAIN_ICON not in icons
    assert len(set(ICONS.values())) == len(ICONS)
    drawn = (HERE / "templates/icons.html").read_text(encoding="utf-8")
    assert [name for name in (*ICONS.values(), *NAMED_ICONS.values()) if f'  "{name}": ' not in drawn] == []
    assert 'stroke-width="2"' in drawn
