"""Medical notes: written by those who treat, kept for good, and nobody else's to read."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.centres.models import Centre
from portal.core.permissions import Role
from portal.people.models import Clinician, Patient
from portal.records.models import MedicalNote
from tests.factories import a_clinician, a_patient, account_of, an_appointment
from tests.web.desk.conftest import BrowserOf
from tests.web.helpers import counted
from tests.web.patients.conftest import actions_about

SAID = "Knee swollen, no fever.\nBack in two weeks."


@pytest.fixture
def jane(session: Session, riverside: Centre) -> Clinician:
    return a_clinician(session, riverside)


@pytest.fixture
def visit(session: Session, jane: Clinician, ana: Patient) -> Appointment:
    return an_appointment(session, clinician=jane, patient=ana)


@pytest.fixture
def own(browser_of: BrowserOf, session: Session, jane: Clinician, visit: Appointment) -> FlaskClient:
    """The browser of Jane, who treats Ana."""
    return browser_of(account_of(session, jane))


def address(ana: Patient) -> str:
    return f"/patients/{ana.id}/medical-notes"


def newest(session: Session) -> MedicalNote:
    return session.scalars(select(MedicalNote).order_by(MedicalNote.id.desc()).limit(1)).one()


def test_jane_writes_a_note_about_a_visit_and_reads_it_on_the_record(
    own: FlaskClient, session: Session, ana: Patient, visit: Appointment
) -> None:
    assert own.post(address(ana), data={"note": SAID, "appointment_id": visit.id}).status_code == 303
    note = newest(session)
    assert (note.text, note.appointment_id, note.corrects_id) == (SAID, visit.id, None)
    for page in (address(ana), f"/patients/{ana.id}"):
        shown = own.get(page).text
        assert "Knee swollen" in shown
        assert note.author_name in shown
    assert actions_about(session, ana) == ["medical_note.write", "medical_note.view", "patient.view"]


def test_what_is_wrong_is_added_to_and_stays_readable(
    own: FlaskClient, session: Session, ana: Patient
) -> None:
    own.post(address(ana), data={"note": SAID})
    note = newest(session)
    page = f"{address(ana)}/{note.id}/addendum"
    assert "Knee swollen" in own.get(page).text
    assert own.post(page, data={"note": "It was the left one."}).status_code == 303
    shown = own.get(address(ana)).text
    assert shown.index("Knee swollen") < shown.index("It was the left one.")
    assert own.get(f"{address(ana)}/{newest(session).id}/addendum").status_code == 404


def test_an_empty_or_endless_note_comes_back_as_it_was_written(own: FlaskClient, ana: Patient) -> None:
    empty = own.post(address(ana), data={"note": "  "})
    assert (empty.status_code, "Write the note." in empty.text) == (422, True)
    endless = own.post(address(ana), data={"note": "x" * 10_001})
    assert (endless.status_code, "x" * 10_001 in endless.text) == (422, True)


def test_a_visit_of_somebody_else_is_no_choice(
    own: FlaskClient, session: Session, jane: Clinician, ana: Patient
) -> None:
    other = an_appointment(session, clinician=jane, patient=a_patient(session))
    refused = own.post(address(ana), data={"note": SAID, "appointment_id": other.id})
    assert (refused.status_code, SAID.splitlines()[0] in refused.text) == (422, True)
    assert session.scalars(select(MedicalNote)).all() == []


def test_the_desk_coordinators_and_managers_do_not_see_them(
    own: FlaskClient, fay: FlaskClient, cora: FlaskClient, browser_of: BrowserOf, ana: Patient
) -> None:
    own.post(address(ana), data={"note": SAID})
    for other in (fay, cora, browser_of(Role.MANAGER), browser_of(Role.CENTRE_MANAGER)):
        assert other.get(address(ana)).status_code == 403
        assert "Knee swollen" not in other.get(f"/patients/{ana.id}").text
    assert "Knee swollen" in browser_of(Role.ADMIN).get(address(ana)).text


def test_a_clinician_who_does_not_treat_her_finds_nothing(
    own: FlaskClient, browser_of: BrowserOf, session: Session, riverside: Centre, ana: Patient
) -> None:
    own.post(address(ana), data={"note": SAID})
    stranger = browser_of(account_of(session, a_clinician(session, riverside)))
    note = newest(session)
    assert stranger.get(address(ana)).status_code == 404
    assert stranger.post(f"{address(ana)}/{note.id}/addendum", data={"note": "x"}).status_code == 404


def test_the_database_changes_and_deletes_no_note(own: FlaskClient, session: Session, ana: Patient) -> None:
    own.post(address(ana), data={"note": SAID})
    for statement in ("UPDATE medical_note SET text = 'x'", "DELETE FROM medical_note"):
        with pytest.raises(IntegrityError, match="only ever added"), session.begin_nested():
            session.execute(text(statement))


def test_many_notes_take_no_more_queries_than_one(own: FlaskClient, ana: Patient) -> None:
    own.post(address(ana), data={"note": SAID})
    with counted() as one:
        own.get(address(ana))
    for number in range(5):
        own.post(address(ana), data={"note": f"Note {number}"})
    with counted() as more:
        own.get(address(ana))
    assert len(more) == len(one)
    assert len(more) <= 8 + 2  # the look is audited in a transaction of its own


def test_a_note_that_is_sent_twice_from_one_page_is_kept_once(
    own: FlaskClient, session: Session, ana: Patient
) -> None:
    sent = {"note": SAID, "form_key": key_on(own.get(address(ana)).text)}
    assert [own.post(address(ana), data=sent).status_code for _ in range(2)] == [303, 303]
    assert len(session.scalars(select(MedicalNote)).all()) == 1
    assert actions_about(session, ana).count("medical_note.write") == 1


def test_what_is_written_on_a_page_that_came_back_is_kept_too(
    own: FlaskClient, session: Session, ana: Patient
) -> None:
    key = key_on(own.get(address(ana)).text)
    for said in (SAID, "She called again: better."):
        own.post(address(ana), data={"note": said, "form_key": key})
    assert newest(session).text == "She called again: better."
    assert len(session.scalars(select(MedicalNote)).all()) == 2


def test_a_note_that_was_refused_keeps_its_page_s_key(own: FlaskClient, ana: Patient) -> None:
    key = key_on(own.get(address(ana)).text)
    assert key_on(own.post(address(ana), data={"note": " ", "form_key": key}).text) == key
    rubbish = own.post(address(ana), data={"note": " ", "form_key": "rubbish"})
    assert key_on(rubbish.text) != "rubbish"


def test_the_record_of_somebody_with_notes_takes_eight_queries(own: FlaskClient, ana: Patient) -> None:
    for number in range(3):
        own.post(address(ana), data={"note": f"Note {number}"})
    with counted() as queries:
        own.get(f"/patients/{ana.id}")
    assert len(queries) <= 8


def key_on(page: str) -> str:
    return page.partition('name="form_key" value="')[2].partition('"')[0]
