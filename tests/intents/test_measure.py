"""The arithmetic of the report."""

import numpy as np
import pytest

from intents import Act, Example, Facet, html, lines
from intents.measure import Judged, auroc, bands, calibration, classified, facets, measure, scope, topics

ASK, OUT = Act.ASK_FACET, Act.OUT_OF_SCOPE


def judged(
    right: Act = ASK,
    said: Act = ASK,
    *,
    topics: tuple[str, ...] = ("a",),
    true_topics: tuple[str, ...] = ("a",),
    p_right: float = 0.9,
    out_of_scope: float = 0.1,
) -> Judged:
    """A labelled sentence as read."""
    example = Example("句", right, (Facet.FEE,), true_topics if right is ASK else (), "g", "terse")
    return Judged(example, said, (Facet.FEE,), topics, p_right, out_of_scope)


def test_classified() -> None:
    """Accuracy, macro-F1, confusion."""
    report = classified([("a", "a"), ("a", "b"), ("b", "b"), ("b", "b")])
    assert report["accuracy"] == 0.75
    assert report["f1"] == {"a": 2 / 3, "b": 0.8}
    assert report["confusion"] == [["a", "b", 1]]


def test_topics_are_sets() -> None:
    """Either of two right ones is right; third place counts among three."""
    read = [judged(topics=("b",), true_topics=("a", "b")), judged(topics=("x", "y", "a")), judged(topics=())]
    report = topics(read)
    assert report["first"] == pytest.approx(1 / 3)
    assert report["first_three"] == pytest.approx(2 / 3)


def test_partial_answers_are_counted_apart() -> None:
    """Two facets asked, one read."""
    example = Example("句", ASK, (Facet.FEE, Facet.PLACE), ("a",), "g", "multi")
    report = facets([Judged(example, ASK, (Facet.FEE,), ("a",), 0.9, 0.0)])
    assert (report["first_right"], report["exact"]) == (1.0, 0.0)
    assert (report["several_complete"], report["several_partial"]) == (0.0, 1.0)


def test_auroc() -> None:
    """All above: 1; all the same: a half."""
    assert auroc(np.array([0.1, 0.2]), np.array([0.3, 0.4])) == 1.0
    assert auroc(np.array([0.5, 0.5]), np.array([0.5])) == 0.5


def test_calibration_error() -> None:
    """Nine in ten at 0.9 is no error; none in ten is 0.9."""
    good = [judged(topics=("a",) if number else ("b",), p_right=0.9) for number in range(10)]
    assert calibration(good)["ece"] == pytest.approx(0, abs=1e-9)
    assert calibration([judged(topics=("b",), p_right=0.9)] * 10)["ece"] == pytest.approx(0.9)


def test_bands() -> None:
    """Answered, menu, refused; an out-of-scope message that is answered is wrong."""
    read = [
        judged(p_right=0.8),
        judged(p_right=0.5),
        judged(p_right=0.1),
        judged(said=OUT),
        judged(right=OUT, p_right=0.8),
    ]
    found = bands(read, 0.7, 0.3)
    assert (found["answered"], found["menu"], found["refused"]) == (0.25, 0.25, 0.5)
    assert (found["outside_answered"], found["wrong_of_all"], found["wrong_of_answered"]) == (1.0, 0.2, 0.5)


def test_scope() -> None:
    """Recall of out-of-scope where 95 in 100 questions are kept."""
    read = [judged(out_of_scope=number / 100) for number in range(100)]
    read += [judged(right=OUT, out_of_scope=0.97), judged(right=OUT, out_of_scope=0.5)]
    assert scope(read)["recall_at_95_kept"] == 0.5


def test_report_is_a_page() -> None:
    """Every figure in words and in a page with plots."""
    report = {"version": "0001", **measure([judged(), judged(right=OUT, said=OUT), judged(topics=("<b>",))], 0.7, 0.3)}
    assert lines(report)[0] == "模型 0001，评测 3 句"
    page = html(report | {"mistakes": []})
    assert page.count("<svg") == 2
    assert "<b>" not in page
