"""Telegram, through python-telegram-bot's Bot and Update: a demo and reference channel, off until a token is set.

Dialogue state is ours, in SQL. Updates come by long polling or by a webhook; both only store the message and then
answer from what is stored, so that nothing is lost between the two. Replies leave through the outbox.
"""

import asyncio
import contextlib
import hmac
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from telegram import Bot, BotCommand, CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.constants import ChatType
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import HTTPXRequest

from base.errors import BadInput, Conflict
from base.errors import Forbidden as NotAllowed
from base.outbox import NotNow, Parcel, Undeliverable
from bot.receptionist import Inbound, Receptionist
from bot.settings import TelegramSettings

log = structlog.get_logger("telegram")
os.environ.setdefault("PTB_TIMEDELTA", "true")  # waits as timedelta, as the library will have them

CHANNEL = "telegram"
TELEGRAM = "https://api.telegram.org"
UPDATES = ["message", "callback_query", "my_chat_member"]
BIND = "/start t_"
MEDIA = "（发来一张图片、语音或文件）"
COMMANDS = (
    ("start", "开始"),
    ("human", "转人工"),
    ("ticket", "取号"),
    ("status", "查进度"),
    ("report", "反映问题"),
    ("restart", "重新开始"),
)
AS_WORDS = {"/human": ("", "do:human"), "/ticket": ("", "do:ticket"), "/status": ("", "do:status")}
AS_WORDS |= {"/report": ("", "do:report"), "/restart": ("重新开始", ""), "/start": ("您好", "")}
BACK_OFF_SECONDS = 3.0
UNKNOWN_CHAT = ("chat not found", "user is deactivated", "bot was kicked", "peer_id_invalid")


class Pace:
    """At most so many a second for each key and in all; says how long to wait instead of waiting."""

    def __init__(self, per_chat: float, total: float) -> None:
        self._chat_interval, self._total_interval = 1 / per_chat, 1 / total
        self._next_of: dict[str, float] = defaultdict(float)
        self._next = 0.0

    def wait_seconds(self, chat: str) -> float:
        """0 if a message to ``chat`` may go now (it is then counted), else how many seconds to wait."""
        now = asyncio.get_running_loop().time()
        wait = max(self._next_of[chat] - now, self._next - now)
        if wait > 0:
            return wait
        if len(self._next_of) > 10_000:  # noqa: PLR2004 (forget who is long past)
            self._next_of = defaultdict(float, {key: at for key, at in self._next_of.items() if at > now})
        self._next_of[chat] = now + self._chat_interval
        self._next = max(self._next, now) + self._total_interval
        return 0.0


