"""A leg and its commands: pure functions from (leg, facts, now) to the leg after it, or a refusal that says why."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from base.errors import BadInput, Conflict
from hallqueue.rules.line import Standing
from hallqueue.rules.ticket import Action, State, after


@dataclass(frozen=True, slots=True)
class Limits:
    """The constants of calling, missing, returning and undoing."""

    recall_after: timedelta
    max_recalls: int
    miss_after_recalls: int
    miss_after: timedelta
    restore_within: timedelta
    max_misses: int
    defer_by: timedelta
    max_defers: int
    keep_for: timedelta
    undo_within: timedelta


@dataclass(frozen=True, slots=True)
class Leg:
    """One wait and service of a ticket: the row, field by field."""

    id: int
    hall: int
    ticket: int
    service: int
    day: date
    holder: str | None
    follows: int | None
    version: int
    state: State
    standing: Standing
    counts_from: datetime
    rank_at: datetime
    entered: int
    entered_at: datetime
    callable_from: datetime | None
    session: int | None
    counter: int | None
    kept_for: int | None
    kept_until: datetime | None
    back_to: int | None
    called_at: datetime | None
    last_called_at: datetime | None
    recalls: int
    misses: int
    defers: int
    started_at: datetime | None
    ended_at: datetime | None
    until: datetime | None
    reason: str | None
    items_done: tuple[str, ...]

    @property
    def is_privileged(self) -> bool:
        """Whether it counts for the guard."""
        return self.standing is not Standing.ORDINARY


def called(leg: Leg, action: Action, *, session: int, counter: int, now: datetime) -> Leg:
    """Claimed by a counter: ``call_next`` or, chosen with a reason, ``call``."""
    return replace(
        leg,
        state=after(leg.state, action),
        session=session,
        counter=counter,
        called_at=now,
        last_called_at=now,
        started_at=None,
        recalls=0,
        kept_for=None,
        kept_until=None,
        until=None,
    )


def recalled(leg: Leg, limits: Limits, now: datetime) -> Leg:
    """Announced once more."""
    state = after(leg.state, Action.RECALL)
    if leg.recalls >= limits.max_recalls:
        raise Conflict(
            f"已重呼 {leg.recalls} 次，最多 {limits.max_recalls} 次；请按“开始办理”或“过号”。",
            allowed=[Action.START.value, Action.MISS.value],
        )
    wait = _seconds_left(recall_at(leg, limits), now)
    if wait:
        raise Conflict(f"两次呼叫至少间隔 {limits.recall_after.seconds} 秒，请 {wait} 秒后再重呼。")
    return replace(leg, state=state, recalls=leg.recalls + 1, last_called_at=now)


def recall_at(leg: Leg, limits: Limits) -> datetime | None:
    """From when a recall is allowed; None when it is not."""
    if leg.state is not State.CALLED or leg.last_called_at is None or leg.recalls >= limits.max_recalls:
        return None
    return leg.last_called_at + limits.recall_after


def miss_at(leg: Leg, limits: Limits) -> datetime | None:
    """From when a miss is allowed; None when it is not. At once after enough recalls."""
    if leg.state is not State.CALLED or leg.called_at is None:
        return None
    if leg.recalls >= limits.miss_after_recalls:
        return leg.last_called_at
    return leg.called_at + limits.miss_after


def started(leg: Leg, now: datetime) -> Leg:
    """The visitor stands at the counter."""
    return replace(leg, state=after(leg.state, Action.START), started_at=now)


def missed(leg: Leg, limits: Limits, now: datetime) -> Leg:
    """Nobody came: the return window opens."""
    state = after(leg.state, Action.MISS)
    wait = _seconds_left(miss_at(leg, limits), now)
    if wait:
        raise Conflict(
            f"须重呼 {limits.miss_after_recalls} 次（已 {leg.recalls} 次），或首次叫号满 {limits.miss_after.seconds} 秒"
            f"（还差 {wait} 秒），才能过号。"
        )
    return replace(leg, state=state, misses=leg.misses + 1, until=now + limits.restore_within)


@dataclass(frozen=True, slots=True)
class Return:
    """How a leg comes back; ``behind``: ``counts_from`` of the first few ordinary legs waiting, in order."""

    behind: tuple[datetime, ...]
    entered: int
    today: date
    is_override: bool = False


def restored(leg: Leg, back: Return, limits: Limits, now: datetime) -> Leg:
    """From missed into the line again: behind a few of those waiting, never earlier than it stood."""
    state = after(leg.state, Action.RESTORE)
    if leg.day != back.today:
        raise Conflict(f"这是 {leg.day} 的号，当日有效，请重新取号。")
    if not back.is_override:
        _check_return(leg, limits, now)
    last = back.behind[-1] if back.behind and not leg.is_privileged else now
    return _moved(_freed(leg), max(leg.counts_from, last), back.entered, now, state)


def _check_return(leg: Leg, limits: Limits, now: datetime) -> None:
    if leg.misses > limits.max_misses:
        raise Conflict(f"已过号 {leg.misses} 次，超过 {limits.max_misses} 次，请重新取号，或请窗口人员恢复。")
    if leg.until is not None and now > leg.until:
        minutes = int(limits.restore_within.total_seconds() // 60)
        raise Conflict(f"过号已超过 {minutes} 分钟，不能自行恢复，请重新取号，或请窗口人员恢复。")


def expired(leg: Leg, now: datetime) -> Leg:
    """The return window is over."""
    return replace(leg, state=after(leg.state, Action.EXPIRE), ended_at=now)


def parked(leg: Leg, reason: str | None, *, is_kept: bool) -> Leg:
    """Away for papers; ``is_kept``: on return for this counter only."""
    state = after(leg.state, Action.PARK)
    kept_for = leg.counter if is_kept else None
    return replace(leg, state=state, reason=needed(reason, "暂离"), kept_for=kept_for, kept_until=None, until=None)


def unparked(leg: Leg, limits: Limits, now: datetime, *, is_kept: bool) -> Leg:
    """Back with the papers: ``counts_from`` and the place among equals stay; ``is_kept``: its counter still calls."""
    state = after(leg.state, Action.UNPARK)
    back = replace(_freed(leg), state=state, entered_at=now)
    if leg.kept_for is None or not is_kept:
        return back
    return replace(back, kept_for=leg.kept_for, kept_until=now + limits.keep_for)


def deferred(leg: Leg, limits: Limits, now: datetime) -> Leg:
    """The holder asks for some minutes more."""
    state = after(leg.state, Action.DEFER)
    if leg.defers >= limits.max_defers:
        raise Conflict(f"已延后 {leg.defers} 次，最多 {limits.max_defers} 次；请按时到场，或取消后重新取号。")
    return replace(leg, state=state, defers=leg.defers + 1, until=now + limits.defer_by)


def back_from_defer(leg: Leg, entered: int, limits: Limits, now: datetime) -> Leg:
    """In line again, as if it had come so much later: the deferred minutes, or as many as it was away."""
    state = after(leg.state, Action.UNPARK)
    early = max(leg.until - now, timedelta()) if leg.until else timedelta()
    return _moved(_freed(leg), leg.counts_from + limits.defer_by - early, entered, now, state)


def transferred(leg: Leg, now: datetime) -> Leg:
    """Closed here; the next leg goes on at another service."""
    return replace(leg, state=after(leg.state, Action.TRANSFER), ended_at=now)


def verified(leg: Leg, head_start: timedelta) -> Leg:
    """A declared priority that has been checked: its head start counts."""
    state = after(leg.state, Action.VERIFY)
    return replace(leg, state=state, standing=Standing.PRIORITY, rank_at=leg.counts_from - head_start)


def reclassed(leg: Leg, issued_at: datetime, reason: str | None) -> Leg:
    """A declared priority that failed its check: ordinary, counted from issue."""
    state = after(leg.state, Action.RECLASS)
    freed = _freed(leg)
    return replace(
        freed,
        state=state,
        standing=Standing.ORDINARY,
        counts_from=issued_at,
        rank_at=issued_at,
        reason=needed(reason, "改为普通号"),
    )


def handed_over(leg: Leg, *, session: int, counter: int) -> Leg:
    """From a lost session to another counter, called or served as it was."""
    return replace(leg, state=after(leg.state, Action.HAND_OVER), session=session, counter=counter)


def released(leg: Leg, reason: str | None, now: datetime) -> Leg:
    """From a lost session into the line again, where it stood; only called, it never left it."""
    state = after(leg.state, Action.RELEASE)
    entered_at = now if leg.state is State.SERVING else leg.entered_at
    return replace(_freed(leg), state=state, entered_at=entered_at, reason=needed(reason, "退回排队"))


def finished(leg: Leg, items: tuple[str, ...], now: datetime) -> Leg:
    """Served."""
    return replace(leg, state=after(leg.state, Action.FINISH), ended_at=now, items_done=items)


def cancelled(leg: Leg, now: datetime) -> Leg:
    """Given up."""
    return replace(leg, state=after(leg.state, Action.CANCEL), ended_at=now)


def closed(leg: Leg, now: datetime) -> Leg:
    """The day is over."""
    return replace(leg, state=after(leg.state, Action.CLOSE_DAY), ended_at=now)


def undone(before: Leg, *, counter: int | None, limits: Limits, now: datetime) -> Leg:
    """The leg as it was ``before``; an undone call (``counter``) keeps it for that counter."""
    if counter is None:
        return before
    return replace(before, kept_for=counter, kept_until=now + limits.keep_for)


def needed(reason: str | None, command: str) -> str:
    """``reason`` without blanks at its ends; ``BadInput`` when there is none."""
    text = (reason or "").strip()
    if not text or len(text) > 200:  # noqa: PLR2004 (the column's width)
        raise BadInput(f"{command}须写明原因（1–200 个字），收到 {len(text)} 个字。", field="reason")
    return text


def _freed(leg: Leg) -> Leg:
    """``leg`` without a counter."""
    return replace(
        leg,
        session=None,
        counter=None,
        called_at=None,
        last_called_at=None,
        recalls=0,
        kept_for=None,
        kept_until=None,
        until=None,
    )


def _moved(leg: Leg, counts_from: datetime, entered: int, now: datetime, state: State) -> Leg:
    """``leg`` later in its line; its head start stays what it was."""
    rank_at = counts_from - (leg.counts_from - leg.rank_at)
    return replace(leg, state=state, counts_from=counts_from, rank_at=rank_at, entered=entered, entered_at=now)


def _seconds_left(moment: datetime | None, now: datetime) -> int:
    """Whole seconds, rounded up, until ``moment``; 0 when it is past."""
    return 0 if moment is None else max(0, -((now - moment) // timedelta(seconds=1)))
