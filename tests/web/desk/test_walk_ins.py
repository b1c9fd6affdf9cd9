"""Somebody stands at the desk without an appointment. It is Monday 2 March 2026, 9:00 in Leeds."""

import re
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Channel, Status
from portal.centres.models import Centre
from portal.core import clock
from portal.core.permissions import Role
from portal.people.models import Clinician, Patient
from tests.conftest import NOW
from tests.factories import a_centre, a_clinician, a_patient, a_service, an_appointment, service_of, wall
from tests.web.desk.conftest import BrowserOf, slot_at
from tests.web.helpers import counted


def times(browser: FlaskClient, riverside: Centre, patient: Patient, **more: object) -> str:
    """The page with the times of the rest of the day."""
    asked = {"walk_in": 1, "centre_id": riverside.id, "patient_id": patient.id, **more}
    return browser.get("/desk/bookings/new", query_string=asked).text


def starts(page: str) -> list[int]:
    return [int(start) for start in re.findall(r'name="slot" value="\d+-\d+-\d+-(\d+)"', page)]


def only_visit(session: Session, patient: Patient) -> Appointment:
    return session.scalars(select(Appointment).where(Appointment.patient_id == patient.id)).one()


def test_somebody_known_is_booked_for_the_next_time_and_is_here(
    fay: FlaskClient, session: Session, riverside: Centre, jane: Clinician, ana: Patient
) -> None:
    board = fay.get("/desk/day").text
    assert f'href="/desk/bookings/new?walk_in=1&amp;centre_id={riverside.id}" data-shortcut="w"' in board
    with clock.travel_to(wall("2026-03-02 09:20")):
        page = times(fay, riverside, ana)
        assert starts(page)[0] == wall("2026-03-02 10:00").timestamp()
        assert 'action="/desk/walk-ins"' in page
        slot = slot_at(session, jane, "2026-03-02 11:00")
        done = fay.post("/desk/walk-ins", data={"patient_id": ana.id, "slot": slot})
        visit = only_visit(session, ana)
        assert done.headers["Location"].endswith(f"#block-{visit.id}")
        assert "Ana Silva is booked with Dr Jane Smith" in fay.get(done.headers["Location"]).text
    assert (visit.status, visit.channel) == (Status.CONFIRMED, Channel.DESK)
    assert visit.arrived_at == wall("2026-03-02 09:20")


def test_only_what_is_left_of_the_day_here_in_person_is_offered(
    fay: FlaskClient, session: Session, riverside: Centre, jane: Clinician, ana: Patient
) -> None:
    elsewhere = a_clinician(session, a_centre(session, name="Harbour"), full_name="Ruth Vale")
    page = times(fay, riverside, ana)
    assert elsewhere.full_name not in page
    assert starts(page) == [wall(f"2026-03-02 {hour:02}:00").timestamp() for hour in range(9, 17)]
    early = a_clinician(session, riverside, full_name="Amy Lee", hours="Mon 8-10, Tue 8-10")
    with clock.travel_to(wall("2026-03-02 09:40")):
        over = times(fay, riverside, ana, clinician_id=early.id)
    assert "Nothing free today" in over
    assert starts(over) == []


def test_where_nothing_of_the_usual_is_free_the_other_services_are_offered_by_name(
    fay: FlaskClient, session: Session, riverside: Centre, ana: Patient
) -> None:
    early = a_clinician(session, riverside, full_name="Amy Lee", hours="Mon 8-10, Tue 8-10")
    a_service(session, early, title="Short visit", duration_minutes=15)
    with clock.travel_to(wall("2026-03-02 09:40")):
        page = times(fay, riverside, ana, service_id=service_of(session, early).id)
    assert "These times are for something else" in page
    assert "<small>Short visit</small>" in page
    assert starts(page)[-1] == wall("2026-03-02 09:45").timestamp()


def test_one_clinician_can_be_asked_for(
    fay: FlaskClient, session: Session, riverside: Centre, jane: Clinician, ana: Patient
) -> None:
    ruth = a_clinician(session, riverside, full_name="Ruth Vale", hours="Mon 14-16")
    assert starts(times(fay, riverside, ana, clinician_id=ruth.id)) == [
        wall("2026-03-02 14:00").timestamp(),
        wall("2026-03-02 15:00").timestamp(),
    ]


def test_somebody_new_is_registered_on_the_way(fay: FlaskClient, riverside: Centre, jane: Clinician) -> None:
    step = {"walk_in": 1, "centre_id": riverside.id}
    assert "Who is here?" in fay.get("/desk/bookings/new", query_string=step).text
    made = fay.post(
        "/desk/bookings/patients/new", data={**step, "full_name": "Rosa Blum", "phone": "07700 900777"}
    )
    assert "walk_in=1" in made.headers["Location"]
    assert 'action="/desk/walk-ins"' in fay.get(made.headers["Location"]).text


def test_a_time_that_is_gone_meanwhile_books_nothing_and_the_others_are_shown(
    fay: FlaskClient, session: Session, riverside: Centre, jane: Clinician, ana: Patient
) -> None:
    slot = slot_at(session, jane, "2026-03-02 11:00")
    omar = a_patient(session, full_name="Omar Haddad", phone="+447700900112")
    an_appointment(
        session, clinician=jane, patient=omar, starts_at=wall("2026-03-02 11:00"), at=NOW - timedelta(days=3)
    )
    lost = fay.post("/desk/walk-ins", data={"patient_id": ana.id, "slot": slot, "centre_id": riverside.id})
    assert lost.status_code == 409
    assert 'role="alert"' in lost.text
    assert wall("2026-03-02 12:00").timestamp() in starts(lost.text)
    assert session.scalars(select(Appointment).where(Appointment.patient_id == ana.id)).all() == []


def test_pressing_twice_books_once(
    fay: FlaskClient, session: Session, jane: Clinician, ana: Patient, riverside: Centre
) -> None:
    form = {"patient_id": ana.id, "slot": slot_at(session, jane, "2026-03-02 11:00")}
    assert [fay.post("/desk/walk-ins", data=form).status_code for _ in range(2)] == [303, 409]
    assert only_visit(session, ana).arrived_at == NOW


def test_nobody_walks_in_tomorrow_or_at_another_centre_or_without_a_time(
    fay: FlaskClient, browser_of: BrowserOf, session: Session, jane: Clinician, ana: Patient
) -> None:
    tomorrow = {"patient_id": ana.id, "slot": slot_at(session, jane, "2026-03-03 11:00")}
    assert fay.post("/desk/walk-ins", data=tomorrow).status_code == 409
    harbour = a_clinician(session, a_centre(session, name="Harbour"), full_name="Ruth Vale")
    there = {"patient_id": ana.id, "slot": slot_at(session, harbour, "2026-03-02 11:00")}
    assert fay.post("/desk/walk-ins", data=there).status_code == 403
    assert fay.post("/desk/walk-ins", data={"patient_id": ana.id}).status_code == 400
    assert fay.post("/desk/walk-ins", data={"slot": there["slot"]}).status_code == 404
    assert browser_of(Role.PATIENT).post("/desk/walk-ins", data=tomorrow).status_code == 403
    assert session.scalars(select(Appointment)).all() == []


def test_the_times_cost_eight_queries_at_most(
    fay: FlaskClient, session: Session, riverside: Centre, jane: Clinician, ana: Patient
) -> None:
    for name in ("Ruth Vale", "Ben Ortiz", "Amy Lee"):
        a_clinician(session, riverside, full_name=name)
    with counted() as queries:
        assert len(starts(times(fay, riverside, ana))) == 32
    assert len(queries) <= 8, queries
