"""The editors' page of what was not answered well, and what they make of it: wordings, a new entry, or nothing."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from aiohttp import web

from base.db import ReadSession, WriteSession
from base.errors import BadInput
from base.log import mask
from bot import FAULT_NAMES, Fault, misses
from knowledge import (
    Answer,
    Confidence,
    Entry,
    Kind,
    Origin,
    Suggestion,
    SuggestionKind,
    Validity,
    Verification,
)
from server import forms
from server.access import allow, caller
from server.entry_form import KIND_NAMES
from server.matters import domain_names
from server.miss_board import UNKNOWN, Board, board, mondays
from server.pages import render
from server.people import Names, names

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

WEEKS = {1: "本周", 4: "近四周", 12: "近十二周"}
NEW_KINDS = (Kind.FAQ, Kind.GUIDE, Kind.NOTICE)
MOST_GROUPS = 30
MOST_SETTLED = 8
MOST_FOUND = 6
BOT = "bot"
WHY_DISMISSED = ("不归本厅办理", "不是办事问题", "已有答复，不必改", "说不清问什么")
Line = Annotated[str, msgspec.Meta(max_length=200)]
Lines = Annotated[str, msgspec.Meta(max_length=4000)]


class Settling(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What every settlement names: the questions' marks, separated by blanks, and how many enterprises asked."""

    marks: Annotated[str, msgspec.Meta(min_length=1, max_length=40_000)]
    askers: Annotated[int, msgspec.Meta(ge=0)] = 0


class NewWordings(Settling):
    """Wordings, one a line, for an entry; ``proposed``: the entry that the bot itself had proposed."""

    wordings: Lines
    code: Line = ""
    proposed: Line = ""


class NewDraft(Settling):
    """A new entry that answers these questions, with its source; ``answer``: what is to be said, if it is known."""

    id: Line
    title: Line
    kind: Kind
    domain: Line
    source: Line
    wordings: Lines
    answer: Lines = ""


class Dismissed(Settling):
    """Nothing is to be learnt from them."""

    reason: Line


