"""Who may speak: the five states of a conversation, and what moves it from one to another."""

from enum import StrEnum

from base.errors import Conflict


class State(StrEnum):
    """Who has the word. In ``waiting`` and ``human`` the bot is silent but for what cannot wait."""

    NEW = "new"
    BOT = "bot"
    WAITING = "waiting"
    HUMAN = "human"
    ENDED = "ended"


class Event(StrEnum):
    """What happens to a conversation. A case never does anything to its state."""

    HEAR = "hear"
    REPLY = "reply"
    ASK_PERSON = "ask_person"
    CLAIM = "claim"
    SAY = "say"
    LEAVE = "leave"
    GIVE_BACK = "give_back"
    GIVE_UP = "give_up"
    RETURN = "return"
    EXPIRE = "expire"


STATE_NAMES = {
    State.NEW: "新会话",
    State.BOT: "智能助手",
    State.WAITING: "等待人工",
    State.HUMAN: "人工接待",
    State.ENDED: "已结束",
}
EVENT_NAMES = {
    Event.HEAR: "收到来信",
    Event.REPLY: "自动答复",
    Event.ASK_PERSON: "转人工",
    Event.CLAIM: "接待",
    Event.SAY: "人工答复",
    Event.LEAVE: "回到机器人",
    Event.GIVE_BACK: "交还机器人",
    Event.GIVE_UP: "转为工单",
    Event.RETURN: "退回等待",
    Event.EXPIRE: "结束",
}
_S, _E = State, Event
LIVE = (_S.NEW, _S.BOT, _S.WAITING, _S.HUMAN)
NEXT: dict[tuple[State, Event], State] = {
    **{(state, _E.HEAR): state for state in LIVE},
    (_S.ENDED, _E.HEAR): _S.NEW,
    (_S.NEW, _E.REPLY): _S.BOT,
    (_S.BOT, _E.REPLY): _S.BOT,
    (_S.WAITING, _E.REPLY): _S.WAITING,
    (_S.HUMAN, _E.REPLY): _S.HUMAN,
    (_S.NEW, _E.ASK_PERSON): _S.WAITING,
    (_S.BOT, _E.ASK_PERSON): _S.WAITING,
    **{(state, _E.CLAIM): _S.HUMAN for state in (_S.NEW, _S.BOT, _S.WAITING)},
    (_S.HUMAN, _E.SAY): _S.HUMAN,
    (_S.WAITING, _E.LEAVE): _S.BOT,
    (_S.HUMAN, _E.LEAVE): _S.BOT,
    (_S.HUMAN, _E.GIVE_BACK): _S.BOT,
    (_S.WAITING, _E.GIVE_UP): _S.BOT,
    (_S.HUMAN, _E.GIVE_UP): _S.BOT,
    (_S.HUMAN, _E.RETURN): _S.WAITING,
    **{(state, _E.EXPIRE): _S.ENDED for state in LIVE},
}
# A bot's reply that was written before one of these is no longer wanted.
TAKES_THE_WORD = frozenset({_E.CLAIM, _E.ASK_PERSON, _E.RETURN})


def events(state: State) -> tuple[Event, ...]:
    """What may happen in ``state``."""
    return tuple(event for (given, event) in NEXT if given is state)


def after(state: State, event: Event) -> State:
    """The state that ``event`` leads to; ``Conflict`` where the table has none."""
    if (state, event) not in NEXT:
        allowed = events(state)
        names = "、".join(EVENT_NAMES[each] for each in allowed)
        raise Conflict(
            f"这段会话现在是“{STATE_NAMES[state]}”，不能{EVENT_NAMES[event]}；现在可以：{names}。", allowed=allowed
        )
    return NEXT[state, event]
