"""A trained reader for tests: trained once from the starter library, then found again by its fingerprint."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

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
    return FOLDER
