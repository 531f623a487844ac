"""The clerk's console (``/counter``): the next one, what may be done now, and what the visitor asked before."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from base.db import ReadSession
from bot import enquiry
from cases import PublicCase
from hallqueue import (
    PAUSE_REASONS,
    STANDING_NAMES,
    Board,
    Console,
    CounterState,
    HallView,
    ServiceView,
    SessionView,
    WaitingView,
)
from server import forms
from server.access import allow, caller
from server.desk import CHANNELS
from server.matters import matters
from server.pages import render
from server.queue_forms import masked
from server.wayfinding import matters_at
from server.words import LIGHTS, before_words, wait_words, waiting_words

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

REASONS = {
    "park": ("回去取材料", "打印复印", "等经办人到场", "等系统反馈"),
    "call": ("补齐材料返回", "特殊困难", "领导交办加急", "叫错号纠正"),
    "cancel": ("本人要求取消", "取错业务", "人已离开"),
    "reclass": ("优先证件核验不符", "不属于优先范围"),
    "restore": ("本人在现场", "刚才没听到叫号"),
    "undo": ("误按", "叫错号", "来人不是本人"),
    "pause": PAUSE_REASONS,
}
TITLES = {
    "park": "暂离：请选原因",
    "call": "指定叫号：请选原因",
    "cancel": "取消这张号：请选原因",
    "reclass": "改为普通号：请选原因",
    "restore": "恢复排队：请选原因",
    "undo": "撤回叫号：请选原因",
    "pause": "暂停叫号：请选原因",
}


@dataclass(frozen=True, slots=True)
class Press:
    """A button of the console: the command, its key as the browser names it and as people read it, its words."""

    command: str
    key: str
    shown: str
    words: str


ACTS = (
    Press("start", "Enter", "Enter", "开始办理"),
    Press("finish", "f", "F", "办结"),
    Press("recall", "r", "R", "重呼"),
    Press("miss", "m", "M", "过号"),
    Press("park", "p", "P", "暂离…"),
    Press("transfer", "t", "T", "转窗…"),
    Press("verify", "v", "V", "优先已核验"),
    Press("reclass", "g", "G", "改为普通号…"),
)
MAIN = ("start", "finish")
HELD = {
    "kept": ("为我保留", "没有为本窗口保留的号", (("call", "直接叫号"),)),
    "parked": ("暂离", "没有暂离", (("unpark", "返回排队"), ("call", "直接叫号"), ("cancel", "取消"))),
    "missed": ("过号", "没有过号", (("restore", "恢复排队"), ("call", "直接叫号"), ("cancel", "取消"))),
}
ORIGINS = {"kiosk": "取号机", "desk": "导办台", "web": "手机", "bot": "智能助手", "demo": "模拟"}
LONG_SERVICES = 2
HARMLESS = ("咨询", "求助", "建议")


@dataclass(frozen=True, slots=True)
class Before:
    """What the visitor asked in a chat before they came. ``papers`` are those of the guide last spoken of."""

    channel: str
    topic: str
    papers: tuple[str, ...]
    questions: tuple[str, ...]
    heard_at: datetime
    cases: tuple[PublicCase, ...]


@routes.get("/counter")
@allow("counter.work")
async def counter(request: web.Request) -> web.Response:
    """The console of the counter where the clerk sits, else the list of counters to sign in at."""
    house: House = request.app["house"]
    who = caller(request)

    def job(session: ReadSession) -> tuple[SessionView | None, Board]:
        return house.desk.session_of(session, who.hall, who.actor), house.hall.board(session, who.hall)

    sits, shown = await house.db.read(job)
    if sits is None or sits.state is CounterState.ORPHANED:
        return render(request, "counter_choose.html", board=shown, lost=sits)
    values = await _console(house, who.hall, sits.counter, who.actor)
    return render(request, "counter.html", reasons=REASONS, titles=TITLES, **values)


@routes.get("/counter/{counter}/console")
@allow("counter.work")
async def console(request: web.Request) -> web.Response:
    """What changes on the console."""
    who, number = caller(request), forms.number_in_path(request, "counter")
    return render(request, "counter_console.html", **await _console(request.app["house"], who.hall, number, who.actor))


@routes.get("/counter/targets")
@allow("counter.work")
async def targets(request: web.Request) -> web.Response:
    """Where a leg may be transferred to, with how long the line is there."""
    house: House = request.app["house"]
    hall, here = caller(request).hall, request.query.get("from", "")

    def job(session: ReadSession) -> tuple[tuple[ServiceView, ...], tuple[WaitingView, ...]]:
        return house.hall.services(session, hall), house.hall.board(session, hall).waiting

    services, lines = await house.db.read(job)
    return render(
        request,
        "counter_targets.html",
        services=[one for one in services if one.code != here],
        lines={line.service: line_words(line) for line in lines},
    )


@routes.get("/counter/slip/{token}")
@allow("counter.work")
async def slip(request: web.Request) -> web.Response:
    """A number with its QR code, to be shown or printed: one just taken, or one that goes for papers."""
    house: House = request.app["house"]
    token = request.match_info["token"]
    found = await house.db.read(lambda session: house.hall.ticket(session, token))
    return render(
        request,
        "counter_slip.html",
        ticket=found,
        before=before_words(found),
        wait=wait_words(found.wait),
        address=house.public_url(f"/t/{token}"),
    )


async def _console(house: "House", hall: int, number: int, staff: str) -> dict[str, Any]:
    def job(session: ReadSession) -> tuple[Console, HallView, dict[str, Any]]:
        desk = house.desk.console(session, hall, number, staff)
        more = {
            "services": house.hall.services(session, hall) if desk.counter.is_guide else (),
            "before": _before(session, house, desk.reply_to),
            "matters": matters_at(house, session, hall, desk.leg.service) if desk.leg else (),
        }
        return desk, house.hall.about(session, hall), more

    desk, about, more = await house.db.read(job)
    leg = desk.leg
    return {
        "desk": desk,
        "leg": leg,
        **more,
        "groups": {group.code: group for group in about.priorities},
        "phone": masked(leg.phone) if leg else None,
        "wakes": [moment.isoformat() for moment in (leg.recall_at, leg.miss_at) if moment] if leg else [],
        "is_long": _is_long(desk),
        "waited": _minutes(leg.called_at - leg.issued_at) if leg and leg.called_at else 0,
        "own_line": next((line_words(line) for line in desk.waiting if leg and line.service == leg.service), ""),
        "acts": ACTS,
        "main": MAIN,
        "held": HELD,
        "lights": LIGHTS,
        "standings": STANDING_NAMES,
        "origins": ORIGINS,
        "wait_words": wait_words,
        "waiting_words": waiting_words,
    }


def _before(session: ReadSession, house: "House", reply_to: str | None) -> Before | None:
    """The visitor's chat, as far as a clerk may know of it: no complaint, no report."""
    asked = enquiry(session, reply_to)
    if asked is None or reply_to is None:
        return None
    topic = next(iter(matters(house, (asked.topic,))), None)
    cases = tuple(one for one in house.casebook.of_address(session, reply_to) if one.kind_name in HARMLESS)
    channel = CHANNELS.get(asked.channel, asked.channel)
    title, papers = (topic.title, topic.papers) if topic else ("", ())
    return Before(channel, title, papers, asked.questions, asked.heard_at, cases)


def line_words(line: WaitingView) -> str:
    """“等 6 人 · 最久 23 分 · 约 10–20 分钟”."""
    longest = (f"最久 {line.longest_minutes} 分",) if line.waiting else ()
    return " · ".join((waiting_words(line.waiting), *longest, wait_words(line.wait)))


def _is_long(desk: Console) -> bool:
    """Whether the service in hand lasts twice as long as it usually does."""
    if desk.leg is None or desk.leg.started_at is None or desk.typical_minutes is None:
        return False
    return desk.at - desk.leg.started_at > timedelta(minutes=LONG_SERVICES * desk.typical_minutes)


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
