"""Appointments that will not take place: cancelled, declined, or asked to be cancelled after the deadline."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.appointments.commands.locking import end, lock_for_change, note
from portal.appointments.errors import CancellationNotAllowed, InvalidStateTransition
from portal.appointments.models import Appointment, Party
from portal.appointments.rules import (
    CancellationOutcome,
    CancellationTerms,
    cancellation_terms,
    check_cancellable,
    check_waits_for_acceptance,
    party_of,
)
from portal.core.permissions import Actor
from portal.scheduling.queries import booking_rules
from portal.settings import LateCancellation


def terms_for(
    session: Session, appointment: Appointment, *, by: Actor, at: datetime, late: LateCancellation
) -> CancellationTerms:
    """What cancelling now would mean, to be shown before it is done; changes nothing."""
    deadline_hours = booking_rules(session, appointment.clinician_id).deadline_hours
    return cancellation_terms(appointment, by=by, at=at, deadline_hours=deadline_hours, late=late)


def cancel(
    session: Session,
    appointment: Appointment,
    *,
    by: Actor,
    at: datetime,
    late: LateCancellation,
    reason: str = "",
    is_told_together: bool = False,
) -> CancellationTerms:
    """Cancel, or ask staff to where the practice wants that after the deadline; the terms say which it was.

    With `is_told_together` whoever cancels several at once tells of all of them (SeriesCancelled).

    Raises CancellationNotAllowed (too late, or begun), InvalidStateTransition (over already).
    """
    lock_for_change(session, appointment)
    check_cancellable(appointment, at=at)
    terms = terms_for(session, appointment, by=by, at=at, late=late)
    if terms.outcome is CancellationOutcome.REFUSED:
        raise CancellationNotAllowed
    if terms.outcome is CancellationOutcome.REQUEST:
        _ask_to_cancel(session, appointment, by=by, reason=reason, at=at)
    else:
        party = party_of(by)
        end(
            session,
            appointment,
            by=by,
            party=party,
            reason=reason,
            at=at,
            is_told_together=is_told_together,
        )
    return terms


def _ask_to_cancel(
    session: Session, appointment: Appointment, *, by: Actor, reason: str, at: datetime
) -> None:
    """Leave the decision to staff. Asking twice is asking once."""
    if appointment.cancellation_requested_at is not None:
        return
    appointment.cancellation_requested_at = at
    before = appointment.status
    note(session, appointment, kind="cancellation-requested", before=before, by=by, reason=reason, at=at)


def keep(session: Session, appointment: Appointment, *, by: Actor, at: datetime) -> None:
    """Staff turn down a request to cancel late: the appointment stands."""
    lock_for_change(session, appointment)
    if appointment.cancellation_requested_at is None or not appointment.is_live:
        raise InvalidStateTransition
    appointment.cancellation_requested_at = None
    note(session, appointment, kind="cancellation-request-refused", before=appointment.status, by=by, at=at)


def decline(session: Session, appointment: Appointment, *, by: Actor, at: datetime, reason: str) -> None:
    """The clinician does not take a request; the time is free again."""
    lock_for_change(session, appointment)
    check_waits_for_acceptance(appointment)
    end(session, appointment, by=by, party=Party.CLINICIAN, reason=reason, at=at)