class Settled(msgspec.Struct):
    """The draft that it became; empty and 0 when it was dismissed."""

    id: str = ""
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """A settled suggestion on the page: what it became, in words, and how that stands."""

    suggestion: Suggestion
    title: str
    state: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """The page's filters, as they stand in the address."""

    weeks: int = 4
    fault: str = ""
    domain: str = ""

    @classmethod
    def of(cls, request: web.Request) -> "Wanted":
        """Read the address; what is unknown is refused by name."""
        found = cls(
            forms.query(request, "weeks", int, 4), request.query.get("fault", ""), request.query.get("domain", "")[:40]
        )
        if found.weeks not in WEEKS:
            raise BadInput(f"weeks 须为 {'、'.join(map(str, WEEKS))} 之一，收到 {found.weeks}。", field="weeks")
        if found.fault and found.fault not in list(Fault):
            raise BadInput(f"fault 不认识“{found.fault}”，请从列表里重新选择。", field="fault")
        return found


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows."""

    board: Board
    done: list[Done]
    name: Names


@routes.get("/library/misses")
@allow("knowledge.edit")
async def misses_page(request: web.Request) -> web.Response:
    """Clusters by how many asked, the board of domain × week, and what was made of earlier ones."""
    house, wanted = request.app["house"], Wanted.of(request)
    shown = await _shown(house, wanted)
    return render(
        request,
        "misses.html",
        shown=shown,
        wanted=wanted,
        groups=shown.board.of(wanted.domain),
        most=MOST_GROUPS,
        domains=domain_names(house) | {UNKNOWN: "说不清是哪类"},
        fault_names=FAULT_NAMES,
        week_names=WEEKS,
        why_dismissed=WHY_DISMISSED,
        new_kinds={kind: KIND_NAMES[kind] for kind in NEW_KINDS},
    )


@routes.get("/library/misses/entries")
@allow("knowledge.edit")
async def entries_found(request: web.Request) -> web.Response:
    """Entries to choose from, for the form that is named in the address; not those that it shows already."""
    house, form = request.app["house"], request.query.get("form", "")[:40]
    query, shown = request.query.get("q", "").strip()[:80], request.query.get("shown", "").split()
    entries: Mapping[str, Entry] = house.library.snapshot.entries
    hits = house.library.search(query, MOST_FOUND) if query else []
    found = [entries[hit.id] for hit in hits if hit.id in entries and hit.id not in shown]
    return render(request, "misses_entries.html", found=found, form=form, query=query)


@routes.post("/api/v1/misses/wordings")
@allow("knowledge.edit", body=NewWordings, answer=Settled)
async def add_wordings(request: web.Request) -> web.Response:
    """Draft a revision of an entry with these wordings among its questions."""
    body = await forms.read(request, NewWordings)
    house, who = request.app["house"], caller(request)
    if not body.code:
        raise BadInput("请先选择并入哪一条；没有合适的就起草新条目。", field="code")
    wordings = _lines(body.wordings)
    origin = _origin(body, BOT if body.code == body.proposed else who.actor)

    def job(session: WriteSession) -> Entry:
        kept: Entry = house.suggestions.add_wordings(session, body.code, wordings, origin, who.actor)
        return kept

    return _told(await house.db.write(job, "library"))


@routes.post("/api/v1/misses/entry")
@allow("knowledge.edit", body=NewDraft, answer=Settled)
async def start_entry(request: web.Request) -> web.Response:
    """Draft a new entry with its source; the rest is written in the library."""
    body = await forms.read(request, NewDraft)
    house, who = request.app["house"], caller(request)
    domains = domain_names(house)
    today = house.clock.now().astimezone(house.zone).date()
    entry = _entry(body, domains, today)

    def job(session: WriteSession) -> Entry:
        kept: Entry = house.suggestions.start_entry(session, entry, _origin(body, who.actor), who.actor)
        return kept

    return _told(await house.db.write(job, "library"))


@routes.post("/api/v1/misses/dismissal")
@allow("knowledge.edit", body=Dismissed, answer=Settled)
async def dismiss(request: web.Request) -> web.Response:
    """Nothing is to be learnt from these questions; they do not come back."""
    body = await forms.read(request, Dismissed)
    house, who = request.app["house"], caller(request)

    def job(session: WriteSession) -> None:
        house.suggestions.dismiss(session, body.reason, _origin(body, who.actor), who.actor)

    await house.db.write(job, "library")
    return web.json_response(msgspec.to_builtins(Settled()))


async def _shown(house: "House", wanted: Wanted) -> Shown:
    entries = house.library.snapshot.entries
    days = mondays(house.clock.now().astimezone(house.zone).date(), wanted.weeks)
    since = datetime.combine(days[0], time(), house.zone)

    def look(session: ReadSession) -> tuple[Any, ...]:
        found = [each for each in misses(session, since) if wanted.fault in ("", each.fault)]
        return found, house.suggestions.settled(session), house.library.pending(session), names(session)

    found, settled, pending, name = await house.db.read(look)
    made = await asyncio.to_thread(board, found, settled, entries, house.zone, days)
    waiting = {(each.id, each.revision) for each in pending}
    return Shown(made, [_done(each, entries, waiting) for each in settled[:MOST_SETTLED]], name)


def _done(suggestion: Suggestion, entries: Mapping[str, Entry], waiting: set[tuple[str, int]]) -> Done:
    entry = entries.get(suggestion.code)
    title = entry.title if entry else suggestion.code
    if suggestion.kind is SuggestionKind.DISMISSAL:
        return Done(suggestion, title, "已忽略")
    if (suggestion.code, suggestion.revision) in waiting:
        return Done(suggestion, title, "待另一位同事发布")
    is_said = entry is not None and set(suggestion.wordings) <= set(entry.questions)
    return Done(suggestion, title, "已发布" if is_said else "并入了后来的草稿，或没有采用")


def _origin(body: Settling, suggested_by: str) -> Origin:
    return Origin(tuple(dict.fromkeys(body.marks.split())), body.askers, suggested_by)


def _lines(text: str) -> tuple[str, ...]:
    """The wordings of a text, one a line; none may hold a phone, identity or card number."""
    lines = tuple(line.strip() for line in text.splitlines() if line.strip())
    for line in lines:
        if mask(line) != line or "*" in line:
            raise BadInput(f"问法里不能有电话、证件或卡号，请删去：“{mask(line)[:40]}”。", field="wordings")
    return lines


def _entry(body: NewDraft, domains: Mapping[str, str], today: date) -> Entry:
    if body.domain not in domains:
        raise BadInput(f"知识库里没有领域“{body.domain}”，请从列表里选择。", field="domain")
    return Entry(
        id=body.id,
        kind=body.kind,
        title=body.title,
        domain=body.domain,
        domain_name=domains[body.domain],
        source=body.source,
        confidence=Confidence.LIKELY,
        verification=Verification.SECONDARY_SOURCE,
        as_of=f"{today:%Y-%m}",
        validity=Validity.UNCONFIRMED,
        questions=_lines(body.wordings),
        answers=(Answer(ask=body.title, say=body.answer.strip()),) if body.answer.strip() else (),
    )


def _told(entry: Entry) -> web.Response:
    return web.json_response(msgspec.to_builtins(Settled(entry.id, entry.revision)))
