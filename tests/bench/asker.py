"""Visitors in a process of their own: ``asker.py HOST PORT PATH COUNT TOKEN CALLERS BODY``.

Each of the callers has one connection and asks its share of COUNT one after another; with a BODY by POST, every one
with a key of its own.
"""

import re
import socket
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor

WARM_UP = 200
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Visitor:
    """One connection."""

    def __init__(self, host: str, port: str, path: str, token: str, body: str) -> None:
        head = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: application/json\r\n"
        head += f"Authorization: Bearer {token}\r\n" if token else ""
        head += f"Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n" if body else ""
        self.head, self.body = head, body
        self.connection = socket.create_connection((host, int(port)))

    def ask(self, times: int) -> None:
        """Send and read the whole answer, again and again."""
        for _ in range(times):
            key = f"Idempotency-Key: {uuid.uuid4()}\r\n" if self.body else ""
            self.connection.sendall(f"{self.head}{key}\r\n{self.body}".encode())
            answer = self.connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 20"), answer
            while not is_whole(answer):
                answer += self.connection.recv(65536)


def is_whole(answer: bytes) -> bool:
    """Whether head and body are there."""
    head, end, body = answer.partition(b"\r\n\r\n")
    length = LENGTH.search(head)
    return bool(end) and length is not None and len(body) >= int(length[1])


def say(line: str) -> None:
    """Tell the benchmark at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> None:
    """Warm up, say so, wait for a line, ask, say so."""
    host, port, path, count, token, callers, body = arguments
    visitors = [Visitor(host, port, path, token, body) for _ in range(int(callers))]
    with ThreadPoolExecutor(len(visitors)) as pool:
        list(pool.map(lambda one: one.ask(WARM_UP // len(visitors)), visitors))
        say("ready")
        sys.stdin.readline()
        list(pool.map(lambda one: one.ask(int(count) // len(visitors)), visitors))
    say("done")


if __name__ == "__main__":
    main(sys.argv[1:])
