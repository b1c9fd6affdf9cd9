"""Clinicians and centres that go, for now or for good: nobody is left with an appointment that nobody keeps."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.appointments.commands.locking import end, lock_resources, lock_row, locked
from portal.appointments.commands.stranding import check_none_coming, coming_appointments
from portal.appointments.errors import WouldStrand
from portal.appointments.models import Appointment, Party, Waiting
from portal.centres.commands import delete_centre, set_centre_active
from portal.centres.models import Centre
from portal.core.errors import Forbidden
from portal.core.permissions import Actor, Role
from portal.people.commands import delete_clinician, delete_patient, set_clinician_active, unlink_patient
from portal.people.models import Clinician, ClinicianCentre, Patient


def switch_clinician(
    session: Session, clinician: Clinician, *, by: Actor, is_active: bool, at: datetime
) -> None:
    """Switch a clinician on or off. Off lets go of what is held; coming appointments stay. Safe to repeat."""
    lock_resources(session, [clinician.resource_id])
    set_clinician_active(session, clinician, by=by, is_active=is_active, at=at)
    if not is_active:
        _end_holds(session, Appointment.clinician_id == clinician.id, by=by, reason="", at=at)


def switch_centre(session: Session, centre: Centre, *, by: Actor, is_active: bool, at: datetime) -> None:
    """Open or close a centre for bookings. Closed lets go of what is held there; the rest stays. Safe to repeat."""
    _lock_all_at(session, centre)
    set_centre_active(session, centre, by=by, is_active=is_active, at=at)
    if not is_active:
        _end_holds(session, Appointment.centre_id == centre.id, by=by, reason="", at=at)


def retire_clinician(
    session: Session, clinician: Clinician, *, by: Actor, force: bool, at: datetime, reason: str = ""
) -> list[Appointment]:
    """Remove a clinician for good. With `force`, coming appointments are cancelled, and each patient is told.

    Answers what was cancelled. Raises WouldStrand with the coming appointments unless `force`, and Forbidden where
    one of them is at a centre that is not `by`'s. A visit that has been started early is left to be completed.
    """
    _lock(session, clinician, coming_appointments(session, at=at, clinician_id=clinician.id))
    coming = coming_appointments(session, at=at, clinician_id=clinician.id)  # nobody can add to them now
    for appointment in coming:
        lock_row(session, appointment)
    left = [appointment for appointment in coming if appointment.started_at is None]
    if left and not force:
        raise WouldStrand(left)
    if not by.is_system and not all(by.may_at(appointment.centre_id) for appointment in left):
        raise Forbidden
    for appointment in left:
        end(session, appointment, by=by, party=Party.CENTRE, reason=reason, at=at)
    _end_holds(session, Appointment.clinician_id == clinician.id, by=by, reason=reason, at=at)
    delete_clinician(session, clinician, by=by, at=at)
    return left


def retire_centre(session: Session, centre: Centre, *, by: Actor, at: datetime) -> None:
    """Remove a centre for good; raises WouldStrand with the coming appointments there."""
    _lock_all_at(session, centre)
    check_none_coming(session, at=at, centre_id=centre.id)
    _end_holds(session, Appointment.centre_id == centre.id, by=by, reason="", at=at)
    delete_centre(session, centre, by=by, at=at)


def remove_patient(session: Session, patient: Patient, *, by: Actor, at: datetime) -> None:
    """Remove a patient for good; a clinician only lets go of one whom they registered.

    Raises WouldStrand with the appointments to come (a clinician's own ones).
    """
    lock_resources(session, [patient.resource_id])
    check_none_coming(session, at=at, patient_id=patient.id, clinician_id=by.clinician_id)
    if by.role is Role.CLINICIAN:
        unlink_patient(session, patient, by=by, at=at)
        return
    _end_holds(session, Appointment.patient_id == patient.id, by=by, reason="", at=at)
    delete_patient(session, patient, by=by, at=at)


def _lock(session: Session, clinician: Clinician, appointments: Collection[Appointment]) -> None:
    """All resources at once and in order, as everybody else takes them."""
    patients = {appointment.patient.resource_id for appointment in appointments if appointment.patient}
    lock_resources(session, {clinician.resource_id, *patients})


def _lock_all_at(session: Session, centre: Centre) -> None:
    """The resources of all who work there: nobody books at the centre until the transaction ends."""
    works_there = select(ClinicianCentre.clinician_id).where(ClinicianCentre.centre_id == centre.id)
    resources = session.scalars(select(Clinician.resource_id).where(Clinician.id.in_(works_there)))
    lock_resources(session, list(resources))


def _end_holds(session: Session, which: ColumnElement[bool], *, by: Actor, reason: str, at: datetime) -> None:
    """Let go of times that somebody is choosing at this moment: they could still be confirmed."""
    held = select(Appointment).where(which, Appointment.waiting_for == Waiting.HOLD)
    for appointment in session.scalars(locked(held)):
        end(session, appointment, by=by, party=Party.CENTRE, reason=reason, at=at)
