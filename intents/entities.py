"""What can be picked out of a sentence by its form: codes, numbers, dates, money, places, and words of a profile."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from intents.codes import codes
from intents.lexicon import INDUSTRIES, PLACES, SIZES, STAGES
from intents.moments import dates, spans
from intents.numerals import NUMERAL, number


class EntityKind(StrEnum):
    """What was found."""

    CREDIT_CODE = "credit_code"
    PHONE = "phone"
    ID_CARD = "id_card"
    BANK_CARD = "bank_card"
    DATE = "date"
    SPAN = "span"
    MONEY = "money"
    TICKET = "ticket"
    CASE = "case"
    PLACE = "place"
    INDUSTRY = "industry"
    SCALE = "scale"
    STAGE = "stage"


@dataclass(frozen=True, slots=True)
class Entity:
    """Something found at ``start``–``end`` of the normalised text; ``value`` is its plain form.

    Dates: ``2026-03-05``, ``03-05``, ``--05`` (a day only), ``month=03``, or relative ``day+1``, ``week+1.3`` (next
    week's Wednesday), ``month-1``, ``year+0``; times of day ``T09:30``. Spans ``3 month``. Money in yuan. Places in
    full, industries, scales and stages as codes; numbers without blanks, letters in capitals.
    """

    kind: EntityKind
    text: str
    value: str
    start: int
    end: int


_NUMERIC = re.compile(r"[0-9零〇一二两俩三仨四五六七八九十百千万亿半]")
_NEARLY_DATE = re.compile(r"[周期拜天儿日月年点号:：]")
_PHONE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d[ -]?\d{4}[ -]?\d{4})(?!\d)|(?<!\d)(0\d{2,3}-?[2-8]\d{6,7})(?!\d)")
_TICKET = re.compile(r"(?<![0-9a-zA-Z])([a-zA-Z]{1,2})[- ]?(\d{3,4})(?![0-9a-zA-Z.])")
_CASE = re.compile(r"(?<![0-9a-zA-Z])([a-zA-Z]{0,4}-?20\d{2}[01]\d(?:[0-3]\d)?-?\d{3,6})(?![0-9a-zA-Z])")
_MONEY = re.compile(
    rf"({NUMERAL})[来多几]?(亿|千万|百万|万|千)?(?:块钱|块|元钱|元|圆)"
    rf"|({NUMERAL})[来多几]?(亿|千万|百万|万)(?![0-9人户吨平个台亩件只头斤])"
)
_LARGE = {"亿": 10**8, "千万": 10**7, "百万": 10**6, "万": 10**4, "千": 10**3}
_WORDS: dict[str, tuple[EntityKind, str]] = {
    word: (kind, code)
    for kind, table in (
        (EntityKind.PLACE, PLACES),
        (EntityKind.INDUSTRY, INDUSTRIES),
        (EntityKind.SCALE, SIZES),
        (EntityKind.STAGE, STAGES),
    )
    for code, words in table.items()
    for word in words
}
_FIRST = frozenset(word[0] for word in _WORDS)
_LENGTHS = tuple(sorted({len(word) for word in _WORDS}, reverse=True))


def find(text: str) -> tuple[Entity, ...]:
    """Every entity of the normalised ``text``, in order.

    Where two overlap, this order decides: codes, phones, case and ticket numbers, money, dates, spans, words; then
    the longer.
    """
    taken: list[Entity] = []
    if _NUMERIC.search(text):
        _add(taken, _numbers(text))
        _add(taken, _amounts(text))
    if _NEARLY_DATE.search(text):
        _add(taken, (_entity(EntityKind.DATE, text, *each) for each in dates(text)))
        _add(taken, (_entity(EntityKind.SPAN, text, *each) for each in spans(text)))
    _add(taken, _words(text))
    return tuple(sorted(taken, key=lambda each: each.start))


def _add(taken: list[Entity], found: Iterator[Entity]) -> None:
    fresh = [each for each in found if not any(each.start < other.end and other.start < each.end for other in taken)]
    for each in sorted(fresh, key=lambda entity: (entity.start, -entity.end)):
        if not any(each.start < other.end and other.start < each.end for other in taken):
            taken.append(each)


def _entity(kind: EntityKind, text: str, value: str, start: int, end: int) -> Entity:
    return Entity(kind, text[start:end], value, start, end)


def _numbers(text: str) -> Iterator[Entity]:
    for code, letters, start, end in codes(text):
        yield _entity(EntityKind(code.value), text, letters, start, end)
    for found in _PHONE.finditer(text):
        digits = re.sub(r"[ -]", "", found.group(1) or found.group(2))
        yield _entity(EntityKind.PHONE, text, digits, *found.span(1 if found.group(1) else 2))
    for found in _CASE.finditer(text):
        yield _entity(EntityKind.CASE, text, found.group(1).upper(), *found.span(1))
    for found in _TICKET.finditer(text):
        yield _entity(EntityKind.TICKET, text, (found.group(1) + found.group(2)).upper(), *found.span())


def _amounts(text: str) -> Iterator[Entity]:
    for found in _MONEY.finditer(text):
        amount = number(found.group(1) or found.group(3))
        if amount is not None:
            yuan = amount * Decimal(_LARGE.get(found.group(2) or found.group(4) or "", 1))
            yield _entity(EntityKind.MONEY, text, f"{yuan.normalize():f}", *found.span())


def _words(text: str) -> Iterator[Entity]:
    start = 0
    while start < len(text):
        word = _word_at(text, start) if text[start] in _FIRST else ""
        if word:
            kind, code = _WORDS[word]
            yield _entity(kind, text, code, start, start + len(word))
        start += len(word) or 1


def _word_at(text: str, start: int) -> str:
    pieces = (text[start : start + length] for length in _LENGTHS)
    return next((piece for piece in pieces if piece in _WORDS), "")
