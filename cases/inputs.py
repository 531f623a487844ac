"""What comes in through the door, checked: every refusal names the field, what was given, and what is allowed."""

import re
from collections.abc import Mapping
from dataclasses import replace

from base.errors import BadInput
from cases.rules.case import ACTION_NAMES, Action
from cases.rules.duty import NEEDS
from cases.rules.record import Actor, CaseRecord, Rating, Role
from cases.settings import CaseSettings
from cases.views import CaseOrder, Opening, Packet

LENGTHS = {"text": 4000, "reason": 500, "basis": 400, "office": 80}
OPENING_LENGTHS = {"summary": 4000, "enterprise": 120, "contact": 40, "office": 80, "topic": 80}
PACKET_LINES = 5
_PHONE = re.compile(r"\+?\d{5,20}")
_DISPATCHING = (Action.DISPATCH, Action.ACCEPT_AND_DISPATCH)


def checked_opening(opening: Opening) -> Opening:
    """``opening`` without stray blanks; ``BadInput`` if it can't be registered."""
    tidy = _tidy(opening, OPENING_LENGTHS)
    if not tidy["summary"]:
        raise BadInput("请写明要反映的事情，例如“办理营业执照地址变更时被要求重复交材料”。", field="summary")
    return replace(
        opening,
        summary=tidy["summary"],
        enterprise=tidy["enterprise"] or None,
        contact=tidy["contact"] or None,
        office=tidy["office"] or None,
        topic=tidy["topic"] or None,
        phone=_phone(opening.phone),
        packet=_short(opening.packet),
    )


def checked_order(order: CaseOrder, record: CaseRecord, actor: Actor, settings: CaseSettings) -> CaseOrder:
    """``order`` complete and in range for ``record``."""
    tidy = _tidy(order, LENGTHS)
    office = tidy["office"] or _default_office(order.action, record, settings)
    full = replace(order, text=tidy["text"], reason=tidy["reason"], basis=tidy["basis"], office=office)
    for name, label in NEEDS.get(order.action, {}).items():
        if not getattr(full, name):
            raise BadInput(f"{ACTION_NAMES[order.action]}须填写“{label}”。", field=name)
    if order.action is Action.ASK_EXTENSION:
        _check_days(order.days or 0, record, settings)
    if order.action is Action.CLOSE and order.rating is None and Role.VISITOR in actor.roles:
        raise BadInput("请选择满意、基本满意或不满意。", field="rating", allowed=[one.value for one in Rating])
    return full


def as_rated(order: CaseOrder) -> CaseOrder:
    """A closing with a dissatisfied rating is an objection, an objection always dissatisfied."""
    order = replace(order, action=Action(order.action), rating=Rating(order.rating) if order.rating else None)
    if order.action is Action.CLOSE and order.rating is Rating.DISSATISFIED:
        return replace(order, action=Action.OBJECT)
    return replace(order, rating=Rating.DISSATISFIED) if order.action is Action.OBJECT else order


def _default_office(action: Action, record: CaseRecord, settings: CaseSettings) -> str | None:
    if action in _DISPATCHING:
        return record.office
    return settings.first_office if action is Action.ANSWER_NOW else None


def _check_days(days: int, record: CaseRecord, settings: CaseSettings) -> None:
    most = settings.max_extension_days - record.extended_days
    if not 1 <= days <= most:
        raise BadInput(f"延长的工作日数须为 1–{most} 的整数，收到 {days}。", field="days")


def _tidy(given: Opening | CaseOrder, lengths: Mapping[str, int]) -> dict[str, str]:
    tidy = {name: (getattr(given, name) or "").strip() for name in lengths}
    for name, longest in lengths.items():
        if len(tidy[name]) > longest:
            text = f"内容最多 {longest} 个字，收到 {len(tidy[name])} 个字，请精简后再提交。"
            raise BadInput(text, field=name)
    return tidy


def _phone(phone: str | None) -> str | None:
    digits = re.sub(r"[\s\-()（）]", "", phone or "")
    if digits and not _PHONE.fullmatch(digits):
        raise BadInput(f"联系电话须为 5–20 位数字，收到“{(phone or '')[:40]}”。", field="phone")
    return digits or None


def _short(packet: Packet) -> Packet:
    return replace(packet, lines=tuple(packet.lines[:PACKET_LINES]))
