"""Danger now: the one line with the number to call that comes before everything else, in every state."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Danger:
    """What kind, and the line to say first."""

    kind: str
    number: str
    line: str


FIRE = Danger(
    "fire",
    "119",
    "⚠ 如果现在有火情、爆炸、泄漏或有人被困：请立即撤离并拨打 119；有人受伤同时拨打 120。这里不能代您报警。",
)
MEDICAL = Danger(
    "medical",
    "120",
    "⚠ 如果现在有人受伤、中毒、触电或昏倒：请立即拨打 120，先断电、通风，不要盲目施救。这里不能代您报警。",
)
GENERAL = Danger(
    "general",
    "119",
    "⚠ 如果现在有人身危险：请先到安全的地方，火情、被困拨打 119，伤病拨打 120，治安拨打 110。这里不能代您报警。",
)
POLICE = Danger("police", "110", "⚠ 如果现在有人身危险：请先到安全的地方，立即拨打 110。这里不能代您报警。")

_VIOLENCE = re.compile(r"刀|砍|捅|抢|绑架|行凶|打(?:人|起来|伤|砸)|砸(?:店|厂|车|门)|跳楼|自杀|轻生|寻死|不想活|不活了")
_FIRE_AND_TRAPPED = re.compile(r"火|烟|烧|着了|爆|炸|泄|漏|味|塌|埋|困|压|卡|夹|出不|上不来|水(?:到|没|漫)|电梯")
_HURT = re.compile(r"伤|血|昏|晕|倒|电|毒|呼吸|心跳|意识|喘|吐|抽|溺|淹|摔|掉|坠|没气|不醒|不行了|断|撞|车祸|心口|胸口")


def danger(text: str, *, is_emergency: bool) -> Danger | None:
    """The line for ``text`` if it ``is_emergency`` (the reading decides that), else None.

    Violence first, then fire and people trapped, then injury; whatever is none of them gets every number.
    """
    if not is_emergency:
        return None
    kinds = ((POLICE, _VIOLENCE), (FIRE, _FIRE_AND_TRAPPED), (MEDICAL, _HURT))
    return next((kind for kind, words in kinds if words.search(text)), GENERAL)
