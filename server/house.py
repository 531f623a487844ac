"""The composition root: every room is built here, once, with its settings."""

import asyncio
import contextlib
import os
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web

from base import idempotency, journal, outbox
from base.calendar import DayHours, WorkingDays, WorkingTime, load_years
from base.clock import Clock
from base.db import Database, ReadSession, WriteSession
from base.errors import HallError, NotFound
from base.hub import Hub, PostgresRelay
from base.loops import FileLeader, Loops, PostgresLeader
from base.memory import settle
from base.opening import OpeningHours, opening_hours
from base.outbox import Courier
from base.settings import Settings
from bot import Bands, BotSettings, CaseTeller, Receptionist, Reminders, Rooms, TelegramSettings, is_wanted
from bot.channels.telegram import TelegramChannel
from cases import CaseBook, CaseSettings
from hallqueue import Desk, Diary, Hall, QueueSettings, load_hall_file
from intents import IntentSettings
from knowledge import STARTER_FOLDER, KnowledgeSettings, Library, Suggestions
from server import devices, learner
from server import doors as access_doors
from server.bad_rating import case_opener
from server.doors import Doors
from server.learner import Learner, School, told_of
from server.live import CALLS_AT_ONCE, Live
from server.printing import Printing, PrintingSettings
from server.settings import (
    ClockSettings,
    DatabaseSettings,
    HallSettings,
    LogSettings,
    ServerSettings,
    VoiceSettings,
)

log = structlog.get_logger("house")

TICK_SECONDS = 15.0
DAY_SECONDS = 86_400.0
CATCH_UP_SECONDS = 60.0
SECTIONS: dict[str, type] = {
    "hall": HallSettings,
    "server": ServerSettings,
    "database": DatabaseSettings,
    "queue": QueueSettings,
    "knowledge": KnowledgeSettings,
    "intents": IntentSettings,
    "cases": CaseSettings,
    "bot": BotSettings,
    "telegram": TelegramSettings,
    "printing": PrintingSettings,
    "voice": VoiceSettings,
    "log": LogSettings,
    "clock": ClockSettings,
}


