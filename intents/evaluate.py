"""The report of a reader on labelled sentences, and the same pipeline on any labelled set."""

import random
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from base.errors import BadInput
from intents.data import Example
from intents.measure import Judged, classified, measure
from intents.model import expected_for
from intents.noise import NOISES
from intents.reader import Reader
from intents.reading import Act, Reading
from intents.told import Progress, Search, no_progress

_WARM = 50


def evaluate(
    reader: Reader,
    examples: Sequence[Example],
    search: Search,
    high: float,
    middle: float,
    *,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Every figure of the report on ``examples``, which the reader must not have been trained on."""
    progress("评测", 0.0)
    readings = [read(reader, example.text, search, example.act) for example in examples]
    judged = [judge(example, reading) for example, reading in zip(examples, readings, strict=True)]
    return {
        "version": reader.version,
        **measure(judged, high, middle),
        "emergency": emergencies(examples, readings),
        "robustness": robustness(reader, examples, search, progress),
        "latency": latency(reader, [example.text for example in examples], search),
        "mistakes": mistakes(judged),
    }


def read(reader: Reader, text: str, search: Search, act: Act) -> Reading:
    """Read ``text`` as after a turn that a message of this act would answer."""
    return reader.read(text, search(reader.plain(text)), expected_for(act))


def judge(example: Example, reading: Reading) -> Judged:
    """The label beside the reading."""
    return Judged(
        example,
        reading.act,
        tuple(facet for facet, _ in reading.facets),
        tuple(id_ for id_, _ in reading.topics),
        reading.p_right,
        reading.out_of_scope,
    )


def emergencies(examples: Sequence[Example], readings: Sequence[Reading]) -> dict[str, Any]:
    """Emergencies that did not fire, and other messages that did."""
    fired = [(example, reading.is_emergency) for example, reading in zip(examples, readings, strict=True)]
    return {
        "emergencies": sum(example.act is Act.EMERGENCY for example in examples),
        "missed": [example.text for example, fires in fired if example.act is Act.EMERGENCY and not fires],
        "false": [example.text for example, fires in fired if example.act is not Act.EMERGENCY and fires],
        "look_alikes": sum(example.register == "emergency_lookalike" for example in examples),
    }


def robustness(
    reader: Reader, examples: Sequence[Example], search: Search, progress: Progress = no_progress
) -> dict[str, list[float]]:
    """For each noise: the first topic right of questions, and the act right of all, on spoiled copies only."""
    found = {}
    for number, (name, spoil) in enumerate(NOISES.items()):
        progress("抗噪", number / len(NOISES))
        chance = random.Random(7)  # noqa: S311 (the same noise each time)
        judged = [
            judge(example, read(reader, spoil(example.text, chance), search, example.act)) for example in examples
        ]
        asked = [each.is_topic_right for each in judged if each.example.act is Act.ASK_FACET]
        acts = [each.act is each.example.act for each in judged]
        found[name] = [float(np.mean(asked or [False])), float(np.mean(acts or [False]))]
    return found


def latency(reader: Reader, texts: Sequence[str], search: Search) -> dict[str, float]:
    """Milliseconds for one sentence: ``read`` alone with its hits given, and with the search."""
    alone, whole = [], []
    for text in (*texts[:_WARM], *texts):
        start = perf_counter()
        hits = search(reader.plain(text))
        middle = perf_counter()
        reader.read(text, hits)
        end = perf_counter()
        alone.append((end - middle) * 1000)
        whole.append((end - start) * 1000)
    own, both = np.array(alone[_WARM:]), np.array(whole[_WARM:])
    return {
        "read_p50_ms": float(np.percentile(own, 50)),
        "read_p99_ms": float(np.percentile(own, 99)),
        "with_search_p50_ms": float(np.percentile(both, 50)),
        "with_search_p99_ms": float(np.percentile(both, 99)),
    }


def mistakes(judged: Sequence[Judged], limit: int = 200) -> list[dict[str, Any]]:
    """What was read wrong, the surest first: the worst mistakes."""
    wrong = sorted((each for each in judged if not each.is_right), key=lambda each: -each.p_right)
    return [
        {
            "text": each.example.text,
            "act": [each.example.act.value, each.act.value],
            "topics": [list(each.example.topics), list(each.topics[:3])],
            "p_right": round(each.p_right, 3),
        }
        for each in wrong[:limit]
    ]


def evaluate_files(train_file: Path, test_file: Path, progress: Progress = no_progress) -> dict[str, Any]:
    """Train the same scorer on ``train_file`` (text⇥label lines) and measure it on ``test_file``."""
    from intents.plainset import train_and_predict  # noqa: PLC0415 (scikit-learn, seconds to import)

    train_rows, test_rows = _read_pairs(train_file), _read_pairs(test_file)
    start = perf_counter()
    said = train_and_predict(train_rows, [text for text, _ in test_rows], progress)
    report = classified((label, guess) for (_, label), guess in zip(test_rows, said, strict=True))
    return {"train": len(train_rows), "test": len(test_rows), "seconds": perf_counter() - start, **report}


def _read_pairs(path: Path) -> list[tuple[str, str]]:
    pairs = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text, tab, label = line.rpartition("\t")
        if not tab or not text.strip() or not label.strip():
            raise BadInput(f"{path.name} 第 {number} 行须为“句子⇥标签”，收到“{line[:40]}”。", field="file")
        pairs.append((text, label.strip()))
    return pairs
