"""Riverside in Leeds: Dr Jane Smith sees Ana Silva on Friday 6 March at 10:00. Fay sits at the front desk, Cora
coordinates care; Zed sits at the front desk of another centre."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.accounts.models import Account, Device
from portal.appointments.models import Appointment
from portal.bootstrap import db
from portal.centres.models import Centre
from portal.core import clock
from portal.core.permissions import Role
from portal.people.models import Clinician, Patient
from tests.factories import a_centre, a_clinician, a_patient, account_of, an_account, an_appointment, wall
from tests.web.helpers import signed_in

FRIDAY_AT_TEN = wall("2026-03-06 10:00")
BrowserOf = Callable[[Account], FlaskClient]


@contextmanager
def on_duty(at: datetime) -> Iterator[None]:
    """Time is `at`, and whoever is signed in has signed in just now: nobody stays signed in for days."""
    with clock.travel_to(at):
        db.session.execute(update(Device).values(created_at=at, last_seen_at=at))
        db.session.commit()
        yield


@pytest.fixture
def riverside(session: Session) -> Centre:
    return a_centre(session, name="Riverside", address="1 Mill Lane", phone="+441130000001")


@pytest.fixture
def jane(session: Session, riverside: Centre) -> Clinician:
    return a_clinician(session, riverside)


@pytest.fixture
def ana(session: Session) -> Patient:
    return a_patient(session, full_name="Ana Silva", email="ana@example.org")


@pytest.fixture
def visit(session: Session, jane: Clinician, ana: Patient) -> Appointment:
    return an_appointment(session, clinician=jane, patient=ana, starts_at=FRIDAY_AT_TEN)


@pytest.fixture
def request_for_time(session: Session, riverside: Centre, ana: Patient) -> Appointment:
    """Ana asks Dr Ben Ortiz, who accepts each request himself, for Friday at 10:00."""
    ben = a_clinician(session, riverside, full_name="Ben Ortiz", requires_acceptance=True)
    return an_appointment(session, clinician=ben, patient=ana, starts_at=FRIDAY_AT_TEN)


@pytest.fixture
def browser_of(app: Flask, session: Session) -> BrowserOf:
    def open_one(account: Account) -> FlaskClient:
        session.flush()
        return signed_in(app, account)

    return open_one


@pytest.fixture
def janes(session: Session, browser_of: BrowserOf, jane: Clinician) -> FlaskClient:
    """Jane's browser."""
    return browser_of(account_of(session, jane))


@pytest.fixture
def fay(session: Session, browser_of: BrowserOf, riverside: Centre) -> FlaskClient:
    return browser_of(an_account(session, Role.FRONT_DESK, centre=riverside, full_name="Fay Marsh"))


@pytest.fixture
def cora(session: Session, browser_of: BrowserOf, riverside: Centre) -> FlaskClient:
    return browser_of(an_account(session, Role.CARE_COORDINATOR, centre=riverside, full_name="Cora Lin"))


@pytest.fixture
def zed(session: Session, browser_of: BrowserOf) -> FlaskClient:
    return browser_of(an_account(session, Role.FRONT_DESK, centre=a_centre(session, name="Hilltop")))
