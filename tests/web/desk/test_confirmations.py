"""What Fay reads back is booked. It is Monday 2 March 2026, 9:00 in Leeds."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, SessionType, Status
from portal.core import clock
from portal.people.models import Clinician, Patient
from portal.scheduling.commands import edit_service
from tests.conftest import NOW
from tests.factories import (
    an_appointment,
    service_of,
)
from tests.web.desk.conftest import page_of, slot_at, take
from tests.web.helpers import errors_in


@pytest.fixture
def held(fay: FlaskClient, session: Session, jane: Clinician, ana: Patient) -> Appointment:
    return take(fay, session, ana, slot_at(session, jane, "2026-03-05 10:00"))


def confirm(browser: FlaskClient, held: Appointment, **data: str) -> str:
    """The page after booking."""
    answer = browser.post(f"/desk/bookings/holds/{held.uid}/confirmation", data=data)
    assert answer.status_code == 303, answer.text
    return browser.get(answer.headers["Location"]).text


def test_it_is_booked_and_said_once_more(fay: FlaskClient, session: Session, held: Appointment) -> None:
    shown = confirm(fay, held, patient_notes="Comes with a child", fee="60.00")
    assert "For Ana Silva" in shown
    assert "Thursday 5 March, 10:00" in shown
    session.refresh(held)
    assert held.status == Status.CONFIRMED
    assert held.patient_notes == "Comes with a child"
    assert held.fee_minor == 6000


def test_staff_may_set_the_fee(fay: FlaskClient, session: Session, held: Appointment) -> None:
    assert "£25.50" in confirm(fay, held, fee="25.50")
    session.refresh(held)
    assert held.fee_minor == 2550


@pytest.mark.parametrize("fee", ["much", "-5", "1.005", "99999999999"])
def test_a_fee_that_makes_no_sense_comes_back_with_words(
    fay: FlaskClient, session: Session, held: Appointment, fee: str
) -> None:
    answer = fay.post(
        f"/desk/bookings/holds/{held.uid}/confirmation", data={"fee": fee, "patient_notes": "Kept"}
    )
    assert answer.status_code == 422
    assert f'value="{fee}"' in answer.text
    assert "Kept</textarea>" in answer.text
    assert "amount" in errors_in(answer)
    session.refresh(held)
    assert held.is_hold


def test_a_service_that_can_be_both_may_be_changed_to_online(
    fay: FlaskClient, session: Session, jane: Clinician, held: Appointment
) -> None:
    edit_service(session, service_of(session, jane), is_online=True)
    session.flush()
    assert 'value="ONLINE"' in fay.get(page_of(held)).text
    assert "with Dr Jane Smith, online" in confirm(fay, held, session_type="ONLINE", fee="60")
    booked = session.scalars(select(Appointment).where(Appointment.status == Status.CONFIRMED)).one()
    assert booked.session_type == SessionType.ONLINE
    assert booked.starts_at == held.starts_at


def test_a_hold_that_ran_out_is_booked_all_the_same_when_the_time_is_free(
    fay: FlaskClient, session: Session, held: Appointment
) -> None:
    with clock.travel_to(NOW + timedelta(minutes=20)):
        assert "no longer held" in fay.get(page_of(held)).text
        assert "Thursday 5 March, 10:00" in confirm(fay, held, fee="60")


def test_a_time_gone_meanwhile_offers_others_and_keeps_what_was_typed(
    fay: FlaskClient, session: Session, jane: Clinician, held: Appointment
) -> None:
    with clock.travel_to(NOW + timedelta(minutes=20)):
        an_appointment(session, clinician=jane, starts_at=held.starts_at, at=NOW + timedelta(minutes=20))
        answer = fay.post(
            f"/desk/bookings/holds/{held.uid}/confirmation", data={"fee": "42", "patient_notes": "Kept"}
        )
        assert answer.status_code == 409
        assert "Someone has just taken that time" in answer.text
        assert "Kept</textarea>" in answer.text
        other = re.search(r'name="slot" value="([^"]+)"', answer.text)
        assert other is not None
        chosen = fay.post(
            f"/desk/bookings/holds/{held.uid}/confirmation",
            data={"fee": "42", "patient_notes": "Kept", "slot": other[1]},
        )
        shown = fay.get(chosen.headers["Location"]).text
        assert "Kept</textarea>" in shown
        assert 'value="42' in shown
        assert "Kept" not in chosen.headers["Location"]


def test_booking_twice_books_once(fay: FlaskClient, session: Session, held: Appointment) -> None:
    confirm(fay, held, fee="60")
    confirm(fay, held, fee="60")
    assert len(session.scalars(select(Appointment).where(Appointment.status == Status.CONFIRMED)).all()) == 1
    answer = fay.get(page_of(held))
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/desk/bookings/{held.id}/booked"


def test_a_time_let_go_in_another_tab_leads_back_to_the_times(fay: FlaskClient, held: Appointment) -> None:
    fay.post(f"/desk/bookings/holds/{held.uid}/release")
    assert 'id="times"' in fay.get(page_of(held)).text
    answer = fay.post(f"/desk/bookings/holds/{held.uid}/confirmation", data={"fee": "60"})
    assert answer.status_code == 409
    assert "Ana Silva" in answer.text


def test_booked_at_another_centre_is_refused_and_unknown_is_not_found(
    fay: FlaskClient, session: Session
) -> None:
    other = an_appointment(session)
    assert fay.get(f"/desk/bookings/{other.id}/booked").status_code == 403
    assert fay.get("/desk/bookings/999999/booked").status_code == 404
    assert fay.get("/desk/bookings/new?hold=7b7f7f7e-0000-4000-8000-000000000000").status_code == 404
    assert fay.get("/desk/bookings/new?hold=x").status_code == 404
