"""差评待整改: a bad rating becomes a case of its own kind: hour, service and reason; nothing says who rated."""

from zoneinfo import ZoneInfo

from base.db import WriteSession
from cases import SYSTEM, CaseBook, Kind, Opening
from hallqueue import RatingView, TellOfBadRating


def case_opener(casebook: CaseBook, zone: ZoneInfo) -> TellOfBadRating:
    """The hook of ``Hall``: open the case in the job that keeps the rating, so once and never without it."""

    def tell(session: WriteSession, hall: int, rating: RatingView) -> None:
        opening = Opening(hall, Kind.BAD_RATING, summary(rating, zone), origin=f"rating:{rating.id}")
        casebook.open(session, opening, SYSTEM)

    return tell


def summary(rating: RatingView, zone: ZoneInfo) -> str:
    """The rating in a few words: “不满意：税务，3 月 2 日 10 时。原因：等候太久。留言：……”."""
    at = rating.at.astimezone(zone)
    why = f"原因：{'、'.join(rating.tags)}。" if rating.tags else "没有选原因。"
    words = f"留言：{rating.text}" if rating.text else ""
    return f"{rating.level}：{rating.service_name}，{at.month} 月 {at.day} 日 {at.hour} 时。{why}{words}"
