"""An entry as a form: every field there and back, mistakes by name; the list's filters."""

from dataclasses import replace

import pytest

from base.errors import BadInput
from knowledge import STARTER_FOLDER, Record, read_starter
from server.entry_form import changed, entry_from, written
from server.library import Wanted

ENTRIES = read_starter(STARTER_FOLDER).entries
ENTRY = next(entry for entry in ENTRIES if entry.id == "company-change-registration")


def test_form_gives_back_what_it_was_given() -> None:
    """Opening an entry and saving it changes nothing, for every entry of the starter edition."""
    back = [entry_from(entry, written(entry)) for entry in ENTRIES]
    assert back == [replace(entry, record=Record()) for entry in ENTRIES]


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("materials", "申请书｜原件｜两份", "两份"),
        ("statutory", "三天｜三", "三"),
        ("statutory", "三天｜3｜年", "年"),
        ("answers", "会不会罚款", "会不会罚款"),
        ("effective_from", "2026 年", "2026 年"),
        ("validity", "forever", "forever"),
        ("colour", "red", "colour"),
    ],
)
def test_form_names_what_it_cannot_read(field: str, text: str, says: str) -> None:
    """The field, and what was written there."""
    with pytest.raises(BadInput) as failure:
        entry_from(ENTRY, {field: text})
    assert failure.value.field == field
    assert says in failure.value.message


def test_changes_name_only_what_differs() -> None:
    """Side by side, by field."""
    assert changed(ENTRY, replace(ENTRY, fee="10 元")) == [("费用", ENTRY.fee, "10 元")]


def test_filters_stay_in_the_address() -> None:
    """An address can be sent to a colleague."""
    wanted = Wanted.of({"q": "食品 & 药", "kind": "guide"})
    assert wanted.address(after="x") == "/library?q=%E9%A3%9F%E5%93%81+%26+%E8%8D%AF&kind=guide&after=x"
    with pytest.raises(BadInput):
        Wanted.of({"kind": "novel"})
