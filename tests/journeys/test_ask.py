"""``ask --json --file`` with the reader as it ships: answers what the library holds, and only that."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.served import HOUSE
from tests.journeys.trained import trained_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]
ASKED = {
    "排水许可要啥材料": "sewage-drain-permit",
    "公司换法人去哪办": "company-change-registration",
    "光伏组件出口退税现在退多少": "export-rebate-pv-cancel",
}
OUTSIDE = ("今天天气咋样", "离婚登记要带什么", "营业执照用英语怎么说", "我想办烟草零售许可证")


def answers(lines: list[dict[str, str]], folder: Path, scratch: Path) -> list[dict[str, Any]]:
    """What the command prints for ``lines``."""
    asked = scratch / "questions.jsonl"
    asked.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    environment = {
        **os.environ,
        "HALL_INTENTS_FOLDER": str(folder),
        "HALL_DATABASE_URL": f"sqlite:///{scratch / 'new' / 'nothing.db'}",
    }
    command = [sys.executable, str(HOUSE / "main.py"), "ask", "--json", "--file", str(asked)]
    printed = subprocess.run(  # noqa: S603 (our own command)
        command, cwd=HOUSE, env=environment, check=True, capture_output=True, text=True
    )
    return [json.loads(line) for line in printed.stdout.splitlines()]


def test_answers_what_the_library_holds_and_only_that(tmp_path: Path) -> None:
    """The right entry for a question; no entry at all for what lies outside, however near a word brings it."""
    folder = trained_folder(tmp_path)
    found = answers([{"id": text, "text": text} for text in (*ASKED, *OUTSIDE)], folder, tmp_path)
    by_id = {each["id"]: each for each in found}
    assert {text: by_id[text]["topic"] for text in ASKED} == ASKED
    assert {text: by_id[text]["topic"] for text in OUTSIDE} == dict.fromkeys(OUTSIDE)
    assert [text for text in OUTSIDE if by_id[text]["action"] == "answer"] == []
