"""What tests of appointments share. Times are wall times of Leeds; Bo works Monday to Friday from 9 to 17."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.appointments.slots import SlotKey
from portal.core.permissions import Actor, Role
from portal.people.models import Clinician, Patient
from tests.factories import a_patient, account_of, an_actor, service_of, wall

TEN = wall("2026-03-05 10:00")
"""Thursday."""


def address(visit: Appointment, noun: str = "") -> str:
    return f"/appointments/{visit.id}{noun}"


def slot_at(session: Session, clinician: Clinician, text: str) -> str:
    """The id of the clinician's slot at that wall time, free or not."""
    service = service_of(session, clinician)
    key = SlotKey(clinician.id, clinician.primary_centre_id, service.id, wall(text))
    return key.with_length_of(service).id


def booked(session: Session, appointment_id: int) -> Appointment:
    """The row, as it is now."""
    statement = select(Appointment).where(Appointment.id == appointment_id)
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def patient_record_of(session: Session, clinician: Clinician) -> Patient:
    """The record with which a clinician is a patient of colleagues."""
    record = a_patient(session, full_name="Bo Larsen", with_account=False)
    record.account_id = account_of(session, clinician).id
    session.flush()
    return record


def as_patient(session: Session, clinician: Clinician) -> Actor:
    """That clinician, as a patient of colleagues."""
    return an_actor(session, Role.CLINICIAN, clinician=clinician).as_patient()
