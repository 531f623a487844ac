"""For operators: liveness, readiness by part, metrics."""

from aiohttp import web

from server.access import allow
from server.metrics import exposition

routes = web.RouteTableDef()


@routes.get("/healthz")
@allow("public")
async def healthz(_request: web.Request) -> web.Response:
    """The process answers."""
    return web.json_response({"status": "ok"})


@routes.get("/readyz")
@allow("public")
async def readyz(request: web.Request) -> web.Response:
    """Ready, or what is still warming; 503 until everything is."""
    house = request.app["house"]
    parts = await house.readiness()
    is_ready = all(state == "ready" for state in parts.values())
    return web.json_response({"ready": is_ready, "parts": parts}, status=200 if is_ready else 503)


@routes.get("/metrics")
@allow("public")
async def metrics(request: web.Request) -> web.Response:
    """Prometheus text."""
    return web.Response(body=exposition(request.app["house"].figures()), content_type="text/plain", charset="utf-8")
