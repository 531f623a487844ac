"""What each named transition does to a case's record: one small pure function each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from base.calendar import Due, DueMoment, WorkingTime
from cases.rules import clock, wording
from cases.rules.case import AT_WORK, NEXT, Action
from cases.rules.duty import WORKS, Limits, Now
from cases.rules.record import (
    KIND_NAMES,
    LIGHT_NAMES,
    RATING_NAMES,
    Actor,
    CaseRecord,
    Kind,
    Light,
    Pending,
    Rating,
    Role,
)
from cases.settings import CaseSettings
from cases.views import CaseOrder

_A = Action
Changes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Terms:
    """The settings and the working time by which cases are judged."""

    settings: CaseSettings
    time: WorkingTime

    def limits(self) -> Limits:
        """The limits as the rules see them."""
        one = self.settings
        return Limits(
            one.complex_days, one.extension_ahead_days, one.max_extensions, one.max_extension_days, one.reopen_days
        )

    def now(self, record: CaseRecord, at: datetime) -> Now:
        """``at`` as the rules see it."""
        today, days = self.time.local_day(at), self.time.days
        closed_on = self.time.local_day(record.closed_at) if record.closed_at else today
        return Now(at, today, days.between(today, record.due_on), days.between(closed_on, today))

    def first_days(self, kind: Kind) -> int:
        """The class of a new case: consultation or ordinary; complex is approved later."""
        return self.settings.consult_days if kind is Kind.CONSULT else self.settings.ordinary_days

    def accept_by(self, at: datetime, *, is_urgent: bool) -> datetime:
        """By when a case received ``at`` is accepted and dispatched."""
        if is_urgent:
            return self.time.after_minutes(at, self.settings.urgent_minutes).at
        return self.time.after_half_days(at, self.settings.accept_half_days).at

    def due(self, record: CaseRecord) -> DueMoment:
        """The due moment, counted anew from the facts."""
        counted = clock.due(self.time.days, record.clock_from, record.clock_days, record.clock)
        return self.time.closing(Due(counted.on, counted.is_provisional))


@dataclass(frozen=True, slots=True)
class Scene:
    """One act: who, what, when, by which terms."""

    actor: Actor
    order: CaseOrder
    at: datetime
    terms: Terms

    def after_days(self, days: int) -> datetime:
        """The closing moment ``days`` working days from now."""
        return self.terms.time.after_days(self.at, days).at


def apply(record: CaseRecord, action: Action, scene: Scene) -> CaseRecord:
    """``record`` after ``action``; its version is the caller's."""
    changed = replace(record, state=NEXT[record.state, action], **_EFFECTS.get(action, _nothing)(record, scene))
    if action in WORKS and Role.SYSTEM not in scene.actor.roles and scene.actor.name not in record.handlers:
        changed = replace(changed, handlers=[*record.handlers, scene.actor.name])
    if action in _MOVES_DUE:
        changed = counted_anew(changed, scene.terms)
    return replace(changed, step_due_at=_STEPS[action](changed, scene)) if action in _STEPS else changed


def counted_anew(record: CaseRecord, terms: Terms) -> CaseRecord:
    """``record`` with its due date counted from the facts; the light starts again where the date moved."""
    due = terms.due(record)
    light = record.light if due.on == record.due_on else Light.GREEN
    return replace(record, due_on=due.on, due_at=due.at, is_provisional=due.is_provisional, light=light)


def said(record: CaseRecord, order: CaseOrder, at: datetime, terms: Terms) -> dict[str, object]:
    """Everything that a wording may mention."""
    today = terms.time.local_day(at)
    due = DueMoment(record.due_at, record.due_on, record.is_provisional)
    return {
        "number": record.number,
        "office": record.office or record.first_office,
        "due": terms.time.spoken(due, today),
        "step": spoken_at(record.step_due_at, at, terms),
        "text": order.text,
        "reason": order.reason,
        "basis": wording.basis_line(order.basis),
        "pending": record.pending_text,
        "days": record.clock_days,
        "asked_days": order.days,
        "helper": order.office or "",
        "rating": RATING_NAMES[record.rating or Rating.UNRATED],
        "kind": KIND_NAMES[record.kind],
        "light": LIGHT_NAMES[record.light],
        "watched_why": record.watched_why,
        "review_days": terms.settings.refusal_review_days,
        "reopen_days": terms.settings.reopen_days,
    }


def spoken_at(moment: datetime | None, at: datetime, terms: Terms) -> str:
    """A step's term as it is spoken; 尽快 if it has none."""
    if moment is None:
        return "尽快"
    on = terms.time.local_day(moment)
    is_provisional = not terms.time.days.is_known(on.year)
    return terms.time.spoken(DueMoment(moment, on, is_provisional), terms.time.local_day(at))


def _nothing(_record: CaseRecord, _scene: Scene) -> Changes:
    return {}


