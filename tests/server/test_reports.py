"""Reports over HTTP: JSON, CSV and XLSX of the same table, the page with its plots, who may see them."""

import csv
import io
import re
import zipfile
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from base.clock import SetClock
from hallqueue import REPORTS, Column, Report
from server.access import Role
from server.doors import NewStaff
from server.plots import bars, ceiling, lines, strip, words
from server.reports import as_sheet, heads
from server.reports_notes import definitions, notes_of
from server.sheets import BOM, Sheet, defused, xlsx
from tests.server.conftest import PASSWORD
from tests.server.queue_house import OpenHouse, open_house

DAY = date(2026, 3, 2)
CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
async def open_hall(tmp_path: Path, clock: SetClock) -> AsyncIterator[OpenHouse]:
    """A server over a new hall in which one person was served and one waits."""
    async with open_house(f"sqlite:///{tmp_path / 'hall.db'}", clock) as house:
        await house.open(2)
        await house.take("A")
        await house.take("A")
        clock.advance(minutes=5)
        leg = await house.next(2)
        clock.advance(minutes=1)
        _, leg = await house.act(2, "start", leg)
        clock.advance(minutes=9)
        await house.act(2, "finish", leg, items=["=1+1"])
        yield house


async def download(hall: OpenHouse, address: str) -> tuple[bytes, str, str]:
    """Content, type and file name."""
    async with hall.client.get(address, headers=await hall.headers("supervisor")) as response:
        assert response.status == 200, await response.text()
        name = re.search(r'filename="([^"]+)"', response.headers["Content-Disposition"])
        assert name is not None
        return await response.read(), response.content_type, name.group(1)


