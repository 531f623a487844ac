"""Numbers on tickets: prefix + three digits, gapless in a service's day; 900–999 are kept for kiosks cut off."""

DIGITS = 3
LAST_BEFORE_BLOCKS = 899
BLOCKS_FROM, BLOCKS_TO = 900, 999
FIRST_AFTER_BLOCKS = 1000
_SPOKEN = "零一二三四五六七八九"


def next_serial(last: int) -> int:
    """The serial after ``last`` (0: the day's first); 899 is followed by 1000."""
    return FIRST_AFTER_BLOCKS if last == LAST_BEFORE_BLOCKS else last + 1


def ticket_number(prefix: str, serial: int) -> str:
    """What is printed: ``A012``; wider past 999, never wrapped."""
    return f"{prefix}{serial:0{DIGITS}d}"


def spoken(number: str) -> str:
    """A ticket's number as it is said: ``A 零一二``."""
    head = number.rstrip("0123456789")
    digits = "".join(_SPOKEN[int(digit)] for digit in number[len(head) :])
    return f"{head} {digits}".strip()


def next_block(last: int | None, size: int) -> tuple[int, int] | None:
    """First and last serial of the block behind ``last``, where the day's blocks end so far; None: no room is left."""
    first = BLOCKS_FROM if last is None else last + 1
    return (first, first + size - 1) if first + size - 1 <= BLOCKS_TO else None
