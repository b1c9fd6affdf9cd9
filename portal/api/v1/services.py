"""A clinician's services: read by everybody, kept by those who keep the clinician's hours."""

from typing import Any

from flask import Blueprint, g
from flask_babel import gettext

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Done, minor_units
from portal.api.v1.representations.services import (
    NewService,
    ServiceChanges,
    ServiceQuery,
    ServiceShape,
    service_shape,
)
from portal.api.v1.who import manageable_clinician, readable_clinician
from portal.bootstrap import db
from portal.core.errors import Invalid, _
from portal.core.permissions import Permission
from portal.people.models import Clinician
from portal.scheduling import commands
from portal.scheduling.queries import get_service, services_of

bp = Blueprint("api_services", __name__, url_prefix="/clinicians/<string:clinician_id>/services")


@bp.get("")
@endpoint("DIR-07", Answer[list[ServiceShape]], is_cacheable=True, also=(401,))
def index(clinician_id: str, query: ServiceQuery) -> list[ServiceShape]:
    """List what a clinician offers, with length and price."""
    clinician = readable_clinician(clinician_id)
    may_change = g.actor.may(Permission.SERVICE_EDIT) and g.actor.clinician_id in (None, clinician.id)
    found = services_of(db.session, clinician.id, active_only=not (query.include_inactive and may_change))
    return [service_shape(service, clinician.currency) for service in found]


@bp.post("")
@endpoint("DIR-07", Answer[ServiceShape], Permission.SERVICE_EDIT, status=201, is_write=True)
def create(clinician_id: str, json: NewService) -> ServiceShape:
    """Offer another service."""
    clinician = manageable_clinician(clinician_id)
    facts = json.model_dump(by_alias=False, exclude_none=True)
    usual = {"is_online": not clinician.centres, "is_in_person": bool(clinician.centres)}
    service = commands.add_service(
        db.session, clinician, by=g.actor, **_values(clinician, {**usual, **facts})
    )
    db.session.flush()
    return service_shape(service, clinician.currency)


@bp.patch("/<int:service_id>")
@endpoint("DIR-07", Answer[ServiceShape], Permission.SERVICE_EDIT, is_write=True)
def update(clinician_id: str, service_id: int, json: ServiceChanges) -> ServiceShape:
    """Change a service. Appointments already made keep the length and price they were made with."""
    clinician = manageable_clinician(clinician_id)
    service = get_service(db.session, clinician.id, service_id)
    commands.edit_service(db.session, service, by=g.actor, **_values(clinician, json.given()))
    db.session.flush()
    return service_shape(service, clinician.currency)


@bp.delete("/<int:service_id>")
@endpoint("DIR-07", Done, Permission.SERVICE_EDIT, is_write=True)
def delete(clinician_id: str, service_id: int) -> Done:
    """Offer a service no longer; appointments already made stay."""
    clinician = manageable_clinician(clinician_id)
    service = get_service(db.session, clinician.id, service_id)
    commands.edit_service(db.session, service, by=g.actor, is_active=False)
    return Done(message=gettext("The service is offered no longer."))


def _values(clinician: Clinician, given: dict[str, Any]) -> dict[str, Any]:
    """As the columns are named."""
    if "price" not in given:
        return given
    try:
        given["price_minor"] = minor_units(given.pop("price"), clinician.currency)
    except ValueError:
        raise Invalid(details={"price": _("This is finer than the currency allows.")}) from None
    return given
