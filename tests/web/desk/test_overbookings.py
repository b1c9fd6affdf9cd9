"""A time that is not offered, booked anyway: which rules it breaks is said first, why is kept.

It is Monday 2 March 2026, 9:00 in Leeds.
"""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Status
from portal.audit.models import AuditEntry
from portal.centres.models import Centre
from portal.people.models import Clinician, Patient
from tests.factories import an_appointment, service_of, wall
from tests.web.desk.conftest import page_of, slot_at, take
from tests.web.helpers import errors_in

OVERBOOK = "/desk/bookings/overbookings"
WARNING = "The clinician’s time is taken, pauses included."


@pytest.fixture
def asked(session: Session, jane: Clinician, ana: Patient, riverside: Centre) -> dict[str, object]:
    """Ana wants to see Jane on Thursday at 10, when somebody else does."""
    an_appointment(session, clinician=jane, starts_at=wall("2026-03-05 10:00"))
    return {
        "patient_id": ana.id,
        "service": service_of(session, jane).id,
        "centre_id": riverside.id,
        "on": "2026-03-05",
        "time": "10:00",
    }


@pytest.fixture
def anyway(asked: dict[str, object]) -> dict[str, object]:
    """The same once Cora has read what is in the way."""
    return {**asked, "rules": ["TAKEN"], "reason": "Urgent pain"}


def visit_of(session: Session, patient: Patient) -> Appointment:
    return session.scalars(select(Appointment).where(Appointment.patient_id == patient.id)).one()


def test_the_rules_it_breaks_are_named_and_then_it_is_booked_with_a_reason(
    cora: FlaskClient, session: Session, ana: Patient, asked: dict[str, object], anyway: dict[str, object]
) -> None:
    shown = cora.get(f"/desk/bookings/new?overbook=1&patient_id={ana.id}&from_on=2026-03-05")
    assert "Take this time" in shown.text
    warned = cora.post(OVERBOOK, data=asked)
    assert warned.status_code == 409
    for said in (WARNING, "Book anyway", 'name="rules" value="TAKEN"', 'value="10:00'):
        assert said in warned.text
    answer = cora.post(OVERBOOK, data=anyway)
    assert "Overbooked" in cora.get(answer.headers["Location"]).text
    made = visit_of(session, ana)
    assert made.is_overbooked
    history = cora.get(f"/appointments/{made.id}").text
    assert "Urgent pain" in history
    assert WARNING in history
    audited = select(AuditEntry.detail).where(
        AuditEntry.subject_id == made.id, AuditEntry.action == "appointment.override-rule"
    )
    assert session.scalars(audited).all() == [{"rules": ["TAKEN"], "reason": "Urgent pain"}]


def test_fay_may_not(fay: FlaskClient, ana: Patient, anyway: dict[str, object]) -> None:
    assert "Take this time" not in fay.get(f"/desk/bookings/new?overbook=1&patient_id={ana.id}").text
    assert fay.post(OVERBOOK, data=anyway).status_code == 403


@pytest.mark.parametrize("missing", ["reason", "time", "on", "service"])
def test_what_is_missing_is_asked_for(cora: FlaskClient, anyway: dict[str, object], missing: str) -> None:
    answer = cora.post(OVERBOOK, data={**anyway, missing: ""})
    assert answer.status_code == 422
    assert f'href="#{missing}"' in errors_in(answer)
    assert WARNING in answer.text


def test_a_year_that_nobody_means_is_told_by_the_date(cora: FlaskClient, asked: dict[str, object]) -> None:
    answer = cora.post(OVERBOOK, data={**asked, "on": "9999-12-31"})
    assert answer.status_code == 422
    assert "Enter a date between 1900 and 2199" in errors_in(answer)


def test_a_rule_that_came_in_the_way_meanwhile_is_read_first(
    cora: FlaskClient, session: Session, ana: Patient, anyway: dict[str, object]
) -> None:
    an_appointment(session, patient=ana, starts_at=wall("2026-03-05 10:00"))
    answer = cora.post(OVERBOOK, data=anyway)
    assert answer.status_code == 409
    for said in ("The patient is somewhere else then.", WARNING, "Urgent pain"):
        assert said in answer.text
    answer = cora.post(OVERBOOK, data={**anyway, "rules": ["TAKEN", "ENGAGED"]})
    assert answer.status_code == 303


def test_the_past_is_for_nobody(cora: FlaskClient, asked: dict[str, object]) -> None:
    answer = cora.post(OVERBOOK, data={**asked, "on": "2026-02-26", "rules": ["TOO_SOON"], "reason": "Late"})
    assert answer.status_code == 400
    assert "That time has already passed" in answer.text
    assert "Book anyway" not in answer.text


def test_a_rule_that_nobody_knows_overrides_nothing(cora: FlaskClient, asked: dict[str, object]) -> None:
    assert cora.post(OVERBOOK, data={**asked, "rules": ["EVERYTHING"]}).status_code == 409


def test_a_time_that_breaks_nothing_is_held_and_read_back_as_usual(
    cora: FlaskClient, session: Session, ana: Patient, asked: dict[str, object]
) -> None:
    answer = cora.post(OVERBOOK, data={**asked, "time": "11:00"})
    shown = cora.get(answer.headers["Location"]).text
    assert "Book this time" in shown
    assert "Book anyway" not in shown


def test_for_nobody_nothing_is_booked(cora: FlaskClient, asked: dict[str, object]) -> None:
    assert cora.post(OVERBOOK, data={**asked, "patient_id": ""}).status_code == 404


def test_a_time_of_today_is_held_and_booked_with_a_reason(
    fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
) -> None:
    held = take(fay, session, ana, slot_at(session, jane, "2026-03-02 14:00"))
    shown = fay.get(page_of(held)).text
    assert "It is nearer than the notice that patients have to give." in shown
    assert "Book this time" not in shown
    address = f"/desk/bookings/holds/{held.uid}/confirmation"
    silent = fay.post(address, data={"patient_notes": "Comes by bus"})
    assert silent.status_code == 422
    assert "Say why it is booked all the same" in errors_in(silent)
    assert "Comes by bus" in silent.text
    assert fay.post(address, data={"reason": "Sent by the clinic", "fee": "60"}).status_code == 303
    session.refresh(held)
    assert held.status == Status.CONFIRMED
    assert "Sent by the clinic" in fay.get(f"/appointments/{held.id}").text


def test_a_time_that_is_gone_can_be_booked_anyway_by_those_who_may(
    cora: FlaskClient, fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
) -> None:
    slot = slot_at(session, jane, "2026-03-05 10:00")
    an_appointment(session, clinician=jane, starts_at=wall("2026-03-05 10:00"))
    asked = {"patient_id": ana.id, "slot": slot}
    assert "Book it anyway" not in fay.post("/desk/bookings/holds", data=asked).text
    refused = cora.post("/desk/bookings/holds", data=asked)
    assert refused.status_code == 409
    assert f"/desk/bookings/new?overbook=1&amp;slot={slot}&amp;patient_id={ana.id}" in refused.text
    filled = cora.get(f"/desk/bookings/new?overbook=1&slot={slot}&patient_id={ana.id}").text
    for value in ('value="2026-03-05"', 'value="10:00'):
        assert value in filled
