"""Administration and reports."""

from typing import Any

import pytest

from base.db import WriteSession
from hallqueue import Order, Taking
from server.access import Role
from server.house import House
from server.sheets import defused
from tests.server.conftest import PASSWORD, Client, SignIn
from tests.server.staff_builders import asked, page, told

SESSIONS = [{"open": "08:30", "close": "12:00"}, {"open": "13:00", "close": "17:00"}]
HOURS: dict[str, Any] = {
    "workdays": ["mon", "tue", "wed", "thu", "fri"],
    "seasons": [{"from": "01-01", "to": "12-31", "sessions": SESSIONS}],
    "holidays": ["2026-10-01~2026-10-03", "2026-01-01"],
    "makeup_days": ["2026-10-10"],
}


async def test_new_person_signs_in_with_the_password_told_once(sign_in: SignIn, client: Client) -> None:
    """Added, told, in; and must change it before anything else."""
    admin = await sign_in("wang", Role.ADMIN)
    status, new = await asked(admin, "/api/v1/staff", {"username": "lin", "name": "林芳", "roles": ["enquiry"]})
    assert status == 201
    status, who = await asked(client, "/api/v1/session", {"username": "lin", "password": new["password"]})
    assert (status, who["must_change_password"]) == (200, True)
    _, html = await page(admin, "/admin")
    assert ("林芳" in html, new["password"] in html) == (True, False)


async def test_roles_change_at_once(sign_in: SignIn, house: House) -> None:
    """A clerk becomes an editor in the session that is open."""
    admin, clerk = await sign_in("wang", Role.ADMIN), await sign_in("sun", Role.CLERK)
    assert (await page(clerk, "/library"))[0] == 403
    which = await id_of(house, "sun")
    assert (await asked(admin, f"/api/v1/staff/{which}/roles", {"roles": ["editor"]}))[0] == 200
    assert (await page(clerk, "/library"))[0] == 200


async def id_of(house: House, username: str) -> int:
    """The id of a member of staff."""
    from server.doors import staff_of  # noqa: PLC0415 (only here)

    rows = await house.db.read(lambda session: staff_of(session, house.hall_id))
    return next(int(row.id) for row in rows if row.username == username)


async def test_last_administrator_stays(sign_in: SignIn, house: House) -> None:
    """The hall cannot lock itself out."""
    admin = await sign_in("wang", Role.ADMIN)
    which = await id_of(house, "wang")
    status, answer = await asked(admin, f"/api/v1/staff/{which}/roles", {"roles": ["clerk"]})
    assert (status, answer["error"]["field"]) == (400, "roles")
    assert (await asked(admin, f"/api/v1/staff/{which}/dismiss"))[0] == 400


async def test_dismissed_person_is_out_at_once(sign_in: SignIn, house: House) -> None:
    """The open session ends, and there is no new one."""
    admin, clerk = await sign_in("wang", Role.ADMIN), await sign_in("sun", Role.CLERK)
    which = await id_of(house, "sun")
    assert (await asked(admin, f"/api/v1/staff/{which}/dismiss"))[0] == 200
    assert (await told(clerk, "/api/v1/cases"))[0] == 401
    status, _ = await asked(clerk, "/api/v1/session", {"username": "sun", "password": PASSWORD})
    assert status == 403


async def test_device_is_paired_by_its_link_and_signed_out(sign_in: SignIn, client: Client) -> None:
    """The link makes one browser the device, once; the administrator can end it."""
    admin = await sign_in("wang", Role.ADMIN)
    status, made = await asked(admin, "/api/v1/devices", {"kind": "kiosk", "name": "一楼取号机"})
    assert (status, made["qr"].startswith("<svg")) == (201, True)
    code = made["link"].rpartition("/")[2]
    assert (await asked(client, "/api/v1/pair", {"code": code}))[1] == {"next": "/kiosk"}
    assert (await asked(client, "/api/v1/pair", {"code": code}))[0] == 404
    _, html = await page(admin, "/admin?part=devices")
    assert "已配对" in html
    assert (await asked(admin, f"/api/v1/devices/{made['id']}/end"))[0] == 200
    _, html = await page(admin, "/admin?part=devices")
    assert "没有配对" in html


@pytest.mark.parametrize(
    ("device", "field"),
    [
        ({"kind": "panel", "name": "窗口屏"}, "counter"),
        ({"kind": "panel", "name": "窗口屏", "counter": "99"}, "counter"),
        ({"kind": "clerk", "name": "某人"}, "kind"),
        ({"kind": "robot", "name": "某机"}, "kind"),
    ],
)
async def test_wrong_device_is_named(sign_in: SignIn, device: dict[str, str], field: str) -> None:
    """The field that is wrong."""
    admin = await sign_in("wang", Role.ADMIN)
    status, answer = await asked(admin, "/api/v1/devices", device)
    assert (status, answer["error"]["field"]) == (400, field)


async def test_same_name_for_two_kiosks_is_refused(sign_in: SignIn) -> None:
    """A sentence, not a broken database rule."""
    admin = await sign_in("wang", Role.ADMIN)
    await asked(admin, "/api/v1/devices", {"kind": "kiosk", "name": "一号"})
    status, answer = await asked(admin, "/api/v1/devices", {"kind": "kiosk", "name": "一号"})
    assert (status, answer["error"]["field"]) == (400, "name")


