"""Cancelling one's own appointment: the words before it, and what becomes of it."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment, AppointmentChange, Occupancy, Status
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Role
from portal.people.models import Clinician, Patient
from portal.settings import LateCancellation
from tests.conftest import NOW, PracticeSets
from tests.factories import a_clinician, an_actor, an_appointment, slots_of
from tests.web.helpers import HTMX, counted, errors_in
from tests.web.patient.conftest import FRIDAY_AT_TEN

LATE = FRIDAY_AT_TEN - timedelta(hours=3)


def address(visit: Appointment, noun: str = "/cancellation") -> str:
    return f"/patient/appointments/{visit.id}{noun}"


def lines_of_history(session: Session, visit: Appointment, kind: str) -> int:
    lines = select(func.count()).where(
        AppointmentChange.appointment_id == visit.id, AppointmentChange.kind == kind
    )
    return session.scalar(lines) or 0


def test_cancelling_in_time_costs_nothing_and_frees_the_time(
    anas: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    assert FRIDAY_AT_TEN not in [slot.starts_at for slot in slots_of(session, jane)]
    with counted() as queries:
        before = anas.get(address(visit))
    assert "Cancelling now costs you nothing" in before.text
    assert "You do not have to say" in before.text
    assert len(queries) <= 8
    response = anas.post(address(visit), data={"reason": "I am better"})
    assert (response.status_code, response.location) == (303, address(visit, ""))
    session.refresh(visit)
    assert (visit.status, visit.cancelled_by, visit.cancel_reason) == ("CANCELLED", "PATIENT", "I am better")
    assert FRIDAY_AT_TEN in [slot.starts_at for slot in slots_of(session, jane)]
    shown = anas.get(address(visit, "")).text
    assert "It costs you nothing" in shown
    assert "You cancelled it. Reason: I am better" in shown


def test_no_reason_has_to_be_given(anas: FlaskClient, session: Session, visit: Appointment) -> None:
    assert anas.post(address(visit)).status_code == 303
    session.refresh(visit)
    assert visit.status == Status.CANCELLED


def test_a_reason_that_is_too_long_comes_back_with_the_form(
    anas: FlaskClient, session: Session, visit: Appointment
) -> None:
    response = anas.post(address(visit), data={"reason": "because " * 100})
    assert response.status_code == 422
    assert "Use 500 characters or fewer" in errors_in(response)
    assert "because because" in response.text
    session.refresh(visit)
    assert visit.status == Status.CONFIRMED


def test_pressing_the_button_twice_cancels_once(
    anas: FlaskClient, session: Session, visit: Appointment
) -> None:
    for _ in range(2):
        response = anas.post(address(visit), data={"reason": "Twice"})
        assert (response.status_code, response.location) == (303, address(visit, ""))
    assert anas.get(address(visit)).location == address(visit, "")
    assert lines_of_history(session, visit, "cancelled") == 1


def test_cancelling_what_somebody_cancels_at_the_same_moment_is_no_mistake(
    anas: FlaskClient, session: Session, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page has read the appointment as open; by the time of the lock it is not."""

    by = an_actor(session, Role.ADMIN)
    session.flush()

    def look_away(*_args: object, **_facts: object) -> None:
        seen = db.session.get_one(Appointment, visit.id)
        commands.cancel(db.session, seen, by=by, at=NOW, late=LateCancellation.NO_REFUND)
        db.session.commit()

    monkeypatch.setattr("portal.web.own_cancelling.check_cancellable", look_away)
    response = anas.post(address(visit))
    assert (response.status_code, response.location) == (303, address(visit, ""))
    assert lines_of_history(session, visit, "cancelled") == 1


def test_htmx_is_led_to_the_appointment_as_well(anas: FlaskClient, visit: Appointment) -> None:
    response = anas.post(address(visit), headers=HTMX)
    assert (response.status_code, response.headers["HX-Redirect"]) == (204, address(visit, ""))


def test_a_late_cancellation_says_before_that_nothing_is_returned(
    anas: FlaskClient, session: Session, visit: Appointment
) -> None:
    with clock.travel_to(LATE):
        before = anas.get(address(visit)).text
        assert "what you have paid the centre is not returned" in before
        assert "The deadline was Thursday 5 March, 10:00" in before
        response = anas.post(address(visit))
        assert response.status_code == 303
        assert "What you have paid the centre is not returned" in anas.get(address(visit, "")).text
    session.refresh(visit)
    assert visit.status == Status.CANCELLED


