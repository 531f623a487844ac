"""The library for those who only ask: search and entries as JSON, and the fragments that staff search in."""

import msgspec
from aiohttp import web

from base.db import ReadSession
from base.errors import BadInput, NotFound
from knowledge import Confidence, Entry, Hit, Library, Stance, stance
from server.access import Asked, allow, caller
from server.pages import render

routes = web.RouteTableDef()

TRIED = 8


class Found(msgspec.Struct):
    """An entry that search found."""

    id: str
    score: float
    title: str
    kind: str
    office: str
    standing: str
    standing_text: str
    is_confirmed: bool


@routes.get("/library/tried")
@allow("signed_in")
async def tried(request: web.Request) -> web.Response:
    """What search finds for a question, with the words that spoke for it: a fragment."""
    hits = await _search(request, is_explained=True)
    return render(request, "library_tried.html", query=request.query.get("q", "").strip(), hits=hits)


@routes.get("/library/found")
@allow("signed_in")
async def found(request: web.Request) -> web.Response:
    """What search finds, with a text to send for each: the fragment beside a reply."""
    hits = await _search(request, is_explained=False)
    return render(request, "library_found.html", query=request.query.get("q", "").strip(), hits=hits, card=card_text)


@routes.get("/api/v1/knowledge")
@allow("knowledge.see", answer=list[Found], query={"q": Asked("要找的话", is_required=True)})
async def search(request: web.Request) -> web.Response:
    """The published entries nearest to ``q``, best first, ended ones too, each with how it stands today."""
    if not request.query.get("q", "").strip():
        raise BadInput("请用参数 q 写明要查的事项，例如 ?q=营业执照变更地址。", field="q")
    hits = await _search(request, is_explained=False)
    return web.json_response([msgspec.to_builtins(_found(hit, entry, standing)) for hit, entry, standing in hits])


@routes.get("/api/v1/knowledge/{id}")
@allow("knowledge.see")
async def entry_json(request: web.Request) -> web.Response:
    """One entry in the revision in force, and how it stands today. Drafts are for editors."""
    house, code = request.app["house"], request.match_info["id"]
    entry, today = await house.db.read(
        lambda session: (house.library.entry(session, code), house.library.today(session))
    )
    if not entry.is_published and not caller(request).may("knowledge.edit"):
        raise NotFound(f"知识库里没有已发布的条目“{code}”，请核对编号。")
    plain = msgspec.to_builtins(entry)
    plain["record"] = {name: plain["record"][name] for name in ("revision", "state", "edition", "verified_on")}
    return web.json_response(plain | {"stance": msgspec.to_builtins(stance(entry, today))})


def card_text(entry: Entry, standing: Stance) -> str:
    """What a person may send of an entry as it stands: short, with its basis; to be shortened before sending."""
    parts = [f"【{entry.title}】"]
    parts += [f"受理单位：{entry.office}"] if entry.office else []
    parts += [f"条件：{'；'.join(entry.conditions)}"] if entry.conditions else []
    parts += [f"材料：{'、'.join(each.name for each in entry.materials)}"] if entry.materials else []
    parts += [f"时限：{figure.text}" for figure in (entry.promise or entry.statutory or entry.usual,) if figure]
    parts += [f"优惠：{'；'.join(entry.benefit)}"] if entry.benefit else []
    parts += [f"怎么申领：{'；'.join(entry.claim)}"] if entry.claim else []
    parts += [f"费用：{entry.fee}"] if entry.fee else []
    parts += [f"网上办理：{entry.online}"] if entry.online else []
    parts += [f"依据：{'；'.join(each.text for each in entry.legal_basis)}"] if entry.legal_basis else []
    caution = {Confidence.LIKELY: "以窗口最新指南为准。", Confidence.LOCAL_CHECK: "办理前请先向主管部门核实。"}
    return "\n".join([*parts, standing.text + caution.get(entry.confidence, "")])


async def _search(request: web.Request, *, is_explained: bool) -> list[tuple[Hit, Entry, Stance]]:
    query = request.query.get("q", "").strip()[:200]
    library: Library = request.app["house"].library

    def job(session: ReadSession) -> list[tuple[Hit, Entry, Stance]]:
        library.refresh(session)
        kept, today = library.snapshot, library.today(session)
        hits = kept.index.search(query, TRIED, explain=is_explained) if query else []
        return [(hit, kept.entries[hit.id], stance(kept.entries[hit.id], today)) for hit in hits]

    answer: list[tuple[Hit, Entry, Stance]] = await request.app["house"].db.read(job)
    return answer


def _found(hit: Hit, entry: Entry, standing: Stance) -> Found:
    return Found(
        id=hit.id,
        score=round(hit.score, 4),
        title=entry.title,
        kind=entry.kind,
        office=entry.office,
        standing=standing.standing,
        standing_text=standing.text,
        is_confirmed=entry.is_confirmed,
    )
