"""What the tests of the cases build with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from zoneinfo import ZoneInfo

from base.calendar import DayHours, WorkingDays, WorkingTime
from base.db import Database, WriteSession
from cases import Action, Actor, CaseBook, CaseOrder, CaseSettings, CaseView, Kind, Opening

T = TypeVar("T")
ZONE = ZoneInfo("Asia/Shanghai")
ENQUIRY = Actor.of("staff:1", ["enquiry"])
OFFICE = Actor.of("staff:2", ["office"])
LEAD = Actor.of("staff:3", ["supervisor"])
OTHER_LEAD = Actor.of("staff:4", ["supervisor"])
CHIEF = Actor.of("staff:5", ["admin"])
TAX = "税务局"


@dataclass
class Told:
    """Collects what enterprises were told."""

    texts: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    addresses: list[str | None] = field(default_factory=list)

    def __call__(self, session: WriteSession, case: CaseView, text: str, key: str) -> None:
        """Note one telling."""
        assert session.now
        self.texts.append(text)
        self.keys.append(key)
        self.addresses.append(case.reply_to)


def working_time(days: WorkingDays | None = None) -> WorkingTime:
    """Statutory days with hours 08:30–12:00 and 13:00–16:30."""
    return WorkingTime(days or WorkingDays(), lambda _day: DayHours(), ZONE)


@dataclass
class Desk:
    """A case book on a database, with short ways to use it."""

    db: Database
    days: WorkingDays = field(default_factory=WorkingDays)
    told: Told = field(default_factory=Told)
    book: CaseBook = field(init=False)

    def __post_init__(self) -> None:
        self.book = CaseBook(CaseSettings(), working_time(self.days), tell=self.told)

    async def open(self, **changes: object) -> CaseView:
        """A consultation about tax, with ``changes``."""
        plain = {"hall": 1, "kind": Kind.CONSULT, "summary": "设备更新补贴怎么申报", "reply_to": "web:1", **changes}
        opening = Opening(**plain)  # type: ignore[arg-type]
        return await self.db.write(lambda session: self.book.open(session, opening), "cases:1")

    async def act(self, case: int, actor: Actor, action: Action, **parts: object) -> CaseView:
        """Carry one action out."""
        order = CaseOrder(action, **parts)  # type: ignore[arg-type]
        return await self.db.write(lambda session: self.book.act(session, case, actor, order), f"case:{case}")

    async def read(self, look: Callable[[CaseView], T], case: int, actor: Actor = LEAD) -> T:
        """Look at a case."""
        return look(await self.view(case, actor))

    async def view(self, case: int, actor: Actor = LEAD) -> CaseView:
        """A case with its timeline."""
        return await self.db.read(lambda session: self.book.view(session, case, actor))

    async def tend(self) -> dict[int, tuple[Action, ...]]:
        """Tend every ripe case; what was done."""
        ripe = await self.db.read(self.book.ripe)
        done = {}
        for case in ripe:
            done[case] = await self.db.write(lambda session, case=case: self.book.tend(session, case), f"case:{case}")  # type: ignore[misc]
        return done

    async def in_hand(self, **changes: object) -> CaseView:
        """A case that the tax office has signed for."""
        case = await self.open(**changes)
        await self.act(case.id, LEAD, Action.ACCEPT_AND_DISPATCH, office=TAX)
        return await self.act(case.id, OFFICE, Action.SIGN)

    async def at_call_back(self) -> CaseView:
        """A case that was answered and reviewed."""
        case = await self.in_hand()
        await self.act(case.id, OFFICE, Action.ANSWER, text="请在 3 月底前通过省平台申报。")
        return await self.act(case.id, LEAD, Action.APPROVE)

    async def closed(self) -> CaseView:
        """A case that was closed as satisfied."""
        case = await self.at_call_back()
        return await self.act(case.id, OTHER_LEAD, Action.CLOSE, rating="satisfied")
