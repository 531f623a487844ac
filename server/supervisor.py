"""The supervisor's pages: exceptions first, the live hall, and one case with everything to settle it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from aiohttp import web

from base import outbox
from base.db import ReadSession
from base.errors import BadInput
from bot import Conversation
from bot import State as ChatState
from cases import (
    ACTION_NAMES,
    FINAL,
    KIND_NAMES,
    NEEDS,
    RATING_NAMES,
    Action,
    CaseFilter,
    CasePage,
    CaseView,
    Kind,
    Pending,
    State,
    Tally,
)
from hallqueue import Board, CounterState, QueueSettings, SessionView, WaitingView, hall_day
from server import forms
from server.access import Caller, allow, caller
from server.case_api import actor_of, own_case
from server.desk import SLOW, conversation_of
from server.devices import Trouble, troubles
from server.pages import render
from server.people import names
from server.words import LIGHTS, wait_words

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

SHOWS = {
    "open": "全部在办",
    "overdue": "超期",
    "today": "今天到期",
    "pending": "待复核审批",
    "review": "待结案审核",
    "dissatisfied": "不满意",
    "watched": "督办",
    "paused": "待企业补充",
    "bad": "差评待整改",
    "ended": "已结束",
}
_STATES = {
    "review": (State.ANSWERED, State.REVIEW),
    "dissatisfied": (State.DISSATISFIED, State.VERIFIED),
    "paused": (State.WAITING_ON_ENTERPRISE,),
    "ended": tuple(sorted(FINAL)),
}
_A = Action
MAIN = (
    *(_A.CONFIRM_FINAL, _A.CONFIRM_REFUSAL, _A.GRANT_EXTENSION, _A.ANSWER, _A.ACCEPT_AND_DISPATCH, _A.DISPATCH),
    *(_A.REDISPATCH, _A.APPROVE, _A.CLOSE, _A.VERIFY, _A.REDO, _A.PROPOSE_FINAL, _A.SIGN, _A.ANSWER_NOW, _A.SUPPLY),
)
NEXT = (*MAIN, _A.SUBMIT, _A.REOPEN)
DANGEROUS = frozenset({_A.REFUSE, _A.EMERGENCY, _A.MERGE, _A.SEND_BACK, _A.CONFIRM_REFUSAL, _A.RETURN, _A.REOPEN})
HIDDEN = frozenset({_A.SCREEN, _A.TAKE_UP, _A.WARN, _A.RECOUNT, _A.LAPSE, _A.FOLLOW, _A.OBJECT})
MOST_DEAD = 50
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Left:
    """How much time a case has: words, and the tone that they are shown in."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Alert:
    """Something beside the cases that asks for a person: what, and where to go."""

    tone: str
    text: str
    address: str
    button: str


@dataclass(frozen=True, slots=True)
class ActForm:
    """One allowed action as the page offers it: its name and the fields that it needs."""

    action: Action
    name: str
    needs: dict[str, str]
    is_dangerous: bool


@routes.get("/supervisor")
@allow("case.work")
async def supervisor(request: web.Request) -> web.Response:
    """Exceptions first; the filters stand in the address."""
    wanted = _wanted(request)
    values = {**await _now(request), **await _cases(request, wanted)}
    return render(request, "supervisor.html", hall=caller(request).hall, **values)


@routes.get("/supervisor/now")
@allow("case.work")
async def now_fragment(request: web.Request) -> web.Response:
    """The figures and the alerts."""
    return render(request, "supervisor_now.html", **await _now(request))


@routes.get("/supervisor/hall")
@allow("case.work")
async def hall_fragment(request: web.Request) -> web.Response:
    """The live hall: counters and lines."""
    return render(request, "supervisor_hall.html", **await _now(request))


@routes.get("/supervisor/cases")
@allow("case.work")
async def cases_fragment(request: web.Request) -> web.Response:
    """The list of cases."""
    return render(request, "supervisor_cases.html", **await _cases(request, _wanted(request)))


@routes.get("/supervisor/case/{id}")
@allow("case.work")
async def case_page(request: web.Request) -> web.Response:
    """One case: the question first, the conversation beside it, what may be done now."""
    values = await _case(request)
    return render(request, "case.html", **values)


@routes.get("/supervisor/case/{id}/{part:head|timeline}")
@allow("case.work")
async def case_fragment(request: web.Request) -> web.Response:
    """How one case stands, or its timeline."""
    return render(request, f"case_{request.match_info['part']}.html", **await _case(request))


