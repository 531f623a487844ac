"""Slips as a receipt printer reads them: text, rare characters, QR; and printers that are out, deaf or gone."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import segno

from hallqueue import Standing, State, TicketView, WaitRange
from hallqueue.views import Passed
from server.printer import Wire, font_file, picture, put_out
from server.slips import Issue, Line, Paper, Slip, printable, slip_of, wrapped
from tests.conftest import START
from tests.server.receipt_printer import Picture, ReceiptPrinter, Text, Unknown, receipt_printer, words

ADDRESS = "http://hall.example:8700/t/abcdefghijklmnopqrstuv"
TICKET = TicketView(
    id=1,
    number="A012",
    token="abcdefghijklmnopqrstuv",
    hall=1,
    service="A",
    service_name="企业开办与登记",
    state=State.WAITING,
    state_name="等候",
    standing=Standing.PRIORITY,
    priority="P2",
    day=date(2026, 3, 2),
    issued_at=START,
    counts_from=START,
    rank_at=START,
    ahead=3,
    is_ahead_capped=False,
    wait=WaitRange(10, 20),
    counter=None,
    counter_name=None,
    called_at=None,
    return_until=None,
    passed=Passed(0, (), ""),
    actions=(),
    leg=1,
    version=1,
    stars=None,
    origin="kiosk",
)
ISSUE = Issue("宽甸政务服务大厅", "2、3、5 号窗口", ADDRESS, "3 月 2 日（周一） 09:00")


@pytest.fixture
async def printer() -> AsyncIterator[ReceiptPrinter]:
    """A printer in order."""
    async with receipt_printer() as standing:
        yield standing


async def put(printer: ReceiptPrinter, slip: Slip, *, seconds: float = 5.0, answers: bool = True) -> Paper:
    """Print as the house does: in a thread."""
    return await asyncio.to_thread(put_out, printer.address, slip, seconds=seconds, answers=answers)


async def test_a_slip_is_read_line_by_line(printer: ReceiptPrinter) -> None:
    """The number six times as large, the service twice, the QR between."""
    assert await put(printer, slip_of(TICKET, ISSUE)) is Paper.FINE
    (slip,) = printer.slips()
    assert slip[:3] == [
        Text("宽甸政务服务大厅", 1, is_bold=False, align=1),
        Text("A012", 6, is_bold=True, align=1),
        Text("企业开办与登记", 2, is_bold=True, align=1),
    ]
    assert words(slip)[3:] == [
        "优先（待核验）",
        "前面 3 人，约 10-20 分钟",
        "2、3、5 号窗口",
        "▦",
        "手机扫码看进度",
        "3 月 2 日（周一） 09:00 取号",
        "过号后请扫码或到导办台恢复排队",
    ]


async def test_the_qr_on_the_paper_is_the_tickets_address(printer: ReceiptPrinter) -> None:
    """Every module stands where a reader of the code looks for it."""
    await put(printer, slip_of(TICKET, ISSUE))
    (drawn,) = [mark for mark in printer.slips()[0] if isinstance(mark, Picture)]
    wanted = list(segno.make(ADDRESS, error="m").matrix_iter(border=2))
    scale = len(drawn.rows) // len(wanted)
    assert scale >= 6
    middle = scale // 2
    read = [
        [drawn.rows[y * scale + middle][x * scale + middle] for x in range(len(wanted))] for y in range(len(wanted))
    ]
    assert read == [[bool(module) for module in row] for row in wanted]


async def test_a_reprint_says_so(printer: ReceiptPrinter) -> None:
    """Nobody takes a second slip for a second number."""
    await put(printer, slip_of(replace(TICKET, priority=None), replace(ISSUE, again="09:20")))
    lines = words(printer.slips()[0])
    assert "09:20 补打，原号有效" in lines
    assert "优先（待核验）" not in lines


@pytest.mark.parametrize("rare", ["㛃", "龘", "镕", "𠮷", "朱㛃与龘"])
async def test_rare_characters_are_drawn(printer: ReceiptPrinter, rare: str) -> None:
    """What a printer's own font lacks comes as a picture of that very character."""
    if not font_file():
        pytest.skip("no Chinese font on this machine")
    await put(printer, Slip((Line(rare, 2),), ADDRESS, (Line("完"),)))
    drawn, _qr, last = printer.slips()[0]
    assert isinstance(drawn, Picture)
    ink = sum(map(sum, drawn.rows))
    nothing = picture("\U0010fffd" * len(rare), 48)
    assert ink > 100 * len(rare)
    assert drawn.rows != pixels(nothing.tobytes(), nothing.width)
    assert last == Text("完", 1, is_bold=False, align=1)


