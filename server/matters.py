"""What the library knows of the matters behind a service: their names, papers, and whether they can be done online."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from server.house import House


_ONLINE = re.compile(
    "政务服务网|电子税务局|税务局社保费|平台|系统|App|专区|网厅|网上|单一窗口|网站|小程序|信用中国|(工作|市场)网"
)
_OFFLINE = re.compile("线下|(?<!单一)窗口|营业厅|网点|电话|热线|公示栏|服务中心")


@dataclass(frozen=True, slots=True)
class Matter:
    """One matter as the queue's pages show it; ``online`` empty: only in the hall."""

    code: str
    title: str
    domain: str
    online: str
    papers: tuple[str, ...]
    words: str


def matters(house: "House", codes: Iterable[str]) -> tuple[Matter, ...]:
    """The published matters of ``codes``, those that can be done online first; unknown ones are left out."""
    entries = _published(house)
    found = [_matter(entries[code]) for code in codes if code in entries]
    return tuple(sorted(found, key=lambda one: not one.online))


def domain_names(house: "House") -> dict[str, str]:
    """The Chinese name of each domain that the library has an entry in."""
    return {entry.domain: entry.domain_name or entry.domain for entry in _published(house).values()}


def online_ways(text: str) -> tuple[str, ...]:
    """The sites and apps among the channels of an entry: “辽宁政务服务网 / 窗口” → the first."""
    return tuple(way.strip() for way in text.split(" / ") if _ONLINE.search(way) and not _OFFLINE.search(way))


def _published(house: "House") -> Mapping[str, Any]:
    library = getattr(house, "library", None)
    return {} if library is None else library.snapshot.entries


def _matter(entry: Any) -> Matter:  # noqa: ANN401 (an entry of the library, which may not be furnished)
    papers = tuple(_paper(one) for one in entry.materials)
    words = " ".join((entry.title, *entry.aliases))
    return Matter(entry.id, entry.title, entry.domain_name, " / ".join(online_ways(entry.online)), papers, words)


def _paper(material: Any) -> str:  # noqa: ANN401 (a paper of such an entry)
    form = f"（{material.form}）" if material.form else ""
    when = f"：{material.when}" if material.when else ""
    return f"{material.name}{form}{when}"