class House:
    """Everything a handler may ask for."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        own = settings[ClockSettings]
        self.clock = clock or Clock(own.start_at, own.speed)
        self.server = settings[ServerSettings]
        self.zone = ZoneInfo(settings[HallSettings].time_zone)
        self.hub = Hub()
        self.db = Database(settings[DatabaseSettings].url, self.clock, tell=self.hub.tell)
        self.doors = Doors(self.db, self.server)
        alive = settings[QueueSettings].alive_seconds * self.clock.speed  # a console's beat keeps real time
        self.desk = Desk(replace(settings[QueueSettings], alive_seconds=int(alive)))
        self.library = Library(settings[KnowledgeSettings], self.zone)
        self.suggestions = Suggestions(self.library)
        self.opening: OpeningHours | None = None
        self.working_time = WorkingTime(_working_days(settings[CaseSettings]), self._hours_of, self.zone)
        self.teller = CaseTeller(self.db)
        self.diary = Diary(settings[QueueSettings], self.teller.tell_of_booking)
        self.casebook = CaseBook(settings[CaseSettings], self.working_time, tell=self.teller.tell)
        self.hall = Hall(settings[QueueSettings], case_opener(self.casebook, self.zone))
        school = School(environment={**os.environ, **told_of(settings)})
        self.learner = Learner(settings[IntentSettings], self.db, school)
        own_intents = settings[IntentSettings]
        self.bands = Bands(own_intents.high, own_intents.middle)
        self.receptionist = self._seat_receptionist(0)
        self.live = Live(
            self.hub,
            self._calls_after,
            self.clock,
            ping_seconds=self.server.ping_seconds,
            life_seconds=self.server.stream_minutes * 60,
        )
        self.printing = Printing(settings[PrintingSettings])
        self.courier = Courier(self.db)
        self.courier.employ("chat", self.teller.carry)
        self.telegram: TelegramChannel | None = None
        self.loops = Loops(_leader(self.db))
        self.relay = (
            None if self.db.is_sqlite else PostgresRelay(self.db.url, self.hub, f"{os.getpid()}-{secrets.token_hex(3)}")
        )
        self.hall_id = 0
        self.hall_name = ""
        self.notice = self.server.notice
        self.warming: dict[str, str] = {}
        self.is_warm = False
        self._tasks: list[asyncio.Task[None]] = []

    def is_https(self, request: web.Request) -> bool:
        """Whether the visitor's browser speaks HTTPS, to us or to the proxy in front."""
        proxied = self.server.behind_proxy and request.headers.get("X-Forwarded-Proto") == "https"
        return bool(self.server.tls_cert) or proxied

    def address_of(self, request: web.Request) -> str:
        """The visitor's network address, the proxy's word for it if there is a proxy."""
        forwarded = request.headers.get("X-Forwarded-For", "") if self.server.behind_proxy else ""
        return forwarded.rpartition(",")[2].strip() or request.remote or "unknown"

    def public_url(self, path: str) -> str:
        """An address that a phone outside this machine can open, for QR codes."""
        base = self.server.public_url or f"http://{self.server.host}:{self.server.port}"
        return base.rstrip("/") + path

    async def found(self) -> None:
        """Make sure that the hall of the settings stands in the database; read its name."""
        own = self.settings[HallSettings]
        hall_file = load_hall_file(Path(own.file))

        def job(session: WriteSession) -> int:
            try:
                return self.hall.by_code(session, own.code)
            except NotFound:
                return self.hall.found(session, hall_file)

        self.hall_id = await self.db.write(job, f"found:{own.code}")
        self.receptionist = self._seat_receptionist(self.hall_id)
        await self.read_hall()

    async def read_hall(self) -> None:
        """Read the hall's name and notice again."""
        about = await self.db.read(lambda session: self.hall.about(session, self.hall_id))
        self.hall_name, self.notice = about.name, about.notice or self.server.notice
        self.opening = opening_hours(about.hours)

    async def stock_library(self) -> None:
        """Bring the starter edition into an empty library; index what is published."""
        if not await self.db.read(self.library.edition):
            await self.db.write(self._stock, "library")
        await self.db.read(self.library.refresh)
        self.warming["library"] = "ready"

    async def warm(self) -> None:
        """Stock the library, then bring the reader that knows it; then answer what waited for them."""
        self.warming["library"] = "warming"
        try:
            await self.stock_library()
            await self.learner.warm(tuple(self.library.snapshot.entries.values()))
        except Exception:
            log.exception("not_warm")
        settle()
        self.is_warm = True
        await self._catch_up()

    async def _catch_up(self) -> None:
        """Answer what this or another process stored and did not answer."""
        if self.is_warm:
            await self.receptionist.catch_up()

    def _stock(self, session: WriteSession) -> None:
        if not self.library.edition(session):  # another process may have been quicker
            self.library.load_starter(session, STARTER_FOLDER)

    async def start(self) -> None:
        """Start the loops, the relay and what must be warm."""
        await self.found()
        self.hub.listen([access_doors.TOPIC], self.doors.forget)
        self.hub.listen([outbox.TOPIC], self.courier.wake)
        if self.relay:
            self.relay.start()
        self.hub.listen(["library"], self._library_changed)
        self.hub.listen([learner.TOPIC], self._reader_changed)
        self._tasks.append(asyncio.create_task(self.warm()))
        self._open_telegram()
        self._register_loops()
        self._remind()
        await self.loops.start()
        self._tasks.append(asyncio.create_task(self.live.ping_for_ever(self._cursor)))

    async def stop(self) -> None:
        """Tell the pages, end the loops, drain the jobs."""
        await self.live.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.loops.stop()
        await self.learner.stop()
        if self.telegram:
            await self.telegram.stop()
        if self.relay:
            await self.relay.stop()
        self.printing.close()
        await self.db.close()

    async def readiness(self) -> dict[str, str]:
        """Each part and whether it is ready."""
        try:
            await self._cursor(self.hall_id)
        except HallError:
            return {"database": "unavailable", **self.warming, "reader": self.learner.state}
        return {"database": "ready", **self.warming, "reader": self.learner.state}

    def figures(self) -> dict[str, tuple[str, Callable[[], float]]]:
        """What the house counts about itself, for Prometheus."""
        counts = self.db.counts
        return {
            "hall_db_jobs": ("Write jobs committed.", lambda: counts.jobs),
            "hall_db_commits": ("Transactions committed.", lambda: counts.commits),
            "hall_db_failed_jobs": ("Write jobs undone.", lambda: counts.failed_jobs),
            "hall_db_deadlocks": ("Deadlocks reported by the database.", lambda: counts.deadlocks),
            "hall_open_streams": ("Pages that listen.", lambda: self.live.open_streams),
            "hall_is_leading": ("Whether this process runs the loops.", lambda: float(self.loops.is_leading)),
        }

    def _seat_receptionist(self, hall: int) -> Receptionist:
        """Who answers the chats of ``hall``; without a reader yet, it hands over to people."""
        rooms = Rooms(self.hall, self.diary, self.casebook, hall, self.zone)
        return Receptionist(
            self.db, lambda: self.learner.reader, self.library, rooms, self.settings[BotSettings], bands=self.bands
        )

    def _open_telegram(self) -> None:
        """Telegram, if a token is set: polled by the leader, or pushed to ``/api/v1/telegram`` of any process."""
        own = self.settings[TelegramSettings]
        if not own.token:
            return
        self.telegram = messenger = TelegramChannel(own, self.receptionist, lambda: self.is_warm)
        self.courier.employ("telegram", messenger.carry, is_wanted)
        if own.mode == "polling":
            self.loops.always(messenger.run, "telegram")
        else:
            self._tasks.append(asyncio.create_task(messenger.run(self.public_url("/api/v1/telegram"))))

    async def tend_cases(self) -> None:
        """Tick: what runs out in a case is done, each case in its own lane."""
        for case in await self.db.read(self.casebook.ripe):
            await self._tend(case)

    async def _tend(self, case: int) -> None:
        await self.db.write(lambda session: self.casebook.tend(session, case), f"case:{case}")

    def _hours_of(self, day: date) -> DayHours:
        """The hall's morning and afternoon on ``day``, as a term of a case ends with them."""
        seasons = self.opening.seasons if self.opening else ()
        sessions = next((season.sessions for season in seasons if season.holds(day)), ())
        if len(sessions) != len(("morning", "afternoon")):
            return DayHours()
        morning, afternoon = sessions
        return DayHours(morning.opens, morning.closes, afternoon.opens, afternoon.closes)

    def _library_changed(self, _topic: str) -> None:
        self._tasks = [task for task in self._tasks if not task.done()]
        self._tasks.append(asyncio.create_task(self._refresh_library()))

    def _reader_changed(self, _topic: str) -> None:
        self._tasks.append(asyncio.create_task(self.learner.follow()))

    async def _refresh_library(self) -> None:
        await self.db.read(self.library.refresh)

    def _register_loops(self) -> None:
        hall_ticks = (self.hall.expire, self.hall.bring_back, self.desk.sweep)
        hall_seconds = max(1.0, TICK_SECONDS / self.clock.speed)
        for tick in hall_ticks:
            self.loops.every(hall_seconds, self._hall_tick(tick), tick.__name__)
        silent_after = devices.SILENT_AFTER * self.clock.speed  # a page's beat keeps real time
        tend_devices = partial(devices.tend, after=silent_after)
        self.loops.every(hall_seconds, self._hall_tick(tend_devices), "tend_devices")
        self.loops.every(hall_seconds, self._hall_tick(self.diary.tend), "tend_bookings")
        forecast_seconds = self.settings[QueueSettings].forecast_seconds / self.clock.speed
        self.loops.every(max(1.0, forecast_seconds), self.foresee, "foresee")
        self.loops.every(300, self._hall_tick(self.hall.close_past_days), "close_past_days")
        self.loops.every(600, self._hall_tick(self.hall.thin), "thin_queue")
        self.loops.every(30, lambda: self.db.write(journal.seal), "seal_audit")
        self.loops.every(3600, lambda: self.db.write(idempotency.forget_old), "forget_keys")
        self.loops.every(TICK_SECONDS, self.tend_cases, "tend_cases")
        self.loops.every(TICK_SECONDS, self.receptionist.tend, "tend_conversations")
        self.loops.every(DAY_SECONDS, self.receptionist.forget, "forget_messages")
        self.loops.every(3600, lambda: self.db.write(self.library.warn, "library"), "warn_of_ends")
        self.loops.every(CATCH_UP_SECONDS, self._catch_up, "catch_up")
        self.loops.every(CATCH_UP_SECONDS, self.learner.follow, "follow_reader")
        if self.learner.retrain_minutes:
            self.loops.every(self.learner.retrain_minutes * 60, lambda: self.learner.tend(self.library), "retrain")
        self.loops.always(self.courier.run, "courier")

    def _remind(self) -> None:
        """Tell linked chats what happens to their numbers, at every change of the hall's board."""
        near = self.settings[BotSettings].remind_at_ahead
        reminders = Reminders(self.db, self.hall, self.hall_id, self.zone, near=near)
        self.hub.listen([f"board:{self.hall_id}"], reminders.wake)
        self.loops.always(reminders.run, "reminders")

    async def foresee(self) -> None:
        """Tick: play the hall forward, in a thread of its own, and keep what people are shown."""
        forecaster, hall = self.hall.forecaster, self.hall_id
        sight = await self.db.read(lambda session: forecaster.look(session, hall))
        played = await asyncio.to_thread(forecaster.play, sight)
        await self.db.write(lambda session: forecaster.keep(session, played), f"hall:{hall}")

    def _hall_tick(self, tick: Callable[[WriteSession, int], int]) -> Callable[[], Any]:
        return lambda: self.db.write(lambda session: tick(session, self.hall_id), f"hall:{self.hall_id}")

    async def _cursor(self, hall: int) -> int:
        return await self.db.read(lambda session: self.hall.cursor(session, hall))

    async def _calls_after(self, hall: int, number: int) -> list[tuple[int, object]]:
        def job(session: ReadSession) -> list[tuple[int, object]]:
            calls = self.hall.calls_after(session, hall, number, CALLS_AT_ONCE)
            return [(call.number, call) for call in calls]

        return await self.db.read(job)


def _working_days(settings: CaseSettings) -> WorkingDays:
    return WorkingDays(load_years(Path(settings.years_file)) if settings.years_file else None)


def _leader(db: Database) -> FileLeader | PostgresLeader:
    if db.is_sqlite:
        return FileLeader(Path(db.url.database or "hall.db"))
    return PostgresLeader(db.url)


def prepare_folder(url: str) -> None:
    """Make the folder of a SQLite file."""
    if url.startswith("sqlite:///"):
        with contextlib.suppress(FileExistsError):
            Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True)
