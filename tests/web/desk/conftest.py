"""People who work at the centre Riverside, each in a browser of their own."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.models import Appointment
from portal.centres.models import Centre
from portal.core.permissions import Role
from portal.people.models import Clinician, Patient
from tests.factories import a_centre, a_clinician, a_patient, an_account, slots_of, wall
from tests.web.helpers import signed_in

BrowserOf = Callable[..., FlaskClient]


@pytest.fixture
def riverside(session: Session) -> Centre:
    return a_centre(session, name="Riverside")


@pytest.fixture
def browser_of(app: Flask, session: Session) -> BrowserOf:
    """The browser of an account, or of a new colleague of that role at a centre."""

    def make(who: Role | Account, centre: Centre | None = None) -> FlaskClient:
        account = who if isinstance(who, Account) else an_account(session, who, centre=centre)
        session.flush()
        return signed_in(app, account)

    return make


@pytest.fixture
def fay(browser_of: BrowserOf, riverside: Centre) -> FlaskClient:
    """Fay sits at the front desk of Riverside."""
    return browser_of(Role.FRONT_DESK, riverside)


@pytest.fixture
def cora(browser_of: BrowserOf, riverside: Centre) -> FlaskClient:
    """Cora coordinates care at Riverside, and may overbook."""
    return browser_of(Role.CARE_COORDINATOR, riverside)


@pytest.fixture
def jane(session: Session, riverside: Centre) -> Clinician:
    """Dr Jane Smith sees people at Riverside from 9 to 17, an hour each."""
    return a_clinician(session, riverside)


@pytest.fixture
def ana(session: Session) -> Patient:
    return a_patient(session, full_name="Ana Silva", phone="+447700900111")


def slot_at(session: Session, clinician: Clinician, text: str) -> str:
    """The id of the clinician's slot at that wall time."""
    return next(
        slot.id for slot in slots_of(session, clinician, is_staff=True) if slot.starts_at == wall(text)
    )


def take(browser: FlaskClient, session: Session, patient: Patient, slot: str, **more: object) -> Appointment:
    """Choose a time for a patient; what is held."""
    answer = browser.post("/desk/bookings/holds", data={"patient_id": patient.id, "slot": slot, **more})
    assert answer.status_code == 303, answer.text
    uid = re.search(r"hold=([0-9a-f-]+)", answer.headers["Location"])
    assert uid is not None
    return session.scalars(select(Appointment).where(Appointment.uid == uid[1])).one()


def page_of(held: Appointment) -> str:
    return f"/desk/bookings/new?hold={held.uid}"
