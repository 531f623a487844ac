"""The same request twice is carried out once."""

import pytest

from base.clock import SetClock
from base.db import Database
from base.errors import BadInput, Conflict
from base.idempotency import forget_old, once


async def ask(db: Database, key: str | None, body: object, answers: list[int]) -> dict[str, int]:
    """Carry out an act that answers one higher each time it really runs."""

    def act() -> dict[str, int]:
        answers.append(len(answers) + 1)
        return {"n": answers[-1]}

    return await db.write(lambda session: once(session, ("staff:1", "take"), key, body, act))


async def test_same_key_gives_the_same_answer(db: Database) -> None:
    """The act ran once."""
    answers: list[int] = []
    assert await ask(db, "k", {"a": 1}, answers) == {"n": 1}
    assert await ask(db, "k", {"a": 1}, answers) == {"n": 1}
    assert answers == [1]


async def test_same_key_with_another_body_is_a_conflict(db: Database) -> None:
    """And nothing runs."""
    answers: list[int] = []
    await ask(db, "k", {"a": 1}, answers)
    with pytest.raises(Conflict):
        await ask(db, "k", {"a": 2}, answers)
    assert answers == [1]


async def test_without_a_key_every_request_acts(db: Database) -> None:
    """No key, no memory."""
    answers: list[int] = []
    await ask(db, None, {}, answers)
    assert await ask(db, None, {}, answers) == {"n": 2}


async def test_a_refusal_is_judged_anew(db: Database) -> None:
    """What raised is not remembered."""

    def refuse() -> dict[str, int]:
        raise BadInput("不行")

    with pytest.raises(BadInput):
        await db.write(lambda session: once(session, ("staff:1", "take"), "k", {}, refuse))
    assert await ask(db, "k", {}, []) == {"n": 1}


async def test_keys_are_forgotten_after_a_day(db: Database, clock: SetClock) -> None:
    """Then the same key acts again."""
    answers: list[int] = []
    await ask(db, "k", {}, answers)
    clock.advance(hours=25)
    assert await db.write(forget_old) == 1
    assert await ask(db, "k", {}, answers) == {"n": 2}
