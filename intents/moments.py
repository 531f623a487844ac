"""Dates, times of day and spans in a sentence. Relative ones stay relative: no clock here."""

import re
from collections.abc import Iterator

from intents.numerals import NUMERAL, number

_YEAR = r"(20\d{2}|二[〇零][〇零一二三四五六七八九]{2})"
_MONTH = r"(1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_DAY = r"(3[01]|[12]\d|0?[1-9]|[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])"
_DATE = re.compile(rf"(?:{_YEAR}[年./-])?{_MONTH}月(?:{_DAY}[日号]?)?|{_YEAR}[./-]{_MONTH}[./-]{_DAY}(?!\d)")
_ONLY_YEAR = re.compile(r"(20\d{2})年(?!\d)")
_ONLY_DAY = re.compile(r"(?<![\d月第])(3[01]|[12]\d|[1-9])号(?![窗楼门院线])")
_WEEK = re.compile(r"(上上|下下|上|下|本|这)?个?(?:周|星期|礼拜)([一二三四五六日天末])")
_NEAR = re.compile(
    r"大前天|大后天|前天|昨天|昨儿|今天|今儿|今日|明天|明儿|明日|后天|后儿|上个?月|这个?月|本月|下个?月|去年|今年|明年|前年"
)
_HOUR = re.compile(
    r"(早上|上午|中午|下午|晚上)?(2[0-4]|1\d|\d|十[一二]?|[一二两三四五六七八九])"
    r"(?:点钟?|[:：](?=[0-5]\d))(半|一刻|[0-5]\d)?分?"
)
_SPAN = re.compile(rf"(半|{NUMERAL})(?:来|多)?个?(?:的)?(工作日|小时|钟头|分钟|天|周|星期|礼拜|月|年)(半)?(?!\d)")
_DAYS = {"大前": -3, "前": -2, "昨": -1, "去": -1, "今": 0, "明": 1, "后": 2, "大后": 3}
_MONTHS = {"上": -1, "这": 0, "本": 0, "下": 1}
_WEEKS = {"上上": -2, "上": -1, "本": 0, "这": 0, None: 0, "下": 1, "下下": 2}
_UNITS = {
    "工作日": "working_day", "小时": "hour", "钟头": "hour", "分钟": "minute", "天": "day", "周": "week",
    "星期": "week", "礼拜": "week", "月": "month", "年": "year",
}  # fmt: skip
Found = tuple[str, int, int]


def dates(text: str) -> Iterator[Found]:
    """Each date or time of day as (value, start, end); values as ``entities.Entity`` describes them."""
    for found in _DATE.finditer(text):
        yield _calendar(found), found.start(), found.end()
    for found in _ONLY_YEAR.finditer(text):
        if not _DATE.match(text, found.start()):
            yield found.group(1), found.start(), found.end()
    for found in _ONLY_DAY.finditer(text):
        yield f"--{int(found.group(1)):02d}", found.start(), found.end()
    for found in _WEEK.finditer(text):
        day = "一二三四五六日".find(found.group(2).replace("天", "日").replace("末", "六")) + 1
        yield f"week{_WEEKS[found.group(1)]:+d}.{day}", found.start(), found.end()
    for found in _NEAR.finditer(text):
        yield _near(found.group()), found.start(), found.end()
    for found in _HOUR.finditer(text):
        yield _time(found), found.start(), found.end()


def spans(text: str) -> Iterator[Found]:
    """Each span of time as (value, start, end): ``3 month``, ``0.5 year``."""
    for found in _SPAN.finditer(text):
        amount = "0.5" if found.group(1) == "半" else number(found.group(1))
        if amount is not None and (found.group(2) != "年" or not found.group(1).startswith("20")):
            more = ".5" if found.group(3) else ""
            yield f"{amount}{more} {_UNITS[found.group(2)]}", found.start(), found.end()


def _calendar(found: re.Match[str]) -> str:
    year, month, day = (found.group(n) or found.group(n + 3) for n in (1, 2, 3))
    parts = [_year(year)] if year else []
    parts += [f"{number(part):0>2}" for part in (month, day) if part]
    return "-".join(parts) if year or day else f"month={parts[0]}"


def _year(text: str) -> str:
    return text if text.isascii() else str(number(text.replace("〇", "零")))


def _near(text: str) -> str:
    if text.endswith("月"):
        return f"month{_MONTHS[text[0]]:+d}"
    if text.endswith("年"):
        return f"year{_DAYS[text[:-1]]:+d}"
    return f"day{_DAYS[text[:-1]]:+d}"


def _time(found: re.Match[str]) -> str:
    hour = int(number(found.group(2)) or 0)
    if found.group(1) in ("下午", "晚上") and hour < 12:  # noqa: PLR2004 (noon)
        hour += 12
    minute = {"半": "30", "一刻": "15", None: "00"}.get(found.group(3), found.group(3))
    return f"T{hour:02d}:{minute}"
