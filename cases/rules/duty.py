"""Who may do what to a case, and when: roles, the second person, and the limits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from base.errors import Conflict, Forbidden
from cases.rules.case import ACTION_NAMES, Action, State, actions, path
from cases.rules.record import PENDING_NAMES, Actor, CaseRecord, Light, Pending, Rating, Role

_A = Action
_LEAD = frozenset({Role.SUPERVISOR, Role.ADMIN})
_DESK = _LEAD | {Role.ENQUIRY}
_HANDLE = _DESK | {Role.OFFICE}
_ENTERPRISE = _DESK | {Role.VISITOR}
_SYSTEM = frozenset({Role.SYSTEM})

WHO: dict[Action, frozenset[Role]] = {
    **dict.fromkeys(Action, _DESK),
    **dict.fromkeys((_A.SIGN, _A.RETURN, _A.CONTACT, _A.ASK_MORE, _A.ANSWER, _A.SUBMIT), _HANDLE),
    **dict.fromkeys((_A.ASK_EXTENSION, _A.JOIN, _A.RAISE, _A.NOTE), _HANDLE),
    **dict.fromkeys((_A.CONFIRM_REFUSAL, _A.REJECT_REFUSAL, _A.TAKE_UP, _A.REDISPATCH, _A.UPHOLD), _LEAD),
    **dict.fromkeys((_A.APPROVE, _A.SEND_BACK, _A.VERIFY, _A.REDO, _A.RECTIFY, _A.PROPOSE_FINAL), _LEAD),
    **dict.fromkeys((_A.GRANT_EXTENSION, _A.REFUSE_EXTENSION, _A.MAKE_COMPLEX), _LEAD),
    **dict.fromkeys((_A.CONFIRM_FINAL, _A.REJECT_FINAL), frozenset({Role.ADMIN})),
    **dict.fromkeys((_A.CONTEST_REFUSAL, _A.SUPPLY, _A.OBJECT, _A.REOPEN, _A.ADD), _ENTERPRISE),
    _A.CLOSE: _ENTERPRISE | _SYSTEM,
    _A.SIGN: _HANDLE | _SYSTEM,
    _A.URGE: _LEAD | {Role.VISITOR, Role.SYSTEM},
    **dict.fromkeys((_A.LAPSE, _A.WARN, _A.RECOUNT, _A.FOLLOW), _SYSTEM),
}
WORKS = frozenset({_A.SIGN, _A.CONTACT, _A.ASK_MORE, _A.ANSWER, _A.SUBMIT})
WHO_REVEALS = {False: _HANDLE, True: _LEAD}
NEEDS: dict[Action, dict[str, str]] = {
    _A.REFUSE: {"reason": "不予受理的原因", "text": "告知企业的正当途径（向谁、怎样提出）"},
    _A.REJECT_REFUSAL: {"reason": "不同意的理由"},
    _A.CONTEST_REFUSAL: {"reason": "申请复核的理由"},
    _A.EMERGENCY: {"reason": "已转接到哪里"},
    _A.MERGE: {"parent": "并入的诉求"},
    _A.DISPATCH: {"office": "承办单位"},
    _A.ACCEPT_AND_DISPATCH: {"office": "承办单位"},
    _A.RETURN: {"reason": "退单的理由和依据"},
    _A.REDISPATCH: {"office": "改派的承办单位", "reason": "改派的理由"},
    _A.UPHOLD: {"reason": "指定办理的理由"},
    _A.ASK_MORE: {"text": "需要企业补充的全部内容（一次性告知）"},
    _A.SUPPLY: {"text": "补充的内容"},
    _A.ANSWER: {"text": "答复内容（会发给企业）"},
    _A.ANSWER_NOW: {"text": "答复内容（会发给企业）"},
    _A.SEND_BACK: {"reason": "退回重办的理由"},
    _A.VERIFY: {"reason": "核实的结果"},
    _A.REDO: {"reason": "重新办理的要求"},
    _A.RECTIFY: {"reason": "整改的要求"},
    _A.PROPOSE_FINAL: {"text": "最终答复内容（签发后发给企业）", "basis": "依据的文件和条款"},
    _A.REJECT_FINAL: {"reason": "不签发的理由"},
    _A.REOPEN: {"reason": "重新打开的理由"},
    _A.ASK_EXTENSION: {"days": "延长的工作日数", "reason": "延期的原因（批准后会告诉企业）"},
    _A.REFUSE_EXTENSION: {"reason": "不同意延期的理由"},
    _A.MAKE_COMPLEX: {"reason": "认定为复杂诉求的理由（会告诉企业）"},
    _A.JOIN: {"office": "参加会商的单位"},
    _A.RAISE: {"reason": "提级的理由"},
    _A.NOTE: {"text": "备注内容（企业看不到）"},
    _A.ADD: {"text": "补充说明的内容"},
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How often and how long, in working days."""

    complex_days: int
    extension_ahead_days: int
    max_extensions: int
    max_extension_days: int
    reopen_days: int