def left(case: CaseView, now: datetime) -> Left:
    """“剩 2 小时”, “超期 1 天”, or why no term runs."""
    if case.state in FINAL:
        return Left("已结束", "")
    if case.is_paused:
        return Left("等企业补充，暂停计时", "info")
    if case.due_text is None:
        return Left("已答复", "ok")
    span = case.due_at - now
    words = spoken_span(abs(span))
    if span < timedelta():
        return Left(f"超期 {words}", "late")
    is_near = case.light != "green" or span < timedelta(days=1)
    return Left(f"剩 {words}", "warn" if is_near else "ok")


def spoken_span(span: timedelta) -> str:
    """A span in its largest unit: 3 天, 2 小时, 40 分钟."""
    if span >= timedelta(days=1):
        return f"{span.days} 天"
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} 小时" if hours else f"{max(minutes, 1)} 分钟"


def act_forms(case: CaseView) -> tuple[list[ActForm], list[ActForm]]:
    """The case's allowed actions as forms: the likely ones, and the others."""
    shown = [action for action in case.actions if action not in HIDDEN]
    main = [_form(action) for action in MAIN if action in shown]
    return main, [_form(action) for action in shown if action not in MAIN]


def next_action(case: CaseView) -> Action | None:
    """The button in the list: what most likely comes next."""
    return next((action for action in NEXT if action in case.actions), None)


def _form(action: Action) -> ActForm:
    return ActForm(action, ACTION_NAMES[action], NEEDS.get(action, {}), action in DANGEROUS)


def _wanted(request: web.Request) -> dict[str, str]:
    wanted = {name: request.query.get(name, "").strip()[:80] for name in ("show", "kind", "q", "after")}
    wanted["show"] = wanted["show"] or "open"
    for name, allowed in (("show", SHOWS), ("kind", {"": "", **{str(kind): "" for kind in Kind}})):
        if wanted[name] not in allowed:
            raise BadInput(f"筛选条件不认识“{wanted[name]}”，请从页面上重新选择。", field=name)
    return wanted


def _filter(wanted: dict[str, str], hall: int, now: datetime, house: "House") -> CaseFilter:
    show = wanted["show"]
    kinds = (Kind.BAD_RATING,) if show == "bad" else (Kind(wanted["kind"]),) if wanted["kind"] else ()
    return CaseFilter(
        hall=hall,
        states=_STATES.get(show, ()),
        kinds=kinds,
        due_by=house.working_time.local_day(now) if show == "today" else None,
        is_overdue=show == "overdue",
        is_watched=show == "watched",
        text=wanted["q"],
        after=wanted["after"] or None,
    )


async def _cases(request: web.Request, wanted: dict[str, str]) -> dict[str, Any]:
    house: House = request.app["house"]
    who = caller(request)

    def job(session: ReadSession) -> tuple[CasePage, Tally]:
        asked = _filter(wanted, who.hall, session.now, house)
        page = _pending(session, house, who, asked) if wanted["show"] == "pending" else None
        return (
            page or house.casebook.list(session, asked, actor_of(who)),
            house.casebook.tally(session, who.hall),
        )

    page, tally = await house.db.read(job)
    return {
        "page": page,
        "tally": tally,
        "wanted": wanted,
        "counts": _counts(tally),
        "shows": SHOWS,
        "kinds": KIND_NAMES,
        "left": left,
        "next_action": next_action,
        "action_names": ACTION_NAMES,
        "address": lambda **changes: _address(wanted, changes),
    }


def _pending(session: ReadSession, house: "House", who: Caller, asked: CaseFilter) -> CasePage:
    """What waits for a second person, whatever it is: one list for each sort, few rows each."""
    sorts = [sort for sort in Pending if sort]
    pages = [
        house.casebook.list(session, CaseFilter(hall=who.hall, pending=sort, text=asked.text), actor_of(who))
        for sort in sorts
    ]
    rows = sorted((row for page in pages for row in page.rows), key=lambda row: (row.due_at, row.id))
    return CasePage(tuple(rows), None)


def _address(wanted: dict[str, str], changes: dict[str, str]) -> str:
    kept = {name: value for name, value in ({**wanted, "after": ""} | changes).items() if value}
    return f"?{urlencode(kept)}"


def _counts(tally: Tally) -> dict[str, int]:
    return {
        "open": tally.open,
        "overdue": tally.overdue,
        "today": tally.due_today,
        "pending": tally.pending,
        "review": tally.to_review,
        "dissatisfied": tally.dissatisfied,
        "watched": tally.watched,
        "paused": tally.paused,
        "bad": tally.bad_ratings,
    }


