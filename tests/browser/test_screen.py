"""The main screen in a real Chromium: every call shown once, spoken once or rightly not, whatever happens meanwhile.

A sink that counts clips stands in for the loudspeaker; ``quiet`` is when it has done with an announcement.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import device, window
from tests.browser.counters import BUSY, Counters, counters_of
from tests.journeys.served import Served, served

CLIP_SECONDS = 0.5
PATIENCE_SECONDS = 90
ROUNDS = 19
SINK = """
window.hallSink = {
  isOpen: window.name !== "mute",
  clock: 0,
  async open() { return this.isOpen; },
  async load(address) { return { address, seconds: CLIP_SECONDS }; },
  now() { return this.clock; },
  start(clip, at) { window.heard(clip.address, at); },
  async until(at) { this.clock = at; await window.quiet(); },
};
addEventListener("DOMContentLoaded", () => {
  const now = document.getElementById("now");
  if (!now) return;
  const watch = new MutationObserver(() => window.shown(Number(now.dataset.call), now.textContent));
  watch.observe(now, { attributeFilter: ["data-call"] });
});
""".replace("CLIP_SECONDS", str(CLIP_SECONDS))


@dataclass
class Ear:
    """What a screen showed and said, and whether its loudspeaker is free."""

    page: Page
    calls: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    sentences: list[list[tuple[str, float]]] = field(default_factory=list)
    sentences_played: int = 0
    free: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, address: str, at: float) -> None:
        """A clip is played; the chime begins a sentence."""
        found = re.search(r"([\w-]+)\.wav", address)
        assert found is not None
        if found.group(1) == "chime":
            self.sentences.append([])
        self.sentences[-1].append((found.group(1), at))

    async def quiet(self) -> None:
        """All clips of a sentence are played; the next waits until the loudspeaker is free."""
        self.sentences_played += 1
        self.changed.set()
        await self.free.wait()

    def see(self, number: int, text: str) -> None:
        """A call is shown."""
        self.calls.append(number)
        self.texts.append(text)
        self.changed.set()

    async def until(self, *, said: int = 0, seen: int = 0) -> None:
        """Wait until so much was said and shown."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.sentences_played < said or len(self.calls) < seen:
                self.changed.clear()
                await self.changed.wait()

    @property
    def said(self) -> list[str]:
        """Each sentence as its clips, chime left out."""
        return [" ".join(name for name, _ in sentence[1:]) for sentence in self.sentences]


async def listened(browser: Browser, hall: Served, *, name: str = "") -> Ear:
    """A paired screen whose sound can be counted."""
    page = await (await window(browser, "screen")).new_page()
    ear = Ear(page)
    ear.free.set()
    await page.expose_function("heard", ear.hear)
    await page.expose_function("shown", ear.see)
    await page.expose_function("quiet", ear.quiet)
    await page.add_init_script(f"window.name = {name!r};" + SINK)
    await page.goto(hall.pairing_links()["大屏 1"])
    await page.get_by_role("button", name="就用这台机器").click()
    await page.wait_for_url("**/screen")
    await expect(page.locator("body[data-live]")).to_have_count(1)
    return ear


@pytest.fixture
async def counters(hall: Served) -> AsyncIterator[Counters]:
    """Clerks at their counters."""
    async with counters_of(hall) as made:
        await made.open()
        yield made


def spoken(number: str, counter: int) -> str:
    """The clips of “请 A 零一二 号到 12 号窗口”."""
    figures = " ".join(f"digit-{figure}" for figure in number[1:])
    place = f"counter-{counter}" if counter >= 10 else f"digit-{counter}"
    return f"qing letter-{number[0].lower()} {figures} haodao {place} haochuangkou"


async def test_each_call_is_shown_and_spoken_once_through_a_restart(
    browser: Browser, hall: Served, counters: Counters
) -> None:
    """209 calls; the server is killed and comes back in the middle, and calls on before the screen has noticed."""
    ear = await listened(browser, hall)
    expected: dict[int, str] = {}
    for turn in range(ROUNDS):
        legs = await counters.round()
        expected |= {leg["call"]: spoken(leg["number"], counter) for counter, leg in legs.items()}
        await ear.until(said=len(expected))
        await counters.serve_all(legs)
        if turn == ROUNDS // 2:
            await hall.kill()
            await hall.start()
    await ear.until(seen=len(expected))
    assert sorted(expected) == list(range(1, ROUNDS * len(BUSY) + 1))
    assert ear.calls == sorted(expected)
    assert ear.said == [expected[number] for number in sorted(expected)]
    for sentence in ear.sentences:
        gaps = [later - earlier - CLIP_SECONDS for (_, earlier), (_, later) in pairwise(sentence)]
        assert gaps == pytest.approx([0.25, 0.08, *[0.03] * 3, 0.03, 0.08, 0.03])
    board = await counters.board()
    assert board["last_call"] == max(expected)


