"""The editors' pages: the library's list, one entry with its revisions, writing, publishing, trying a question."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from base.db import ReadSession, WriteSession
from base.errors import BadInput
from knowledge import (
    ACTION_NAMES,
    STANDING_NAMES,
    STATE_NAMES,
    Action,
    Due,
    Entry,
    EntryFilter,
    Kind,
    Library,
    Standing,
    State,
    actions,
    code_of,
    stance,
)
from server import entry_form, forms, library_compare
from server.access import allow, caller
from server.entry_form import NewEntry
from server.pages import render
from server.people import Names, how_many_may, names

routes = web.RouteTableDef()

PER_PAGE = 40
MOST_DUE = 6
PENDING_STATES = frozenset({State.DRAFT, State.PROPOSED, State.REVIEWED})
TRUST_NAMES = {"unconfirmed": "未经本厅核验", "confirmed": "本厅已核验"}

_CHOSEN = ("kind", "domain", "standing", "state", "trust", "sort")
_ORDERS: dict[str, Callable[[Entry, date], str]] = {
    "title": lambda entry, _on: code_of(entry.title),
    "domain": lambda entry, _on: entry.domain,
    "office": lambda entry, _on: code_of(entry.office or entry.issuer),
    "standing": lambda entry, on: stance(entry, on).standing,
    "verified": lambda entry, _on: str(entry.record.verified_on or ""),
}


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    """Which revision an act is about; none: the one in force."""

    revision: int | None = None


class Written(msgspec.Struct):
    """A revision as it now stands."""

    id: str
    revision: int
    state: str
    state_name: str
    next: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """The list's filters, as they stand in the address."""

    text: str = ""
    kind: str = ""
    domain: str = ""
    standing: str = ""
    state: str = ""
    trust: str = ""
    sort: str = ""
    after: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        """Read the address; what is unknown is refused by name."""
        fields = {"text": "q", **{name: name for name in (*_CHOSEN, "after")}}
        found = cls(**{field: query.get(name, "").strip()[:80] for field, name in fields.items()})
        allowed: dict[str, Any] = {"kind": Kind, "standing": Standing, "state": State, "trust": TRUST_NAMES}
        allowed["sort"] = [*_ORDERS, *(f"-{name}" for name in _ORDERS)]
        for name, values in allowed.items():
            given = getattr(found, name)
            if given and given not in list(values):
                raise BadInput(f"筛选条件 {name} 不认识“{given}”，请从列表里重新选择。", field=name)
        return found

    def holds(self, entry: Entry, on: date) -> bool:
        """Whether ``entry`` belongs in the list, beside what ``EntryFilter`` asks."""
        is_standing = not self.standing or stance(entry, on).standing == self.standing
        is_trusted = not self.trust or entry.is_confirmed == (self.trust == "confirmed")
        return is_standing and is_trusted

    def filter(self) -> EntryFilter:
        """The part that the library itself filters by."""
        return EntryFilter(
            kind=Kind(self.kind) if self.kind else None,
            domain=self.domain or None,
            state=State(self.state) if self.state else None,
            text=self.text or None,
        )

    def address(self, **changes: str) -> str:
        """The list's address with some filters changed."""
        now = {"q": self.text} | {name: getattr(self, name) for name in _CHOSEN} | changes
        kept = {name: value for name, value in now.items() if value}
        return "/library" + (f"?{urlencode(kept)}" if kept else "")

    def sorted(self, rows: list[Entry], on: date) -> list[Entry]:
        """``rows`` in the order asked for; equal ones, and all if none is asked for, as the library has them."""
        order = _ORDERS.get(self.sort.removeprefix("-"))
        return sorted(rows, key=lambda each: order(each, on), reverse=self.sort.startswith("-")) if order else rows

    def turned(self, column: str) -> str:
        """The address that sorts by ``column``, the other way round if it is sorted by it already."""
        return self.address(sort=f"-{column}" if self.sort == column else column)


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the list page shows."""

    rows: list[tuple[Entry, Any]]
    total: int
    next: str
    domains: dict[str, str]
    figures: dict[str, int]
    due: list[Due]
    due_total: int
    pending: list[Entry]
    recalled: int
    name: Names


@routes.get("/library")
@allow("knowledge.edit")
async def library_page(request: web.Request) -> web.Response:
    """The list, its filters kept in the address, with what waits for an editor."""
    house, wanted = request.app["house"], Wanted.of(request.query)
    shelf = await house.db.read(lambda session: _shelf(session, house.library, wanted))
    return render(request, "library.html", shelf=shelf, wanted=wanted, **_words())


@routes.get("/library/new")
@allow("knowledge.edit")
async def new_page(request: web.Request) -> web.Response:
    """The form for a new entry."""
    wanted = Wanted.of(request.query)
    house = request.app["house"]
    shelf = await house.db.read(lambda session: _shelf(session, house.library, Wanted()))
    kind = Kind(wanted.kind) if wanted.kind else Kind.GUIDE
    entry = entry_form.blank("", kind, "", "")
    return render(request, "library_edit.html", entry=entry, is_new=True, domains=shelf.domains, **_form(entry))


@routes.get("/library/entry/{id}")
@allow("knowledge.edit")
async def entry_page(request: web.Request) -> web.Response:
    """One entry: a revision with all its fields, how it stands, its revisions, and what changed."""
    house, code = request.app["house"], request.match_info["id"]
    number = forms.query(request, "revision", int, 0)
    who = caller(request)

    def job(session: ReadSession) -> dict[str, Any]:
        editors = how_many_may(session, who.hall, "knowledge.edit")
        return _entry_page(session, house.library, code, number) | {"editors": editors}

    page = await house.db.read(job)
    return render(
        request, "library_entry.html", may=_buttons(page["entry"], page["in_force"], who.actor), **page, **_words()
    )


@routes.get("/library/entry/{id}/edit")
@allow("knowledge.edit")
async def edit_page(request: web.Request) -> web.Response:
    """The form with a revision's text; what is kept becomes a new draft."""
    house, code = request.app["house"], request.match_info["id"]
    number = forms.query(request, "revision", int, 0)
    entry = await house.db.read(lambda session: _revision(session, house.library, code, number))
    return render(request, "library_edit.html", entry=entry, is_new=False, domains={}, **_form(entry))


