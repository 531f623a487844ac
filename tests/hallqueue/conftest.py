"""A founded hall on each database."""

import pytest

from base.clock import SetClock
from base.db import Database
from tests.hallqueue.builders import OpenHall, opened


@pytest.fixture
async def house(db: Database, clock: SetClock) -> OpenHall:
    """The shipped hall, with clerks at counters 2 (A), 3 (A, B) and 4 (B)."""
    return await opened(db, clock, 2, 3, 4)
