"""Both doors, the pages' and the API's, lead to the same room: the same refusals, words, rows and messages."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.accounts.models import Account
from portal.appointments.commands.overriding import OF_THE_TIME
from portal.appointments.models import Appointment, AppointmentChange, Occupancy
from portal.appointments.slots import Slot
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.permissions import Actor
from portal.notifications.models import Delivery
from portal.settings import LateCancellation
from portal.web.errors import alternative_href
from tests.api.client import data_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.api.v1.booked import TEN, address, booked, slot_at
from tests.cast import Cast
from tests.conftest import PracticeSets
from tests.factories import a_clinician, a_patient, an_appointment, service_of, wall
from tests.web.helpers import signed_in

LATE = TEN - timedelta(hours=3)


@dataclass
class Doors:
    """The two ways in, for anybody of the cast."""

    app: Flask
    session: Session
    cast: Cast
    program: ProgramOf

    def browser(self, who: Actor) -> FlaskClient:
        return signed_in(self.app, self.session.get_one(Account, who.account_id))

    def slot(self, time: str) -> str:
        """Of Bo."""
        return slot_at(self.session, self.cast.clinician, time)


@pytest.fixture
def doors(app: Flask, session: Session, cast: Cast, program: ProgramOf) -> Doors:
    return Doors(app, session, cast, program)


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    """Ana sees Bo on Thursday at 10."""
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=TEN)


def check_alike(app: Flask, page: TestResponse, answer: TestResponse) -> None:
    """The same refusal in the same words, with the same other times."""
    error = answer.get_json()["error"]
    assert page.status_code == answer.status_code
    assert error["message"] in page.text
    with app.test_request_context():
        for other in error.get("alternatives", ()):
            assert alternative_href(_slot(other)).replace("&", "&amp;") in page.text


def _slot(other: dict[str, Any]) -> Slot:
    starts_at, ends_at = (datetime.fromisoformat(other[name]) for name in ("startAt", "endAt"))
    return Slot(other["clinicianId"], other["centreId"], other["serviceId"], starts_at, ends_at)


@pytest.mark.parametrize(
    ("time", "code"),
    [
        ("2026-03-05 10:00", (409, "SLOT_UNAVAILABLE")),
        ("2026-03-05 12:00", (409, "SLOT_UNAVAILABLE")),
        ("2026-03-05 10:20", (409, "SLOT_UNAVAILABLE")),
        ("2026-03-07 10:00", (409, "SLOT_UNAVAILABLE")),
        ("2026-03-02 15:00", (400, "VALIDATION_ERROR")),
        ("2026-09-01 10:00", (400, "VALIDATION_ERROR")),
        ("2026-03-02 08:00", (400, "VALIDATION_ERROR")),
    ],
    ids=["taken", "engaged", "between times", "weekend", "too soon", "too far", "past"],
)
def test_a_time_that_cannot_be_had(
    doors: Doors,
    session: Session,
    cast: Cast,
    time: str,
    code: tuple[int, str],
) -> None:
    an_appointment(session, clinician=cast.clinician, patient=cast.stranger, starts_at=TEN)
    elsewhere = a_clinician(session)
    an_appointment(session, clinician=elsewhere, patient=cast.patient, starts_at=wall("2026-03-05 12:00"))
    slot = slot_at(session, cast.clinician, time)
    page = doors.browser(cast.ana).post("/holds", data={"slot": slot})
    answer = doors.program(cast.ana).post("/appointments", {"slotId": slot})
    assert refusal_of(answer) == code
    assert len(answer.get_json()["error"]["alternatives"]) == 3
    check_alike(doors.app, page, answer)


def test_too_late_to_cancel(
    doors: Doors,
    cast: Cast,
    visit: Appointment,
    practice_sets: PracticeSets,
) -> None:
    practice_sets(late_cancellation=LateCancellation.REFUSE)
    with clock.travel_to(LATE):
        page = doors.browser(cast.ana).post(f"/patient/appointments/{visit.id}/cancellation")
        answer = doors.program(cast.ana).post(address(visit, "/cancel"))
    assert refusal_of(answer) == (409, "CANCELLATION_NOT_ALLOWED")
    check_alike(doors.app, page, answer)


def test_too_late_to_move(doors: Doors, session: Session, cast: Cast, visit: Appointment) -> None:
    slot = slot_at(session, cast.clinician, "2026-03-09 10:00")
    with clock.travel_to(LATE):
        page = doors.browser(cast.ana).post(
            f"/patient/appointments/{visit.id}/rescheduling", data={"slot": slot}
        )
        answer = doors.program(cast.ana).post(address(visit, "/reschedule"), {"newSlotId": slot})
    assert refusal_of(answer) == (409, "CANCELLATION_NOT_ALLOWED")
    check_alike(doors.app, page, answer)


@pytest.mark.parametrize("who", ["ana", "bo"])
def test_what_has_begun_stays(doors: Doors, cast: Cast, visit: Appointment, who: str) -> None:
    actor, shell = getattr(cast, who), "/patient" if who == "ana" else ""
    with clock.travel_to(TEN):
        page = doors.browser(actor).post(
            f"{shell}/appointments/{visit.id}/cancellation", data={"reason": "No"}
        )
        answer = doors.program(actor).post(address(visit, "/cancel"), {"reason": "No"})
    assert refusal_of(answer) == (409, "CANCELLATION_NOT_ALLOWED")
    check_alike(doors.app, page, answer)


def test_what_is_too_early_to_conclude(doors: Doors, cast: Cast, visit: Appointment) -> None:
    page = doors.browser(cast.bo).post(f"/appointments/{visit.id}/completion")
    answer = doors.program(cast.bo).patch(address(visit, "/status"), {"status": "COMPLETED"})
    assert refusal_of(answer) == (409, "INVALID_STATE_TRANSITION")
    check_alike(doors.app, page, answer)


def test_nobody_is_overbooked_in_two_places(
    doors: Doors, session: Session, cast: Cast, visit: Appointment
) -> None:
    other = a_clinician(session, cast.leeds)
    an_appointment(session, clinician=other, starts_at=TEN)
    page = doors.browser(cast.cora).post(
        "/desk/bookings/overbookings", data=overbooking(session, cast, other)
    )
    body = {"slotId": slot_at(session, other, "2026-03-05 10:00"), "patientId": cast.patient.id}
    answer = doors.program(cast.cora).post("/appointments", {**body, "overbook": True, "reason": "Urgent"})
    assert refusal_of(answer) == (409, "SLOT_UNAVAILABLE")
    assert answer.get_json()["error"]["brokenRules"] == ["ENGAGED"]
    assert page.status_code == 409
    assert 'name="rules" value="ENGAGED"' in page.text


def overbooking(session: Session, cast: Cast, clinician: Any) -> dict[str, object]:
    """The form of the page for Ana on Thursday at 10."""
    return {
        "patient_id": cast.patient.id,
        "service": service_of(session, clinician).id,
        "centre_id": cast.leeds.id,
        "on": "2026-03-05",
        "time": "10:00",
        "rules": sorted(OF_THE_TIME),
        "reason": "Urgent",
    }


def traces(session: Session, visit: Appointment) -> dict[str, Any]:
    """All that an act left, but for whom and when it was for, and through which door."""
    session.expire_all()
    row = booked(session, visit.id)
    columns = ("status", "waiting_for", "cancelled_by", "cancel_reason", "is_overbooked", "fee_minor")
    texts = ("description", "questions", "patient_notes", "clinician_notes", "title")
    lines = select(AppointmentChange.kind, AppointmentChange.reason, AppointmentChange.by_account_id)
    of_it = AppointmentChange.appointment_id == row.id
    time = select(func.count()).where(Occupancy.appointment_id == row.id)
    audited = select(AuditEntry.action, AuditEntry.detail["rules"][0].astext).where(
        AuditEntry.subject_type == "appointment", AuditEntry.subject_id == row.id
    )
    return {
        **{name: getattr(row, name) for name in (*columns, *texts)},
        "by": row.booked_by_id,
        "history": [
            tuple(line)
            for line in session.execute(lines.where(of_it).order_by(AppointmentChange.id))
            if line.kind != "held"
        ],
        "messages": session.scalars(
            select(Delivery.kind).where(Delivery.appointment_id == row.id).order_by(Delivery.id)
        ).all(),
        "time given away": session.scalar(time),
        "audit": [tuple(entry) for entry in session.execute(audited.order_by(AuditEntry.id))],
    }


def newest(session: Session) -> Appointment:
    return session.scalars(select(Appointment).order_by(Appointment.id.desc()).limit(1)).one()


@pytest.mark.parametrize("requires_acceptance", [False, True])
def test_booking_leaves_the_same(
    doors: Doors, session: Session, cast: Cast, requires_acceptance: bool
) -> None:
    cast.clinician.requires_acceptance = requires_acceptance
    session.flush()
    anas = doors.browser(cast.ana)
    held = anas.post("/holds", data={"slot": slot_at(session, cast.clinician, "2026-03-05 10:00")})
    said = {"description": "Sore knee", "questions": "May I run?"}
    assert anas.post(f"{held.location}/confirmation", data=said).status_code == 303
    by_page = newest(session)
    body = {"slotId": slot_at(session, cast.clinician, "2026-03-06 10:00"), **said}
    by_api = booked(session, data_of(doors.program(cast.ana).post("/appointments", body))["id"])
    assert by_api.id != by_page.id
    assert traces(session, by_api) == traces(session, by_page)


def test_overbooking_leaves_the_same(doors: Doors, session: Session, cast: Cast) -> None:
    other = a_clinician(session, cast.leeds)
    for clinician in (cast.clinician, other):
        an_appointment(session, clinician=clinician, starts_at=TEN)
    form = overbooking(session, cast, other)
    assert doors.browser(cast.cora).post("/desk/bookings/overbookings", data=form).status_code == 303
    by_page = newest(session)
    body = {"slotId": slot_at(session, cast.clinician, "2026-03-05 10:00"), "reason": "Urgent"}
    patient = a_patient(session)
    answer = doors.program(cast.cora).post(
        "/appointments", {**body, "patientId": patient.id, "overbook": True}
    )
    by_api = booked(session, data_of(answer)["id"])
    assert by_api.id != by_page.id
    assert traces(session, by_api) == traces(session, by_page)
    assert traces(session, by_api)["audit"] == [("appointment.override-rule", "TAKEN")]


@pytest.mark.parametrize("rule", [None, LateCancellation.NO_REFUND, LateCancellation.REQUEST])
def test_cancelling_leaves_the_same(
    doors: Doors,
    session: Session,
    cast: Cast,
    practice_sets: PracticeSets,
    rule: LateCancellation | None,
) -> None:
    """In time, and late by each rule."""
    practice_sets(late_cancellation=rule or LateCancellation.REFUSE)
    by_page, by_api = two_visits(session, cast)
    with clock.travel_to(LATE if rule else clock.now()):
        reason = {"reason": "I am better"}
        doors.browser(cast.ana).post(f"/patient/appointments/{by_page.id}/cancellation", data=reason)
        assert doors.program(cast.ana).post(address(by_api, "/cancel"), reason).status_code == 200
    assert traces(session, by_api) == traces(session, by_page)


@pytest.mark.parametrize("who", ["ana", "bo", "cora"])
def test_moving_leaves_the_same(doors: Doors, session: Session, cast: Cast, who: str) -> None:
    by_page, by_api = two_visits(session, cast)
    actor, shell = getattr(cast, who), "/patient" if who == "ana" else ""
    slots = [slot_at(session, cast.clinician, f"2026-03-06 1{hour}:00") for hour in (3, 4)]
    form = {"slot": slots[0], "reason": "Work"}
    moved = doors.browser(actor).post(f"{shell}/appointments/{by_page.id}/rescheduling", data=form)
    assert moved.status_code == 303
    answer = doors.program(actor).post(
        address(by_api, "/reschedule"), {"newSlotId": slots[1], "reason": "Work"}
    )
    assert answer.status_code == 200
    assert traces(session, by_api) == traces(session, by_page)


@pytest.mark.parametrize(
    ("noun", "body"),
    [
        ("acceptance", {"status": "CONFIRMED"}),
        ("refusal", {"status": "CANCELLED", "reason": "Not my field"}),
    ],
)
def test_answering_a_request_leaves_the_same(
    doors: Doors,
    session: Session,
    cast: Cast,
    noun: str,
    body: dict[str, str],
) -> None:
    cast.clinician.requires_acceptance = True
    by_page, by_api = two_visits(session, cast)
    page = doors.browser(cast.bo).post(f"/appointments/{by_page.id}/{noun}", data=body)
    assert page.status_code == 303
    assert doors.program(cast.bo).patch(address(by_api, "/status"), body).status_code == 200
    assert traces(session, by_api) == traces(session, by_page)


@pytest.mark.parametrize(("noun", "status"), [("completion", "COMPLETED"), ("no-show", "NO_SHOW")])
def test_concluding_leaves_the_same(
    doors: Doors, session: Session, cast: Cast, noun: str, status: str
) -> None:
    by_page, by_api = two_visits(session, cast)
    with clock.travel_to(TEN + timedelta(hours=3)):
        page = doors.browser(cast.bo).post(f"/appointments/{by_page.id}/{noun}")
        assert page.status_code == 303
        answer = doors.program(cast.bo).patch(address(by_api, "/status"), {"status": status})
        assert answer.status_code == 200
    assert traces(session, by_api) == traces(session, by_page)


def two_visits(session: Session, cast: Cast) -> tuple[Appointment, Appointment]:
    """Ana sees Bo twice on Thursday."""
    first, second = (
        an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=start)
        for start in (TEN, TEN + timedelta(hours=1))
    )
    return first, second
