"""Limits per person, device and address: the generic cell rate algorithm, in memory, one number a key."""

import math
import time

from base.errors import Unavailable

SWEEP_EVERY = 4096


class TooMany(Unavailable):
    """The caller does this too often; ``detail`` holds ``retry_seconds``."""

    code = "too_many"


class Limit:
    """At most ``burst`` at once and ``per_hour`` in the long run for each key."""

    def __init__(self, *, per_hour: float, burst: int) -> None:
        self._interval = 3600.0 / per_hour
        self._tolerance = self._interval * (burst - 1)
        self._due: dict[str, float] = {}
        self._spent = 0

    def spend(self, key: str, what: str) -> None:
        """Count one for ``key``; over the limit raises ``TooMany`` (“<what>，请 N 秒后再试”), counting nothing."""
        now = time.monotonic()
        due = max(self._due.get(key, 0.0), now)
        if due - now > self._tolerance:
            wait = math.ceil(due - now - self._tolerance)
            raise TooMany(f"{what}，请 {wait} 秒后再试。", detail={"retry_seconds": wait})
        self._due[key] = due + self._interval
        self._spent += 1
        if self._spent % SWEEP_EVERY == 0:
            self._due = {name: moment for name, moment in self._due.items() if moment > now}

    def refund(self, key: str) -> None:
        """Take back one that was counted for ``key``: it turned out to be no abuse."""
        if key in self._due:
            self._due[key] -= self._interval

    def pardon(self, key: str) -> None:
        """Forget what ``key`` spent."""
        self._due.pop(key, None)
