"""config.toml (+ HALL_* environment) → the frozen dataclass that each room declares; every mistake reported at once.

A section is a frozen dataclass whose fields have defaults and, through ``Annotated[..., msgspec.Meta(...)]``, ranges.
``HALL_<TABLE>_<KEY>`` overrides one key: strings as they are, everything else as TOML
(``true``, ``5``, ``["a"]``) if it is TOML.
"""

import dataclasses
import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import msgspec

from base.errors import BadInput

S = TypeVar("S")
SLIP = 0.85


class Settings:
    """Every section, looked up by its dataclass: ``settings[QueueSettings]``."""

    def __init__(self, sections: Mapping[type, object]) -> None:
        self._sections = dict(sections)

    def __getitem__(self, section: type[S]) -> S:
        return self._sections[section]  # type: ignore[return-value]

    def replace(self, *sections: object) -> "Settings":
        """A copy with some sections replaced: for tests and the demo."""
        return Settings(self._sections | {type(section): section for section in sections})


def load(path: Path | None, environment: Mapping[str, str], sections: Mapping[str, type]) -> Settings:
    """Read ``path`` (None: defaults alone) and the environment; raise one ``BadInput`` that lists every mistake."""
    tables = _read(path) if path else {}
    mistakes = [_unknown(f"[{name}]", name, sections) for name in tables if name not in sections]
    values: dict[type, object] = {}
    for name, section in sections.items():
        given = tables.get(name, {})
        if not isinstance(given, dict):
            mistakes.append(f"[{name}] 须为一个表，收到 {given!r}")
            given = {}
        given = {**given, **_overrides(name, section, environment)}
        values[section] = _section(name, section, given, mistakes)
    mistakes += _stray_overrides(environment, sections)
    if mistakes:
        raise BadInput("配置有误：\n" + "\n".join(f"  · {mistake}" for mistake in mistakes), field="config")
    return Settings(values)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as failure:
        raise BadInput(f"找不到配置文件 {path}", field="config") from failure
    except OSError as failure:
        raise BadInput(f"读不了配置文件 {path}：{failure.strerror}", field="config") from failure
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise BadInput(f"配置文件 {path} 不是有效的 TOML：{failure}", field="config") from failure


def _section(name: str, section: type[S], given: Mapping[str, object], mistakes: list[str]) -> S | None:
    hints = get_type_hints(section, include_extras=True)
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key not in hints:
            mistakes.append(_unknown(f"[{name}] {key}", key, hints))
            continue
        try:
            values[key] = msgspec.convert(value, hints[key])
        except msgspec.ValidationError as failure:
            mistakes.append(f"[{name}] {key} = {value!r}：{_explained(failure)}")
    try:
        return section(**values)
    except (BadInput, TypeError) as failure:
        mistakes.append(f"[{name}]：{failure}")
        return None


def _overrides(name: str, section: type, environment: Mapping[str, str]) -> dict[str, object]:
    hints = get_type_hints(section)
    variables = {field.name: _variable(name, field.name) for field in dataclasses.fields(section)}
    return {
        key: environment[variable] if hints[key] in (str, str | None) else _toml_value(environment[variable])
        for key, variable in variables.items()
        if variable in environment
    }


def _toml_value(text: str) -> object:
    """``text`` as TOML; what is no TOML is a bare word, such as ``WARNING``."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _stray_overrides(environment: Mapping[str, str], sections: Mapping[str, type]) -> list[str]:
    known = {_variable(name, field.name) for name, section in sections.items() for field in dataclasses.fields(section)}
    mine = tuple(f"HALL_{name.upper()}_" for name in sections)
    return [
        _unknown(f"环境变量 {variable}", variable, known)
        for variable in environment
        if variable not in known and (variable.startswith(mine) or _is_a_slip(variable, known))
    ]


def _is_a_slip(variable: str, known: set[str]) -> bool:
    """``HALL_SERVR_PORT``: no table of ours, but so near to one that it cannot be meant otherwise."""
    return variable.startswith("HALL_") and bool(difflib.get_close_matches(variable, known, 1, SLIP))


def _variable(table: str, key: str) -> str:
    return f"HALL_{table.upper()}_{key.upper()}"


def _unknown(where: str, word: str, known: Mapping[str, object] | set[str]) -> str:
    near = difflib.get_close_matches(word, list(known), 1)
    return f"{where} 不认识" + (f"，是不是想写 {near[0]}？" if near else f"，可用的有：{'、'.join(sorted(known))}")


def _explained(failure: msgspec.ValidationError) -> str:
    text = str(failure)
    text = re.sub(r" - at `\$([^`]*)`", r"（位置 \1）", text)
    for english, chinese in _PHRASES:
        text = text.replace(english, chinese)
    return text


_PHRASES = (
    ("Expected `int` >= ", "须为整数，不小于 "),
    ("Expected `int` <= ", "须为整数，不大于 "),
    ("Expected `float` >= ", "须为数，不小于 "),
    ("Expected `float` <= ", "须为数，不大于 "),
    ("Expected `str` matching regex ", "须符合格式 "),
    ("Expected `", "须为 "),
    ("`, got `", "，收到的是 "),
    ("Invalid enum value ", "不认识的取值 "),
    ("`", ""),
)
