"""The practice's rules for messages, as tests set them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from portal.notifications import policy

Rules = Callable[..., None]


@pytest.fixture
def rules(app: Flask) -> Iterator[Rules]:
    """Change the practice's rules for one test: rules(grace=timedelta())."""
    before = policy.current()

    def change(**changes: Any) -> None:
        policy.configure(replace(policy.current(), **changes))

    yield change
    policy.configure(before)
