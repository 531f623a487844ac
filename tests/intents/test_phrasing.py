"""Plain questions of the library's own names."""

from intents.data import LibraryText
from intents.phrasing import EACH, names_of, plain_questions
from intents.reading import Act


def test_names_of_an_entry() -> None:
    """Title without remarks, its parts, aliases, the thing that is “办”, the paper of a licence."""
    text = LibraryText("mine", "采矿权登记与采矿许可（县级）", ("采矿证", "办营业执照"))
    assert names_of(text) == (
        "采矿权登记与采矿许可",
        "采矿证",
        "办营业执照",
        "采矿权登记",
        "采矿许可",
        "营业执照",
        "采矿许可证",
        "采矿权登记与采矿许可证",
    )


def test_each_name_is_asked_for_in_several_ways() -> None:
    """One group for each name; a name that two entries share asks for both."""
    made = plain_questions([LibraryText("a", "用水报装", ("接水",)), LibraryText("b", "供水", ("接水",))])
    assert {example.group for example in made} == {"plain-用水报装", "plain-接水", "plain-供水"}
    assert len({example.text for example in made}) == 3 * EACH
    assert {example.topics for example in made if example.group == "plain-接水"} == {("a", "b")}
    assert {example.act for example in made} == {Act.ASK_FACET}
