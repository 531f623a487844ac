"""Validity, publishing and supersession: what may be said aloud, and from when. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from base.errors import Conflict, Forbidden


class Validity(StrEnum):
    """What is known about an entry's end: a date, that there is none, or nothing sure."""

    FIXED = "fixed"
    OPEN = "open"
    UNCONFIRMED = "unconfirmed"


class Standing(StrEnum):
    """How an entry stands on a given day. Computed when it is asked, never stored."""

    CURRENT = "current"
    ENDED = "ended"
    UNCONFIRMED = "unconfirmed"
    NOT_YET = "not_yet"


class State(StrEnum):
    """Where a revision is in its life."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    SUSPENDED = "suspended"
    RETIRED = "retired"


class Action(StrEnum):
    """What an editor may do to a revision."""

    REVIEW = "review"
    PUBLISH = "publish"
    SUSPEND = "suspend"
    RESUME = "resume"
    RETIRE = "retire"


STANDING_NAMES = {
    Standing.CURRENT: "现行有效",
    Standing.ENDED: "已到期",
    Standing.UNCONFIRMED: "有效期待核实",
    Standing.NOT_YET: "尚未生效",
}
STATE_NAMES = {
    State.DRAFT: "草稿",
    State.PROPOSED: "新版建议",
    State.REVIEWED: "已审核",
    State.PUBLISHED: "已发布",
    State.SUSPENDED: "已暂停",
    State.RETIRED: "已停用",
}
ACTION_NAMES = {
    Action.REVIEW: "审核",
    Action.PUBLISH: "发布",
    Action.SUSPEND: "暂停",
    Action.RESUME: "恢复",
    Action.RETIRE: "停用",
}
NEXT: dict[tuple[State, Action], State] = {
    (State.DRAFT, Action.REVIEW): State.REVIEWED,
    (State.PROPOSED, Action.REVIEW): State.REVIEWED,
    (State.REVIEWED, Action.PUBLISH): State.PUBLISHED,
    (State.PUBLISHED, Action.SUSPEND): State.SUSPENDED,
    (State.SUSPENDED, Action.RESUME): State.PUBLISHED,
    (State.DRAFT, Action.RETIRE): State.RETIRED,
    (State.PROPOSED, Action.RETIRE): State.RETIRED,
    (State.REVIEWED, Action.RETIRE): State.RETIRED,
    (State.PUBLISHED, Action.RETIRE): State.RETIRED,
    (State.SUSPENDED, Action.RETIRE): State.RETIRED,
}
BY_ANOTHER = frozenset({Action.REVIEW, Action.PUBLISH})


@dataclass(frozen=True, slots=True)
class Term:
    """From when to when an entry holds, both days included; the prose is what the source says."""

    validity: Validity = Validity.OPEN
    effective_from: date | None = None
    effective_to: date | None = None
    until_text: str = ""


@dataclass(frozen=True, slots=True)
class Issue:
    """One revision as supersession sees it. ``starts_on`` is None until it has been published."""

    number: int
    state: State
    starts_on: date | None


def actions(state: State) -> tuple[Action, ...]:
    """What may be done to a revision in ``state``: the buttons of the editor's page."""
    return tuple(action for (given, action) in NEXT if given is state)


def after(state: State, action: Action) -> State:
    """The state that ``action`` leads to; ``Conflict`` where the table has none."""
    if (state, action) not in NEXT:
        allowed = actions(state)
        names = "、".join(ACTION_NAMES[each] for each in allowed) or "无"
        raise Conflict(
            f"这一版现在是“{STATE_NAMES[state]}”，不能{ACTION_NAMES[action]}；现在可以：{names}。", allowed=allowed
        )
    return NEXT[state, action]


def refuse_own(action: Action, author: str, actor: str) -> None:
    """Nobody reviews or publishes what they wrote."""
    if action in BY_ANOTHER and author == actor:
        raise Forbidden(
            f"不能{ACTION_NAMES[action]}自己写的内容，请另一位编辑来{ACTION_NAMES[action]}；"
            "如只有一个账号，请管理员用 add-staff 再添加一位。"
        )


def standing(term: Term, on: date) -> Standing:
    """How an entry of ``term`` stands on the day ``on``.

    What is unconfirmed stays so after the last day that its source names: whether it was prolonged is not known.
    """
    if term.effective_from is not None and on < term.effective_from:
        return Standing.NOT_YET
    if term.validity is Validity.UNCONFIRMED:
        return Standing.UNCONFIRMED
    if term.effective_to is not None and on > term.effective_to:
        return Standing.ENDED
    return Standing.CURRENT


def sentence(term: Term, on: date) -> str:
    """The standing as an enterprise is told it."""
    prose = term.until_text if term.until_text != str(term.effective_to or "") else ""
    noted = f"资料写明：{prose}。" if prose else ""
    match standing(term, on):
        case Standing.NOT_YET:
            return f"自 {_spoken(term.effective_from)}起施行，目前尚未生效。"
        case Standing.ENDED:
            return f"已于 {_spoken(term.effective_to)}到期，不能再按此办理。" + (
                f"{noted}是否延续请以主管部门最新通知为准。" if noted else ""
            )
        case Standing.UNCONFIRMED:
            passed = term.effective_to is not None and on > term.effective_to
            return f"有效期待核实{'（写明的期限已过）' if passed else ''}。{noted}办理前请先向主管部门确认。"
        case Standing.CURRENT:
            return _current(term, noted)


def starts_on(effective_from: date | None, published_on: date) -> date:
    """From which day a revision published on ``published_on`` is said: never before it was published."""
    return published_on if effective_from is None else max(effective_from, published_on)


def in_force(issues: Sequence[Issue], on: date) -> Issue | None:
    """The revision that holds on the day ``on``: the last to start; before the first start, the first to come.

    A suspended or retired revision still supersedes its predecessors: nothing older comes back to life.
    """
    known = [(issue.starts_on, issue.number, issue) for issue in issues if issue.starts_on is not None]
    begun = [each for each in known if each[0] <= on]
    if begun:
        return max(begun, key=lambda each: each[:2])[2]
    return min(known, key=lambda each: (each[0], -each[1]))[2] if known else None


def _current(term: Term, noted: str) -> str:
    begun = f"自 {_spoken(term.effective_from)}起施行，" if term.effective_from else ""
    end = f"有效期至 {_spoken(term.effective_to)}" if term.effective_to else "现行有效，未设截止日期"
    return f"{begun}{end}。" + (noted if term.effective_to else "")


def _spoken(day: date | None) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日" if day else ""
