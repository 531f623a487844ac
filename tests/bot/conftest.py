"""What the conversation's tests share."""

import pytest

from base.db import Database
from tests.bot.house import Floor, floor_of


@pytest.fixture
async def floor(db: Database) -> Floor:
    """A receptionist over each kind of database."""
    return await floor_of(db)
