"""A clinician books a session for a patient of their own: known, found by phone, or new."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.accounts.models import Account
from portal.appointments.models import Appointment, AppointmentChange, SessionType, Status
from portal.audit.models import AuditEntry
from portal.core.permissions import Role
from portal.people.models import Clinician, Patient
from tests.factories import a_clinician, a_patient, an_account, an_appointment, service_of, wall
from tests.web.helpers import HTMX, counted, errors_in, sign_in

NEW = "/clinician/appointments/new"
THURSDAY = {"on": "2026-03-05", "at": "11:00"}


@pytest.fixture
def jane(session: Session) -> Clinician:
    """She needs a day's notice of patients."""
    return a_clinician(session, hours="Mon-Fri 9-17")


@pytest.fixture
def omar(session: Session, jane: Clinician) -> Patient:
    """He has been to Jane."""
    omar = a_patient(session, full_name="Omar Haddad")
    an_appointment(session, clinician=jane, patient=omar, starts_at=wall("2026-03-05 10:00"))
    return omar


@pytest.fixture
def her_browser(client: FlaskClient, session: Session, jane: Clinician) -> FlaskClient:
    return sign_in(client, session.get_one(Account, jane.account_id))


def sent(browser: FlaskClient, session: Session, jane: Clinician, **more: Any) -> TestResponse:
    facts = {"service_id": service_of(session, jane).id, **THURSDAY, **more}
    return browser.post("/clinician/appointments", data=facts)


def newest(session: Session) -> Appointment:
    return session.scalars(select(Appointment).order_by(Appointment.id.desc()).limit(1)).one()


def booked(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Appointment)) or 0


def test_the_page_shows_her_patients_and_what_is_free(
    her_browser: FlaskClient, session: Session, omar: Patient
) -> None:
    a_patient(session, full_name="Zora Neale")
    page = her_browser.get(f"{NEW}?date=2026-03-05&patient_id={omar.id}").text
    assert f'<option selected value="{omar.id}">Omar Haddad</option>' in page
    assert "Zora Neale" not in page
    assert 'value="11:00"' in page
    assert 'value="10:00"' not in page


def test_another_date_shows_other_times_and_keeps_what_was_typed(
    her_browser: FlaskClient, session: Session, jane: Clinician, omar: Patient
) -> None:
    filled = {"service_id": service_of(session, jane).id, "on": "2026-03-06", "full_name": "Lia Silva"}
    whole = her_browser.post(NEW, data=filled)
    assert (whole.status_code, 'value="Lia Silva"' in whole.text) == (200, True)
    piece = her_browser.post(NEW, data=filled, headers=HTMX).text
    assert piece.startswith('<div id="session-times"')
    assert 'value="10:00"' in piece
    sunday = her_browser.post(NEW, data={**filled, "on": "2026-03-08"}).text
    assert "Nothing is free on Sunday 8 March" in sunday


def test_she_books_a_patient_whom_she_knows(
    her_browser: FlaskClient, session: Session, jane: Clinician, omar: Patient
) -> None:
    more = {"patient_id": omar.id, "fee": "25.50", "title": "Second opinion", "session_type": "IN_PERSON"}
    answer = sent(her_browser, session, jane, **more)
    made = newest(session)
    assert answer.location.startswith(f"/clinician/day?date=2026-03-05&appointment={made.id}")
    assert (made.patient_id, made.status, made.fee_minor) == (omar.id, Status.CONFIRMED, 2550)
    assert (made.title, made.session_type) == ("Second opinion", SessionType.IN_PERSON)
    assert made.starts_at == wall("2026-03-05 11:00")
    assert "Booked for Omar Haddad" in her_browser.get(answer.location).text


def test_somebody_new_is_registered_and_somebody_known_is_found(
    her_browser: FlaskClient, session: Session, jane: Clinician, omar: Patient
) -> None:
    who = {"full_name": "Lia Silva", "email": "lia@example.org"}
    assert sent(her_browser, session, jane, **who).status_code == 303
    lia = newest(session).patient_id
    again = sent(her_browser, session, jane, **{**who, "full_name": "L. Silva"}, at="12:00")
    assert newest(session).patient_id == lia
    assert "We know this patient as Lia Silva." in her_browser.get(again.location).text
    assert sent(her_browser, session, jane, full_name="Omar", phone=omar.phone, at="14:00").status_code == 303
    assert newest(session).patient_id == omar.id