async def test_what_is_over_at_its_turn_is_not_spoken(browser: Browser, hall: Served, counters: Counters) -> None:
    """While one is spoken, the next is taken back and the one after is at work already; all are shown."""
    ear = await listened(browser, hall)
    ear.free.clear()
    first = await counters.call(2)
    await ear.until(said=1)
    undone = await counters.call(4)
    started = await counters.call(7)
    await counters.act(4, "undo", undone, reason="误按")
    await counters.act(7, "start", started)
    last = await counters.call(11)
    ear.free.set()
    await ear.until(said=2, seen=5)
    assert ear.said == [spoken(first["number"], 2), spoken(last["number"], 11)]
    assert ear.calls == [1, 2, 3, 4, 5]
    assert ear.texts[3] == f"{undone['number']}已撤回，请继续等候"
    recent = ear.page.locator(".screen-recent li", has_text=undone["number"])
    await expect(recent).to_contain_text("已撤回")


async def test_a_call_over_two_minutes_old_is_not_spoken(browser: Browser, tmp_path: Path) -> None:
    """The hall's time runs a minute a second here; the loudspeaker is busy for more than two of its minutes."""
    fast = {"HALL_CLOCK_SPEED": "60", "HALL_QUEUE_ALIVE_SECONDS": "600"}
    async with served(tmp_path, **fast) as hall, counters_of(hall) as counters:
        ear = await listened(browser, hall)
        await expect(ear.page.get_by_text("演示时间")).to_be_visible()
        ear.free.clear()
        await counters.open(2, 4)
        await counters.call(2)
        await ear.until(said=1)
        old = await counters.call(4)
        called_at = datetime.fromisoformat(old["called_at"])
        await counters.until(called_at + timedelta(minutes=3))
        await counters.open(7)
        young = await counters.call(7)
        ear.free.set()
        await ear.until(said=2, seen=3)
        assert ear.said[1:] == [spoken(young["number"], 7)]


async def test_a_page_loaded_anew_loses_and_repeats_nothing(browser: Browser, hall: Served, counters: Counters) -> None:
    """Calls that come while the page is away are shown and spoken when it is back."""
    ear = await listened(browser, hall)
    first = await counters.call(2)
    await ear.until(said=1, seen=1)
    await ear.page.goto("about:blank")
    away = {counter: await counters.call(counter) for counter in (4, 7)}
    await ear.page.goto(f"{hall.url}/screen")
    await ear.until(said=3, seen=3)
    await ear.page.reload()
    after = await counters.call(13)
    await ear.until(said=4, seen=4)
    assert ear.calls == [1, 2, 3, 4]
    called = {2: first, **away, 13: after}
    assert ear.said == [spoken(leg["number"], counter) for counter, leg in called.items()]


async def test_a_screen_without_sound_says_so(browser: Browser, hall: Served, counters: Counters) -> None:
    """The call waits for the press that turns the sound on."""
    ear = await listened(browser, hall, name="mute")
    await expect(ear.page.get_by_text("声音未开，叫号只显示不播报")).to_be_visible()
    leg = await counters.call(2)
    await ear.until(seen=1)
    assert ear.said == []
    await ear.page.evaluate("hallSink.isOpen = true")
    await ear.page.get_by_role("button", name="开启声音").click()
    await ear.until(said=1)
    assert ear.said == [spoken(leg["number"], 2)]
    await expect(ear.page.get_by_text("声音已开")).to_be_visible()


async def test_the_loudspeaker_plays_the_clips_that_ship(browser: Browser, hall: Served) -> None:
    """Chromium fetches and decodes every one; the last ends when the sentence does."""
    page = await device(browser, hall, "screen", "大屏 1")
    seconds = await page.evaluate("""async () => {
      const { Loudspeaker } = await import("/static/js/voice_sink.js");
      const { own } = await (await fetch("/screen/voice")).json();
      const speaker = new Loudspeaker();
      await speaker.open();
      const clips = await Promise.all(Object.values(own).map((address) => speaker.load(address)));
      return clips.map((clip) => clip.seconds);
    }""")
    assert len(seconds) == 61
    assert all(0.2 < one < 1.3 for one in seconds)


async def test_the_screen_is_accessible(browser: Browser, hall: Served, counters: Counters) -> None:
    """Empty, and with calls, a pause and a withdrawn call; without motion for those who asked for none."""
    ear = await listened(browser, hall)
    await assert_accessible(ear.page)
    await ear.page.emulate_media(reduced_motion="reduce")
    undone = await counters.call(4)
    await counters.act(4, "undo", undone, reason="误按")
    await counters.post("/counters/9/pause", "clerk-9", {"reason": "午休"})
    await counters.call(2)
    await ear.until(seen=3)
    await expect(ear.page.get_by_text("暂停（午休）")).to_be_visible()
    seconds = await ear.page.locator("#now").evaluate("box => parseFloat(getComputedStyle(box).animationDuration)")
    assert seconds < 0.001
    await assert_accessible(ear.page)


async def test_the_panel_flashes_at_each_call(browser: Browser, hall: Served, counters: Counters) -> None:
    """A low display above the counter: free, called, at work."""
    page = await device(browser, hall, "panel", "窗口屏 3 号")
    await page.goto(f"{hall.url}/panel/2")
    await expect(page.get_by_text("空闲")).to_be_visible()
    await expect(page.locator("body[data-live]")).to_have_count(1)
    leg = await counters.call(2)
    await expect(page.locator(".panel-part.flash .called .panel-number")).to_have_text(leg["number"])
    await assert_accessible(page)
    await counters.act(2, "start", leg)
    await expect(page.get_by_text("正在办理")).to_be_visible()
    await expect(page.locator(".flash")).to_have_count(0)
    await assert_accessible(page)
