"""Numbers as people write them: ``3``, ``三``, ``两百五``, ``1.2``, ``十来``."""

from decimal import Decimal

DIGITS = {"零": 0, "〇": 0, "一": 1, "幺": 1, "二": 2, "两": 2, "俩": 2, "三": 3, "仨": 3, "四": 4, "五": 5}
DIGITS |= {"六": 6, "七": 7, "八": 8, "九": 9}
SCALES = {"十": 10, "百": 100, "千": 1000}
MYRIADS = {"万": 10_000, "亿": 100_000_000}
NUMERAL = r"(?:\d+(?:[.,]\d+)?|[零〇一二两俩三仨四五六七八九十百千]+)"


def number(text: str) -> Decimal | None:
    """The value of ``text`` (digits, or Chinese numerals with 万 and 亿), or None if it is no number."""
    if text[:1].isascii():
        plain = text.replace(",", "")
        return Decimal(plain) if plain.replace(".", "", 1).isdigit() else None
    total, part = 0, ""
    for letter in text:
        if letter in MYRIADS:
            value = _below_myriad(part)
            if value is None:
                return None
            total, part = (total + value) * MYRIADS[letter], ""
        else:
            part += letter
    value = _below_myriad(part) if part else 0
    return None if value is None else Decimal(total + value)


def _below_myriad(text: str) -> int | None:
    if text and all(letter in DIGITS for letter in text):
        return int("".join(str(DIGITS[letter]) for letter in text))
    total, digit, last = 0, 0, 1
    for letter in text:
        if letter in DIGITS:
            digit = DIGITS[letter]
        elif letter in SCALES:
            last = SCALES[letter]
            total, digit = total + (digit or 1) * last, 0
        else:
            return None
    trailing = digit * (last // 10) if digit and last > 10 and text[-2] in SCALES else digit  # noqa: PLR2004 (百)
    return total + trailing
