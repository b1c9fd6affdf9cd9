"""What was sent to a phone, and somebody to take a time from."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.notifications.models import Delivery


@pytest.fixture
def newest_code(session: Session) -> Callable[[str], str | None]:
    """The code sent last to a phone, or None."""

    def newest(phone: str) -> str | None:
        found = select(Delivery.code).where(Delivery.recipient == phone, Delivery.code.is_not(None))
        return session.scalar(found.order_by(Delivery.id.desc()).limit(1))

    return newest
