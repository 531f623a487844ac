"""The code shown in the hall for those who take a number by phone: it changes by the clock, so it proves a recent look.

HMAC-SHA-256 of the window's number under the hall's secret, cut to digits as RFC 4226 does it.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DIGITS = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Turning:
    """A hall's code: its ``secret``, and for how long one code is shown."""

    secret: str
    window: timedelta


def code_at(turning: Turning, moment: datetime) -> str:
    """The six digits shown at ``moment``."""
    return _code(turning, _window(turning, moment))


def until(turning: Turning, moment: datetime) -> datetime:
    """When the code of ``moment`` gives way to the next."""
    return _EPOCH + (_window(turning, moment) + 1) * turning.window


def is_right(said: str, turning: Turning, moment: datetime) -> bool:
    """Whether ``said`` is the code of ``moment`` or the one before it; blanks do not count."""
    bare = "".join(said.split())
    here = _window(turning, moment)
    return any(hmac.compare_digest(bare.encode(), _code(turning, one).encode()) for one in (here, here - 1))


def _window(turning: Turning, moment: datetime) -> int:
    return (moment - _EPOCH) // turning.window


def _code(turning: Turning, window: int) -> str:
    digest = hmac.digest(turning.secret.encode(), window.to_bytes(8), "sha256")
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)