def test_a_late_cancellation_can_be_a_request_that_staff_decide(
    anas: FlaskClient, session: Session, visit: Appointment, practice_sets: PracticeSets
) -> None:
    practice_sets(late_cancellation=LateCancellation.REQUEST)
    with clock.travel_to(LATE):
        before = anas.get(address(visit)).text
        assert "Ask to cancel" in before
        assert "the centre decides" in before
        for _ in range(2):
            assert anas.post(address(visit), data={"reason": "Ill"}).status_code == 303
        shown = anas.get(address(visit, "")).text
    assert "until then the appointment stands" in shown
    assert "Cancel appointment" not in shown
    assert "Cancellation requested" in anas.get("/patient/appointments").text
    session.refresh(visit)
    assert (visit.status, visit.cancellation_requested_at) == (Status.CONFIRMED, LATE)
    assert lines_of_history(session, visit, "cancellation-requested") == 1
    assert session.scalar(select(func.count()).where(Occupancy.appointment_id == visit.id)) == 2


def test_a_late_cancellation_can_be_refused_with_whom_to_call(
    anas: FlaskClient, session: Session, visit: Appointment, practice_sets: PracticeSets
) -> None:
    practice_sets(late_cancellation=LateCancellation.REFUSE)
    with clock.travel_to(LATE):
        for response in (anas.get(address(visit)), anas.post(address(visit))):
            assert response.status_code == 409
            assert "too late to cancel online. Please call the centre." in response.text
    session.refresh(visit)
    assert visit.status == Status.CONFIRMED


@pytest.mark.parametrize("late", list(LateCancellation))
def test_in_time_the_setting_for_late_ones_makes_no_difference(
    anas: FlaskClient,
    session: Session,
    visit: Appointment,
    practice_sets: PracticeSets,
    late: LateCancellation,
) -> None:
    practice_sets(late_cancellation=late)
    with clock.travel_to(FRIDAY_AT_TEN - timedelta(hours=24)):
        assert "costs you nothing" in anas.get(address(visit)).text
        assert anas.post(address(visit)).status_code == 303
    session.refresh(visit)
    assert visit.status == Status.CANCELLED


def test_a_request_not_yet_answered_is_withdrawn_free_of_charge_however_late(
    anas: FlaskClient, session: Session, ana: Patient
) -> None:
    careful = a_clinician(session, requires_acceptance=True)
    asked = an_appointment(session, clinician=careful, patient=ana, starts_at=FRIDAY_AT_TEN)
    session.flush()
    with clock.travel_to(LATE):
        assert "costs you nothing" in anas.get(address(asked)).text
        assert anas.post(address(asked)).status_code == 303
    session.refresh(asked)
    assert asked.status == Status.CANCELLED


def test_what_has_begun_cannot_be_cancelled(anas: FlaskClient, session: Session, visit: Appointment) -> None:
    with clock.travel_to(FRIDAY_AT_TEN):
        for response in (anas.get(address(visit)), anas.post(address(visit))):
            assert response.status_code == 409
            assert "has already begun" in response.text
    session.refresh(visit)
    assert visit.status == Status.CONFIRMED


def test_nor_what_the_clinician_has_started_early(
    anas: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    early = FRIDAY_AT_TEN - timedelta(minutes=10)
    commands.start(session, visit, by=an_actor(session, Role.CLINICIAN, clinician=jane), at=early)
    session.flush()
    with clock.travel_to(early):
        assert "Plans changed?" not in anas.get(address(visit, "")).text
        assert anas.post(address(visit)).status_code == 409


def test_what_is_over_cannot_be_cancelled(anas: FlaskClient, session: Session, ana: Patient) -> None:
    seen = an_appointment(session, patient=ana, starts_at=NOW - timedelta(days=7), status=Status.COMPLETED)
    session.flush()
    assert anas.post(address(seen)).status_code == 409
    session.refresh(seen)
    assert seen.status == Status.COMPLETED