@dataclass(frozen=True, slots=True)
class Now:
    """The moment of judging, and what lies between it and the case's dates in working days."""

    at: datetime
    today: date
    days_left: int
    days_since_closed: int


Guard = Callable[[CaseRecord, Now, Limits], str | None]


def _is_pending(what: Pending) -> Guard:
    return lambda record, _now, _limits: None if record.pending is what else f"没有{PENDING_NAMES[what]}的申请"


def _no_refusal(record: CaseRecord, _now: Now, _limits: Limits) -> str | None:
    return "不予受理的意见正等待第二人复核，请先复核" if record.pending is Pending.REFUSAL else None


def _may_contest(record: CaseRecord, _now: Now, _limits: Limits) -> str | None:
    return "复核只能申请一次，这件诉求已经复核过" if record.has_contested else None


def _may_pause(record: CaseRecord, now: Now, _limits: Limits) -> str | None:
    if record.has_paused:
        return "请企业补充每件诉求只能用一次（须一次性告知），这件已经用过"
    return "已经超过答复期限，不能再因补充材料暂停计时" if now.at > record.due_at else None


def _may_ask_extension(record: CaseRecord, now: Now, limits: Limits) -> str | None:
    if record.pending is not Pending.NOTHING:
        return f"已有{PENDING_NAMES[record.pending]}的申请"
    if record.extensions >= limits.max_extensions:
        return f"延期最多 {limits.max_extensions} 次，这件已经延期 {record.extensions} 次"
    if record.extended_days >= limits.max_extension_days:
        return f"延期合计最多 {limits.max_extension_days} 个工作日，这件已经用完"
    if now.days_left < limits.extension_ahead_days:
        return f"延期须在到期前至少 {limits.extension_ahead_days} 个工作日申请，现在已来不及"
    return None


def _may_be_complex(record: CaseRecord, _now: Now, limits: Limits) -> str | None:
    return f"期限已经是 {record.clock_days} 个工作日" if record.clock_days >= limits.complex_days else None


def _may_redo(record: CaseRecord, _now: Now, _limits: Limits) -> str | None:
    return "重新办理只能一次，这件已经重新办理过" if record.has_redone else None


def _may_reopen(record: CaseRecord, now: Now, limits: Limits) -> str | None:
    if record.rating is Rating.DISSATISFIED:
        return "这件诉求已作最终答复"
    if record.has_reopened:
        return "重新打开只能一次，这件已经重新打开过"
    if now.days_since_closed > limits.reopen_days:
        return f"办结已超过 {limits.reopen_days} 个工作日，请另行反映"
    return None


def _not_contacted(record: CaseRecord, _now: Now, _limits: Limits) -> str | None:
    return "已经记录过首次联系" if record.contacted_at else None


def _not_raised(record: CaseRecord, _now: Now, _limits: Limits) -> str | None:
    return "已经提级" if record.is_raised else None


def _not_red(record: CaseRecord, _now: Now, _limits: Limits) -> str | None:
    return "已经标记超期" if record.light is Light.RED else None


