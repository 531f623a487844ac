"""A Bot API over real HTTP: long polling, webhooks with a secret, messages, and troubles that a test asks for."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

TOKEN = "4711:test-token"
ME = {"id": 4711, "is_bot": True, "first_name": "大厅", "username": "hall_bot"}
LONGEST = 4096
LONGEST_BUTTON = 64
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the next call of ``method`` gets instead of an answer: ``hang`` waits beyond any client's patience."""

    method: str
    status: int = 500
    description: str = "Internal Server Error"
    retry_after: int | None = None
    is_hanging: bool = False


@dataclass(slots=True)
class Sent:
    """A message that the bot sent."""

    chat: int
    text: str
    buttons: list[tuple[str, str]]


@dataclass(slots=True)
class Emulator:
    """The platform's side: what users write waits in ``updates`` until it is confirmed by a later offset."""

    updates: list[Answer] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    troubles: deque[Trouble] = field(default_factory=deque)
    blocked: set[int] = field(default_factory=set)
    webhook: str = ""
    secret: str = ""
    url: str = ""
    calls: list[str] = field(default_factory=list)
    _next_update: int = 100
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _called: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, holds: Callable[[], bool], seconds: float = 120.0) -> None:
        """Wait until ``holds()``, which is asked after every call of the bot."""
        async with asyncio.timeout(seconds):
            while not holds():
                self._called.clear()
                await self._called.wait()

    def write(self, chat: int, text: str, *, kind: str = "private") -> Answer:
        """A user writes."""
        return self._put({"message": self._message(chat, text, kind)})

    def tap(self, chat: int, data: str) -> Answer:
        """A user taps an inline button."""
        user = {"id": chat, "is_bot": False, "first_name": "张"}
        message = self._message(chat, "…", "private") | {"from": ME}
        query = {"id": f"q{self._next_update}", "from": user, "chat_instance": "1", "data": data, "message": message}
        return self._put({"callback_query": query})

    def block(self, chat: int) -> Answer:
        """A user blocks the bot."""
        self.blocked.add(chat)
        user = {"id": chat, "is_bot": False, "first_name": "张"}
        member = {
            "chat": {"id": chat, "type": "private", "first_name": "张"},
            "from": user,
            "date": 1_772_413_200,
            "old_chat_member": {"status": "member", "user": ME},
            "new_chat_member": {"status": "kicked", "user": ME, "until_date": 0},
        }
        return self._put({"my_chat_member": member})

    async def push(self, update: Answer, *, secret: str | None = None) -> int:
        """Deliver ``update`` to the webhook as the platform does; the status it answered."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret if secret is None else secret}
        async with ClientSession() as session, session.post(self.webhook, json=update, headers=headers) as response:
            return response.status

    def texts(self, chat: int) -> list[str]:
        """What ``chat`` was sent."""
        return [one.text for one in self.sent if one.chat == chat]

    def _message(self, chat: int, text: str, kind: str) -> Answer:
        return {
            "message_id": self._next_update,
            "date": 1_772_413_200,
            "chat": {"id": chat, "type": kind, "first_name": "张"},
            "from": {"id": chat, "is_bot": False, "first_name": "张"},
            "text": text,
        }

    def _put(self, update: Answer) -> Answer:
        update = {"update_id": self._next_update, **update}
        self._next_update += 1
        self.updates.append(update)
        self._arrived.set()
        return update

    async def handle(self, request: web.Request) -> web.Response:
        """One call of the Bot API."""
        method = request.match_info["method"]
        self.calls.append(method)
        if request.match_info["token"] != TOKEN:
            return _refused(401, "Unauthorized")
        if self.troubles and self.troubles[0].method in (method, "*"):
            return await _troubled(self.troubles.popleft())
        values = await _values(request)
        act: Callable[[Answer], Any] | None = getattr(self, f"_{method.lower()}", None)
        if act is None:
            return _refused(404, "Not Found: method not found")
        result = act(values)
        if asyncio.iscoroutine(result):
            result = await result
        self._called.set()
        return result if isinstance(result, web.Response) else web.json_response({"ok": True, "result": result})

    def _getme(self, _values: Answer) -> Answer:
        return ME

    def _setmycommands(self, values: Answer) -> bool:
        self.commands = [one["command"] for one in _list(values["commands"])]
        return True

    def _setwebhook(self, values: Answer) -> bool:
        self.webhook, self.secret = values["url"], values.get("secret_token", "")
        return True

    def _deletewebhook(self, _values: Answer) -> bool:
        self.webhook = ""
        return True

    async def _getupdates(self, values: Answer) -> Any:  # noqa: ANN401 (a result or a refusal)
        if self.webhook:
            return _refused(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(values.get("offset", 0))
        self.updates = [one for one in self.updates if one["update_id"] >= offset]
        self._called.set()
        if not self.updates:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), float(values.get("timeout", 0)))
            except TimeoutError:
                return []
        return self.updates[:100]

    def _sendmessage(self, values: Answer) -> Any:  # noqa: ANN401 (a result or a refusal)
        chat, text = int(values["chat_id"]), str(values["text"])
        if chat in self.blocked:
            return _refused(403, "Forbidden: bot was blocked by the user")
        if not text or len(text.encode("utf-16-le")) // 2 > LONGEST:
            return _refused(400, "Bad Request: message is too long")
        rows = (_decoded(values.get("reply_markup")) or {}).get("inline_keyboard", [])
        buttons = [(one["text"], one["callback_data"]) for row in rows for one in row]
        if any(len(data.encode()) > LONGEST_BUTTON for _, data in buttons):
            return _refused(400, "Bad Request: BUTTON_DATA_INVALID")
        self.sent.append(Sent(chat, text, buttons))
        return self._message(chat, text, "private") | {"message_id": len(self.sent)}

    def _editmessagetext(self, values: Answer) -> Answer:
        self.sent[int(values["message_id"]) - 1].text = str(values["text"])
        return self._message(int(values["chat_id"]), str(values["text"]), "private")

    def _answercallbackquery(self, values: Answer) -> bool:
        self.answered.append(str(values["callback_query_id"]))
        return True


async def _troubled(trouble: Trouble) -> web.Response:
    if trouble.is_hanging:
        await asyncio.Event().wait()
    return _refused(trouble.status, trouble.description, trouble.retry_after)


def _refused(status: int, description: str, retry_after: int | None = None) -> web.Response:
    body: Answer = {"ok": False, "error_code": status, "description": description}
    if retry_after is not None:
        body["parameters"] = {"retry_after": retry_after}
    return web.json_response(body, status=status)


async def _values(request: web.Request) -> Answer:
    if request.content_type == "application/json":
        found: Answer = await request.json()
        return found
    return dict(await request.post())


def _decoded(value: object) -> Answer | None:
    if isinstance(value, str):
        found: Answer = json.loads(value)
        return found
    return value if isinstance(value, dict) else None


def _list(value: object) -> list[Answer]:
    found: list[Answer] = json.loads(value) if isinstance(value, str) else value  # type: ignore[assignment]
    return found


@asynccontextmanager
async def emulated() -> AsyncIterator[Emulator]:
    """A running emulator; ``url`` is the API's address."""
    emulator = Emulator()
    app = web.Application()
    app.router.add_route("*", "/bot{token}/{method}", emulator.handle)
    async with TestServer(app) as server:
        emulator.url = str(server.make_url("")).rstrip("/")
        yield emulator
