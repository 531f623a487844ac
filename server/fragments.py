"""Fragments that look the same to everybody: made once for each state of the hall, shared by all open pages."""

import asyncio
import time
import weakref
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aiohttp import web

from base.db import ReadSession
from server.pages import environment

if TYPE_CHECKING:
    from server.house import House

KEPT_SECONDS = 15.0
Gather = Callable[[ReadSession], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class _Made:
    text: str
    cursor: int
    made: float
    checked: float


class Fragments:
    """One hall's or several halls' shared fragments; a thousand pages that ask at once cause one or two readings."""

    def __init__(self, house: "House") -> None:
        self._house = weakref.proxy(house)
        self._made: dict[tuple[str, int], _Made] = {}
        self._locks: dict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def text(self, template: str, hall: int, gather: Gather) -> str:
        """``template`` with what ``gather`` reads, made anew when the board's cursor moved or 15 s have passed."""
        asked, key = time.monotonic(), (template, hall)
        async with self._locks[key]:
            known = self._made.get(key)
            if known is not None and known.checked >= asked:
                return known.text
            began = time.monotonic()
            cursor = await self._house.db.read(lambda session: self._house.hall.cursor(session, hall))
            if known is not None and known.cursor == cursor and began - known.made < KEPT_SECONDS:
                self._made[key] = replace(known, checked=began)
                return known.text
            values = await self._house.db.read(gather)
            page = environment(self._house.zone).get_template(template)
            self._made[key] = _Made(page.render(values), cursor, began, began)
            return self._made[key].text


_OF_HOUSE: "weakref.WeakKeyDictionary[House, Fragments]" = weakref.WeakKeyDictionary()


def fragments(house: "House") -> Fragments:
    """The shared fragments of this server."""
    if house not in _OF_HOUSE:
        _OF_HOUSE[house] = Fragments(house)
    return _OF_HOUSE[house]


def fragment(text: str) -> web.Response:
    """``text`` as a piece of a page."""
    return web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})
