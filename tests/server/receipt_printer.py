"""A receipt printer for tests: takes ESC/POS over TCP, refuses what it does not know, and shows its paper as read."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

COLUMNS = 48
PAPER = {"fine": 0x12, "low": 0x1E, "out": 0x72}
ASK_PAPER = b"\x10\x04\x04"


class Unknown(Exception):
    """Bytes that a printer would print as rubbish."""


@dataclass(frozen=True)
class Text:
    """A line of print."""

    text: str
    size: int
    is_bold: bool
    align: int


@dataclass(frozen=True)
class Picture:
    """A raster: rows of dots, True is black."""

    rows: tuple[tuple[bool, ...], ...]
    align: int


@dataclass(frozen=True)
class Cut:
    """The paper was cut."""


Mark = Text | Picture | Cut


@dataclass
class Reader:
    """Reads one job as the printer does."""

    data: bytes
    at: int = 0
    marks: list[Mark] = field(default_factory=list)
    line: str = ""
    align: int = 0
    size: int = 1
    is_bold: bool = False
    is_chinese: bool = False

    def read(self) -> list[Mark]:
        """Everything on the paper."""
        while self.at < len(self.data):
            self.step()
        if self.line:
            raise Unknown(f"left in the buffer: {self.line}")
        return self.marks

    def take(self, count: int) -> bytes:
        """The next bytes."""
        taken = self.data[self.at : self.at + count]
        if len(taken) < count:
            raise Unknown("the job ends within a command")
        self.at += count
        return taken

    def step(self) -> None:
        """One command or character."""
        first = self.take(1)[0]
        if first == 0x0A:
            self.feed()
        elif first in (0x1B, 0x1C, 0x1D):
            self.command(bytes((first,)) + self.take(1))
        elif 0x20 <= first < 0x7F:
            self.line += chr(first)
        elif self.is_chinese and first >= 0xA1:
            self.line += (bytes((first,)) + self.take(1)).decode("gb2312")
        else:
            raise Unknown(f"{first:#x} at {self.at - 1}")

    def feed(self) -> None:
        """End the line."""
        width = sum(1 if letter.isascii() else 2 for letter in self.line) * self.size
        if width > COLUMNS:
            raise Unknown(f"a line of {width} columns")
        self.marks.append(Text(self.line, self.size, self.is_bold, self.align))
        self.line = ""

    def command(self, name: bytes) -> None:
        """ESC, FS and GS."""
        if name == b"\x1b@":
            self.align, self.size, self.is_bold, self.is_chinese = 0, 1, False, False
        elif name == b"\x1ba":
            self.align = self.one_of(0, 1, 2)
        elif name == b"\x1bE":
            self.is_bold = bool(self.one_of(0, 1))
        elif name == b"\x1bd":
            self.take(1)
        elif name in (b"\x1c&", b"\x1c."):
            self.is_chinese = name == b"\x1c&"
        elif name == b"\x1d!":
            size = self.take(1)[0]
            if size >> 4 != size & 0xF or size & 0xF > 7:
                raise Unknown(f"a size of {size:#x}")
            self.size = (size & 0xF) + 1
        elif name == b"\x1dv":
            self.raster()
        elif name == b"\x1dV":
            self.one_of(0, 1)
            self.marks.append(Cut())
        else:
            raise Unknown(f"command {name!r}")

    def one_of(self, *known: int) -> int:
        """A parameter that the command knows."""
        value = self.take(1)[0]
        if value not in known:
            raise Unknown(f"parameter {value}")
        return value

    def raster(self) -> None:
        """``GS v 0``: a picture, only at the beginning of a line."""
        mode, scale, *size = self.take(6)
        width, height = size[0] + 256 * size[1], size[2] + 256 * size[3]
        if (mode, scale) != (0x30, 0) or not 0 < width * 8 <= 576 or not height or self.line:
            raise Unknown(f"a raster of {width * 8} by {height}")
        rows = [self.take(width) for _ in range(height)]
        dots = tuple(tuple(bool(byte >> bit & 1) for byte in row for bit in range(7, -1, -1)) for row in rows)
        self.marks.append(Picture(dots, self.align))


@dataclass
class ReceiptPrinter:
    """The printer: ``paper`` is fine, low or out; one that ``hangs`` takes the connection and nothing else."""

    address: str = ""
    paper: str = "fine"
    hangs: bool = False
    answers: bool = True
    taken: bytes = b""
    asked: int = 0
    served: asyncio.Event = field(default_factory=asyncio.Event)

    def slips(self) -> list[list[Mark]]:
        """What lies in the tray: a list for each cut."""
        slips: list[list[Mark]] = [[]]
        for mark in Reader(self.taken).read():
            if isinstance(mark, Cut):
                slips.append([])
            else:
                slips[-1].append(mark)
        assert slips.pop() == []
        return slips

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while not self.hangs and (data := await reader.read(65536)):
                asked = data.count(ASK_PAPER)
                self.asked += asked
                self.taken += data.replace(ASK_PAPER, b"")
                if self.answers:
                    writer.write(bytes((PAPER[self.paper],)) * asked)
            if self.hangs:
                await asyncio.Event().wait()
        finally:
            writer.transport.abort()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)
            self.served.set()


def words(slip: list[Mark]) -> list[str]:
    """The lines of a slip; a picture is ``▦``."""
    return [mark.text if isinstance(mark, Text) else "▦" for mark in slip]


@asynccontextmanager
async def receipt_printer() -> AsyncIterator[ReceiptPrinter]:
    """A printer that listens on a port of its own."""
    made = ReceiptPrinter()
    handlers: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handler = asyncio.current_task()
        assert handler is not None
        handlers.add(handler)
        with contextlib.suppress(asyncio.CancelledError):  # asyncio's own callback logs a cancelled one as an error
            await made.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made.address = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield made
    server.close()
    for handler in handlers:
        handler.cancel()
    await asyncio.gather(*handlers, return_exceptions=True)
