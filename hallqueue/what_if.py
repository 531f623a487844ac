"""What if another counter opened, or one closed? Two plays of the same scene with the same luck."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from base.errors import BadInput
from hallqueue.foresee import Forecast, play
from hallqueue.rules.scene import Post, Scene
from hallqueue.rules.showing import LONGEST_MINUTES, corrected
from hallqueue.scenery import Line, Sight, open_duty

TOLD_LINES = 3


@dataclass(frozen=True, slots=True)
class Effect:
    """A service's newcomer: P80 in minutes as things are and as they would be; None: 暂无法估计."""

    service: str
    name: str
    waiting: int
    before_minutes: int | None
    after_minutes: int | None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer in a sentence, and by service where something changes."""

    text: str
    effects: tuple[Effect, ...]


def what_if(sight: Sight, opened: Mapping[int, Sequence[str]], closed: Collection[int]) -> WhatIf:
    """Open counters (wall numbers, each with the codes of its services; empty: its own), close others."""
    changed = _changed(sight, opened, closed)
    services = [line.service for line in sight.lines]
    before, after = play(sight.scene, services), play(changed, services)
    effects = [_effect(line, sight, before, after) for line in sight.lines]
    found = tuple(one for one in effects if one.before_minutes != one.after_minutes)
    return WhatIf(_sentence(found, opened, closed), found)


def _changed(sight: Sight, opened: Mapping[int, Sequence[str]], closed: Collection[int]) -> Scene:
    if not opened and not closed:
        raise BadInput("请选择要开或要停的窗口，例如 open=3 或 close=5。", field="open")
    ids = {number: counter for counter, number in sight.numbers.items()}
    working = {number for number, counter in ids.items() if counter in sight.open_posts}
    _check(opened, ids.keys() - working, "open", "可以再开的窗口")
    _check(closed, working, "close", "正在办理的窗口")
    new = [_opened(sight, ids[number], codes) for number, codes in opened.items()]
    gone = {ids[number] for number in [*opened, *closed]}
    posts = [post for post in sight.scene.posts if post.counter not in gone]
    return replace(sight.scene, posts=(*posts, *new))


def _check(numbers: Collection[int], allowed: Collection[int], field: str, what: str) -> None:
    wrong = "、".join(str(number) for number in sorted(set(numbers) - set(allowed)))
    if wrong:
        names = [str(number) for number in sorted(allowed)]
        raise BadInput(f"{what}：{'、'.join(names) or '无'}；收到 {wrong}。", field=field, allowed=names)


def _opened(sight: Sight, counter: int, codes: Sequence[str]) -> Post:
    post = next(one for one in sight.planned.posts if one.counter == counter)
    services = {line.code: line.service for line in sight.lines}
    wrong = [code for code in codes if code not in services]
    if wrong:
        raise BadInput(f"没有代码为“{wrong[0]}”的业务。", field="open", allowed=sorted(services))
    tiers = {services[code]: tier for tier, code in enumerate(codes)} or post.tiers
    duty = [(0.0, math.inf)] if sight.is_trial else open_duty(post.duty)
    return replace(post, tiers=tiers, duty=tuple(duty))


def _effect(line: Line, sight: Sight, before: Forecast, after: Forecast) -> Effect:
    waiting = sum(one.service == line.service for one in sight.scene.waiters)
    edges = (_upper_edge(forecast, line) for forecast in (before, after))
    return Effect(line.code, line.name, waiting, *edges)


def _upper_edge(forecast: Forecast, line: Line) -> int | None:
    span = forecast.joining(line.service)
    return round(corrected(span, line.factor)[1]) if span and span[1] <= LONGEST_MINUTES else None


def _sentence(effects: Sequence[Effect], opened: Collection[int], closed: Collection[int]) -> str:
    """“再开 3 号窗：不动产登记 P80 由 42 降到 21 分钟”, the largest changes first."""
    acts = [f"再开 {number} 号窗" for number in opened] + [f"停 {number} 号窗" for number in closed]
    largest = sorted(effects, key=lambda one: -_size(one))[:TOLD_LINES]
    told = "；".join(f"{one.name} P80 {_change(one)}" for one in largest) or "各业务的等候预估没有变化"
    return f"{'，'.join(acts)}：{told}"


def _size(effect: Effect) -> int:
    edges = [LONGEST_MINUTES if one is None else one for one in (effect.before_minutes, effect.after_minutes)]
    return abs(edges[0] - edges[1])


def _change(effect: Effect) -> str:
    before, after = effect.before_minutes, effect.after_minutes
    if before is None or after is None:
        parts = [f"{one} 分钟" if one is not None else "暂无法估计" for one in (before, after)]
        return f"由{parts[0]}变为{parts[1]}"
    return f"由 {before} {'降' if after < before else '升'}到 {after} 分钟"
