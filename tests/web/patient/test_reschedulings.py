"""Moving one's own appointment."""

import re
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment
from portal.appointments.slots import SlotKey
from portal.core import clock
from portal.core.permissions import Role
from portal.people.models import Clinician, Patient
from portal.settings import LateCancellation
from tests.conftest import NOW
from tests.factories import a_clinician, an_actor, an_appointment, key_for, wall
from tests.web.helpers import HTMX, counted, errors_in
from tests.web.patient.conftest import FRIDAY_AT_TEN

MONDAY_AT_TWO = wall("2026-03-09 14:00")


def address(visit: Appointment, noun: str = "/rescheduling") -> str:
    return f"/patient/appointments/{visit.id}{noun}"


def slot_at(session: Session, clinician: Clinician, starts_at: datetime) -> str:
    return id_of(key_for(session, clinician, starts_at))


def id_of(key: SlotKey) -> str:
    return f"{key.clinician_id}-{key.centre_id or 0}-{key.service_id}-{int(key.starts_at.timestamp())}"


def times_in(html: str) -> list[str]:
    """The times offered, as links."""
    return re.findall(r'<a class="slot"[^>]*><time[^>]*>([^<]+)</time>', html)


def test_the_page_opens_at_the_first_free_day_and_shows_the_present_time(
    anas: FlaskClient, visit: Appointment
) -> None:
    with counted() as queries:
        shown = anas.get(address(visit)).text
    assert len(queries) <= 8
    assert "The present time" in shown
    assert "London time (GMT)" in shown
    assert "Tuesday 3 March, 8 times" in shown
    assert "March 2026" in shown
    assert times_in(shown) == [f"{hour:02}:00" for hour in range(9, 17)]
    assert "Move to" not in shown


def test_the_present_time_itself_is_not_offered(anas: FlaskClient, visit: Appointment) -> None:
    shown = anas.get(address(visit), query_string={"day": "2026-03-06"}).text
    assert "10:00" not in times_in(shown)
    assert "11:00" in times_in(shown)


def test_the_patients_other_appointments_are_in_the_way(
    anas: FlaskClient, session: Session, ana: Patient, visit: Appointment
) -> None:
    an_appointment(session, clinician=a_clinician(session), patient=ana, starts_at=MONDAY_AT_TWO)
    session.flush()
    assert "14:00" not in times_in(anas.get(address(visit), query_string={"day": "2026-03-09"}).text)


