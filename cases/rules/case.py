"""States of a case and what may be done in each: one table for page and rule.

A *shortcut* carries out several named transitions in one press; each of them is recorded.
"""

from enum import StrEnum

from base.errors import Conflict


class State(StrEnum):
    """Where a case stands."""

    REGISTERED = "registered"
    SCREENING = "screening"
    REFUSED = "refused"
    EMERGENCY = "emergency"
    MERGED = "merged"
    ACCEPTED = "accepted"
    DISPATCHED = "dispatched"
    RETURNED = "returned"
    ADJUDICATION = "adjudication"
    IN_HAND = "in_hand"
    WAITING_ON_ENTERPRISE = "waiting_on_enterprise"
    ANSWERED = "answered"
    REVIEW = "review"
    CALL_BACK = "call_back"
    DISSATISFIED = "dissatisfied"
    VERIFIED = "verified"
    REDO = "redo"
    RECTIFY = "rectify"
    FINAL_ANSWER = "final_answer"
    CLOSED = "closed"


class Action(StrEnum):
    """What a person or a tick may do to a case; ``open`` makes one, ``follow`` is what a merged case is told."""

    OPEN = "open"
    FOLLOW = "follow"
    SCREEN = "screen"
    ACCEPT = "accept"
    REFUSE = "refuse"
    CONFIRM_REFUSAL = "confirm_refusal"
    REJECT_REFUSAL = "reject_refusal"
    CONTEST_REFUSAL = "contest_refusal"
    EMERGENCY = "emergency"
    MERGE = "merge"
    DISPATCH = "dispatch"
    ACCEPT_AND_DISPATCH = "accept_and_dispatch"
    SIGN = "sign"
    RETURN = "return"
    TAKE_UP = "take_up"
    REDISPATCH = "redispatch"
    UPHOLD = "uphold"
    CONTACT = "contact"
    ASK_MORE = "ask_more"
    SUPPLY = "supply"
    LAPSE = "lapse"
    ANSWER = "answer"
    ANSWER_NOW = "answer_now"
    SUBMIT = "submit"
    APPROVE = "approve"
    SEND_BACK = "send_back"
    CLOSE = "close"
    OBJECT = "object"
    VERIFY = "verify"
    REDO = "redo"
    RECTIFY = "rectify"
    PROPOSE_FINAL = "propose_final"
    CONFIRM_FINAL = "confirm_final"
    REJECT_FINAL = "reject_final"
    REOPEN = "reopen"
    ASK_EXTENSION = "ask_extension"
    GRANT_EXTENSION = "grant_extension"
    REFUSE_EXTENSION = "refuse_extension"
    MAKE_COMPLEX = "make_complex"
    JOIN = "join"
    RAISE = "raise"
    URGE = "urge"
    NOTE = "note"
    ADD = "add"
    WARN = "warn"
    RECOUNT = "recount"


_S, _A = State, Action
FINAL = frozenset({_S.REFUSED, _S.EMERGENCY, _S.MERGED, _S.CLOSED})
OPEN_STATES = tuple(state for state in State if state not in FINAL)
BEFORE_WORK = (_S.REGISTERED, _S.SCREENING, _S.ACCEPTED)
AT_WORK = (_S.IN_HAND, _S.REDO, _S.RECTIFY)
CLOCK_RUNS = (*BEFORE_WORK, _S.DISPATCHED, _S.RETURNED, _S.ADJUDICATION, *AT_WORK)

