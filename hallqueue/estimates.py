"""The forecaster of a house: looks at a hall, plays it forward, keeps what people are shown.

Three steps, so that only the first and the last need the database: ``look`` (a read job), ``play`` (pure, in a worker
thread), ``keep`` (a write job in the hall's lane).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from base.db import ReadSession, WriteSession
from hallqueue import boards, experience, scores, tables
from hallqueue.experience import Experience
from hallqueue.facts import HallFacts, KnownHalls
from hallqueue.foresee import Forecast, play
from hallqueue.rules.line import Standing
from hallqueue.rules.scene import Waiter
from hallqueue.rules.showing import (
    LONGEST_MINUTES,
    Outlook,
    Span,
    cause_of,
    corrected,
    learnt_factor,
    next_shown,
    rounded,
)
from hallqueue.scenery import Known, Line, Sight, look
from hallqueue.settings import QueueSettings
from hallqueue.views import HitRate

LEARN_EVERY = timedelta(hours=1)
STREAM_EVERY = timedelta(minutes=5)
PLANNED_PATHS = 20
REST_SECONDS = 0.001

_ADD = sa.insert(tables.outlook)
_CHANGE = sa.update(tables.outlook).where(tables.outlook.c.service == sa.bindparam("of_service"))
_SHOW = sa.insert(tables.estimate)


@dataclass(frozen=True, slots=True)
class Played:
    """A look and what playing it forward gave; ``planned`` with every scheduled counter."""

    sight: Sight
    forecast: Forecast
    planned: Forecast


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody who waits is shown from now on."""

    leg: int
    token: str
    ahead: int
    outlook: Outlook | None
    cause: str | None


class Forecaster:
    """Keeps, for each hall, what was learnt and the last look; everything that others read is in the database."""

    def __init__(self, settings: QueueSettings, known: KnownHalls) -> None:
        self._settings = settings
        self._known = known
        self._experience: dict[int, Experience] = {}
        self._stream: dict[int, tuple[datetime, dict[tuple[int, Standing], float]]] = {}
        self._crews: dict[int, tuple[date, dict[int, scores.Crew]]] = {}
        self._last: dict[int, Sight] = {}
        self._hits: dict[int, tuple[date, HitRate | None]] = {}

    def look(self, session: ReadSession, hall: int) -> Sight:
        """The hall now; what recent days taught is read again each hour."""
        row = boards.hall_row(session, hall)
        facts = self._known.facts(session, hall, row.edition)
        day = facts.day(session.now)
        learnt = self._learnt(session, hall, facts)
        arrivals = self._arrivals(session, hall, day)
        known = Known(facts, row.is_trial, learnt.pace, arrivals, learnt.absent, learnt.late)
        return look(session, hall, known, self._settings)

    def play(self, sight: Sight, *, rest_seconds: float = REST_SECONDS) -> Played:
        """Play it forward; the day's end only where the hall keeps hours. Pure: runs in a worker thread."""
        services = [line.service for line in sight.lines]
        forecast = play(sight.scene, services, rest_seconds=rest_seconds)
        if sight.is_trial:
            return Played(sight, forecast, Forecast())
        planned = play(sight.planned, services, paths=PLANNED_PATHS, rest_seconds=rest_seconds)
        return Played(sight, forecast, planned)

    def keep(self, session: WriteSession, played: Played) -> int:
        """Score what was called since, correct, keep what people see; how many see something new."""
        sight = played.sight
        factors = self._scored(session, sight)
        if not sight.visitors and not sight.scene.posts:
            return 0
        changes = list(changed(played, self._last.get(sight.hall), factors))
        session.run_many(_SHOW, [_shown_row(one, sight.at) for one in changes])
        outlooks = [_outlook_row(line, played, factors[line.service]) for line in sight.lines]
        fresh = {line.service for line in sight.lines if not line.has_outlook}
        session.run_many(_ADD, [row for row in outlooks if row["service"] in fresh])
        known = [row for row in outlooks if row["service"] not in fresh]
        session.run_many(_CHANGE, [{**row, "of_service": row["service"]} for row in known])
        told = {row["service"]: _told(row) for row in outlooks}
        if any(told[line.service] != line.told for line in sight.lines):
            session.hint((f"board:{sight.hall}",))
        session.hint(f"ticket:{one.token}" for one in changes)
        self._last[sight.hall] = sight
        return len(changes)

    def tick(self, session: WriteSession, hall: int) -> int:
        """All three steps at once, where time does not matter."""
        return self.keep(session, self.play(self.look(session, hall), rest_seconds=0))

    def hit_rate(self, session: ReadSession, hall: int) -> HitRate | None:
        """Of the last business day; read once a day, it changes no more."""
        today = self._known.day(session, hall)
        known = self._hits.get(hall)
        if known is None or known[0] != today:
            known = self._hits[hall] = today, scores.last_hit_rate(session, hall, today)
        return known[1]

    def _learnt(self, session: ReadSession, hall: int, facts: HallFacts) -> Experience:
        known = self._experience.get(hall)
        if known is None or session.now - known.at >= LEARN_EVERY or session.now < known.at:
            known = self._experience[hall] = experience.learnt(session, hall, facts, self._settings)
        return known

    def _arrivals(self, session: ReadSession, hall: int, day: date) -> dict[tuple[int, Standing], float]:
        known = self._stream.get(hall)
        if known is None or not timedelta() <= session.now - known[0] < STREAM_EVERY:
            known = self._stream[hall] = session.now, experience.stream(session, hall, day)
        return known[1]

    def _scored(self, session: WriteSession, sight: Sight) -> dict[int, float]:
        """Each service's factor after the calls since the last time."""
        day, crews = self._crews.get(sight.hall, (sight.day, {}))
        if day != sight.day:
            crews = {}
        for leg in sight.visitors.keys() - crews.keys():
            crews[leg] = scores.crew_of(sight, leg)
        self._crews[sight.hall] = sight.day, crews
        held = scores.score(session, sight, crews, sight.at - timedelta(seconds=self._settings.undo_seconds))
        return {line.service: learnt_factor(line.factor, held.get(line.service, ())) for line in sight.lines}


