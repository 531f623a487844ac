"""A trained reader for tests: trained once from the starter library, then found again by its fingerprint."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from intents import IntentSettings, promote
from knowledge import STARTER_FOLDER, read_starter
from server.learning import fitting_model
from tests.journeys.served import HOUSE

FOLDER = HOUSE / "var" / "test-models"


def trained_folder(scratch: Path) -> Path:
    """The folder of a model that fits the data; the first test that asks waits for its training."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "HALL_INTENTS_FOLDER": str(FOLDER),
        "HALL_DATABASE_URL": f"sqlite:///{scratch / 'new' / 'nothing.db'}",
    }
    with (FOLDER / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [sys.executable, str(HOUSE / "main.py"), "ask", "营业执照怎么办"]
        subprocess.run(  # noqa: S603 (our own command)
            command, cwd=HOUSE, env=environment, check=True, capture_output=True
        )
        _promote_fitting()
    return FOLDER


def _promote_fitting() -> None:
    """Tests measure what the data make, whether or not its gates would let it take an older model's place."""
    starter = read_starter(STARTER_FOLDER)
    entries = tuple(entry for entry in starter.entries if entry.id not in starter.drafts)
    version = fitting_model(IntentSettings(folder=str(FOLDER)), entries)
    assert version is not None
    promote(FOLDER, version)
