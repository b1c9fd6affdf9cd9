"""Moving and cancelling appointments for their patients."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment, Status
from portal.appointments.slots import SlotKey
from portal.core.permissions import Role
from portal.notifications.models import Delivery
from portal.people.models import Clinician
from portal.settings import LateCancellation
from tests.conftest import NOW, PracticeSets
from tests.factories import a_centre, an_actor, slots_of, wall
from tests.web.helpers import counted, errors_in
from tests.web.staff.conftest import FRIDAY_AT_TEN, on_duty

THURSDAY_AT_TWO = wall("2026-03-05 14:00")
LATE = FRIDAY_AT_TEN - timedelta(hours=3)


def address(visit: Appointment, noun: str = "") -> str:
    return f"/appointments/{visit.id}{noun}"


def slot(visit: Appointment, starts_at: datetime = THURSDAY_AT_TWO, *, centre_id: int | None = None) -> str:
    key = SlotKey.of(visit)
    key = replace(key, starts_at=starts_at, centre_id=centre_id or key.centre_id)
    return key.with_length_of(visit.service).id


def test_staff_move_an_appointment(cora: FlaskClient, session: Session, visit: Appointment) -> None:
    with counted() as queries:
        page = cora.get(
            address(visit, "/rescheduling"), query_string={"day": "2026-03-05", "slot": slot(visit)}
        )
    assert len(queries) <= 8
    assert "Move to Thursday 5 March, 14:00?" in page.text
    assert "Ana Silva" in page.text
    response = cora.post(
        address(visit, "/rescheduling"), data={"slot": slot(visit), "reason": "Jane is away"}
    )
    assert (response.status_code, response.location) == (303, address(visit))
    session.refresh(visit)
    assert visit.starts_at == THURSDAY_AT_TWO
    assert "Jane is away" in cora.get(address(visit)).text


def test_staff_are_bound_neither_by_notice_nor_by_the_deadline(
    janes: FlaskClient, session: Session, visit: Appointment
) -> None:
    with on_duty(LATE):
        soon = slot(visit, FRIDAY_AT_TEN + timedelta(hours=2))
        assert janes.post(address(visit, "/rescheduling"), data={"slot": soon}).status_code == 303
    session.refresh(visit)
    assert visit.starts_at == FRIDAY_AT_TEN + timedelta(hours=2)


def test_the_front_desk_moves_nothing_unless_the_practice_allows_it(
    fay: FlaskClient, session: Session, visit: Appointment, practice_sets: PracticeSets
) -> None:
    assert "/rescheduling" not in fay.get(address(visit)).text
    assert fay.get(address(visit, "/rescheduling")).status_code == 403
    assert fay.post(address(visit, "/rescheduling"), data={"slot": slot(visit)}).status_code == 403
    practice_sets(front_desk_can_reschedule=True)
    assert "/rescheduling" in fay.get(address(visit)).text
    assert fay.post(address(visit, "/rescheduling"), data={"slot": slot(visit)}).status_code == 303
    session.refresh(visit)
    assert visit.starts_at == THURSDAY_AT_TWO


def test_nobody_moves_it_to_a_centre_that_is_not_theirs(
    cora: FlaskClient, session: Session, visit: Appointment
) -> None:
    elsewhere = a_centre(session, name="Hilltop")
    session.flush()
    response = cora.post(address(visit, "/rescheduling"), data={"slot": slot(visit, centre_id=elsewhere.id)})
    assert response.status_code == 403


def test_a_time_that_is_taken_keeps_the_old_one_and_offers_others(
    janes: FlaskClient, session: Session, visit: Appointment
) -> None:
    leave = slot(visit, wall("2026-03-08 10:00"))
    response = janes.post(address(visit, "/rescheduling"), data={"slot": leave})
    assert response.status_code == 409
    assert "does not work at that time" in response.text
    assert "The appointment is still where it was" in response.text
    assert 'class="chip"' in response.text
    session.refresh(visit)
    assert visit.starts_at == FRIDAY_AT_TEN


def test_what_has_begun_cannot_be_moved(janes: FlaskClient, visit: Appointment) -> None:
    with on_duty(FRIDAY_AT_TEN):
        assert janes.get(address(visit, "/rescheduling")).status_code == 409


@pytest.mark.parametrize("by", [("fay", "CENTRE"), ("cora", "CENTRE"), ("janes", "CLINICIAN")])
def test_the_practice_cancels_with_a_reason_that_the_patient_is_told(
    request: pytest.FixtureRequest,
    session: Session,
    jane: Clinician,
    visit: Appointment,
    by: tuple[str, str],
) -> None:
    who, party = by
    client: FlaskClient = request.getfixturevalue(who)
    assert "costs them nothing" in client.get(address(visit, "/cancellation")).text
    response = client.post(address(visit, "/cancellation"), data={"reason": "Burst pipe"})
    assert (response.status_code, response.location) == (303, address(visit))
    session.refresh(visit)
    assert (visit.status, visit.cancelled_by, visit.cancel_reason) == (Status.CANCELLED, party, "Burst pipe")
    assert FRIDAY_AT_TEN in [free.starts_at for free in slots_of(session, jane)]
    assert session.scalar(select(Delivery).where(Delivery.kind.contains("cancel"))) is not None
    shown = client.get(address(visit)).text
    assert "The patient is told" in shown
    assert "Reason: Burst pipe" in shown
    assert "Cancel appointment" not in shown


def test_a_reason_is_needed(fay: FlaskClient, session: Session, visit: Appointment) -> None:
    response = fay.post(address(visit, "/cancellation"), data={"reason": ""})
    assert response.status_code == 422
    assert "Say why" in errors_in(response)
    assert 'id="reason-error"' in response.text
    session.refresh(visit)
    assert visit.status == Status.CONFIRMED


def test_cancelling_twice_does_no_harm(fay: FlaskClient, visit: Appointment) -> None:
    for _ in range(2):
        response = fay.post(address(visit, "/cancellation"), data={"reason": "Burst pipe"})
        assert (response.status_code, response.location) == (303, address(visit))


@pytest.mark.parametrize("late", list(LateCancellation))
def test_the_practice_may_cancel_late_whatever_holds_for_patients(
    fay: FlaskClient,
    session: Session,
    visit: Appointment,
    practice_sets: PracticeSets,
    late: LateCancellation,
) -> None:
    practice_sets(late_cancellation=late)
    with on_duty(LATE):
        assert fay.post(address(visit, "/cancellation"), data={"reason": "Ill"}).status_code == 303
    session.refresh(visit)
    assert visit.status == Status.CANCELLED


def test_what_has_begun_cannot_be_cancelled(fay: FlaskClient, session: Session, visit: Appointment) -> None:
    with on_duty(FRIDAY_AT_TEN):
        assert fay.get(address(visit, "/cancellation")).status_code == 409
        response = fay.post(address(visit, "/cancellation"), data={"reason": "Too late"})
    assert response.status_code == 409
    assert "has already begun" in response.text
    session.refresh(visit)
    assert visit.status == Status.CONFIRMED


@pytest.fixture
def asked(session: Session, visit: Appointment) -> Appointment:
    """Ana asks on the morning itself to cancel, where the practice decides about that."""
    by = an_actor(session, Role.PATIENT, patient=visit.patient)
    commands.cancel(session, visit, by=by, at=LATE, late=LateCancellation.REQUEST, reason="Ill")
    session.flush()
    return visit


def test_a_request_to_cancel_is_shown_with_two_answers(fay: FlaskClient, asked: Appointment) -> None:
    with on_duty(LATE):
        shown = fay.get(address(asked)).text
    assert "asks to cancel after the deadline" in shown
    assert "Ill" in shown
    assert address(asked, "/cancellation-request/refusal") in shown
    assert shown.count(f'"{address(asked, "/cancellation")}"') == 1


def test_the_request_is_granted_by_cancelling(fay: FlaskClient, session: Session, asked: Appointment) -> None:
    with on_duty(LATE):
        assert fay.post(address(asked, "/cancellation"), data={"reason": "As asked"}).status_code == 303
    session.refresh(asked)
    assert asked.status == Status.CANCELLED


def test_the_request_is_turned_down_and_the_appointment_stands(
    fay: FlaskClient, session: Session, asked: Appointment
) -> None:
    with on_duty(LATE):
        response = fay.post(address(asked, "/cancellation-request/refusal"))
        assert (response.status_code, response.location) == (303, address(asked))
        shown = fay.get(address(asked)).text
        assert "The appointment stands" in shown
        assert "Request to cancel turned down" in shown
        assert "asks to cancel" not in shown
        assert fay.post(address(asked, "/cancellation-request/refusal")).status_code == 409
    session.refresh(asked)
    assert (asked.status, asked.cancellation_requested_at) == (Status.CONFIRMED, None)


def test_nothing_is_turned_down_that_nobody_asked_for(fay: FlaskClient, visit: Appointment) -> None:
    assert fay.post(address(visit, "/cancellation-request/refusal")).status_code == 409


def test_an_appointment_that_is_over_offers_no_change(
    fay: FlaskClient, session: Session, visit: Appointment
) -> None:
    commands.cancel(session, visit, by=an_actor(session, Role.ADMIN), at=NOW, late=LateCancellation.NO_REFUND)
    session.flush()
    shown = fay.get(address(visit)).text
    assert "Cancelled by the centre." in shown
    assert "/cancellation" not in shown
    assert "/arrival" not in shown