def test_somebody_of_the_name_of_a_patient_of_hers_may_be_that_patient(
    her_browser: FlaskClient, session: Session, jane: Clinician, omar: Patient
) -> None:
    who = {"full_name": "omar haddad", "phone": "07700 900999", "title": "Knee"}
    asked = sent(her_browser, session, jane, **who)
    assert (asked.status_code, booked(session)) == (409, 1)
    assert "Is it one of these?" in asked.text
    assert f'type="radio" name="alike" value="{omar.id}"' in asked.text
    assert ('value="omar haddad"' in asked.text, 'value="Knee"' in asked.text) == (True, True)
    answer = sent(her_browser, session, jane, **who, alike=omar.id)
    assert newest(session).patient_id == omar.id
    page = her_browser.get(answer.location).text
    assert ("Booked for Omar Haddad" in page, "We know this patient as" in page) == (True, False)


def test_why_it_is_somebody_else_is_asked_once_and_kept_in_the_audit(
    her_browser: FlaskClient, session: Session, jane: Clinician, omar: Patient
) -> None:
    who = {"full_name": "Omar Haddad", "phone": "07700 900999", "alike": "new"}
    silent = sent(her_browser, session, jane, **who)
    assert (silent.status_code, booked(session)) == (422, 1)
    assert 'href="#why_new">Say how you know that it is somebody else.' in errors_in(silent)
    assert f'name="alike" value="{omar.id}"' in silent.text
    assert 'name="alike" value="new" checked' in silent.text
    said = {**who, "why_new": "His son"}
    soon = sent(her_browser, session, jane, **said, on="2026-03-02", at="typed", time="15:00")
    assert 'name="rules" value="TOO_SOON"' in soon.text
    assert 'name="why_new" type="text" value="His son"' in soon.text
    del said["alike"]  # the choice is not shown a second time
    assert sent(her_browser, session, jane, **said).status_code == 303
    son = newest(session).patient
    assert son is not None
    assert (son.id != omar.id, son.full_name) == (True, "Omar Haddad")
    kept = select(AuditEntry.detail).where(AuditEntry.action == "patient.override-duplicate")
    assert session.scalars(kept).all() == [{"reason": "His son"}]


