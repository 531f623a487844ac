"""The reader's cost: one sentence, the start, the memory; the whole of what a message asks of it, search included."""

import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import jieba
import pytest

from intents import Reader
from knowledge import STARTER_FOLDER, KnowledgeSettings, Library, read_starter
from server.learning import search_of
from tests.bench.conftest import Note
from tests.conftest import START
from tests.journeys.served import HOUSE
from tests.journeys.trained import trained_folder

SENTENCES = 400
ROUNDS = 5
HELDOUT = HOUSE / "intents" / "data" / "heldout.jsonl"
LIMIT = "import jieba; jieba.initialize(); import sklearn"
READY = "import sys; from pathlib import Path; from intents import Reader; Reader.load(Path(sys.argv[1])).read('你好')"
MEMORY = """
import resource, sys
from pathlib import Path
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
from intents import Reader
reader = Reader.load(Path(sys.argv[1]))
reader.read("营业执照怎么办")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained model."""
    return trained_folder(tmp_path_factory.mktemp("trained"))


def library() -> Library:
    """The starter library, indexed."""
    made, starter = Library(KnowledgeSettings()), read_starter(STARTER_FOLDER)
    made.use([entry for entry in starter.entries if entry.id not in starter.drafts], START.date())
    return made


def asked() -> list[str]:
    """Questions that nobody trained on."""
    rows = map(json.loads, HELDOUT.open(encoding="utf-8"))
    return [row["text"] for row in rows][:SENTENCES]


def test_reading_one_sentence(folder: Path, note: Note) -> None:
    """Normalise, segment, search, classify, rank; against cutting it with jieba alone."""
    reader, search, sentences = Reader.load(folder), search_of(library()), asked()

    def read(text: str) -> None:
        reader.read(text, search(reader.plain(text)))

    for text in sentences:
        read(text)
    ours, limit = [spent(read, sentences) for _ in range(ROUNDS)], [spent(jieba.lcut, sentences) for _ in range(ROUNDS)]
    each = sorted(min(times) for times in zip(*ours, strict=True))
    note("read one sentence, CPU ÷ jieba.lcut of it", min(map(sum, ours)) / min(map(sum, limit)), 6.0)
    note("read one sentence, ms, p50", statistics.median(each) * 1000, None)
    note("read one sentence, ms, p99", each[int(0.99 * len(each))] * 1000, None)


def spent(act: object, sentences: list[str]) -> list[float]:
    """CPU seconds of each."""
    assert callable(act)
    times = []
    for text in sentences:
        started = time.thread_time()
        act(text)
        times.append(time.thread_time() - started)
    return times


def test_reader_ready(folder: Path, note: Note) -> None:
    """From nothing to the first sentence read."""
    ready, limit = min(cold(READY, folder) for _ in range(3)), min(cold(LIMIT, folder) for _ in range(3))
    note("reader ready, cold, CPU ÷ jieba.initialize() + importing scikit-learn", ready / limit, 1.5)
    note("reader ready, cold, CPU s", ready, None)


def cold(script: str, folder: Path) -> float:
    """CPU seconds of a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", script, str(folder)], cwd=HOUSE, check=True)  # noqa: S603 (our own script)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_memory_of_the_reader(folder: Path, note: Note) -> None:
    """What it adds to a process that has nothing else."""
    command = [sys.executable, "-c", MEMORY, str(folder)]
    printed = subprocess.run(command, cwd=HOUSE, check=True, capture_output=True, text=True)  # noqa: S603 (ours)
    note("memory of the reader, MB", int(printed.stdout) / 1024, 300.0)