def test_choosing_a_time_asks_before_anything_changes(
    anas: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    slot = slot_at(session, jane, MONDAY_AT_TWO)
    listed = anas.get(address(visit), query_string={"day": "2026-03-09"}).text
    href = re.search(rf'href="([^"]*slot={slot})"', listed)
    assert href is not None
    shown = anas.get(href[1].replace("&amp;", "&")).text
    assert "Move to Monday 9 March, 14:00?" in shown
    assert f'name="slot" value="{slot}"' in shown
    session.refresh(visit)
    assert visit.starts_at == FRIDAY_AT_TEN


def test_confirming_moves_it_and_keeps_patient_fee_and_identity(
    anas: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    uid, fee, version = visit.uid, visit.fee_minor, visit.version
    slot = slot_at(session, jane, MONDAY_AT_TWO)
    response = anas.post(address(visit), data={"slot": slot, "reason": "Train strike"})
    assert (response.status_code, response.location) == (303, address(visit, ""))
    session.refresh(visit)
    assert (visit.starts_at, visit.uid, visit.fee_minor) == (MONDAY_AT_TWO, uid, fee)
    assert visit.version > version
    shown = anas.get(address(visit, "")).text
    assert "Moved to Monday 9 March, 14:00." in shown
    assert "to Monday 9 March, 14:00" in shown
    assert "Train strike" in shown


def test_htmx_gets_the_calendar_alone_and_it_is_a_piece_of_the_page(
    anas: FlaskClient, visit: Appointment
) -> None:
    query = {"month": "2026-04", "day": "2026-04-02"}
    whole, piece = (anas.get(address(visit), query_string=query, headers=headers) for headers in ({}, HTMX))
    assert piece.text.strip() in whole.text
    assert "<html" not in piece.text
    assert "April 2026" in piece.text
    assert "Thursday 2 April" in piece.text


def test_htmx_is_led_to_the_appointment_after_moving(
    anas: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    response = anas.post(address(visit), data={"slot": slot_at(session, jane, MONDAY_AT_TWO)}, headers=HTMX)
    assert (response.status_code, response.headers["HX-Redirect"]) == (204, address(visit, ""))


def test_a_time_that_somebody_else_took_offers_others_and_keeps_the_old_one(
    anas: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    an_appointment(session, clinician=jane, starts_at=MONDAY_AT_TWO)
    session.flush()
    response = anas.post(
        f"{address(visit)}?month=2026-03&day=2026-03-09", data={"slot": slot_at(session, jane, MONDAY_AT_TWO)}
    )
    assert response.status_code == 409
    assert "Someone has just taken that time" in response.text
    assert "Your appointment is still where it was" in response.text
    others = re.findall(r'class="chip" href="([^"]+)"', response.text)
    assert len(others) == 3
    assert "Move to Monday 9 March" in anas.get(others[0].replace("&amp;", "&")).text
    session.refresh(visit)
    assert visit.starts_at == FRIDAY_AT_TEN


def test_a_time_that_has_gone_meanwhile_is_not_put_up_for_confirmation(
    anas: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    an_appointment(session, clinician=jane, starts_at=MONDAY_AT_TWO)
    session.flush()
    slot = slot_at(session, jane, MONDAY_AT_TWO)
    shown = anas.get(address(visit), query_string={"day": "2026-03-09", "slot": slot}).text
    assert "no longer free" in shown
    assert "Move to" not in shown


@pytest.mark.parametrize("slot", ["", "nonsense", "1-2-3", "1-2-3-99999999999999999"])
def test_without_a_time_the_form_comes_back(
    anas: FlaskClient, session: Session, visit: Appointment, slot: str
) -> None:
    response = anas.post(address(visit), data={"slot": slot})
    assert response.status_code == 422
    assert "Please choose one of the times" in errors_in(response)
    session.refresh(visit)
    assert visit.starts_at == FRIDAY_AT_TEN


def test_a_reason_that_is_too_long_comes_back_with_the_chosen_time(
    anas: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    slot = slot_at(session, jane, MONDAY_AT_TWO)
    response = anas.post(f"{address(visit)}?day=2026-03-09", data={"slot": slot, "reason": "long " * 60})
    assert response.status_code == 422
    assert "Use 200 characters or fewer" in errors_in(response)
    assert "Move to Monday 9 March, 14:00?" in response.text
    assert "long long" in response.text


def test_nobody_moves_to_the_time_of_another_clinician(
    anas: FlaskClient, session: Session, visit: Appointment
) -> None:
    other = a_clinician(session)
    session.flush()
    response = anas.post(address(visit), data={"slot": slot_at(session, other, MONDAY_AT_TWO)})
    assert response.status_code == 409
    session.refresh(visit)
    assert visit.starts_at == FRIDAY_AT_TEN


def test_after_the_deadline_patients_do_not_move_it_themselves(
    anas: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    slot = slot_at(session, jane, MONDAY_AT_TWO)
    with clock.travel_to(FRIDAY_AT_TEN - timedelta(hours=23)):
        for response in (anas.get(address(visit)), anas.post(address(visit), data={"slot": slot})):
            assert response.status_code == 409
            assert "too late to move this appointment online" in response.text


def test_what_is_cancelled_cannot_be_moved(anas: FlaskClient, session: Session, visit: Appointment) -> None:
    by = an_actor(session, Role.ADMIN)
    commands.cancel(session, visit, by=by, at=NOW, late=LateCancellation.NO_REFUND)
    session.flush()
    assert anas.get(address(visit)).status_code == 409


def test_a_clinician_without_a_free_time_says_whom_to_call(
    anas: FlaskClient, session: Session, ana: Patient
) -> None:
    busy = a_clinician(session, hours="Fri 10-11", advance_days=7)
    only = an_appointment(session, clinician=busy, patient=ana, starts_at=FRIDAY_AT_TEN)
    session.flush()
    assert "Please call the centre" in anas.get(address(only)).text


def test_a_month_without_times_leads_to_the_next_that_has_some(
    anas: FlaskClient, session: Session, ana: Patient
) -> None:
    summer = a_clinician(session, advance_days=170)
    booked = an_appointment(session, clinician=summer, patient=ana, starts_at=FRIDAY_AT_TEN)
    session.flush()
    shown = anas.get(address(booked), query_string={"month": "2026-02"}).text
    assert "No free times in February 2026" in shown
    assert "Go there" in shown


def test_no_patient_moves_it_over_what_is_in_the_way(
    anas: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    slot = slot_at(session, jane, MONDAY_AT_TWO)
    an_appointment(session, clinician=jane, starts_at=MONDAY_AT_TWO)
    typed = {"on": "2026-03-09", "time": "14:00"}
    shown = anas.get(address(visit), query_string=typed)
    assert shown.status_code == 200
    assert "outside working hours too" not in shown.text
    assert anas.post(address(visit), data=typed).status_code == 422
    refused = anas.post(address(visit), data={"slot": slot})
    assert refused.status_code == 409
    assert "Move anyway" not in refused.text
    anyway = {"slot": slot, "rules": ["TAKEN"], "reason": "I must"}
    assert anas.post(address(visit), data=anyway).status_code == 403
    session.refresh(visit)
    assert visit.starts_at == FRIDAY_AT_TEN
