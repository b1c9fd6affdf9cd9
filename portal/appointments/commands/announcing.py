"""Open pages and programs hear of every change of an appointment, holds and arrivals included."""

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.core import live

CHANGED = "appointment.changed"


def announce_change(session: Session, appointment: Appointment) -> None:
    """Tell those who look at the clinician's or the centre's day, and the patient.

    To be called before the change is flushed: it flushes, and a centre that the appointment leaves hears of it too.
    """
    left = inspect(appointment).attrs.centre_id.history.deleted or ()
    session.flush()
    audience = {live.clinician(appointment.clinician_id), live.centre(appointment.centre_id)}
    audience |= {live.centre(centre_id) for centre_id in left}
    patient = appointment.patient
    if patient is not None and patient.account_id is not None:
        audience.add(live.account(patient.account_id))
    live.announce(session, CHANGED, sorted(audience), id=appointment.id)
