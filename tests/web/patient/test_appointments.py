"""A patient's list of appointments, and the page of each."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment, Status
from portal.core import clock
from portal.core.permissions import Role
from portal.people.acting import actor_for
from portal.people.models import Clinician, Patient
from portal.settings import LateCancellation
from tests.conftest import NOW, PracticeSets
from tests.factories import (
    a_centre,
    a_clinician,
    a_hold,
    an_account,
    an_actor,
    an_appointment,
    an_override,
    wall,
)
from tests.web.helpers import counted, signed_in
from tests.web.patient.conftest import FRIDAY_AT_TEN

LIST = "/patient/appointments"


def address(visit: Appointment, noun: str = "") -> str:
    return f"{LIST}/{visit.id}{noun}"


def test_upcoming_and_past_appointments_stand_in_lists_of_their_own(
    session: Session, anas: FlaskClient, ana: Patient, jane: Clinician, visit: Appointment
) -> None:
    ben = a_clinician(session, full_name="Ben Ortiz")
    seen = an_appointment(
        session, clinician=ben, patient=ana, starts_at=wall("2026-02-20 11:00"), status=Status.COMPLETED
    )
    upcoming, past = anas.get(LIST).text, anas.get(LIST, query_string={"when": "past"}).text
    assert address(visit) in upcoming
    assert address(visit) not in past
    assert address(seen) in past
    assert address(seen) not in upcoming
    assert "Friday 6 March, 10:00" in upcoming
    assert "Dr Jane Smith" in upcoming
    assert "Riverside" in upcoming


def test_what_is_going_on_now_stands_first_and_says_so(
    anas: FlaskClient, session: Session, ana: Patient, jane: Clinician, visit: Appointment
) -> None:
    later = an_appointment(session, clinician=jane, patient=ana, starts_at=wall("2026-03-09 10:00"))
    session.flush()
    with clock.travel_to(FRIDAY_AT_TEN + timedelta(minutes=20)):
        shown = anas.get(LIST).text
    assert ">Now<" in shown
    assert shown.index(address(visit)) < shown.index(address(later))


def test_why_the_team_overbooked_is_for_the_team_and_why_it_cancelled_for_the_patient(
    app: Flask, session: Session, anas: FlaskClient, ana: Patient, jane: Clinician
) -> None:
    twice = FRIDAY_AT_TEN + timedelta(hours=1)
    an_appointment(session, clinician=jane, starts_at=twice)
    ada = an_account(session, Role.ADMIN)
    squeezed_in = an_appointment(
        session,
        clinician=jane,
        patient=ana,
        starts_at=twice,
        by=actor_for(session, ada),
        override=an_override("She insists"),
    )
    session.flush()
    assert "She insists" not in anas.get(address(squeezed_in)).text
    assert "She insists" in signed_in(app, ada).get(f"/appointments/{squeezed_in.id}").text
    commands.cancel(
        session,
        squeezed_in,
        by=actor_for(session, ada),
        at=NOW,
        reason="A burst pipe",
        late=LateCancellation.NO_REFUND,
    )
    session.flush()
    history = anas.get(address(squeezed_in)).text.partition('id="history-title"')[2]
    assert "A burst pipe" in history


def test_without_appointments_the_page_offers_to_find_a_time(anas: FlaskClient) -> None:
    shown = anas.get(LIST).text
    assert "No appointments coming up" in shown
    assert 'href="/find"' in shown
    assert "Nothing here yet" in anas.get(LIST, query_string={"when": "past"}).text


def test_a_time_on_hold_can_be_taken_up_again_from_the_list(
    anas: FlaskClient, session: Session, ana: Patient, jane: Clinician
) -> None:
    held = a_hold(session, jane, patient=ana)
    session.flush()
    shown = anas.get(LIST).text
    assert f"/holds/{held.uid}" in shown
    assert "held until 09:10" in shown


def test_a_long_list_has_pages(anas: FlaskClient, session: Session, ana: Patient, jane: Clinician) -> None:
    starts = [wall(f"2026-03-{day:02} {hour:02}:00") for day in (4, 5, 6, 9) for hour in range(9, 15)]
    for starts_at in starts:
        an_appointment(session, clinician=jane, patient=ana, starts_at=starts_at)
    session.flush()
    first, second = anas.get(LIST).text, anas.get(LIST, query_string={"page": 2}).text
    assert "Page 1 of 2" in first
    assert "Page 2 of 2" in second
    assert second.count("<article") == len(starts) - 20
    for nonsense in ("x", 3, 5000):
        assert anas.get(LIST, query_string={"page": nonsense}).status_code == 404


def test_the_list_takes_as_many_queries_whatever_its_length(
    anas: FlaskClient, session: Session, ana: Patient, jane: Clinician
) -> None:
    for hour in range(9, 15):
        an_appointment(session, clinician=jane, patient=ana, starts_at=wall(f"2026-03-05 {hour:02}:00"))
    session.flush()
    with counted() as queries:
        assert anas.get(LIST).status_code == 200
    assert len(queries) <= 8


def test_an_appointment_shows_who_when_where_what_and_what_it_costs(
    anas: FlaskClient, visit: Appointment
) -> None:
    with counted() as queries:
        shown = anas.get(address(visit)).text
    assert len(queries) <= 8
    for words in (
        "Dr Jane Smith", "Friday 6 March, 10:00", "to 11:00", "London time (GMT)",
        "1 Mill Lane, Leeds", "1 hour", "£60.00", "to pay at the centre",
    ):  # fmt: skip
        assert words in shown
    assert "For you" not in shown


def test_both_times_are_shown_to_whoever_is_in_another_zone(anas: FlaskClient, visit: Appointment) -> None:
    anas.set_cookie("tz", "Asia/Kolkata")
    for page in (LIST, address(visit), address(visit, "/cancellation"), address(visit, "/rescheduling")):
        shown = anas.get(page).text
        assert "For you: 15:30, Kolkata time (GMT+5:30)" in shown, page
        assert "Friday 6 March, 10:00" in shown, page


def test_notes_of_the_team_never_reach_the_patient(
    anas: FlaskClient, session: Session, visit: Appointment, ana: Patient, jane: Clinician
) -> None:
    ana.medical_history = "Secretly allergic"
    by = an_actor(session, Role.CLINICIAN, clinician=jane)
    commands.edit(session, visit, by=by, at=NOW, clinician_notes="Rather anxious", title="Second opinion")
    session.flush()
    pages = [
        LIST,
        "/patient/profile",
        *(address(visit, noun) for noun in ("", "/booked", "/notes", "/cancellation")),
    ]
    for page in pages:
        shown = anas.get(page).text
        assert not {"anxious", "allergic"} & set(re.findall(r"\w+", shown)), page
    shown = anas.get(address(visit)).text
    assert "Second opinion" in shown
    assert "Notes changed" not in shown


def test_an_appointment_of_somebody_else_does_not_exist(
    app: Flask, session: Session, visit: Appointment
) -> None:
    other = signed_in(app, an_account(session, Role.PATIENT))
    for noun in ("", "/booked", "/cancellation", "/rescheduling", "/notes"):
        assert other.get(address(visit, noun)).status_code == 404, noun
    for noun in ("/cancellation", "/rescheduling", "/notes"):
        assert other.post(address(visit, noun), data={"slot": "1-1-1-1"}).status_code == 404, noun


def test_a_time_only_held_is_no_appointment(
    anas: FlaskClient, session: Session, ana: Patient, jane: Clinician
) -> None:
    held = a_hold(session, jane, patient=ana)
    session.flush()
    assert anas.get(address(held)).status_code == 404


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.CLINICIAN, Role.ADMIN])
def test_the_pages_of_patients_are_not_for_staff(
    app: Flask, session: Session, visit: Appointment, role: Role
) -> None:
    colleague = signed_in(app, an_account(session, role))
    assert colleague.get(LIST).status_code == 403
    assert colleague.post(address(visit, "/cancellation")).status_code == 403


def test_a_visitor_is_asked_to_sign_in_and_led_back(client: FlaskClient, visit: Appointment) -> None:
    response = client.get(address(visit))
    assert response.status_code == 303
    assert response.location == f"/sign-in?next={address(visit)}"


def test_a_request_says_that_the_clinician_has_to_answer(
    anas: FlaskClient, session: Session, ana: Patient
) -> None:
    careful = a_clinician(session, full_name="Ben Ortiz", requires_acceptance=True)
    asked = an_appointment(session, clinician=careful, patient=ana)
    session.flush()
    shown = anas.get(address(asked)).text
    assert "has not answered your request yet" in shown
    assert "while the clinician has not answered" in shown
    booked = anas.get(address(asked, "/booked")).text
    assert "Your request is on its way" in booked
    assert "accept or decline" in booked


def test_the_page_after_booking_says_what_happens_next(
    anas: FlaskClient, session: Session, visit: Appointment, ana: Patient
) -> None:
    shown = anas.get(address(visit, "/booked")).text
    assert "Your appointment is booked" in shown
    assert "come a few minutes early" in shown
    assert "You pay at the centre" in shown
    assert "free of charge until Thursday 5 March, 10:00" in shown
    assert ana.phone is not None
    assert ana.phone not in shown
    assert ana.phone[-3:] in shown
    ana.email, ana.channels = "ana@example.org", ["EMAIL"]
    session.flush()
    shown = anas.get(address(visit, "/booked")).text
    assert "by email, to a•••@example.org" in shown
    assert "to your phone" not in shown


def test_the_page_after_booking_leads_on_when_the_appointment_is_over(
    anas: FlaskClient, session: Session, visit: Appointment
) -> None:
    commands.cancel(
        session,
        visit,
        by=an_actor(session, Role.ADMIN),
        at=NOW,
        late=LateCancellation.NO_REFUND,
        reason="Flood",
    )
    session.flush()
    response = anas.get(address(visit, "/booked"))
    assert (response.status_code, response.location) == (303, address(visit))
    shown = anas.get(address(visit)).text
    assert "Cancelled by the centre. Reason: Flood" in shown
    assert "Book again" in shown
    assert "Plans changed?" not in shown
    assert "to pay at the centre" not in shown


@pytest.mark.parametrize(
    "case",
    [
        (LateCancellation.NO_REFUND, "what you have paid the centre is not returned", "Cancel appointment"),
        (LateCancellation.REQUEST, "You can still ask the centre to cancel", "Ask to cancel"),
        (LateCancellation.REFUSE, "Please call the centre", None),
    ],
)
def test_after_the_deadline_the_page_says_what_is_still_possible(
    anas: FlaskClient,
    visit: Appointment,
    practice_sets: PracticeSets,
    case: tuple[LateCancellation, str, str | None],
) -> None:
    late, words, button = case
    practice_sets(late_cancellation=late)
    with clock.travel_to(FRIDAY_AT_TEN - timedelta(hours=3)):
        shown = anas.get(address(visit)).text
    assert words in shown
    assert "until Thursday 5 March, 10:00" in shown
    assert "Move to another time" not in shown
    assert ("Cancel appointment" in shown, "Ask to cancel" in shown) == (
        button == "Cancel appointment",
        button == "Ask to cancel",
    )
    assert 'href="tel:+441130000001"' in shown
    assert "Call Riverside" in shown


def test_once_it_has_begun_nothing_can_be_changed(anas: FlaskClient, visit: Appointment) -> None:
    with clock.travel_to(FRIDAY_AT_TEN + timedelta(minutes=1)):
        shown = anas.get(address(visit)).text
        assert "Plans changed?" not in shown
        assert "/notes" not in shown
        assert anas.get(address(visit, "/notes")).status_code == 409


def test_the_patient_reads_what_happened_so_far(anas: FlaskClient, visit: Appointment) -> None:
    shown = anas.get(address(visit)).text
    history = shown[shown.index("What happened so far") :]
    assert "Booked" in history
    assert "You" in history


def test_what_the_clinician_should_know_can_be_changed(
    anas: FlaskClient, session: Session, visit: Appointment
) -> None:
    assert "Questions for the clinician" in anas.get(address(visit, "/notes")).text
    response = anas.post(
        address(visit, "/notes"),
        data={"questions": " Will it hurt? ", "patient_notes": "I use a wheelchair."},
    )
    assert (response.status_code, response.location) == (303, address(visit))
    session.refresh(visit)
    assert (visit.questions, visit.patient_notes) == ("Will it hurt?", "I use a wheelchair.")
    shown = anas.get(address(visit)).text
    assert "Will it hurt?" in shown
    assert "I use a wheelchair." in shown
    assert "Saved." in shown


def test_a_note_that_is_too_long_comes_back_as_it_was_typed(
    anas: FlaskClient, session: Session, visit: Appointment
) -> None:
    response = anas.post(address(visit, "/notes"), data={"questions": "Why? " * 300, "patient_notes": "Kept"})
    assert response.status_code == 422
    assert "Use 1000 characters or fewer" in response.text
    assert "Kept" in response.text
    assert 'aria-invalid="true"' in response.text
    assert 'href="#questions"' in response.text
    session.refresh(visit)
    assert visit.questions == ""


def test_a_free_online_appointment_asks_for_no_money_and_names_no_place(
    anas: FlaskClient, session: Session, ana: Patient
) -> None:
    online = a_clinician(session, None, price_minor=0)
    call = an_appointment(session, clinician=online, patient=ana)
    session.flush()
    shown = anas.get(address(call)).text
    assert "Free of charge" in shown
    assert "Online" in shown
    assert "to pay" not in shown.lower()
    assert "Pay now" not in shown
    assert "come a few minutes early" not in anas.get(address(call, "/booked")).text


def test_a_centre_in_another_zone_is_told_in_its_own_time(
    anas: FlaskClient, session: Session, ana: Patient
) -> None:
    boston = a_centre(session, name="Harbour", city="Boston", time_zone="America/New_York", currency="USD")
    there = an_appointment(
        session,
        clinician=a_clinician(session, boston),
        patient=ana,
        starts_at=wall("2026-03-10 09:00", "America/New_York"),
    )
    session.flush()
    shown = anas.get(address(there)).text
    assert "Tuesday 10 March, 09:00" in shown
    assert "New York time (GMT-4)" in shown
    assert "For you: 13:00, London time (GMT)" in shown
    assert "free of charge until Monday 9 March, 09:00, New York time (GMT-4)" in shown
