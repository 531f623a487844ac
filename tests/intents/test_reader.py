"""Reading with a small model: acts, facets, topics, what was expected, what is published, from any thread."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from intents import Act, Expecting, Facet, Model, Reader, Reading
from tests.intents.builders import letter_search, small_examples, small_model


def read(reader: Reader, text: str, expecting: Expecting | None = None) -> Reading:
    """With the hits that search finds."""
    return reader.read(text, letter_search(reader.plain(text)), expecting)


def test_question_is_read(reader: Reader) -> None:
    """Act, facet, topic, entities."""
    reading = read(reader, "请问我在城南园区办食品证要什么材料？")
    assert (reading.act, reading.facet, reading.topic) == (Act.ASK_FACET, Facet.MATERIALS, "food")
    assert [each.value for each in reading.entities] == ["城南园区", "food"]
    assert reading.is_known
    assert not reading.is_emergency


@pytest.mark.parametrize(
    "text",
    [
        "環評多少錢",
        "环评（huán píng）多少钱",
        "环评多少钱！！！😂",
        "您好，麻烦问下环评多少钱，谢谢",
        "huanping duoshao qian",
    ],
)
def test_noise_changes_nothing(reader: Reader, text: str) -> None:
    """Traditional, stray pinyin, emoji, politeness, pinyin."""
    reading = read(reader, text)
    assert (reading.facet, reading.topic) == (Facet.FEE, "eia")


def test_probabilities_are_probabilities(reader: Reader) -> None:
    """Between 0 and 1; topics and none of them at most 1 together; sorted."""
    for example in small_examples():
        reading = read(reader, example.text)
        shares = [share for _, share in reading.topics]
        assert 0 <= reading.p_right <= 1
        assert 0 <= reading.out_of_scope <= 1
        assert sum(shares) <= 1 + 1e-9
        assert shares == sorted(shares, reverse=True)


def test_out_of_scope_is_less_trusted(reader: Reader) -> None:
    """A question of the library is surer to be one than a question about a cat."""
    inside, outside = read(reader, "开公司要啥材料"), read(reader, "猫粮多少钱一斤")
    assert inside.out_of_scope < 0.5 < outside.out_of_scope


def test_nothing_known_is_said_so(reader: Reader) -> None:
    """No word and no pair of it was ever seen."""
    assert not read(reader, "Ω").is_known


def test_expecting_makes_an_answer_likelier(reader: Reader) -> None:
    """“2” after a list."""
    plain, expected = read(reader, "第四个"), read(reader, "第四个", Expecting.CHOICE)
    assert expected.act is Act.CHOOSE
    assert dict(expected.acts)[Act.CHOOSE] > dict(plain.acts).get(Act.CHOOSE, 0.0)


def test_only_published_topics_are_proposed(reader: Reader) -> None:
    """Whatever the model knows."""
    text = "食品证多少钱"
    hits = letter_search(text)
    assert reader.read(text, hits).topic == "food"
    assert {id_ for id_, _ in reader.read(text, hits, published={"eia", "loan"}).topics} <= {"eia", "loan"}
    assert reader.read(text, hits, published=set()).topics == ()


def test_companions_are_known(model: Model) -> None:
    """A guide and its policy, labelled together."""
    loan, policy = model.numbers["loan"], model.numbers["loan-policy"]
    assert model.companions == {loan: frozenset({policy}), policy: frozenset({loan})}


def test_two_questions_in_one_message(reader: Reader) -> None:
    """About different things: two readings; about one thing: one."""
    two = reader.read_clauses("环评要多长时间？食品证要啥材料？", letter_search)
    assert [each.topic for each in two] in (["eia", "food"], ["eia"])
    one = reader.read_clauses("环评多少钱？环评要多长时间？", letter_search)
    assert [each.topic for each in one] == ["eia"]


def test_emergency_is_flagged(reader: Reader) -> None:
    """By pattern, whatever the model thinks."""
    assert read(reader, "车间着火了快来人").is_emergency


def test_reading_is_explained(reader: Reader) -> None:
    """The pieces that spoke for it, and the words never seen."""
    why = reader.explain(read(reader, "食品证多少钱麒麟"))
    assert any("食品" in piece for piece, _ in why.topic)
    assert any("多少" in piece or "fee" in piece or "钱" in piece for piece, _ in why.facet)
    assert "麒麟" in why.unknown


def test_same_training_same_readings(reader: Reader) -> None:
    """Two trainings on the same input agree in everything."""
    other = Reader(small_model())
    for example in small_examples():
        assert read(other, example.text) == read(reader, example.text)


def test_reading_from_many_threads(reader: Reader) -> None:
    """The same as from one."""
    texts = [example.text for example in small_examples()]
    alone = [read(reader, text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: read(reader, text), texts)) == alone


def test_importing_the_room_is_light() -> None:
    """No scikit-learn, SciPy or pypinyin before they are needed."""
    code = "import sys, intents; print([n for n in ('sklearn', 'scipy', 'pypinyin') if n in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert found.stdout.strip() == "[]"
