"""Programs join the waiting list, leave it, and answer what is offered: by the same rules as the pages."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.core import clock
from portal.scheduling import commands as scheduling
from portal.waiting_list.offering import note_all
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.api.v1.waiting import a_waiting
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, an_appointment, service_of, wall
from tests.waiting_list.offers import look

FRIDAY = wall("2026-03-20 10:00")


@pytest.fixture
def ana(cast: Cast, program: ProgramOf) -> Program:
    return program(cast.ana)


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=FRIDAY)


def test_ana_waits_for_an_earlier_time_and_leaves(ana: Program, visit: Appointment) -> None:
    body = {"appointmentId": visit.id, "weekdays": [2], "timesOfDay": ["MORNING"]}
    made = data_of(ana.post("/waiting-list", body))
    assert (made["appointmentId"], made["weekdays"], made["timesOfDay"]) == (visit.id, [2], ["MORNING"])
    assert refusal_of(ana.post("/waiting-list", body)) == (409, "DUPLICATE_ENTRY")
    assert [one["id"] for one in data_of(ana.get("/waiting-list"))] == [made["id"]]
    assert ana.delete(f"/waiting-list/{made['id']}").status_code == 200
    assert data_of(ana.get("/waiting-list")) == []


def test_the_desk_puts_a_caller_on_the_list(
    session: Session, cast: Cast, program: ProgramOf, ana: Program
) -> None:
    fay, clinician = program(cast.fay), cast.clinician
    body = {"clinicianId": clinician.id, "serviceId": service_of(session, clinician).id}
    assert "weekdays" in details_of(ana.post("/waiting-list", {**body, "weekdays": []}))
    assert "patientId" in details_of(fay.post("/waiting-list", body))
    made = data_of(fay.post("/waiting-list", {**body, "patientId": cast.patient.id}))
    assert made["patientName"] == "Ana Silva"
    assert [one["id"] for one in data_of(ana.get("/waiting-list"))] == [made["id"]]


def test_an_offer_is_listed_and_taken(session: Session, cast: Cast, ana: Program, visit: Appointment) -> None:
    ids = a_waiting(session, cast.clinician, visit)
    [offer] = data_of(ana.get("/waiting-list/offers"))
    assert offer["id"] == ids["waiting_list_offer"]
    moved = data_of(ana.post(f"/waiting-list/offers/{offer['id']}/accept", {}))
    assert moved["id"] == visit.id
    assert moved["startAt"] == offer["startAt"]
    assert data_of(ana.get("/waiting-list/offers")) == []


def test_an_offer_with_somebody_else_says_what_it_costs_and_replaces(
    session: Session, cast: Cast, ana: Program, visit: Appointment
) -> None:
    otto = a_clinician(session, cast.leeds, full_name="Otto Berg", hours="Tue 10-11", price_minor=8050)
    body = {"appointmentId": visit.id, "weekdays": [2], "anyClinician": True}
    assert data_of(ana.post("/waiting-list", body))["anyClinician"] is True
    scheduling.replace_hours(session, cast.clinician, [], at=NOW)
    note_all(session, at=NOW)
    look(session)
    [offer] = data_of(ana.get("/waiting-list/offers"))
    assert (offer["clinicianId"], offer["consultationFee"], offer["currency"]) == (otto.id, 80.5, "GBP")
    assert offer["replacesAppointmentId"] == visit.id
    booked = data_of(ana.post(f"/waiting-list/offers/{offer['id']}/accept", {}))
    assert (booked["id"] != visit.id, booked["status"]) == (True, "CONFIRMED")
    session.refresh(visit)
    assert visit.status == "CANCELLED"


def test_an_offer_that_is_over_is_gone(
    session: Session, cast: Cast, program: ProgramOf, ana: Program, visit: Appointment
) -> None:
    offer_id = a_waiting(session, cast.clinician, visit)["waiting_list_offer"]
    with clock.travel_to(NOW + timedelta(minutes=31)):
        late = program(cast.ana).post(f"/waiting-list/offers/{offer_id}/accept", {})
        assert refusal_of(late) == (409, "BOOKING_EXPIRED")
    assert ana.post(f"/waiting-list/offers/{offer_id}/decline", {}).status_code == 200
    assert ana.post(f"/waiting-list/offers/{offer_id}/decline", {}).status_code == 200
