"""The hall's file: zones, services, counters, hours and norms, checked field by field before a hall is founded."""

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints
from zoneinfo import ZoneInfo

import msgspec
import yaml
from msgspec import Meta

from base.errors import BadInput
from base.opening import opening_hours

HALL_FILE = Path(__file__).parent / "data" / "hall.yaml"
ALL_SERVICES = "*"
PARTS = (
    "hall",
    "services",
    "counters",
    "opening_hours",
    "zones",
    "priority_groups",
    "norms",
    "schema_version",
    "as_of",
    "illustrative",
    "notice",
    "fact_basis",
)
REQUIRED = PARTS[:4]
T = TypeVar("T")

Code = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,20}$")]
Prefix = Annotated[str, Meta(pattern=r"^[A-Z]{1,4}$")]
Name = Annotated[str, Meta(min_length=1, max_length=80)]


@dataclass(frozen=True, slots=True)
class HallPart:
    """The hall itself."""

    code: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    name: Name
    zone: str = "Asia/Shanghai"
    managing_unit: str = ""
    address: str = ""
    phone: str = ""
    floors: Annotated[int, Meta(ge=1, le=99)] = 1
    waiting_seats: Annotated[int, Meta(ge=0, le=10_000)] = 0
    board_notice: Annotated[str, Meta(max_length=400)] = ""


@dataclass(frozen=True, slots=True)
class ServicePart:
    """A service: what one number is taken for."""

    code: Code
    name: Name
    prefix: Prefix
    minutes: Annotated[int, Meta(ge=1, le=480)]
    promise_minutes: Annotated[int, Meta(ge=1, le=480)]
    domains: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    quota: Annotated[int, Meta(ge=1, le=100_000)] | None = None


@dataclass(frozen=True, slots=True)
class CounterPart:
    """A counter; the order of ``services`` gives its tiers."""

    number: Annotated[int, Meta(ge=1, le=999)]
    name: Name
    services: tuple[str, ...]
    staff_per_shift: Annotated[int, Meta(ge=1, le=20)] = 1
    departments: tuple[str, ...] = ()
    note: Annotated[str, Meta(max_length=200)] = ""
    is_guide: bool = False


@dataclass(frozen=True, slots=True)
class PriorityPart:
    """Who may declare a priority."""

    code: Annotated[str, Meta(pattern=r"^[A-Z0-9]{1,8}$")]
    name: Name
    basis: str = ""
    evidence: tuple[str, ...] = ()
    confidence: str = ""


@dataclass(frozen=True, slots=True)
class HallFile:
    """A checked hall file; ``hours``, ``zones`` and ``norms`` stay plain data."""

    hall: HallPart
    services: tuple[ServicePart, ...]
    counters: tuple[CounterPart, ...]
    priorities: tuple[PriorityPart, ...]
    hours: dict[str, Any]
    zones: tuple[dict[str, Any], ...]
    norms: tuple[dict[str, Any], ...]
    notice: str


def load_hall_file(path: Path = HALL_FILE) -> HallFile:
    """Read and check ``path``; one ``BadInput`` lists every mistake with its field."""
    try:
        plain = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as failure:
        raise BadInput(f"大厅文件 {path} 读不出来：{failure}", field="hall_file") from failure
    return check_hall_file(plain, str(path))


def check_hall_file(plain: object, name: str) -> HallFile:
    """Check what a hall file holds; ``name`` is only for the message."""
    mistakes: list[str] = []
    parts = plain if isinstance(plain, Mapping) else {}
    mistakes += [f"缺少 {part}" for part in REQUIRED if not parts.get(part)]
    mistakes += [_unknown("", part, PARTS) for part in parts if part not in PARTS]
    hall = _one(HallPart, parts.get("hall", {}), "hall", mistakes)
    services = _rows(ServicePart, parts.get("services", []), "services", mistakes)
    counters = _rows(CounterPart, parts.get("counters", []), "counters", mistakes)
    priorities = _rows(PriorityPart, parts.get("priority_groups", []), "priority_groups", mistakes)
    mistakes += [*_twice(services, counters, priorities), *_astray(services, counters)]
    mistakes += _bad_zone(hall)
    hours = _hours(parts.get("opening_hours"), mistakes)
    zones = _plain_rows(parts.get("zones", []), "zones", mistakes)
    norms = _plain_rows(parts.get("norms", []), "norms", mistakes)
    if mistakes or hall is None:
        raise BadInput(f"大厅文件 {name} 有误：\n" + "\n".join(f"  · {one}" for one in mistakes), field="hall_file")
    notice = str(parts.get("notice", ""))
    return HallFile(hall, services, _spread(counters, services), priorities, hours, zones, norms, notice)


