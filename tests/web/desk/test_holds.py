"""A time is held while Fay talks to the caller. It is Monday 2 March 2026, 9:00 in Leeds."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Channel, Occupancy, Status, Waiting
from portal.people.models import Clinician, Patient
from tests.conftest import NOW
from tests.factories import (
    a_centre,
    a_clinician,
    an_appointment,
    wall,
)
from tests.web.desk.conftest import page_of, slot_at, take


def test_a_chosen_time_is_held_at_once_and_read_back(
    fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
) -> None:
    held = take(fay, session, ana, slot_at(session, jane, "2026-03-05 10:00"))
    assert held.waiting_for == Waiting.HOLD
    assert held.hold_expires_at == NOW + timedelta(minutes=10)
    assert held.channel == Channel.DESK
    shown = fay.get(page_of(held)).text
    spoken = shown.partition('id="spoken"')[2].partition("</div>")[0]
    assert "Thursday 5 March, 10:00" in spoken
    assert "with Dr Jane Smith at Riverside" in spoken
    assert "£60.00, to be paid at the centre" in spoken
    assert "free of charge until Wednesday 4 March, 10:00" in spoken
    assert "data-countdown" in shown


def test_a_time_from_the_board_is_held_as_soon_as_the_patient_is_chosen(
    fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
) -> None:
    slot = slot_at(session, jane, "2026-03-02 10:00")
    shown = fay.get(f"/desk/bookings/new?slot={slot}").text
    assert "Monday 2 March, 10:00" in shown
    found = fay.post("/desk/bookings/patients", data={"search": "silva", "slot": slot}).text
    assert '<form class="choices" method="post" action="/desk/bookings/holds"' in found
    assert take(fay, session, ana, slot).starts_at == wall("2026-03-02 10:00")


def test_another_time_lets_the_first_one_go(
    fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
) -> None:
    first = take(fay, session, ana, slot_at(session, jane, "2026-03-05 10:00"))
    again = fay.get(f"/desk/bookings/new?patient_id={ana.id}&instead_of={first.uid}&on=2026-03-05").text
    assert slot_at(session, jane, "2026-03-05 11:00") in again
    second = take(fay, session, ana, slot_at(session, jane, "2026-03-05 11:00"), instead_of=first.uid)
    session.refresh(first)
    assert first.status == Status.CANCELLED
    assert second.is_hold


def test_a_time_lost_meanwhile_leaves_the_first_one_held(
    fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
) -> None:
    first = take(fay, session, ana, slot_at(session, jane, "2026-03-05 10:00"))
    wanted = slot_at(session, jane, "2026-03-05 11:00")
    an_appointment(session, clinician=jane, starts_at=wall("2026-03-05 11:00"))
    answer = fay.post(
        "/desk/bookings/holds", data={"patient_id": ana.id, "slot": wanted, "instead_of": first.uid}
    )
    assert answer.status_code == 409
    assert "Someone has just taken that time" in answer.text
    assert "Ana Silva" in answer.text
    session.refresh(first)
    assert first.is_hold


def test_a_time_lost_meanwhile_offers_others_for_the_same_patient(
    fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
) -> None:
    wanted = slot_at(session, jane, "2026-03-05 11:00")
    an_appointment(session, clinician=jane, starts_at=wall("2026-03-05 11:00"))
    answer = fay.post("/desk/bookings/holds", data={"patient_id": ana.id, "slot": wanted})
    assert answer.status_code == 409
    assert "Ana Silva" in answer.text
    assert slot_at(session, jane, "2026-03-05 12:00") in answer.text


def test_the_caller_may_change_their_mind(
    fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
) -> None:
    held = take(fay, session, ana, slot_at(session, jane, "2026-03-05 10:00"))
    answer = fay.post(f"/desk/bookings/holds/{held.uid}/release")
    assert answer.headers["Location"] == f"/desk/bookings/new?patient_id={ana.id}"
    assert session.scalars(select(Occupancy)).all() == []


def test_nobody_else_sees_what_fay_holds(
    fay: FlaskClient, cora: FlaskClient, session: Session, jane: Clinician, ana: Patient
) -> None:
    held = take(fay, session, ana, slot_at(session, jane, "2026-03-05 10:00"))
    assert cora.get(page_of(held)).status_code == 404
    assert cora.post(f"/desk/bookings/holds/{held.uid}/confirmation").status_code == 404
    assert cora.post(f"/desk/bookings/holds/{held.uid}/release").status_code == 404


def test_a_time_at_another_centre_is_refused(fay: FlaskClient, session: Session, ana: Patient) -> None:
    ben = a_clinician(session, a_centre(session))
    slot = slot_at(session, ben, "2026-03-05 10:00")
    assert fay.post("/desk/bookings/holds", data={"patient_id": ana.id, "slot": slot}).status_code == 403


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"patient_id": "1"}, 400),
        ({"slot": "1-1-1-1"}, 404),
        ({"patient_id": "999999", "slot": "1-1-1-1"}, 404),
    ],
)
def test_half_a_request_holds_nothing(fay: FlaskClient, data: dict[str, str], status: int) -> None:
    assert fay.post("/desk/bookings/holds", data=data).status_code == status
