"""The floor for tests: real library, hall and casebook, and a small reader that goes by words."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from base.calendar import DayHours, WorkingDays, WorkingTime
from base.db import Database
from bot import BotSettings, CaseTeller, Receptionist, Rooms
from bot.world import CHINA
from cases import CaseBook, CaseSettings
from hallqueue import HALL_FILE, Diary, Hall, QueueSettings, load_hall_file
from intents import Act, Expecting, Facet, Reading
from knowledge import STARTER_FOLDER, KnowledgeSettings, Library, Record, Starter, State, read_starter

ACTS: tuple[tuple[str, Act], ...] = (
    (r"几点|上班|地址在哪|大厅电话|停车", Act.HALL_INFO),
    (r"取个?号|排个?号", Act.TAKE_TICKET),
    (r"^预约|约个", Act.BOOK),
    (r"签到", Act.CHECK_IN),
    (r"轮到|前面还有几", Act.ASK_STATUS_TICKET),
    (r"工单.*(?:进度|怎么样)", Act.ASK_STATUS_CASE),
    (r"挂钩|联系人是谁", Act.ASK_LIAISON),
    (r"反映|投诉", Act.REPORT_ISSUE),
    (r"能享受.*政策|有啥政策", Act.ASK_POLICY_MATCH),
    (r"^(?:你好|您好)", Act.GREET),
    (r"^谢谢", Act.THANKS),
    (r"傻", Act.ABUSE),
    (r"天气|彩票|做饭|股票", Act.OUT_OF_SCOPE),
)
FACETS = (
    ("材料|带什么|带啥", Facet.MATERIALS),
    ("多少钱|收费", Facet.FEE),
    ("多久|几天", Facet.TIME_LIMIT),
    ("网上", Facet.ONLINE),
    ("依据", Facet.BASIS),
    ("条件", Facet.CONDITIONS),
    ("电话", Facet.PHONE),
    ("罚", Facet.OTHER),
    ("补多少|金额", Facet.AMOUNT),
    ("有效期", Facet.VALIDITY),
)
UNKNOWN = re.compile(r"^[a-z ]+$|嘎嘎|咕噜")
REST = re.compile("那|得|要|带?什么|带?啥|材料|多少钱|多久|几天|能|网上|办|吗|呢|有|依据|条件|电话|[?？，。]")
SURE = {
    "执照地址": "company-change-registration",
    "公司变更": "company-change-registration",
    "公司换地址": "company-change-registration",
    "食品经营许可": "food-business-license",
    "排污许可": "pollutant-discharge-permit",
    "稳岗返还": "unemployment-stable-refund",
    "出口退税": "export-tax-refund",
    "采矿": "mining-right-license",
}


class WordReader:
    """Reads by words alone: a topic that is named is sure (0.95), else what search found is unsure (0.5)."""

    version = "words-1"

    def read_clauses(
        self,
        text: str,
        search: Callable[[str], Sequence[tuple[str, float]]],
        expecting: Expecting | None = None,
        published: Collection[str] | None = None,
    ) -> tuple[Reading, ...]:
        """Read a message, as one or by its question marks."""
        del expecting, published
        hits = search(text)
        parts = [part for part in re.split(r"[?？]", text) if part]
        named = {topic for words, topic in SURE.items() if words in text}
        if len(parts) == len(named) > 1:
            return tuple(self._read(part, search(part)) for part in parts)
        return (self._read(text, hits),)

    def _read(self, text: str, hits: Sequence[tuple[str, float]]) -> Reading:
        act = next((act for pattern, act in ACTS if re.search(pattern, text)), Act.ASK_FACET)
        named = tuple((topic, 0.95) for words, topic in SURE.items() if words in text)
        found = named or tuple((topic, 0.5 / place) for place, (topic, _) in enumerate(hits[:5], 1))
        is_known = bool(found) and not UNKNOWN.search(text)
        is_sure = bool(named) or act is not Act.ASK_FACET
        facets = tuple((facet, 0.9) for pattern, facet in FACETS if re.search(pattern, text))
        return Reading(
            text=text,
            plain=text,
            act=act,
            act_p=0.9,
            acts=((act, 0.9),),
            facets=facets or ((Facet.OVERVIEW, 0.9),),
            topics=found if is_known else (),
            entities=(),
            p_right=0.92 if is_sure else (0.5 if is_known else 0.05),
            out_of_scope=0.95 if act is Act.OUT_OF_SCOPE else 0.05,
            coverage=1.0,
            is_known=is_known,
            is_elliptic=bool(facets) and not REST.sub("", text),
            is_emergency=False,
        )


@lru_cache(maxsize=1)
def starter() -> Starter:
    """The starter files, read once."""
    return read_starter(STARTER_FOLDER)


@lru_cache(maxsize=1)
def shared_library() -> Library:
    """A library over the starter files as published on 2 March 2026, without a database."""
    files = starter()
    record = Record(revision=1, state=State.PUBLISHED, starts_on=date(2026, 1, 1), publisher="starter")
    library = Library(KnowledgeSettings())
    entries = [replace(each, record=record) for each in files.entries if each.id not in files.drafts]
    library.use(entries, date(2026, 3, 2), edition=1)
    return library


def working_time(zone: ZoneInfo = CHINA) -> WorkingTime:
    """Statutory working days with weekday hours."""
    return WorkingTime(WorkingDays(), lambda _day: DayHours(), zone)


class Floor:
    """A receptionist with everything it leans on, over a real database."""

    def __init__(self, db: Database, hall_id: int, settings: BotSettings) -> None:
        self.db = db
        self.reader: WordReader | None = WordReader()
        self.library = shared_library()
        self.teller = CaseTeller(db)
        self.casebook = CaseBook(CaseSettings(), working_time(), tell=self.teller.tell)
        self.hall = Hall(QueueSettings())
        self.diary = Diary(QueueSettings(), self.teller.tell_of_booking)
        self.rooms = Rooms(self.hall, self.diary, self.casebook, hall_id)
        self.receptionist = Receptionist(db, lambda: self.reader, self.library, self.rooms, settings)


async def floor_of(db: Database, settings: BotSettings | None = None) -> Floor:
    """Found the hall and open the floor."""
    hall_file = load_hall_file(Path(HALL_FILE))
    hall_id = await db.write(lambda session: Hall(QueueSettings()).found(session, hall_file))
    return Floor(db, hall_id, settings or BotSettings())
