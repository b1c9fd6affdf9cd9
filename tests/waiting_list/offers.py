"""People who wait, for tests of the waiting list."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands as appointments
from portal.appointments.models import Appointment
from portal.appointments.slots import SlotKey
from portal.core.permissions import SYSTEM, Role
from portal.people.models import Clinician, Patient
from portal.settings import LateCancellation
from portal.waiting_list import commands
from portal.waiting_list.commands import When
from portal.waiting_list.models import Entry, Offer, OfferState
from portal.waiting_list.offering import offer_next
from portal.waiting_list.rules import Practice
from tests.conftest import NOW
from tests.factories import a_patient, an_actor, an_appointment, key_for, wall

AWAKE = Practice(offer_minutes=30, offers_a_day=3, quiet_until=lambda _at, _zone: None)
TUESDAY, FRIDAY = wall("2026-03-10 10:00"), wall("2026-03-20 09:00")


def a_full_day(session: Session, clinician: Clinician, day: str = "2026-03-10") -> list[Appointment]:
    """Every hour of that day is booked, each by somebody else."""
    hours = range(9, 17)
    return [
        an_appointment(session, clinician=clinician, starts_at=wall(f"{day} {hour:02}:00")) for hour in hours
    ]


def waiting_to_move(
    session: Session, clinician: Clinician, *, starts_at: datetime = FRIDAY, at: datetime = NOW, **when: Any
) -> Entry:
    """A patient with a visit who would like to come earlier."""
    visit = an_appointment(session, clinician=clinician, starts_at=starts_at)
    assert visit.patient is not None
    by = an_actor(session, Role.PATIENT, patient=visit.patient)
    return commands.join_for_earlier(session, visit, When(**when), by=by, at=at)


def wishing(
    session: Session,
    clinician: Clinician,
    patient: Patient | None = None,
    *,
    any_clinician: bool = False,
    at: datetime = NOW,
    **when: Any,
) -> Entry:
    """A patient without a visit who would like one."""
    patient = patient or a_patient(session)
    by = an_actor(session, Role.PATIENT, patient=patient)
    key: SlotKey = key_for(session, clinician, TUESDAY)
    return commands.join_for_any(
        session, key, patient, When(**when), any_clinician=any_clinician, session_type=None, by=by, at=at
    )


def cancel(session: Session, visit: Appointment, *, at: datetime = NOW) -> None:
    """Its time is free again."""
    appointments.cancel(session, visit, by=SYSTEM, at=at, late=LateCancellation.NO_REFUND)


def look(session: Session, *, at: datetime = NOW, practice: Practice = AWAKE) -> int:
    """What the job does: everybody who is noted; how many offers were made."""
    made = 0
    while (offered := offer_next(session, practice, at=at)) is not None:
        made += offered
    session.flush()
    return made


def offers_of(session: Session, entry: Entry) -> list[Offer]:
    """All that was offered to somebody, in order."""
    found = select(Offer).where(Offer.entry_id == entry.id).order_by(Offer.id)
    return list(session.scalars(found.execution_options(populate_existing=True)))


def open_offer(session: Session, entry: Entry) -> Offer | None:
    """What is being offered now."""
    return next((one for one in offers_of(session, entry) if one.state == OfferState.OPEN), None)


LATER = timedelta(minutes=31)
