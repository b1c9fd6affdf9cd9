"""Closing for a day, switching off and removing say in figures what they would change, before anything is done."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.centres.models import Centre, Holiday
from portal.people.models import Clinician
from tests.factories import a_clinician, a_patient, an_appointment, service_of, wall
from tests.web.helpers import counted

ASK = {"check": "yes"}
NOTHING_YET = "What it would change. Nothing is done yet."


@pytest.fixture
def jane(session: Session, riverside: Centre) -> Clinician:
    return a_clinician(session, riverside, hours="Mon-Tue 9-17")


@pytest.fixture(autouse=True)
def ben(session: Session, riverside: Centre, harbour: Centre) -> Clinician:
    """He works at both."""
    return a_clinician(session, riverside, harbour, full_name="Ben Ortiz", hours="Mon 9-13")


@pytest.fixture(autouse=True)
def visit(session: Session, jane: Clinician) -> Appointment:
    ana = a_patient(session, full_name="Ana Pereira")
    booked = an_appointment(session, patient=ana, clinician=jane, starts_at=wall("2026-03-09 10:00"))
    session.flush()
    return booked


def check_nothing_is_done(session: Session, jane: Clinician, riverside: Centre) -> None:
    session.expire_all()
    assert (jane.is_active, jane.account.is_active, jane.is_accepting) == (True, True, True)
    assert (riverside.is_active, service_of(session, jane).is_active) == (True, True)
    assert session.scalars(select(Holiday)).all() == []


def test_a_holiday_is_weighed_for_all_who_work_there(
    session: Session, admin: FlaskClient, jane: Clinician, riverside: Centre
) -> None:
    data = {"holiday_on": "2026-03-09", "name": "Fair", **ASK}
    answer = admin.post(f"/admin/centres/{riverside.id}/holidays", data=data)
    assert answer.status_code == 200
    assert "80 hours now, 68 hours then" in answer.text
    assert "1 booked appointment would lie outside the hours." in answer.text
    assert "Ana Pereira" in answer.text
    assert 'value="Fair"' in answer.text
    check_nothing_is_done(session, jane, riverside)


def test_switching_a_centre_off_is_weighed_at_that_centre(
    session: Session, admin: FlaskClient, jane: Clinician, riverside: Centre
) -> None:
    answer = admin.post(f"/admin/centres/{riverside.id}/activation", data={"is_active": "no", **ASK})
    assert NOTHING_YET in answer.text
    assert "80 hours now, 0 minutes then" in answer.text
    assert "Ana Pereira" in answer.text
    check_nothing_is_done(session, jane, riverside)


@pytest.mark.parametrize(
    ("page", "hours"),
    [
        ("activation", "64 hours now, 0 minutes then"),
        ("listing", "64 hours, as now"),
        ("deletion", "64 hours now, 0 minutes then"),
    ],
)
def test_switching_a_clinician_off_or_removing_them_is_weighed(
    session: Session, admin: FlaskClient, jane: Clinician, page: str, hours: str
) -> None:
    data = {"is_active": "no", "is_accepting": "no", **ASK}
    answer = admin.post(f"/admin/clinicians/{jane.id}/{page}", data=data)
    assert answer.status_code == 200
    for said in (NOTHING_YET, hours, "now, 0 then", "Ana Pereira"):
        assert said in answer.text
    session.expire_all()
    assert (jane.is_active, jane.account.is_active, jane.is_accepting) == (True, True, True)


def test_switching_somebody_on_again_says_what_that_opens(
    session: Session, admin: FlaskClient, jane: Clinician
) -> None:
    jane.is_accepting = False
    session.flush()
    answer = admin.post(f"/admin/clinicians/{jane.id}/listing", data={"is_accepting": "yes", **ASK})
    assert "0 now, " in answer.text


def test_no_longer_offering_a_service_is_weighed_and_strands_nobody(
    session: Session, admin: FlaskClient, jane: Clinician, riverside: Centre
) -> None:
    address = f"/schedules/{jane.id}/services/{service_of(session, jane).id}/activation"
    assert "1 is to come." in admin.get(address).text
    answer = admin.post(address, data={"is_active": "no", **ASK})
    assert "64 hours, as now" in answer.text
    assert "now, 0 then" in answer.text
    check_nothing_is_done(session, jane, riverside)
    assert admin.post(address, data={"is_active": "no"}).status_code == 303


def test_weighing_a_centre_takes_no_more_queries_for_more_people(
    session: Session, admin: FlaskClient, riverside: Centre
) -> None:
    address = f"/admin/centres/{riverside.id}/activation"
    admin.post(address, data={"is_active": "no", **ASK})
    with counted() as few:
        admin.post(address, data={"is_active": "no", **ASK})
    for name in ("Cora Lin", "Dan Poe", "Eve Ray"):
        a_clinician(session, riverside, full_name=name)
    session.flush()
    with counted() as many:
        admin.post(address, data={"is_active": "no", **ASK})
    assert len(many) == len(few)
