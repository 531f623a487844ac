"""What the library's tests share: the starter edition, read once, an index over it, and a library."""

import pytest

from knowledge import STARTER_FOLDER, Index, KnowledgeSettings, Library, Starter, read_starter


@pytest.fixture(scope="session")
def starter() -> Starter:
    """The starter edition as it is shipped."""
    return read_starter(STARTER_FOLDER)


@pytest.fixture(scope="session")
def index(starter: Starter) -> Index:
    """An index over the whole starter edition."""
    return Index.build(starter.entries)


@pytest.fixture
def library() -> Library:
    """A library with default settings."""
    return Library(KnowledgeSettings())
