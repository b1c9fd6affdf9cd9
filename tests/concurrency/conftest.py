"""A practice in a database of its own, and people who act at the same moment."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from portal.bootstrap import wire
from tests.concurrency.crowd import Crowd


@pytest.fixture
def crowd(committed: Engine) -> Iterator[Crowd]:
    """People who commit; whatever they did must have left the books in order."""
    wire()
    crowd = Crowd(committed)
    yield crowd
    crowd.check_the_books()
