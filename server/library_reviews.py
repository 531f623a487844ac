"""What waits for an editor: drafts to review, entries that end or are due, answers that were given wrongly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
from aiohttp import web

from base.db import ReadSession, WriteSession
from base.errors import BadInput
from bot import Told, told_from
from knowledge import STATE_NAMES, Due, Entry, KnowledgeSettings, Library
from server import forms
from server.access import allow, caller
from server.desk import CHANNELS
from server.entry_form import KIND_NAMES
from server.pages import render
from server.people import Names, names
from server.sheets import csv_answer

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

PARTS = {"pending": "等人审核", "due": "到期与复核", "recall": "召回名单"}
REASONS = {"ended": "写明的期限已过", "ending": "即将到期", "review": "该复核了"}


class Recall(msgspec.Struct, forbid_unknown_fields=True):
    """A revision that was wrong, and why."""

    revision: Annotated[int, msgspec.Meta(ge=1)]
    why: Annotated[str, msgspec.Meta(max_length=400)]


class Recalled(msgspec.Struct):
    """The recall as it now stands."""

    id: str
    revision: int
    next: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the page shows; ``told`` by entry and revision."""

    pending: list[Entry]
    due: list[tuple[Due, Entry]]
    recalled: list[Entry]
    told: Mapping[tuple[str, int], Sequence[Told]]
    newest: Mapping[str, Entry]
    name: Names

    @property
    def counts(self) -> dict[str, int]:
        """How many wait in each part."""
        return {"pending": len(self.pending), "due": len(self.due), "recall": len(self.recalled)}


@routes.get("/library/reviews")
@allow("knowledge.edit")
async def reviews_page(request: web.Request) -> web.Response:
    """One part at a time, its filter in the address."""
    house: House = request.app["house"]
    part, reason = request.query.get("part", "pending"), request.query.get("reason", "")
    if part not in PARTS or (reason and reason not in REASONS):
        raise BadInput("没有这个栏目，请从页面上重新选择。", field="part")
    waiting = await house.db.read(lambda session: _waiting(session, house.library))
    due = [each for each in waiting.due if not reason or each[0].reason == REASONS[reason]]
    return render(
        request,
        "library_reviews.html",
        waiting=waiting,
        due=due,
        part=part,
        reason=reason,
        parts=PARTS,
        ahead=house.settings[KnowledgeSettings].warn_ahead_days,
        reasons=REASONS,
        channels=CHANNELS,
        state_names=STATE_NAMES,
        kind_names=KIND_NAMES,
    )


@routes.get("/library/recall.csv")
@allow("knowledge.edit")
async def recall_table(request: web.Request) -> web.Response:
    """The recall list to work through by telephone."""
    house: House = request.app["house"]
    waiting = await house.db.read(lambda session: _waiting(session, house.library))
    rows = [
        _told_row(each, told, told.at.astimezone(house.zone))
        for each in waiting.recalled
        for told in waiting.told.get((each.id, each.revision), ())
    ]
    return csv_answer("recall", ("条目", "版本", "错在哪里", "答复时间", "渠道", "会话", "当时的问题"), rows)


def _told_row(entry: Entry, told: Told, local: datetime) -> tuple[object, ...]:
    channel = CHANNELS.get(told.channel, told.channel)
    answered = local.strftime("%Y-%m-%d %H:%M")
    return (entry.title, entry.revision, entry.record.wrong, answered, channel, told.conversation, told.question)


@routes.post("/api/v1/library/{id}/recall")
@allow("knowledge.edit", body=Recall, answer=Recalled)
async def recall(request: web.Request) -> web.Response:
    """Note that a revision was wrong; the one in force is suspended at once."""
    house: House = request.app["house"]
    body, code, actor = await forms.read(request, Recall), request.match_info["id"], caller(request).actor

    def job(session: WriteSession) -> Entry:
        return house.library.recall(session, code, body.revision, body.why, actor)

    kept = await house.db.write(job, "library")
    await house.db.read(house.library.refresh)
    return web.json_response(msgspec.to_builtins(Recalled(kept.id, kept.revision, "/library/reviews?part=recall")))


def _waiting(session: ReadSession, library: Library) -> Waiting:
    entries = {each.id: each for each in library.entries(session)}
    recalled = library.recalled(session)
    told: dict[tuple[str, int], list[Told]] = {}
    for each in told_from(session, [(one.id, one.revision) for one in recalled]):
        told.setdefault((each.entry, each.revision), []).append(each)
    return Waiting(
        pending=library.pending(session),
        due=[(due, entries[due.id]) for due in library.due(session)],
        recalled=recalled,
        told=told,
        newest=entries,
        name=names(session),
    )
