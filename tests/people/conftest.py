"""Centres, clinicians and patients to work with."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from portal.centres.commands import create_centre
from portal.centres.models import Centre
from portal.core import clock
from portal.core.permissions import SYSTEM
from portal.people.commands import create_clinician, create_patient
from portal.people.models import Clinician, Patient


@pytest.fixture
def open_centre(session: Session) -> Callable[..., Centre]:
    """Make a centre; its name is its city unless told otherwise."""

    def make(city: str = "Leeds", currency: str = "GBP", time_zone: str = "Europe/London") -> Centre:
        return create_centre(
            session, by=SYSTEM, name=city, city=city, time_zone=time_zone, currency=currency, at=clock.now()
        )

    return make


@pytest.fixture
def leeds(open_centre: Callable[..., Centre]) -> Centre:
    return open_centre("Leeds")


@pytest.fixture
def york(open_centre: Callable[..., Centre]) -> Centre:
    return open_centre("York")


@pytest.fixture
def clinician(session: Session, leeds: Centre) -> Callable[..., Clinician]:
    """Make a clinician; a bare call makes one who works in Leeds."""
    made = 0

    def make(full_name: str = "Dr Jane Smith", **changes: object) -> Clinician:
        nonlocal made
        made += 1
        facts: dict[str, object] = {
            "by": SYSTEM,
            "phone": f"+44770091{made:04}",
            "email": f"clinician{made}@example.org",
            "username": None,
            "password": None,
            "centre_ids": [leeds.id],
            "at": clock.now(),
        }
        return create_clinician(session, full_name=full_name, **{**facts, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture
def patient(session: Session) -> Callable[..., Patient]:
    """Make a patient; a bare call makes one with a phone of their own."""
    made = 0

    def make(full_name: str = "Ana Field", **changes: object) -> Patient:
        nonlocal made
        made += 1
        facts: dict[str, object] = {
            "by": SYSTEM,
            "phone": f"+44770092{made:04}",
            "email": None,
            "at": clock.now(),
        }
        return create_patient(session, full_name=full_name, **{**facts, **changes})  # type: ignore[arg-type]

    return make
