"""What training is given by whoever starts it: the library's search, and somebody to tell how far it is."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from intents.reading import Hit

Search: TypeAlias = Callable[[str], Sequence[Hit]]
Progress: TypeAlias = Callable[[str, float], None]


def no_progress(_stage: str, _share: float) -> None:
    """Tell nobody."""
