"""Coming appointments that nobody is there to keep."""

from flask import Blueprint, g
from pydantic import Field

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.appointments import AppointmentShape, appointment_shape
from portal.api.v1.representations.base import Listed, Listing, Paged, paged
from portal.appointments.affected import Affected, Cause, affected
from portal.bootstrap import db
from portal.core import clock
from portal.core.pagination import Page
from portal.core.permissions import Permission
from portal.payments.queries import accounts_of

bp = Blueprint("api_affected_appointments", __name__, url_prefix="/affected-appointments")


class AffectedShape(AppointmentShape):
    cause: Cause = Field(description="Why nobody is there.")


@bp.get("")
@endpoint("AVL-01", Listed[AffectedShape], Permission.APPOINTMENT_VIEW)
def index(query: Listing) -> Paged[AffectedShape]:
    """List coming appointments that hours, leave, holidays or who works here no longer cover, in order of start.

    Clinicians see their own, staff of a centre those there. They stay booked until somebody moves or cancels them.
    """
    found = affected(db.session, g.actor, at=clock.now())
    start = (query.page - 1) * query.limit_taken
    some = found[start : start + query.limit_taken]
    accounts = accounts_of(db.session, [one.appointment for one in some])

    def shape(one: Affected) -> AffectedShape:
        facts = appointment_shape(one.appointment, g.actor, accounts[one.appointment.id])
        return AffectedShape(cause=one.cause, **facts.model_dump(by_alias=False))

    return paged(Page(some, query.page, query.limit_taken, len(found)), shape)
