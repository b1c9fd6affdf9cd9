"""From a free time to a booking, without JavaScript."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Status
from portal.core import clock
from portal.core.permissions import Role
from portal.people.models import Clinician, Patient
from portal.scheduling.commands import add_exception
from tests.conftest import NOW
from tests.factories import (
    a_clinician,
    a_hold,
    a_patient,
    a_service,
    account_of,
    an_account,
    an_appointment,
    slots_of,
    wall,
)
from tests.web.helpers import counted, errors_in, sign_in, signed_in

PHONE = "+447700900555"
AS_TYPED = "07700 900555"


@pytest.fixture
def jane(session: Session) -> Clinician:
    return a_clinician(session, full_name="Jane Smith", price_minor=4500)


def hold(client: FlaskClient, session: Session, clinician: Clinician, number: int = 0, **more: str) -> str:
    """Take one of the free times; the address of the page that follows."""
    response = client.post("/holds", data={"slot": slots_of(session, clinician)[number].id, **more})
    assert response.status_code == 303, response.text
    return str(response.headers["Location"])


def held(session: Session, address: str) -> Appointment:
    found = session.scalars(
        select(Appointment).where(Appointment.uid == uuid.UUID(address.split("/")[2]))
    ).one()
    session.refresh(found)
    return found


def test_somebody_new_books_without_javascript(
    client: FlaskClient, session: Session, jane: Clinician, newest_code: Callable[[str], str]
) -> None:
    address = hold(client, session, jane, number=5)
    shown = client.get(address).text
    for words in ("Held for you until", "Dr Jane Smith", "£45.00", "free of charge until", "Who is coming?"):
        assert words in shown
    asked = client.post(f"{address}/code", data={"phone": AS_TYPED, "full_name": "Rosa Lind"})
    assert asked.headers["Location"] == address
    assert "07700 900555" in client.get(address).text
    signed = client.post(f"{address}/sign-in", data={"code": newest_code(PHONE)})
    assert signed.headers["Location"] == address
    assert "Nearly done, Rosa Lind" in client.get(address).text
    said = {"description": "Sore knee", "questions": "May I run?"}
    booked = client.post(f"{address}/confirmation", data=said)
    appointment = held(session, address)
    assert booked.headers["Location"] == f"/patient/appointments/{appointment.id}/booked"
    assert appointment.status == Status.CONFIRMED
    assert (appointment.description, appointment.questions) == ("Sore knee", "May I run?")
    assert appointment.patient is not None
    assert appointment.patient.full_name == "Rosa Lind"


def test_a_signed_in_patient_goes_straight_to_the_confirmation(
    client: FlaskClient, session: Session, jane: Clinician
) -> None:
    ana = a_patient(session)
    sign_in(client, account_of(session, ana))
    address = hold(client, session, jane)
    with counted() as queries:
        assert "Nearly done, Ana Silva" in client.get(address).text
    assert len(queries) <= 8, queries
    assert client.post(f"{address}/confirmation").status_code == 303
    assert held(session, address).patient_id == ana.id


def test_confirming_twice_books_once(client: FlaskClient, session: Session, jane: Clinician) -> None:
    sign_in(client, account_of(session, a_patient(session)))
    address = hold(client, session, jane)
    first, second = (client.post(f"{address}/confirmation") for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert session.scalar(select(func.count()).select_from(Appointment)) == 1
    assert client.get(address).headers["Location"] == first.headers["Location"]


def test_somebody_elses_hold_does_not_exist(
    app: Flask, client: FlaskClient, session: Session, jane: Clinician
) -> None:
    address = hold(client, session, jane)
    stranger = app.test_client()
    other = signed_in(app, account_of(session, a_patient(session)))
    for who in (stranger, other):
        assert who.get(address).status_code == 404
        for step in ("code", "sign-in", "confirmation", "release"):
            assert who.post(f"{address}/{step}").status_code == 404
    assert client.get(address).status_code == 200


def test_a_second_choice_lets_the_first_go(client: FlaskClient, session: Session, jane: Clinician) -> None:
    first = hold(client, session, jane)
    hold(client, session, jane, number=1)
    assert held(session, first).status == Status.CANCELLED
    assert "still free" in client.get(first).text


def test_a_time_that_somebody_was_quicker_to_take_comes_with_others(
    client: FlaskClient, session: Session, jane: Clinician
) -> None:
    slots = slots_of(session, jane)
    an_appointment(session, clinician=jane, starts_at=slots[0].starts_at)
    response = client.post("/holds", data={"slot": slots[0].id})
    assert response.status_code == 409
    assert "Someone has just taken that time" in response.text
    assert slots[1].id in response.text


@pytest.mark.parametrize("slot", ["", "nonsense", "1-2-3", "1-2-3-99999999999999999999"])
def test_what_is_no_time_is_refused(client: FlaskClient, session: Session, slot: str) -> None:
    assert client.post("/holds", data={"slot": slot}).status_code == 400


def test_the_way_to_meet_is_kept(client: FlaskClient, session: Session, jane: Clinician) -> None:
    both = a_service(session, jane, title="Any way", is_online=True)
    slot = slots_of(session, jane, service=both)[0]
    for way in ("ONLINE", "IN_PERSON"):
        address = client.post("/holds", data={"slot": slot.id, "session_type": way}).headers["Location"]
        assert held(session, address).session_type == way


def test_a_hold_that_ran_out_can_be_taken_again(
    client: FlaskClient, session: Session, jane: Clinician
) -> None:
    slot = slots_of(session, jane)[5]
    address = hold(client, session, jane, number=5)
    with clock.travel_to(NOW + timedelta(minutes=11)):
        shown = client.get(address).text
        assert "no longer held" in shown
        assert "Hold it again" in shown
        assert f'value="{slot.id}"' in shown
        assert client.post("/holds", data={"slot": slot.id}).status_code == 303


def test_a_hold_that_ran_out_and_was_taken_offers_others(
    client: FlaskClient, session: Session, jane: Clinician
) -> None:
    first, second = slots_of(session, jane)[5:7]
    address = hold(client, session, jane, number=5)
    with clock.travel_to(NOW + timedelta(minutes=11)):
        a_hold(session, jane, starts_at=first.starts_at, at=clock.now())
        shown = client.get(address).text
    assert "cannot be had any more" in shown
    assert second.id in shown


def test_confirming_a_little_late_works_while_the_time_is_free(
    client: FlaskClient, session: Session, jane: Clinician
) -> None:
    sign_in(client, account_of(session, a_patient(session)))
    address = hold(client, session, jane, number=5)
    with clock.travel_to(NOW + timedelta(minutes=11)):
        assert "/booked" in client.post(f"{address}/confirmation").headers["Location"]


def test_a_time_can_be_let_go(client: FlaskClient, session: Session, jane: Clinician) -> None:
    address = hold(client, session, jane)
    response = client.post(f"{address}/release")
    assert f"/clinicians/{jane.slug}" in response.headers["Location"]
    assert held(session, address).status == Status.CANCELLED
    assert "You let this time go" in client.get(address).text


def test_what_is_booked_meanwhile_is_not_let_go(
    client: FlaskClient, session: Session, jane: Clinician
) -> None:
    sign_in(client, account_of(session, a_patient(session)))
    address = hold(client, session, jane)
    client.post(f"{address}/confirmation")
    booked = held(session, address)
    answer = client.post(f"{address}/release")
    assert answer.headers["Location"] == f"/patient/appointments/{booked.id}"
    shown = client.get(answer.headers["Location"]).text
    assert "booked already, so it stays" in shown
    assert "free again" not in shown
    assert held(session, address).status == Status.CONFIRMED


def test_a_patient_who_is_busy_then_is_told_and_offered_others(
    client: FlaskClient, session: Session, jane: Clinician, newest_code: Callable[[str], str]
) -> None:
    ana = a_patient(session, phone=PHONE)
    other = a_clinician(session)
    wanted = slots_of(session, jane)[0]
    an_appointment(session, clinician=other, patient=ana, starts_at=wanted.starts_at)
    address = hold(client, session, jane)
    client.post(f"{address}/code", data={"phone": AS_TYPED, "full_name": "Ana Silva"})
    client.post(f"{address}/sign-in", data={"code": newest_code(PHONE)})
    shown = client.get(address).text
    assert "already have an appointment at that time" in shown
    assert slots_of(session, jane, patient=ana)[0].id in shown
    assert client.post(f"{address}/confirmation").status_code == 409


def test_details_that_cannot_be_used_come_back_filled_in(
    client: FlaskClient, session: Session, jane: Clinician
) -> None:
    address = hold(client, session, jane)
    response = client.post(f"{address}/code", data={"phone": "12", "full_name": "R0sa"})
    assert response.status_code == 422
    assert "A name can have letters" in errors_in(response)
    assert "phone number" in errors_in(response)
    assert 'value="R0sa"' in response.text
    assert 'value="12"' in response.text


def test_a_wrong_code_says_how_many_tries_are_left(
    client: FlaskClient, session: Session, jane: Clinician, newest_code: Callable[[str], str]
) -> None:
    address = hold(client, session, jane)
    client.post(f"{address}/code", data={"phone": AS_TYPED, "full_name": "Rosa Lind"})
    wrong = f"{(int(newest_code(PHONE)) + 1) % 10**6:06}"
    for left in ("4 more tries", "3 more tries", "2 more tries", "1 more try", "wrong too many times"):
        response = client.post(f"{address}/sign-in", data={"code": wrong})
        assert response.status_code == 422
        assert left in errors_in(response)
    assert client.post(f"{address}/sign-in", data={"code": newest_code(PHONE)}).status_code == 422


def test_a_second_code_at_once_has_to_wait_and_the_first_still_works(
    client: FlaskClient, session: Session, jane: Clinician, newest_code: Callable[[str], str]
) -> None:
    address = hold(client, session, jane)
    details = {"phone": AS_TYPED, "full_name": "Rosa Lind"}
    client.post(f"{address}/code", data=details)
    response = client.post(f"{address}/code", data=details)
    assert response.status_code == 429
    assert "Please wait 30 seconds" in errors_in(response)
    assert "Enter the code" in response.text
    assert client.post(f"{address}/sign-in", data={"code": newest_code(PHONE)}).status_code == 303


def test_another_number_can_be_used(client: FlaskClient, session: Session, jane: Clinician) -> None:
    address = hold(client, session, jane)
    client.post(f"{address}/code", data={"phone": AS_TYPED, "full_name": "Rosa Lind"})
    assert "Who is coming?" in client.get(f"{address}?change=1").text
    assert client.post(f"{address}/sign-in", data={"code": ""}).status_code == 422


def test_nobody_holds_one_time_after_the_other_for_ever(
    client: FlaskClient, session: Session, jane: Clinician
) -> None:
    slots = slots_of(session, jane)
    statuses = [
        client.post("/holds", data={"slot": slots[number % 20].id}).status_code for number in range(31)
    ]
    assert statuses == [303] * 30 + [429]


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.ADMIN])
def test_staff_are_sent_to_the_desk(
    client: FlaskClient, session: Session, jane: Clinician, role: Role
) -> None:
    address = hold(client, session, jane)
    sign_in(client, an_account(session, role))
    response = client.post("/holds", data={"slot": slots_of(session, jane)[0].id})
    assert response.status_code == 403
    assert "at the desk" in response.text
    assert client.get(address).status_code in {403, 404}


def test_who_signed_in_without_a_name_is_asked_for_it_first(
    client: FlaskClient, session: Session, jane: Clinician
) -> None:
    patient: Patient = a_patient(session)
    account = account_of(session, patient)
    account.full_name = patient.full_name = ""
    session.flush()
    sign_in(client, account)
    address = hold(client, session, jane)
    asked = client.get(address).headers["Location"]
    assert asked.startswith("/sign-in/name")
    named = client.post("/sign-in/name", data={"full_name": "Rosa Lind", "next": address})
    assert named.headers["Location"] == address
    assert "Nearly done, Rosa Lind" in client.get(address).text


def test_a_request_goes_to_a_clinician_who_accepts_each(client: FlaskClient, session: Session) -> None:
    clinician = a_clinician(session, requires_acceptance=True)
    sign_in(client, account_of(session, a_patient(session)))
    address = hold(client, session, clinician)
    assert "Ask for this time" in client.get(address).text
    client.post(f"{address}/confirmation")
    assert held(session, address).status == Status.PENDING
    assert held(session, address).booked_at is not None


def test_a_visit_that_begins_soon_says_what_will_still_be_possible(
    client: FlaskClient, session: Session
) -> None:
    clinician = a_clinician(session, notice_hours=0)
    assert slots_of(session, clinician)[0].starts_at == wall("2026-03-02 09:00")
    shown = client.get(hold(client, session, clinician, 1)).text
    assert "This visit begins soon. It can no longer be moved online. You can still cancel" in shown


@pytest.mark.parametrize("what", ["clinicians", "centres"])
def test_a_time_held_with_whom_is_switched_off_meanwhile_is_held_no_longer_and_not_offered_again(
    app: Flask, client: FlaskClient, session: Session, jane: Clinician, what: str
) -> None:
    sign_in(client, account_of(session, a_patient(session)))
    address = hold(client, session, jane)
    admin = signed_in(app, an_account(session, Role.ADMIN))
    whose = jane.id if what == "clinicians" else jane.primary_centre_id
    assert admin.post(f"/admin/{what}/{whose}/activation", data={"is_active": "no"}).status_code == 303
    assert client.post(f"{address}/confirmation").status_code == 409
    assert held(session, address).status == Status.CANCELLED
    shown = client.get(address).text
    assert "It cannot be had any more." in shown
    assert "it is still free" not in shown
    assert "Other free times" not in shown


def test_a_time_held_while_its_clinician_goes_on_leave_offers_other_times(
    client: FlaskClient, session: Session, jane: Clinician
) -> None:
    sign_in(client, account_of(session, a_patient(session)))
    address = hold(client, session, jane)
    on = held(session, address).starts_at.date()
    add_exception(session, jane, starts_on=on, ends_on=on)
    session.flush()
    refused = client.post(f"{address}/confirmation")
    assert refused.status_code == 409
    assert "The clinician is away at that time." in refused.text
    assert "Other free times" in refused.text