_MOVES: dict[tuple[State, Action], State] = {
    (_S.REGISTERED, _A.SCREEN): _S.SCREENING,
    (_S.SCREENING, _A.ACCEPT): _S.ACCEPTED,
    (_S.SCREENING, _A.REFUSE): _S.SCREENING,
    (_S.SCREENING, _A.CONFIRM_REFUSAL): _S.REFUSED,
    (_S.SCREENING, _A.REJECT_REFUSAL): _S.SCREENING,
    (_S.SCREENING, _A.EMERGENCY): _S.EMERGENCY,
    (_S.SCREENING, _A.MERGE): _S.MERGED,
    (_S.REFUSED, _A.CONTEST_REFUSAL): _S.SCREENING,
    (_S.ACCEPTED, _A.DISPATCH): _S.DISPATCHED,
    (_S.DISPATCHED, _A.SIGN): _S.IN_HAND,
    (_S.DISPATCHED, _A.RETURN): _S.RETURNED,
    (_S.RETURNED, _A.TAKE_UP): _S.ADJUDICATION,
    (_S.ADJUDICATION, _A.REDISPATCH): _S.DISPATCHED,
    (_S.ADJUDICATION, _A.UPHOLD): _S.IN_HAND,
    (_S.IN_HAND, _A.ANSWER): _S.ANSWERED,
    (_S.IN_HAND, _A.ASK_MORE): _S.WAITING_ON_ENTERPRISE,
    (_S.WAITING_ON_ENTERPRISE, _A.SUPPLY): _S.IN_HAND,
    (_S.WAITING_ON_ENTERPRISE, _A.LAPSE): _S.IN_HAND,
    (_S.ANSWERED, _A.SUBMIT): _S.REVIEW,
    (_S.REVIEW, _A.APPROVE): _S.CALL_BACK,
    (_S.REVIEW, _A.SEND_BACK): _S.IN_HAND,
    (_S.CALL_BACK, _A.CLOSE): _S.CLOSED,
    (_S.CALL_BACK, _A.OBJECT): _S.DISSATISFIED,
    (_S.DISSATISFIED, _A.VERIFY): _S.VERIFIED,
    (_S.VERIFIED, _A.REDO): _S.REDO,
    (_S.VERIFIED, _A.RECTIFY): _S.RECTIFY,
    (_S.VERIFIED, _A.PROPOSE_FINAL): _S.FINAL_ANSWER,
    (_S.REDO, _A.ANSWER): _S.ANSWERED,
    (_S.RECTIFY, _A.ANSWER): _S.ANSWERED,
    (_S.FINAL_ANSWER, _A.CONFIRM_FINAL): _S.CLOSED,
    (_S.FINAL_ANSWER, _A.REJECT_FINAL): _S.VERIFIED,
    (_S.CLOSED, _A.REOPEN): _S.IN_HAND,
}
# What is true beside a state and leaves it as it is.
_BESIDE: dict[Action, tuple[State, ...]] = {
    _A.CONTACT: AT_WORK,
    _A.ASK_EXTENSION: (_S.IN_HAND,),
    _A.GRANT_EXTENSION: (_S.IN_HAND,),
    _A.REFUSE_EXTENSION: (_S.IN_HAND,),
    _A.MAKE_COMPLEX: (_S.DISPATCHED, _S.IN_HAND),
    _A.JOIN: AT_WORK,
    _A.RAISE: AT_WORK,
    _A.URGE: tuple(state for state in OPEN_STATES if state is not _S.CALL_BACK),
    _A.NOTE: tuple(State),
    _A.ADD: OPEN_STATES,
    _A.WARN: CLOCK_RUNS,
    _A.RECOUNT: (*CLOCK_RUNS, _S.WAITING_ON_ENTERPRISE),
}
NEXT: dict[tuple[State, Action], State] = _MOVES | {
    (state, action): state for action, states in _BESIDE.items() for state in states
}
SHORTCUTS: dict[tuple[State, Action], tuple[Action, ...]] = {
    (_S.REGISTERED, _A.ACCEPT): (_A.SCREEN, _A.ACCEPT),
    (_S.REGISTERED, _A.REFUSE): (_A.SCREEN, _A.REFUSE),
    (_S.REGISTERED, _A.EMERGENCY): (_A.SCREEN, _A.EMERGENCY),
    (_S.REGISTERED, _A.MERGE): (_A.SCREEN, _A.MERGE),
    (_S.REGISTERED, _A.ACCEPT_AND_DISPATCH): (_A.SCREEN, _A.ACCEPT, _A.DISPATCH),
    (_S.SCREENING, _A.ACCEPT_AND_DISPATCH): (_A.ACCEPT, _A.DISPATCH),
    (_S.REGISTERED, _A.ANSWER_NOW): (_A.SCREEN, _A.ACCEPT, _A.DISPATCH, _A.SIGN, _A.ANSWER),
    (_S.SCREENING, _A.ANSWER_NOW): (_A.ACCEPT, _A.DISPATCH, _A.SIGN, _A.ANSWER),
    (_S.ACCEPTED, _A.ANSWER_NOW): (_A.DISPATCH, _A.SIGN, _A.ANSWER),
    (_S.DISPATCHED, _A.ANSWER): (_A.SIGN, _A.ANSWER),
    (_S.RETURNED, _A.REDISPATCH): (_A.TAKE_UP, _A.REDISPATCH),
    (_S.RETURNED, _A.UPHOLD): (_A.TAKE_UP, _A.UPHOLD),
    (_S.ANSWERED, _A.APPROVE): (_A.SUBMIT, _A.APPROVE),
    (_S.ANSWERED, _A.SEND_BACK): (_A.SUBMIT, _A.SEND_BACK),
}

