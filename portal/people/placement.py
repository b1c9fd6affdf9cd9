"""Who works where."""

from collections.abc import Collection

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from portal.centres.models import Centre
from portal.centres.queries import visible_to
from portal.core.permissions import Actor
from portal.people.models import Clinician, ClinicianCentre


def centres_with(
    session: Session, actor: Actor, clinician_ids: Collection[int]
) -> list[tuple[Centre, frozenset[int]]]:
    """The centres that the actor may see, by name, each with those of these clinicians who work there: one query."""
    who = func.array_agg(ClinicianCentre.clinician_id).filter(ClinicianCentre.clinician_id.is_not(None))
    works_there = and_(
        ClinicianCentre.centre_id == Centre.id, ClinicianCentre.clinician_id.in_(clinician_ids)
    )
    statement = (
        select(Centre, who)
        .outerjoin(ClinicianCentre, works_there)
        .where(visible_to(actor))
        .group_by(Centre.id)
        .order_by(func.lower(Centre.name), Centre.id)
    )
    return [(centre, frozenset(found or ())) for centre, found in session.execute(statement)]


def clinicians_at(session: Session, centre_id: int) -> list[Clinician]:
    """Everybody who works at the centre, those switched off included, by name."""
    at_centre = select(ClinicianCentre.clinician_id).where(ClinicianCentre.centre_id == centre_id)
    found = session.scalars(
        select(Clinician).where(Clinician.id.in_(at_centre), Clinician.deleted_at.is_(None))
    )
    return sorted(found, key=lambda clinician: clinician.account.full_name.casefold())
