"""What a slip says: the same lines for the browser's 80 mm print and for a receipt printer."""

from dataclasses import dataclass
from enum import StrEnum

from hallqueue import TicketView
from server.words import before_words, wait_words

COLUMNS = 48
NUMBER_SIZE, SERVICE_SIZE = 6, 2
_SAME = str.maketrans({"–": "-", "\u00a0": " "})


class Paper(StrEnum):
    """How a printer stands."""

    FINE = "fine"
    LOW = "low"
    OUT = "out"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Line:
    """Some text, centred, ``size`` times as large as print."""

    text: str
    size: int = 1
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Slip:
    """Lines, the ``address`` as a QR code, lines."""

    head: tuple[Line, ...]
    address: str
    foot: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Issue:
    """Where and when a slip is given out: ``issued`` and ``again`` (of a reprint) are moments as people say them."""

    hall_name: str
    counters: str
    address: str
    issued: str
    again: str = ""


def slip_of(ticket: TicketView, issue: Issue) -> Slip:
    """The slip of a ticket."""
    head = (
        Line(issue.hall_name),
        Line(ticket.number, NUMBER_SIZE, is_bold=True),
        Line(ticket.service_name, SERVICE_SIZE, is_bold=True),
        *((Line("优先（待核验）"),) if ticket.priority else ()),
        Line(f"{before_words(ticket)}，{wait_words(ticket.wait)}"),
        Line(issue.counters),
    )
    foot = (
        Line("手机扫码看进度"),
        Line(f"{issue.issued} 取号"),
        *((Line(f"{issue.again} 补打，原号有效"),) if issue.again else ()),
        Line("过号后请扫码或到导办台恢复排队"),
    )
    return Slip(head, issue.address, foot)


def printable(text: str) -> str:
    """``text`` with nothing in it that a printer would take for a command."""
    return "".join(letter for letter in text.translate(_SAME) if letter.isprintable())


def columns(text: str) -> int:
    """How wide a printer sets ``text``: a Chinese character takes two columns."""
    return sum(1 if letter.isascii() else 2 for letter in text)


def wrapped(text: str, most: int) -> list[str]:
    """``text`` in pieces of at most ``most`` columns."""
    pieces = [""]
    for letter in text:
        if columns(pieces[-1] + letter) > most:
            pieces.append("")
        pieces[-1] += letter
    return pieces
