"""A turn as plain text (Telegram, ``ask``) and as the object that the API answers with. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any

from bot.rules.turn import Button, Card, Section, Source, Turn

RULE = "—" * 8


def plain(turn: Turn, *, has_menu: bool = True) -> str:
    """Everything that ``turn`` says, in order: the alarm first, numbered options last."""
    return "\n\n".join(part for part in _parts(turn, has_menu=has_menu) if part)


def _parts(turn: Turn, *, has_menu: bool) -> Iterator[str]:
    yield turn.alarm
    yield turn.notice
    yield "\n".join(turn.paragraphs)
    for card in turn.cards:
        yield _card(card)
    yield "\n".join(turn.closing)
    if has_menu:
        yield "\n".join(f"{place}. {option.label}" for place, option in enumerate(turn.menu, 1))
    yield "\n".join(f"{button.label}：{button.href}" for button in turn.buttons if button.href)


def _card(card: Card) -> str:
    body = "\n".join(line for section in card.sections for line in _section(section))
    caveats = "\n".join(card.caveats)
    return "\n".join(part for part in (f"【{card.title}】", body, caveats, RULE, *card.basis) if part)


def _section(section: Section) -> Iterator[str]:
    if len(section.lines) == 1:
        yield f"{section.heading}：{section.lines[0]}"
        return
    yield f"{section.heading}："
    yield from (f"{place}. {line}" if section.is_list else line for place, line in enumerate(section.lines, 1))


def split(text: str, most: int) -> list[str]:
    """``text`` in pieces of at most ``most`` UTF-16 units, cut at line ends where there are any."""
    pieces: list[str] = []
    for line in text.split("\n"):
        for bit in _bits(line, most):
            if pieces and units(pieces[-1]) + 1 + units(bit) <= most:
                pieces[-1] += f"\n{bit}"
            else:
                pieces.append(bit)
    return [piece.strip("\n") for piece in pieces if piece.strip()]


def units(text: str) -> int:
    """How long a messenger counts ``text``: UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def _bits(line: str, most: int) -> Iterator[str]:
    bit, size = "", 0
    for character in line:
        width = units(character)
        if size + width > most:
            yield bit
            bit, size = "", 0
        bit, size = bit + character, size + width
    yield bit


def as_answer(turn: Turn) -> dict[str, Any]:
    """The object of ``ask --json``, without its ``id``."""
    return {
        "action": turn.action.value,
        "act": turn.act or None,
        "facet": turn.facets[0] if turn.facets else "overview",
        "facets": list(turn.facets),
        "topic": turn.topic,
        "topics": list(turn.topics) if turn.topic else [],
        "candidates": [{"topic": topic, "score": score} for topic, score in turn.candidates],
        "confidence": round(turn.confidence, 4),
        "complete": turn.is_complete,
        "text": plain(turn),
        "sources": [_source(each) for card in turn.cards for each in card.sources],
    }


def as_turn(turn: Turn) -> dict[str, Any]:
    """What the chat API answers: the same object, its ``seq`` and buttons, and the parts that a page lays out."""
    return {
        "id": turn.key,
        "seq": turn.seq,
        **as_answer(turn),
        "buttons": _buttons((*turn.menu, *turn.buttons)),
        "at": turn.at,
        "from": turn.sender,
        "name": turn.sender_name,
        "parts": {
            "alarm": turn.alarm,
            "notice": turn.notice,
            "paragraphs": list(turn.paragraphs),
            "cards": [_card_parts(card) for card in turn.cards],
            "closing": list(turn.closing),
            "menu": _buttons(turn.menu),
            "buttons": _buttons(turn.buttons),
        },
    }


def _buttons(buttons: Iterable[Button]) -> list[dict[str, str]]:
    return [
        {"label": each.label, "href": each.href} if each.href else {"label": each.label, "choice": each.choice}
        for each in buttons
    ]


def _source(source: Source) -> dict[str, Any]:
    return {
        "id": source.id,
        "revision": source.revision,
        "title": source.title,
        "document": source.document or None,
        "clause": source.clause or None,
        "from": source.starts or None,
        "to": source.ends or None,
        "verified_on": source.verified_on or None,
    }


def _card_parts(card: Card) -> dict[str, Any]:
    return {
        "topic": card.topic,
        "title": card.title,
        "kind": card.kind,
        "sections": [
            {
                "facet": each.facet,
                "heading": each.heading,
                "lines": list(each.lines),
                "list": each.is_list,
                "held": each.is_held,
            }
            for each in card.sections
        ],
        "caveats": list(card.caveats),
        "basis": list(card.basis),
        "rateable": True,
    }
