"""Many open screens in a process of their own: ``listeners.py HOST PORT PATH COUNT``.

Prints “ready” when every one has had its first event. From then on prints, for every event that holds the mark
``call``, the monotonic second at which the last of them had it.
"""

import asyncio
import sys
import time

MARK = b"event: call\n"


def say(line: str) -> None:
    """Tell the benchmark at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Crowd:
    """Counts who has had the mark how often."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.had: dict[int, int] = {}
        self.begun = 0

    def first(self) -> None:
        """One more has had its first event."""
        self.begun += 1
        if self.begun == self.count:
            say("ready")

    def mark(self, turn: int) -> None:
        """One more has had its ``turn``-th mark."""
        self.had[turn] = self.had.get(turn, 0) + 1
        if self.had[turn] == self.count:
            say(str(time.monotonic()))


class Screen(asyncio.Protocol):
    """One connection: asks once and counts marks in what comes."""

    def __init__(self, crowd: Crowd, request: bytes) -> None:
        self._crowd = crowd
        self._request = request
        self._has_begun = False
        self._tail = b""
        self._turn = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count."""
        text = self._tail + data
        if not self._has_begun and b"\n\n" in text.partition(b"\r\n\r\n")[2]:
            self._has_begun = True
            self._crowd.first()
        for _ in range(text.count(MARK)):
            self._crowd.mark(self._turn)
            self._turn += 1
        at = text.rfind(MARK)
        self._tail = (text[at + len(MARK) :] if at >= 0 else text)[-len(MARK) + 1 :] if self._has_begun else text


async def main(host: str, port: str, path: str, count: str) -> None:
    """Connect everybody and stay until killed."""
    crowd = Crowd(int(count))
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
    loop = asyncio.get_running_loop()
    for _ in range(int(count)):
        await loop.create_connection(lambda: Screen(crowd, request), host, int(port))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
