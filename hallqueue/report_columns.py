"""The columns of the reports: key, title and unit of each figure; what it counts stands in ``docs/reports.md``."""

from collections.abc import Callable
from dataclasses import dataclass

from hallqueue.rules.tally import Spread, Tally

Cell = str | int | float | None
TENTH = 1


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``unit``: 个 · 分钟 · % · 次 · 人 · 分, or empty for words."""

    key: str
    title: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class _Figure:
    column: Column
    value: Callable[[Tally], Cell]


def tenth(minutes: float | None) -> float | None:
    """One decimal, as reports show minutes."""
    return None if minutes is None else round(minutes, TENTH)


def _spread(key: str, title: str, of: Callable[[Tally], Spread]) -> tuple[_Figure, ...]:
    return (
        _Figure(Column(f"{key}_mean", f"平均{title}", "分钟"), lambda tally: tenth(of(tally).mean)),
        _Figure(Column(f"{key}_p50", f"{title} P50", "分钟"), lambda tally: tenth(of(tally).p50)),
        _Figure(Column(f"{key}_p80", f"{title} P80", "分钟"), lambda tally: tenth(of(tally).p80)),
        _Figure(Column(f"{key}_p95", f"{title} P95", "分钟"), lambda tally: tenth(of(tally).p95)),
    )


FIGURES = (
    _Figure(Column("issued", "取号", "个"), lambda tally: tally.issued),
    _Figure(Column("legs", "排队", "次"), lambda tally: tally.legs),
    _Figure(Column("served", "已办结", "次"), lambda tally: tally.served),
    _Figure(Column("transferred", "转出", "次"), lambda tally: tally.transferred),
    _Figure(Column("missed", "过号未归", "次"), lambda tally: tally.missed),
    _Figure(Column("cancelled", "取消", "次"), lambda tally: tally.cancelled),
    _Figure(Column("unserved", "当日未办", "次"), lambda tally: tally.unserved),
    _Figure(Column("in_line", "还在排", "次"), lambda tally: tally.in_line),
    _Figure(Column("at_counter", "在窗口", "次"), lambda tally: tally.at_counter),
    _Figure(Column("never_called", "从未叫到", "次"), lambda tally: tally.never_called),
    _Figure(Column("within_percent", "承诺内叫到", "%"), lambda tally: tally.within_percent),
    *_spread("wait", "等候", lambda tally: tally.wait),
    *_spread("walk", "到窗", lambda tally: tally.walk),
    *_spread("work", "办理", lambda tally: tally.work),
)
USAGE = (
    Column("open_minutes", "开窗", "分钟"),
    Column("busy_percent", "饱和度", "%"),
    Column("idle_minutes", "有人等时空闲", "分钟"),
)
UNDONE = Column("undone", "撤回叫号", "次")
BOOKINGS = (
    Column("booked", "预约", "个"),
    Column("checked_in", "签到", "个"),
    Column("cancelled", "取消", "个"),
    Column("no_show", "失约", "个"),
    Column("ahead", "未到时间", "个"),
    Column("no_show_percent", "失约率", "%"),
)
ORDER = (
    Column("calls", "叫号", "次"),
    Column("by_priority", "优先先于人", "次"),
    Column("by_booking", "预约先于人", "次"),
    Column("by_due", "等候超时先于人", "次"),
    Column("by_chosen", "指定叫号先于人", "次"),
    Column("by_order", "号序先于人", "次"),
    Column("passed", "被先叫", "人次"),
    Column("most_passed", "一次最多先于", "人"),
    Column("declared", "申报优先", "个"),
    Column("reclassed", "核验不符", "个"),
    Column("reclassed_percent", "改判率", "%"),
    UNDONE,
)
RATINGS = (
    Column("rated", "评价", "次"),
    Column("mean_stars", "平均分", "分"),
    Column("stars_5", "非常满意", "次"),
    Column("stars_4", "满意", "次"),
    Column("stars_3", "基本满意", "次"),
    Column("stars_2", "不满意", "次"),
    Column("stars_1", "非常不满意", "次"),
    Column("bad_percent", "差评率", "%"),
    Column("rated_percent", "参评率", "%"),
)
ESTIMATES = (
    Column("called", "计分", "次"),
    Column("ranges", "有预估", "次"),
    Column("held_percent", "取号预估命中", "%"),
    Column("last_held_percent", "最后预估命中", "%"),
    Column("late_percent", "晚 5 分钟以上", "%"),
    Column("width_minutes", "区间宽度", "分钟"),
    Column("raises_each", "每号上调", "次"),
    Column("error_minutes", "误差", "分钟"),
    Column("by_mean_error_minutes", "误差：人数×均值", "分钟"),
    Column("by_share_error_minutes", "误差：(人数+1)×均值÷窗口", "分钟"),
)


def figures(tally: Tally) -> tuple[Cell, ...]:
    """The figures of a tally, in the order of ``FIGURES``."""
    return tuple(each.value(tally) for each in FIGURES)


def columns_of_tally() -> tuple[Column, ...]:
    """Their columns."""
    return tuple(each.column for each in FIGURES)
