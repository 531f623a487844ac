"""Request → plain values: every refusal names its field and says in Chinese what is wrong."""

import enum
import gzip
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec import Meta

from base.clock import SetClock
from base.settings import Settings
from server import forms
from server.access import allow
from tests.server.conftest import Client, opened

routes = web.RouteTableDef()


class Colour(enum.StrEnum):
    """A light."""

    RED = "red"
    GREEN = "green"


class Person(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody in a form."""

    name: Annotated[str, Meta(min_length=2, max_length=4)]
    age: Annotated[int, Meta(ge=0, le=150)] = 30


class Form(msgspec.Struct, forbid_unknown_fields=True):
    """A form with a field of each kind."""

    person: Person
    number: int = 0
    phone: Annotated[str, Meta(pattern="^[0-9]+$")] = "1"
    tags: Annotated[tuple[str, ...], Meta(max_length=2)] = ()
    colour: Colour = Colour.RED
    free: dict[str, object] = {}


@routes.post("/api/v1/form")
@allow("public", body=Form)
async def form(request: web.Request) -> web.Response:
    """Give back what was understood."""
    return web.json_response(msgspec.to_builtins(await forms.read(request, Form)))


@routes.get("/api/v1/query")
@allow("public")
async def query(request: web.Request) -> web.Response:
    """Give back the parameter ``n``."""
    return web.json_response(forms.query(request, "n", int, 7))


@routes.get("/api/v1/path/{n}")
@allow("public")
async def path(request: web.Request) -> web.Response:
    """Give back the number in the path."""
    return web.json_response(forms.number_in_path(request, "n"))


@pytest.fixture
async def server(settings: Settings, clock: SetClock) -> AsyncIterator[TestServer]:
    """The server with a form."""
    async with opened(settings, clock, routes) as running:
        yield running


WRONG: dict[str, tuple[str, str]] = {
    "{": ("body", "提交的内容不是有效的 JSON，请检查格式。"),
    "\xff": ("body", "提交的内容不是有效的 JSON，请检查格式。"),
    '{"free": ' + '{"a":' * 3000 + "1" + "}" * 3001: ("body", "提交的内容不是有效的 JSON，请检查格式。"),
    "[]": ("body", "body：须为 object，收到的是 array。"),
    "": ("person", "person：缺少 person。"),
    '{"person": {}}': ("person.name", "person.name：缺少 name。"),
    '{"person": {"name": "王"}}': ("person.name", "person.name：不能少于 2 个字。"),
    '{"person": {"name": "司马相如之"}}': ("person.name", "person.name：不能超过 4 个字。"),
    '{"person": {"name": "王五", "age": 151}}': ("person.age", "person.age：不能大于 150。"),
    '{"person": {"name": "王五", "age": -1}}': ("person.age", "person.age：不能小于 0。"),
    '{"person": {"name": "王五", "age": "三十"}}': ("person.age", "person.age：须为 int，收到的是 str。"),
    '{"person": {"name": "王五", "sex": 1}}': ("person.sex", "person.sex：不认识的字段 sex。"),
    '{"person": {"name": "王五"}, "phone": "138-1"}': (
        "phone",
        "电话号码只能写数字、空格、+ 和 -，5–20 位，请核对后再填。",
    ),
    '{"person": {"name": "王五"}, "tags": ["a", "b", "c"]}': ("tags", "tags：不能超过 2 项。"),
    '{"person": {"name": "王五"}, "tags": [1]}': ("tags[0]", "tags[0]：须为 str，收到的是 int。"),
    '{"person": {"name": "王五"}, "colour": "blue"}': ("colour", "colour：不认识的取值“blue”。"),
    '{"person": {"name": "王五"}, "number": 9223372036854775808}': (
        "number",
        "number：数值超出了范围，收到 9223372036854775808。",
    ),
    '{"person": {"name": "王\\u0000"}}': ("body", "提交的内容里有不能使用的字符（NUL），请删去后再提交。"),
}


@pytest.mark.parametrize("body", WRONG, ids=range(len(WRONG)))
async def test_a_wrong_body_names_its_field(client: Client, body: str) -> None:
    """400 with the field and a sentence."""
    answer = await client.post("/api/v1/form", data=body.encode("latin-1" if body == "\xff" else "utf-8"))
    error = (await answer.json())["error"]
    assert (answer.status, error["code"], error["field"], error["message"]) == (400, "bad_input", *WRONG[body])


RIGHT = [
    {"person": {"name": "王五", "age": 30}},
    {"person": {"name": "王五", "age": 30}, "number": -(2**63)},
    {"person": {"name": "王五", "age": 30}, "free": {"card": "6222021234567890123456", "path": "\\u0000"}},
]


@pytest.mark.parametrize("body", RIGHT, ids=range(len(RIGHT)))
async def test_a_right_body_is_read_as_it_stands(client: Client, body: dict[str, object]) -> None:
    """Long digits in text are text; a backslash before u0000 is a backslash."""
    answer = await client.post("/api/v1/form", data=msgspec.json.encode(body))
    assert answer.status == 200, await answer.text()
    assert {name: value for name, value in (await answer.json()).items() if name in body} == body


async def test_a_body_that_is_not_what_its_encoding_says(client: Client) -> None:
    """Broken compression is the sender's mistake; right compression is read."""
    headers = {"Content-Encoding": "gzip"}
    whole = gzip.compress(b'{"person": {"name": "ab"}}')
    async with client.session.post(client.make_url("/api/v1/form"), data=whole, headers=headers) as answer:
        assert answer.status == 200
    async with client.session.post(client.make_url("/api/v1/form"), data=b"junk" * 9, headers=headers) as answer:
        assert answer.status == 400


@pytest.mark.parametrize(
    ("address", "status", "value"),
    [
        ("/api/v1/query", 200, 7),
        ("/api/v1/query?n=-3", 200, -3),
        ("/api/v1/query?n=x", 400, "n"),
        ("/api/v1/query?n=9223372036854775808", 400, "n"),
        ("/api/v1/path/12", 200, 12),
        ("/api/v1/path/x", 400, "n"),
        ("/api/v1/path/-1", 400, "n"),
        ("/api/v1/path/1234567890123456789", 400, "n"),
    ],
)
async def test_numbers_in_the_address(client: Client, address: str, status: int, value: object) -> None:
    """Read, or refused with the name of the parameter."""
    answer = await client.get(address)
    body = await answer.json()
    assert (answer.status, body if status == 200 else body["error"]["field"]) == (status, value)
