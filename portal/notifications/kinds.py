"""The kinds of messages, and what is particular to each."""

from datetime import datetime, timedelta
from enum import StrEnum

from portal.appointments.models import Appointment, Status, Waiting


class Kind(StrEnum):
    """As they stand in the table. Those to clinicians begin with "clinician-appointment"."""

    REQUESTED = "appointment-requested"
    CONFIRMED = "appointment-confirmed"
    RESCHEDULED = "appointment-rescheduled"
    CANCELLED = "appointment-cancelled"
    CANCELLED_BY_PRACTICE = "appointment-cancelled-by-practice"
    DECLINED = "appointment-declined"
    REQUEST_EXPIRED = "appointment-request-expired"
    REMINDER = "appointment-reminder"
    REMINDER_DAY = "appointment-reminder-day"
    RUNNING_LATE = "appointment-running-late"
    ON_TIME_AGAIN = "appointment-on-time-again"
    MOVE_ASKED = "appointment-move-asked"
    SERIES_BOOKED = "appointment-series-booked"
    SERIES_CANCELLED = "appointment-series-cancelled"
    CLINICIAN_REQUESTED = "clinician-appointment-requested"
    CLINICIAN_BOOKED = "clinician-appointment-booked"
    CLINICIAN_RESCHEDULED = "clinician-appointment-rescheduled"
    CLINICIAN_CANCELLED = "clinician-appointment-cancelled"
    CLINICIAN_SERIES_BOOKED = "clinician-appointment-series-booked"
    CLINICIAN_SERIES_CANCELLED = "clinician-appointment-series-cancelled"
    PAYMENT_LINK = "payment-link"
    PAYMENT_RECEIVED = "payment-received"
    PAYMENT_REFUNDED = "payment-refunded"
    PAYMENT_TOO_LATE = "payment-too-late"
    PAYMENT_TWICE = "payment-twice"
    NEW_MESSAGE = "new-message"
    SIGN_IN_CODE = "sign-in-code"
    VERIFY_EMAIL = "verify-email"
    ALREADY_REGISTERED = "already-registered"
    PASSWORD_RESET = "password-reset"  # noqa: S105  a kind of message
    CLINICIAN_APPROVED = "clinician-approved"
    CLINICIAN_REJECTED = "clinician-rejected"
    QUOTATION = "quotation"
    QUOTATION_ACCEPTED = "quotation-accepted"
    QUOTATION_DECLINED = "quotation-declined"
    TIME_OFFERED = "waiting-list-offer"


SECRET = (Kind.SIGN_IN_CODE, Kind.VERIFY_EMAIL, Kind.PASSWORD_RESET)
"""Their texts open a door, and are forgotten after a day."""
SECRET_ONCE_SENT = (Kind.QUOTATION, Kind.TIME_OFFERED)
"""Theirs too, a day after they left: what did not arrive is sent again in the same words."""

REMINDERS = frozenset({Kind.REMINDER, Kind.REMINDER_DAY})
DELAYS = frozenset({Kind.RUNNING_LATE, Kind.ON_TIME_AGAIN})
TO_CLINICIAN = frozenset(kind for kind in Kind if kind.startswith("clinician-appointment"))
BOOKED = frozenset({Kind.CONFIRMED, Kind.CLINICIAN_BOOKED})
ASKED = frozenset({Kind.REQUESTED, Kind.CLINICIAN_REQUESTED})
MOVED = frozenset({Kind.RESCHEDULED, Kind.CLINICIAN_RESCHEDULED})
ENDED = frozenset(
    {
        Kind.CANCELLED,
        Kind.CANCELLED_BY_PRACTICE,
        Kind.DECLINED,
        Kind.REQUEST_EXPIRED,
        Kind.CLINICIAN_CANCELLED,
    }
)
NEWS = BOOKED | ASKED | MOVED | ENDED
"""What is told when it happens, and is only worth telling while it is so."""

SERIES: dict[str, Kind] = {
    Kind.SERIES_BOOKED: Kind.CONFIRMED,
    Kind.CLINICIAN_SERIES_BOOKED: Kind.CLINICIAN_BOOKED,
    Kind.SERIES_CANCELLED: Kind.CANCELLED_BY_PRACTICE,
    Kind.CLINICIAN_SERIES_CANCELLED: Kind.CLINICIAN_CANCELLED,
}
"""What is told of several visits at once, and of one that is left of them. Each is told as it is when it is told."""

LINK_USEFUL = timedelta(hours=24)


def is_true_of(kind: str, appointment: Appointment) -> bool:
    """Is what the kind tells still so?"""
    kind = SERIES.get(kind, kind)
    asked = appointment.status == Status.PENDING and appointment.waiting_for == Waiting.ACCEPTANCE
    confirmed = appointment.status == Status.CONFIRMED
    if kind in ASKED:
        return asked
    if kind in BOOKED or kind in REMINDERS:
        return confirmed
    if kind in DELAYS:
        return confirmed and appointment.started_at is None
    if kind in MOVED or kind == Kind.MOVE_ASKED:
        return confirmed or asked
    return kind not in ENDED or appointment.status == Status.CANCELLED


def useful_until(kind: str, at: datetime, *, starts_at: datetime, ends_at: datetime) -> datetime:
    """The instant after which news of a visit is worth nothing: its start, or of one that was ended, its end."""
    return ends_at if kind in ENDED else max(starts_at, at)
