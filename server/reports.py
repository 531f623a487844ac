"""Reports (``/reports``): tables that say what they count, with plots, on the page and to take away."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from aiohttp import web
from yarl import URL

from base.db import ReadSession
from base.errors import BadInput
from hallqueue import REPORTS, STANDING_NAMES, Column, Days, Report, Standing, Wanted, report
from server.access import Asked, allow, caller
from server.pages import render
from server.people import names
from server.reports_notes import notes_of
from server.reports_plots import plots_of
from server.sheets import Sheet, csv_answer, xlsx_answer

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

FORMATS = ("json", "csv", "xlsx")
SPREADS = {"wait": "等候（分钟）", "walk": "到窗（分钟）", "work": "办理（分钟）"}
PARTS = {"mean": "平均", "p50": "P50", "p80": "P80", "p95": "P95"}


QUERY = {
    "from": Asked("第一个营业日，如 2026-03-02；不写为今天", date),
    "to": Asked("最后一个营业日，含当天；不写为今天", date),
    "service": Asked("只看这个业务的代码，如 A"),
    "class": Asked("只看这一类号", Literal[tuple(one.value for one in Standing)]),
    "format": Asked("不写为 json", Literal[FORMATS]),
}


class ColumnOut(msgspec.Struct):
    """A column: its key in the rows, title and unit."""

    key: str
    title: str
    unit: str


class ReportOut(msgspec.Struct, rename={"first": "from", "last": "to"}):
    """A report: ``rows`` hold ``key``, ``name`` and a value for each column; null: there was no case."""

    name: str
    title: str
    first: date
    last: date
    columns: list[ColumnOut]
    rows: list[dict[str, str | int | float | None]]
    total: dict[str, str | int | float | None]


@dataclass(frozen=True, slots=True)
class Head:
    """A field of the table's head: over one column, or over a spread's four."""

    title: str
    unit: str
    span: int
    parts: tuple[str, ...]


@routes.get("/reports")
@allow("report.see")
async def reports(request: web.Request) -> web.Response:
    """One report of some days; the address keeps what was chosen."""
    house: House = request.app["house"]
    today = house.working_time.local_day(house.clock.now())
    wanted = _wanted(request, request.query.get("name", "services"), today)
    made, services = await _made(request, wanted)
    kept = {key: value for key in ("service", "class") if (value := request.query.get(key))}
    chosen = {"from": made.first.isoformat(), "to": made.last.isoformat(), **kept}
    return render(
        request,
        "reports.html",
        report=made,
        heads=heads(made.columns),
        notes=notes_of(made),
        plots=plots_of(made),
        tabs=[(name, kind.title, _address(name, chosen)) for name, kind in REPORTS.items()],
        spans=[(words, _address(made.name, {**chosen, **span})) for words, span in _spans(today)],
        downloads=[(each, _download(made.name, chosen, each)) for each in FORMATS[1:]],
        has_filters=REPORTS[made.name].has_filters,
        services=services,
        standings=[(standing.value, words) for standing, words in STANDING_NAMES.items()],
        wanted=wanted,
        today=today,
    )


@routes.get("/api/v1/reports/{name}")
@allow("report.see", answer=ReportOut, query=QUERY)
async def report_of_days(request: web.Request) -> web.Response:
    """A report from ``from`` to ``to``, of one ``service`` or ``class`` if named, as ``format`` json, csv or xlsx."""
    house: House = request.app["house"]
    form = request.query.get("format", "json")
    if form not in FORMATS:
        raise BadInput(f"格式可选 {'、'.join(FORMATS)}，收到“{form}”。", field="format", allowed=list(FORMATS))
    today = house.working_time.local_day(house.clock.now())
    made, _ = await _made(request, _wanted(request, request.match_info["name"], today))
    if form == "json":
        return web.Response(body=msgspec.json.encode(plain(made)), content_type="application/json")
    sheet, name = as_sheet(made), f"{made.name}-{made.first}-{made.last}"
    return csv_answer(name, sheet.head, sheet.rows) if form == "csv" else xlsx_answer(name, sheet)


async def _made(request: web.Request, wanted: Wanted) -> tuple[Report, list[tuple[str, str]]]:
    """The report with people's names, and the hall's services to choose from."""
    house: House = request.app["house"]
    hall = caller(request).hall

    def job(session: ReadSession) -> tuple[Report, list[tuple[str, str]]]:
        made = report(session, wanted)
        if wanted.name == "clerks":
            who = names(session)
            made = replace(made, names=tuple(who(name) if ":" in name else name for name in made.names))
        return made, [(one.code, one.name) for one in house.hall.services(session, hall)]

    return await house.db.read(job)


def _wanted(request: web.Request, name: str, today: date) -> Wanted:
    first = _day(request, "from", today)
    last = _day(request, "to", max(first, today) if "from" not in request.query else first)
    standing = request.query.get("class") or None
    if standing is not None and standing not in set(Standing):
        allowed = [each.value for each in Standing]
        raise BadInput(f"类别可选 {'、'.join(allowed)}，收到“{standing}”。", field="class", allowed=allowed)
    days = Days(caller(request).hall, first, last)
    return Wanted(name, days, request.query.get("service") or None, Standing(standing) if standing else None)


def _day(request: web.Request, name: str, default: date) -> date:
    text = request.query.get(name, "")
    try:
        return date.fromisoformat(text) if text else default
    except ValueError:
        raise BadInput(f"日期须写成 2026-03-02 这样，收到“{text}”。", field=name) from None


def _spans(today: date) -> list[tuple[str, dict[str, str]]]:
    """Days that are often asked for."""
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    yesterday, last_month = today - timedelta(days=1), first - timedelta(days=1)
    spans = (
        ("今天", today, today),
        ("昨天", yesterday, yesterday),
        ("本周", monday, today),
        ("上周", monday - timedelta(days=7), monday - timedelta(days=1)),
        ("本月", first, today),
        ("上月", last_month.replace(day=1), last_month),
    )
    return [(words, {"from": start.isoformat(), "to": end.isoformat()}) for words, start, end in spans]


def _address(name: str, chosen: dict[str, str]) -> str:
    return str(URL("/reports").with_query({"name": name, **chosen}))


def _download(name: str, chosen: dict[str, str], form: str) -> str:
    return str(URL(f"/api/v1/reports/{name}").with_query({**chosen, "format": form}))


def heads(columns: tuple[Column, ...]) -> list[Head]:
    """The table's head: mean and percentiles of one thing stand under one title."""
    made: list[Head] = []
    for column in columns:
        thing, _, part = column.key.partition("_")
        if thing not in SPREADS or part not in PARTS:
            made.append(Head(column.title, column.unit, 1, ()))
        elif part == "mean":
            made.append(Head(SPREADS[thing], "", len(PARTS), tuple(PARTS.values())))
    return made


def plain(made: Report) -> ReportOut:
    """The report as JSON says it."""
    keys = [column.key for column in made.columns]
    rows = [
        {"key": key, "name": name, **dict(zip(keys, cells, strict=True))}
        for key, name, cells in zip(made.keys, made.names, made.rows, strict=True)
    ]
    columns = [ColumnOut(one.key, one.title, one.unit) for one in made.columns]
    total = dict(zip(keys, made.total, strict=True))
    return ReportOut(made.name, made.title, made.first, made.last, columns, rows, total)


def as_sheet(made: Report) -> Sheet:
    """The report as a table to take away, the total last."""
    head = [made.by, *(f"{one.title}（{one.unit}）" if one.unit else one.title for one in made.columns)]
    rows: list[tuple[Any, ...]] = [(name, *cells) for name, cells in zip(made.names, made.rows, strict=True)]
    return Sheet(made.title, head, [*rows, ("合计", *made.total)], has_total=True)
