"""The patient beside the day: who it is, what the visit is about, what was before, and what can be done now."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import g, session
from sqlalchemy import select

from portal.appointments import queries
from portal.appointments.following import followed
from portal.appointments.models import Appointment, Status
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import NotFound
from portal.delivery.looks import note_look
from portal.payments.queries import Standing, standing_beside, with_standing
from portal.people.care_models import Care
from portal.people.caring import carers_of
from portal.people.models import Patient
from portal.records.models import MedicalNote
from portal.records.queries import latest_notes
from portal.web.staff.appointments import Actions
from portal.web.staff.patient_forms import GENDERS

MOST_VISITS, MOST_NOTES = 6, 3
ONE_OPENING = timedelta(minutes=10)
OPENED = "beside"


@dataclass(frozen=True)
class Beside:
    """What stands beside the day: a visit, its patient, and what the clinician may know and do."""

    visit: Appointment
    patient: Patient
    standing: Standing
    age: int | None
    gender: str
    carers: Sequence[Care]
    visits: Sequence[Appointment]
    notes: Sequence[MedicalNote]
    follows: Appointment | None


@dataclass(frozen=True)
class Now:
    """How the visit stands at this moment; `stamp` differs when any of it does."""

    visit: Appointment
    standing: Standing
    actions: Actions

    @property
    def stamp(self) -> str:
        facts = f"{self.visit.version} {self.visit.status} {self.standing} {self.actions}"
        return hashlib.sha256(facts.encode()).hexdigest()[:12]


def find(appointment_id: int) -> tuple[Appointment, Standing]:
    """A visit to the clinician, and how it stands with its money.

    Raises NotFound for all others, and for a time that is only held.
    """
    wanted = (
        select(Appointment)
        .options(*queries.WITH_PEOPLE)
        .where(
            Appointment.id == appointment_id,
            Appointment.clinician_id == g.actor.clinician_id,
            queries.BOOKED,
            queries.visible_to(g.actor),
        )
    )
    found = db.session.execute(with_standing(wanted)).one_or_none()
    if found is None:
        raise NotFound
    visit, statuses, is_covered = found
    return visit, standing_beside(visit, statuses, is_covered=is_covered)


def day_of(appointment_id: int) -> date:
    """The date of a visit on the clinician's calendar. Raises NotFound as `find`."""
    visit, _ = find(appointment_id)
    return clock.local_day(visit.starts_at, visit.clinician.zone)


def read(visit: Appointment, standing: Standing, at: datetime) -> Beside:
    """All there is beside it, in two queries, and one for who looks after the patient; the look is audited."""
    if visit.patient is None:
        raise NotFound
    patient = visit.patient
    _note_opening(visit, at)
    return Beside(
        visit=visit,
        patient=patient,
        standing=standing,
        age=_age(patient, clock.local_day(at, visit.zone)),
        gender=str(dict(GENDERS)[patient.gender]) if patient.gender else "",
        carers=carers_of(db.session, patient),
        visits=_visits_of(patient, at),
        notes=latest_notes(db.session, g.actor, patient, MOST_NOTES),
        follows=followed(db.session, g.actor, visit),
    )


def now(visit: Appointment, standing: Standing, at: datetime) -> Now:
    """What can be done about the visit."""
    return Now(visit, standing, Actions.for_(visit, g.actor, at))


def closed() -> None:
    """Nothing stands beside the day: opening it again is another look."""
    session.pop(OPENED, None)


def _note_opening(visit: Appointment, at: datetime) -> None:
    """One look for one opening: a button that is pressed in it brings the same page back."""
    before = session.get(OPENED)
    if before and before[0] == visit.id and at - datetime.fromisoformat(before[1]) < ONE_OPENING:
        return
    note_look("appointment", visit.id, visit.patient_id)
    session[OPENED] = [visit.id, at.isoformat()]


def _visits_of(patient: Patient, at: datetime) -> Sequence[Appointment]:
    """Those with this clinician that are not cancelled, the newest first."""
    statement = queries.listed(g.actor, queries.Filters(patient_id=patient.id), at)
    kept = statement.where(Appointment.status != Status.CANCELLED)
    newest_first = kept.order_by(None).order_by(Appointment.starts_at.desc(), Appointment.id)
    return db.session.scalars(newest_first.limit(MOST_VISITS)).all()


def _age(patient: Patient, today: date) -> int | None:
    born = patient.date_of_birth
    if born is None:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