def changed(played: Played, before: Sight | None, factors: Mapping[int, float]) -> Iterator[Change]:
    """Who is shown something else from now on, and why."""
    sight = played.sight
    away, newcomers = _away(sight, before), _new_privileged(sight, before)
    ahead: Counter[int] = Counter()
    for one in sight.scene.waiters:
        visitor, span = sight.visitors[one.key], played.forecast.of(one.key)
        fixed = corrected(span, factors[one.service]) if span else None
        outlook, cause = next_shown(visitor.shown, fixed, cause_of(one, away, newcomers))
        if visitor.shown is None or outlook != visitor.shown.outlook:
            yield Change(one.key, visitor.token, ahead[one.service], outlook, cause)
        ahead[one.service] += 1


def _away(sight: Sight, before: Sight | None) -> list[tuple[frozenset[int], str]]:
    """Counters that called people a moment ago and do not now."""
    gone = before.open_posts - sight.open_posts if before else frozenset()
    posts = before.scene.posts if before else ()
    return [
        (frozenset(post.tiers), f"{sight.numbers[post.counter]} 号窗暂停")
        for post in posts
        if post.counter in gone and post.counter in sight.numbers
    ]


def _new_privileged(sight: Sight, before: Sight | None) -> list[Waiter]:
    known = before.visitors if before else {}
    return [one for one in sight.scene.waiters if one.standing is not Standing.ORDINARY and one.key not in known]


def _shown_row(one: Change, at: datetime) -> dict[str, object]:
    p50, p80 = (one.outlook.p50, one.outlook.p80) if one.outlook else (None, None)
    return {"leg": one.leg, "at": at, "ahead": one.ahead, "p50_minutes": p50, "p80_minutes": p80, "cause": one.cause}


def _outlook_row(line: Line, played: Played, factor: float) -> dict[str, Any]:
    """What is kept of a service's line: its first, its newcomer, when it would be done."""
    sight, service = played.sight, line.service
    first = [one.key for one in sight.scene.waiters if one.service == service]
    newcomer = _fixed(played.forecast.joining(service), factor)
    head = _fixed(played.forecast.of(first[0]), factor) if first else newcomer
    done = played.planned.done_at(service)
    return {
        "service": service,
        "at": sight.at,
        "ahead": len(first),
        "head_p50": head[0] if head else None,
        "head_p80": head[1] if head else None,
        "p50": newcomer[0] if newcomer else None,
        "p80": newcomer[1] if newcomer else None,
        "done_at": sight.at + timedelta(minutes=min(done[1], LONGEST_MINUTES)) if done else None,
        "factor": factor,
    }


def _fixed(span: Span | None, factor: float) -> Span | None:
    """The corrected span; None when it cannot be shown."""
    return corrected(span, factor) if span and span[1] <= LONGEST_MINUTES else None


def _told(row: Mapping[str, Any]) -> Outlook | None:
    return rounded(row["p50"], row["p80"]) if row["p50"] is not None else None
