"""One small model for all tests of the room."""

import pytest

from intents import Model, Reader
from tests.intents.builders import small_model


@pytest.fixture(scope="session")
def model() -> Model:
    """The small model, trained once."""
    return small_model()


@pytest.fixture(scope="session")
def reader(model: Model) -> Reader:
    """A reader of it."""
    return Reader(model)