@routes.post("/api/v1/library/{id}/draft")
@allow("knowledge.edit", body=NewEntry, answer=Written)
async def draft(request: web.Request) -> web.Response:
    """Keep a text as a new draft of an entry; a new entry if there is none with this id."""
    body = await forms.read(request, NewEntry)
    house, code, who = request.app["house"], request.match_info["id"], caller(request)

    def job(session: WriteSession) -> Entry:
        known = house.library.revisions(session, code)
        base = known[-1] if known else entry_form.blank(code, body.kind, body.domain, body.domain_name)
        kept: Entry = house.library.draft(session, entry_form.entry_from(base, body.fields), who.actor)
        return kept

    return _told(await house.db.write(job, "library"))


@routes.post("/api/v1/library/{id}/{action:confirm|review|publish|review-and-publish|suspend|resume|retire|restore}")
@allow("knowledge.edit", body=Reason, answer=Written)
async def act(request: web.Request) -> web.Response:
    """Confirm, review, publish, suspend, resume, retire, or bring an earlier text back as a draft."""
    body = await forms.read(request, Reason)
    house, who = request.app["house"], caller(request)
    code, action = request.match_info["id"], request.match_info["action"]

    def job(session: WriteSession) -> Entry:
        return _ACTS[action](house.library, session, code, body.revision, who.actor)

    entry = await house.db.write(job, "library")
    await house.db.read(house.library.refresh)
    return _told(entry)


def _shelf(session: ReadSession, library: Library, wanted: Wanted) -> Shelf:
    today = library.today(session)
    everything = library.entries(session)
    fitting = library.entries(session, wanted.filter())
    rows = wanted.sorted([entry for entry in fitting if wanted.holds(entry, today)], today)
    places = [place for place, entry in enumerate(rows) if entry.id == wanted.after]
    start = places[0] + 1 if places else 0
    shown = rows[start : start + PER_PAGE]
    due = library.due(session)
    return Shelf(
        rows=[(entry, stance(entry, today)) for entry in shown],
        total=len(rows),
        next=shown[-1].id if shown and start + PER_PAGE < len(rows) else "",
        domains={entry.domain: entry.domain_name or entry.domain for entry in everything},
        figures=_figures(everything, today),
        due=due[:MOST_DUE],
        due_total=len(due),
        pending=library.pending(session),
        recalled=len(library.recalled(session)),
        name=names(session),
    )


