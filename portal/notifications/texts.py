"""What messages about appointments say. No clinical text: who, when, where, nothing more."""

from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_datetime, get_timezone_name

from portal.appointments.models import Appointment, Party, SessionType
from portal.core import clock


@dataclass(frozen=True)
class Text:
    """A subject, used by email alone, and the text itself."""

    subject: str
    body: str


def confirmed(appointment: Appointment) -> Text:
    return Text(
        "Your appointment is booked",
        f"Your appointment with {appointment.clinician.full_name} is booked for {when(appointment)}, "
        f"{where(appointment)}.",
    )


def requested(appointment: Appointment) -> Text:
    return Text(
        "We have your request",
        f"{appointment.clinician.full_name} has been asked for {when(appointment)}. "
        "We will tell you as soon as they answer.",
    )


def moved(appointment: Appointment, previous: datetime) -> Text:
    return Text(
        "Your appointment has moved",
        f"Your appointment with {appointment.clinician.full_name} is now on {when(appointment)}, "
        f"{where(appointment)}, and no longer on {_spoken(previous, appointment)}.",
    )


def cancelled(appointment: Appointment) -> Text:
    if appointment.cancelled_by == Party.SYSTEM:
        body = (
            f"{appointment.clinician.full_name} could not confirm {when(appointment)} in time. "
            "Please choose another time."
        )
    elif appointment.cancelled_by == Party.PATIENT:
        body = (
            f"You cancelled your appointment with {appointment.clinician.full_name} on {when(appointment)}."
        )
    else:
        body = (
            f"We are sorry: your appointment with {appointment.clinician.full_name} on {when(appointment)} "
            "will not take place. Please choose another time."
        )
    return Text("Your appointment is cancelled", body)


def when(appointment: Appointment) -> str:
    """The start in words, with the zone named."""
    return _spoken(appointment.starts_at, appointment)


def where(appointment: Appointment) -> str:
    if appointment.session_type == SessionType.ONLINE or appointment.centre is None:
        return "online"
    return f"at {appointment.centre.name}, {appointment.centre.address}".rstrip(", ")


def _spoken(instant: datetime, appointment: Appointment) -> str:
    local = clock.local(instant, appointment.zone)
    zone = get_timezone_name(local, width="short", locale="en_GB")
    is_this_year = local.year == clock.local(clock.now(), appointment.zone).year
    style = "EEEE d MMMM, HH:mm" if is_this_year else "EEEE d MMMM y, HH:mm"
    return f"{format_datetime(local, style, locale='en_GB')} ({zone})"
