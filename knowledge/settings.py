"""The library's settings: table ``[knowledge]`` of config.toml."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

Weight = Annotated[float, Meta(ge=0, le=20)]


@dataclass(frozen=True, slots=True)
class KnowledgeSettings:
    """Search weights and how far ahead the library warns."""

    warn_ahead_days: Annotated[int, Meta(ge=1, le=365)] = 30
    title_weight: Weight = 1.0
    alias_weight: Weight = 1.2
    question_weight: Weight = 0.3
    body_weight: Weight = 0.4
    word_weight: Weight = 0.7
    character_weight: Weight = 1.0
    pinyin_weight: Weight = 0.5
    initials_weight: Weight = 0.5
