"""A text tried while it is written: its card as each channel shows it, what search would find, what would shift."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
from aiohttp import web

from base.db import ReadSession
from base.errors import BadInput
from bot import plain, preview, questions_since
from knowledge import Entry, Kind, Shift, faults, stance
from server import entry_form, forms
from server.access import allow
from server.entry_form import NewEntry
from server.matters import online_ways
from server.pages import render

if TYPE_CHECKING:
    from server.house import House

R = TypeVar("R")
routes = web.RouteTableDef()

PAST_DAYS = 30
MOST_QUESTIONS = 2000
SLICE = 100
TRIED = 8
_WORKER = ThreadPoolExecutor(1, "library-trial")  # one trial at a time, whoever asks: answers come first


class Attempt(NewEntry):
    """A text that is not kept: the form's fields, or the revision that they stand on, and a question to try."""

    revision: Annotated[int, msgspec.Meta(ge=0)] = 0
    q: Annotated[str, msgspec.Meta(max_length=500)] = ""


@routes.post("/library/entry/{id}/preview")
@allow("knowledge.edit", body=Attempt)
async def show(request: web.Request) -> web.Response:
    """The card as each channel would show it: a fragment."""
    house: House = request.app["house"]
    draft, _ = await _draft(request)
    snapshot = house.library.snapshot
    return render(
        request,
        "library_preview.html",
        entry=draft,
        faults=faults(draft),
        labels={field.name: field.label for field in entry_form.ALL_FIELDS},
        turn=preview(snapshot, draft, snapshot.day),
        plain=plain,
        online=online_ways(draft.online),
        standing=stance(draft, snapshot.day),
        is_guide=draft.kind is Kind.GUIDE,
    )


@routes.post("/library/entry/{id}/tried")
@allow("knowledge.edit", body=Attempt)
async def tried(request: web.Request) -> web.Response:
    """What search would find for a question if the text were published: a fragment."""
    house: House = request.app["house"]
    draft, body = await _draft(request)
    trial = await _in_worker(lambda: house.library.trial(draft))
    hits = [(hit, trial.then.entries[hit.id]) for hit in trial.search(body.q, TRIED)]
    found = [(hit, entry, stance(entry, trial.then.day)) for hit, entry in hits]
    return render(request, "library_tried.html", query=body.q.strip(), hits=found, draft=draft.id)


@routes.post("/library/entry/{id}/shifts")
@allow("knowledge.edit", body=Attempt)
async def shifts(request: web.Request) -> web.StreamResponse:
    """Which of last month's questions would be answered from another entry: lines of JSON with progress, then a table.

    The questions are ranked in slices; a page that goes away ends it.
    """
    house: House = request.app["house"]
    draft, _ = await _draft(request)

    def past(session: ReadSession) -> list[tuple[str, int]]:
        return questions_since(session, session.now - timedelta(days=PAST_DAYS))[:MOST_QUESTIONS]

    questions = dict(await house.db.read(past))
    trial = await _in_worker(lambda: house.library.trial(draft))
    answer = web.StreamResponse(headers={"Content-Type": "application/x-ndjson", "Cache-Control": "no-store"})
    await answer.prepare(request)
    found: list[Shift] = []
    texts = list(questions)
    for start in range(0, len(texts), SLICE):
        await _line(answer, {"done": start, "of": len(texts)})
        part = texts[start : start + SLICE]
        found += await _in_worker(lambda part=part: trial.shifts(part))  # type: ignore[misc]
    told = render(
        request,
        "library_shifts.html",
        shifts=found,
        counts=questions,
        titles={code: entry.title for code, entry in trial.then.entries.items()},
        draft=draft.id,
        days=PAST_DAYS,
    )
    await _line(answer, {"done": len(texts), "of": len(texts), "html": told.text})
    await answer.write_eof()
    return answer


async def _draft(request: web.Request) -> tuple[Entry, Attempt]:
    """The text of the form over what it stands on; one that is new has no entry under it."""
    house: House = request.app["house"]
    body, code = await forms.read(request, Attempt), request.match_info["id"]

    def job(session: ReadSession) -> Entry:
        known = house.library.revisions(session, code)
        if known and body.revision:
            return house.library.revision(session, code, body.revision)
        return known[-1] if known else entry_form.blank(code, body.kind, body.domain, body.domain_name)

    if not house.library.snapshot.entries:
        raise BadInput("知识库还在载入，请过几秒再试。")
    base = await house.db.read(job)
    return (entry_form.entry_from(base, body.fields) if body.fields else base), body


async def _in_worker(job: Callable[[], R]) -> R:
    return await asyncio.get_running_loop().run_in_executor(_WORKER, job)


async def _line(answer: web.StreamResponse, told: dict[str, Any]) -> None:
    await answer.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")
