"""A series of visits: booked all together or not at all, and its rest cancelled in one step."""

import uuid
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.commands.booking import Details, book
from portal.appointments.commands.ending import cancel
from portal.appointments.commands.locking import lock_resources, lock_row, lock_time_of
from portal.appointments.commands.overriding import Override
from portal.appointments.commands.proposing import Pattern, propose
from portal.appointments.errors import SeriesNotFree
from portal.appointments.events import SeriesBooked, SeriesCancelled
from portal.appointments.models import Appointment, Channel, SessionType
from portal.appointments.recurring import FEWEST
from portal.appointments.rules import WINDOW
from portal.appointments.series_models import AppointmentSeries
from portal.core.errors import Invalid, _
from portal.core.events import publish
from portal.core.permissions import Actor
from portal.people.models import Patient
from portal.settings import LateCancellation


def repeat(
    session: Session,
    pattern: Pattern,
    *,
    form_key: uuid.UUID,
    patient: Patient,
    by: Actor,
    at: datetime,
    channel: Channel,
    session_type: SessionType | None = None,
    details: Details | None = None,
) -> AppointmentSeries:
    """Book all dates of a series that are not left out, or none of them.

    The same `form_key` again gives the series that was booked with it. Raises SeriesNotFree with the numbers of those
    that cannot be had, Invalid where fewer than two are left, and what `propose` raises.
    """
    lock_time_of(session, pattern.first.clinician_id, patient)
    before = _booked_before(session, form_key, by)
    if before is not None:
        return before
    proposal = propose(session, pattern, patient=patient, by=by, at=at)
    if proposal.in_the_way:
        raise SeriesNotFree([visit.number for visit in proposal.in_the_way])
    if len(proposal.starts) < FEWEST:
        raise Invalid(details={"count": _("Keep at least two visits, or book a single one.")})
    series = AppointmentSeries(
        rhythm=pattern.rhythm, form_key=form_key, created_by_id=by.account_id, created_at=at
    )
    session.add(series)
    session.flush()
    visits = [
        book(
            session,
            replace(pattern.first, starts_at=start),
            patient=patient,
            by=by,
            at=at,
            channel=channel,
            session_type=session_type,
            details=details,
            override=AHEAD,
            series_id=series.id,
        )
        for start in proposal.starts
    ]
    publish(session, SeriesBooked(tuple(visit.id for visit in visits), by, at))
    return series


AHEAD = Override(WINDOW, "One of a series")
"""Staff book a series past the horizon of patients without being asked why: it is what series are for."""


def cancel_together(
    session: Session,
    visits: Collection[Appointment],
    *,
    by: Actor,
    at: datetime,
    late: LateCancellation,
    reason: str,
) -> list[Appointment]:
    """Cancel the visits of a series that are still to come; each as if alone, but its patient is told once.

    Answers those that were cancelled: what has begun or ended meanwhile stays as it is.
    """
    people = {visit.clinician.resource_id for visit in visits}
    lock_resources(session, people | {visit.patient.resource_id for visit in visits if visit.patient})
    in_order = sorted(visits, key=lambda visit: visit.id)
    for visit in in_order:
        lock_row(session, visit)
    left = [visit for visit in in_order if is_to_come(visit, at)]
    for visit in left:
        cancel(session, visit, by=by, at=at, late=late, reason=reason, is_told_together=True)
    if left:
        publish(session, SeriesCancelled(tuple(visit.id for visit in left), by, at))
    return left


def is_to_come(visit: Appointment, at: datetime) -> bool:
    """Can it still be cancelled with the rest of its series?"""
    return visit.is_live and visit.starts_at > at and visit.started_at is None


def _booked_before(session: Session, form_key: uuid.UUID, by: Actor) -> AppointmentSeries | None:
    """Asked once the time is locked: of two presses of a button the second has waited for the first."""
    mine = AppointmentSeries.created_by_id == by.account_id
    return session.scalar(select(AppointmentSeries).where(AppointmentSeries.form_key == form_key, mine))
