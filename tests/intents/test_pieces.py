"""Pieces of a sentence, latin letters spelled out, emoji, clauses, sentences without a topic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.text import normalise
from intents.clauses import asking_part, clauses
from intents.ellipsis import is_elliptic, names_facet
from intents.explain import PIECE_NAMES
from intents.features import cut, pieces
from intents.lookup import Lookup
from intents.signs import spelled
from intents.spelling import Spelling

TEXTS = [
    "办营业执照要啥材料",
    "营业执照丢了",
    "营业执照多少钱",
    "注册公司要多久",
    "注册公司在哪办",
    "app打不开",
    "app怎么下",
]
SPELLING = Spelling.learn(TEXTS, [["营业执照"], ["营业执照"], ["营业执照"], ["注册", "公司"]])


def test_a_lost_character_leaves_most_pieces() -> None:
    """Pairs over a gap: most pieces of the short form stand in the whole one, beyond its own letters."""
    whole, short = set(pieces("营业执照变更")), set(pieces("营业照变更"))
    pairs = {piece for piece in short if piece[0] == "c" and len(piece) == 3}
    assert "c业照" in whole
    assert len(pairs & whole) / len(pairs) > 0.5


def test_a_homophone_keeps_its_sound() -> None:
    """直照 sounds as 执照."""
    assert "pzhi zhao" in set(pieces("营业直照")) & set(pieces("营业执照"))


def test_facet_words_are_pieces() -> None:
    """Whatever else is said."""
    assert {"ffee", "ftime_limit"} <= set(pieces("多少钱，几天"))


@given(st.text(max_size=60))
def test_any_text_can_be_cut(text: str) -> None:
    """Each piece once; contents are among them."""
    found, contents = cut(normalise(text))
    assert len(found) == len(set(found))
    assert set(contents) <= set(found)


@given(st.text(alphabet="办营业执照要啥材料多少钱A1 ，?yz", max_size=40))
def test_lookup_finds_the_same_pieces(text: str) -> None:
    """As writing them out and looking each up."""
    known = sorted({piece for each in TEXTS for piece in pieces(each)})
    vocabulary = {piece: row for row, piece in enumerate(known)}
    written, contents = cut(text)
    found = Lookup(vocabulary).find(text)
    assert found.rows.tolist() == sorted(vocabulary[piece] for piece in written if piece in vocabulary)
    assert found.contents.tolist() == [vocabulary[piece] for piece in contents if piece in vocabulary]
    assert found.content_count == len(contents)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("yingye zhizhao yao sha cailiao", "营业执照要啥材料"),
        ("zhucegongsi", "注册公司"),
        ("yyzz多少钱", "营业执照多少钱"),
        ("app打不开", "app打不开"),
        ("no", "no"),
        ("qwrtp", "qwrtp"),
        ("营业执照丢了", "营业执照丢了"),
    ],
)
def test_latin_letters_are_spelled_out(typed: str, plain: str) -> None:
    """Whole pinyin and initials; known latin words and nonsense stay."""
    assert SPELLING.plain(typed) == plain


def test_spelling_learns_the_same_twice() -> None:
    """And its readings are rebuilt from what is stored."""
    again = Spelling.of(
        characters=SPELLING.characters, pairs=SPELLING.pairs, initials=SPELLING.initials, known=SPELLING.known
    )
    assert again == SPELLING


@pytest.mark.parametrize(
    ("text", "said"),
    [("👌", "好的"), ("👎👎", "不好"), ("好的👌", "好的👌"), ("🔥", "🔥"), ("🔥🔥🔥", "着火了"), ("", "")],
)
def test_emoji_alone_say_something(text: str, said: str) -> None:
    """One fire is no fire."""
    assert spelled(text) == said


@pytest.mark.parametrize(
    "text", ["那得多少钱", "那要多少钱?", "几天能下来", "在哪办啊", "需要带什么材料呢", "它有效期几年", "网上能办吗"]
)
def test_sentences_without_a_topic(text: str) -> None:
    """Facet words, pronouns and filler only."""
    assert is_elliptic(normalise(text))


@pytest.mark.parametrize("text", ["环评多少钱", "那离婚呢", "执照几天下来", "狗粮多少钱"])
def test_sentences_with_a_topic_or_something_unknown(text: str) -> None:
    """Something remains."""
    assert not is_elliptic(normalise(text))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("环评多久?食品证多少钱?", ("环评多久?", "食品证多少钱?")),
        ("我开饭店的。食品证咋办?还有消防要不要验收", ("我开饭店的。食品证咋办?", "还有消防要不要验收")),
        ("我们厂搬到城南了,执照地址咋改", ("我们厂搬到城南了,执照地址咋改",)),
        ("你好", ("你好",)),
    ],
)
def test_clauses(text: str, parts: tuple[str, ...]) -> None:
    """What does not ask goes with the asking clause behind it."""
    assert clauses(text) == parts


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("我们厂搬到城南了,执照地址咋改", "执照地址咋改"),
        ("执照地址咋改,我们厂搬到城南了", "执照地址咋改"),
        ("厂子停了,院子荒着", "院子荒着"),
        ("?", "?"),
    ],
)
def test_the_part_that_asks(text: str, part: str) -> None:
    """The last that does; the end of a story in which none does."""
    assert asking_part(text) == part


def test_what_is_asked_is_told_from_the_story() -> None:
    """Words of the part that asks stand once more; a sentence that asks nothing says so."""
    found = set(pieces("厂子停了,执照多少钱"))
    assert {"w厂子", "w执照", "q执照"} <= found
    assert "q厂子" not in found
    assert ("m0" in pieces("厂子停了"), "m0" in pieces("厂子停了咋整")) == (True, False)


@pytest.mark.parametrize(("text", "names"), [("那得多少钱", True), ("几天能下来", True), ("你们是谁", False)])
def test_a_facet_is_named(text: str, names: bool) -> None:  # noqa: FBT001 (a table of cases)
    """Only then is a sentence without a topic surely a question about the topic at hand."""
    assert names_facet(normalise(text)) is names


def test_every_kind_of_piece_has_a_name() -> None:
    """What a reading is explained with."""
    found = pieces(normalise("环评要多少钱？材料交给谁"))
    assert {piece[0] for piece in found} <= set(PIECE_NAMES)
