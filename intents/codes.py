"""Numbers with a check character: credit codes, identity cards, bank cards; ``mask`` hides the personal ones."""

import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum

CREDIT_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_LENGTH = 18
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"
_LONG = re.compile(r"(?<![0-9A-Za-z])[0-9](?:[ -]?[0-9A-Za-z]){14,18}(?![0-9A-Za-z])")
_OLD_ID = 15
_HALF_WIDTH = {0xFF10 + n: ord("0") + n for n in range(10)}
_HALF_WIDTH |= {0xFF21 + n: ord("A") + n for n in range(26)} | {0xFF41 + n: ord("a") + n for n in range(26)}
_HALF_WIDTH |= {0x3000: ord(" "), 0xFF0D: ord("-")}


class Code(StrEnum):
    """Which kind of long number it is."""

    CREDIT_CODE = "credit_code"
    ID_CARD = "id_card"
    BANK_CARD = "bank_card"


MASKS = {Code.ID_CARD: "［身份证号］", Code.BANK_CARD: "［银行卡号］"}


def is_credit_code(text: str) -> bool:
    """Whether ``text`` is a 统一社会信用代码 with the right check character (GB 32100—2015)."""
    code = text.upper()
    if len(code) != _LENGTH or any(letter not in CREDIT_LETTERS for letter in code):
        return False
    total = sum(CREDIT_LETTERS.index(letter) * pow(3, place, 31) for place, letter in enumerate(code[:-1]))
    return CREDIT_LETTERS[-total % 31] == code[-1]


def is_id_card(text: str) -> bool:
    """Whether ``text`` is a resident identity number: a birthday and the right check character (GB 11643)."""
    code = text.upper()
    if not _looks_like_id(code):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(code, _ID_WEIGHTS, strict=False))
    return _ID_CHECK[total % 11] == code[-1]


def is_bank_card(text: str) -> bool:
    """Whether ``text`` is 16–19 digits that pass Luhn's check."""
    if not (text.isdigit() and 16 <= len(text) <= 19):  # noqa: PLR2004 (their lengths)
        return False
    doubled = (int(digit) * 2 for digit in text[-2::-2])
    plain = (int(digit) for digit in text[::-2])
    return (sum(each // 10 + each % 10 for each in doubled) + sum(plain)) % 10 == 0


def codes(text: str) -> Iterator[tuple[Code, str, int, int]]:
    """Every long number in ``text``: kind, its letters without blanks, start and end.

    What has the form of an identity card is one even with a wrong check character: better hidden than written.
    """
    for found in _LONG.finditer(text.translate(_HALF_WIDTH)):
        letters = re.sub("[ -]", "", found.group()).upper()
        kind = _kind(letters)
        if kind is not None:
            yield kind, letters, found.start(), found.end()


def mask(text: str) -> str:
    """``text`` with identity-card and bank-card numbers replaced: run this before anything is written."""
    if sum(letter.isdigit() for letter in text) < _OLD_ID:
        return text
    for kind, _, start, end in reversed(list(codes(text))):
        if kind in MASKS:
            text = text[:start] + MASKS[kind] + text[end:]
    return text


def _kind(letters: str) -> Code | None:
    if is_id_card(letters):
        return Code.ID_CARD
    if is_credit_code(letters):
        return Code.CREDIT_CODE
    if is_bank_card(letters):
        return Code.BANK_CARD
    if _looks_like_id(letters) or (len(letters) == _OLD_ID and letters.isdigit() and _is_day("19" + letters[6:12])):
        return Code.ID_CARD
    return None


def _looks_like_id(code: str) -> bool:
    return len(code) == _LENGTH and code[:17].isdigit() and (code[17] in "0123456789X") and _is_day(code[6:14])


def _is_day(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return text[:2] in ("18", "19", "20")
