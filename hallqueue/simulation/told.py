"""What ``main.py simulate`` prints: the days' figures and a staffing plan, with what they assume."""

from collections import Counter
from collections.abc import Iterator

from rich.table import Table

from hallqueue.simulation.figures import Figures
from hallqueue.simulation.plan import Plan
from hallqueue.simulation.staffing import Staffing


def day_table(plan: Plan, told: Figures) -> Table:
    """Waits by service."""
    table = Table(title=f"等候时间（{told.days} 个模拟日合计，分钟）")
    table.add_column("业务", no_wrap=True)
    for name in ("取号", "叫到", "P50", "P80", "P95", "承诺", "兑现"):
        table.add_column(name, justify="right", no_wrap=True)
    for line, one in zip(plan.lines, told.lines, strict=True):
        waits = [_minutes(value) for value in (one.p50, one.p80, one.p95)]
        shown = [f"{line.prefix} {line.name}", str(one.taken), str(one.called), *waits]
        table.add_row(*shown, f"{one.promise:.0f}", _percent(one.kept))
    return table


def day_lines(told: Figures) -> Iterator[str]:
    """The rest of the days' figures."""
    days = told.days
    yield (
        f"平均每天取号 {told.taken / days:.0f}，办结 {told.served / days:.0f}，过号 {told.misses / days:.1f} 次，"
        f"当日未办 {told.unserved / days:.1f}，停止取号后来的 {told.turned_away / days:.1f}。"
    )
    yield "窗口在岗时间里有人在办的比例：" + "，".join(f"{number} 号 {busy:.0%}" for number, busy in told.busy.items())


def staffing_table(plan: Plan, found: Staffing) -> Table:
    """How many counters of which skills, beside what there is."""
    table = Table(title=f"配窗建议（每项业务 {found.goal:.0%} 的等候在承诺以内）")
    for name, justify in (
        ("窗口办理的业务", "left"),
        ("现有", "right"),
        ("需要", "right"),
        ("其中午间不断岗", "right"),
    ):
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    now = Counter(booth.skills for booth in plan.booths)
    for team in found.teams:
        names = "，再 ".join(plan.lines[line].name for line in team.skills)
        table.add_row(names, str(now[team.skills]), str(team.counters), str(team.through_lunch))
    table.add_section()
    table.add_row(
        "合计", str(now.total()), str(len(found.plan.booths)), str(sum(one.through_lunch for one in found.teams))
    )
    return table


def staffing_lines(plan: Plan, found: Staffing, days: int) -> Iterator[str]:
    """Whether it is enough, and what was assumed."""
    if not found.is_enough:
        below = [line.name for line, share in zip(plan.lines, found.shares, strict=True) if share < found.goal]
        yield f"仍达不到：{'、'.join(below)}。请放宽承诺或减少来客后再算。"
    habits = plan.habits
    yield (
        f"假设：{days} 个模拟日，平均每天来客 {plan.visitors:.0f} 人，各业务的份额按现有窗口的办理能力分；"
        "上下午各一个高峰，午间人少；"
        f"{habits.priority:.0%} 优先，{habits.booked:.0%} 预约（其中 {habits.booked_absent:.0%} 不来），"
        f"{habits.gone:.0%} 叫到时不在；"
        f"办理时间为对数正态，均值与配置分钟数最多差 {habits.mean_error:.0%}，离散 {habits.spread:.0%}；"
        f"开窗平均晚 {habits.late:.0f} 分钟。"
        "等候从取号（预约者从预约时间）算到第一次叫号，没叫到的和没取到号的都算没兑现；不计轮休和请假。"
    )


def _minutes(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"
