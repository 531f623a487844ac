"""Which topics a reading points to: twins of one matter counted together, best first."""

from collections.abc import Mapping

from bot.rules.situation import Asked, Topic

BEST = 5
Ranked = tuple[tuple[str, float], ...]


def by_matter(asked: Asked, topics: Mapping[str, Topic]) -> Ranked:
    """The topics of ``asked`` with probability summed over each matter; the matter's guide stands for it.

    Only entries that are published now count, whatever the reader knows.
    """
    sums: dict[str, float] = {}
    names: dict[str, str] = {}
    for topic, p in asked.topics:
        known = topics.get(topic)
        if known is None:
            continue
        matter = known.matter or topic
        sums[matter] = sums.get(matter, 0.0) + p
        if matter not in names or (known.is_guide and not topics[names[matter]].is_guide):
            names[matter] = topic
    ranked = sorted(sums.items(), key=lambda pair: -pair[1])
    return tuple((names[matter], min(p, 1.0)) for matter, p in ranked)


def best(ranked: Ranked, hits: Ranked, topics: Mapping[str, Topic]) -> Ranked:
    """The best five to show with any reply: as read, then as search found them (scores scaled below the read ones)."""
    seen = {topic for topic, _ in ranked}
    floor = min((p for _, p in ranked), default=1.0)
    top = max((score for _, score in hits), default=1.0) or 1.0
    more = tuple((topic, floor * score / top) for topic, score in hits if topic in topics and topic not in seen)
    return tuple((topic, round(p, 4)) for topic, p in (*ranked, *more)[:BEST])


def is_same_matter(one: str, other: str, topics: Mapping[str, Topic]) -> bool:
    """Whether two topics are one matter."""
    mine, theirs = topics.get(one), topics.get(other)
    if mine is None or theirs is None:
        return one == other
    return one == other or (bool(mine.matter) and mine.matter == theirs.matter)
