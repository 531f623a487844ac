"""``CaseBook``: open a case, act upon it, list, find, and mind the terms that run out."""

import secrets
from collections.abc import Callable
from dataclasses import replace

from base.calendar import WorkingTime
from base.db import ReadSession, WriteSession
from base.errors import BadInput, Conflict, Forbidden
from cases import keeping, reading, ticking
from cases.effects import Scene, Terms, apply, said
from cases.inputs import as_rated, checked_opening, checked_order
from cases.keeping import Step
from cases.rules import duty, wording
from cases.rules.case import FINAL, STATE_NAMES, Action, path
from cases.rules.record import SYSTEM, VISITOR, Actor, CaseRecord, Rating, Role
from cases.settings import CaseSettings
from cases.views import CaseFilter, CaseOrder, CasePage, CaseView, Contact, Opening, PublicCase, Tally

Tell = Callable[[WriteSession, CaseView, str, str], None]
SECRET_BYTES = 16


def nobody(session: WriteSession, case: CaseView, text: str, key: str) -> None:
    """Tell nobody: where no chat is connected."""


class CaseBook:
    """The face of the cases.

    ``act``, ``reveal`` and ``tend`` run in the lane ``case:<id>``, ``open`` in ``cases:<hall>``.
    ``tell(session, case, text, key)`` is called in the same job for every step that the enterprise is told of and did
    not do itself; ``case`` is unsealed there, its ``reply_to`` may be None; ``key`` is unique for each telling.
    """

    def __init__(self, settings: CaseSettings, time: WorkingTime, *, tell: Tell = nobody) -> None:
        self._terms = Terms(settings, time)
        self._tell = tell

    def open(self, session: WriteSession, opening: Opening, actor: Actor = VISITOR) -> CaseView:
        """Register a case. Its number, link and due date are in the answer; nothing is told: the caller answers."""
        opening = checked_opening(opening)
        number = keeping.add(session, self._new(session, opening))
        record = reading.load(session, number)
        line = wording.line(Action.OPEN, said(record, reading.NO_ORDER, session.now, self._terms))
        keeping.note(session, Step(actor, Action.OPEN, record.state, record, line))
        return self._view(session, record, actor)

    def act(self, session: WriteSession, case: int, actor: Actor, order: CaseOrder) -> CaseView:
        """Carry out ``order``.

        ``Conflict`` (with ``allowed``) when the state or its limits forbid it or the case changed meanwhile,
        ``Forbidden`` for the wrong role or one's own work, ``BadInput`` when something in ``NEEDS`` is missing.
        """
        order = as_rated(order)
        record = reading.load(session, case)
        if order.version not in (None, record.version):
            raise _changed(record)
        duty.check(record, actor, order.action, self._terms.now(record, session.now), self._terms.limits())
        order = checked_order(order, record, actor, self._terms.settings)
        if order.action is Action.MERGE:
            self._check_parent(session, record, order.parent)
        return self._view(session, self._carry_out(session, record, actor, order), actor)

    def rate(
        self, session: WriteSession, case: int, rating: Rating, text: str = "", *, actor: Actor = VISITOR
    ) -> CaseView:
        """What the enterprise says at the end; dissatisfied is looked into, anything else closes the case."""
        return self.act(session, case, actor, CaseOrder(Action.CLOSE, rating=rating, text=text))

    def view(self, session: ReadSession, case: int, actor: Actor = SYSTEM) -> CaseView:
        """One case with its timeline, as ``actor`` sees it."""
        record = reading.load(session, case)
        return replace(self._view(session, record, actor), timeline=reading.timeline(session, case))

    def list(self, session: ReadSession, asked: CaseFilter, actor: Actor = SYSTEM) -> CasePage:
        """One page of the cases that ``asked`` names, soonest due first, in one query."""
        return reading.page(session, asked, actor, self._terms)

    def tally(self, session: ReadSession, hall: int) -> Tally:
        """How many open cases stand where."""
        return reading.tally(session, hall, self._terms)

    def by_secret(self, session: ReadSession, secret: str) -> PublicCase:
        """The case behind a secret link, as the enterprise sees it."""
        return self._public(session, reading.by_secret(session, secret))

    def by_number(self, session: ReadSession, hall: int, number: str, last_four: str) -> PublicCase:
        """The case with this number and the last four digits of its phone. Callers limit how often one may try."""
        return self._public(session, reading.by_number(session, hall, number, last_four))

    def of_address(self, session: ReadSession, reply_to: str) -> tuple[PublicCase, ...]:
        """The cases that answer to ``reply_to``, newest first, at most ten: for “how does my case stand?”."""
        return tuple(self._public(session, one) for one in reading.of_address(session, reply_to))

    def reveal(self, session: WriteSession, case: int, actor: Actor, reason: str) -> Contact:
        """Who reported, unsealed; who looked and why goes into the timeline and the audit."""
        record = reading.load(session, case)
        if not actor.roles & duty.WHO_REVEALS[record.is_confidential]:
            raise Forbidden("您的岗位不能查看这件诉求的反映人信息；确有需要请联系督办人员。")
        if not reason.strip():
            raise BadInput("查看反映人信息须写明理由，查看会留下记录。", field="reason")
        line = "查看反映人信息"
        keeping.note(session, Step(actor, Action.NOTE, record.state, record, line, reason=reason.strip()[:500]))
        keeping.log(session, actor, "reveal", record, {})
        transcript = record.packet.get("transcript")
        return Contact(record.enterprise, record.contact, record.phone, record.reply_to, transcript)

    def ripe(self, session: ReadSession) -> tuple[int, ...]:
        """The cases that ``tend`` has something to do for: look often, then tend each in its own lane."""
        return ticking.ripe(session, self._terms)

    def tend(self, session: WriteSession, case: int) -> tuple[Action, ...]:
        """Tick of one case; what was done.

        Silence signs, a call-back lapses to unrated, a pause ends, lights change, a provisional date is counted anew.
        """
        done: list[Action] = []
        record = reading.load(session, case)
        while order := ticking.run_out(record, session.now, self._terms):
            record = self._carry_out(session, record, SYSTEM, order)
            done.append(order.action)
        return tuple(done)

    def _new(self, session: WriteSession, opening: Opening) -> dict[str, object]:
        terms, at = self._terms, session.now
        today, days = terms.time.local_day(at), terms.first_days(opening.kind)
        due = terms.time.after_days(at, days)
        serial = keeping.next_serial(session, opening.hall, today)
        kept = {name: getattr(opening, name) for name in reading.FROM_OPENING}
        return {
            **keeping.new_values(at),
            **kept,
            "packet": reading.packet_of(opening.packet),
            "day": today,
            "serial": serial,
            "number": f"K{today:%Y%m%d}-{serial:03d}",
            "secret": secrets.token_urlsafe(SECRET_BYTES),
            "first_office": terms.settings.first_office,
            "clock_from": today,
            "clock_days": days,
            "due_on": due.on,
            "due_at": due.at,
            "is_provisional": due.is_provisional,
            "step_due_at": terms.accept_by(at, is_urgent=opening.is_urgent),
        }

    def _carry_out(self, session: WriteSession, record: CaseRecord, actor: Actor, order: CaseOrder) -> CaseRecord:
        """Every named transition of ``order``, kept under compare-and-set; the last one is told."""
        seen, steps = record, []
        names = path(record.state, order.action)
        for name in names:
            step = self._step(session, record, (actor, order), name)
            record = replace(step.after, version=seen.version + 1)
            steps.append(step)
        if not keeping.save(session, record, seen.version):
            raise _changed(reading.load(session, record.id))
        told = self._told(session, (seen, record), (actor, order), names[-1])
        steps[-1] = replace(steps[-1], after=record, text=order.text, reason=order.reason, told=told)
        events = [keeping.note(session, step) for step in steps]
        if told:
            self._tell(session, self._view(session, record, SYSTEM, is_sealed=False), told, _key(record, events[-1]))
            self._tell_merged(session, record, order, names[-1])
        return record

    def _step(self, session: WriteSession, record: CaseRecord, asked: tuple[Actor, CaseOrder], name: Action) -> Step:
        actor, order = asked
        if name is Action.SUBMIT and order.action is not name:
            actor = SYSTEM
        after = apply(record, name, Scene(actor, order, session.now, self._terms))
        line = wording.line(name, said(after, order, session.now, self._terms))
        return Step(actor, name, record.state, after, line)

    def _told(
        self,
        session: WriteSession,
        change: tuple[CaseRecord, CaseRecord],
        asked: tuple[Actor, CaseOrder],
        last: Action,
    ) -> str | None:
        """What the enterprise is told; nothing of what it did itself, nor of a recount that moved no date."""
        (before, after), (actor, order) = change, asked
        if Role.VISITOR in actor.roles or (last is Action.RECOUNT and before.due_on == after.due_on):
            return None
        return wording.told(last, said(after, order, session.now, self._terms))

    def _tell_merged(self, session: WriteSession, parent: CaseRecord, order: CaseOrder, last: Action) -> None:
        """Tell the enterprises whose cases were merged into ``parent`` the same, under their own numbers."""
        for child in reading.children(session, parent.id):
            words = {**said(parent, order, session.now, self._terms), "number": child.number}
            told = wording.told(last, words) or ""
            line = wording.line(Action.FOLLOW, words)
            event = keeping.note(session, Step(SYSTEM, Action.FOLLOW, child.state, child, line, told=told))
            self._tell(session, self._view(session, child, SYSTEM, is_sealed=False), told, _key(child, event))

    def _check_parent(self, session: ReadSession, record: CaseRecord, parent: int | None) -> None:
        target = reading.load(session, parent or 0)
        if target.id == record.id or target.hall != record.hall or target.state in FINAL:
            state = STATE_NAMES[target.state]
            raise BadInput(f"只能并入本厅另一件在办的诉求；{target.number} 现在是“{state}”。", field="parent")
        if reading.children(session, record.id):
            raise Conflict("已有诉求并入这一件，它只能作为主单；请把另一件并入它。")

    def _public(self, session: ReadSession, record: CaseRecord) -> PublicCase:
        events = reading.timeline(session, record.id)
        parent = reading.load(session, record.parent) if record.parent else None
        return reading.public(record, events, parent, self._view(session, record, VISITOR))

    def _view(self, session: ReadSession, record: CaseRecord, actor: Actor, *, is_sealed: bool = True) -> CaseView:
        return reading.view(record, actor, session.now, self._terms, is_sealed=is_sealed)


def _key(record: CaseRecord, event: int) -> str:
    return f"case:{record.id}:{event}"


def _changed(record: CaseRecord) -> Conflict:
    name = STATE_NAMES[record.state]
    return Conflict(
        f"这件诉求刚被别人处理过，现在是“{name}”，请刷新后再操作。",
        detail={"case": record.id, "version": record.version, "state": record.state.value},
    )
