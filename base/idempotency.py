"""The same request twice is carried out once: keys are kept for a day with the answer of what was done.

A refusal is not kept: it raises, its transaction is undone, and the next try is judged anew.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from base.db import Key, Moment, WriteSession, metadata
from base.errors import Conflict
from base.prepared import prepared

idempotency = sa.Table(
    "idempotency",
    metadata,
    Key(),
    sa.Column("actor", sa.String(80), nullable=False),
    sa.Column("route", sa.String(80), nullable=False),
    sa.Column("key", sa.String(80), nullable=False),
    sa.Column("body_digest", sa.String(64), nullable=False),
    sa.Column("answer", sa.JSON, nullable=False),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.UniqueConstraint("actor", "route", "key"),
)

KEPT = timedelta(hours=24)
_FIND = prepared(
    sa.select(idempotency.c.body_digest, idempotency.c.answer).where(
        idempotency.c.actor == sa.bindparam("actor"),
        idempotency.c.route == sa.bindparam("route"),
        idempotency.c.key == sa.bindparam("key"),
    )
)
_KEEP = prepared(sa.insert(idempotency))
_FORGET = sa.delete(idempotency).where(idempotency.c.at < sa.bindparam("before"))


def once(
    session: WriteSession, caller: tuple[str, str], key: str | None, body: object, act: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Carry out ``act`` unless ``caller`` (actor, route) did it before with this ``key``; its answer (plain JSON).

    Raises ``Conflict`` when the key was used with another ``body``. Without a key, simply acts.
    """
    if key is None:
        return act()
    actor, route = caller
    digest = hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()
    known = session.first(_FIND, actor=actor, route=route, key=key)
    if known is None:
        answer = act()
        session.run(_KEEP, actor=actor, route=route, key=key, body_digest=digest, answer=answer, at=session.now)
        return answer
    if known.body_digest != digest:
        raise Conflict("这个请求编号已用于另一项内容，请换一个编号再提交。", field="Idempotency-Key")
    return dict(known.answer)


def forget_old(session: WriteSession) -> int:
    """Drop keys older than a day; how many."""
    return session.run(_FORGET, before=session.now - KEPT)