def _refuse(_record: CaseRecord, scene: Scene) -> Changes:
    order = scene.order
    basis = f"依据：{order.basis}。" if order.basis else ""
    text = wording.REFUSAL.format(reason=order.reason.rstrip("。"), basis=basis, text=order.text)
    return _ask(Pending.REFUSAL, scene, text)


def _propose_final(_record: CaseRecord, scene: Scene) -> Changes:
    order = scene.order
    text = wording.FINAL_TEXT.format(text=order.text, basis=wording.basis_line(order.basis))
    return _ask(Pending.FINAL, scene, text)


def _ask_extension(_record: CaseRecord, scene: Scene) -> Changes:
    return {**_ask(Pending.EXTENSION, scene, scene.order.reason.rstrip("。")), "pending_days": scene.order.days}


def _ask(what: Pending, scene: Scene, text: str) -> Changes:
    return {"pending": what, "pending_by": scene.actor.name, "pending_text": text}


def _decided(_record: CaseRecord, _scene: Scene) -> Changes:
    return {"pending": Pending.NOTHING, "pending_by": None, "pending_days": None}


def _contest(_record: CaseRecord, _scene: Scene) -> Changes:
    return {"has_contested": True, "closed_at": None}


def _grant_extension(record: CaseRecord, _scene: Scene) -> Changes:
    days = record.pending_days or 0
    return {
        **_decided(record, _scene),
        "clock": [*record.clock, [clock.EXTEND, days]],
        "extensions": record.extensions + 1,
        "extended_days": record.extended_days + days,
    }


def _end(record: CaseRecord, scene: Scene) -> Changes:
    return {**_decided(record, scene), "closed_at": scene.at}


def _merge(record: CaseRecord, scene: Scene) -> Changes:
    return {**_end(record, scene), "parent": scene.order.parent}


def _dispatch(record: CaseRecord, scene: Scene) -> Changes:
    return {"office": scene.order.office or record.office}


def _return(record: CaseRecord, scene: Scene) -> Changes:
    returns = record.returns + 1
    watch = _watch(record, "第二次退单") if returns > 1 else {}
    return {"returns": returns, "returned_by": scene.actor.name, **watch}


def _contacted(_record: CaseRecord, scene: Scene) -> Changes:
    return {"contacted_at": scene.at}


def _pause(record: CaseRecord, scene: Scene) -> Changes:
    today = scene.terms.time.local_day(scene.at)
    return {**_decided(record, scene), "paused_on": today, "has_paused": True, "contacted_at": scene.at}


def _resume(record: CaseRecord, scene: Scene) -> Changes:
    today = scene.terms.time.local_day(scene.at)
    paused_on = record.paused_on or today
    move = [clock.PAUSE, paused_on.isoformat(), today.isoformat()]
    return {"clock": [*record.clock, move], "paused_on": None}


def _answer(record: CaseRecord, scene: Scene) -> Changes:
    order = scene.order
    text = order.text + wording.basis_line(order.basis)
    return {
        **_decided(record, scene),
        "answer": text,
        "answered_at": scene.at,
        "contacted_at": record.contacted_at or scene.at,
    }


def _rate(record: CaseRecord, scene: Scene) -> Changes:
    return {**_end(record, scene), "rating": scene.order.rating or Rating.UNRATED, "rating_text": scene.order.text}


def _object(_record: CaseRecord, scene: Scene) -> Changes:
    return {"rating": Rating.DISSATISFIED, "rating_text": scene.order.text}


def _confirm_final(record: CaseRecord, scene: Scene) -> Changes:
    return {**_end(record, scene), "answer": record.pending_text, "answered_at": scene.at}


def _begin_again(_record: CaseRecord, scene: Scene) -> Changes:
    today = scene.terms.time.local_day(scene.at)
    return {"clock_from": today, "clock": [], "rating": None, "rating_text": "", "closed_at": None, "answered_at": None}


def _redo(record: CaseRecord, scene: Scene) -> Changes:
    return {**_begin_again(record, scene), "has_redone": True}


def _reopen(record: CaseRecord, scene: Scene) -> Changes:
    return {**_begin_again(record, scene), "has_reopened": True, "contacted_at": None}


def _make_complex(_record: CaseRecord, scene: Scene) -> Changes:
    return {"clock_days": scene.terms.settings.complex_days}


def _join(record: CaseRecord, scene: Scene) -> Changes:
    office = scene.order.office or ""
    return {"helpers": record.helpers if office in record.helpers else [*record.helpers, office]}


def _raise(_record: CaseRecord, _scene: Scene) -> Changes:
    return {"is_raised": True}


def _urge(record: CaseRecord, scene: Scene) -> Changes:
    by_whom = "企业催办" if Role.VISITOR in scene.actor.roles else "领导批示"
    return _watch(record, scene.order.reason or by_whom)