def _rows(part: type[T], rows: object, field: str, mistakes: list[str]) -> tuple[T, ...]:
    if not isinstance(rows, list):
        mistakes.append(f"{field} 须为列表，收到 {rows!r}")
        return ()
    read = (_one(part, row, f"{field}[{index}]", mistakes) for index, row in enumerate(rows))
    return tuple(one for one in read if one is not None)


def _one(part: type[T], row: object, where: str, mistakes: list[str]) -> T | None:
    """``row`` as ``part``, or None after every mistake in it is noted."""
    if not isinstance(row, Mapping):
        mistakes.append(f"{where} 须为一组键值，收到 {row!r}")
        return None
    hints = get_type_hints(part, include_extras=True)
    known = len(mistakes)
    mistakes += [_unknown(f"{where}.", key, tuple(hints)) for key in row if key not in hints]
    mistakes += [f"{where}.{key} 缺少" for key in _required(part) if key not in row]
    values = {key: _value(row[key], hints[key], f"{where}.{key}", mistakes) for key in row if key in hints}
    return part(**values) if len(mistakes) == known else None


def _required(part: type) -> list[str]:
    fields = dataclasses.fields(part)
    return [one.name for one in fields if one.default is dataclasses.MISSING]


def _value(value: object, hint: Any, where: str, mistakes: list[str]) -> Any:  # noqa: ANN401 (any field's type)
    try:
        return msgspec.convert(value, hint)
    except msgspec.ValidationError as failure:
        mistakes.append(f"{where} = {value!r} 不合要求（{failure}）")
        return None


def _twice(
    services: Sequence[ServicePart], counters: Sequence[CounterPart], priorities: Sequence[PriorityPart]
) -> list[str]:
    lists: dict[str, list[object]] = {
        "services.code": [one.code for one in services],
        "services.prefix": [one.prefix for one in services],
        "counters.number": [one.number for one in counters],
        "priority_groups.code": [one.code for one in priorities],
    }
    return [
        f"{field} 重复：{value!r}"
        for field, values in lists.items()
        for value in dict.fromkeys(values)
        if values.count(value) > 1
    ]


def _astray(services: Sequence[ServicePart], counters: Sequence[CounterPart]) -> list[str]:
    """Counters that name no or unknown services, services that no counter serves."""
    codes = {one.code for one in services}
    served = {code for one in counters if not one.is_guide for code in one.services}
    found = [f"counters（{one.number} 号）.services 不能为空" for one in counters if not one.services]
    for one in counters:
        strays = [code for code in one.services if code not in codes and code != ALL_SERVICES]
        found += [
            _unknown(f"counters（{one.number} 号）.services 里的 ", code, tuple(sorted(codes))) for code in strays
        ]
    if ALL_SERVICES not in served:
        found += [f"services（{one.code}）没有任何窗口办理" for one in services if one.code not in served]
    return found


def _bad_zone(hall: HallPart | None) -> list[str]:
    if hall is None:
        return []
    try:
        ZoneInfo(hall.zone)
    except (KeyError, OSError, ValueError):
        return [f"hall.zone = {hall.zone!r} 不是有效的时区（例如 Asia/Shanghai）"]
    return []


def _hours(plain: object, mistakes: list[str]) -> dict[str, Any]:
    if not isinstance(plain, Mapping):
        mistakes.append(f"opening_hours 须为一组键值，收到 {plain!r}")
        return {}
    try:
        opening_hours(plain)
    except BadInput as failure:
        mistakes += [f"opening_hours.{line.strip(' ·')}" for line in failure.message.splitlines()[1:]]
    return dict(plain)


def _plain_rows(rows: object, field: str, mistakes: list[str]) -> tuple[dict[str, Any], ...]:
    if isinstance(rows, list) and all(isinstance(row, Mapping) and row.get("code") for row in rows):
        return tuple(dict(row) for row in rows)
    mistakes.append(f"{field} 须为带 code 的条目列表，收到 {rows!r}")
    return ()


def _spread(counters: Sequence[CounterPart], services: Sequence[ServicePart]) -> tuple[CounterPart, ...]:
    """``counters`` with ``*`` written out as every service, in the file's order."""
    codes = [one.code for one in services]
    return tuple(
        dataclasses.replace(one, services=tuple(dict.fromkeys(_written_out(one.services, codes)))) for one in counters
    )


def _written_out(wanted: Sequence[str], codes: Sequence[str]) -> list[str]:
    return [code for one in wanted for code in (codes if one == ALL_SERVICES else [one])]


def _unknown(where: str, word: object, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(str(word), list(known), 1)
    return f"{where}{word} 不认识" + (f"，是不是想写 {near[0]}？" if near else f"，可用的有：{'、'.join(known)}")
