"""What the tests of the staff's pages need: cases, drafts, counting of queries."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from base.db import WriteSession
from cases import CaseView, Kind, Opening
from server.house import House
from tests.server.conftest import Client

QUESTION = "厂子从青椅山搬到城南园区，环评要不要重新做？"


async def open_case(house: House, **more: Any) -> CaseView:  # noqa: ANN401 (fields of the opening)
    """A case that an enterprise registered."""
    given: dict[str, Any] = {"kind": Kind.CONSULT, "summary": QUESTION, "phone": "13841512345", **more}

    def job(session: WriteSession) -> CaseView:
        return house.casebook.open(session, Opening(hall=house.hall_id, **given))

    return await house.db.write(job, f"cases:{house.hall_id}")


async def asked(client: Client, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    """Status and JSON of a POST."""
    async with client.post(path, json=body or {}) as answer:
        return answer.status, await answer.json()


async def told(client: Client, path: str) -> tuple[int, Any]:
    """Status and JSON of a GET."""
    async with client.get(path) as answer:
        return answer.status, await answer.json()


async def page(client: Client, path: str) -> tuple[int, str]:
    """Status and text of a page."""
    async with client.get(path, headers={"Accept": "text/html"}) as answer:
        return answer.status, await answer.text()


def words(html: str) -> str:
    """What a page says, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@contextmanager
def counted(table: str) -> Iterator[list[str]]:
    """The SELECTs from ``table`` that run meanwhile."""
    seen: list[str] = []

    def note(*given: Any) -> None:  # noqa: ANN401 (SQLAlchemy's own)
        if given[2].lstrip().upper().startswith("SELECT") and re.search(rf'FROM "?{table}\b', given[2]):
            seen.append(given[2])

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
