"""Centres: the public reads those that take bookings; managers keep them."""

from typing import Any

from flask import Blueprint, g
from flask_babel import gettext

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Done, Listed, Paged, paged
from portal.api.v1.representations.centres import (
    CentreChanges,
    CentreQuery,
    CentreShape,
    NewCentre,
    centre_shape,
)
from portal.appointments.commands import retire_centre, switch_centre
from portal.bootstrap import db
from portal.centres import commands
from portal.centres.models import Centre
from portal.centres.queries import get_readable, get_visible, search_centres
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import check_may

bp = Blueprint("api_centres", __name__, url_prefix="/centres")


@bp.get("")
@endpoint("ADM-09", Listed[CentreShape])
def index(query: CentreQuery) -> Paged[CentreShape]:
    """List centres, by name. The public sees those that take bookings, managers all."""
    found = search_centres(db.session, g.actor, city=query.city, page=query.page, limit=query.limit)
    return paged(found, centre_shape)


@bp.get("/<int:centre_id>")
@endpoint("ADM-09", Answer[CentreShape])
def show(centre_id: int) -> CentreShape:
    """Read a centre."""
    return centre_shape(get_readable(db.session, g.actor, centre_id))


@bp.post("")
@endpoint("ADM-10", Answer[CentreShape], Permission.CENTRE_CREATE, status=201, is_write=True)
def create(json: NewCentre) -> CentreShape:
    """Open another centre."""
    facts = json.model_dump(by_alias=False, exclude={"timezone"})
    facts["currency"] = json.currency or settings().default_currency
    zone = json.timezone or settings().default_time_zone
    return centre_shape(
        commands.create_centre(db.session, by=g.actor, at=clock.now(), time_zone=zone, **facts)
    )


@bp.patch("/<int:centre_id>")
@endpoint("ADM-11", Answer[CentreShape], Permission.CENTRE_EDIT, Permission.CENTRE_SWITCH, is_write=True)
def update(centre_id: int, json: CentreChanges) -> CentreShape:
    """Correct what is known of a centre, or open and close it for new bookings."""
    centre, given = get_visible(db.session, g.actor, centre_id), json.given()
    is_active = given.pop("is_active", None)
    if is_active is not None:
        check_may((Permission.CENTRE_SWITCH,))
        switch_centre(db.session, centre, by=g.actor, is_active=is_active, at=clock.now())
    if given:
        check_may((Permission.CENTRE_EDIT,))
        commands.edit_centre(db.session, centre, by=g.actor, at=clock.now(), **_facts(centre, given))
    return centre_shape(centre)


@bp.delete("/<int:centre_id>")
@endpoint("ADM-12", Done, Permission.CENTRE_DELETE, is_write=True)
def delete(centre_id: int) -> Done:
    """Close a centre for good; refused while anybody is booked there."""
    retire_centre(db.session, get_visible(db.session, g.actor, centre_id), by=g.actor, at=clock.now())
    return Done(message=gettext("The centre is deleted."))


def _facts(centre: Centre, given: dict[str, Any]) -> dict[str, Any]:
    """What is known of the centre, with what was given in its place."""
    if "timezone" in given:
        given["time_zone"] = given.pop("timezone")
    return {fact: given.get(fact, getattr(centre, fact)) for fact in commands.FACTS}
