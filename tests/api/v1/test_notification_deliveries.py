"""Deliveries by the API: NTF-05 to NTF-08."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.notifications.models import Delivery
from tests.api.client import data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_delivery, an_appointment

CONFIRMATION, REMINDER = {"type": "APPOINTMENT_CONFIRMATION"}, {"type": "appointment_reminder"}


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    booked = an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    session.execute(update(Delivery).values(status="SKIPPED", created_at=NOW - timedelta(days=30)))
    return booked


def test_the_history_has_the_documented_fields_and_no_words(
    session: Session, cast: Cast, program: ProgramOf, visit: Appointment
) -> None:
    lost = a_delivery(
        session,
        visit,
        recipient="+447700900123",
        text="Secret",
        error="No such number",
        attempts=2,
        code="424242",
    )
    answer = program(cast.max).get("/notification-deliveries", status="failed", patientId=visit.patient_id)
    assert data_of(answer) == [
        {
            "id": lost.id,
            "patientId": visit.patient_id,
            "appointmentId": visit.id,
            "notificationType": "APPOINTMENT_REMINDER",
            "channel": "WHATSAPP",
            "recipient": "+44 ••• 123",
            "status": "FAILED",
            "error": "No such number",
            "reason": "REFUSED",
            "attempts": 2,
            "sentAt": None,
            "createdAt": "2026-03-02T09:00:00Z",
        }
    ]
    assert data_of(program(cast.mia).get(f"/notification-deliveries/{lost.id}"))["id"] == lost.id
    assert "Secret" not in answer.text
    assert "424242" not in answer.text


def test_days_are_those_of_the_practices_calendar(session: Session, cast: Cast, program: ProgramOf) -> None:
    summer_midnight = NOW.replace(month=6, day=9, hour=23, minute=30)  # the tenth, in London
    late = a_delivery(session, created_at=summer_midnight, recipient="ana@example.org", channel="EMAIL")
    ada = program(cast.ada)
    found = ada.get("/notification-deliveries", startDate="2026-06-10", endDate="2026-06-10")
    assert [(one["id"], one["recipient"]) for one in data_of(found)] == [(late.id, "a•••@example.org")]
    assert data_of(ada.get("/notification-deliveries", endDate="2026-06-09", startDate="2026-06-01")) == []


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"notificationType": "PIGEON"}, "notificationType"),
        ({"status": "LOST"}, "status"),
        ({"startDate": "soon"}, "startDate"),
        ({"startDate": "9999-12-31"}, "startDate"),
        ({"startDate": "2026-06-10", "endDate": "2026-06-09"}, "endDate"),
        ({"patientId": "0"}, "patientId"),
    ],
)
def test_rubbish_is_refused_by_its_field(
    cast: Cast, program: ProgramOf, asked: dict[str, str], field: str
) -> None:
    answer = program(cast.ada).get("/notification-deliveries", **asked)
    assert refusal_of(answer) == (400, "VALIDATION_ERROR")
    assert field in details_of(answer)
    assert "datetime" not in details_of(answer)[field]


def test_statistics_count_attempts(
    session: Session, cast: Cast, program: ProgramOf, visit: Appointment
) -> None:
    for status, number in {"SENT": 5, "FAILED": 1, "MISSED": 2, "SKIPPED": 1}.items():
        for _ in range(number):
            a_delivery(session, visit, status=status)
    a_delivery(session, visit, kind="appointment-confirmed", status="SENT")
    figures = data_of(program(cast.max).get("/notification-deliveries/stats", startDate="2026-03-02"))
    assert figures == {
        "totalSent": 7,
        "totalFailed": 1,
        "successRate": 85.7,
        "byType": {"APPOINTMENT_REMINDER": 6, "APPOINTMENT_CONFIRMATION": 1},
    }
    nothing = data_of(program(cast.max).get("/notification-deliveries/stats", endDate="2020-01-01"))
    assert nothing == {"totalSent": 0, "totalFailed": 0, "successRate": None, "byType": {}}


def test_a_message_is_sent_now_by_those_who_may(cast: Cast, program: ProgramOf, visit: Appointment) -> None:
    path = f"/appointments/{visit.id}/notifications"
    (made,) = data_of(program(cast.fay).post(path, CONFIRMATION))
    assert (made["notificationType"], made["status"]) == ("APPOINTMENT_CONFIRMATION", "PENDING")
    assert made["recipient"].startswith("+44 •••")
    assert data_of(program(cast.max).post(path, REMINDER))[0]["notificationType"] == "APPOINTMENT_REMINDER"
    assert refusal_of(program(cast.mia).post(path, REMINDER)) == (403, "FORBIDDEN")
    assert refusal_of(program(cast.max).post(path, {"type": "PAYMENT_LINK"})) == (400, "VALIDATION_ERROR")


def test_nobody_is_reminded_of_what_was_cancelled(cast: Cast, program: ProgramOf, visit: Appointment) -> None:
    data_of(program(cast.fay).post(f"/appointments/{visit.id}/cancel", {"reason": "Ill"}))
    answer = program(cast.max).post(f"/appointments/{visit.id}/notifications", REMINDER)
    assert refusal_of(answer) == (409, "INVALID_STATE_TRANSITION")


def test_patients_choose_how_they_are_told(session: Session, cast: Cast, program: ProgramOf) -> None:
    ana = program(cast.ana)
    wish = {"channels": ["sms"], "wantsReminders": False, "language": "de", "timeZone": "Asia/Kolkata"}
    answer = data_of(ana.patch("/patients/me", wish))
    assert {name: answer[name] for name in wish} == {**wish, "channels": ["SMS"]}
    assert data_of(program(cast.fay).patch(f"/patients/{cast.patient.id}", {"wantsReminders": True}))[
        "channels"
    ] == ["SMS"]
    none_left = ana.patch("/patients/me", {"channels": []})
    assert refusal_of(none_left) == (400, "VALIDATION_ERROR")
    assert set(details_of(none_left)) == {"channels"}
    assert data_of(ana.patch("/patients/me", {"channels": None}))["channels"] is None
