"""Answer cards: what entries say about what was asked, with their basis and dates. Pure.

Only approved text is shown; ``bot.facets`` finds it. Twins of one matter answer together, each cited.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot import facets
from bot.facets import Asking
from bot.rules.turn import Card, Section, Source
from knowledge import Confidence, Entry, Kind, PolicyKind, Snapshot, Stance, Standing, stance

NEWEST_GUIDE = "以窗口最新指南为准。"
BASIS_UNCHECKED = "依据待核：这一条按通行规定整理，尚未与原文核对。"
LOCAL_CHECK = "这一项各地办法不同，本厅尚未核实，不在这里作答；请向承办单位或人工确认。"
FROM_POLICY = ("conditions", "amount", "validity", "basis")
KIND_NAMES = {
    Kind.GUIDE: "办事指南",
    Kind.POLICY: "惠企政策",
    Kind.BUNDLE: "高效办成一件事",
    Kind.NOTICE: "通知",
    Kind.FAQ: "常见问题",
}
POLICY_NAMES = {
    PolicyKind.BENEFIT: "惠企政策",
    PolicyKind.RULE: "政策规定",
    PolicyKind.WARNING: "政策提示",
    PolicyKind.PROGRAMME: "工作方案",
}
MOST_BASIS = 4


def card(library: Snapshot, entry: Entry, wanted: Sequence[str], asking: Asking) -> Card:
    """The card that answers the facets ``wanted`` of ``entry``."""
    if entry.confidence is Confidence.LOCAL_CHECK:
        return _local(entry)
    used: dict[str, Entry] = {}
    kept = _worth(library, entry, wanted)
    sections = [each for facet in kept for each in _sections(library, entry, facet, (asking, used))]
    used.setdefault(entry.id, entry)
    told, small = list(used.values()), _SmallPrint(library, entry, kept, asking.on)
    return Card(
        topic=entry.id,
        title=entry.title,
        kind=kind_name(entry),
        sections=tuple(sections),
        caveats=_caveats(small, told),
        basis=_basis_lines(small, told),
        sources=tuple(source(each) for each in told),
        is_complete=all(each.is_held for each in sections),
        needs_person=not all(each.is_held for each in sections),
    )


def kind_name(entry: Entry) -> str:
    """What sort of text it is: a policy that takes something away is no benefit."""
    return POLICY_NAMES[entry.policy_kind] if entry.policy_kind else KIND_NAMES[entry.kind]


def _worth(library: Snapshot, entry: Entry, wanted: Sequence[str]) -> list[str]:
    """“多少钱” may mean what it costs or what it brings: of the two, what is held is enough."""
    if not {"fee", "amount"} <= set(wanted):
        return list(wanted)
    held = {
        facet: any(facets.say(library, each, facet, Asking()).is_held for each in holders(library, entry, facet))
        for facet in ("fee", "amount")
    }
    return [facet for facet in wanted if held.get(facet, True) or not any(held.values())]


def _sections(library: Snapshot, entry: Entry, facet: str, scene: tuple[Asking, dict[str, Entry]]) -> list[Section]:
    """One section for each entry that answers ``facet``: the policies of the matter, or the guide."""
    asking, used = scene
    sections = []
    for each in holders(library, entry, facet):
        said = facets.say(library, each, facet, asking)
        used[each.id] = each
        heading = facets.heading(each, facet)
        named = heading if each.id == entry.id else f"{heading}（{_named(each, entry)}）"
        sections.append(Section(facet, named, said.lines, is_list=said.is_list, is_held=said.is_held))
    held = [section for section in sections if section.is_held]
    return held or sections[:1]


def _named(entry: Entry, beside: Entry) -> str:
    """How a twin is told from the entry beside it."""
    kind = kind_name(entry)
    return kind if entry.title == beside.title else f"{kind}「{entry.title}」"


def holders(library: Snapshot, entry: Entry, facet: str) -> tuple[Entry, ...]:
    """Which entries of the matter answer ``facet``: conditions, amount, validity and basis come from its policies."""
    twins = [each for each in library.twins(entry) if each.confidence is not Confidence.LOCAL_CHECK]
    policies = [each for each in (entry, *twins) if each.kind is Kind.POLICY]
    guides = [each for each in (entry, *twins) if each.kind is not Kind.POLICY]
    if facet in FROM_POLICY and policies:
        return tuple(policies)
    if facet in ("overview", "other") or entry.kind is not Kind.POLICY or not guides:
        return (entry,)
    return tuple(guides[:1])


def source(entry: Entry) -> Source:
    """Where an answer comes from."""
    first = entry.legal_basis[0] if entry.legal_basis else None
    return Source(
        entry.id,
        entry.revision,
        entry.title,
        first.document if first else entry.source,
        first.clause if first else "",
        entry.effective_from.isoformat() if entry.effective_from else "",
        entry.effective_to.isoformat() if entry.effective_to else "",
        entry.record.verified_on.isoformat() if entry.record.verified_on else "",
    )


def warnings(library: Snapshot, words: str, on: date) -> tuple[Entry, ...]:
    """The warning policies in force that an exporter must hear of: those whose goods are named, else all."""
    known = [each for each in library.entries.values() if each.policy_kind is PolicyKind.WARNING]
    current = [each for each in known if stance(each, on).standing is not Standing.ENDED]
    named = [each for each in current if any(good in words for good in _goods(each))]
    return tuple(sorted(named or current, key=lambda each: each.id))


_GOODS = {
    "aluminium": ("铝", "铜材", "型材"),
    "pv": ("光伏", "太阳能", "硅片", "组件", "电池"),
    "mineral": ("石英", "矿", "石材", "陶瓷", "玻璃"),
}


def _goods(entry: Entry) -> tuple[str, ...]:
    return tuple(good for industry in entry.industries for good in _GOODS.get(industry, ()))


def warning_line(entry: Entry) -> str:
    """One line that volunteers a warning."""
    gist = "；".join(entry.benefit[:2])
    document = entry.legal_basis[0].text if entry.legal_basis else entry.source
    return f"请留意「{entry.title}」：{gist}（{document}）。"


def _local(entry: Entry) -> Card:
    """What only the hall's own offices know: name, office and channels, then a person."""
    office, counter = ("承办单位", entry.office), ("本厅窗口", entry.counter)
    known = facets.labelled(office, counter, ("渠道", facets.channels(entry)))
    sections = [Section("overview", "说明", (LOCAL_CHECK,), is_held=False)]
    sections += [Section("place", "办理渠道", known, is_held=False)] if known else []
    return Card(
        topic=entry.id,
        title=entry.title,
        kind=kind_name(entry),
        sections=tuple(sections),
        basis=(_record_line(entry),),
        sources=(source(entry),),
        is_complete=False,
        needs_person=True,
        is_local=True,
    )


