"""Files of entries: every mistake named by file, line and field; what is written is read back equal."""

from pathlib import Path

import pytest

from base.errors import BadInput
from knowledge import Starter, read_starter
from knowledge.files import dump, parse
from tests.knowledge.builders import BROKEN, GUIDE, POLICY, write_folder


def mistakes_of(files: dict[str, str]) -> list[str]:
    """The lines of the refusal, without its first."""
    with pytest.raises(BadInput) as refusal:
        parse(files)
    return [line.removeprefix("  · ") for line in refusal.value.message.splitlines()[1:]]


def test_every_mistake_is_named_by_file_line_and_field() -> None:
    """One refusal lists all eight, with the nearest right name for a misspelt field."""
    assert mistakes_of({"d01.yaml": BROKEN}) == [
        "d01.yaml 第 9 行，confidence：不认识的取值 'certain'",
        "d01.yaml 第 13 行，aliasses：没有这个字段，是不是想写 aliases？",
        "d01.yaml 第 15 行，materials[1].count：须为整数，收到的是 str",
        "d01.yaml 第 16 行，materials[2].name：缺少这个字段",
        "d01.yaml 第 25 行，effective_from：须为日期（年-月-日）",
        "d01.yaml 第 29 行，source：不能为空",
        "d01.yaml 第 26 行，policy_kind：政策须写明类别：benefit、rule、warning 或 programme",
        "d01.yaml 第 26 行，effective_to：validity 为 fixed 时须写明截止日期；不确定的请用 unconfirmed",
    ]


def test_broken_yaml_names_its_line() -> None:
    """What is no YAML at all still says where."""
    (mistake,) = mistakes_of({"bad.yaml": "domain: a\nentries: [\n"})
    assert mistake.startswith("bad.yaml 第 3 行，YAML：不是有效的 YAML")


def test_file_without_entries_is_refused() -> None:
    """A file must hold a list of entries."""
    assert mistakes_of({"a.yaml": "domain: d01\n", "b.yaml": ""}) == [
        "a.yaml 第 1 行，entries：须为一个列表",
        "b.yaml 第 1 行，YAML：文件是空的",
    ]


def test_same_id_in_two_files_is_refused() -> None:
    """Ids are one of a kind across all files."""
    (text,) = dump([GUIDE]).values()
    assert mistakes_of({"a.yaml": text, "b.yaml": text}) == ["b.yaml 第 4 行，id：编号“company-change”重复"]


def test_field_written_twice_is_refused() -> None:
    """YAML itself would silently take the last one."""
    (text,) = dump([GUIDE]).values()
    assert mistakes_of({"a.yaml": text + "    who: 别人\n"}) == ["a.yaml 第 16 行，who：这个字段写了两次"]


def test_starter_without_edition_is_refused(tmp_path: Path) -> None:
    """A folder that is no starter folder is named as such."""
    with pytest.raises(BadInput, match=r"没有 edition\.yaml"):
        read_starter(tmp_path)


def test_draft_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    """A misspelt id among the drafts would publish a placeholder."""
    folder = write_folder(tmp_path, {"edition.yaml": 'edition: "1"\ndrafts: [nobody]\n', **dump([GUIDE])})
    with pytest.raises(BadInput, match=r"edition\.yaml 第 1 行，drafts：没有编号为“nobody”的条目"):
        read_starter(folder)


def test_mark_tells_changed_files_apart(tmp_path: Path) -> None:
    """The same edition with other text is loaded again."""
    before = read_starter(write_folder(tmp_path, dump([GUIDE])))
    after = read_starter(write_folder(tmp_path, dump([GUIDE, POLICY])))
    assert before.edition == after.edition
    assert before.mark != after.mark


def test_written_entries_are_read_back_equal(starter: Starter) -> None:
    """All 171 entries survive the way through YAML."""
    again = parse(dump(starter.entries))
    assert {each.id: each for each in again} == {each.id: each for each in starter.entries}
