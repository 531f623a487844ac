"""The conversation's settings: tables ``[bot]`` and ``[telegram]`` of config.toml."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

Minutes = Annotated[int, Meta(ge=1, le=240)]


@dataclass(frozen=True, slots=True)
class BotSettings:
    """How long a topic holds, who may take over, and when a conversation ends."""

    live_desk: bool = False
    topic_idle_minutes: Minutes = 20
    topic_turns: Annotated[int, Meta(ge=1, le=50)] = 6
    pool_minutes: Minutes = 5
    human_minutes: Minutes = 10
    end_hours: Annotated[int, Meta(ge=1, le=720)] = 48
    longest_message: Annotated[int, Meta(ge=50, le=4000)] = 1000
    messages_per_hour: Annotated[int, Meta(ge=10, le=10_000)] = 240
    message_burst: Annotated[int, Meta(ge=1, le=1000)] = 20
    remind_at_ahead: Annotated[int, Meta(ge=0, le=20)] = 3
    keep_text_days: Annotated[int, Meta(ge=30, le=3650)] = 180


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    """The Telegram channel; off until a token is set (``HALL_TELEGRAM_TOKEN``), which is a secret like ``secret``."""

    token: str | None = None
    secret: str | None = None
    mode: Literal["polling", "webhook"] = "polling"
    api_url: str = ""
    poll_seconds: Annotated[int, Meta(ge=0, le=50)] = 25
    chat_per_second: Annotated[float, Meta(gt=0, le=30)] = 1.0
    total_per_second: Annotated[float, Meta(gt=0, le=30)] = 30.0
