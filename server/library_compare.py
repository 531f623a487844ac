"""Two revisions of an entry side by side: which fields differ, and which words in them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from aiohttp import web

from base.db import ReadSession
from knowledge import STATE_NAMES, Entry
from server import entry_form, forms
from server.access import allow, caller
from server.pages import render
from server.people import names

routes = web.RouteTableDef()

_UNIT = re.compile(r"[A-Za-z0-9.]+|\s|.", re.DOTALL)
SHORT_MATCH = 2
MOST_WORK = 4_000_000

Pieces = list[tuple[bool, str]]
"""A text in parts: whether the part differs from the other text, and the part."""


@dataclass(frozen=True, slots=True)
class Change:
    """A field that differs: in one word how, and both texts in parts."""

    label: str
    word: str
    tone: str
    before: Pieces
    after: Pieces


def changes(before: Entry, after: Entry) -> list[Change]:
    """What differs between two revisions, in the order of the form."""
    return [_change(*each) for each in entry_form.changed(before, after)]


def marked(before: str, after: str) -> tuple[Pieces, Pieces]:
    """Both texts in parts, those that differ marked; a match of a single sign between two differences is none.

    Two texts of thousands of signs each are marked whole.
    """
    old, new = _UNIT.findall(before), _UNIT.findall(after)
    if len(old) * len(new) > MOST_WORK:
        return [(True, before)], [(True, after)]
    was: Pieces = []
    now: Pieces = []
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for place, (step, start, end, begin, stop) in enumerate(steps):
        is_inside = 0 < place < len(steps) - 1
        differs = step != "equal" or (is_inside and end - start < SHORT_MATCH)
        _append(was, old[start:end], differs=differs)
        _append(now, new[begin:stop], differs=differs)
    return was, now


def _change(label: str, before: str, after: str) -> Change:
    word, tone = ("新增", "ok") if not before else ("删去", "late") if not after else ("改动", "warn")
    return Change(label, word, tone, *marked(before, after))


def _append(pieces: Pieces, units: Sequence[str], *, differs: bool) -> None:
    if not units:
        return
    text = "".join(units)
    if pieces and pieces[-1][0] == differs:
        pieces[-1] = (differs, pieces[-1][1] + text)
    else:
        pieces.append((differs, text))


@routes.get("/library/entry/{id}/compare")
@allow("knowledge.edit")
async def compare_page(request: web.Request) -> web.Response:
    """Any two revisions of an entry, the one of ``from`` left; without numbers the last two."""
    house, code = request.app["house"], request.match_info["id"]
    left, right = forms.query(request, "from", int, 0), forms.query(request, "to", int, 0)

    def job(session: ReadSession) -> dict[str, object]:
        revisions = house.library.revisions(session, code)
        in_force = house.library.entry(session, code)
        newer = house.library.revision(session, code, right) if right else revisions[-1]
        older = house.library.revision(session, code, left) if left else _before(revisions, newer)
        return {
            "older": older,
            "newer": newer,
            "in_force": in_force,
            "changes": changes(older, newer),
            "revisions": revisions,
            "name": names(session),
        }

    page = await house.db.read(job)
    return render(request, "library_compare.html", state_names=STATE_NAMES, who=caller(request), **page)


def _before(revisions: Sequence[Entry], entry: Entry) -> Entry:
    """The revision before ``entry``; the first has none and stands beside itself."""
    earlier = [each for each in revisions if each.revision < entry.revision]
    return earlier[-1] if earlier else entry
