"""Which plots stand above which report."""

from collections.abc import Callable, Sequence
from typing import cast

from hallqueue import Report
from server import plots
from server.plots import Bars, Lines, Strip, Value

Plot = Bars | Lines | Strip
PROMISE_LOW = 80.0
SHORT_DAY = slice(5, None)


def plots_of(report: Report) -> tuple[Plot, ...]:
    """The plots of a report; none where there is nothing to show."""
    return _PLOTS[report.name](report) if report.rows else ()


def _values(report: Report, key: str) -> Sequence[Value]:
    return cast("Sequence[Value]", report.column(key))


def _bars(title: str, key: str, *, low: float | None = None) -> Callable[[Report], Plot]:
    def plot(report: Report) -> Plot:
        unit = next(column.unit for column in report.columns if column.key == key)
        return plots.bars(f"{title}（{unit}）", report.names, _values(report, key), unit, low=low)

    return plot


def _lines(title: str, unit: str, *keys: str) -> Callable[[Report], Plot]:
    def plot(report: Report) -> Plot:
        titles = {column.key: column.title for column in report.columns}
        names = [name[SHORT_DAY] for name in report.names]
        return plots.lines(f"{title}（{unit}）", names, [(titles[key], _values(report, key)) for key in keys], unit)

    return plot


def _strip(title: str, key: str, unit: str) -> Callable[[Report], Plot]:
    def plot(report: Report) -> Plot:
        return plots.strip(f"{title}（{unit}）", [name[:5] for name in report.names], _values(report, key), unit)

    return plot


def _all(*made: Callable[[Report], Plot]) -> Callable[[Report], tuple[Plot, ...]]:
    return lambda report: tuple(each(report) for each in made)


_KEPT = _bars("承诺内叫到", "within_percent", low=PROMISE_LOW)
_PLOTS = {
    "services": _all(_bars("等候 P80", "wait_p80"), _KEPT),
    "days": _all(_lines("每天的号", "次", "issued", "served"), _lines("等候", "分钟", "wait_p50", "wait_p80")),
    "hours": _all(_strip("进入队伍", "legs", "次"), _strip("等候 P80", "wait_p80", "分钟")),
    "classes": _all(_bars("平均等候", "wait_mean"), _KEPT),
    "items": _all(_bars("平均办理", "work_mean"), _bars("已办结", "served")),
    "counters": _all(_bars("饱和度", "busy_percent"), _bars("有人等时空闲", "idle_minutes")),
    "clerks": _all(_bars("已办结", "served"), _bars("平均办理", "work_mean")),
    "order": _all(_lines("被先叫", "人次", "passed"), _lines("叫号", "次", "calls", "undone")),
    "bookings": _all(_bars("预约", "booked"), _bars("失约率", "no_show_percent")),
    "ratings": _all(_bars("平均分", "mean_stars"), _bars("差评率", "bad_percent")),
    "estimate-days": _all(
        _lines("取号预估命中", "%", "held_percent", "last_held_percent"), _lines("误差", "分钟", "error_minutes")
    ),
    "estimates": _all(_bars("取号预估命中", "held_percent", low=PROMISE_LOW), _bars("误差", "error_minutes")),
}