def pixels(raster: bytes, width: int) -> tuple[tuple[bool, ...], ...]:
    """A Pillow picture's dots, black True, filled up with white to whole bytes as a printer takes them."""
    stride = (width + 7) // 8
    rows = [raster[start : start + stride] for start in range(0, len(raster), stride)]
    return tuple(
        tuple(place < width and not row[place // 8] >> (7 - place % 8) & 1 for place in range(stride * 8))
        for row in rows
    )


async def test_long_names_are_broken_between_characters(printer: ReceiptPrinter) -> None:
    """Twelve characters of double size are a line."""
    name = "社会保险、医疗保险与人力资源综合服务（一楼东区）"
    await put(printer, slip_of(replace(TICKET, service_name=name), ISSUE))
    large = [mark.text for mark in printer.slips()[0] if isinstance(mark, Text) and mark.size == 2]
    assert large == [name[:12], name[12:]]


async def test_names_cannot_command_the_printer(printer: ReceiptPrinter) -> None:
    """An escape in a name opens no cash drawer."""
    await put(printer, slip_of(replace(TICKET, service_name="税\x1bp\x00务\x1d\n"), ISSUE))
    assert "税p务" in words(printer.slips()[0])


@pytest.mark.parametrize(("paper", "told"), [("low", Paper.LOW), ("fine", Paper.FINE)])
async def test_paper_is_told(printer: ReceiptPrinter, paper: str, told: Paper) -> None:
    """Low paper prints, and is told."""
    printer.paper = paper
    assert await put(printer, slip_of(TICKET, ISSUE)) is told
    assert len(printer.slips()) == 1
    assert printer.asked == 2


async def test_without_paper_nothing_is_sent(printer: ReceiptPrinter) -> None:
    """Else yesterday's slips would come out with the new roll."""
    printer.paper = "out"
    assert await put(printer, slip_of(TICKET, ISSUE)) is Paper.OUT
    assert printer.taken == b""


async def test_a_printer_that_hangs_is_left_at_the_deadline(printer: ReceiptPrinter) -> None:
    """It takes the connection and never answers."""
    printer.hangs = True
    began = time.monotonic()
    assert await put(printer, slip_of(TICKET, ISSUE), seconds=0.3) is Paper.SILENT
    assert time.monotonic() - began < 5
    with Wire(printer.address, 0.3) as wire, pytest.raises(TimeoutError):
        await asyncio.to_thread(wire.send, bytes(64 * 2**20))


async def test_a_printer_that_tells_nothing_still_prints(printer: ReceiptPrinter) -> None:
    """With ``answers_status = false`` it is not asked."""
    printer.answers = False
    assert await put(printer, slip_of(TICKET, ISSUE), answers=False) is Paper.FINE
    await printer.served.wait()
    assert (len(printer.slips()), printer.asked) == (1, 0)


def test_a_printer_that_is_not_there() -> None:
    """Refused, and no such device."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    slip = slip_of(TICKET, ISSUE)
    assert put_out(f"tcp://127.0.0.1:{port}", slip, seconds=1, answers=True) is Paper.SILENT
    assert put_out("file:///dev/no-such-printer", slip, seconds=1, answers=True) is Paper.SILENT


def test_a_printer_on_a_cable(tmp_path: Path) -> None:
    """A device file gets the same bytes."""
    device = tmp_path / "lp0"
    device.touch()
    assert put_out(f"file://{device}", slip_of(TICKET, ISSUE), seconds=1, answers=False) is Paper.FINE
    (slip,) = ReceiptPrinter(taken=device.read_bytes()).slips()
    assert words(slip)[1] == "A012"


def test_the_test_printer_refuses_rubbish() -> None:
    """Else it would prove nothing."""
    for rubbish in (b"\x1bp\x00", "龘\n".encode("gb18030"), b"\x1c&\x82\x30\x81\x30\n", b"A" * 49 + b"\n", b"\x1b@A"):
        with pytest.raises((Unknown, UnicodeDecodeError)):
            ReceiptPrinter(taken=rubbish).slips()


def test_words_on_paper() -> None:
    """What is left of a text, and where it breaks."""
    assert printable("10–20\x1b\n") == "10-20"
    assert wrapped("一二三a", 6) == ["一二三", "a"]
    assert wrapped("", 6) == [""]
