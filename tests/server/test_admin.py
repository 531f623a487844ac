"""Administration and reports."""

from typing import Any

import pytest

from server.access import Role
from server.house import House
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
