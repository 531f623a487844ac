"""``Hall``: what visitors do (take, cancel, defer, restore, rate), boards, and the hall's ticks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from base import journal
from base.db import ReadSession, WriteSession
from base.errors import NotFound
from base.opening import opening_hours
from hallqueue import (
    boards,
    closing,
    founding,
    linked,
    managing,
    messages,
    moves,
    ratings,
    remote,
    retention,
    returning,
    scores,
    tables,
    taking,
    tiles,
)
from hallqueue.blocks import Blocks
from hallqueue.estimates import Forecaster
from hallqueue.facts import KnownHalls
from hallqueue.hallfile import HallFile
from hallqueue.legs import leg_view
from hallqueue.managing import ServiceChange
from hallqueue.messages import HallMessage, Told
from hallqueue.moves import Deed, Found
from hallqueue.overview import Overview, overview
from hallqueue.ratings import Invitation, RatingFilter, RatingView, TellOfBadRating, Verdict
from hallqueue.rules import leg as rules
from hallqueue.rules.ticket import Action
from hallqueue.scores import EstimateScores
from hallqueue.settings import QueueSettings
from hallqueue.views import (
    Block,
    Board,
    CallView,
    ClosingList,
    HallCode,
    HallView,
    LegView,
    LinkedTicket,
    Offline,
    PriorityGroup,
    RemoteView,
    ServiceScope,
    ServiceView,
    Taking,
    TicketView,
)
from hallqueue.visits import around, ticket_view
from hallqueue.what_if import WhatIf, what_if

_BY_CODE = sa.select(tables.hall.c.id).where(tables.hall.c.code == sa.bindparam("code"))
_CHANGE = sa.update(tables.hall).where(tables.hall.c.id == sa.bindparam("of_hall"))


class Hall:
    """The visitors' face of the queue. Every writing method runs in the lane ``hall:<id>``.

    ``tell(session, hall, rating)`` is called in the same job for every bad rating; whoever rates holds the lanes that
    it needs.
    """

    def __init__(self, settings: QueueSettings, tell: TellOfBadRating | None = None) -> None:
        self._settings = settings
        self._tell = tell
        self._limits = settings.limits()
        self._known = KnownHalls()
        self._blocks = Blocks(settings, self._known)
        self.forecaster = Forecaster(settings, self._known)

    def found(self, session: WriteSession, hall_file: HallFile) -> int:
        """Seed the hall of ``hall_file`` unless a hall of that code stands already; its id either way."""
        return founding.found(session, hall_file)

    def by_code(self, session: ReadSession, code: str) -> int:
        """The id of the hall with ``code``; ``NotFound`` if there is none."""
        number: int | None = session.value(_BY_CODE, code=code)
        if number is None:
            raise NotFound(f"没有代码为“{code}”的大厅，请核对配置 [hall] code。", field="hall")
        return number

    def about(self, session: ReadSession, hall: int) -> HallView:
        """The hall's name, notice, hours, profile and priority groups."""
        row = boards.hall_row(session, hall)
        facts = self._known.facts(session, hall, row.edition)
        groups = row.profile.get("priority_groups", [])
        return HallView(
            id=row.id,
            code=row.code,
            name=row.name,
            zone=row.zone,
            notice=row.notice,
            is_trial=row.is_trial,
            hours_text=boards.hours_text(row.is_trial, facts, facts.day(session.now)),
            hours=row.hours,
            profile=row.profile,
            priorities=tuple(PriorityGroup(one["code"], one["name"], tuple(one["evidence"])) for one in groups),
        )

    def set_hours(self, session: WriteSession, hall: int, hours: dict[str, Any], actor: str) -> HallView:
        """Put ``hours`` in force (plain form of ``OpeningHours``): 试运行 ends. ``BadInput`` names what is wrong."""
        opening_hours(hours)
        edition = boards.hall_row(session, hall).edition + 1
        session.run(_CHANGE, of_hall=hall, hours=hours, edition=edition, is_trial=False)
        journal.record(session, actor, "hall.set_hours", f"hall:{hall}", (f"board:{hall}",))
        return self.about(session, hall)

    def set_notice(self, session: WriteSession, hall: int, notice: str, actor: str) -> None:
        """Change the line at the foot of the boards."""
        session.run(_CHANGE, of_hall=hall, notice=notice)
        journal.record(session, actor, "hall.set_notice", f"hall:{hall}", (f"board:{hall}",))

    def services(self, session: ReadSession, hall: int) -> tuple[ServiceView, ...]:
        """The tiles of the kiosk, in the hall's order."""
        row = boards.hall_row(session, hall)
        facts = self._known.facts(session, hall, row.edition)
        return tiles.services(session, hall, facts, self._settings, is_trial=row.is_trial)

    def scopes(self, session: ReadSession, hall: int) -> tuple[ServiceScope, ...]:
        """What is done under each service, in the hall's order."""
        return tiles.scopes(session, hall)

    def take(self, session: WriteSession, hall: int, wish: Taking) -> TicketView:
        """Issue a number, or give the holder's live one back (``is_new`` False)."""
        return taking.take(session, hall, wish, self._known, self._settings)

    def ticket(self, session: ReadSession, token: str) -> TicketView:
        """The ticket as its holder sees it; ``NotFound`` for an unknown token."""
        return self._view(session, moves.load_by_token(session, token))

    def cancel(self, session: WriteSession, token: str, actor: str = "visitor") -> TicketView:
        """Give the place up."""
        found = moves.load_by_token(session, token)
        leg = rules.cancelled(found.leg, session.now)
        return self._view(session, moves.save(session, found, leg, Deed(actor, Action.CANCEL)))

    def defer(self, session: WriteSession, token: str, actor: str = "visitor") -> TicketView:
        """Fifteen minutes later, at most twice."""
        found = moves.load_by_token(session, token)
        leg = rules.deferred(found.leg, self._limits, session.now)
        return self._view(session, moves.save(session, found, leg, Deed(actor, Action.DEFER)))

    def restore(self, session: WriteSession, token: str, actor: str = "visitor") -> TicketView:
        """Back into the line after a miss, within the return window."""
        found = moves.load_by_token(session, token)
        return self._view(session, returning.restore(session, found, Deed(actor, Action.RESTORE), self._settings))

    def unpark(self, session: WriteSession, token: str, actor: str = "visitor") -> TicketView:
        """Back with the papers, or earlier than deferred: into the line again."""
        found = moves.load_by_token(session, token)
        return self._view(session, returning.unpark(session, found, Deed(actor, Action.UNPARK), self._settings))

    def coming(self, session: WriteSession, token: str, actor: str = "visitor") -> TicketView:
        """“我马上到”: the clerk who calls or will call it sees that the visitor is on the way."""
        return self._view(session, linked.coming(session, moves.load_by_token(session, token), actor))

    def link(self, session: WriteSession, token: str, reply_to: str, actor: str = "visitor") -> TicketView:
        """Tell what happens to the ticket at ``reply_to`` from now on."""
        found = moves.load_by_token(session, token)
        return self._view(session, linked.link(session, found, reply_to, actor))

    def linked(self, session: ReadSession, hall: int) -> tuple[LinkedTicket, ...]:
        """Today's live tickets that are told somewhere."""
        return linked.linked(session, hall, self._known.day(session, hall), self._limits.max_misses)

    def remote(self, session: ReadSession, hall: int) -> RemoteView:
        """Whether and how a number may be taken by phone now."""
        row = boards.hall_row(session, hall)
        facts = self._known.facts(session, hall, row.edition)
        return remote.view(session, facts, self._settings, is_trial=row.is_trial)

    def rate(
        self,
        session: WriteSession,
        token: str,
        stars: int,
        *,
        tags: tuple[str, ...] = (),
        text: str = "",
        actor: str = "visitor",
    ) -> TicketView:
        """好差评, once per served leg: ``stars`` 5 非常满意 … 1 非常不满意."""
        found = moves.load_by_token(session, token)
        ratings.rate(session, found, Verdict(stars, tags, text), actor, self._tell)
        return self._view(session, found)

    def invitation(self, session: ReadSession, hall: int, counter: int) -> Invitation | None:
        """Whom the rating pad at ``counter`` asks now: the one just served there, once, for some minutes."""
        within = timedelta(minutes=self._settings.rate_minutes)
        return ratings.invitation(session, hall, counter, self._known.day(session, hall), within)

    def rate_at(
        self, session: WriteSession, hall: int, counter: int, seen: tuple[int, int], verdict: Verdict, *, actor: str
    ) -> LegView:
        """好差评 on the pad at ``counter``; ``seen`` is the leg and its version as the pad was invited."""
        found = ratings.invited(session, hall, counter, seen, timedelta(minutes=self._settings.rate_minutes))
        ratings.rate(session, found, verdict, actor, self._tell)
        return leg_view(found, self._limits, session.now)

    def ratings(self, session: ReadSession, hall: int, wanted: RatingFilter) -> tuple[RatingView, ...]:
        """What visitors said, the newest first, for supervisors: nothing says who."""
        return ratings.ratings(session, hall, wanted)

    def board(self, session: ReadSession, hall: int) -> Board:
        """One snapshot for the main screen."""
        board = boards.board(session, hall, self._known, self._settings)
        return replace(board, hit_rate=self.forecaster.hit_rate(session, hall))

    def hall_code(self, session: ReadSession, hall: int) -> HallCode | None:
        """The code that the hall shows to those who take a number by phone; None when it asks for none."""
        return remote.hall_code(session, hall, self._settings)

    def cursor(self, session: ReadSession, hall: int) -> int:
        """The board's cursor alone: what the ping carries."""
        return boards.cursor(session, hall)

    def calls_after(self, session: ReadSession, hall: int, number: int, limit: int = 50) -> tuple[CallView, ...]:
        """Announcements after ``number``, oldest first; only today's."""
        return boards.calls_after(session, hall, self._known.day(session, hall), number, limit)

    def hit_rate(self, session: ReadSession, hall: int, day: date) -> int | None:
        """“等候预估命中”: how many of a hundred were called before the upper edge they saw at issue."""
        return scores.hit_rate(session, hall, day)

    def estimate_scores(self, session: ReadSession, hall: int, first: date, last: date) -> EstimateScores:
        """How ranges held from ``first`` to ``last``, beside two simple baselines."""
        return scores.estimate_scores(session, hall, first, last)

    def what_if(
        self, session: ReadSession, hall: int, opened: Mapping[int, Sequence[str]], closed: Collection[int]
    ) -> WhatIf:
        """The hall with counters opened (their services' codes; empty: their own) and closed; some 100 ms."""
        return what_if(self.forecaster.look(session, hall), opened, closed)

    def overview(self, session: ReadSession, hall: int) -> Overview:
        """The live hall: who serves whom, the lines, what is told to all."""
        return overview(session, hall, self._known, self._settings)

    def announce(
        self, session: WriteSession, hall: int, text: str, actor: str, *, minutes: int = messages.MINUTES
    ) -> Told:
        """Tell everyone waiting ``text``: on their pages for ``minutes``, and once in each linked chat."""
        return messages.announce(session, hall, self._known.day(session, hall), (text, minutes), actor)

    def withdraw(self, session: WriteSession, hall: int, actor: str) -> None:
        """Show what everyone waiting was told no longer."""
        messages.withdraw(session, hall, self._known.day(session, hall), actor)

    def announcement(self, session: ReadSession, hall: int) -> HallMessage | None:
        """What everyone waiting is told now."""
        return messages.current(session, hall, self._known.day(session, hall))

    def set_counter_services(
        self, session: WriteSession, hall: int, counter: int, tiers: Sequence[Sequence[str]], actor: str
    ) -> None:
        """Let a counter serve these services (codes by tier) from now on."""
        managing.set_counter_services(session, hall, counter, tiers, actor)

    def pause_service(self, session: WriteSession, hall: int, service: str, reason: str, actor: str) -> None:
        """Give no more numbers of ``service`` (its code); those who wait are still called."""
        managing.pause_service(session, hall, service, reason, actor)

    def resume_service(self, session: WriteSession, hall: int, service: str, actor: str) -> None:
        """Give numbers of ``service`` again."""
        managing.resume_service(session, hall, service, actor)

    def set_quota(self, session: WriteSession, hall: int, service: str, quota: int | None, actor: str) -> None:
        """How many numbers of ``service`` a day; None: no limit."""
        managing.set_quota(session, hall, service, quota, actor)

    def set_service(self, session: WriteSession, hall: int, service: str, new: ServiceChange, actor: str) -> None:
        """Change a service's name, prefix, minutes, promise and quota."""
        managing.set_service(session, hall, service, self._known.day(session, hall), new, actor=actor)

    def add_counter(self, session: WriteSession, hall: int, number: int, name: str, actor: str) -> None:
        """A new counter without services, or one that was retired, in use again."""
        managing.add_counter(session, hall, number, name, actor)

    def retire_counter(self, session: WriteSession, hall: int, number: int, actor: str) -> None:
        """Take a counter out of use; nobody may sit there."""
        managing.retire_counter(session, hall, number, actor)

    def expire(self, session: WriteSession, hall: int) -> int:
        """Tick (every 15 s): missed legs whose return window is over become no_show; how many."""
        return returning.expire_missed(session, hall)

    def bring_back(self, session: WriteSession, hall: int) -> int:
        """Tick (every 15 s): deferred legs whose time has come return to the line; how many."""
        return returning.bring_deferred_back(session, hall, self._settings)

    def lease_block(
        self, session: WriteSession, hall: int, service: str, device: str, *, has_forgotten: bool = False
    ) -> Block:
        """Numbers for a kiosk to give while it is cut off; asked again, the same block, renewed.

        ``has_forgotten``: the kiosk no longer knows which of them it printed; it gets others.
        """
        return self._blocks.lease(session, hall, service, device, has_forgotten=has_forgotten)

    def renew_blocks(self, session: WriteSession, hall: int, device: str) -> int:
        """The kiosk is there and has merged all it gave: its blocks count from this contact; how many."""
        return self._blocks.renew(session, hall, device)

    def give_block_back(self, session: WriteSession, hall: int, block: int, device: str) -> None:
        """The kiosk needs its block no more."""
        self._blocks.give_back(session, hall, block, device)

    def merge_block(
        self, session: WriteSession, hall: int, block: int, issued: Sequence[Offline], device: str
    ) -> tuple[TicketView, ...]:
        """What the kiosk gave while cut off enters the line, once however often it is sent; in the order given.

        Its time of issue is kept between the kiosk's last contact (its last lease or renewal) and now: so merge first,
        then renew.
        """
        return self._blocks.merge(session, hall, block, issued, device)

    def closing_list(self, session: ReadSession, hall: int) -> ClosingList:
        """What still stands open today, or from earlier days."""
        return closing.closing_list(session, hall, self._limits)

    def close_day(self, session: WriteSession, hall: int, actor: str) -> int:
        """Close the day: waiting, called, parked, missed → closed unserved; how many.

        Who is being served stays on the closing list until the clerk finishes; bookings are the diary's to close.
        """
        return closing.close_up_to(session, hall, self._known.day(session, hall), actor)

    def close_past_days(self, session: WriteSession, hall: int) -> int:
        """Tick (every 5 min): what was left open on earlier business days is closed unserved; how many."""
        return closing.close_up_to(session, hall, self._known.day(session, hall) - timedelta(days=1), "system")

    def thin(self, session: WriteSession, hall: int) -> int:
        """Tick (every 10 min): delete ranges, scores and other by-products whose term is over; how many."""
        return retention.thin(session, self._known.day(session, hall), self._settings)

    def _view(self, session: ReadSession, found: Found) -> TicketView:
        return ticket_view(found, around(session, found.leg, self._settings), self._settings)
