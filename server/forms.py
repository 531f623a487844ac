"""Request → plain values, or ``BadInput`` that names the field."""

import re
from typing import TypeVar

import msgspec
from aiohttp import web

from base.errors import BadInput

B = TypeVar("B")
MOST = 2**63 - 1
_PATH = re.compile(r" - at `\$\.?([^`]*)`")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_LONG_NUMBER = re.compile(rb"\d{19}")
_PHRASES = (
    (re.compile(r"Object missing required field `([^`]+)`"), r"缺少 \1"),
    (re.compile(r"Object contains unknown field `([^`]+)`"), r"不认识的字段 \1"),
    (re.compile(r"Expected `str` of length >= (\d+)"), r"不能少于 \1 个字"),
    (re.compile(r"Expected `str` of length <= (\d+)"), r"不能超过 \1 个字"),
    (re.compile(r"Expected `(?:array|object)` of length >= (\d+)"), r"不能少于 \1 项"),
    (re.compile(r"Expected `(?:array|object)` of length <= (\d+)"), r"不能超过 \1 项"),
    (re.compile(r"Expected `str` matching regex '?([^`']+)'?"), r"格式不对（须符合 \1）"),
    (re.compile(r"Expected `(?:int|float)` >= ([\d.-]+)"), r"不能小于 \1"),
    (re.compile(r"Expected `(?:int|float)` <= ([\d.-]+)"), r"不能大于 \1"),
    (re.compile(r"Invalid enum value '?([^'`]+)'?"), r"不认识的取值“\1”"),
    (re.compile(r"Expected `([^`]+)`, got `([^`]+)`"), r"须为 \1，收到的是 \2"),
)
_SHAPES = {"phone": "电话号码只能写数字、空格、+ 和 -，5–20 位，请核对后再填"}


async def read(request: web.Request, body: type[B]) -> B:
    """The JSON body of ``request`` as ``body`` (a msgspec Struct)."""
    raw = await request.read()
    if _NUL.search(raw):
        raise BadInput("提交的内容里有不能使用的字符（NUL），请删去后再提交。", field="body")
    try:
        value = msgspec.json.decode(raw or b"{}", type=body)
    except msgspec.ValidationError as failure:
        raise bad_input(failure) from failure
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as failure:
        raise BadInput("提交的内容不是有效的 JSON，请检查格式。", field="body") from failure
    if _LONG_NUMBER.search(raw):
        _fits(msgspec.to_builtins(value), "body")
    return value


def _fits(value: object, field: str) -> None:
    """Refuse whole numbers that no database column can keep."""
    if isinstance(value, int) and not -MOST - 1 <= value <= MOST:
        raise BadInput(f"{field}：数值超出了范围，收到 {value}。", field=field)
    if isinstance(value, dict):
        for name, part in value.items():
            _fits(part, str(name))
    elif isinstance(value, list | tuple):
        for part in value:
            _fits(part, field)


def query(request: web.Request, name: str, kind: type[B], default: B) -> B:
    """One query parameter as ``kind``."""
    text = request.query.get(name)
    if text is None:
        return default
    try:
        value = msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError as failure:
        raise BadInput(f"参数 {name} 不对：{_chinese(str(failure))}，收到 {text!r}。", field=name) from failure
    _fits(value, name)
    return value


def number_in_path(request: web.Request, name: str) -> int:
    """A positive whole number in the path."""
    text = request.match_info[name]
    if not text.isdecimal() or len(text) > 18:  # noqa: PLR2004 (fits 64 bits)
        raise BadInput(f"地址里的 {name} 须为正整数，收到 {text!r}。", field=name)
    return int(text)


def bad_input(failure: msgspec.ValidationError) -> BadInput:
    """A msgspec error as a sentence, with its field."""
    text = str(failure)
    found = _PATH.search(text)
    missing = re.search(r"(?:required|unknown) field `([^`]+)`", text)
    names = [one.group(1) for one in (found, missing) if one and one.group(1)]
    field = ".".join(names) or "body"
    if "matching regex" in text and names and names[-1] in _SHAPES:
        return BadInput(f"{_SHAPES[names[-1]]}。", field=field)
    return BadInput(f"{field}：{_chinese(_PATH.sub('', text))}。", field=field)


def _chinese(text: str) -> str:
    for pattern, words in _PHRASES:
        text = pattern.sub(words, text)
    return text
