"""The services of many clinicians as one list."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.people.models import Clinician
from portal.scheduling.models import Service


def services_listed(whose: ColumnElement[bool]) -> Select[Service]:
    """The statement behind a list of the services of many: by the clinician's name, then by their own."""
    of = select(Service).join(Clinician, Clinician.id == Service.clinician_id).join(Clinician.account)
    return of.where(whose).order_by(func.lower(Account.full_name), Clinician.id, Service.title, Service.id)


def clinicians_of_services(session: Session, services: Sequence[Service]) -> dict[int, Clinician]:
    """Who offers these, by id, in one query."""
    ids = {service.clinician_id for service in services}
    return {one.id: one for one in session.scalars(select(Clinician).where(Clinician.id.in_(ids)))}
