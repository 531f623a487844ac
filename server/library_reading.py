"""A file of guides as candidates for the library: tables row by row, pages and texts guide by guide."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePath
from typing import Any

from openpyxl.reader.excel import load_workbook

from base.errors import BadInput
from base.text import readable
from knowledge import FIELD_OF, Entry, Kind, Passage, answers_of, passages
from server.entry_form import ALL_FIELDS, CHOICES, KIND_NAMES, Field, written
from server.sheets import STARTS

MOST_BYTES = 2 * 1024 * 1024
MOST_UNPACKED = 40 * 1024 * 1024
MOST_ROWS = 2000
LONGEST_CELL = 8000
HEAD = {"编号": "id", "类别": "kind", "领域": "domain", "领域名称": "domain_name"}
TABLES, PAGES, TEXTS = frozenset({".csv", ".xlsx"}), frozenset({".html", ".htm"}), frozenset({".txt", ".md"})
LINE_SHAPES = frozenset({"line", "text", "figure", "date", *CHOICES})
_FIELDS = {each.name: each for each in ALL_FIELDS}
_COLUMNS = FIELD_OF | {each.label: each.name for each in ALL_FIELDS} | {name: name for name in _FIELDS} | HEAD


@dataclass(slots=True)
class Candidate:
    """One entry as a file has it: ``texts`` by field as the form writes them; ``left``: what was not understood."""

    place: str
    texts: dict[str, str]
    id: str = ""
    kind: str = ""
    domain: str = ""
    domain_name: str = ""
    left: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds; ``unknown`` are columns that no field is called."""

    candidates: list[Candidate]
    unknown: list[str] = field(default_factory=list)


def read_file(name: str, raw: bytes) -> Reading:
    """Take a file apart by the end of its name. ``BadInput`` says what can be read."""
    end = PurePath(name).suffix.lower()
    if not raw.strip():
        raise BadInput(f"“{name}”是空的，请选有内容的文件。", field="file")
    if end in TABLES:
        return _table(_workbook(name, raw) if end == ".xlsx" else _comma_separated(name, raw))
    if end in PAGES | TEXTS:
        found = passages(decoded(name, raw), is_html=end in PAGES)
        return Reading([_of_passage(each) for each in found])
    raise BadInput(f"不能读“{name}”：请用 .csv、.xlsx、.html、.txt 文件；其他格式请先另存为其中一种。", field="file")


def decoded(name: str, raw: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 with its mark, or GB 18030."""
    encodings = ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput(f"“{name}”的文字编码认不出来，请另存为 UTF-8 编码后再导入。", field="file")


def table_of(entries: Iterable[Entry]) -> tuple[list[str], list[list[str]]]:
    """The library as a table that can be read back: its head and a row for each entry."""
    head = [*HEAD, *(each.label for each in ALL_FIELDS)]
    return head, [_row(entry) for entry in entries]


def _row(entry: Entry) -> list[str]:
    texts = written(entry)
    own = [entry.id, KIND_NAMES[entry.kind], entry.domain, entry.domain_name]
    return [*own, *(_shown(each, texts[each.name]) for each in ALL_FIELDS)]


def _shown(column: Field, text: str) -> str:
    return str(CHOICES[column.shape].get(text, text)) if column.shape in CHOICES else text


def _table(rows: Iterable[Sequence[Any]]) -> Reading:
    numbered = [(number, [_cell(each) for each in row]) for number, row in enumerate(rows, 1)]
    filled = [(number, row) for number, row in numbered if any(row)]
    if not filled:
        raise BadInput("表格里没有内容。", field="file")
    columns = [_COLUMNS.get(readable(title).strip()) for title in filled[0][1]]
    if "title" not in columns:
        raise BadInput("表格第一行里没有“标题”这一列。请下载现有条目的表格，按它的列名整理后再导入。", field="file")
    unknown = [title for title, column in zip(filled[0][1], columns, strict=True) if title and column is None]
    return Reading([_of_row(number, columns, row) for number, row in filled[1:]], unknown)


def _bounded(rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    for number, row in enumerate(rows):
        if number > MOST_ROWS:
            raise BadInput(f"一次最多导入 {MOST_ROWS} 行，请把表格拆成几份。", field="file")
        yield row


def _of_row(number: int, columns: Sequence[str | None], row: Sequence[str]) -> Candidate:
    cells = {column: text for column, text in zip(columns, row, strict=False) if column and text}
    code, kind, domain, domain_name = (cells.pop(name, "") for name in HEAD.values())
    kinds = {words: str(value) for value, words in KIND_NAMES.items()}
    texts = {name: _given(_FIELDS[name], text) for name, text in cells.items()}
    return Candidate(f"第 {number} 行", texts, code, kinds.get(kind, kind), domain, domain_name)


def _given(column: Field, text: str) -> str:
    """A cell as the form takes it: choices may be written by their words."""
    words = {label: str(value) for value, label in CHOICES.get(column.shape, {}).items()}
    return words.get(text, text)


def _of_passage(passage: Passage) -> Candidate:
    texts = {name: _joined(_FIELDS[name], lines) for name, lines in passage.fields.items() if lines}
    candidate = Candidate(f"第 {passage.number} 行起", {"title": passage.title} | texts)
    candidate.left += [f"可能有乱码，请对照原文：{line[:60]}" for line in passage.broken]
    if texts:
        candidate.left += [f"没有归入任何字段（第 {line.number} 行）：{line.text[:60]}" for line in passage.left]
        candidate.kind = (Kind.POLICY if "benefit" in texts else Kind.GUIDE).value
        candidate.texts |= {"policy_kind": "benefit"} if "benefit" in texts else {}
    else:
        pairs = [(_plain(ask), _plain(say)) for ask, say in answers_of(passage)]
        candidate.texts["answers"] = "\n".join(f"{ask}｜{say}" for ask, say in pairs)
        candidate.kind = Kind.NOTICE.value
    return candidate


def _joined(column: Field, lines: Sequence[str]) -> str:
    return ("；" if column.shape in LINE_SHAPES else "\n").join(lines)


def _plain(text: str) -> str:
    return text.replace("｜", "／").replace("|", "／")


def _cell(value: object) -> str:
    """A cell as text: dates as 2026-03-01, whole numbers without a point, an apostrophe that defused it taken off."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = value.isoformat() if isinstance(value, date) else readable("" if value is None else str(value)).strip()
    return (text[1:] if text.startswith("'") and text[1:].startswith(STARTS) else text)[:LONGEST_CELL]


def _comma_separated(name: str, raw: bytes) -> list[Sequence[str]]:
    try:
        return list(_bounded(csv.reader(io.StringIO(decoded(name, raw), newline=""))))
    except csv.Error as failure:
        raise BadInput(f"“{name}”不是能读的 CSV 表格，请用表格软件重新另存一份。", field="file") from failure


def _workbook(name: str, raw: bytes) -> list[Sequence[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            size = sum(each.file_size for each in packed.infolist())
        if size > MOST_UNPACKED:
            raise BadInput(f"“{name}”展开后太大，请拆成几份再导入。", field="file")
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)  # type: ignore[no-untyped-call]
        try:
            return list(_bounded(book.worksheets[0].iter_rows(values_only=True)))
        finally:
            book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, TypeError, SyntaxError, OSError) as failure:
        raise BadInput(f"“{name}”不是能读的 XLSX 表格，请用表格软件重新另存一份。", field="file") from failure