async def _now(request: web.Request) -> dict[str, Any]:
    house: House = request.app["house"]
    who = caller(request)

    chats = await house.receptionist.with_people()

    def job(session: ReadSession) -> dict[str, Any]:
        board = house.hall.board(session, who.hall)
        day = hall_day(session, who.hall, board.day)
        alerts = _orphans(house.desk.orphans(session, who.hall))
        alerts += _chats(chats, session.now)
        alerts += _board_alerts(board, house.settings[QueueSettings].long_pause())
        alerts += _devices(troubles(session, who.hall), session.now, who)
        alerts += _dead_letters(session)
        tally = house.casebook.tally(session, who.hall)
        return {"board": board, "day": day, "alerts": alerts, "tally": tally, "counts": _counts(tally)}

    values = await house.db.read(job)
    board = values["board"]
    return values | {
        "waiting": sum(line.waiting for line in board.waiting),
        "longest": max(board.waiting, key=lambda line: line.longest_minutes, default=None),
        "lights": LIGHTS,
        "wait_words": wait_words,
        "span": spoken_span,
        "open_counters": sum(one.state is CounterState.OPEN for one in board.counters),
    }


def _orphans(lost: tuple[SessionView, ...]) -> list[Alert]:
    held = "、".join(f"{one.counter} 号（{one.leg.number}）" for one in lost if one.leg)
    return [Alert("late", f"窗口失去联系，手上还有号：{held}", "/supervisor/live", "去处理")] if held else []


def _chats(chats: list[Conversation], now: datetime) -> list[Alert]:
    waits = [now - chat.waiting_since for chat in chats if chat.waiting_since and chat.state is ChatState.WAITING]
    slow = [span for span in waits if span >= SLOW]
    words = f"{len(slow)} 段对话在等人工，最久 {spoken_span(max(slow))}" if slow else ""
    return [Alert("late", words, "/desk", "去接待")] if slow else []


def _board_alerts(board: Board, long_pause: timedelta) -> list[Alert]:
    slow = sorted((line for line in board.waiting if line.light == "red" and line.waiting), key=_shortest_last)
    long = [Alert("late", slow_words(slow), "#hall", "看大厅")] if slow else []
    paused = [
        Alert("warn", f"{one.number} 号窗口已{one.state_name} {spoken_span(board.at - one.since)}", "#hall", "看大厅")
        for one in board.counters
        if one.state is CounterState.PAUSED and one.since and board.at - one.since > long_pause
    ]
    return long + paused


def _shortest_last(line: WaitingView) -> int:
    return -line.longest_minutes


def slow_words(slow: list[WaitingView]) -> str:
    """All lines that wait too long in one sentence, the longest first."""
    named = "；".join(f"{line.name} {line.waiting} 人、最长 {line.longest_minutes} 分钟" for line in slow[:MOST_NAMED])
    count = f" {len(slow)} 项业务" if len(slow) > MOST_NAMED else ""
    return f"等候过久{count}：{named}{' 等' if count else ''}"


def _devices(found: list[Trouble], now: datetime, who: Caller) -> list[Alert]:
    where = "/admin?part=devices" if who.may("admin") else "#hall"
    return [
        Alert("late" if one.is_late else "warn", f"{one.name}：{_since(one, now)}{one.words}", where, "看设备")
        for one in found
    ]


def _since(trouble: Trouble, now: datetime) -> str:
    return f"已 {spoken_span(now - trouble.silent_at)}" if trouble.silent_at else ""


def _dead_letters(session: ReadSession) -> list[Alert]:
    dead = len(outbox.failed(session, MOST_DEAD))
    words = f"有 {dead} 条消息多次发送失败，企业没有收到" if dead else ""
    return [Alert("late", words, "/admin?part=letters", "看原因")] if dead else []


async def _case(request: web.Request) -> dict[str, Any]:
    house: House = request.app["house"]
    who, number = caller(request), forms.number_in_path(request, "id")

    def job(session: ReadSession) -> tuple[CaseView, Any]:
        return own_case(session, house, who, number), names(session)

    case, name = await house.db.read(job)
    main, others = act_forms(case)
    entries = house.library.snapshot.entries
    return {
        "case": case,
        "name": name,
        "left": left(case, house.clock.now()),
        "main": main,
        "others": others,
        "ratings": RATING_NAMES,
        "topic": entries.get(case.topic or ""),
        "candidates": [(entries[code], score) for code, score in case.packet.candidates if code in entries],
        "offices": sorted({entry.office for entry in entries.values() if entry.office}),
        "conversation": conversation_of(case),
    }
