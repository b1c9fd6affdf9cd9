"""Clinicians who leave a centre: hours there must not be offered any longer."""

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.people.events import ClinicianChanged
from portal.people.models import ClinicianCentre
from portal.scheduling.models import DateException, WeeklyRule


def drop_hours_elsewhere(session: Session, event: ClinicianChanged) -> None:
    """After a change of a clinician's centres, remove weekly hours and exceptions at places that are theirs no more.

    Who works at no centre has hours at none; who works at some has none without. Leave from all centres stays.
    """
    if "centres" not in event.changed:
        return
    own = select(ClinicianCentre.centre_id).where(ClinicianCentre.clinician_id == event.clinician_id)
    works_somewhere = own.exists()

    def is_elsewhere(centre_id: "InstrumentedAttribute[int | None]") -> ColumnElement[bool]:
        return centre_id.not_in(own) | (centre_id.is_(None) & works_somewhere)

    session.execute(
        delete(WeeklyRule).where(
            WeeklyRule.clinician_id == event.clinician_id, is_elsewhere(WeeklyRule.centre_id)
        )
    )
    session.execute(
        delete(DateException).where(
            DateException.clinician_id == event.clinician_id,
            is_elsewhere(DateException.centre_id),
            DateException.is_available | DateException.centre_id.is_not(None),
        )
    )
