"""A leg as a clerk sees it."""

from collections.abc import Iterable
from datetime import datetime

from hallqueue.moves import Found
from hallqueue.rules.leg import Limits, miss_at, recall_at
from hallqueue.rules.line import Standing
from hallqueue.rules.ticket import AT_COUNTER, BY_THE_HOUSE, STATE_NAMES, Action, actions
from hallqueue.views import LegView

NOT_FOR_CLERKS = frozenset({Action.CHECK_IN, Action.CALL_NEXT, Action.DEFER}) | BY_THE_HOUSE


def leg_view(found: Found, limits: Limits, now: datetime, *, call: int | None = None) -> LegView:
    """Put the leg's view together; ``call`` is the number of the announcement just made."""
    leg, paper = found.leg, found.paper
    return LegView(
        leg=leg.id,
        version=leg.version,
        ticket=leg.ticket,
        number=paper.number,
        token=paper.token,
        hall=leg.hall,
        service=paper.service_code,
        service_name=paper.service_name,
        state=leg.state,
        state_name=STATE_NAMES[leg.state],
        standing=leg.standing,
        priority=paper.priority,
        counter=paper.counter,
        session=leg.session if leg.state in AT_COUNTER else None,
        issued_at=paper.issued_at,
        counts_from=leg.counts_from,
        rank_at=leg.rank_at,
        called_at=leg.called_at,
        last_called_at=leg.last_called_at,
        recalls=leg.recalls,
        misses=leg.misses,
        started_at=leg.started_at,
        ended_at=leg.ended_at,
        return_until=leg.until,
        kept_for=leg.kept_for,
        reason=leg.reason,
        phone=paper.phone,
        cases=paper.cases,
        items_done=leg.items_done,
        origin=paper.origin,
        recall_at=recall_at(leg, limits),
        miss_at=miss_at(leg, limits),
        actions=tuple(action.value for action in clerks_actions(found, limits, now)),
        call=call,
        coming_at=paper.coming_at,
        is_verified=paper.is_verified,
    )


def is_to_verify(found: Found) -> bool:
    """Whether a priority was declared and has not been found right yet (待核验)."""
    return found.paper.priority is not None and not found.paper.is_verified and not is_booking(found)


def is_to_reclass(found: Found) -> bool:
    """Whether a declared priority counts, or may still come to count."""
    is_open = found.paper.priority is not None and found.paper.is_verified is None
    return found.leg.standing is Standing.PRIORITY or (is_open and not is_booking(found))


def is_booking(found: Found) -> bool:
    """Whether it ranks as a booking, whatever else was declared."""
    return found.leg.standing is Standing.BOOKING


def clerks_actions(found: Found, limits: Limits, now: datetime) -> Iterable[Action]:
    """The buttons: what the state allows a clerk, without what its limits rule out for good."""
    leg = found.leg
    hidden = set(NOT_FOR_CLERKS)
    if not is_to_verify(found):
        hidden.add(Action.VERIFY)
    if not is_to_reclass(found):
        hidden.add(Action.RECLASS)
    if leg.recalls >= limits.max_recalls:
        hidden.add(Action.RECALL)
    if (moment := miss_at(leg, limits)) and moment > now:
        hidden.add(Action.MISS)
    return [action for action in actions(leg.state) if action not in hidden]
