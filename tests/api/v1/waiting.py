"""Somebody on the waiting list, and a time that is kept for them."""

from datetime import timedelta

from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.core.permissions import SYSTEM
from portal.people.models import Clinician
from portal.waiting_list import commands
from portal.waiting_list.models import Entry, Offer
from tests.conftest import NOW
from tests.factories import a_hold


def a_waiting(session: Session, clinician: Clinician, visit: Appointment) -> dict[str, int]:
    """The ids of an entry for a visit, and of an offer of another time."""
    entry = Entry(
        patient_id=visit.patient_id,
        appointment_id=visit.id,
        clinician_id=visit.clinician_id,
        service_id=visit.service_id,
        centre_id=visit.centre_id,
        session_type=visit.session_type,
        weekdays=list(commands.ALL_DAYS),
        parts=list(commands.ALL_PARTS),
        created_by_id=SYSTEM.account_id,
        created_at=NOW,
    )
    hold = a_hold(session, clinician)
    offer = Offer(
        entry=entry,
        patient_id=visit.patient_id,
        clinician_id=clinician.id,
        hold=hold,
        starts_at=hold.starts_at,
        offered_at=NOW,
        expires_at=NOW + timedelta(minutes=30),
    )
    session.add_all([entry, offer])
    session.flush()
    return {"waiting_list_entry": entry.id, "waiting_list_offer": offer.id}
