"""The API's own description: OpenAPI 3.1 from the route table, and a page that shows it."""

import inspect
import re
from types import UnionType
from typing import Any, get_args

import msgspec
from aiohttp import web
from aiohttp.web_urldispatcher import AbstractRoute

from server.access import PERMISSIONS, Door, Role, allow, door
from server.pages import render

routes = web.RouteTableDef()

_CHOICE = re.compile(r"\(\?P<(\w+)>([\w-]+(?:\|[\w-]+)*)\)")
REF = "#/components/schemas/{name}"
ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string", "description": "一句中文，说明哪里不对、怎么办"},
                "field": {"type": "string"},
                "allowed": {"type": "array", "items": {"type": "string"}},
                "detail": {"type": "object"},
            },
        }
    },
}
REFUSALS = {
    "400": "填写有误",
    "401": "未登录",
    "403": "没有权限",
    "404": "没有找到",
    "409": "情况已变",
    "413": "内容太大",
    "429": "太频繁",
    "503": "暂时不可用",
}


@routes.get("/api/v1/openapi.json")
@allow("public")
async def openapi(request: web.Request) -> web.Response:
    """The machine-readable description."""
    return web.json_response(describe(request.app))


@routes.get("/api/docs")
@allow("public")
async def docs(request: web.Request) -> web.Response:
    """The same for people."""
    return render(request, "api_docs.html", operations=_operations(request.app))


def describe(app: web.Application) -> dict[str, Any]:
    """The OpenAPI document of every route under ``/api/``."""
    types = [kind for route in _api_routes(app) for kind in _types(route)]
    single = list(dict.fromkeys(member for kind in types for member in _members(kind)))
    schemas, components = msgspec.json.schema_components(single, ref_template=REF)
    by_member = dict(zip(single, schemas, strict=True))
    by_type = {kind: _any_of([by_member[member] for member in _members(kind)]) for kind in types}
    paths: dict[str, dict[str, Any]] = {}
    for route in _api_routes(app):
        for path in _paths(route):
            paths.setdefault(path, {})[route.method.lower()] = _operation(route, path, by_type)
    return {
        "openapi": "3.1.0",
        "info": {"title": "政务服务大厅接口", "version": "1", "description": "与页面相同的操作，以 JSON 提供。"},
        "paths": paths,
        "components": {
            "schemas": {**components, "Error": ERROR},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "hall_session"},
            },
        },
    }


def _api_routes(app: web.Application) -> list[AbstractRoute]:
    found = [route for route in app.router.routes() if route.method != "HEAD"]
    ours = [route for route in found if route.resource and route.resource.canonical.startswith("/api/v1/")]
    return sorted(ours, key=lambda route: (route.resource.canonical if route.resource else "", route.method))


def _paths(route: AbstractRoute) -> list[str]:
    """The addresses of a route: one whose pattern says ``{act:cancel|defer}`` stands for two."""
    assert route.resource is not None  # noqa: S101 (only routes of the API come here)
    pattern = route.resource.get_info().get("pattern")
    found = [route.resource.canonical]
    for name, choices in _CHOICE.findall(pattern.pattern if pattern else ""):
        found = [path.replace(f"{{{name}}}", choice) for path in found for choice in choices.split("|")]
    return found


def _types(route: AbstractRoute) -> list[Any]:
    stands = door(route.handler)
    return [kind for kind in (stands.body, stands.answer) if kind is not None] if stands else []


def _members(kind: Any) -> tuple[Any, ...]:  # noqa: ANN401 (any type)
    """The types of a union, which msgspec describes one by one only."""
    return get_args(kind) if isinstance(kind, UnionType) else (kind,)


def _any_of(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _operation(route: AbstractRoute, path: str, by_type: dict[Any, Any]) -> dict[str, Any]:
    stands = door(route.handler)
    assert stands is not None  # noqa: S101 (create_app refuses a route without one)
    answer = {"application/json": {"schema": by_type[stands.answer]}} if stands.answer is not None else {}
    responses: dict[str, Any] = {str(stands.status): {"description": "成功", **({"content": answer} if answer else {})}}
    refusal = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    responses |= {status: {"description": words, "content": refusal} for status, words in REFUSALS.items()}
    operation: dict[str, Any] = {
        "summary": (inspect.getdoc(route.handler) or "").partition("\n")[0],
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{path.removeprefix('/api/v1')}").strip("_"),
        "parameters": [*_parameters(path), *_query(stands)],
        "responses": responses,
        "x-roles": sorted(PERMISSIONS[stands.permission]),
    }
    if stands.permission != "public":
        for_visitors: list[dict[str, list[str]]] = [{}] if Role.VISITOR in PERMISSIONS[stands.permission] else []
        operation["security"] = [{"bearer": []}, {"cookie": []}, *for_visitors]
    if stands.body is not None:
        content = {"application/json": {"schema": by_type[stands.body]}}
        is_required = any(field.required for field in msgspec.structs.fields(stands.body))
        operation["requestBody"] = {"required": is_required, "content": content}
    return operation


def _parameters(path: str) -> list[dict[str, Any]]:
    names = re.findall(r"\{(\w+)\}", path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query(stands: Door) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "query",
            "required": asked.is_required,
            "description": asked.words,
            "schema": msgspec.json.schema(asked.kind),
        }
        for name, asked in stands.query.items()
    ]


def _operations(app: web.Application) -> list[dict[str, Any]]:
    document = describe(app)
    return [
        {"path": path, "method": method.upper(), "body": _body(document, operation), **operation}
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def _body(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    reference = (
        operation.get("requestBody", {})
        .get("content", {})
        .get("application/json", {})
        .get("schema", {})
        .get("$ref", "")
    )
    found: dict[str, Any] = document["components"]["schemas"].get(reference.rpartition("/")[2], {})
    return found
