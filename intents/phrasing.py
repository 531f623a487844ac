"""Plain questions made of the library's own names: what people ask of a thing whose name they know.

The written sentences hardly ever name the official item, and what no guide covers is often asked in just these words
(“户口迁移怎么办”): without these the reader learns that “…怎么办” is none of its business.
"""

import re
from collections.abc import Sequence

from intents.data import Example, LibraryText
from intents.reading import Act, Facet

EACH = 4
_REMARK = re.compile(r"[（(].*?[）)]")
_SHORTEST = 2
_SHORTEST_PART = 4
_PARTS = re.compile("[与、]")
_ASKED = (
    ("{0}怎么办", Facet.STEPS),
    ("{0}要什么材料", Facet.MATERIALS),
    ("{0}得多少钱", Facet.FEE),
    ("办{0}", Facet.OVERVIEW),
    ("{0}在哪办", Facet.PLACE),
    ("{0}咋办理", Facet.STEPS),
    ("{0}多久能下来", Facet.TIME_LIMIT),
    ("{0}", Facet.OVERVIEW),
    ("{0}要啥条件", Facet.CONDITIONS),
    ("怎么办{0}", Facet.STEPS),
    ("办{0}需要带啥", Facet.MATERIALS),
    ("{0}要多少钱", Facet.FEE),
    ("我想咨询{0}", Facet.OVERVIEW),
    ("{0}上哪办", Facet.PLACE),
    ("{0}怎么申请", Facet.STEPS),
    ("{0}几天能办完", Facet.TIME_LIMIT),
    ("{0}网上能办吗", Facet.ONLINE),
    ("想弄个{0}，得啥手续", Facet.MATERIALS),
    ("{0}怎么弄", Facet.STEPS),
    ("{0}收费吗", Facet.FEE),
    ("{0}谁能办", Facet.CONDITIONS),
    ("{0}找哪个部门", Facet.PLACE),
    ("{0}咨询电话", Facet.PHONE),
)


def plain_questions(texts: Sequence[LibraryText]) -> tuple[Example, ...]:
    """``EACH`` questions for every name, the facets by turns; a name of several entries asks for all."""
    owners: dict[str, list[str]] = {}
    for text in texts:
        for name in names_of(text):
            owners.setdefault(name, []).append(text.id)
    return tuple(
        Example(asked.format(name), Act.ASK_FACET, (facet,), tuple(ids), f"plain-{name}", "plain")
        for number, (name, ids) in enumerate(sorted(owners.items()))
        for asked, facet in (_ASKED[(number * EACH + turn) % len(_ASKED)] for turn in range(EACH))
    )


def names_of(text: LibraryText) -> tuple[str, ...]:
    """What an entry is called: title and aliases, the parts of a double name, a licence as the paper that it is.

    “采矿权登记与采矿许可” → also 采矿权登记, 采矿许可, 采矿许可证; “办营业执照” → also 营业执照.
    """
    whole = [_REMARK.sub("", each).strip() for each in (text.title, *text.aliases)]
    parts = [part for part in _PARTS.split(whole[0]) if len(part) >= _SHORTEST_PART]
    things = [name.removeprefix("办") for name in whole if len(name) >= _SHORTEST_PART]
    papers = [f"{name}证" for name in (*parts, *things) if name.endswith("许可")]
    return tuple(dict.fromkeys(name for name in (*whole, *parts, *things, *papers) if len(name) >= _SHORTEST))
