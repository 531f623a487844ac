"""Import of tables, web pages and texts: every mistake by row and field, drafts only, and back again."""

import csv
import io
from pathlib import Path
from urllib.parse import quote

import pytest

from base.errors import BadInput
from knowledge import Entry
from server.access import Role
from server.house import House
from server.library_import import Plan, Upload, plan_of
from server.library_reading import MOST_BYTES, read_file, table_of
from server.sheets import Sheet, defused, xlsx
from tests.server.conftest import Client, SignIn
from tests.server.staff_builders import page, words

COPIED = """\
今年以來,寬甸經(jīng)濟開發(fā)區(qū)在縣委、縣政府的堅強領(lǐng)導(dǎo)下,各項工作穩(wěn)步推進(jìn)。
改善營商環(huán)境,實現(xiàn)政務(wù)服務(wù)大廳建成投用。謀劃園區(qū)供水、燃?xì夤艿篮碗娏€路建設(shè)項目。
"""
WEB = """\
<html><head><title>指南</title><style>p {}</style></head><body><nav>首頁</nav>
<h1>停車場備案辦事指南</h1>
<table><tr><td>實(shí)施主體</td><td>縣城管局</td></tr><tr><td>服務(wù)對象</td><td>經(jīng)營者</td></tr></table>
<h3>一、申請材料</h3><ol><li>1. 申請書；</li><li>2.營業(yè)執(zhí)照</li></ol>
<p>【收費標(biāo)準(zhǔn)】不收費</p><h4>交通</h4><p>二樓左轉(zhuǎn)</p></body></html>
"""
DOMAIN = "d18-rights-credit"


@pytest.fixture
async def editor(sign_in: SignIn) -> Client:
    """A knowledge editor's browser."""
    return await sign_in("liming", Role.EDITOR)


async def planned(house: House, name: str, raw: bytes, **given: str) -> Plan:
    """What a file would do to the house's library."""
    reading = read_file(name, raw)
    return await house.db.read(lambda s: plan_of(s, house.library, reading, Upload(name, domain=DOMAIN, **given)))