class TelegramChannel:
    """The edge. ``run`` is its loop, ``stop`` its end; ``webhook`` takes what the server was sent.

    Until ``is_ready`` what comes is only stored; who says that it is ready calls ``Receptionist.catch_up`` then.
    """

    def __init__(
        self, settings: TelegramSettings, receptionist: Receptionist, is_ready: Callable[[], bool] = lambda: True
    ) -> None:
        token = settings.token or ""
        wait = settings.poll_seconds + 10.0
        self.bot = Bot(
            token,
            request=HTTPXRequest(connection_pool_size=16, read_timeout=20.0),
            get_updates_request=HTTPXRequest(connection_pool_size=2, read_timeout=wait),
            base_url=f"{settings.api_url or TELEGRAM}/bot",
        )
        self._settings = settings
        self._receptionist = receptionist
        self._is_ready = is_ready
        self._pace = Pace(settings.chat_per_second, settings.total_per_second)
        self._working: set[asyncio.Task[None]] = set()
        self._offset = 0

    async def start(self, webhook_url: str = "") -> None:
        """Say who we are, set the commands, and tell Telegram how to reach us."""
        await self.bot.initialize()
        await self.bot.set_my_commands([BotCommand(name, words) for name, words in COMMANDS])
        if self._settings.mode == "webhook":
            await self.bot.set_webhook(webhook_url, secret_token=self._settings.secret, allowed_updates=UPDATES)
        else:
            await self.bot.delete_webhook()

    async def stop(self) -> None:
        """Finish what is being answered and let go of the connections."""
        await self.idle()
        await self.bot.shutdown()

    async def idle(self) -> None:
        """Wait until every stored message is answered."""
        while self._working:
            await asyncio.gather(*self._working, return_exceptions=True)

    async def run(self, webhook_url: str = "") -> None:
        """Start, and by long polling fetch for ever; a network that is away is waited for."""
        while True:
            try:
                await self.start(webhook_url)
                break
            except InvalidToken:
                log.exception("telegram_token_refused")
                return
            except TelegramError as failure:
                log.warning("telegram_not_reached", error=str(failure))
                await asyncio.sleep(BACK_OFF_SECONDS)
        if self._settings.mode == "polling":
            await self.poll()

    async def poll(self) -> None:
        """Fetch updates until cancelled."""
        while True:
            try:
                await self.poll_once()
            except RetryAfter as told:
                await asyncio.sleep(_seconds(told))
            except TelegramError as failure:
                log.warning("telegram_poll_failed", error=str(failure))
                await asyncio.sleep(BACK_OFF_SECONDS)

    async def poll_once(self) -> int:
        """Fetch once; an update is confirmed (by the next fetch) only after it is stored. How many came."""
        updates = await self.bot.get_updates(
            offset=self._offset, timeout=self._settings.poll_seconds, allowed_updates=UPDATES
        )
        for update in updates:
            await self.take(update)
            self._offset = update.update_id + 1
        return len(updates)

    async def webhook(self, secret: str, plain: Mapping[str, Any]) -> None:
        """Take one update as the server was sent it. Raises ``Forbidden`` unless it bears the secret."""
        expected = self._settings.secret or ""
        if not expected or not hmac.compare_digest(secret.encode(), expected.encode()):
            raise NotAllowed("这个地址只接收 Telegram 的推送。")
        update = Update.de_json(dict(plain), self.bot)
        if update is None or not isinstance(plain.get("update_id"), int):
            raise BadInput("这不是一条 Telegram 的更新。", field="update_id")
        await self.take(update)

    async def take(self, update: Update) -> None:
        """Store what ``update`` says and answer it later; what means nothing here is passed over."""
        try:
            conversation = await self._stored(update)
        except Conflict:
            log.warning("telegram_update_differs", update=update.update_id)
            return
        if conversation is not None and self._is_ready():
            task = asyncio.create_task(self._receptionist.work(conversation))
            self._working.add(task)
            task.add_done_callback(self._worked)

    def _worked(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.error("telegram_answer_failed", error=repr(failure))

    async def _stored(self, update: Update) -> int | None:
        if update.callback_query is not None:
            return await self._tapped(update.update_id, update.callback_query)
        if update.my_chat_member is not None:
            member = update.my_chat_member
            if member.chat.type == ChatType.PRIVATE and member.new_chat_member.status == "kicked":
                await self._receptionist.mark_blocked(CHANNEL, str(member.chat.id))
            return None
        message = update.message
        if message is None or message.chat.type != ChatType.PRIVATE:
            return None
        return await self._written(update.update_id, message)

    async def _written(self, number: int, message: Message) -> int | None:
        chat, text = str(message.chat.id), (message.text or message.caption or "").strip()
        if text.startswith(BIND):
            text = await self._receptionist.bind_ticket(CHANNEL, chat, text.removeprefix(BIND))
            await self._receptionist.tell(CHANNEL, chat, text, key=f"u{number}")
            return None
        words, choice = AS_WORDS.get(text.partition("@")[0].partition(" ")[0], (text or MEDIA, ""))
        return await self._accept(number, chat, words, choice)

    async def _tapped(self, number: int, query: CallbackQuery) -> int | None:
        with contextlib.suppress(BadRequest, TimedOut):
            await query.answer()
        chat = query.message.chat if query.message is not None else None
        if chat is None or chat.type != ChatType.PRIVATE or not query.data:
            return None
        return await self._accept(number, str(chat.id), "", query.data)

    async def _accept(self, number: int, chat: str, text: str, choice: str) -> int | None:
        try:
            accepted = await self._receptionist.accept(Inbound(CHANNEL, chat, f"u{number}", text, choice))
        except BadInput as refusal:
            await self._receptionist.tell(CHANNEL, chat, refusal.message, key=f"u{number}")
            return None
        return accepted.conversation.id

    async def carry(self, parcel: Parcel) -> str:
        """Deliver one parcel: the courier's carrier. Limits are kept by asking to be called again."""
        wait = self._pace.wait_seconds(parcel.address)
        if wait > 0:
            raise NotNow("发送频率限制", retry_seconds=wait)
        try:
            sent = await self.bot.send_message(
                int(parcel.address), str(parcel.body["text"]), reply_markup=keyboard(parcel.body.get("buttons") or ())
            )
        except RetryAfter as told:
            raise NotNow("Telegram 要求放慢", retry_seconds=_seconds(told)) from told
        except Forbidden as refusal:
            await self._receptionist.mark_blocked(CHANNEL, parcel.address)
            raise Undeliverable(f"对方已停用或屏蔽：{refusal}") from refusal
        except BadRequest as refusal:
            if any(words in str(refusal).lower() for words in UNKNOWN_CHAT):
                await self._receptionist.mark_blocked(CHANNEL, parcel.address)
            raise Undeliverable(str(refusal)) from refusal
        except NetworkError as failure:
            raise NotNow(f"Telegram 连不上：{failure}") from failure
        return str(sent.message_id)


def keyboard(buttons: Sequence[Sequence[str]]) -> InlineKeyboardMarkup | None:
    """Inline buttons, long labels alone in a row, short ones in pairs."""
    rows: list[list[InlineKeyboardButton]] = []
    for label, data in buttons:
        button = InlineKeyboardButton(label, callback_data=data)
        is_short = len(label) <= SHORT_LABEL
        if is_short and rows and len(rows[-1]) == 1 and len(rows[-1][0].text) <= SHORT_LABEL:
            rows[-1].append(button)
        else:
            rows.append([button])
    return InlineKeyboardMarkup(rows) if rows else None


SHORT_LABEL = 9


def _seconds(told: RetryAfter) -> float:
    wait = told.retry_after
    return wait if isinstance(wait, int | float) else wait.total_seconds()