@dataclass(frozen=True, slots=True)
class _SmallPrint:
    """What the small print of a card hangs on: what its sections say already is not said again."""

    library: Snapshot
    entry: Entry
    facets: Sequence[str]
    on: date

    def stances(self, entry: Entry) -> tuple[Stance, ...]:
        return () if "validity" in self.facets else self.library.stances(entry, self.on)


def _caveats(small: _SmallPrint, used: Sequence[Entry]) -> tuple[str, ...]:
    """What must be said with the answer: ended or unconfirmed validity, “newest guide”, “basis unchecked”."""
    found = {each.id: each for one in (small.entry, *used) for each in small.stances(one)}
    stances = [f"「{each.title}」{each.text}" for each in found.values() if each.standing is not Standing.CURRENT]
    is_likely = any(each.confidence is Confidence.LIKELY for each in used)
    is_unchecked = any(each.is_basis_unchecked for each in used)
    noted = [NEWEST_GUIDE if is_likely else "", BASIS_UNCHECKED if is_unchecked else ""]
    return tuple(line for line in (*stances, *noted) if line)


def _basis_lines(small: _SmallPrint, used: Sequence[Entry]) -> tuple[str, ...]:
    """Small print: document and clause, in force from and to, verified on or shipped with the software."""
    lines: list[str] = []
    holding = holders(small.library, small.entry, "basis") if "basis" in small.facets else ()
    for entry in used:
        lines += (
            [] if entry in holding else [_cited(entry, f"（{_named(entry, small.entry)}）" if len(used) > 1 else "")]
        )
        current = [each.text for each in small.stances(entry) if each.standing is Standing.CURRENT]
        lines += current[:1] if len(used) == 1 else []
    return (*lines, _record_line(used[0]))


def _cited(entry: Entry, named: str) -> str:
    cited = [each.text for each in entry.legal_basis[:MOST_BASIS]] or ([entry.source] if entry.source else [])
    more = "等" if len(entry.legal_basis) > MOST_BASIS else ""
    return f"依据{named}：{'；'.join(cited)}{more}" if cited else f"依据{named}：资料里没有写明"


def _record_line(entry: Entry) -> str:
    if entry.record.verified_on is not None:
        return f"更新：{entry.record.verified_on.isoformat()} 本厅核验"
    is_own = bool(entry.record.author) and not entry.record.edition
    return f"更新：{entry.as_of} · {'' if is_own else '随软件提供，'}未经本厅核验"
