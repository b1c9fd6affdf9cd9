"""A practice in a database of its own, and people who act at the same moment."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.cast import Cast
from tests.concurrency.crowd import Crowd


@pytest.fixture
def crowd(committed: Engine) -> Iterator[Crowd]:
    """People who commit; whatever they did must have left the books in order."""
    crowd = Crowd(committed)
    yield crowd
    crowd.check_the_books()


@pytest.fixture
def cast(crowd: Crowd) -> Cast:
    """Bo, Ana, Zora, Fay and Cora; their records can be read outside of any session."""
    with Session(crowd.engine, expire_on_commit=False) as session:
        cast = Cast(session)
        for name in ("clinician", "ana", "zora", "fay", "cora", "bo"):
            getattr(cast, name)  # named, they come into being
        session.commit()
        return cast
