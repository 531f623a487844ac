"""Words that several pages say in the same way: waits, places in line, levels of the rating."""

from hallqueue import TicketView, WaitRange

NO_ESTIMATE = "暂无法估计"
HOURS_FROM = 120
STARS = ((5, "非常满意"), (4, "满意"), (3, "基本满意"), (2, "不满意"), (1, "非常不满意"))
GOOD_TAGS = ("态度热情", "一次办成", "讲解清楚", "等候不久")
BAD_TAGS = ("等候太久", "材料说不清", "态度生硬", "来回跑")
LIGHTS = {"green": ("ok", "正常"), "amber": ("warn", "偏久"), "red": ("late", "过久")}


def wait_words(wait: WaitRange | None) -> str:
    """“约 10–20 分钟”, from two hours on in hours, or that there is no honest estimate."""
    if wait is None:
        return NO_ESTIMATE
    if wait.p80_minutes <= 1:
        return "马上轮到"
    if wait.p50_minutes >= HOURS_FROM:
        return _between(wait.p50_minutes // 60, -(-wait.p80_minutes // 60), "小时")
    return _between(wait.p50_minutes, wait.p80_minutes, "分钟")


def _between(least: int, most: int, unit: str) -> str:
    return f"约 {most} {unit}" if least == most else f"约 {least}–{most} {unit}"


def ahead_words(ticket: TicketView) -> str:
    """How many are ahead, capped as the queue counts them."""
    return f"{ticket.ahead}+" if ticket.is_ahead_capped else str(ticket.ahead)


def before_words(ticket: TicketView) -> str:
    """“前面 3 人”, or that nobody is ahead."""
    return f"前面 {ahead_words(ticket)} 人" if ticket.ahead else "前面没有人"


def waiting_words(waiting: int) -> str:
    """How many wait for a service."""
    return f"等 {waiting} 人" if waiting else "无人等候"
