"""Import of tables, web pages and texts: a preview of what would change, then drafts; nothing is published."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from aiohttp import web

from base.db import ReadSession, WriteSession
from base.errors import BadInput
from knowledge import Entry, Kind, Library, Record, code_of, faults
from server import entry_form, forms
from server.access import Asked, allow, caller
from server.entry_form import ALL_FIELDS, KIND_NAMES
from server.library_compare import Change, changes
from server.library_reading import MOST_BYTES, Candidate, Reading, read_file, table_of
from server.pages import render
from server.sheets import Sheet, csv_answer, xlsx_answer

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

CHUNK = 64 * 1024
MOST_SHOWN = 200
SLICE = 100
LABELS = {each.name: each.label for each in ALL_FIELDS} | {"id": "编号", "kind": "类别", "domain": "领域"}
WORDS = {"new": "新条目", "changed": "有改动", "same": "没有变化", "unreadable": "读不了"}
TONES = {"new": "ok", "changed": "warn", "same": "", "unreadable": "late"}
Short = Annotated[str, msgspec.Meta(max_length=200)]


class Upload(msgspec.Struct):
    """What comes beside a file: its name, what to use where it says nothing, and the places to leave out."""

    name: Short = ""
    domain: Annotated[str, msgspec.Meta(max_length=60)] = ""
    office: Short = ""
    who: Short = ""
    source: Short = ""
    skip: Annotated[str, msgspec.Meta(max_length=20_000)] = ""


class Brought(msgspec.Struct):
    """What an import did: how many drafts of new and of known entries."""

    added: int
    changed: int
    next: str


@dataclass(slots=True)
class Planned:
    """What would become of one candidate: ``outcome`` is a key of ``WORDS``; ``mistakes`` by the field's label."""

    place: str
    title: str
    outcome: str
    entry: Entry | None = None
    base: Entry | None = None
    mistakes: list[tuple[str, str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def changes(self) -> list[Change]:
        """What differs from the library: worked out when it is shown."""
        if self.base is None or self.entry is None or self.outcome not in ("new", "changed"):
            return []
        return changes(self.base, self.entry)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would do to the library."""

    rows: list[Planned]
    unknown: list[str]

    @property
    def counts(self) -> Mapping[str, int]:
        """How many of each outcome."""
        return Counter(row.outcome for row in self.rows)


class Shelves:
    """The library as an import meets it: entries by id and by title, and the drafts that wait."""

    def __init__(self, session: ReadSession, library: Library) -> None:
        entries = library.entries(session)
        self.today: date = library.today(session)
        self.by_id = {each.id: each for each in entries}
        self.by_title = {each.title: each for each in entries}
        self.domains = {each.domain: each.domain_name for each in entries}
        self.pending: dict[str, list[Entry]] = {}
        for each in library.pending(session):
            self.pending.setdefault(each.id, []).append(replace(each, record=Record()))

    def base(self, candidate: Candidate, given: Upload) -> Entry:
        """What a candidate starts from: the entry of its id or title, else an empty one."""
        title = candidate.texts.get("title", "")
        known = self.by_id.get(candidate.id) if candidate.id else self.by_title.get(title)
        if known:
            return known
        domain = candidate.domain or given.domain
        name = candidate.domain_name or self.domains.get(domain, "")
        return entry_form.blank(candidate.id or self._code(title), _kind(candidate), domain, name)

    def _code(self, title: str) -> str:
        code = code_of(title) or "entry"
        return code if code not in self.by_id else f"{code}-2"


@routes.get("/library/import")
@allow("knowledge.edit")
async def import_page(request: web.Request) -> web.Response:
    """Choose a file; the preview comes beside it."""
    house: House = request.app["house"]
    shelves = await house.db.read(lambda session: Shelves(session, house.library))
    return render(request, "library_import.html", domains=shelves.domains, most=MOST_BYTES)


@routes.post("/library/import/preview")
@allow("knowledge.edit")
async def preview(request: web.Request) -> web.Response:
    """What the file would change: a fragment; nothing is kept."""
    house: House = request.app["house"]
    given, reading = await _read(request)
    plan = await house.db.read(lambda session: plan_of(session, house.library, reading, given))
    return render(request, "library_import_plan.html", plan=plan, given=given, **_words())


@routes.post("/api/v1/library/import")
@allow(
    "knowledge.edit",
    answer=Brought,
    query={
        "name": Asked("文件名，按它的扩展名读取", is_required=True),
        "domain": Asked("新条目没写领域时用"),
        "office": Asked("新指南没写主管或承办单位时用"),
        "who": Asked("新指南没写谁可以办时用"),
        "source": Asked("新条目没写来源时用"),
        "skip": Asked("不导入的位置，以逗号分隔，如“第 3 行”"),
    },
)
async def bring(request: web.Request) -> web.Response:
    """Keep what the file brings as drafts: the file is the body, its name and defaults stand in the address."""
    house: House = request.app["house"]
    actor = caller(request).actor
    given, reading = await _read(request)
    skipped = set(given.skip.split(","))
    rows = (await house.db.read(lambda session: plan_of(session, house.library, reading, given))).rows
    wanted = [row for row in rows if row.outcome in ("new", "changed") and row.place not in skipped]
    for start in range(0, len(wanted), SLICE):  # others write in between; the same file again brings what is left
        part = [row.entry for row in wanted[start : start + SLICE] if row.entry]
        await house.db.write(partial(_keep, library=house.library, entries=part, actor=actor), "library")
    done = Counter(row.outcome for row in wanted)
    answer = Brought(done["new"], done["changed"], "/library/reviews")
    return web.json_response(msgspec.to_builtins(answer))


def _keep(session: WriteSession, *, library: Library, entries: Sequence[Entry], actor: str) -> None:
    for entry in entries:
        library.draft(session, entry, actor)


@routes.get("/library/table.{end:csv|xlsx}")
@allow("knowledge.edit")
async def table(request: web.Request) -> web.Response:
    """The whole library as a table that can be edited and imported again."""
    house: House = request.app["house"]
    head, rows = table_of(await house.db.read(house.library.entries))
    name = f"library-{house.clock.now().astimezone(house.zone).date()}"
    if request.match_info["end"] == "csv":
        return csv_answer(name, head, rows)
    return xlsx_answer(name, Sheet("知识库", head, rows))


def plan_of(session: ReadSession, library: Library, reading: Reading, given: Upload) -> Plan:
    """What each candidate would become, beside the library as it is now."""
    shelves = Shelves(session, library)
    rows = [_planned(shelves, candidate, given) for candidate in reading.candidates]
    seen: set[str] = set()
    for row in rows:
        if row.entry is not None and row.entry.id in seen:
            row.outcome, row.mistakes = "unreadable", [("编号", f"文件里有两条都是“{row.entry.id}”")]
        seen |= {row.entry.id} if row.entry else set()
    return Plan(rows, reading.unknown)


def _planned(shelves: Shelves, candidate: Candidate, given: Upload) -> Planned:
    base = shelves.base(candidate, given)
    is_new = base.id not in shelves.by_id
    title = candidate.texts.get("title", "")
    row = Planned(candidate.place, title or base.title or "（没有标题）", "unreadable", left=candidate.left)
    row.mistakes += _kind_mistakes(candidate, base)
    texts = {**_defaults(candidate, given, shelves.today), **candidate.texts} if is_new else candidate.texts
    entry = _written(base, texts, row.mistakes)
    named = {label for label, _ in row.mistakes}
    found = [(LABELS.get(each.field.partition(".")[0], each.field), each.text) for each in faults(entry)]
    row.mistakes += [each for each in found if each[0] not in named]
    if row.mistakes:
        return row
    row.entry = replace(entry, record=Record())
    is_known = not is_new and row.entry == replace(base, record=Record())
    row.outcome = (
        "same" if is_known or row.entry in shelves.pending.get(base.id, ()) else "new" if is_new else "changed"
    )
    row.base = base
    return row


def _written(base: Entry, texts: Mapping[str, str], mistakes: list[tuple[str, str]]) -> Entry:
    """``base`` with every text that can be read; each that can't is a mistake of its own."""
    for name, text in texts.items():
        try:
            base = entry_form.entry_from(base, {name: text})
        except BadInput as refusal:
            mistakes.append((LABELS[name], refusal.message))
    return base


def _defaults(candidate: Candidate, given: Upload, today: date) -> dict[str, str]:
    """What a new entry says where the file says nothing."""
    is_guide = _kind(candidate) is Kind.GUIDE
    own = {"office": given.office, "who": given.who} if is_guide else {}
    kept = {"source": given.source or f"导入的文件“{given.name}”", "as_of": today.isoformat()}
    return {name: text for name, text in (own | kept).items() if text}


def _kind(candidate: Candidate) -> Kind:
    return Kind(candidate.kind) if candidate.kind in list(Kind) else Kind.GUIDE


def _kind_mistakes(candidate: Candidate, base: Entry) -> list[tuple[str, str]]:
    if not candidate.kind or candidate.kind == base.kind:
        return []
    if candidate.kind not in list(Kind):
        return [("类别", f"须为{'、'.join(KIND_NAMES.values())}之一，收到“{candidate.kind}”")]
    return [("类别", f"库里这一条是{KIND_NAMES[base.kind]}，不能改成{KIND_NAMES[Kind(candidate.kind)]}")]


async def _read(request: web.Request) -> tuple[Upload, Reading]:
    try:
        given = msgspec.convert(dict(request.query), Upload)
    except msgspec.ValidationError as failure:
        raise forms.bad_input(failure) from failure
    if not given.name:
        raise BadInput("请写明文件名（name），以便按类型读取。", field="name")
    return given, await asyncio.to_thread(read_file, given.name, await _body(request))


async def _body(request: web.Request) -> bytes:
    """The file. It may be larger than other requests, up to ``MOST_BYTES``."""
    raw = bytearray()
    async for chunk in request.content.iter_chunked(CHUNK):
        raw += chunk
        if len(raw) > MOST_BYTES:
            raise BadInput(f"文件不能超过 {MOST_BYTES // 1024 // 1024} MB，请拆成几份再导入。", field="file")
    return bytes(raw)


def _words() -> dict[str, Any]:
    return {"words": WORDS, "tones": TONES, "kind_names": KIND_NAMES, "most_shown": MOST_SHOWN}
