"""A web page or a plain text of guides, taken apart: which lines are whose title, which belong to which field.

The highest headings begin a guide, labels such as “申请材料” begin a field; what stands under no label is kept and
named, so that an editor sees what was not understood. Nothing is guessed beyond that.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from base.text import readable

LABELS: dict[str, tuple[str, ...]] = {
    "title": ("事项名称", "政策名称", "标题", "事项"),
    "aliases": ("别名", "俗称"),
    "office": ("受理单位", "承办单位", "实施主体", "主管部门", "实施机关", "办理机构", "受理机构", "责任单位"),
    "item_type": ("事项类型",),
    "who": ("服务对象", "申请主体", "适用对象", "办理对象", "适用范围", "申报对象"),
    "conditions": ("办理条件", "受理条件", "申请条件", "申报条件"),
    "materials": ("申请材料", "办理材料", "所需材料", "申报材料", "材料清单"),
    "steps": ("办理流程", "办理程序", "办事流程", "办理步骤"),
    "statutory": ("法定办结时限", "法定期限"),
    "promise": ("承诺办结时限", "承诺时限", "承诺期限"),
    "usual": ("办理时限", "办结时限"),
    "fee": ("收费标准", "收费情况", "是否收费", "收费"),
    "result": ("审批结果", "结果名称"),
    "online": ("网上办理", "网办地址", "在线办理"),
    "counter": ("办理地点", "办理窗口", "受理地点"),
    "legal_basis": ("设定依据", "办理依据", "法律依据", "政策依据"),
    "issuer": ("发文单位",),
    "benefit": ("支持内容", "奖补标准", "支持标准", "优惠政策"),
    "claim": ("申领方式", "申报方式", "申报流程", "兑现流程"),
    "pitfalls": ("注意事项", "退件原因"),
}
FIELD_OF = {label: name for name, labels in LABELS.items() for label in labels}
BROKEN = re.compile("[\ufffd€]|锟斤拷|烫烫|[\u4e00-\u9fff]\\?[a-zà-ǜ]|[\u4e00-\u9fff][à-ǜ]+[\u4e00-\u9fff]")
LONGEST_TITLE = 60
LONGEST_ASK = 40
_NUMBER = r"(?:[一二三四五六七八九十]+[、.．]|\d{1,2}[、.．)）]|[（(][一二三四五六七八九十\d]{1,3}[)）])"
_NUMBERED = re.compile(rf"^{_NUMBER}\s*")
_GUIDE = re.compile(r"^.{2,50}(?:办事|服务|申报)指南$")
_FIRST_CLAUSE = re.compile(r"[^，。；！？]+")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page: where it stands, counted from 1; ``level`` of a heading from 1, 0 for all else."""

    number: int
    text: str
    level: int = 0


@dataclass(slots=True)
class Passage:
    """One guide of a page. ``fields``: by the entry's field, its lines; ``left``: what stands under no label."""

    number: int
    title: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    left: list[Line] = field(default_factory=list)

    @property
    def broken(self) -> list[str]:
        """The lines that hold signs of a wrong encoding: to be held against the source."""
        lines = [*(line for lines in self.fields.values() for line in lines), *(each.text for each in self.left)]
        return [line for line in lines if BROKEN.search(line)]


def passages(text: str, *, is_html: bool) -> list[Passage]:
    """The guides of a page, in its order; a page without headings or labels is one."""
    lines = html_lines(text) if is_html else text_lines(text)
    found: list[Passage] = []
    top, name = _top_level(lines), ""
    for line in lines:
        label, rest = _label(line.text)
        if label == "title" or (not label and (line.level == top or _GUIDE.match(line.text))):
            found.append(Passage(line.number, (rest if label else _unnumbered(line.text))[:LONGEST_TITLE]))
            name = ""
            continue
        if not found:
            found.append(Passage(line.number, ""))
        name = label or ("" if line.level else name)
        _keep(found[-1], name, Line(line.number, rest if label else line.text))
    return [_titled(each) for each in found if each.fields or each.left]


def _keep(passage: Passage, name: str, line: Line) -> None:
    if not line.text:
        passage.fields.setdefault(name, [])
    elif name:
        passage.fields.setdefault(name, []).append(_unnumbered(line.text).rstrip("；;"))
    else:
        passage.left.append(line)


def answers_of(passage: Passage) -> list[tuple[str, str]]:
    """What stands under no label as questions and answers: each paragraph under its first clause."""
    return [(_first_clause(line.text), line.text) for line in passage.left]


def text_lines(text: str) -> list[Line]:
    """The lines of a plain text that say something."""
    return [Line(number, line) for number, line in enumerate(readable(text).split("\n"), 1) if line]


def html_lines(text: str) -> list[Line]:
    """The blocks of a web page as lines, without its menus, scripts and footers."""
    parser = _Blocks()
    parser.feed(text)
    parser.close()
    return list(parser.lines())


def _label(text: str) -> tuple[str, str]:
    """The field that ``text`` begins, and what follows on the same line; two empty texts if it begins none."""
    plain = _unnumbered(text).lstrip("【[").strip()
    head, mark, rest = (part.strip() for part in re.sub(r"[】\]]\s*[:：]?|[:：]", "：", plain, count=1).partition("："))
    return (FIELD_OF[head], rest) if head in FIELD_OF and (mark or plain == head) else ("", "")


def _top_level(lines: Sequence[Line]) -> int:
    """The level of the headings that begin guides; -1 where there are none."""
    return min((line.level for line in lines if line.level and not _label(line.text)[0]), default=-1)


def _titled(passage: Passage) -> Passage:
    if not passage.title and passage.left:
        passage.title = _first_clause(passage.left[0].text)
    return passage


def _first_clause(text: str) -> str:
    found = _FIRST_CLAUSE.search(text)
    return (found.group() if found else text)[:LONGEST_ASK].strip()


def _unnumbered(text: str) -> str:
    return _NUMBERED.sub("", text)


class _Blocks(HTMLParser):
    """Collects what a person reads of a page, block by block; a row of a table is one line."""

    HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
    BREAKS = frozenset({"p", "div", "li", "tr", "dt", "dd", "br", "ul", "ol", "dl", "table", "section", *HEADINGS})
    UNREAD = frozenset({"script", "style", "nav", "footer", "noscript", "head", "select", "button", "svg"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._blocks: list[tuple[int, str, int]] = []
        self._text = ""
        self._level = 0
        self._unread = 0

    def lines(self) -> Iterable[Line]:
        """What was read so far."""
        for number, text, level in self._blocks:
            yield from (Line(number, line, level) for line in readable(text).split("\n") if line)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 (the parser's own)
        """Break before a block; a cell is told from the one before by a colon."""
        if tag in self.UNREAD:
            self._unread += 1
        if tag in self.BREAKS:
            self._end()
        if tag in self.HEADINGS:
            self._level = self.HEADINGS.index(tag) + 1
        if tag in ("td", "th") and self._text.strip():
            self._text += "：" if readable(self._text).strip() in FIELD_OF else "｜"

    def handle_endtag(self, tag: str) -> None:
        """Break after a block."""
        if tag in self.UNREAD:
            self._unread = max(0, self._unread - 1)
        if tag in self.BREAKS:
            self._end()

    def handle_data(self, data: str) -> None:
        """Keep what is shown."""
        if not self._unread:
            self._text += data

    def close(self) -> None:
        """Keep the last block too."""
        super().close()
        self._end()

    def _end(self) -> None:
        if self._text.strip():
            self._blocks.append((self.getpos()[0], " ".join(self._text.split()), self._level))
        self._text, self._level = "", 0
