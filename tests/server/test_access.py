"""Roles × permissions: closed by default, the table says what it says, every door asks for a permission that exists."""

import pytest
from aiohttp import web

from base.settings import Settings
from server.access import DEVICE_ROLES, EVERYONE, PERMISSIONS, STAFF_ROLES, Caller, Role, allow, door
from server.app import create_app
from tests.server.conftest import Bearer, Client

OPEN = {"public", "board.see", "ticket.take", "ticket.own", "chat.own", "knowledge.see", "case.own"}
PAGES = {
    "/home": STAFF_ROLES,
    "/counter": (Role.CLERK, Role.SUPERVISOR, Role.ADMIN),
    "/library": (Role.EDITOR, Role.SUPERVISOR, Role.ADMIN),
    "/kiosk": (Role.KIOSK,),
    "/screen": (Role.SCREEN,),
}


async def handler(_request: web.Request) -> web.Response:
    """A handler that anybody may have written."""
    return web.Response()


def test_visitors_have_what_is_open_and_nothing_else() -> None:
    """A permission that visitors have is named here; a new one is closed to them."""
    assert {name for name, roles in PERMISSIONS.items() if Role.VISITOR in roles} == OPEN
    assert {name for name, roles in PERMISSIONS.items() if roles == EVERYONE} == OPEN


def test_devices_have_no_permission_of_staff() -> None:
    """A kiosk, screen or panel can do its own page's work only."""
    closed = {name for name, roles in PERMISSIONS.items() if roles & set(DEVICE_ROLES)} - OPEN
    assert closed == {"kiosk.use", "screen.use", "panel.use", "rate.use", "device.report", "appointment.check_in"}


def test_the_administrator_has_every_permission_of_staff() -> None:
    """Except what belongs to one device."""
    without = {name for name, roles in PERMISSIONS.items() if Role.ADMIN not in roles}
    assert {name for name in without if PERMISSIONS[name] & set(STAFF_ROLES)} <= {"panel.use"}


def test_several_roles_add_up() -> None:
    """One member of staff may be clerk and editor."""
    both = Caller("staff:1", frozenset({Role.CLERK, Role.EDITOR}), hall=1)
    assert [both.may(name) for name in ("counter.work", "knowledge.edit", "admin")] == [True, True, False]


def test_a_permission_that_does_not_exist_is_refused() -> None:
    """A slip in a permission's name is found when the module is read."""
    with pytest.raises(ValueError, match=r"no such permission: counter\.wrok"):
        allow("counter.wrok")


def test_a_handler_without_a_door_has_none() -> None:
    """``create_app`` finds it by this."""
    assert door(handler) is None


async def test_every_route_stands_behind_a_permission(settings: Settings) -> None:
    """The route table has no bare handler, HEAD included."""
    app = create_app(settings)
    stands = [door(route.handler) for route in app.router.routes()]
    assert [one for one in stands if one is None or one.permission not in PERMISSIONS] == []
    await app["house"].db.close()


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_opens_for_its_roles_only(page: str, client: Client, bearer: Bearer) -> None:
    """Every role asks for every page: 200 or 403; a visitor is sent to the sign-in."""
    answers = {}
    for role in (*STAFF_ROLES, *DEVICE_ROLES):
        answers[role] = (await (await bearer(role)).get(page)).status
    assert answers == {role: 200 if role in PAGES[page] else 403 for role in (*STAFF_ROLES, *DEVICE_ROLES)}
    assert (await client.get(page)).status == 401
