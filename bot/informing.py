"""What is said about the hall itself, about a number's place in the line, and about a case. Pure."""

from bot.world import hall_phone, published
from cases import PublicCase
from hallqueue import HallView, TicketView

UNPUBLISHED = "本厅尚未公布"
SAMPLE = "（示例，未经本厅确认）"
GUIDE_DESK = "请以大厅公告为准，或到导办台询问。"
Made = tuple[list[str], bool]


def about(hall: HallView | None, aspects: tuple[str, ...]) -> Made:
    """Lines about the hall, and whether all of it is published."""
    if hall is None:
        return [f"大厅的时间、地址和电话：{UNPUBLISHED}。{GUIDE_DESK}"], False
    made = [_aspect(hall, aspect) for aspect in aspects]
    lines = [hall.name, *(line for line, _ in made)]
    return lines, all(is_held for _, is_held in made)


def _aspect(hall: HallView, aspect: str) -> tuple[str, bool]:
    match aspect:
        case "hours" | "lunch":
            return _hours(hall, aspect)
        case "address":
            return _value("地址", published(hall.profile.get("address")))
        case "phone":
            return _value("电话", hall_phone(hall))
        case "facilities":
            return _value("便民设施", _facilities(hall))
        case _:
            return _value("停车", "")


def _value(name: str, text: str) -> tuple[str, bool]:
    return (f"{name}：{text}{SAMPLE}", True) if text else (f"{name}：{UNPUBLISHED}。{GUIDE_DESK}", False)


def _hours(hall: HallView, aspect: str) -> tuple[str, bool]:
    if hall.is_trial:
        return f"{hall.hours_text}。正式办公时间：{UNPUBLISHED}。", False
    lunch = "中午是否有人值守请看窗口安排。" if aspect == "lunch" else ""
    return f"{hall.hours_text}。{lunch}", True


def _facilities(hall: HallView) -> str:
    zones = hall.profile.get("zones")
    rows = zones if isinstance(zones, list) else []
    found = [str(name) for zone in rows for name in zone.get("functions", ()) if zone.get("code") in ("Z2", "Z9")]
    return "、".join(found)


def ahead(ticket: TicketView) -> str:
    """“前面 3 人，预计 10–20 分钟”."""
    people = f"前面{'至少' if ticket.is_ahead_capped else ''} {ticket.ahead} 人" if ticket.ahead else "前面没有人"
    if ticket.wait is None:
        return f"{people}，等候时间暂无法估计"
    return f"{people}，预计 {ticket.wait.p50_minutes}–{ticket.wait.p80_minutes} 分钟"


def ticket_line(ticket: TicketView) -> str:
    """How a ticket stands, in one line."""
    if ticket.state == "waiting":
        return f"{ticket.number}（{ticket.service_name}）：排队中，{ahead(ticket)}。"
    if ticket.counter is not None and ticket.state in ("called", "serving"):
        return f"{ticket.number}（{ticket.service_name}）：{ticket.state_name}，请到 {ticket.counter} 号窗口。"
    return f"{ticket.number}（{ticket.service_name}）：{ticket.state_name}。"


def case_line(case: PublicCase) -> str:
    """How a case stands, in one line."""
    due = f"，{case.due_text}答复" if case.due_text and not case.answer else ""
    answer = f"答复：{case.answer}" if case.answer else ""
    return f"工单 {case.number}（{case.kind_name}）：{case.status_text}{due}。{answer}"
