"""The generic cell rate algorithm: so many at once, so many in the long run, each key for itself."""

import pytest

from server import limits
from server.limits import Limit, TooMany


class Watch:
    """Stands in for the monotonic clock."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """The seconds now."""
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A watch that a test moves."""
    made = Watch()
    monkeypatch.setattr(limits, "time", made)
    return made


def spent(limit: Limit, key: str, times: int) -> int:
    """How many of ``times`` went through."""
    done = 0
    for _ in range(times):
        try:
            limit.spend(key, "取号太频繁")
        except TooMany:
            continue
        done += 1
    return done


def test_a_burst_then_the_rate(watch: Watch) -> None:
    """Five at once, then one every six minutes; after a long rest five again."""
    limit = Limit(per_hour=10, burst=5)
    assert spent(limit, "a", 9) == 5
    watch.now += 359
    assert spent(limit, "a", 9) == 0
    watch.now += 1
    assert spent(limit, "a", 9) == 1
    watch.now += 100_000
    assert spent(limit, "a", 9) == 5


def test_the_long_run(watch: Watch) -> None:
    """Somebody who never stops gets ``per_hour`` and no more."""
    limit = Limit(per_hour=60, burst=3)
    done = 0
    for _ in range(3600 * 4):
        done += spent(limit, "a", 1)
        watch.now += 1
    assert 240 <= done <= 243


def test_the_refusal_says_how_long(watch: Watch) -> None:
    """Waiting as long as it says is enough."""
    limit = Limit(per_hour=100, burst=1)
    limit.spend("a", "取号太频繁")
    watch.now += 0.5
    with pytest.raises(TooMany, match=r"^取号太频繁，请 36 秒后再试。$") as refused:
        limit.spend("a", "取号太频繁")
    assert refused.value.detail == {"retry_seconds": 36}
    watch.now += 36
    limit.spend("a", "取号太频繁")


def test_keys_do_not_know_each_other(watch: Watch) -> None:
    """One who overdoes it harms nobody else."""
    limit = Limit(per_hour=10, burst=2)
    assert watch.now == 1000
    assert [spent(limit, key, 5) for key in ("a", "b")] == [2, 2]


def test_pardon_and_refund(watch: Watch) -> None:
    """All is forgotten, or one is given back; never more than was spent."""
    limit = Limit(per_hour=10, burst=3)
    assert watch.now == 1000
    spent(limit, "a", 3)
    limit.refund("a")
    assert spent(limit, "a", 3) == 1
    limit.pardon("a")
    assert spent(limit, "a", 5) == 3
    for _ in range(9):
        limit.refund("b")
        limit.refund("a")
    assert [spent(limit, key, 9) for key in ("a", "b")] == [3, 3]


def test_what_is_over_is_forgotten(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of addresses does not stay in memory."""
    monkeypatch.setattr(limits, "SWEEP_EVERY", 100)
    limit = Limit(per_hour=3600, burst=2)
    for n in range(1000):
        limit.spend(f"address {n}", "取号太频繁")
        watch.now += 1
    assert len(limit._due) <= 102  # noqa: SLF001 (the memory it keeps is the point)