STATE_NAMES = {
    _S.REGISTERED: "已登记",
    _S.SCREENING: "受理审核",
    _S.REFUSED: "不予受理",
    _S.EMERGENCY: "紧急转接",
    _S.MERGED: "并单",
    _S.ACCEPTED: "已受理",
    _S.DISPATCHED: "已派单",
    _S.RETURNED: "退单申请",
    _S.ADJUDICATION: "异议审核",
    _S.IN_HAND: "办理中",
    _S.WAITING_ON_ENTERPRISE: "待企业补充",
    _S.ANSWERED: "已答复",
    _S.REVIEW: "结案审核",
    _S.CALL_BACK: "待回访",
    _S.DISSATISFIED: "回访不满意",
    _S.VERIFIED: "已核实",
    _S.REDO: "重新办理",
    _S.RECTIFY: "整改中",
    _S.FINAL_ANSWER: "最终答复待签发",
    _S.CLOSED: "办结",
}
ACTION_NAMES = {
    _A.OPEN: "登记",
    _A.FOLLOW: "随主单告知",
    _A.SCREEN: "开始受理审核",
    _A.ACCEPT: "受理",
    _A.REFUSE: "提出不予受理",
    _A.CONFIRM_REFUSAL: "同意不予受理",
    _A.REJECT_REFUSAL: "不同意不予受理",
    _A.CONTEST_REFUSAL: "申请复核",
    _A.EMERGENCY: "紧急转接",
    _A.MERGE: "并单",
    _A.DISPATCH: "派单",
    _A.ACCEPT_AND_DISPATCH: "受理并派单",
    _A.SIGN: "签收",
    _A.RETURN: "申请退单",
    _A.TAKE_UP: "开始异议审核",
    _A.REDISPATCH: "改派",
    _A.UPHOLD: "指定办理",
    _A.CONTACT: "记录首次联系",
    _A.ASK_MORE: "请企业补充",
    _A.SUPPLY: "补充材料",
    _A.LAPSE: "逾期未补充，恢复办理",
    _A.ANSWER: "答复",
    _A.ANSWER_NOW: "直接答复",
    _A.SUBMIT: "提请结案",
    _A.APPROVE: "同意结案",
    _A.SEND_BACK: "退回重办",
    _A.CLOSE: "办结",
    _A.OBJECT: "不满意",
    _A.VERIFY: "记录核实结果",
    _A.REDO: "重新办理",
    _A.RECTIFY: "责成整改",
    _A.PROPOSE_FINAL: "拟最终答复",
    _A.CONFIRM_FINAL: "签发最终答复",
    _A.REJECT_FINAL: "不签发",
    _A.REOPEN: "重新打开",
    _A.ASK_EXTENSION: "申请延期",
    _A.GRANT_EXTENSION: "同意延期",
    _A.REFUSE_EXTENSION: "不同意延期",
    _A.MAKE_COMPLEX: "认定为复杂诉求",
    _A.JOIN: "邀请会商",
    _A.RAISE: "提级",
    _A.URGE: "督办（催办）",
    _A.NOTE: "内部备注",
    _A.ADD: "补充说明",
    _A.WARN: "期限预警",
    _A.RECOUNT: "重算期限",
}


def path(state: State, action: Action) -> tuple[Action, ...]:
    """The named transitions that ``action`` carries out in ``state``; ``Conflict`` says what may be done instead."""
    if (state, action) in NEXT:
        return (action,)
    if (state, action) in SHORTCUTS:
        return SHORTCUTS[state, action]
    allowed = actions(state)
    others = "、".join(ACTION_NAMES[one] for one in allowed) or "无"
    text = f"这件诉求现在是“{STATE_NAMES[state]}”，不能{ACTION_NAMES[action]}；现在可以：{others}。"
    raise Conflict(text, allowed=[one.value for one in allowed], detail={"state": state.value})


def after(state: State, action: Action) -> State:
    """The state that ``action`` leads to; ``Conflict`` if it may not be done in ``state``."""
    for step in path(state, action):
        state = NEXT[state, step]
    return state


def actions(state: State) -> tuple[Action, ...]:
    """Everything that may be done in ``state``, shortcuts included, in the order of ``Action``."""
    return tuple(action for action in Action if (state, action) in NEXT or (state, action) in SHORTCUTS)
