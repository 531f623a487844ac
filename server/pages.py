"""Templates: Jinja2 with autoescape and strict names, and what every page gets."""

import hashlib
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
import segno
from aiohttp import web
from markupsafe import Markup

from server.access import ROLE_NAMES, caller

HERE = Path(__file__).parent
STATIC = HERE / "static"
WEEKDAYS = "一二三四五六日"


@lru_cache(maxsize=4)
def environment(zone: ZoneInfo) -> jinja2.Environment:
    """The templates, with filters that write moments in the hall's time ``zone``."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["clock"] = lambda moment: _local(moment, zone, "%H:%M")
    made.filters["clock_seconds"] = lambda moment: _local(moment, zone, "%H:%M:%S")
    made.filters["day"] = lambda moment: spoken_day(moment.astimezone(zone))
    made.filters["moment"] = lambda moment: f"{spoken_day(moment.astimezone(zone))} {_local(moment, zone, '%H:%M')}"
    made.globals["asset"] = asset
    made.globals["qr"] = qr
    made.globals["role_names"] = ROLE_NAMES
    return made


def _local(moment: datetime, zone: ZoneInfo, form: str) -> str:
    return moment.astimezone(zone).strftime(form)


def spoken_day(local: datetime) -> str:
    """A date as people say it: “3 月 2 日（周一）”."""
    return f"{local.month} 月 {local.day} 日（周{WEEKDAYS[local.weekday()]}）"


def qr(address: str, *, scale: int = 6) -> Markup:
    """A QR code of ``address`` as inline SVG."""
    svg = segno.make(address, error="m", micro=False).svg_inline(scale=scale, border=2, dark="#12202F", light="#FFFFFF")
    return Markup(svg)  # noqa: S704 (made here from a QR matrix, no user's markup)


@lru_cache(maxsize=1)
def stylesheet() -> bytes:
    """The one stylesheet: tokens, parts and pages in the order of their names."""
    return b"\n".join(path.read_bytes() for path in sorted((STATIC / "css").glob("*.css")))


@lru_cache(maxsize=256)
def asset(name: str) -> str:
    """The address of a static file, with its digest so that it may be cached for ever."""
    content = stylesheet() if name == "hall.css" else (STATIC / name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:10]}"


def render(request: web.Request, template: str, /, status: int = 200, **values: Any) -> web.Response:  # noqa: ANN401 (what a template shows)
    """A page or a fragment as a response."""
    house = request.app["house"]
    common = {
        "caller": caller(request),
        "hall_name": house.hall_name,
        "notice": house.notice,
        "is_demo": not house.clock.is_real,
        "now": house.clock.now(),
        "speed": house.clock.speed,
        "zone": house.zone.key,
    }
    text = environment(house.zone).get_template(template).render(common | values)
    return web.Response(text=text, status=status, content_type="text/html", headers={"Cache-Control": "no-store"})
