"""What editors read of the chat: how an entry would be said, what was asked, who was told what."""

from dataclasses import replace
from datetime import date, timedelta

from base.db import Database
from bot import Inbound, plain, preview, questions_since, told_from
from tests.bot.house import floor_of, shared_library

CODE = "food-business-license"


async def test_those_who_were_told_a_revision_are_found(db: Database) -> None:
    """With their question and the channel; another revision was told to nobody."""
    floor = await floor_of(db)
    await floor.receptionist.hear(Inbound("web", "", "k1", "食品经营许可要什么材料"))
    await floor.receptionist.hear(Inbound("web", "", "k2", "排污许可多少钱"))
    told = await db.read(lambda s: told_from(s, [(CODE, 1), ("nobody", 3)]))
    assert [(each.entry, each.revision, each.channel, each.question) for each in told] == [
        (CODE, 1, "web", "食品经营许可要什么材料")
    ]
    assert await db.read(lambda s: told_from(s, [(CODE, 2)])) == []
    assert await db.read(lambda s: told_from(s, [])) == []


async def test_past_questions_are_counted_newest_first(db: Database) -> None:
    """Greetings are no questions; the same words twice are one question."""
    floor = await floor_of(db)
    for place, text in enumerate(("排污许可多少钱", "你好", "食品经营许可要什么材料", "排污许可多少钱")):
        await floor.receptionist.hear(Inbound("web", "", f"k{place}", text))
    since = await db.read(lambda s: s.now - timedelta(days=30))
    assert await db.read(lambda s: questions_since(s, since)) == [
        ("排污许可多少钱", 2),
        ("食品经营许可要什么材料", 1),
    ]
    assert await db.read(lambda s: questions_since(s, s.now + timedelta(seconds=1))) == []


def test_preview_says_the_draft_and_not_what_is_published() -> None:
    """The card is made as the chat makes it, from the text given."""
    library = shared_library()
    draft = replace(library.snapshot.entries[CODE], fee="收费 10 元")
    turn = preview(library.snapshot, draft, date(2026, 3, 2))
    assert "费用：收费 10 元" in plain(turn)
    assert {each.id for each in turn.cards[0].sources} >= {CODE}