GUARDS: dict[Action, Guard] = {
    **dict.fromkeys((_A.ACCEPT, _A.REFUSE, _A.MERGE), _no_refusal),
    **dict.fromkeys((_A.CONFIRM_REFUSAL, _A.REJECT_REFUSAL), _is_pending(Pending.REFUSAL)),
    **dict.fromkeys((_A.GRANT_EXTENSION, _A.REFUSE_EXTENSION), _is_pending(Pending.EXTENSION)),
    **dict.fromkeys((_A.CONFIRM_FINAL, _A.REJECT_FINAL), _is_pending(Pending.FINAL)),
    _A.CONTEST_REFUSAL: _may_contest,
    _A.ASK_MORE: _may_pause,
    _A.ASK_EXTENSION: _may_ask_extension,
    _A.MAKE_COMPLEX: _may_be_complex,
    _A.REDO: _may_redo,
    _A.REOPEN: _may_reopen,
    _A.CONTACT: _not_contacted,
    _A.RAISE: _not_raised,
    _A.WARN: _not_red,
}
# Nobody reviews their own work: whose work each of these reviews.
_BY_HANDLERS = (_A.APPROVE, _A.SEND_BACK, _A.VERIFY, _A.MAKE_COMPLEX, _A.CLOSE, _A.OBJECT)
_BY_ASKER = (_A.CONFIRM_REFUSAL, _A.REJECT_REFUSAL, _A.GRANT_EXTENSION, _A.REFUSE_EXTENSION)
_BY_BOTH = (_A.CONFIRM_FINAL, _A.REJECT_FINAL)
_BY_RETURNER = (_A.TAKE_UP, _A.REDISPATCH, _A.UPHOLD)


def own_work(record: CaseRecord, action: Action) -> frozenset[str]:
    """Who may not do ``action`` because it judges what they did themselves."""
    people: list[str | None] = []
    if action in _BY_HANDLERS or action in _BY_BOTH:
        people += record.handlers
    if action in _BY_ASKER or action in _BY_BOTH:
        people.append(record.pending_by)
    if action in _BY_RETURNER:
        people.append(record.returned_by)
    return frozenset(person for person in people if person)


def check(record: CaseRecord, actor: Actor, action: Action, now: Now, limits: Limits) -> None:
    """Raise ``Forbidden`` or ``Conflict``, with a full sentence, unless ``actor`` may do ``action`` now."""
    steps = path(record.state, action)
    if not actor.roles & WHO[action]:
        raise Forbidden(f"您的岗位不能{ACTION_NAMES[action]}；可以做的岗位见“系统管理 → 人员和角色”。")
    if not _is_of_office(record, actor, action):
        raise Forbidden(
            f"这件诉求由“{record.office or record.first_office}”承办，只有承办单位的人员可以{ACTION_NAMES[action]}。"
        )
    if actor.name in own_work(record, action):
        raise Forbidden(
            f"您办理过或提出过这件诉求的事项，“{ACTION_NAMES[action]}”须由另一人完成。"
            "如果本厅只有一个账号，请管理员在“系统管理 → 人员”中再添加一个督办人员账号。"
        )
    for step in dict.fromkeys((action, *steps)):
        guard = GUARDS.get(step)
        if guard is not None and (why := guard(record, now, limits)):
            raise Conflict(
                f"现在不能{ACTION_NAMES[action]}：{why}。", allowed=[one.value for one in actions(record.state)]
            )


def permitted(record: CaseRecord, actor: Actor, now: Now, limits: Limits) -> tuple[Action, ...]:
    """What ``actor`` may do now: the buttons that its page shows."""
    return tuple(one for one in actions(record.state) if _may(record, actor, one, now, limits))


def by_role(state: State, role: Role) -> tuple[Action, ...]:
    """What ``role`` may do in ``state`` at all, before the limits of a single case."""
    return tuple(one for one in actions(state) if role in WHO[one])


def _may(record: CaseRecord, actor: Actor, action: Action, now: Now, limits: Limits) -> bool:
    try:
        check(record, actor, action, now, limits)
    except (Conflict, Forbidden):
        return False
    return True


def _is_of_office(record: CaseRecord, actor: Actor, action: Action) -> bool:
    """Whether somebody who acts for offices only acts for this case's; helpers may leave notes."""
    if actor.offices is None or actor.roles & WHO[action] != {Role.OFFICE}:
        return True
    mine = {record.office, *(record.helpers if action is Action.NOTE else ())}
    return bool(mine & actor.offices)