def _warn(record: CaseRecord, scene: Scene) -> Changes:
    terms = scene.terms
    today = terms.time.local_day(scene.at)
    light = clock.light(terms.time.days, today, record.due_on, terms.settings.warn_days)
    watch = _watch(record, "超期") if light is Light.RED else {}
    return {"light": light, **watch}


def _watch(record: CaseRecord, why: str) -> Changes:
    known = [one for one in record.watched_why.split("；") if one and one != why]
    return {"is_watched": True, "watched_why": "；".join([*known, why])[-200:]}


_Effect = Callable[[CaseRecord, Scene], Changes]
_EFFECTS: dict[Action, _Effect] = {
    _A.REFUSE: _refuse,
    _A.CONFIRM_REFUSAL: _end,
    _A.REJECT_REFUSAL: _decided,
    _A.CONTEST_REFUSAL: _contest,
    _A.EMERGENCY: _end,
    _A.MERGE: _merge,
    _A.DISPATCH: _dispatch,
    _A.RETURN: _return,
    _A.REDISPATCH: _dispatch,
    _A.UPHOLD: _dispatch,
    _A.CONTACT: _contacted,
    _A.ASK_MORE: _pause,
    _A.SUPPLY: _resume,
    _A.LAPSE: _resume,
    _A.ANSWER: _answer,
    _A.CLOSE: _rate,
    _A.OBJECT: _object,
    _A.REDO: _redo,
    _A.RECTIFY: _begin_again,
    _A.PROPOSE_FINAL: _propose_final,
    _A.CONFIRM_FINAL: _confirm_final,
    _A.REJECT_FINAL: _decided,
    _A.REOPEN: _reopen,
    _A.ASK_EXTENSION: _ask_extension,
    _A.GRANT_EXTENSION: _grant_extension,
    _A.REFUSE_EXTENSION: _decided,
    _A.MAKE_COMPLEX: _make_complex,
    _A.JOIN: _join,
    _A.RAISE: _raise,
    _A.URGE: _urge,
    _A.WARN: _warn,
}
_MOVES_DUE = frozenset(
    {_A.GRANT_EXTENSION, _A.SUPPLY, _A.LAPSE, _A.REDO, _A.RECTIFY, _A.REOPEN, _A.MAKE_COMPLEX, _A.RECOUNT}
)


def _none(_record: CaseRecord, _scene: Scene) -> datetime | None:
    return None


def _accept_by(record: CaseRecord, scene: Scene) -> datetime | None:
    return scene.terms.accept_by(scene.at, is_urgent=record.is_urgent)


def _adjudicate_by(_record: CaseRecord, scene: Scene) -> datetime | None:
    return scene.terms.time.after_half_days(scene.at, scene.terms.settings.adjudicate_half_days).at


def _sign_by(_record: CaseRecord, scene: Scene) -> datetime | None:
    return scene.after_days(scene.terms.settings.sign_days)


def _contact_by(record: CaseRecord, scene: Scene) -> datetime | None:
    """First contact; a bad rating is contacted only where a contact was left."""
    can_contact = record.kind is not Kind.BAD_RATING or record.phone or record.reply_to
    is_owed = record.contacted_at is None and record.state in AT_WORK and can_contact
    return scene.after_days(scene.terms.settings.first_contact_days) if is_owed else None


def _review_by(_record: CaseRecord, scene: Scene) -> datetime | None:
    return scene.after_days(scene.terms.settings.refusal_review_days)


def _supply_by(_record: CaseRecord, scene: Scene) -> datetime | None:
    return scene.after_days(scene.terms.settings.supply_days)


def _call_back_by(_record: CaseRecord, scene: Scene) -> datetime | None:
    return scene.after_days(scene.terms.settings.call_back_days)


_STEPS: dict[Action, Callable[[CaseRecord, Scene], datetime | None]] = {
    **dict.fromkeys((_A.CONFIRM_REFUSAL, _A.EMERGENCY, _A.MERGE, _A.ANSWER), _none),
    **dict.fromkeys((_A.CLOSE, _A.OBJECT, _A.CONFIRM_FINAL), _none),
    **dict.fromkeys((_A.REFUSE, _A.CONTEST_REFUSAL), _review_by),
    _A.REJECT_REFUSAL: _accept_by,
    **dict.fromkeys((_A.DISPATCH, _A.REDISPATCH), _sign_by),
    _A.RETURN: _adjudicate_by,
    **dict.fromkeys((_A.SIGN, _A.UPHOLD, _A.CONTACT, _A.SUPPLY, _A.LAPSE), _contact_by),
    **dict.fromkeys((_A.REDO, _A.RECTIFY, _A.REOPEN), _contact_by),
    _A.ASK_MORE: _supply_by,
    _A.APPROVE: _call_back_by,
}
