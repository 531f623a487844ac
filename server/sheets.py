"""Tables to take away: CSV and XLSX that open rightly in office software, with no cell that it would run."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import xlsxwriter
from aiohttp import web

BOM = "\ufeff"
STARTS = ("=", "+", "-", "@", "\t", "\r")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDEST, NARROWEST = 40, 8


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: its ``title``, ``head`` and rows; the last row is a total if ``has_total``."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[object]]
    has_total: bool = False


def defused(cell: object) -> str:
    """A cell as text; one that office software would take for a formula gets an apostrophe before it."""
    if isinstance(cell, int | float):
        return str(cell)
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(STARTS) else text


def csv_answer(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> web.Response:
    """The table as a file called ``name``.csv: UTF-8 with a byte order mark, lines ended as RFC 4180 has it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([defused(cell) for cell in head])
    writer.writerows([defused(cell) for cell in row] for row in rows)
    return _file(f"{name}.csv", (BOM + text.getvalue()).encode(), "text/csv", charset="utf-8")


def xlsx_answer(name: str, sheet: Sheet) -> web.Response:
    """The table as a file called ``name``.xlsx: numbers as numbers, words as words, the head fixed."""
    return _file(f"{name}.xlsx", xlsx(sheet), XLSX)


def xlsx(sheet: Sheet) -> bytes:
    """The workbook."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        page = book.add_worksheet(sheet.title)
        strong = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        for column, title in enumerate(sheet.head):
            page.write_string(0, column, defused(title), strong)
            page.set_column(column, column, _width([title, *(row[column] for row in sheet.rows)]))
        for place, row in enumerate(sheet.rows, 1):
            is_total = sheet.has_total and place == len(sheet.rows)
            for column, cell in enumerate(row):
                _write(page, (place, column), cell, strong if is_total else None)
        page.freeze_panes(1, 1)
    return made.getvalue()


def _write(
    page: xlsxwriter.worksheet.Worksheet, at: tuple[int, int], cell: object, form: xlsxwriter.format.Format | None
) -> None:
    if isinstance(cell, int | float):
        page.write_number(*at, cell, form)
    elif cell is not None:
        page.write_string(*at, defused(cell), form)


def _width(cells: Iterable[object]) -> int:
    """Wide enough for the longest cell; a Chinese character counts for two."""
    longest = max(sum(1 + (ord(sign) > 0xFF) for sign in defused(cell)) for cell in cells)  # noqa: PLR2004 (Latin-1)
    return min(max(longest + 2, NARROWEST), WIDEST)


def _file(name: str, body: bytes, kind: str, *, charset: str | None = None) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return web.Response(body=body, content_type=kind, charset=charset, headers=headers)
