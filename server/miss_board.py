"""What was not answered well, put together for editors: clusters by askers, and a board of domain × week. Pure."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from base.log import mask
from base.text import bare
from bot import Fault, Miss
from intents import Asking, cluster
from knowledge import Entry, Suggestion, SuggestionKind

MOST_WORDINGS = 8
MOST_PROPOSED = 3
MOST_STAFF = 3
NOT_ASKED = "不是我问的"
UNKNOWN = "unknown"
SURE_ENOUGH = frozenset({Fault.UNSURE, Fault.PARTIAL, Fault.DISLIKED})


@dataclass(frozen=True, slots=True)
class Proposal:
    """An entry that a cluster may be about: how many enterprises chose it from a menu, and how near it was read."""

    entry: Entry
    chosen: int
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One cluster. ``wordings`` with how many asked so, ``said`` with how often, both the commonest first.

    ``marks`` stand for every question in it; ``earlier``: what was settled when it was last looked at.
    """

    wordings: tuple[tuple[str, int], ...]
    more_wordings: int
    askers: int
    times: int
    last_at: datetime
    faults: tuple[tuple[Fault, int], ...]
    said: tuple[tuple[str, int], ...]
    reasons: tuple[tuple[str, int], ...]
    proposals: tuple[Proposal, ...]
    staff: tuple[Miss, ...]
    domain: str
    marks: tuple[str, ...]
    earlier: Suggestion | None
    misses: tuple[Miss, ...]

    @property
    def proposed(self) -> Entry | None:
        """The entry that it surely enough is about: somebody chose it, or most were offered it and nobody denied it."""
        if not self.proposals:
            return None
        unsure = sum(each.fault in SURE_ENOUGH for each in self.misses)
        is_denied = any(each.has_denied or each.reason == NOT_ASKED for each in self.misses)
        is_likely = self.proposals[0].chosen or (2 * unsure >= self.times and not is_denied)
        return self.proposals[0].entry if is_likely else None


@dataclass(frozen=True, slots=True)
class Row:
    """One domain on the board: how many enterprises were missed in each week, and in all."""

    domain: str
    weeks: tuple[int, ...]
    askers: int


@dataclass(frozen=True, slots=True)
class Board:
    """Groups by askers, the table with its weeks' Mondays, and how much there is in all."""

    groups: tuple[Group, ...]
    mondays: tuple[date, ...]
    rows: tuple[Row, ...]
    askers: int
    times: int

    def of(self, domain: str) -> tuple[Group, ...]:
        """The groups of a domain; empty: all."""
        return tuple(group for group in self.groups if domain in ("", group.domain))


def mark(text: str) -> str:
    """What stands for a wording without its words."""
    return hashlib.sha256(bare(text).encode()).hexdigest()[:16]


def mondays(today: date, weeks: int) -> tuple[date, ...]:
    """The Mondays of the last ``weeks`` weeks, this one's the last."""
    this = today - timedelta(days=today.weekday())
    return tuple(this - timedelta(weeks=back) for back in reversed(range(weeks)))


def board(
    misses: Sequence[Miss],
    settled: Iterable[Suggestion],
    entries: Mapping[str, Entry],
    zone: ZoneInfo,
    days: tuple[date, ...],
) -> Board:
    """Cluster what is not settled; the table counts it by the clusters' domains and by weeks from ``days``, Mondays."""
    known = {each: suggestion for suggestion in reversed(list(settled)) for each in suggestion.marks}
    open_ones = [each for each in misses if not _is_settled(each, known.get(mark(each.text)))]
    clusters = cluster([Asking(each.text, each.asker, _leads(each, entries)) for each in open_ones])
    groups = [_group([open_ones[place] for place in each.members], entries, known) for each in clusters]
    return Board(
        groups=tuple(groups),
        mondays=days,
        rows=_rows(groups, zone, days),
        askers=len({each.asker for group in groups for each in group.misses}),
        times=sum(group.times for group in groups),
    )


def _is_settled(miss: Miss, suggestion: Suggestion | None) -> bool:
    """What was dismissed stays away; what was taken up comes back only if it is missed again."""
    if suggestion is None:
        return False
    return suggestion.kind is SuggestionKind.DISMISSAL or miss.at <= suggestion.settled_at


def _leads(miss: Miss, entries: Mapping[str, Entry]) -> tuple[tuple[str, float], ...]:
    """Where a question leads: what was chosen, else what was thought of; never what it was said not to be."""
    if miss.chosen in entries:
        return ((miss.chosen, 1.0),)
    denied = miss.topic if miss.reason == NOT_ASKED else ""
    return tuple((topic, weight) for topic, weight in miss.leads if topic in entries and topic != denied)


def _group(members: Sequence[Miss], entries: Mapping[str, Entry], known: Mapping[str, Suggestion]) -> Group:
    texts = _askers_of((mask(each.text), each.asker) for each in members)
    proposals = _proposals(members, entries)
    marks = tuple(dict.fromkeys(mark(each.text) for each in members))
    return Group(
        wordings=tuple(texts[:MOST_WORDINGS]),
        more_wordings=max(0, len(texts) - MOST_WORDINGS),
        askers=len({each.asker for each in members}),
        times=len(members),
        last_at=max(each.at for each in members),
        faults=tuple(Counter(each.fault for each in members).most_common()),
        said=tuple(Counter(each.said for each in members if each.said).most_common(2)),
        reasons=tuple(Counter(each.reason for each in members if each.reason).most_common()),
        proposals=proposals,
        staff=tuple(each for each in members if each.staff_said)[:MOST_STAFF],
        domain=proposals[0].entry.domain if proposals else UNKNOWN,
        marks=marks,
        earlier=next((known[each] for each in marks if each in known), None),
        misses=tuple(members),
    )


def _askers_of(pairs: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """(text, asker) pairs → each text with how many asked so, the commonest first."""
    counts = Counter(text for text, _ in dict.fromkeys(pairs))
    return counts.most_common()


def _proposals(members: Collection[Miss], entries: Mapping[str, Entry]) -> tuple[Proposal, ...]:
    chosen = Counter(topic for topic, _ in {(each.chosen, each.asker) for each in members} if topic in entries)
    weights: dict[str, float] = defaultdict(float)
    for each in members:
        for topic, weight in _leads(each, entries):
            weights[topic] += weight
    order = sorted(weights, key=lambda topic: (-chosen[topic], -weights[topic], topic))
    return tuple(Proposal(entries[topic], chosen[topic], weights[topic]) for topic in order[:MOST_PROPOSED])


def _rows(groups: Sequence[Group], zone: ZoneInfo, days: tuple[date, ...]) -> tuple[Row, ...]:
    asked: dict[str, list[set[int]]] = {}
    for group in groups:
        weeks = asked.setdefault(group.domain, [set() for _ in days])
        for each in group.misses:
            place = sum(day <= each.at.astimezone(zone).date() for day in days) - 1
            weeks[max(0, place)].add(each.asker)
    rows = [Row(domain, tuple(map(len, weeks)), len(set().union(*weeks))) for domain, weeks in asked.items()]
    return tuple(sorted(rows, key=lambda row: (-row.askers, row.domain)))
