"""The settings of the roof: where it listens, which hall it serves, how long a session lasts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta


@dataclass(frozen=True, slots=True)
class HallSettings:
    """Which hall this server serves when a request does not say."""

    code: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,20}$")] = "KDHALL"
    time_zone: str = "Asia/Shanghai"
    file: str = "hallqueue/data/hall.yaml"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Address, public URL, sessions and limits of the web server."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8700
    public_url: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    behind_proxy: bool = False
    session_idle_minutes: Annotated[int, Meta(ge=5, le=1440)] = 240
    session_hours: Annotated[int, Meta(ge=1, le=168)] = 14
    body_kilobytes: Annotated[int, Meta(ge=16, le=10240)] = 256
    stream_minutes: Annotated[int, Meta(ge=1, le=1440)] = 30
    ping_seconds: Annotated[float, Meta(ge=1, le=60)] = 15.0
    notice: Annotated[str, Meta(max_length=120)] = "需要帮助请到导办台"


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """Where the hall keeps clips that it recorded itself; empty: it has none."""

    folder: str = ""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where the data are."""

    url: str = "sqlite:///var/hall.db"


@dataclass(frozen=True, slots=True)
class LogSettings:
    """How much is logged, and in which form."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    pretty: bool = False


@dataclass(frozen=True, slots=True)
class ClockSettings:
    """A clock of its own for the demo: begins at ``start_at``, runs ``speed`` times as fast."""

    start_at: datetime | None = None
    speed: Annotated[float, Meta(gt=0, le=600)] = 1.0
