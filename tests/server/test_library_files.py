"""``export`` and ``import`` on the command line: the library out of one database and into another."""

import asyncio
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

import main
from base.clock import SetClock
from base.db import Database
from knowledge import STARTER_FOLDER, Entry, KnowledgeSettings, Library
from tests.conftest import START


def run(database: Path, *command: str) -> Result:
    """A command as an operator gives it, on the database of this file."""
    environment = {"HALL_DATABASE_URL": f"sqlite:///{database}"}
    return CliRunner().invoke(main.cli, command, env=environment)


def on(database: Path, job: str) -> list[Entry]:
    """The library's entries, or the starter edition brought in."""
    library = Library(KnowledgeSettings())

    async def act() -> Any:  # noqa: ANN401 (either answer)
        db = Database(f"sqlite:///{database}", SetClock(START))
        try:
            if job == "stock":
                await db.write(lambda s: library.load_starter(s, STARTER_FOLDER), "library")
            return await db.read(library.entries)
        finally:
            await db.close()

    found: list[Entry] = asyncio.run(act())
    return found


def test_library_travels_by_files(tmp_path: Path) -> None:
    """Equal entries, records too; into a library that has them, nothing more."""
    ours, theirs, folder = tmp_path / "ours.db", tmp_path / "theirs.db", tmp_path / "out"
    run(ours, "migrate")
    entries = on(ours, "stock")
    assert "写出 27 个文件" in run(ours, "export", str(folder)).output
    assert run(theirs, "import", str(folder)).output == f"新条目 {len(entries)} 条，有改动 0 条，没有变化 0 条。\n"
    assert sorted(on(theirs, "read"), key=lambda each: each.id) == sorted(entries, key=lambda each: each.id)
    assert run(theirs, "import", str(folder)).output == f"新条目 0 条，有改动 0 条，没有变化 {len(entries)} 条。\n"


def test_folder_without_files_is_refused(tmp_path: Path) -> None:
    """A sentence, not an empty import."""
    (tmp_path / "empty").mkdir()
    assert "没有 .yaml 文件" in str(run(tmp_path / "hall.db", "import", str(tmp_path / "empty")).exception)