def rows_of(*rows: list[str]) -> bytes:
    """A CSV of these rows."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


async def send(client: Client, path: str, name: str, raw: bytes, **more: str) -> tuple[int, str]:
    """Status and text of an upload."""
    query = "&".join(f"{key}={quote(value)}" for key, value in {"name": name, "domain": DOMAIN, **more}.items())
    async with client.post(f"{path}?{query}", data=io.BytesIO(raw)) as answer:
        return answer.status, await answer.text()


async def test_copied_text_comes_out_readable(house: House) -> None:
    """Stray pinyin and traditional characters go; what the copy broke is named."""
    plan = await planned(house, "report.txt", COPIED.encode())
    (row,) = plan.rows
    assert row.entry is not None
    assert (row.outcome, row.entry.kind, row.entry.title) == ("new", "notice", "今年以来")
    assert [each.say for each in row.entry.answers] == [
        "今年以来，宽甸经济开发区在县委、县政府的坚强领导下，各项工作稳步推进。",
        "改善营商环境，实现政务服务大厅建成投用。谋划园区供水、燃?xì夤艿篮碗娏€路建设项目。",
    ]
    assert [text.partition("：")[0] for text in row.left] == ["可能有乱码，请对照原文"]


async def test_web_page_becomes_fields(house: House) -> None:
    """Labels in tables, headings and brackets; what fits no field is named with its line."""
    (row,) = (await planned(house, "page.html", WEB.encode("gb18030"))).rows
    assert row.entry is not None
    kept = row.entry
    assert (kept.title, kept.office, kept.who, kept.fee) == ("停车场备案办事指南", "县城管局", "经营者", "不收费")
    assert [each.name for each in kept.materials] == ["申请书", "营业执照"]
    assert kept.id == "ting-che-chang-bei-an-ban-shi-zhi-nan"
    assert row.left == ["没有归入任何字段（第 5 行）：交通", "没有归入任何字段（第 5 行）：二楼左转"]


async def test_every_mistake_has_its_row_and_field(house: House) -> None:
    """All at once; a column that no field is called is named."""
    raw = rows_of(
        ["编号", "类别", "标题", "主管或承办单位", "施行日期", "材料", "颜色"],
        ["parking", "办事指南", "停车", "", "三月", "申请书｜原件｜两份", "红"],
        ["", "小说", "故事", "局", "", "", ""],
        ["UPPER", "常见问题", "大写", "", "", "", ""],
    )
    plan = await planned(house, "t.csv", raw)
    assert plan.unknown == ["颜色"]
    assert [(row.place, row.outcome, [label for label, _ in row.mistakes]) for row in plan.rows] == [
        ("第 2 行", "unreadable", ["施行日期", "材料", "主管或承办单位", "谁可以办"]),
        ("第 3 行", "unreadable", ["类别", "谁可以办"]),
        ("第 4 行", "unreadable", ["编号"]),
    ]


async def test_table_changes_only_what_it_fills(house: House) -> None:
    """A known entry is found by id or by title; an empty cell leaves what is there."""
    known = (await house.db.read(house.library.entries))[0]
    raw = rows_of(["标题", "费用", "办理结果"], [known.title, "10 元", ""])
    (row,) = (await planned(house, "t.csv", raw)).rows
    assert row.entry is not None
    assert (row.outcome, row.entry.id, row.entry.fee, row.entry.result) == ("changed", known.id, "10 元", known.result)
    assert [each.label for each in row.changes] == ["费用"]


@pytest.mark.parametrize("end", ["csv", "xlsx"])
async def test_table_of_the_library_comes_back_unchanged(house: House, end: str) -> None:
    """Out and in again: not one entry differs."""
    entries: list[Entry] = await house.db.read(house.library.entries)
    head, rows = table_of(entries)
    comma = rows_of(list(head), *([defused(cell) for cell in row] for row in rows))
    raw = xlsx(Sheet("知识库", head, rows)) if end == "xlsx" else comma
    plan = await planned(house, f"t.{end}", raw)
    differing = {row.title: (row.mistakes, [(each.label, each.after) for each in row.changes]) for row in plan.rows}
    assert {title: told for title, told in differing.items() if told != ([], [])} == {}
    assert plan.counts == {"same": len(entries)}


async def test_twice_in_one_file_is_a_mistake(house: House) -> None:
    """Which of the two would hold is not guessed."""
    raw = rows_of(["编号", "类别", "标题"], ["one", "常见问题", "甲"], ["one", "常见问题", "乙"])
    plan = await planned(house, "t.csv", raw)
    assert [(row.outcome, row.mistakes) for row in plan.rows] == [
        ("new", []),
        ("unreadable", [("编号", "文件里有两条都是“one”")]),
    ]


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("guide.pdf", b"x", "不能读“guide.pdf”"),
        ("empty.txt", b" ", "是空的"),
        ("t.csv", "名字,费用\n甲,1\n".encode(), "没有“标题”这一列"),
        ("t.xlsx", b"not a workbook", "不是能读的 XLSX"),
        ("t.txt", b"\x81\xff\xfe", "编码认不出来"),
        ("t.csv", "标题\n".encode() + "甲\n".encode() * 2001, "最多导入 2000 行"),
    ],
)
def test_what_cannot_be_read_is_said(name: str, raw: bytes, says: str) -> None:
    """A sentence that says what to do."""
    with pytest.raises(BadInput, match=says) as refusal:
        read_file(name, raw)
    assert refusal.value.field == "file"


async def test_preview_keeps_nothing_and_confirmation_makes_drafts(
    house: House, editor: Client, sign_in: SignIn
) -> None:
    """Only what is ticked, only as drafts; the same file again brings nothing more."""
    raw = rows_of(["编号", "类别", "标题"], ["one", "常见问题", "停车收费吗"], ["two", "常见问题", "有食堂吗"])
    status, html = await send(editor, "/library/import/preview", "t.csv", raw)
    assert (status, "停车收费吗" in html, "新条目" in html) == (200, True, True)
    before = len(await house.db.read(house.library.entries))
    status, text = await send(editor, "/api/v1/library/import", "t.csv", raw, skip="第 3 行")
    assert (status, text) == (200, '{"added": 1, "changed": 0, "next": "/library/reviews"}')
    drafts = await house.db.read(house.library.pending)
    assert [(each.id, each.record.state) for each in drafts if each.id in ("one", "two")] == [("one", "draft")]
    assert len(await house.db.read(house.library.entries)) == before + 1
    assert (await send(editor, "/api/v1/library/import", "t.csv", raw, skip="第 3 行"))[1].startswith('{"added": 0')
    clerk = await sign_in("chen", Role.CLERK)
    assert (await send(clerk, "/library/import/preview", "t.csv", raw))[0] == 403


async def test_large_file_is_refused_with_a_sentence(editor: Client) -> None:
    """More than other requests may bring, but not without end."""
    fits = "标题\n".encode() + b"\n" * 400_000
    assert (await send(editor, "/library/import/preview", "t.csv", fits))[0] == 400
    status, text = await send(editor, "/library/import/preview", "t.txt", b"a" * (MOST_BYTES + 1))
    assert (status, "文件不能超过 2 MB" in text) == (400, True)


async def test_page_offers_the_table(editor: Client, tmp_path: Path) -> None:
    """The library as it is, to be worked on."""
    _, html = await page(editor, "/library/import")
    assert "现有条目的表格（XLSX）" in words(html)
    async with editor.get("/library/table.xlsx") as answer:
        raw = await answer.read()
    (tmp_path / "t.xlsx").write_bytes(raw)
    assert len(read_file("t.xlsx", raw).candidates) == 171
