"""What a process has built by the time that it is ready lives as long as it does."""

import gc


def settle() -> None:
    """Collect what is garbage now, and never look through the rest again: a full collection took a tenth of all CPU."""
    gc.collect()
    gc.freeze()
