"""What was sent, as whoever gets it reads it."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.notifications.models import Delivery

Mailed = Callable[[str], list[Delivery]]


@pytest.fixture
def mailed(session: Session) -> Mailed:
    """The messages to an address or a phone, oldest first."""

    def find(recipient: str) -> list[Delivery]:
        return list(
            session.scalars(select(Delivery).where(Delivery.recipient == recipient).order_by(Delivery.id))
        )

    return find


@pytest.fixture
def token_to(mailed: Mailed) -> Callable[[str], str]:
    """The token of the link mailed last to an address."""

    def find(email: str) -> str:
        found = re.search(r"https?://\S+/([\w-]{20,})", mailed(email)[-1].text)
        assert found
        return found[1]

    return find
