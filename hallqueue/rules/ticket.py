"""States of a leg (one wait and service of a ticket) and what may be done in each: one table for page and rule."""

from enum import StrEnum

from base.errors import Conflict


class State(StrEnum):
    """Where a leg stands."""

    BOOKED = "booked"
    WAITING = "waiting"
    CALLED = "called"
    SERVING = "serving"
    PARKED = "parked"
    MISSED = "missed"
    SERVED = "served"
    TRANSFERRED = "transferred"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    CLOSED_UNSERVED = "closed_unserved"


class Action(StrEnum):
    """What a person or a tick may do to a leg; ``take`` and ``book`` make one."""

    TAKE = "take"
    BOOK = "book"
    CHECK_IN = "check_in"
    CALL_NEXT = "call_next"
    CALL = "call"
    RECALL = "recall"
    START = "start"
    MISS = "miss"
    RESTORE = "restore"
    EXPIRE = "expire"
    PARK = "park"
    UNPARK = "unpark"
    DEFER = "defer"
    TRANSFER = "transfer"
    VERIFY = "verify"
    RECLASS = "reclass"
    HAND_OVER = "hand_over"
    RELEASE = "release"
    FINISH = "finish"
    CANCEL = "cancel"
    CLOSE_DAY = "close_day"


UNDO = "undo"
AT_COUNTER = frozenset({State.CALLED, State.SERVING})
LIVE = frozenset({State.WAITING, State.CALLED, State.SERVING, State.PARKED, State.MISSED})
BY_THE_HOUSE = frozenset({Action.EXPIRE, Action.CLOSE_DAY, Action.HAND_OVER, Action.RELEASE})

NEXT: dict[tuple[State, Action], State] = {
    (State.BOOKED, Action.CHECK_IN): State.WAITING,
    (State.BOOKED, Action.CANCEL): State.CANCELLED,
    (State.BOOKED, Action.CLOSE_DAY): State.NO_SHOW,
    (State.WAITING, Action.CALL_NEXT): State.CALLED,
    (State.WAITING, Action.CALL): State.CALLED,
    (State.WAITING, Action.DEFER): State.PARKED,
    (State.WAITING, Action.VERIFY): State.WAITING,
    (State.WAITING, Action.RECLASS): State.WAITING,
    (State.WAITING, Action.CANCEL): State.CANCELLED,
    (State.WAITING, Action.CLOSE_DAY): State.CLOSED_UNSERVED,
    (State.CALLED, Action.RECALL): State.CALLED,
    (State.CALLED, Action.START): State.SERVING,
    (State.CALLED, Action.MISS): State.MISSED,
    (State.CALLED, Action.TRANSFER): State.TRANSFERRED,
    (State.CALLED, Action.VERIFY): State.CALLED,
    (State.CALLED, Action.RECLASS): State.WAITING,
    (State.CALLED, Action.HAND_OVER): State.CALLED,
    (State.CALLED, Action.RELEASE): State.WAITING,
    (State.CALLED, Action.CLOSE_DAY): State.CLOSED_UNSERVED,
    (State.SERVING, Action.FINISH): State.SERVED,
    (State.SERVING, Action.PARK): State.PARKED,
    (State.SERVING, Action.TRANSFER): State.TRANSFERRED,
    (State.SERVING, Action.HAND_OVER): State.SERVING,
    (State.SERVING, Action.RELEASE): State.WAITING,
    (State.PARKED, Action.CALL): State.CALLED,
    (State.PARKED, Action.UNPARK): State.WAITING,
    (State.PARKED, Action.CANCEL): State.CANCELLED,
    (State.PARKED, Action.CLOSE_DAY): State.CLOSED_UNSERVED,
    (State.MISSED, Action.CALL): State.CALLED,
    (State.MISSED, Action.RESTORE): State.WAITING,
    (State.MISSED, Action.EXPIRE): State.NO_SHOW,
    (State.MISSED, Action.CANCEL): State.CANCELLED,
    (State.MISSED, Action.CLOSE_DAY): State.CLOSED_UNSERVED,
}
UNDOABLE = {
    Action.CALL_NEXT: State.CALLED,
    Action.CALL: State.CALLED,
    Action.MISS: State.MISSED,
    Action.FINISH: State.SERVED,
}

STATE_NAMES = {
    State.BOOKED: "已预约",
    State.WAITING: "等候中",
    State.CALLED: "已叫号",
    State.SERVING: "办理中",
    State.PARKED: "暂离",
    State.MISSED: "过号",
    State.SERVED: "已办结",
    State.TRANSFERRED: "已转窗",
    State.CANCELLED: "已取消",
    State.NO_SHOW: "过号失效",
    State.CLOSED_UNSERVED: "当日未办",
}
ACTION_NAMES = {
    Action.TAKE: "取号",
    Action.BOOK: "预约",
    Action.CHECK_IN: "签到",
    Action.CALL_NEXT: "叫下一位",
    Action.CALL: "指定叫号",
    Action.RECALL: "重呼",
    Action.START: "开始办理",
    Action.MISS: "过号",
    Action.RESTORE: "恢复排队",
    Action.EXPIRE: "作废",
    Action.PARK: "暂离",
    Action.UNPARK: "返回排队",
    Action.DEFER: "延后 15 分钟",
    Action.TRANSFER: "转窗",
    Action.VERIFY: "核验优先",
    Action.RECLASS: "改为普通号",
    Action.HAND_OVER: "移交窗口",
    Action.RELEASE: "退回排队",
    Action.FINISH: "办结",
    Action.CANCEL: "取消",
    Action.CLOSE_DAY: "日终关闭",
}


def after(state: State, action: Action) -> State:
    """The state that ``action`` leads to; ``Conflict`` names the present state and what a person may do instead."""
    try:
        return NEXT[state, action]
    except KeyError:
        allowed = [one for one in actions(state) if one not in BY_THE_HOUSE]
        others = "、".join(ACTION_NAMES[one] for one in allowed) or "无，这张号已经结束"
        text = f"这张号现在是“{STATE_NAMES[state]}”，不能{ACTION_NAMES[action]}；现在可以：{others}。"
        raise Conflict(text, allowed=[one.value for one in allowed]) from None


def actions(state: State) -> tuple[Action, ...]:
    """Everything that may be done in ``state``, in the table's order: the buttons that a page shows."""
    return tuple(action for one, action in NEXT if one is state)
