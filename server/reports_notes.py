"""What each figure counts, read from ``docs/reports.md``, where it is written once."""

import re
from functools import lru_cache
from pathlib import Path

from hallqueue import Report

DOCUMENT = Path(__file__).parents[1] / "docs/reports.md"
_LINE = re.compile(r"^\| `([\w.]+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


@lru_cache(maxsize=1)
def definitions() -> dict[str, tuple[str, str]]:
    """By key (``cancelled``, or ``bookings.cancelled`` where a report means its own): title and definition."""
    text = DOCUMENT.read_text(encoding="utf-8").partition("## Figures")[2]
    return {key: (title.strip(), meaning.strip()) for key, title, meaning in _LINE.findall(text)}


def notes_of(report: Report) -> list[tuple[str, str]]:
    """Title and definition of each column of ``report``."""
    known = definitions()
    keys = [column.key for column in report.columns]
    return [known.get(f"{report.name}.{key}") or known[key] for key in keys]
