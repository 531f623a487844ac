"""The API's description: every route is there, it is valid OpenAPI 3.1, every reference leads somewhere."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from server.access import PERMISSIONS, Role
from tests.server.conftest import Client

METHODS = {"get", "post", "put", "patch", "delete"}
NEEDED = {
    ("get", "/api/v1/services"),
    ("post", "/api/v1/tickets"),
    ("get", "/api/v1/tickets/{token}"),
    *(("post", f"/api/v1/tickets/{{token}}/{act}") for act in ("cancel", "defer", "rate")),
    *(("post", f"/api/v1/counters/{{counter}}/{act}") for act in ("open", "pause", "resume", "close", "call-next")),
    *(
        ("post", f"/api/v1/counters/{{counter}}/{act}")
        for act in ("recall", "start", "finish", "miss", "restore", "park", "unpark", "transfer", "reclass", "cancel")
    ),
    ("post", "/api/v1/counters/{counter}/undo"),
    ("post", "/api/v1/counters/{counter}/call"),
    ("get", "/api/v1/board"),
    ("get", "/api/v1/live"),
    ("get", "/api/v1/calls"),
    ("post", "/api/v1/session"),
}


@pytest.fixture
async def document(client: Client) -> dict[str, Any]:
    """The description as another system gets it."""
    answer = await client.get("/api/v1/openapi.json")
    assert (answer.status, answer.content_type) == (200, "application/json")
    found: dict[str, Any] = await answer.json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def parts(node: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 (any JSON)
    """Every object in the document."""
    if isinstance(node, dict):
        yield node
        for part in node.values():
            yield from parts(part)
    elif isinstance(node, list):
        for part in node:
            yield from parts(part)


def test_it_is_openapi(document: dict[str, Any]) -> None:
    """The fields that 3.1 requires, and none of another kind."""
    assert document["openapi"] == "3.1.0"
    assert {"title", "version"} <= set(document["info"])
    assert set(document) <= {"openapi", "info", "servers", "paths", "components", "security", "tags"}
    assert {method for method, _, _ in operations(document)} <= METHODS


def test_what_other_systems_rely_on_is_there(document: dict[str, Any]) -> None:
    """Each command by its own address."""
    assert NEEDED - {(method, path) for method, path, _ in operations(document)} == set()


async def test_every_route_of_the_api_is_described(client: Client, document: dict[str, Any]) -> None:
    """The route table and the description match, route by route."""
    assert client.app is not None
    described = {(method, path) for method, path, _ in operations(document)}
    missing = []
    for route in client.app.router.routes():
        canonical = route.resource.canonical if route.resource else ""
        if not canonical.startswith("/api/v1/") or route.method == "HEAD":
            continue
        pattern = re.compile(re.sub(r"\\\{\w+\\\}", r"(?:\\{\\w+\\}|[\\w-]+)", re.escape(canonical)))
        if not any(method == route.method.lower() and pattern.fullmatch(path) for method, path in described):
            missing.append((route.method, canonical))
    assert missing == []


def test_every_reference_resolves(document: dict[str, Any]) -> None:
    """``#/components/schemas/<name>`` names a schema that stands there."""
    references = {part["$ref"] for part in parts(document) if isinstance(part.get("$ref"), str)}
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references - known == set()
    assert "#/components/schemas/Error" in references


def test_every_operation_is_complete(document: dict[str, Any]) -> None:
    """A summary, a success with its answer, the refusals, the roles, parameters as in the path, an id of its own."""
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for method, path, operation in operations(document):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert [code for code in operation["responses"] if code.startswith("2")], where
        assert {"400", "401", "403", "404", "409", "413", "429", "503"} <= set(operation["responses"]), where
        named = [one["name"] for one in operation["parameters"] if one["in"] == "path"]
        assert named == re.findall(r"\{(\w+)\}", path), where
        assert set(operation["x-roles"]) <= set(Role), where


def test_no_two_paths_are_the_same_to_a_reader(document: dict[str, Any]) -> None:
    """``/x/{a}`` and ``/x/{b}`` may not stand side by side."""
    shapes = [re.sub(r"\{\w+\}", "{}", path) for path in document["paths"]]
    assert sorted(set(shapes)) == sorted(shapes)


def test_only_what_visitors_may_do_needs_no_sign_in(document: dict[str, Any]) -> None:
    """An empty security requirement means: also without one."""
    closed = set(PERMISSIONS) - {name for name, roles in PERMISSIONS.items() if Role.VISITOR in roles}
    assert closed
    for method, path, operation in operations(document):
        is_open = "security" not in operation or {} in operation["security"]
        assert is_open == (Role.VISITOR in operation["x-roles"]), f"{method} {path}"
        schemes = {name for one in operation.get("security", []) for name in one}
        assert schemes <= set(document["components"]["securitySchemes"])


async def test_the_description_for_people(client: Client) -> None:
    """The page lists every operation."""
    answer = await client.get("/api/docs")
    page = await answer.text()
    assert answer.status == 200
    assert [path for _, path in NEEDED if f"<code>{path}</code>" not in page] == []


def test_values_behind_the_question_mark_are_listed(document: dict[str, Any]) -> None:
    """Every GET that reads one says which, what it means and of what type; only these are asked for."""
    found = {
        path: [one["name"] for one in operation["parameters"] if one["in"] == "query"]
        for method, path, operation in operations(document)
        if method == "get"
    }
    assert {path: names for path, names in found.items() if names} == {
        "/api/v1/calls": ["after", "limit"],
        "/api/v1/cases": ["state", "overdue", "q", "after"],
        "/api/v1/chat/{conversation}": ["after"],
        "/api/v1/knowledge": ["q"],
        "/api/v1/live": ["topics", "after"],
        "/api/v1/ratings": ["from", "to", "bad", "before", "limit"],
        "/api/v1/reports/{name}": ["from", "to", "service", "class", "format"],
        "/api/v1/slots": ["service", "day"],
        "/api/v1/what-if": ["open", "close"],
    }
    report = document["paths"]["/api/v1/reports/{name}"]["get"]["parameters"]
    schemas = {one["name"]: one["schema"] for one in report if one["in"] == "query"}
    assert schemas["from"] == {"type": "string", "format": "date"}
    assert sorted(schemas["format"]["enum"]) == ["csv", "json", "xlsx"]
    assert sorted(schemas["class"]["enum"]) == ["booking", "ordinary", "priority"]
