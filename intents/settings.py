"""The reader's settings: table ``[intents]`` of config.toml."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

Probability = Annotated[float, Meta(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class IntentSettings:
    """Where models are kept, and from which probability of being right the hall answers or asks back."""

    folder: str = "var/models"
    high: Probability = 0.7
    middle: Probability = 0.3
    keep_versions: Annotated[int, Meta(ge=2, le=50)] = 5
    trains_at_start: bool = True
    retrain_minutes: Annotated[int, Meta(ge=0, le=1440)] = 10
