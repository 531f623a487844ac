"""Which printer stands beside which kiosk, and printing away from the loop and from any transaction."""

import asyncio
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta

from server.slips import Paper, Slip

PRINTERS_AT_ONCE = 8
Address = Annotated[str, Meta(pattern=r"^($|tcp://[^/:]+(:\d+)?$|file:///.)")]


@dataclass(frozen=True, slots=True)
class PrintingSettings:
    """Receipt printers: one for every kiosk, or by the kiosk's name."""

    printer: Address = ""
    printers: dict[str, Address] = field(default_factory=dict)
    seconds: Annotated[float, Meta(ge=1, le=30)] = 6.0
    answers_status: bool = True


class Printing:
    """The printers of the hall; one slip at a time on each."""

    def __init__(self, settings: PrintingSettings) -> None:
        self._settings = settings
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._threads = ThreadPoolExecutor(PRINTERS_AT_ONCE, "printer")

    def address(self, kiosk: str) -> str:
        """Where the kiosk of this name prints; empty: its browser does."""
        return self._settings.printers.get(kiosk, self._settings.printer)

    async def put_out(self, address: str, slip: Slip) -> Paper:
        """Print ``slip``; how the printer stands then."""
        async with self._turns[address]:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._put_out, address, slip)

    def close(self) -> None:
        """Begin no slip any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _put_out(self, address: str, slip: Slip) -> Paper:
        from server import printer  # noqa: PLC0415 (0.4 s, which only a hall with a receipt printer spends)

        own = self._settings
        return printer.put_out(address, slip, seconds=own.seconds, answers=own.answers_status)
