"""A clerk at a counter: states × actions of a counter session, and the reasons for a pause."""

from enum import StrEnum

from base.errors import BadInput, Conflict


class CounterState(StrEnum):
    """How a counter stands; ``closed`` also when nobody ever signed in, ``orphaned`` when the clerk's machine died."""

    OPEN = "open"
    PAUSED = "paused"
    ORPHANED = "orphaned"
    CLOSED = "closed"


class CounterAction(StrEnum):
    """What a clerk does at the counter itself."""

    OPEN = "open"
    PAUSE = "pause"
    RESUME = "resume"
    CLOSE = "close"
    LOSE = "lose"


PAUSE_REASONS = ("午休", "离席", "会议", "系统故障")

NEXT: dict[tuple[CounterState, CounterAction], CounterState] = {
    (CounterState.CLOSED, CounterAction.OPEN): CounterState.OPEN,
    (CounterState.OPEN, CounterAction.PAUSE): CounterState.PAUSED,
    (CounterState.OPEN, CounterAction.CLOSE): CounterState.CLOSED,
    (CounterState.OPEN, CounterAction.LOSE): CounterState.ORPHANED,
    (CounterState.PAUSED, CounterAction.RESUME): CounterState.OPEN,
    (CounterState.PAUSED, CounterAction.CLOSE): CounterState.CLOSED,
    (CounterState.PAUSED, CounterAction.LOSE): CounterState.ORPHANED,
    (CounterState.ORPHANED, CounterAction.OPEN): CounterState.OPEN,
    (CounterState.ORPHANED, CounterAction.RESUME): CounterState.OPEN,
    (CounterState.ORPHANED, CounterAction.CLOSE): CounterState.CLOSED,
}
STATE_NAMES = {
    CounterState.OPEN: "开放",
    CounterState.PAUSED: "暂停",
    CounterState.ORPHANED: "失去联系",
    CounterState.CLOSED: "未开放",
}
ACTION_NAMES = {
    CounterAction.OPEN: "开窗",
    CounterAction.PAUSE: "暂停",
    CounterAction.RESUME: "恢复",
    CounterAction.CLOSE: "关窗",
    CounterAction.LOSE: "标记失联",
}


def after(state: CounterState, action: CounterAction) -> CounterState:
    """The state that ``action`` leads to, or ``Conflict`` with what may be done instead."""
    try:
        return NEXT[state, action]
    except KeyError:
        allowed = [one for one in actions(state) if one is not CounterAction.LOSE]
        others = "、".join(ACTION_NAMES[one] for one in allowed)
        text = f"窗口现在是“{STATE_NAMES[state]}”，不能{ACTION_NAMES[action]}；现在可以：{others}。"
        raise Conflict(text, allowed=[one.value for one in allowed]) from None


def actions(state: CounterState) -> tuple[CounterAction, ...]:
    """Everything that may be done in ``state``."""
    return tuple(action for one, action in NEXT if one is state)


def pause_reason(reason: str) -> str:
    """``reason`` if a pause may have it."""
    if reason not in PAUSE_REASONS:
        raise BadInput(f"暂停须选一个原因：{'、'.join(PAUSE_REASONS)}；收到“{reason}”。", field="reason")
    return reason
