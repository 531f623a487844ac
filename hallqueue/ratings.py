"""好差评: voluntary, once for each served leg; read by supervisors without saying who rated."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from base import journal
from base.db import ReadSession, WriteSession
from base.errors import BadInput, Conflict, NotFound
from base.log import mask
from hallqueue import moves, tables
from hallqueue.moves import FOUND, Found, found_from
from hallqueue.rules.ticket import STATE_NAMES, State

STARS = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
BAD_STARS = (1, 2)
MAX_TEXT = 500
MAX_TAGS = 10
LAST = 2**62  # an id that no rating reaches
leg, rating, service, counter = tables.leg.c, tables.rating.c, tables.service.c, tables.counter.c
_ADD = sa.insert(tables.rating)
_STARS = sa.select(rating.stars).where(rating.leg == sa.bindparam("leg"))
_LAST_STARTED = (
    FOUND.where(leg.hall == sa.bindparam("hall"), leg.day == sa.bindparam("day"))
    .where(counter.number == sa.bindparam("counter"), leg.started_at.is_not(None))
    .order_by(leg.started_at.desc(), leg.id.desc())
    .limit(1)
)
_SEEN = (
    sa.select(
        rating.id,
        rating.at,
        service.code,
        service.name,
        counter.number,
        rating.stars,
        rating.tags,
        rating.text,
    )
    .join(tables.leg, leg.id == rating.leg)
    .join(tables.service, service.id == rating.service)
    .outerjoin(tables.counter, counter.id == rating.counter)
)
_OF_LEG = _SEEN.where(rating.leg == sa.bindparam("leg"))
_LIST = (
    _SEEN.where(rating.hall == sa.bindparam("hall"), leg.day.between(sa.bindparam("first"), sa.bindparam("last")))
    .where(rating.id < sa.bindparam("before"))
    .order_by(rating.id.desc())
    .limit(sa.bindparam("most"))
)
_BAD_LIST = _LIST.where(rating.stars.in_(BAD_STARS))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody says of a service: ``stars`` 5 非常满意 … 1 非常不满意, tags and words if they like."""

    stars: int
    tags: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A leg just finished at a counter that may be rated there until ``until``."""

    leg: int
    version: int
    number: str
    service_name: str
    until: datetime


@dataclass(frozen=True, slots=True)
class RatingView:
    """A rating as supervisors read it: the hour, the service and the reason; nothing says who rated."""

    id: int
    at: datetime
    service: str
    service_name: str
    counter: int | None
    stars: int
    level: str
    is_bad: bool
    tags: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class RatingFilter:
    """Which ratings: of legs of the business days ``first`` to ``last``, older than ``before``, the newest ``most``."""

    first: date
    last: date
    is_bad_only: bool = False
    before: int | None = None
    most: int = 100


TellOfBadRating = Callable[[WriteSession, int, RatingView], None]


def stars_of(session: ReadSession, leg: int) -> int | None:
    """What the leg was rated, if it was."""
    stars: int | None = session.value(_STARS, leg=leg)
    return stars


def rate(
    session: WriteSession, found: Found, verdict: Verdict, actor: str, tell: TellOfBadRating | None = None
) -> None:
    """Keep the rating of a served leg; a bad one is told."""
    one = found.leg
    _check(verdict)
    if one.state is not State.SERVED:
        raise Conflict(f"办结后才能评价，这张号现在是“{STATE_NAMES[one.state]}”。")
    if stars_of(session, one.id) is not None:
        raise Conflict("这次办理已经评价过了，每次办理评价一次，谢谢。")
    session.run(
        _ADD,
        hall=one.hall,
        leg=one.id,
        service=one.service,
        counter=one.counter,
        at=session.now,
        stars=verdict.stars,
        tags=list(verdict.tags),
        text=verdict.text,
    )
    topics = [f"ticket:{found.paper.token}", f"board:{one.hall}", f"counter:{one.hall}:{found.paper.counter}"]
    journal.record(session, actor, "queue.rate", f"ticket:{one.ticket}", topics, detail={"stars": verdict.stars})
    if tell is not None and verdict.stars in BAD_STARS:
        tell(session, one.hall, _view(session.all(_OF_LEG, leg=one.id)[0]))


def _check(verdict: Verdict) -> None:
    tags, text = verdict.tags, verdict.text
    if verdict.stars not in STARS:
        raise BadInput(f"评分须为 1–5 的整数，收到 {verdict.stars}。", field="stars")
    if len(text) > MAX_TEXT or len(tags) > MAX_TAGS:
        raise BadInput(
            f"评价最多 {MAX_TEXT} 个字、{MAX_TAGS} 个标签，收到 {len(text)} 个字、{len(tags)} 个。", field="text"
        )


def invitation(session: ReadSession, hall: int, number: int, day: date, within: timedelta) -> Invitation | None:
    """The leg last served at counter ``number``, until it is rated, the next one is started or the time is over."""
    row = session.first(_LAST_STARTED, hall=hall, day=day, counter=number)
    if row is None:
        return None
    found = found_from(row)
    until = _ended(found) + within
    if found.leg.state is not State.SERVED or session.now > until or stars_of(session, found.leg.id) is not None:
        return None
    return Invitation(found.leg.id, found.leg.version, found.paper.number, found.paper.service_name, until)


def invited(session: ReadSession, hall: int, number: int, seen: tuple[int, int], within: timedelta) -> Found:
    """The leg (id and version, as the pad saw it) that was served at counter ``number`` a short while ago."""
    found = moves.load(session, seen[0])
    if found.leg.hall != hall or found.paper.counter != number:
        raise NotFound(f"{number} 号窗口没有办过这张号，请核对后再评价。", field="leg")
    if found.leg.version != seen[1]:
        raise Conflict("这张号刚有变动，请按最新状态再评价。")
    if found.leg.state is State.SERVED and session.now > _ended(found) + within:
        minutes = int(within.total_seconds() // 60)
        raise Conflict(f"办结已超过 {minutes} 分钟，这里不再受理；可以扫号票上的二维码评价。")
    return found


def _ended(found: Found) -> datetime:
    return found.leg.ended_at or found.leg.counts_from


def ratings(session: ReadSession, hall: int, wanted: RatingFilter) -> tuple[RatingView, ...]:
    """The newest first; numbers of phones and papers in what people wrote are masked."""
    statement = _BAD_LIST if wanted.is_bad_only else _LIST
    rows = session.all(
        statement, hall=hall, first=wanted.first, last=wanted.last, before=wanted.before or LAST, most=wanted.most
    )
    return tuple(_view(row) for row in rows)


def _view(row: Row[Any]) -> RatingView:
    return RatingView(
        id=row.id,
        at=row.at,
        service=row.code,
        service_name=row.name,
        counter=row.number,
        stars=row.stars,
        level=STARS[row.stars],
        is_bad=row.stars in BAD_STARS,
        tags=tuple(row.tags),
        text=mask(row.text),
    )
