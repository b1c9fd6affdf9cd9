"""What may follow what, and until when. Facts in, answer out: no session, no clock."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portal.appointments.errors import (
    CancellationNotAllowed,
    InvalidStateTransition,
    TooEarly,
    TooLateToReschedule,
)
from portal.appointments.models import Appointment, AppointmentChange, Party, Status, Waiting
from portal.core.errors import Forbidden, _
from portal.core.permissions import Actor, Role
from portal.scheduling.rules import Refusal
from portal.settings import LateCancellation

FOLLOWS: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.CONFIRMED, Status.CANCELLED}),
    Status.CONFIRMED: frozenset({Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED}),
    Status.COMPLETED: frozenset(),
    Status.NO_SHOW: frozenset(),
    Status.CANCELLED: frozenset(),
}


class CancellationOutcome(StrEnum):
    """What cancelling now would mean for the patient."""

    FREE = "FREE"
    LATE = "LATE"
    REQUEST = "REQUEST"
    REFUSED = "REFUSED"


@dataclass(frozen=True)
class CancellationTerms:
    """The outcome, the instant until which cancelling is free, and what it means to the patient from then on."""

    outcome: CancellationOutcome
    free_until: datetime
    afterwards: CancellationOutcome


def check_may_become(appointment: Appointment, status: Status) -> None:
    """Raises InvalidStateTransition unless that status may follow the present one."""
    if status not in FOLLOWS[Status(appointment.status)]:
        raise InvalidStateTransition


def check_waits_for_acceptance(appointment: Appointment) -> None:
    if appointment.status != Status.PENDING or appointment.waiting_for != Waiting.ACCEPTANCE:
        raise InvalidStateTransition


def check_has_begun(appointment: Appointment, at: datetime) -> None:
    """Completed and not come can only be known once the appointment has begun: at its time, or started before it."""
    if at < appointment.starts_at and appointment.started_at is None:
        raise TooEarly(appointment.starts_at)


def check_can_be_missed(appointment: Appointment, at: datetime) -> None:
    """Raises InvalidStateTransition for somebody who arrived and for what is over, TooEarly before its time."""
    if appointment.arrived_at is not None:
        raise InvalidStateTransition
    check_may_become(appointment, Status.NO_SHOW)
    check_has_begun(appointment, at)


def cancellation_terms(
    appointment: Appointment, *, by: Actor, at: datetime, deadline_hours: int, late: LateCancellation
) -> CancellationTerms:
    """What cancelling now means. Staff always cancel free of charge for the patient; a patient until the deadline."""
    free_until = _free_until(appointment, deadline_hours)
    waits = appointment.status == Status.PENDING
    if by.role is not Role.PATIENT or waits or at <= free_until:
        return CancellationTerms(CancellationOutcome.FREE, free_until, LATE_OUTCOME[late])
    return CancellationTerms(LATE_OUTCOME[late], free_until, LATE_OUTCOME[late])


LATE_OUTCOME = {
    LateCancellation.NO_REFUND: CancellationOutcome.LATE,
    LateCancellation.REQUEST: CancellationOutcome.REQUEST,
    LateCancellation.REFUSE: CancellationOutcome.REFUSED,
}


def check_cancellable(appointment: Appointment, *, at: datetime) -> None:
    """Raises InvalidStateTransition for what is over, CancellationNotAllowed once the session has begun."""
    check_may_become(appointment, Status.CANCELLED)
    if appointment.status == Status.CONFIRMED and (at >= appointment.starts_at or appointment.started_at):
        raise CancellationNotAllowed(SESSION_HAS_BEGUN)


def check_reschedulable(appointment: Appointment, *, by: Actor, at: datetime, deadline_hours: int) -> None:
    """Live and not begun; for a patient, before the cancellation deadline."""
    if (
        not appointment.is_live
        or appointment.is_hold
        or at >= appointment.starts_at
        or appointment.started_at
    ):
        raise InvalidStateTransition
    is_late = at > _free_until(appointment, deadline_hours)
    if by.role is Role.PATIENT and appointment.status == Status.CONFIRMED and is_late:
        raise TooLateToReschedule


def _free_until(appointment: Appointment, deadline_hours: int) -> datetime:
    """Whom the practice has asked to choose another time may do so, or cancel, to the last."""
    if appointment.move_asked_at is not None:
        return appointment.starts_at
    return appointment.starts_at - timedelta(hours=deadline_hours)


def check_may_write(appointment: Appointment, texts: Collection[str], *, by: Actor, at: datetime) -> None:
    """Patients write what is theirs until the visit begins, staff what is the team's, at any time.

    Raises Forbidden for a text that is not theirs, InvalidStateTransition for a patient who comes too late.
    """
    is_patient = by.role is Role.PATIENT
    if not (PATIENTS_TEXTS if is_patient else TEAMS_TEXTS).issuperset(texts):
        raise Forbidden
    is_to_come = appointment.is_live and appointment.starts_at > at and appointment.started_at is None
    if is_patient and texts and not is_to_come:
        raise InvalidStateTransition


def reason_for(change: AppointmentChange, actor: Actor) -> str:
    """Patients read a reason where it is told to them, or is their own: not why the team booked around rules."""
    is_told = change.kind in TOLD and WINDOW.issuperset(change.overridden)
    is_own = change.by_account_id == actor.account_id
    return change.reason if actor.role is not Role.PATIENT or is_told or is_own else ""


TOLD = {"cancelled", "rescheduled"}

WINDOW = frozenset({Refusal.TOO_SOON, Refusal.TOO_FAR})
"""Notice and horizon: staff who move a visit need not say why they are not kept."""

PATIENTS_TEXTS = frozenset({"patient_notes", "questions"})
TEAMS_TEXTS = frozenset({"clinician_notes", "title"})


def answer_by(starts_at: datetime, at: datetime) -> datetime:
    """Until when a clinician may accept a request made now: its start, and never at once."""
    return max(starts_at, at + TIME_TO_ANSWER)


# A request for a time that begins at once can still be answered.
TIME_TO_ANSWER = timedelta(minutes=10)


def party_of(actor: Actor) -> Party:
    """On whose side somebody acts."""
    if actor.is_system:
        return Party.SYSTEM
    if actor.role is Role.CLINICIAN:
        return Party.CLINICIAN
    return Party.CENTRE if actor.is_staff else Party.PATIENT


SESSION_HAS_BEGUN = _("The appointment has already begun, so it cannot be cancelled.")
