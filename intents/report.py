"""The report for people: a page of HTML with plots in SVG, and lines for the terminal."""

from collections.abc import Sequence
from html import escape
from typing import Any

_STYLE = """
body{font:16px/1.6 "Noto Sans CJK SC","Microsoft YaHei",sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:#1b2733;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid #cfd8e0}
table{border-collapse:collapse;margin:.5rem 0}
th,td{border-bottom:1px solid #e2e8ee;padding:.25rem .75rem;text-align:left;font-weight:400}
td.n{text-align:right;font-variant-numeric:tabular-nums}th{color:#4a5b6b}
.plots{display:flex;flex-wrap:wrap;gap:2rem}
svg{background:#f7f9fb;border:1px solid #cfd8e0}
"""
_SIZE = 280
_PAD = 36
_PAIRS_TOLD = 6
NOISE_NAMES = {
    "traditional": "繁体",
    "stray_pinyin": "夹注音",
    "full_width": "全角",
    "emoji": "表情",
    "filler": "客套话",
    "homophone": "一个同音错字",
    "dropped": "漏一个字",
    "swapped": "两字颠倒",
    "whole_pinyin": "整句拼音",
}


def lines(report: dict[str, Any]) -> list[str]:
    """The figures that matter, one a line."""
    act, topic, facet, bands = report["act"], report["topic"], report["facet"], report["bands"]
    error = f"（±{100 * act['standard_error']:.1f}）"
    found = [
        f"模型 {report['version'] or '（未命名）'}，评测 {report['sentences']} 句",
        _line("意图", 正确率=act["accuracy"], 宏平均F1=act["macro_f1"]) + error,
        _line("事项", 首位=topic["first"], 前三=topic["first_three"], 按事项平均=topic["macro"]),
        _line("要素", 首个正确=facet["first_right"], 完全一致=facet["exact"], 多要素全中=facet["several_complete"]),
        _line("校准", 误差ECE=report["calibration"]["ece"]),
        _line(
            f"阈值 {bands['high']}/{bands['middle']}",
            直接回答=bands["answered"],
            给选项=bands["menu"],
            范围内误拒=bands["refused"],
            范围外误答=bands["outside_answered"],
            错误回答占全部=bands["wrong_of_all"],
        ),
    ]
    if report["scope"]:
        scope = report["scope"]
        found.append(
            f"范围外：AUROC {_share(scope['auroc'])}，保留 95% 范围内时识别出 {_share(scope['recall_at_95_kept'])}"
        )
    if "emergency" in report:
        danger = report["emergency"]
        missed, false = len(danger["missed"]), len(danger["false"])
        found.append(f"紧急情况：{danger['emergencies']} 句中漏 {missed} 句，其余误报 {false} 句")
    found += [
        f"抗噪·{NOISE_NAMES[name]}：事项首位 {_share(topic_first)}，意图 {_share(act_right)}"
        for name, (topic_first, act_right) in report.get("robustness", {}).items()
    ]
    if "latency" in report:
        took = report["latency"]
        found.append(f"耗时：读一句 p50 {took['read_p50_ms']:.2f} 毫秒，p99 {took['read_p99_ms']:.2f} 毫秒")
    return [*found, *_mixed_up(report)]


def _mixed_up(report: dict[str, Any]) -> list[str]:
    """The commonest confusions of acts and of topics."""
    return [
        f"{name}易混（标注→读成）："
        + "，".join(f"{right}→{said} {count}" for right, said, count in pairs[:_PAIRS_TOLD])
        for name, pairs in (("意图", report["act"]["confusion"]), ("事项", report["topic"]["confusion"]))
        if pairs
    ]


def html(report: dict[str, Any]) -> str:
    """The whole report as one page."""
    bins = [row[:2] for row in report["calibration"]["bins"]]
    parts = [
        "<h1>识别评测报告</h1>",
        "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines(report)) + "</ul>",
        '<div class="plots">',
        _plot("风险—覆盖：横轴回答的比例，纵轴其中答错的比例", report["risk_coverage"]),
        _plot("校准：横轴说的可信度，纵轴实际正确率", bins, diagonal=True),
        "</div>",
        _table("意图 F1", sorted(report["act"]["f1"].items(), key=lambda item: item[1])),
        _table("意图混淆（标注 → 读成）", _arrows(report["act"]["confusion"])),
        _table("事项混淆（标注 → 读成）", _arrows(report["topic"]["confusion"])),
        _table("要素混淆（标注 → 读成）", _arrows(report["facet"]["confusion"])),
        _table("要素 F1", sorted(report["facet"]["f1"].items(), key=lambda item: item[1])),
        _table("各语体的事项首位正确率", [(name, *row) for name, row in report["topic"]["by_register"].items()]),
        _table("最弱的事项", report["topic"]["weakest"]),
        _mistakes(report.get("mistakes", [])),
    ]
    head = '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>识别评测报告</title>'
    return f"{head}<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"


def _arrows(confusion: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [[f"{truth} → {said}", count] for truth, said, count in confusion]


def _line(head: str, **figures: float) -> str:
    return f"{head}：" + "，".join(f"{name} {_share(value)}" for name, value in figures.items())


def _share(value: float) -> str:
    return f"{100 * value:.1f}%"


def _table(title: str, rows: Sequence[Sequence[Any]]) -> str:
    body = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in rows)
    return f"<h2>{escape(title)}</h2><table>{body}</table>"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f'<td class="n">{_share(value)}</td>'
    return f'<td class="n">{value}</td>' if isinstance(value, int) else f"<td>{escape(str(value))}</td>"


def _mistakes(rows: Sequence[dict[str, Any]]) -> str:
    cells = [
        (
            row["text"],
            " → ".join(row["act"]),
            "、".join(row["topics"][0]),
            "、".join(row["topics"][1]),
            float(row["p_right"]),
        )
        for row in rows
    ]
    return _table("读错的句子（最自信的在前）：句子、意图、应为、读成、可信度", cells)


def _plot(title: str, points: Sequence[Sequence[float]], *, diagonal: bool = False) -> str:
    top = 1.0 if diagonal else max([0.1, *(point[1] for point in points)])
    inner = _SIZE - 2 * _PAD

    def place(x: float, y: float) -> str:
        return f"{_PAD + x * inner:.1f},{_SIZE - _PAD - y / top * inner:.1f}"

    line = " ".join(place(x, y) for x, y in points)
    guide = f'<polyline points="{place(0, 0)} {place(1, 1)}" fill="none" stroke="#b8c4cf"/>' if diagonal else ""
    labels = "".join(
        f'<text x="{x}" y="{y}" font-size="11" fill="#4a5b6b">{text}</text>'
        for x, y, text in (
            (_PAD - 6, _SIZE - _PAD + 16, "0"),
            (_SIZE - _PAD - 20, _SIZE - _PAD + 16, "100%"),
            (4, _PAD + 4, f"{100 * top:.0f}%"),
        )
    )
    axes = f'<path d="M{_PAD},{_PAD}V{_SIZE - _PAD}H{_SIZE - _PAD}" fill="none" stroke="#4a5b6b"/>'
    drawn = f'<polyline points="{line}" fill="none" stroke="#0b5fa5" stroke-width="2"/>'
    size = f'width="{_SIZE}" height="{_SIZE}" role="img" aria-label="{escape(title)}"'
    figure = f"<svg {size}>{axes}{guide}{drawn}{labels}</svg>"
    return f"<figure>{figure}<figcaption>{escape(title)}</figcaption></figure>"