async def test_setting_hours_ends_the_trial(sign_in: SignIn, house: House) -> None:
    """From 试运行 to the hall's own hours; spans of days are written out."""
    admin = await sign_in("wang", Role.ADMIN)
    _, before = await page(admin, "/admin?part=hours")
    assert "试运行" in before
    assert (await asked(admin, "/api/v1/hall/hours", HOURS))[0] == 200
    about = await house.db.read(lambda session: house.hall.about(session, house.hall_id))
    assert (about.is_trial, about.hours["holidays"]) == (
        False,
        ["2026-01-01", "2026-10-01", "2026-10-02", "2026-10-03"],
    )
    _, after = await page(admin, "/admin?part=hours")
    assert "试运行" not in after


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"holidays": ["国庆"]}, "holidays"),
        ({"holidays": ["2026-10-08~2026-10-01"]}, "holidays"),
        ({"workdays": []}, "opening_hours"),
        (
            {"seasons": [{"from": "01-01", "to": "12-31", "sessions": [{"open": "12:00", "close": "8"}]}]},
            "opening_hours",
        ),
    ],
)
async def test_wrong_hours_are_named_and_not_kept(
    sign_in: SignIn, house: House, wrong: dict[str, Any], field: str
) -> None:
    """The hall stays as it was."""
    admin = await sign_in("wang", Role.ADMIN)
    status, answer = await asked(admin, "/api/v1/hall/hours", HOURS | wrong)
    assert (status, answer["error"]["field"]) == (400, field)
    about = await house.db.read(lambda session: house.hall.about(session, house.hall_id))
    assert about.is_trial


async def test_notice_is_on_every_page(sign_in: SignIn, house: House) -> None:
    """The boards' line changes at once."""
    admin = await sign_in("wang", Role.ADMIN)
    assert (await asked(admin, "/api/v1/hall/notice", {"notice": "周三下午系统升级"}))[0] == 200
    assert house.notice == "周三下午系统升级"
    assert (await asked(admin, "/api/v1/hall/notice", {"notice": "长" * 121}))[0] == 400


async def test_token_works_until_it_is_ended(sign_in: SignIn, client: Client) -> None:
    """Shown once, good until revoked."""
    admin = await sign_in("wang", Role.ADMIN)
    status, made = await asked(admin, "/api/v1/tokens", {"role": "supervisor"})
    headers = {"Authorization": f"Bearer {made['token']}"}
    async with client.get("/api/v1/cases", headers=headers) as answer:
        assert (status, answer.status) == (201, 200)
    rows = (await page(admin, "/admin?part=tokens"))[1]
    which = rows.partition("/api/v1/tokens/")[2].partition("/")[0]
    assert (await asked(admin, f"/api/v1/tokens/{which}/end"))[0] == 200
    async with client.get("/api/v1/cases", headers=headers) as answer:
        assert answer.status == 401


async def serve_one(house: House) -> None:
    """Two numbers of A; one is called and served."""

    def job(session: WriteSession) -> None:
        for _ in range(2):
            house.hall.take(session, house.hall_id, Taking(service="A"))
        house.desk.open(session, house.hall_id, 3, "staff:1")
        leg = house.desk.call_next(session, house.hall_id, 3, "staff:1")
        assert leg is not None
        for command in ("start", "finish"):
            order = Order(command, leg.leg, leg.version)
            leg = house.desk.act(session, house.hall_id, 3, "staff:1", order)

    await house.db.write(job, f"hall:{house.hall_id}")


async def test_report_counts_the_day(sign_in: SignIn, house: House) -> None:
    """Issued, waiting, served, within the promise, on the page and as JSON."""
    one = await sign_in("liu", Role.SUPERVISOR)
    await serve_one(house)
    _, made = await told(one, "/api/v1/reports/services")
    line = next(row for row in made["services"] if row["code"] == "A")
    kept = {name: line[name] for name in ("issued", "waiting", "served", "missed", "called", "kept")}
    assert kept == {"issued": 2, "waiting": 1, "served": 1, "missed": 0, "called": 1, "kept": 1}
    assert (made["total"]["issued"], line["mean_wait_minutes"]) == (2, 0.0)
    _, html = await page(one, "/reports")
    assert "100%" in html


async def test_report_as_csv_opens_in_office_software(sign_in: SignIn, house: House) -> None:
    """A byte order mark, a head, one line a service and the sum."""
    one = await sign_in("liu", Role.SUPERVISOR)
    await serve_one(house)
    async with one.get("/api/v1/reports/services?format=csv") as answer:
        text = (await answer.read()).decode()
    lines = text.split("\r\n")
    assert (text[0], lines[0][1:].split(",")[0], lines[-2].split(",")[:3]) == ("\ufeff", "业务", ["合计", "", "2"])


@pytest.mark.parametrize(
    ("cell", "text"),
    [("=1+1", "'=1+1"), ("+86", "'+86"), ("-2", "'-2"), ("@x", "'@x"), ("好", "好"), (-2, "-2"), (None, "")],
)
def test_cells_that_would_run_are_defused(cell: object, text: str) -> None:
    """Text only; numbers stay numbers."""
    assert defused(cell) == text


@pytest.mark.parametrize(
    ("query", "status"),
    [("from=2026-03-05&to=2026-03-01", 400), ("from=yesterday", 400), ("format=pdf", 400), ("from=2026-03-01", 200)],
)
async def test_report_refuses_what_it_cannot_read(sign_in: SignIn, query: str, status: int) -> None:
    """Dates the wrong way round, no dates, unknown formats."""
    one = await sign_in("liu", Role.SUPERVISOR)
    assert (await told(one, f"/api/v1/reports/services?{query}"))[0] == status