def cells(workbook: bytes) -> list[list[str | float | None]]:
    """The first sheet of a workbook: numbers as numbers, shared strings as words."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        strings = [
            "".join(part.text or "" for part in one.iter(f"{CELL}t"))
            for one in ET.fromstring(parts.read("xl/sharedStrings.xml"))  # noqa: S314 (made here)
        ]
        sheet = ET.fromstring(parts.read("xl/worksheets/sheet1.xml"))  # noqa: S314 (made here)
    rows: list[list[str | float | None]] = []
    for row in sheet.iter(f"{CELL}row"):
        assert not list(row.iter(f"{CELL}f")), "no formula"
        rows.append([])
        for cell in row:
            text = "".join(part.text or "" for part in cell.iter(f"{CELL}v"))
            rows[-1].append(strings[int(text)] if cell.get("t") == "s" else float(text) if text else None)
    return rows


async def test_json_has_the_rows_by_key(open_hall: OpenHouse) -> None:
    """Columns with units, a value for each, the total beside."""
    status, found = await open_hall.get("/reports/services?from=2026-03-02&to=2026-03-02", "supervisor")
    assert (status, found["from"], found["to"]) == (200, "2026-03-02", "2026-03-02")
    (row,) = found["rows"]
    told = {key: row[key] for key in ("key", "name", "issued", "served", "wait_mean", "work_mean", "within_percent")}
    assert told == {
        "key": "A",
        "name": "企业开办与登记",
        "issued": 2,
        "served": 1,
        "wait_mean": 5.0,
        "work_mean": 9.0,
        "within_percent": 100.0,
    }
    assert found["total"]["never_called"] == 1
    assert {"key": "wait_mean", "title": "平均等候", "unit": "分钟"} in found["columns"]


async def test_the_three_formats_hold_the_same_table(open_hall: OpenHouse) -> None:
    """Every report, downloaded; numbers are numbers in the workbook."""
    for name in REPORTS:
        _, plain = await open_hall.get(f"/reports/{name}", "supervisor")
        raw, kind, file = await download(open_hall, f"/api/v1/reports/{name}?format=csv")
        assert (kind, file) == ("text/csv", f"{name}-2026-03-02-2026-03-02.csv")
        text = raw.decode()
        assert text.startswith(BOM)
        from_csv = list(csv.reader(io.StringIO(text.removeprefix(BOM))))
        book, kind, file = await download(open_hall, f"/api/v1/reports/{name}?format=xlsx")
        assert (kind.endswith("spreadsheetml.sheet"), file) == (True, f"{name}-2026-03-02-2026-03-02.xlsx")
        from_xlsx = cells(book)
        keys = [column["key"] for column in plain["columns"]]
        assert len(from_csv) == len(from_xlsx) == len(plain["rows"]) + 2
        for line, said in zip(plain["rows"], from_csv[1:-1], strict=True):
            assert said[1:] == ["" if line[key] is None else str(line[key]) for key in keys]
        assert [row[0] for row in from_xlsx] == [row[0] for row in from_csv]


async def test_cells_that_would_run_are_defused(open_hall: OpenHouse) -> None:
    """What somebody typed is text in every file."""
    assert [defused(cell) for cell in ("=1+1", "+86", "-x", "@sum", "\tx", -3, None)] == [
        "'=1+1",
        "'+86",
        "'-x",
        "'@sum",
        "'\tx",
        "-3",
        "",
    ]
    text = (await download(open_hall, "/api/v1/reports/items?format=csv"))[0].decode()
    assert "\r\n'=1+1," in text
    book = (await download(open_hall, "/api/v1/reports/items?format=xlsx"))[0]
    assert cells(book)[1][0] == "'=1+1"


def test_a_workbook_keeps_numbers_and_gaps() -> None:
    """Zero is zero, nothing is nothing."""
    made = cells(xlsx(Sheet("业务", ["名", "数"], [("甲", 0), ("乙", None), ("合计", 1.5)], has_total=True)))
    assert made == [["名", "数"], ["甲", 0.0], ["乙"], ["合计", 1.5]]


async def test_wrong_wishes_are_named(open_hall: OpenHouse) -> None:
    """Report, format, day, class: what was given and what is allowed."""
    wrong = {
        "/reports/everything": (404, "services"),
        "/reports/services?format=pdf": (400, "xlsx"),
        "/reports/services?from=yesterday": (400, "2026-03-02"),
        "/reports/services?class=vip": (400, "ordinary"),
        "/reports/services?from=2026-03-02&to=2026-03-01": (400, "从早到晚"),
        "/reports/counters?from=2025-03-02&to=2026-03-01": (400, "不超过 92 天"),
    }
    for path, (status, words_of_it) in wrong.items():
        got, body = await open_hall.get(path, "supervisor")
        assert (got, words_of_it in body["error"]["message"]) == (status, True), path


async def test_only_who_may_see_reports(open_hall: OpenHouse) -> None:
    """Neither visitors nor clerks nor devices."""
    assert [(await open_hall.get("/reports/services", who))[0] for who in (None, "clerk-2", "screen")] == [
        401,
        403,
        403,
    ]
    assert (await open_hall.get("/reports/services", "integration"))[0] == 200


async def test_the_page_shows_table_plots_notes_and_downloads(open_hall: OpenHouse) -> None:
    """Each report; the address keeps what was chosen."""
    for name, kind in REPORTS.items():
        status, page = await open_hall.page(f"/reports?name={name}&from=2026-03-02&to=2026-03-02", "supervisor")
        assert (status, f'aria-current="page">{kind.title}</a>' in page) == (200, True)
        assert f"/api/v1/reports/{name}?from=2026-03-02&amp;to=2026-03-02&amp;format=xlsx" in page
        has_rows = "<tbody>" in page
        assert has_rows == ('role="img"' in page)
        assert "每一列数的是什么" in page
    _, page = await open_hall.page("/reports?name=services&service=A&class=ordinary", "supervisor")
    assert "service=A&amp;class=ordinary&amp;format=csv" in page
    assert '<option value="A" selected>' in page
    _, page = await open_hall.page("/reports?from=2026-02-01&to=2026-02-01", "supervisor")
    assert "这几天没有可以统计的记录" in page


async def test_clerks_have_their_names(open_hall: OpenHouse) -> None:
    """Not the journal's codes."""
    house = open_hall.house
    await house.doors.add_staff(NewStaff("wangjing", "王静", (Role.CLERK,), house.hall_id, PASSWORD))
    await house.db.write(lambda session: house.desk.open(session, house.hall_id, 3, "staff:1"), f"hall:{house.hall_id}")
    _, found = await open_hall.get("/reports/clerks", "supervisor")
    assert [row["name"] for row in found["rows"] if row["key"] == "staff:1"] == ["王静"]


