"""The reader as it ships: trained on the labelled sentences and the starter library, measured on held-out ones.

The floors stand just under what was measured when they were set; held-out sentences are never trained on, nor do
they choose a setting. Their labels were reviewed twice (docs/benchmarks.md).
"""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from intents import (
    Act,
    IntentSettings,
    Reader,
    evaluate,
    evaluate_files,
    held_out_examples,
    training_examples,
)
from intents.phrasing import plain_questions
from knowledge import STARTER_FOLDER, KnowledgeSettings, Library, read_starter
from server.learning import library_texts, search_of
from tests.journeys.trained import trained_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400), pytest.mark.xdist_group("training")]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The trained reader, measured once."""
    starter = read_starter(STARTER_FOLDER)
    entries = tuple(entry for entry in starter.entries if entry.id not in starter.drafts)
    library = Library(KnowledgeSettings())
    library.use(entries, date(2026, 11, 23))
    folder = trained_folder(tmp_path_factory.mktemp("trained"))
    own = IntentSettings()
    return evaluate(Reader.load(folder), held_out_examples(), search_of(library), own.high, own.middle)


def test_held_out_sentences_are_not_trained_on() -> None:
    """No text of more than six characters stands in both."""
    starter = read_starter(STARTER_FOLDER)
    made = plain_questions(library_texts([entry for entry in starter.entries if entry.id not in starter.drafts]))
    trained = {example.text for example in (*training_examples(), *made)}
    assert [each.text for each in held_out_examples() if len(each.text) > 6 and each.text in trained] == []


def test_topics(report: dict[str, Any]) -> None:
    """The first right, and one of the first three."""
    assert report["topic"]["first"] >= 0.937
    assert report["topic"]["first_three"] >= 0.985


def test_acts_and_facets(report: dict[str, Any]) -> None:
    """Of all sentences, of all questions."""
    assert report["act"]["accuracy"] >= 0.928
    assert report["act"]["macro_f1"] >= 0.9
    assert report["facet"]["first_right"] >= 0.855
    assert report["facet"]["exact"] >= 0.755


def test_out_of_scope(report: dict[str, Any]) -> None:
    """Told apart, hardly ever answered; questions hardly ever refused."""
    assert report["scope"]["auroc"] >= 0.985
    assert report["scope"]["recall_at_95_kept"] >= 0.96
    assert report["bands"]["outside_answered"] <= 0.018
    assert report["bands"]["refused"] <= 0.046


def test_what_is_said_surely_is_right(report: dict[str, Any]) -> None:
    """Wrong answers of all messages; calibration."""
    assert report["bands"]["wrong_of_all"] <= 0.018
    assert report["bands"]["answered"] >= 0.85
    assert report["calibration"]["ece"] <= 0.03


def test_noise(report: dict[str, Any]) -> None:
    """What each kind of noise costs the first topic."""
    clean = report["topic"]["first"]
    cost = {name: clean - first for name, (first, _) in report["robustness"].items()}
    free = ("traditional", "stray_pinyin", "full_width", "emoji", "filler")
    assert {name: cost[name] for name in free if cost[name] > 0.005} == {}
    assert max(cost["homophone"], cost["dropped"], cost["swapped"]) <= 0.035
    assert report["robustness"]["whole_pinyin"][0] >= 0.88


def test_emergencies(report: dict[str, Any]) -> None:
    """Of forty, and of forty look-alikes."""
    assert report["emergency"]["emergencies"] == 40
    assert len(report["emergency"]["missed"]) <= 1
    assert len(report["emergency"]["false"]) <= 2


def test_any_labelled_set(tmp_path: Path) -> None:
    """The same scorer on text⇥label files."""
    asked = [example for example in training_examples() if example.act is not Act.ASK_FACET][:1200]
    rows = [f"{example.text}\t{example.act}" for example in asked if example.text.strip()]
    (tmp_path / "train.tsv").write_text("\n".join(rows[::2]), encoding="utf-8")
    (tmp_path / "test.tsv").write_text("\n".join(rows[1::2]), encoding="utf-8")
    found = evaluate_files(tmp_path / "train.tsv", tmp_path / "test.tsv")
    assert found["accuracy"] >= 0.8
