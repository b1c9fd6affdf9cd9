"""What happened lately around a clinician: their appointments' changes, and what was paid for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from portal.appointments.models import Appointment, AppointmentChange
from portal.appointments.queries import BOOKED
from portal.payments.models import Payment
from portal.people.models import Clinician, Patient

PAID = "paid"
HELD = "held"  # a time that somebody was choosing is no news


@dataclass(frozen=True)
class Activity:
    """`kind` is that of a line of an appointment's history, or "paid"; `patient` and `by` are names, or empty.

    `related_id` is the appointment. Reasons and notes are no part of it.
    """

    key: str
    kind: str
    patient: str
    by: str
    related_id: int
    starts_at: datetime
    at: datetime


def activity_of(session: Session, clinician: Clinician, *, limit: int = 20) -> Sequence[Activity]:
    """The newest first, in two queries."""
    changes = session.execute(
        select(AppointmentChange, Patient.full_name)
        .join(Appointment, Appointment.id == AppointmentChange.appointment_id)
        .outerjoin(Patient, Patient.id == Appointment.patient_id)
        .where(Appointment.clinician_id == clinician.id, BOOKED, AppointmentChange.kind != HELD)
        .order_by(AppointmentChange.id.desc())
        .limit(limit)
    )
    payments = session.scalars(
        select(Payment)
        .join(Payment.appointment)
        .options(joinedload(Payment.appointment).joinedload(Appointment.patient))
        .where(Appointment.clinician_id == clinician.id, Payment.paid_at.is_not(None))
        .order_by(Payment.paid_at.desc(), Payment.id.desc())
        .limit(limit)
    )
    changed = [_of_change(change, name or "") for change, name in changes]
    newest = sorted(changed, key=_when, reverse=True)
    return list(islice(merge(newest, map(_of_payment, payments), key=_when, reverse=True), limit))


def _when(one: Activity) -> datetime:
    return one.at


def _of_change(change: AppointmentChange, patient: str) -> Activity:
    key = f"change-{change.id}"
    return Activity(
        key, change.kind, patient, change.by_name, change.appointment_id, change.starts_at, change.changed_at
    )


def _of_payment(payment: Payment) -> Activity:
    visit = payment.appointment
    if visit is None or payment.paid_at is None:
        raise AssertionError("only paid visits were asked for")
    patient = visit.patient.full_name if visit.patient else ""
    return Activity(
        f"payment-{payment.id}", PAID, patient, patient, visit.id, visit.starts_at, payment.paid_at
    )
