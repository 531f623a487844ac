"""The editors' page of the reader's models: what each was measured at, which is in use; train, roll back, use again."""

from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from intents import NAMES
from server.access import allow, caller
from server.pages import render

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()


class ReaderState(msgspec.Struct):
    """Which model reads now, and whether one is being trained."""

    version: str
    is_training: bool


@routes.get("/library/models")
@allow("knowledge.edit")
async def models_page(request: web.Request) -> web.Response:
    """Every model on disk, and what may be done."""
    return render(request, "misses_models.html", **await _models(request.app["house"]))


@routes.get("/library/models/now")
@allow("knowledge.edit")
async def models_now(request: web.Request) -> web.Response:
    """The live part of the page."""
    return render(request, "misses_models_now.html", **await _models(request.app["house"]))


@routes.post("/api/v1/models/train")
@allow("knowledge.edit", answer=ReaderState, status=202)
async def train(request: web.Request) -> web.Response:
    """Have a model trained on what is published now; it is used only if it passes its gates."""
    house = request.app["house"]
    await house.db.read(house.library.refresh)
    await house.learner.start_training(tuple(house.library.snapshot.entries.values()), caller(request).actor)
    return _told(house, status=202)


@routes.post("/api/v1/models/rollback")
@allow("knowledge.edit", answer=ReaderState)
async def roll_back(request: web.Request) -> web.Response:
    """Read with the model that was in use before."""
    house = request.app["house"]
    await house.learner.roll_back(caller(request).actor)
    return _told(house)


@routes.post("/api/v1/models/{version}/use")
@allow("knowledge.edit", answer=ReaderState)
async def use(request: web.Request) -> web.Response:
    """Read with a model that passed its gates."""
    house = request.app["house"]
    await house.learner.use(request.match_info["version"], caller(request).actor)
    return _told(house)


async def _models(house: "House") -> dict[str, Any]:
    learner = house.learner
    versions = await learner.versions()
    fitting = await learner.fitting(tuple(house.library.snapshot.entries.values()))
    in_use = next((each for each in versions if each.is_in_use), None)
    return {
        "versions": versions,
        "in_use": in_use,
        "fitting": fitting,
        "names": NAMES,
        "is_training": learner.is_training,
        "trouble": learner.trouble,
        "has_former": sum(each.is_former for each in versions) > 1,
        "retrain_minutes": house.learner.retrain_minutes,
    }


def _told(house: "House", status: int = 200) -> web.Response:
    reader = house.learner.reader
    state = ReaderState(reader.version if reader else "", house.learner.is_training)
    return web.json_response(msgspec.to_builtins(state), status=status)
