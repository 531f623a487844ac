"""The small model's school: what ``main.py train`` does, with a few sentences, in a few seconds.

``python -m tests.server.small_school`` is the command that the learner's tests give.
"""

import asyncio
import os
import sys
from dataclasses import replace
from datetime import date

from base.clock import Clock
from base.db import Database
from base.settings import Settings, load
from intents import IntentSettings, no_progress
from knowledge import Entry, Kind, KnowledgeSettings, Library
from server.house import SECTIONS
from server.learner import School, told_of
from server.learning import Lessons, Stock, stock_of, train_model
from server.settings import DatabaseSettings
from tests.intents.builders import TEXTS, small_examples
from tests.journeys.served import HOUSE
from tests.knowledge.builders import GUIDE

DAY = date(2026, 3, 2)


def small_entries() -> tuple[Entry, ...]:
    """The small model's topics as entries of a library."""
    return tuple(
        replace(
            GUIDE,
            id=text.id,
            kind=Kind.GUIDE,
            title=text.title,
            aliases=text.aliases,
            questions=text.questions,
            steps=(text.body,),
        )
        for text in TEXTS
    )


def small_school(settings: Settings) -> School:
    """Trains the small model on the library of ``settings``' database."""
    environment = {**os.environ, **told_of(settings), "PYTHONPATH": str(HOUSE)}
    return School((sys.executable, "-m", "tests.server.small_school"), environment, small_examples())


async def stock(settings: Settings) -> Stock:
    """What is published in the database of ``settings``."""
    db = Database(settings[DatabaseSettings].url, Clock())
    try:
        return await stock_of(db, Library(settings[KnowledgeSettings]), DAY)
    finally:
        await db.close()


def main() -> None:
    """Train, judge, promote."""
    settings = load(None, os.environ, SECTIONS)
    lessons = Lessons(small_examples(), ())
    train_model(settings[IntentSettings], asyncio.run(stock(settings)), no_progress, lessons)


if __name__ == "__main__":
    main()
