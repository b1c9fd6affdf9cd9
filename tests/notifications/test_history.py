"""Which messages somebody may read of, and how they are counted."""

from datetime import timedelta

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.core.errors import Forbidden, NotFound
from portal.notifications import history
from portal.notifications.history import Figures, Filters, State
from portal.notifications.models import Delivery
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_delivery, an_appointment


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient)


@pytest.fixture
def lost(session: Session, visit: Appointment) -> Delivery:
    return a_delivery(session, visit)


def test_staff_read_of_messages_about_the_appointments_they_work_with(
    session: Session, cast: Cast, lost: Delivery
) -> None:
    for name in ("ada", "max", "mia", "cora", "fay", "bo"):
        assert history.get_visible(session, getattr(cast, name), lost.id) is lost
    for name in ("ana", "zoe", "zora"):
        with pytest.raises(NotFound):
            history.get_visible(session, getattr(cast, name), lost.id)
    with pytest.raises(Forbidden):
        history.get_visible(session, cast.zack, lost.id)


def test_a_message_about_no_appointment_is_for_those_who_run_the_practice(
    session: Session, cast: Cast
) -> None:
    code = a_delivery(session, kind="sign-in-code", code="123456", text="123456 is your code")
    assert history.get_visible(session, cast.ada, code.id) is code
    for name in ("mia", "fay", "bo", "ana"):
        with pytest.raises(NotFound):
            history.get_visible(session, getattr(cast, name), code.id)


def test_the_history_cannot_tell_what_a_message_said(session: Session, cast: Cast, lost: Delivery) -> None:
    session.expire_all()
    session.expunge_all()
    found = history.search(session, cast.ada, Filters()).items[0]
    assert {"text", "code", "subject"} <= inspect(found).unloaded
    with pytest.raises(InvalidRequestError):
        _ = found.code


def test_the_history_is_narrowed_by_what_is_asked(session: Session, cast: Cast, visit: Appointment) -> None:
    sent = a_delivery(session, visit, status="SENT", reason="", created_at=NOW - timedelta(days=2))
    under_way = a_delivery(session, visit, kind="appointment-rescheduled", status="SENDING", reason="")
    other = a_delivery(session, an_appointment(session), status="MISSED", reason="OVER")

    def ids(**filters: object) -> set[int]:
        return {one.id for one in history.search(session, cast.ada, Filters(**filters)).items}  # type: ignore[arg-type]

    assert {sent.id, under_way.id} <= ids(patient_id=cast.patient.id)
    assert other.id not in ids(patient_id=cast.patient.id)
    assert ids(appointment_id=other.appointment_id, state=State.MISSED) == {other.id}
    assert ids(notification_type="APPOINTMENT_REMINDER") == {sent.id, other.id}
    assert under_way.id in ids(state=State.PENDING)
    assert ids(created_before=NOW) == {sent.id}
    assert sent.id not in ids(created_from=NOW)


def test_figures_count_what_was_tried(session: Session, cast: Cast, visit: Appointment) -> None:
    for status, number in {"SENT": 2, "FAILED": 1, "MISSED": 1, "SENDING": 1}.items():
        for _ in range(number):
            a_delivery(session, visit, status=status)
    a_delivery(session, visit, kind="appointment-reminder-day", status="SENT")
    a_delivery(session, kind="payment-link", status="SENT")
    of_types = history.figures(session, cast.ada, Filters())
    assert of_types["APPOINTMENT_REMINDER"] == Figures(sent=3, failed=1, missed=1, pending=1)
    assert next(iter(of_types)) == "APPOINTMENT_REMINDER"
    whole = history.total(of_types)
    assert (whole.attempts, whole.failed, whole.success_rate) == (5, 1, 80.0)
    assert history.figures(session, cast.ana, Filters()) == {}


def test_nothing_tried_has_no_rate() -> None:
    assert Figures(missed=3).success_rate is None
    assert Figures(sent=1475, failed=25).success_rate == 98.3
