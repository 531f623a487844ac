"""A receipt printer: a slip as ESC/POS, and the wire to it, with one deadline for everything.

Chinese is sent as ``FS &`` with GB18030; a piece with a character that a printer's GB2312 font lacks goes as a picture.
Paper is asked for with ``DLE EOT 4`` (real-time status) before and after: an answer afterwards shows that the printer
has taken the whole slip. This module takes 0.4 s to import, so only ``server.printing`` does, when it prints.
"""

import contextlib
import os
import select
import socket
import time
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import segno
from escpos.constants import RT_STATUS_PAPER
from escpos.printer import Dummy
from PIL import Image, ImageDraw, ImageFont

from server.slips import COLUMNS, Line, Paper, Slip, printable, wrapped

PROFILE = "TM-T20II"  # 80 mm paper, 576 dots
DOTS = 576
CHARACTER_DOTS = 24
QR_DOTS = 288
QR_BORDER = 2
CHINESE_ON, CHINESE_OFF = b"\x1c&", b"\x1c."
NEAR_END, END = 0x0C, 0x60
FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
    "C:/Windows/Fonts",
)
FONT_NAMES = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansSC-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "wqy-zenhei.ttc",
    "wqy-microhei.ttc",
    "DroidSansFallbackFull.ttf",
    "PingFang.ttc",
    "msyh.ttc",
    "simsun.ttc",
)
FACES_IN_A_FILE = 10


class SlipPrinter(Dummy):
    """python-escpos with Chinese that every printer of the field understands; keeps the bytes."""

    def __init__(self) -> None:
        super().__init__(profile=PROFILE)
        self.hw("INIT")
        self.set(align="center")

    def line(self, line: Line) -> None:
        """Print a line, broken where the paper ends."""
        self.set(align="center", custom_size=True, width=line.size, height=line.size, bold=line.is_bold)
        for piece in wrapped(printable(line.text), COLUMNS // line.size):
            if is_common(piece) or not font_file():
                self._raw(CHINESE_ON + piece.encode("gb18030") + CHINESE_OFF + b"\n")
            else:
                self.image(picture(piece, CHARACTER_DOTS * line.size))

    def code(self, address: str) -> None:
        """Print ``address`` as a QR code."""
        self.image(qr_picture(address))


def encoded(slip: Slip) -> bytes:
    """The slip as a printer takes it."""
    paper = SlipPrinter()
    for line in slip.head:
        paper.line(line)
    paper.code(slip.address)
    for line in slip.foot:
        paper.line(line)
    paper.cut(mode="PART")
    return bytes(paper.output)


def is_common(text: str) -> bool:
    """Whether a printer's own font has every character of ``text``."""
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def picture(text: str, dots: int) -> Image.Image:
    """``text`` drawn black on white, ``dots`` high characters, no wider than the paper."""
    font = _font(dots)
    width = min(max(round(font.getlength(text)), 1), DOTS)
    drawn = Image.new("1", (width, round(dots * 1.25)), 1)
    ImageDraw.Draw(drawn).text((0, dots * 1.25 / 2), text, font=font, fill=0, anchor="lm")
    return drawn


def qr_picture(address: str) -> Image.Image:
    """The QR code of ``address``."""
    code = segno.make(address, error="m")
    scale = max(QR_DOTS // (len(code.matrix) + 2 * QR_BORDER), 1)
    rows = [bytes(0 if dark else 255 for dark in row) for row in code.matrix_iter(scale=scale, border=QR_BORDER)]
    return Image.frombytes("L", (len(rows), len(rows)), b"".join(rows)).convert("1")


@lru_cache(maxsize=1)
def font_file() -> str:
    """A Chinese font of this machine; empty if there is none, then rare characters are left to the printer."""
    folders = [Path(folder).expanduser() for folder in FONT_FOLDERS]
    known = {path.name: path for folder in folders for path in folder.rglob("*.[ot]t[cf]")}
    return next((str(known[name]) for name in FONT_NAMES if name in known), "")


@lru_cache(maxsize=8)
def _font(dots: int) -> ImageFont.FreeTypeFont:
    """The mainland face of the font file, or its first."""
    for face in range(FACES_IN_A_FILE):
        with contextlib.suppress(OSError):
            font = ImageFont.truetype(font_file(), dots, index=face)
            if str(font.getname()[0]).endswith(" SC"):
                return font
    return ImageFont.truetype(font_file(), dots)


class Wire:
    """A line to the printer at ``tcp://host:9100`` or ``file:///dev/usb/lp0``; all of it ends by the deadline."""

    def __init__(self, address: str, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        parts = urlsplit(address)
        if parts.scheme == "tcp":
            where = (parts.hostname or "", parts.port or 9100)
            self._end = socket.create_connection(where, timeout=seconds).detach()
            os.set_blocking(self._end, False)
        else:
            self._end = os.open(parts.path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._end)

    def send(self, data: bytes) -> None:
        """Write all of ``data``; ``TimeoutError`` when the printer does not take it in time."""
        left = memoryview(data)
        while left:
            _, ready, _ = select.select([], [self._end], [], self._left())
            if not ready:
                raise TimeoutError("the printer takes no data")
            left = left[os.write(self._end, left) :]

    def paper(self) -> Paper:
        """Ask for the paper sensor's state; ``TimeoutError`` without an answer."""
        self.send(RT_STATUS_PAPER)
        ready, _, _ = select.select([self._end], [], [], self._left())
        said = os.read(self._end, 16) if ready else b""
        if not said:
            raise TimeoutError("the printer does not answer")
        if said[-1] & END:
            return Paper.OUT
        return Paper.LOW if said[-1] & NEAR_END else Paper.FINE

    def _left(self) -> float:
        return max(self._ends - time.monotonic(), 0.0)


def put_out(address: str, slip: Slip, *, seconds: float, answers: bool) -> Paper:
    """Print ``slip`` at ``address``: how the printer stands; out and silent mean that there is no slip.

    ``answers``: whether this printer tells its paper state; one that does not is believed to have printed.
    """
    try:
        with Wire(address, seconds) as wire:
            if answers and wire.paper() is Paper.OUT:
                return Paper.OUT
            wire.send(encoded(slip))
            return wire.paper() if answers else Paper.FINE
    except OSError:
        return Paper.SILENT
