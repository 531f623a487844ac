"""Benchmarks: ratios to a limit measured in the same run, printed as one table and kept in var/bench.json."""

import json
import os
import platform
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

Note = Callable[[str, float, float | None], None]
ROWS: list[dict[str, object]] = []
KEPT = Path(__file__).parents[2] / "var" / "bench.json"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a benchmark."""
    for item in items:
        if "bench" in Path(item.fspath).parts:
            item.add_marker(pytest.mark.bench)


@pytest.fixture
def note() -> Iterator[Note]:
    """Note a figure: ``note(what, value, bound)``; a value over its bound fails the benchmark when all are noted."""
    over: list[str] = []

    def add(what: str, value: float, bound: float | None = None) -> None:
        ROWS.append({"what": what, "value": round(value, 4), "bound": bound})
        if bound is not None and value > bound:
            over.append(f"{what}: {value:.3f} > {bound}")

    yield add
    assert over == []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    if not ROWS:
        return
    terminalreporter.section("figures")
    for row in ROWS:
        bound = "" if row["bound"] is None else f"  (bound {row['bound']})"
        terminalreporter.write_line(f"{row['what']:<72} {row['value']:>10}{bound}")
    KEPT.parent.mkdir(exist_ok=True)
    machine = {"at": datetime.now(UTC).isoformat(), "cpus": os.cpu_count(), "python": platform.python_version()}
    KEPT.write_text(json.dumps({"machine": machine, "rows": ROWS}, ensure_ascii=False, indent=1), encoding="utf-8")