def test_she_is_not_told_of_the_patients_of_others(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    zora = a_patient(session, full_name="Zora Neale", phone="+447700900112")
    taken = sent(her_browser, session, jane, full_name="Zora Neale", phone="07700 900112")
    assert taken.status_code == 409
    assert "belongs to a patient of somebody else in the practice" in taken.text
    assert 'name="alike"' not in taken.text
    assert sent(her_browser, session, jane, full_name="Zora Neale", phone="07700 900999").status_code == 303
    assert newest(session).patient_id != zora.id
    of_another = sent(her_browser, session, jane, full_name="Lia", at="12:00", alike=zora.id)
    assert (of_another.status_code, "Choose one of the options" in errors_in(of_another)) == (422, True)


def test_a_time_within_the_notice_is_booked_with_a_reason(
    her_browser: FlaskClient, session: Session, jane: Clinician, omar: Patient
) -> None:
    soon = {"patient_id": omar.id, "on": "2026-03-02", "at": "typed", "time": "15:00"}
    asked = sent(her_browser, session, jane, **soon)
    assert (asked.status_code, 'name="rules" value="TOO_SOON"' in asked.text) == (400, True)
    without = sent(her_browser, session, jane, **soon, rules="TOO_SOON")
    assert (without.status_code, "Say why" in errors_in(without)) == (422, True)
    assert sent(her_browser, session, jane, **soon, rules="TOO_SOON", reason="Urgent").status_code == 303
    line = session.scalars(select(AppointmentChange).order_by(AppointmentChange.id.desc()).limit(1)).one()
    assert (line.overridden, line.reason) == (["TOO_SOON"], "Urgent")


def test_a_time_that_is_taken_is_refused_with_others(
    her_browser: FlaskClient, session: Session, jane: Clinician, omar: Patient
) -> None:
    known = {"patient_id": omar.id, "title": "Knee"}
    refused = sent(her_browser, session, jane, **known, at="10:00")
    assert (refused.status_code, 'value="Knee"' in refused.text) == (409, True)
    assert "Someone has just taken that time." in errors_in(refused)
    sunday = sent(her_browser, session, jane, **known, on="2026-03-08", at="typed", time="10:00")
    assert "Other free times" in sunday.text
    night = sent(her_browser, session, jane, **known, at="typed", time="22:00", rules="OUTSIDE_HOURS")
    assert night.status_code in {403, 409}
    assert booked(session) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"at": "typed", "time": ""}, "Choose a time, or enter one"),
        ({"on": ""}, "Enter the date"),
        ({"patient_id": ""}, "Give a phone number or an email address."),
        ({"patient_id": "", "email": "lia@example.org"}, "Enter a name"),
        ({"patient_id": "999999"}, "Choose one of the options"),
        ({"service_id": "999999"}, "Choose one of the options"),
        ({"fee": "much"}, "Enter an amount"),
        ({"on": "2026-03-29", "at": "typed", "time": "01:30"}, "The clocks skip that time"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_booked(
    her_browser: FlaskClient, session: Session, omar: Patient, wrong: dict[str, str], said: str
) -> None:
    jane = newest(session).clinician
    answer = sent(her_browser, session, jane, **{"patient_id": omar.id, **wrong})
    assert (answer.status_code, said in errors_in(answer)) == (422, True)
    assert booked(session) == 1


def test_what_is_booked_may_follow_an_earlier_visit(
    her_browser: FlaskClient, session: Session, jane: Clinician, omar: Patient
) -> None:
    first = newest(session)
    page = her_browser.get(f"{NEW}?patient_id={omar.id}&follow_up_of={first.id}").text
    assert f'name="follow_up_of" value="{first.id}"' in page
    assert sent(her_browser, session, jane, patient_id=omar.id, follow_up_of=first.id).status_code == 303
    assert newest(session).follow_up_of_id == first.id
    stranger = an_appointment(session, clinician=a_clinician(session))
    more = {"patient_id": omar.id, "at": "14:00", "follow_up_of": stranger.id}
    assert sent(her_browser, session, jane, **more).status_code == 404


def test_who_has_no_service_is_led_to_them(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    service_of(session, jane).is_active = False
    session.flush()
    assert "Nothing can be booked yet" in her_browser.get(NEW).text


def test_the_page_costs_few_queries(her_browser: FlaskClient, omar: Patient) -> None:
    with counted() as queries:
        her_browser.get(f"{NEW}?date=2026-03-05&patient_id={omar.id}")
    assert len(queries) <= 8


def test_a_list_that_cannot_hold_them_all_holds_who_was_chosen(
    monkeypatch: pytest.MonkeyPatch, her_browser: FlaskClient, session: Session, omar: Patient
) -> None:
    monkeypatch.setattr("portal.web.clinician.session_form.MOST_PATIENTS", 1)
    anna = a_patient(session, full_name="Anna Abel")
    an_appointment(session, clinician=newest(session).clinician, patient=anna)
    assert "Omar Haddad" not in her_browser.get(NEW).text
    page = her_browser.get(f"{NEW}?patient_id={omar.id}").text
    assert f'<option selected value="{omar.id}">Omar Haddad</option>' in page


@pytest.mark.parametrize("role", [Role.ADMIN, Role.FRONT_DESK, Role.PATIENT])
def test_only_clinicians_have_the_page(client: FlaskClient, session: Session, role: Role) -> None:
    sign_in(client, an_account(session, role))
    assert client.get(NEW).status_code == 403
    assert client.post("/clinician/appointments", data={}).status_code == 403