def _figures(entries: list[Entry], today: date) -> dict[str, int]:
    published = [entry for entry in entries if entry.is_published]
    standings = Counter(stance(entry, today).standing for entry in published)
    return {
        "published": len(published),
        "current": standings[Standing.CURRENT],
        "ended": standings[Standing.ENDED],
        "unconfirmed": standings[Standing.UNCONFIRMED],
        "unverified": sum(not entry.is_confirmed for entry in published),
    }


def _revision(session: ReadSession, library: Library, code: str, number: int) -> Entry:
    return library.revision(session, code, number) if number else library.entry(session, code)


def _entry_page(session: ReadSession, library: Library, code: str, number: int) -> dict[str, Any]:
    revisions = library.revisions(session, code)
    in_force = library.entry(session, code)
    entry = _revision(session, library, code, number)
    today = library.today(session)
    library.refresh(session)
    return {
        "entry": entry,
        "in_force": in_force,
        "standing": stance(entry, today),
        "changes": [] if entry.revision == in_force.revision else library_compare.changes(in_force, entry),
        "revisions": list(reversed(revisions)),
        "twins": library.snapshot.twins(entry),
        "texts": entry_form.written(entry),
        "sections": entry_form.sections(entry.kind),
        "name": names(session),
    }


def _buttons(entry: Entry, in_force: Entry, actor: str) -> dict[str, bool]:
    """Which acts this person may carry out on this revision: what the rule allows, but nobody their own text.

    What stops or confirms an entry is about the revision in force, so an earlier one does not offer it.
    """
    allowed = set(actions(entry.record.state))
    is_other, is_in_force = entry.record.author != actor, entry.revision == in_force.revision
    is_pending = entry.record.state in PENDING_STATES
    return {
        "review": Action.REVIEW in allowed and is_other,
        "publish": Action.PUBLISH in allowed and is_other,
        "is_own": not is_other and bool(allowed & {Action.REVIEW, Action.PUBLISH}),
        "suspend": Action.SUSPEND in allowed and is_in_force,
        "resume": Action.RESUME in allowed and is_in_force,
        "retire": Action.RETIRE in allowed and (is_in_force or is_pending),
        "confirm": entry.is_published and not entry.is_confirmed and is_in_force,
        "recall": entry.record.starts_on is not None and not entry.record.wrong,
        "is_pending": is_pending,
    }


def _form(entry: Entry) -> dict[str, Any]:
    return {
        "texts": entry_form.written(entry),
        "sections": entry_form.sections(entry.kind),
        "choices": entry_form.CHOICES,
        "kind_names": entry_form.KIND_NAMES,
    }


def _words() -> dict[str, Any]:
    return {
        "kind_names": entry_form.KIND_NAMES,
        "standing_names": STANDING_NAMES,
        "state_names": STATE_NAMES,
        "action_names": ACTION_NAMES,
        "trust_names": TRUST_NAMES,
        "choices": entry_form.CHOICES,
        "tones": {"current": "ok", "ended": "late", "unconfirmed": "warn", "not_yet": "info"},
    }


def _told(entry: Entry) -> web.Response:
    kept = entry.record
    written = Written(
        entry.id,
        kept.revision,
        kept.state,
        STATE_NAMES[kept.state],
        f"/library/entry/{entry.id}?revision={kept.revision}",
    )
    return web.json_response(msgspec.to_builtins(written))


def _review_and_publish(library: Library, session: WriteSession, code: str, number: int, actor: str) -> Entry:
    if library.revision(session, code, number).record.state is not State.REVIEWED:
        library.review(session, code, number, actor)
    return library.publish(session, code, number, actor)


def _numbered(number: int | None) -> int:
    if number is None:
        raise BadInput("请写明是第几版（revision）。", field="revision")
    return number


_Act = Callable[[Library, WriteSession, str, int | None, str], Entry]
_ACTS: dict[str, _Act] = {
    "confirm": lambda library, session, code, _number, actor: library.confirm(session, code, actor),
    "review": lambda library, session, code, number, actor: library.review(session, code, _numbered(number), actor),
    "publish": lambda library, session, code, number, actor: library.publish(session, code, _numbered(number), actor),
    "review-and-publish": lambda library, session, code, number, actor: _review_and_publish(
        library, session, code, _numbered(number), actor
    ),
    "suspend": lambda library, session, code, _number, actor: library.suspend(session, code, actor),
    "resume": lambda library, session, code, _number, actor: library.resume(session, code, actor),
    "retire": lambda library, session, code, number, actor: library.retire(session, code, actor, number),
    "restore": lambda library, session, code, number, actor: library.restore(session, code, _numbered(number), actor),
}
