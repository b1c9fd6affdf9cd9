"""Changes to hours that would leave booked appointments outside of them: nobody is stranded unseen."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.appointments.errors import WouldStrand
from portal.appointments.models import Appointment, Status
from portal.appointments.queries import WITH_PEOPLE
from portal.people.models import Clinician
from portal.scheduling.intervals import Interval
from portal.scheduling.queries import roster


def guarded(
    session: Session,
    clinicians: list[Clinician],
    change: Callable[[], object],
    *,
    accepted: bool,
    at: datetime,
) -> list[Appointment]:
    """Make a change to hours; raises WouldStrand with the appointments it would leave without working time.

    With `accepted`, the change is made all the same and those appointments are returned: they stay as booked.
    """
    before = {appointment.id for appointment in outside_hours(session, clinicians, at=at)}
    change()
    session.flush()
    stranded = [found for found in outside_hours(session, clinicians, at=at) if found.id not in before]
    if stranded and not accepted:
        raise WouldStrand(stranded)
    return stranded


def outside_hours(session: Session, clinicians: list[Clinician], *, at: datetime) -> list[Appointment]:
    """Coming appointments of these clinicians that lie outside their working time as it is now."""
    coming = _coming(session, [clinician.id for clinician in clinicians], at)
    if not coming:
        return []
    first = coming[0].starts_at.date() - timedelta(days=1)
    last = coming[-1].starts_at.date() + timedelta(days=1)
    timetables = roster(session, [clinician.id for clinician in clinicians], first, last).timetables
    stranded = []
    for appointment in coming:
        timetable = timetables.get((appointment.clinician_id, appointment.centre_id))
        if timetable is None or not timetable.is_working(
            Interval(appointment.starts_at, appointment.ends_at)
        ):
            stranded.append(appointment)
    return stranded


def check_none_coming(
    session: Session, *, at: datetime, clinician_id: int | None = None, centre_id: int | None = None
) -> None:
    """Raises WouldStrand with the coming appointments of the clinician, or at the centre."""
    coming = coming_appointments(session, at=at, clinician_id=clinician_id, centre_id=centre_id)
    if coming:
        raise WouldStrand(coming)


def coming_appointments(
    session: Session, *, at: datetime, clinician_id: int | None = None, centre_id: int | None = None
) -> list[Appointment]:
    """Booked appointments that have not begun, of the clinician or at the centre, in order."""
    statement = _coming_statement(at)
    if clinician_id is not None:
        statement = statement.where(Appointment.clinician_id == clinician_id)
    if centre_id is not None:
        statement = statement.where(Appointment.centre_id == centre_id)
    return list(session.scalars(statement))


def _coming(session: Session, clinician_ids: list[int], at: datetime) -> list[Appointment]:
    return list(session.scalars(_coming_statement(at).where(Appointment.clinician_id.in_(clinician_ids))))


def _coming_statement(at: datetime) -> Select[Appointment]:
    return (
        select(Appointment)
        .options(*WITH_PEOPLE)
        .where(
            Appointment.starts_at > at,
            Appointment.status.in_([Status.PENDING, Status.CONFIRMED]),
            Appointment.booked_at.is_not(None),
        )
        .order_by(Appointment.starts_at)
    )
