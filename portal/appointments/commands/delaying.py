"""A clinician runs late: said once for the rest of the day at a centre, changed, and taken back."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.commands.announcing import CHANGED
from portal.appointments.commands.locking import lock_resources
from portal.appointments.delay_models import MOST_MINUTES, ClinicianDelay
from portal.appointments.delays import delays_of, is_affected
from portal.appointments.events import ClinicianDelayed
from portal.appointments.models import Appointment, Status
from portal.appointments.queries import WITH_PEOPLE
from portal.core import clock, live
from portal.core.errors import Forbidden, Invalid, _
from portal.core.events import publish
from portal.core.permissions import Actor, Role
from portal.people.models import Clinician

DELAYED = "delay.changed"


def set_delay(
    session: Session,
    clinician: Clinician,
    minutes: int,
    *,
    centre_id: int | None = None,
    by: Actor,
    at: datetime,
) -> ClinicianDelay | None:
    """Say by how many minutes a clinician runs late until the end of the day; none when they are on time again.

    At their first centre unless another is named. Saying the same twice changes nothing. Raises Invalid for minutes
    that make no sense and a centre where they do not work, Forbidden for staff of another centre.
    """
    if not 0 <= minutes <= MOST_MINUTES:
        raise Invalid(details={"minutes": _("Give the minutes, from 0 to 240.")})
    place = place_of(clinician, centre_id)
    if by.role is not Role.CLINICIAN and not by.may_at(place):
        raise Forbidden
    lock_resources(session, [clinician.resource_id])
    before = delays_of(session, [clinician.id], at).get((clinician.id, place))
    if (before.minutes if before else 0) == minutes:
        return before
    said = ClinicianDelay(
        clinician_id=clinician.id,
        centre_id=place,
        minutes=minutes,
        ends_at=_end_of_day(clinician, place, at),
        by_account_id=by.account_id,
        by_name=by.full_name,
        created_at=at,
    )
    session.add(said)
    session.flush()
    _announce(session, clinician, place, at)
    publish(session, ClinicianDelayed(clinician.id, place, minutes, by, at))
    return said if minutes else None


def place_of(clinician: Clinician, centre_id: int | None) -> int | None:
    """The centre that is meant; none for who works online and at none. Raises Invalid for one of somebody else."""
    known = [centre.id for centre in clinician.centres]
    if centre_id is None:
        first = clinician.primary_centre_id
        return first if first in known else next(iter(known), None)
    if centre_id not in known:
        raise Invalid(details={"centre_id": _("Choose a centre where the clinician works.")})
    return centre_id


def _end_of_day(clinician: Clinician, place: int | None, at: datetime) -> datetime:
    centre = next((centre for centre in clinician.centres if centre.id == place), None)
    zone = centre.zone if centre else clinician.zone
    return clock.day_bounds(clock.local_day(at, zone), zone)[1]


def _announce(session: Session, clinician: Clinician, place: int | None, at: datetime) -> None:
    """To whoever looks at the day there, and to each patient who is still to be seen today."""
    lookers = [live.clinician(clinician.id), live.centre(place)]
    live.announce(session, DELAYED, lookers, id=clinician.id)
    statement = select(Appointment).where(
        Appointment.clinician_id == clinician.id,
        Appointment.centre_id.is_not_distinct_from(place),
        Appointment.status == Status.CONFIRMED,
        Appointment.ends_at > at,
        Appointment.starts_at < _end_of_day(clinician, place, at),
    )
    for visit in session.scalars(statement.options(*WITH_PEOPLE)):
        patient = visit.patient
        if is_affected(visit, at) and patient is not None and patient.account_id is not None:
            live.announce(session, CHANGED, [*lookers, live.account(patient.account_id)], id=visit.id)
