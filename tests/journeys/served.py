"""A real server in a process of its own, as an operator starts it: for journeys, kills and browsers."""

import asyncio
import contextlib
import os
import re
import secrets
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

HOUSE = Path(__file__).parents[2]
START_SECONDS = 60.0
PORTS = range(20_000, 32_000)


def free_port() -> int:
    """A port that nobody has now, below those that the system gives to outgoing connections.

    A server that is started again thus finds its port free, whatever else talks meanwhile.
    """
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class Served:
    """One server process; ``start`` and ``kill`` as often as a test likes."""

    url: str
    database: str
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    printed: str = ""

    async def start(self) -> None:
        """Start and wait until it answers."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(HOUSE / "main.py"),
                "serve",
                cwd=HOUSE,
                env=self._environment(),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        async with asyncio.timeout(START_SECONDS):
            await self._wait_until_printed()
            await self._wait_until_it_answers()

    async def kill(self) -> None:
        """``kill -9``: no chance to tidy up."""
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def stop(self) -> None:
        """SIGTERM, as an operator's service manager does."""
        if self.process and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()

    async def token(self, role: str) -> str:
        """A bearer token for ``role``, made as an operator makes one."""
        command = (sys.executable, str(HOUSE / "main.py"), "add-token", "--role", role)
        maker = await asyncio.create_subprocess_exec(
            *command, cwd=HOUSE, env=self._environment(), stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await maker.communicate()
        return printed.decode().strip()

    def pairing_links(self) -> dict[str, str]:
        """Device name → pairing link, as printed at start."""
        return {
            name.strip(): link
            for name, link in re.findall(r"^  (\S.*?)\s+(http\S+/pair/\S+)$", self.printed, re.MULTILINE)
        }

    async def wait_until_ready(self) -> None:
        """Wait until every part is warm."""
        async with aiohttp.ClientSession() as client, asyncio.timeout(START_SECONDS):
            while True:
                async with client.get(f"{self.url}/readyz") as answer:
                    if answer.status == 200:
                        return
                await asyncio.sleep(0.1)

    def admin_password(self) -> str:
        """The one-time password, as printed at the first start."""
        found = re.search(r"一次性密码 (\S+?)（", self.printed)
        assert found is not None, self.printed
        return found.group(1)

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "HALL_SERVER_PORT": self.url.rpartition(":")[2],
            "HALL_DATABASE_URL": self.database,
            "HALL_INTENTS_TRAINS_AT_START": "false",
            "HALL_LOG_LEVEL": "WARNING",
            "PYTHONUNBUFFERED": "1",
            **self.environment,
        }

    async def _wait_until_printed(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        self.printed = ""
        while "Ctrl+C" not in self.printed:
            line = await self.process.stdout.readline()
            if not line:
                log = (self.folder / "server.log").read_text(encoding="utf-8")
                raise RuntimeError(f"the server ended with {await self.process.wait()} before it answered: {log}")
            self.printed += line.decode()

    async def _wait_until_it_answers(self) -> None:
        async with aiohttp.ClientSession() as client:
            while True:
                try:
                    async with client.get(f"{self.url}/healthz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    await asyncio.sleep(0.05)


@asynccontextmanager
async def served(folder: Path, database: str | None = None, **environment: str) -> AsyncIterator[Served]:
    """A server on a free port with a database of its own in ``folder``."""
    url = f"http://127.0.0.1:{free_port()}"
    made = Served(url, database or f"sqlite:///{folder / 'hall.db'}", folder, environment)
    await made.start()
    try:
        yield made
    finally:
        await made.kill()
