"""Blocks over HTTP: for kiosks only, and harmless when sent twice."""

from base.clock import SetClock
from tests.server.queue_house import open_house

ISSUED = {"serial": 900, "service": "A", "issued_at": "2026-03-02T09:05:00+08:00", "token": "t" * 20}


async def test_kiosk_leases_and_brings_home(db_url: str, clock: SetClock) -> None:
    """The number enters with the time at which it was given; its link works."""
    async with open_house(db_url, clock) as house:
        status, block = await house.post("/blocks", {"service": "A"}, "kiosk")
        assert (status, block["prefix"], block["first"], block["last"]) == (200, "A", 900, 909)
        clock.advance(minutes=10)
        sent = {"issued": [ISSUED]}
        status, home = await house.post(f"/blocks/{block['id']}/merge", sent, "kiosk", key="merge-1")
        assert (status, [one["number"] for one in home["tickets"]]) == (200, ["A900"])
        assert await house.post(f"/blocks/{block['id']}/merge", sent, "kiosk", key="merge-1") == (200, home)
        again = {"issued": [ISSUED, {"serial": 901, "issued_at": "2026-03-02T09:06:00+08:00"}]}
        status, both = await house.post(f"/blocks/{block['id']}/merge", again, "kiosk")
        assert [one["number"] for one in both["tickets"]] == ["A900", "A901"]
        _, ticket = await house.get(f"/tickets/{'t' * 20}")
        assert (ticket["number"], ticket["issued_at"]) == ("A900", "2026-03-02T01:05:00Z")
        assert await house.post("/blocks/renew", {}, "kiosk") == (200, {"blocks": 1})
        assert await house.post(f"/blocks/{block['id']}/return", {}, "kiosk") == (200, {})


async def test_blocks_are_for_kiosks(db_url: str, clock: SetClock) -> None:
    """Neither visitors nor clerks; nor another kiosk's block."""
    async with open_house(db_url, clock) as house:
        _, block = await house.post("/blocks", {"service": "A"}, "kiosk")
        for who in (None, "clerk-2", "screen"):
            status, _ = await house.post("/blocks", {"service": "A"}, who)
            assert status in (401, 403)
        status, _ = await house.post(f"/blocks/{block['id']}/merge", {"issued": [ISSUED]}, "kiosk-other")
        assert status == 404
        status, refusal = await house.post(f"/blocks/{block['id']}/merge", {"issued": [{"serial": 1}]}, "kiosk")
        assert (status, refusal["error"]["field"]) == (400, "issued[0].issued_at")
