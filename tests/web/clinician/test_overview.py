"""A clinician's overview and charts."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Status
from portal.core.permissions import Role
from portal.people.models import Clinician
from tests.conftest import NOW
from tests.factories import a_clinician, a_patient, account_of, an_account, an_appointment
from tests.web.helpers import counted, signed_in

OVERVIEW, CHARTS = "/clinician/overview", "/clinician/charts"


@pytest.fixture
def jane(session: Session) -> Clinician:
    return a_clinician(session)


@pytest.fixture
def janes(app: Flask, session: Session, jane: Clinician) -> FlaskClient:
    return signed_in(app, account_of(session, jane))


def test_how_things_stand_and_what_happened_lately(
    session: Session, janes: FlaskClient, jane: Clinician
) -> None:
    assert "When somebody books, moves, cancels or pays" in janes.get(OVERVIEW).text
    visit = an_appointment(session, clinician=jane)
    session.flush()
    with counted() as few:
        shown = janes.get(OVERVIEW).text
    assert "Ana Silva is booked" in shown
    assert f'href="/appointments/{visit.id}"' in shown
    for _ in range(4):
        an_appointment(session, clinician=jane, patient=a_patient(session, full_name="Ben Ortiz"))
    session.flush()
    with counted() as many:
        assert "Ben Ortiz is booked" in janes.get(OVERVIEW).text
    assert (len(many), len(many) <= 8) == (len(few), True)


@pytest.mark.parametrize("period", ["week", "month", "year", "decade"])
def test_each_chart_has_its_table(session: Session, janes: FlaskClient, jane: Clinician, period: str) -> None:
    an_appointment(session, clinician=jane)
    an_appointment(session, clinician=jane, starts_at=NOW - timedelta(days=7), status=Status.COMPLETED)
    session.flush()
    with counted() as queries:
        shown = janes.get(f"{CHARTS}?period={period}").text
    assert len(queries) <= 8
    for title in ("Earned in the last twelve months", "What became of them", "Who came"):
        assert title in shown
    assert ("Appointments by month" if period == "year" else "Appointments by day") in shown
    assert shown.count("The same as a table") == 2


def test_empty_charts_say_so(janes: FlaskClient) -> None:
    assert janes.get(CHARTS).text.count("Nothing in this time.") == 4


def test_they_are_for_clinicians(app: Flask, session: Session, client: FlaskClient) -> None:
    for address in (OVERVIEW, CHARTS):
        assert client.get(address).location.startswith("/staff/sign-in")
        assert signed_in(app, an_account(session, Role.PATIENT)).get(address).status_code == 403
