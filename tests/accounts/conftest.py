"""Colleagues to act with, and what was sent to a phone."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.commands import create_staff
from portal.accounts.models import Account
from portal.centres.models import Centre
from portal.core import clock
from portal.core.permissions import SYSTEM, Actor, Role
from portal.notifications.models import Delivery
from portal.people.acting import actor_for

PASSWORD = "Correct-horse-7"


@pytest.fixture
def centre(session: Session) -> Centre:
    made = Centre(name="Riverside", city="Leeds", time_zone="Europe/London", currency="GBP")
    session.add(made)
    session.flush()
    return made


@pytest.fixture
def hire(session: Session, centre: Centre) -> Callable[..., Account]:
    """Make a colleague; a bare call makes one at the front desk of the centre."""
    hired = 0

    def make(role: Role = Role.FRONT_DESK, **changes: object) -> Account:
        nonlocal hired
        hired += 1
        facts: dict[str, object] = {
            "full_name": "Fay Marsh",
            "phone": f"+44770090{hired:04}",
            "email": f"colleague{hired}@example.org",
            "username": f"colleague{hired}",
            "password": PASSWORD,
            "centre_id": centre.id,
        }
        return create_staff(session, by=SYSTEM, role=role, at=clock.now(), **{**facts, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture
def acting(session: Session) -> Callable[[Account], Actor]:
    """The account as somebody who acts."""
    return lambda account: actor_for(session, account)


@pytest.fixture
def sent(session: Session) -> Callable[[str], list[str]]:
    """The codes that were sent to a phone, oldest first."""

    def codes(phone: str) -> list[str]:
        session.flush()
        found = session.scalars(select(Delivery).where(Delivery.recipient == phone).order_by(Delivery.id))
        return [message.code for message in found if message.code]

    return codes
