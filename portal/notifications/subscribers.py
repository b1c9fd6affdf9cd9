"""What people are told of appointments: rows for the ways out and in-app, in the transaction of the cause."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.appointments.events import (
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentEvent,
    AppointmentRequested,
    AppointmentRescheduled,
    MoveAsked,
)
from portal.appointments.models import Appointment, Party
from portal.notifications.errors import NobodyToTell
from portal.notifications.inbox import tell
from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery
from portal.notifications.news import DEFAULT_LANGUAGE, post, readers_of
from portal.notifications.wording import IN_APP, appointment_values, in_app


def acknowledge_request(session: Session, event: AppointmentRequested) -> None:
    """The patient that it was asked for, the clinician that an answer is due."""
    appointment = _appointment(session, event)
    _tell_patient(session, appointment, Kind.REQUESTED, event)
    _tell_clinician(session, appointment, Kind.CLINICIAN_REQUESTED, event)


def confirm_appointment(session: Session, event: AppointmentConfirmed) -> None:
    """A visit of a series is told with the others (see `notifications.series`)."""
    appointment = _appointment(session, event)
    if appointment.series_id is not None:
        return
    _tell_patient(session, appointment, Kind.CONFIRMED, event)
    _tell_clinician(session, appointment, Kind.CLINICIAN_BOOKED, event)


def tell_new_time(session: Session, event: AppointmentRescheduled) -> None:
    appointment = _appointment(session, event)
    _tell_patient(session, appointment, Kind.RESCHEDULED, event)
    _tell_clinician(session, appointment, Kind.CLINICIAN_RESCHEDULED, event)


def ask_for_another_time(session: Session, event: MoveAsked) -> None:
    """The patient, over the ways they chose; raises NobodyToTell where there is none."""
    appointment = _appointment(session, event)
    asked = select(func.count(Delivery.round.distinct())).where(
        Delivery.appointment_id == appointment.id, Delivery.kind == Kind.MOVE_ASKED
    )
    number = session.scalar(asked) or 0
    if not post(session, appointment, Kind.MOVE_ASKED, at=event.at, round=number, by=event.by):
        raise NobodyToTell
    _show_patient(session, appointment, Kind.MOVE_ASKED, event)


def tell_cancellation(session: Session, event: AppointmentCancelled) -> None:
    """A hold that was let go or ran out is nobody's news; what was cancelled with others is told with them."""
    if event.was_hold or event.is_told_together:
        return
    appointment = _appointment(session, event)
    _tell_patient(session, appointment, _ended(appointment, event), event)
    _tell_clinician(session, appointment, Kind.CLINICIAN_CANCELLED, event)


def _ended(appointment: Appointment, event: AppointmentCancelled) -> Kind:
    """Which words fit who ended it."""
    if appointment.cancelled_by == Party.PATIENT:
        return Kind.CANCELLED
    if not event.was_request:
        return Kind.CANCELLED_BY_PRACTICE
    return Kind.REQUEST_EXPIRED if appointment.cancelled_by == Party.SYSTEM else Kind.DECLINED


def _appointment(session: Session, event: AppointmentEvent) -> Appointment:
    return session.get_one(Appointment, event.appointment_id)


def _tell_patient(session: Session, appointment: Appointment, kind: Kind, event: AppointmentEvent) -> None:
    post(session, appointment, kind, at=event.at, by=event.by)
    _show_patient(session, appointment, kind, event)


def _show_patient(session: Session, appointment: Appointment, kind: Kind, event: AppointmentEvent) -> None:
    for reader in readers_of(session, appointment.patient):
        if reader.account_id is None:
            continue
        language = reader.language or DEFAULT_LANGUAGE
        values = appointment_values(appointment, language=language, previous=_previous(event), reader=reader)
        _show(session, reader.account_id, kind, in_app(kind, language, values), event)


def _tell_clinician(session: Session, appointment: Appointment, kind: Kind, event: AppointmentEvent) -> None:
    """What they have done themselves is told by mail alone: it keeps the calendar right that an invitation filled."""
    post(session, appointment, kind, at=event.at, by=event.by)
    if event.by.clinician_id == appointment.clinician_id:
        return
    values = appointment_values(
        appointment, language=DEFAULT_LANGUAGE, previous=_previous(event), to_clinician=True
    )
    said = in_app(kind, DEFAULT_LANGUAGE, values)
    _show(session, appointment.clinician.account_id, kind, said, event)


def _previous(event: AppointmentEvent) -> datetime | None:
    return event.previous_starts_at if isinstance(event, AppointmentRescheduled) else None


def _show(
    session: Session, account_id: int, kind: Kind, said: tuple[str, str], event: AppointmentEvent
) -> None:
    tell(
        session,
        account_id,
        IN_APP[kind],
        *said,
        action="view",
        related_id=event.appointment_id,
        at=event.at,
    )
