"""The hall's displays: the main screen with its voice (``/screen``) and the panel above a counter (``/panel/{n}``)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from base.db import ReadSession
from base.errors import NotFound
from hallqueue import Board, CallView, CounterState, WaitingView
from server import forms, voice
from server.access import allow, caller
from server.fragments import fragment, fragments
from server.pages import asset, render
from server.settings import VoiceSettings
from server.words import LIGHTS, wait_words

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

RECENT = 6
FULL_BAR = 20
MOST_LINES = 12


@routes.get("/screen")
@allow("screen.use")
async def screen(request: web.Request) -> web.Response:
    """The screen's page; what is big on it is led by the calls as they come."""
    house: House = request.app["house"]
    hall = caller(request).hall
    shown = await house.db.read(lambda session: house.hall.board(session, hall))
    last = next((one for one in (*shown.called, *shown.recent) if not one.is_withdrawn), None)
    values: dict[str, Any] = {
        "hall": hall,
        "board": shown,
        "last": last,
        "edition": edition(),
        "part": await _board(house, hall),
    }
    return render(request, "screen.html", **values)


@routes.get("/screen/board")
@allow("screen.use")
async def board(request: web.Request) -> web.Response:
    """Everything but the big number, shared by every screen of the hall."""
    return fragment(await _board(request.app["house"], caller(request).hall))


@routes.get("/screen/voice")
@allow("screen.use")
async def voices(request: web.Request) -> web.Response:
    """The addresses of the clips by name: the hall's own recordings, and the house's."""
    recorded = {name: f"/screen/voice/{path.name}" for name, path in _recorded(request).items()}
    return web.json_response({"recorded": recorded, "own": voice.own()})


@routes.get("/screen/voice/{file}")
@allow("screen.use")
async def recording(request: web.Request) -> web.FileResponse:
    """One of the hall's recordings."""
    wanted = request.match_info["file"]
    found = next((path for path in _recorded(request).values() if path.name == wanted), None)
    if found is None:
        raise NotFound(f"没有录音 {wanted}，请核对 [voice] folder 里的文件名。", field="file")
    return web.FileResponse(found, headers={"Cache-Control": "no-cache", "Content-Type": voice.TYPES[found.suffix]})


@routes.get("/panel/{counter}")
@allow("panel.use")
async def panel(request: web.Request) -> web.Response:
    """The panel above a counter."""
    return render(request, "panel.html", **await _panel(request))


@routes.get("/panel/{counter}/now")
@allow("panel.use")
async def panel_now(request: web.Request) -> web.Response:
    """What changes on the panel."""
    return render(request, "panel_now.html", **await _panel(request))


async def _panel(request: web.Request) -> dict[str, Any]:
    house: House = request.app["house"]
    hall, number = caller(request).hall, forms.number_in_path(request, "counter")
    return {"panel": await house.db.read(lambda session: house.desk.panel(session, hall, number))}


def _recorded(request: web.Request) -> dict[str, Path]:
    return voice.recorded(request.app["house"].settings[VoiceSettings].folder)


async def _board(house: "House", hall: int) -> str:
    def gather(session: ReadSession) -> Mapping[str, object]:
        shown, message = house.hall.board(session, hall), house.hall.announcement(session, hall)
        return {**values_of(shown), "message": message, "notice": shown.notice or house.server.notice}

    return await fragments(house).text("screen_board.html", hall, gather)


def values_of(shown: Board) -> dict[str, Any]:
    """What the board's template reads."""
    open_now = [one for one in shown.counters if not one.is_guide and one.state is not CounterState.CLOSED]
    closed = [one for one in shown.counters if not one.is_guide and one.state is CounterState.CLOSED]
    return {
        "board": shown,
        "edition": edition(),
        "lines": busiest(shown.waiting),
        "recent": latest(shown.recent)[:RECENT],
        "most": max([FULL_BAR, *(one.waiting for one in shown.waiting)]),
        "hit_day": hit_day(shown),
        "lights": LIGHTS,
        "wait_words": wait_words,
        "counters": open_now,
        "closed": closed,
        "live": [one.number for one in shown.called],
    }


def hit_day(shown: Board) -> str:
    """The day whose estimates were scored, as people call it."""
    is_yesterday = shown.hit_rate is not None and shown.day - shown.hit_rate.day == timedelta(days=1)
    return "昨日" if is_yesterday else "上个办公日"


def edition() -> str:
    """Changes with the page's own files: a screen that has stood for months then loads itself anew."""
    return asset("hall.css") + asset("js/screen.js") + asset("js/voice.js") + asset("js/live.js")


def latest(calls: Sequence[CallView]) -> list[CallView]:
    """The newest announcement of each number; one taken back is shown by the call itself, marked 已撤回."""
    newest: dict[str, CallView] = {}
    for call in calls:
        if call.kind != "undo":
            newest.setdefault(call.ticket, call)
    return list(newest.values())


def busiest(lines: tuple[WaitingView, ...]) -> list[WaitingView]:
    """As many lines as fit, the longest of them, in the hall's order."""
    longest = sorted(lines, key=lambda one: -one.waiting)[:MOST_LINES]
    return [one for one in lines if one in longest]