async def test_every_column_has_its_definition_and_every_definition_a_column(open_hall: OpenHouse) -> None:
    """The document is the law."""
    used = set()
    for name in REPORTS:
        _, found = await open_hall.get(f"/reports/{name}", "supervisor")
        known = definitions()
        for column in found["columns"]:
            own = f"{name}.{column['key']}"
            key = own if own in known else column["key"]
            assert known[key][0] == column["title"], key
            used.add(key)
    assert used == set(definitions())


def report_of(*columns: Column) -> Report:
    """An empty report with these columns."""
    return Report("bookings", "预约", "业务", DAY, DAY, columns, (), (), (), tuple(None for _ in columns))


def test_spreads_stand_under_one_title() -> None:
    """Four columns, one head; others have their own."""
    made = report_of(
        Column("issued", "取号", "个"),
        *(Column(f"wait_{part}", "等候", "分钟") for part in ("mean", "p50", "p80", "p95")),
    )
    assert [(head.title, head.span) for head in heads(made.columns)] == [("取号", 1), ("等候（分钟）", 4)]
    assert as_sheet(made).head == ["业务", "取号（个）", *["等候（分钟）"] * 4]


def test_a_report_may_mean_its_own_by_a_word() -> None:
    """A cancelled booking is no cancelled leg."""
    assert notes_of(report_of(Column("cancelled", "取消", "个"))) == [("取消", "取消了的预约")]


def test_bars_are_as_long_as_their_values() -> None:
    """Percents of a hundred, others of the longest; nothing is no bar and says so; low ones are marked."""
    made = bars("饱和度", ["甲", "乙", "丙"], [50.0, 100.0, None], "%", low=80)
    assert [(bar.words, bar.is_low) for bar in made.bars] == [("50%", True), ("100%", False), ("—", False)]
    assert [bar.width for bar in made.bars] == [made.bars[1].width / 2, made.bars[1].width, 0.0]
    of_forty = bars("饱和度", ["甲"], [40.0], "%").bars[0].width
    assert of_forty == round(0.4 * bars("等候", ["甲"], [40.0], "分钟").bars[0].width, 1)


def test_lines_leave_out_what_is_not_known() -> None:
    """A day without a case has no point; values are told beside."""
    made = lines("等候", ["03-02", "03-03", "03-04"], [("P80", [10.0, None, 40.0])], "分钟")
    (series,) = made.series
    assert [(point.name, point.words) for point in series.points] == [("03-02", "10 分钟"), ("03-04", "40 分钟")]
    assert series.summary == "最高 40 分钟（03-04），最低 10 分钟（03-02）"
    assert series.points[0].y > series.points[1].y
    assert [label for _, label in made.rules] == ["0", "20", "40"]
    assert [ceiling(value) for value in (0, 1, 3, 42, 100, 101)] == [1, 1, 3, 50, 100, 150]


def test_the_strip_is_strong_where_there_is_much() -> None:
    """From none to the most."""
    made = strip("进入队伍", ["09:00", "10:00"], [0, 8], "次")
    assert [(cell.strength, cell.words) for cell in made.cells] == [(0.0, "0 次"), (0.6, "8 次")]
    assert [words(None, "%"), words(12.5, "%"), words(3, "次")] == ["—", "12.5%", "3 次"]
