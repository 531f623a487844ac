"""What a phone shows behind the slip's QR (``/t/{token}``), and the rules of the queue for visitors (``/rules``)."""

from typing import Any

from aiohttp import web

from base.db import ReadSession
from hallqueue import HallMessage, QueueSettings, Standing, State, TicketView
from server.access import allow, caller
from server.matters import Matter
from server.pages import render
from server.wayfinding import matters_at
from server.words import BAD_TAGS, GOOD_TAGS, STARS, ahead_words, before_words, wait_words

routes = web.RouteTableDef()

LINE_MINUTES = 60
NEAR = 3  # people ahead: from here on “我马上到” is worth saying


@routes.get("/t/{token}")
@allow("ticket.own")
async def ticket(request: web.Request) -> web.Response:
    """A ticket, live."""
    values = await _ticket(request)
    return render(request, "phone.html", **values)


@routes.get("/t/{token}/now")
@allow("ticket.own")
async def ticket_now(request: web.Request) -> web.Response:
    """What changes on a ticket's page."""
    return render(request, "phone_now.html", **await _ticket(request))


@routes.get("/rules")
@allow("public")
async def rules(request: web.Request) -> web.Response:
    """How the queue is ordered, told from the constants in force."""
    house = request.app["house"]
    hall = caller(request).hall
    about = await house.db.read(lambda session: house.hall.about(session, hall))
    queue: QueueSettings = house.settings[QueueSettings]
    starts = [
        (group.name, int(queue.head_start(Standing.PRIORITY, group.code).total_seconds() // 60))
        for group in about.priorities
    ]
    return render(request, "rules.html", starts=starts, queue=queue, is_trial=about.is_trial)


async def _ticket(request: web.Request) -> dict[str, Any]:
    house = request.app["house"]
    token = request.match_info["token"]

    def job(session: ReadSession) -> tuple[TicketView, HallMessage | None, tuple[Matter, ...]]:
        found = house.hall.ticket(session, token)
        told = house.hall.announcement(session, found.hall)
        return found, told, matters_at(house, session, found.hall, found.service)

    found, told, papers = await house.db.read(job)
    return {
        "ticket": found,
        "told": told,
        "title": title(found, house.hall_name),
        "ahead": ahead_words(found),
        "wait": wait_words(found.wait),
        "bar": range_bar(found),
        "matters": papers,
        "queue": house.settings[QueueSettings],
        "near": NEAR,
        "stars": STARS,
        "good_tags": GOOD_TAGS,
        "bad_tags": BAD_TAGS,
    }


def title(found: TicketView, hall_name: str) -> str:
    """What stands in the tab: where to go once it is called."""
    where = f"请到 {found.counter} 号窗口" if found.state is State.CALLED else before_words(found)
    shown = where if found.state in (State.CALLED, State.WAITING) else found.state_name
    return f"{found.number} {shown} · {hall_name}"


def range_bar(found: TicketView) -> dict[str, int] | None:
    """The range drawn from now to a round number of minutes: percentages of the bar's length."""
    if found.wait is None:
        return None
    whole = max(LINE_MINUTES, -(-found.wait.p80_minutes // 30) * 30)
    start = round(found.wait.p50_minutes * 100 / whole)
    end = max(round(found.wait.p80_minutes * 100 / whole), start + 3)
    return {"start": start, "width": end - start, "whole": whole}
