"""Ana, who has an appointment with Dr Jane Smith at Riverside in Leeds on Friday 6 March at 10:00."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.centres.models import Centre
from portal.people.models import Clinician, Patient
from tests.factories import a_centre, a_clinician, a_patient, account_of, an_appointment, wall
from tests.web.helpers import signed_in

FRIDAY_AT_TEN = wall("2026-03-06 10:00")


@pytest.fixture
def riverside(session: Session) -> Centre:
    return a_centre(session, name="Riverside", address="1 Mill Lane", phone="+441130000001")


@pytest.fixture
def jane(session: Session, riverside: Centre) -> Clinician:
    return a_clinician(session, riverside)


@pytest.fixture
def ana(session: Session) -> Patient:
    return a_patient(session, full_name="Ana Silva")


@pytest.fixture
def visit(session: Session, jane: Clinician, ana: Patient) -> Appointment:
    return an_appointment(session, clinician=jane, patient=ana, starts_at=FRIDAY_AT_TEN)


@pytest.fixture
def anas(app: Flask, session: Session, ana: Patient) -> FlaskClient:
    """Ana's browser."""
    session.flush()
    return signed_in(app, account_of(session, ana))
