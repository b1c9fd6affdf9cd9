"""Staff read a patient's record: who sees what of it, and what is written down about that."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.centres.models import Centre
from portal.core.permissions import Role
from portal.people.models import Patient
from tests.factories import a_clinician, account_of, an_appointment
from tests.web.desk.conftest import BrowserOf
from tests.web.helpers import counted
from tests.web.patients.conftest import FACTS, actions_about


def test_each_look_at_a_record_is_written_down(fay: FlaskClient, session: Session, ana: Patient) -> None:
    assert fay.get(f"/patients/{ana.id}").status_code == 200
    assert fay.get(f"/patients/{ana.id}").status_code == 200
    assert actions_about(session, ana) == ["patient.view", "patient.view"]


def test_the_medical_history_is_for_clinicians_and_administrators(
    fay: FlaskClient, browser_of: BrowserOf, session: Session, riverside: Centre, ana: Patient
) -> None:
    jane = a_clinician(session, riverside)
    an_appointment(session, clinician=jane, patient=ana)
    own = browser_of(account_of(session, jane))
    assert "No known allergies" in own.get(f"/patients/{ana.id}").text
    assert "No known allergies" in browser_of(Role.ADMIN).get(f"/patients/{ana.id}").text
    assert "No known allergies" not in fay.get(f"/patients/{ana.id}").text
    assert "No known allergies" not in browser_of(Role.MANAGER).get(f"/patients/{ana.id}").text


def test_who_looked_is_for_administrators_and_managers(
    fay: FlaskClient, browser_of: BrowserOf, ana: Patient
) -> None:
    assert "Who looked at this record" not in fay.get(f"/patients/{ana.id}").text
    assert "Fay Marsh" in browser_of(Role.MANAGER).get(f"/patients/{ana.id}").text.partition("Who looked")[2]


def test_only_appointments_within_reach_are_shown(
    fay: FlaskClient, session: Session, riverside: Centre, ana: Patient
) -> None:
    here = an_appointment(session, patient=ana, clinician=a_clinician(session, riverside))
    elsewhere = an_appointment(session, patient=ana, clinician=a_clinician(session, hours="Thu 9-17"))
    shown = fay.get(f"/patients/{ana.id}").text
    assert f"/appointments/{here.id}" in shown
    assert f"/appointments/{elsewhere.id}" not in shown


def test_a_stranger_to_the_clinician_does_not_exist(
    browser_of: BrowserOf, session: Session, riverside: Centre, ana: Patient
) -> None:
    own = browser_of(account_of(session, a_clinician(session, riverside)))
    assert own.get(f"/patients/{ana.id}").status_code == 404
    assert own.get(f"/patients/{ana.id}/edit").status_code == 404
    assert own.post(f"/patients/{ana.id}/edit", data=FACTS).status_code == 404
    assert actions_about(session, ana) == []


def test_an_unknown_record_is_not_found(fay: FlaskClient) -> None:
    assert fay.get("/patients/999999").status_code == 404
    assert fay.get("/patients/999999/edit").status_code == 404


def test_a_record_costs_a_fixed_number_of_queries(
    browser_of: BrowserOf, session: Session, riverside: Centre, ana: Patient
) -> None:
    jane = a_clinician(session, riverside)
    for _ in range(5):
        an_appointment(session, clinician=jane, patient=ana)
    manager = browser_of(Role.MANAGER)
    with counted() as queries:
        assert manager.get(f"/patients/{ana.id}").status_code == 200
    assert len(queries) <= 8
