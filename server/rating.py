"""好差评: the pad on a counter (``/rate/{n}``), the rating it sends, and the ratings as supervisors read them."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from base.clock import local_day
from base.db import ReadSession, WriteSession
from base.errors import BadInput, Forbidden
from hallqueue import CounterView, Invitation, LegFacts, RatingFilter, RatingView, Verdict
from server import forms
from server.access import Asked, allow, caller
from server.pages import render
from server.queue_api import RATING_ROOMS, once
from server.queue_forms import Rating, answered, leg_answer
from server.words import BAD_TAGS, GOOD_TAGS, STARS

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

MOST_RATINGS = 200
DAYS_SHOWN = 30
LONGEST_DAYS = 366


QUERY = {
    "from": Asked("第一个营业日；不写为 30 天前", date),
    "to": Asked("最后一个营业日；不写为今天", date),
    "bad": Asked("只看不满意和非常不满意", Literal["1"]),
    "before": Asked("早于这个编号的：上一页的 next_before", Annotated[int, Meta(ge=1)]),
    "limit": Asked("最多几条", Annotated[int, Meta(ge=1, le=MOST_RATINGS)]),
}


class RateLeg(Rating, forbid_unknown_fields=True, kw_only=True):
    """好差评 of a leg as the pad was shown it."""

    leg: Annotated[int, Meta(ge=1)]
    version: Annotated[int, Meta(ge=1)]


class Ratings(msgspec.Struct):
    """Ratings, the newest first; ``next_before`` asks for the older ones, null: there are none."""

    ratings: tuple[RatingView, ...]
    next_before: int | None


@routes.get("/rate/{counter}")
@allow("rate.use")
async def pad(request: web.Request) -> web.Response:
    """The rating pad of a counter."""
    values: dict[str, Any] = {"levels": STARS, "good_tags": GOOD_TAGS, "bad_tags": BAD_TAGS}
    return render(request, "rate.html", **values, **await _pad(request))


@routes.get("/rate/{counter}/now")
@allow("rate.use")
async def pad_now(request: web.Request) -> web.Response:
    """Whom the pad asks now."""
    return render(request, "rate_now.html", **await _pad(request))


@routes.post("/api/v1/counters/{counter}/rate")
@allow("rate.use", body=RateLeg, answer=LegFacts)
async def rate(request: web.Request) -> web.Response:
    """好差评 at the counter, once after the service, within some minutes; never by the clerk."""
    house: House = request.app["house"]
    who, counter = caller(request), _own_counter(request)
    body = await forms.read(request, RateLeg)
    verdict = Verdict(body.stars, body.tags, body.text)

    def act(session: WriteSession) -> dict[str, Any]:
        leg = house.hall.rate_at(session, who.hall, counter, (body.leg, body.version), verdict, actor=who.actor)
        plain: dict[str, Any] = msgspec.to_builtins(leg_answer(leg))
        return plain

    return answered(await once(request, f"{counter}/rate", body, act, rooms=RATING_ROOMS))


@routes.get("/api/v1/ratings")
@allow("report.see", answer=Ratings, query=QUERY)
async def ratings(request: web.Request) -> web.Response:
    """What visitors said from ``from`` to ``to`` (the last 30 days), ``bad=1``: only 差评; nothing says who."""
    house: House = request.app["house"]
    hall, wanted = caller(request).hall, _wanted(request)
    found = await house.db.read(lambda session: house.hall.ratings(session, hall, wanted))
    return answered(Ratings(found, found[-1].id if len(found) == wanted.most else None))


def _wanted(request: web.Request) -> RatingFilter:
    house: House = request.app["house"]
    today = local_day(house.clock.now(), house.zone)
    last = _day(request, "to", today)
    first = _day(request, "from", last - timedelta(days=DAYS_SHOWN))
    if not first <= last <= first + timedelta(days=LONGEST_DAYS):
        raise BadInput(f"日期须从早到晚，且不超过 {LONGEST_DAYS} 天，收到 {first} 至 {last}。", field="from")
    most = min(max(forms.query(request, "limit", int, MOST_RATINGS), 1), MOST_RATINGS)
    before = forms.query(request, "before", int, 0)
    return RatingFilter(first, last, is_bad_only=request.query.get("bad") == "1", before=before or None, most=most)


def _day(request: web.Request, name: str, default: date) -> date:
    text = request.query.get(name)
    try:
        return date.fromisoformat(text) if text else default
    except ValueError:
        raise BadInput(f"{name} 须为日期，如 2026-03-02，收到“{text}”。", field=name) from None


def _own_counter(request: web.Request) -> int:
    """The counter in the address; a paired pad has its own and no other."""
    number, own = forms.number_in_path(request, "counter"), caller(request).counter
    if own is not None and own != str(number):
        raise Forbidden(f"这台评价器属于 {own} 号窗口，不能评价 {number} 号窗口。")
    return number


async def _pad(request: web.Request) -> dict[str, Any]:
    house: House = request.app["house"]
    hall, number = caller(request).hall, _own_counter(request)

    def gather(session: ReadSession) -> tuple[CounterView, Invitation | None]:
        return house.desk.panel(session, hall, number).counter, house.hall.invitation(session, hall, number)

    counter, invited = await house.db.read(gather)
    return {"hall": hall, "counter": counter, "invited": invited}
