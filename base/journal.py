"""What changed, recorded once: the row is the audit, its topics wake the pages.

Audit rows hold ids and codes, no personal text, and are only ever added. A loop seals them in batches; each seal
holds the SHA-256 of the one before and of its rows, so that a changed or missing row is found by ``verify``.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from base.db import Key, Moment, ReadSession, WriteSession, metadata
from base.prepared import prepared

audit = sa.Table(
    "audit",
    metadata,
    Key(),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", sa.String(80), nullable=False),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("subject", sa.String(80), nullable=False, index=True),
    sa.Column("detail", sa.JSON, nullable=False),
)
audit_seal = sa.Table(
    "audit_seal",
    metadata,
    Key(),
    sa.Column("at", Moment, nullable=False),
    sa.Column("last_audit_id", sa.BigInteger, nullable=False, unique=True),
    sa.Column("digest", sa.String(64), nullable=False),
)

SEAL_ROWS = 5000
_ADD = prepared(sa.insert(audit))
_LAST_SEAL = sa.select(audit_seal).order_by(audit_seal.c.id.desc()).limit(1)
_SEALS = sa.select(audit_seal).order_by(audit_seal.c.id)
_UNSEALED = sa.select(audit).where(audit.c.id > sa.bindparam("after")).order_by(audit.c.id).limit(SEAL_ROWS)
_BETWEEN = (
    sa.select(audit).where(audit.c.id > sa.bindparam("after"), audit.c.id <= sa.bindparam("last")).order_by(audit.c.id)
)
_HISTORY = sa.select(audit).where(audit.c.subject == sa.bindparam("subject")).order_by(audit.c.id)


def record(
    session: WriteSession,
    actor: str,
    action: str,
    subject: str,
    topics: Iterable[str] = (),
    *,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Note that ``actor`` (``staff:3``, ``device:kiosk-1``, ``visitor``, ``system``) did ``action`` to ``subject``.

    ``detail`` holds codes and ids only. ``topics`` are told to look again after the commit.
    """
    session.run(_ADD, at=session.now, actor=actor, action=action, subject=subject, detail=dict(detail or {}))
    session.hint(topics)


def history(session: ReadSession, subject: str) -> list[Row[Any]]:
    """Every audit row about ``subject``, oldest first."""
    return list(session.all(_HISTORY, subject=subject))


def seal(session: WriteSession, margin_seconds: float = 60) -> int:
    """Seal the rows older than ``margin_seconds`` (late committers of another process are in by then); how many."""
    last = session.first(_LAST_SEAL)
    after, digest = (last.last_audit_id, last.digest) if last else (0, "")
    limit = session.now.timestamp() - margin_seconds
    rows = [row for row in session.all(_UNSEALED, after=after) if row.at.timestamp() <= limit]
    if rows:
        session.run(sa.insert(audit_seal), at=session.now, last_audit_id=rows[-1].id, digest=_chain(digest, rows))
    return len(rows)


def verify(session: ReadSession) -> list[str]:
    """Check every seal; a sentence for each that does not hold, none if all do."""
    faults, digest, after = [], "", 0
    for mark in session.all(_SEALS):
        digest = _chain(digest, session.all(_BETWEEN, after=after, last=mark.last_audit_id))
        if digest != mark.digest:
            faults.append(f"审计封条 {mark.id} 不符：第 {after + 1} 至 {mark.last_audit_id} 条记录被改动或缺失。")
        digest, after = mark.digest, mark.last_audit_id
    return faults


def _chain(previous: str, rows: Iterable[Row[Any]]) -> str:
    whole = hashlib.sha256(previous.encode())
    for row in rows:
        line = [row.id, row.at.isoformat(), row.actor, row.action, row.subject, row.detail]
        whole.update(json.dumps(line, ensure_ascii=False, sort_keys=True).encode() + b"\n")
    return whole.hexdigest()
