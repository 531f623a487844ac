"""Plots as plain geometry that a template draws in SVG: bars, lines, a heat strip; every value beside in text. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 720.0
LABEL = 190.0
VALUE = 96.0
ROW = 30.0
TALL = 200.0
TOP, LEFT = 12.0, 44.0
MOST_LABELS = 8
MOST_BARS = 24
Value = float | None
STRONGEST = 0.6
ROUND_TO = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True, slots=True)
class Bar:
    """One horizontal bar: its name, its value in words, its place and length."""

    name: str
    words: str
    y: float
    width: float
    is_low: bool


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars under each other, in a box of ``width`` × ``height``."""

    title: str
    bars: tuple[Bar, ...]
    height: float
    width: float = WIDTH
    label: float = LABEL


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a line."""

    x: float
    y: float
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its name, its points, and the same as SVG's ``points``; ``mark`` tells it from the others."""

    name: str
    mark: str
    points: tuple[Point, ...]
    path: str
    summary: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines over the same names, with ruled values and a few names below."""

    title: str
    series: tuple[Series, ...]
    rules: tuple[tuple[float, str], ...]
    labels: tuple[tuple[float, str, str], ...]
    width: float = WIDTH
    height: float = TALL + TOP + 28
    left: float = LEFT


@dataclass(frozen=True, slots=True)
class Cell:
    """A field of the strip: ``strength`` from 0 to 0.6, so that dark words are read on all."""

    x: float
    width: float
    strength: float
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Strip:
    """A heat strip."""

    title: str
    cells: tuple[Cell, ...]
    width: float = WIDTH
    height: float = 78.0


def words(value: Value, unit: str) -> str:
    """A value with its unit; “—” where there is none."""
    if value is None:
        return "—"
    shown = f"{value:g}"
    return f"{shown}%" if unit == "%" else f"{shown} {unit}".rstrip()


def bars(title: str, names: Sequence[str], values: Sequence[Value], unit: str, *, low: float | None = None) -> Bars:
    """A bar for each name, percents of a hundred; those under ``low`` are marked."""
    shown = list(zip(names, values, strict=True))[:MOST_BARS]
    longest = max((value for _, value in shown if value is not None), default=0)
    most = max(longest, 100) if unit == "%" else longest or 1
    room = WIDTH - LABEL - VALUE
    made = tuple(
        Bar(
            _short(name),
            words(value, unit),
            place * ROW,
            round((value or 0) / most * room, 1),
            low is not None and value is not None and value < low,
        )
        for place, (name, value) in enumerate(shown)
    )
    return Bars(title, made, len(made) * ROW)


def _short(name: str, most: int = 12) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def lines(title: str, names: Sequence[str], series: Sequence[tuple[str, Sequence[Value]]], unit: str) -> Lines:
    """A line for each of ``series``; a name without a value is left out of its line."""
    most = ceiling(max((value for _, values in series for value in values if value is not None), default=0))
    step = (WIDTH - LEFT - TOP) / max(len(names) - 1, 1)
    marks = "abcd"

    def line(mark: str, name: str, values: Sequence[Value]) -> Series:
        points = tuple(
            Point(
                round(LEFT + place * step, 1),
                round(TOP + TALL * (1 - value / most), 1),
                names[place],
                words(value, unit),
            )
            for place, value in enumerate(values)
            if value is not None
        )
        path = " ".join(f"{point.x},{point.y}" for point in points)
        return Series(name, mark, points, path, _summary(names, values, unit))

    made = tuple(line(marks[place], name, values) for place, (name, values) in enumerate(series))
    rules = tuple((round(TOP + TALL * (1 - part), 1), f"{most * part:g}") for part in (0.0, 0.5, 1.0))
    every = -(-len(names) // MOST_LABELS) or 1
    labels = tuple(
        (round(LEFT + place * step, 1), name, _anchor(place, len(names)))
        for place, name in enumerate(names)
        if place % every == 0
    )
    return Lines(title, made, rules, labels)


def _anchor(place: int, count: int) -> str:
    """How a name stands at its point, so that the first and the last stay inside."""
    return "start" if place == 0 else "end" if place == count - 1 else "middle"


def _summary(names: Sequence[str], values: Sequence[Value], unit: str) -> str:
    """“最高 42 分钟（03-04），最低 5 分钟（03-02）”."""
    known = [(value, name) for value, name in zip(values, names, strict=True) if value is not None]
    if not known:
        return "没有数据"
    most, least = max(known), min(known)
    return f"最高 {words(most[0], unit)}（{most[1]}），最低 {words(least[0], unit)}（{least[1]}）"


def ceiling(value: float) -> float:
    """The next round number."""
    if value <= 1:
        return 1.0
    power = 10.0 ** (len(str(int(value))) - 1)
    return next(part * power for part in ROUND_TO if part * power >= value)


def strip(title: str, names: Sequence[str], values: Sequence[Value], unit: str) -> Strip:
    """A field for each name, the stronger the more."""
    most = max((value for value in values if value is not None), default=0) or 1
    width = WIDTH / max(len(names), 1)
    cells = tuple(
        Cell(
            round(place * width, 1),
            round(width - 2, 1),
            round((value or 0) / most * STRONGEST, 2),
            name,
            words(value, unit),
        )
        for place, (name, value) in enumerate(zip(names, values, strict=True))
    )
    return Strip(title, cells)
