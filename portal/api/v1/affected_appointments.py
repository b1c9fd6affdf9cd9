"""Coming appointments that nobody is there to keep."""

from datetime import datetime

from flask import Blueprint, g
from pydantic import Field

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.appointments import AppointmentShape, appointment_shape
from portal.api.v1.representations.base import Answer, Listed, Listing, Paged, paged
from portal.appointments import commands
from portal.appointments.affected import Affected, Cause, affected, affected_causes
from portal.appointments.errors import InvalidStateTransition
from portal.appointments.queries import get_visible
from portal.bootstrap import db
from portal.core import clock
from portal.core.pagination import Page
from portal.core.permissions import Permission
from portal.payments.queries import Account, account_of, accounts_of

bp = Blueprint("api_affected_appointments", __name__, url_prefix="/affected-appointments")


class AffectedShape(AppointmentShape):
    cause: Cause = Field(description="Why nobody is there.")
    move_asked_at: datetime | None = Field(description="When the patient was last asked for another time.")


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
        return _shape(one, accounts[one.appointment.id])

    return paged(Page(some, query.page, query.limit_taken, len(found)), shape)


@bp.post("/<int:appointment_id>/move-request")
@endpoint("AVL-01", Answer[AffectedShape], Permission.APPOINTMENT_CANCEL, is_write=True)
def ask_to_move(appointment_id: int) -> AffectedShape:
    """Ask its patient to choose another time: one message with a link, at most once a day.

    From then on moving and cancelling cost them nothing. Refused where nobody needs to be asked, and where there is no
    other time since the clinician or the centre is switched off.
    """
    appointment, at = get_visible(db.session, g.actor, appointment_id), clock.now()
    cause = affected_causes(db.session, g.actor, at=at).get(appointment.id)
    one = Affected(appointment, cause) if cause else None
    if one is None or not one.can_be_asked:
        raise InvalidStateTransition
    commands.ask_to_move(db.session, appointment, by=g.actor, at=at)
    return _shape(one, account_of(db.session, appointment))


def _shape(one: Affected, account: Account) -> AffectedShape:
    facts = appointment_shape(one.appointment, g.actor, account).model_dump(by_alias=False)
    return AffectedShape(cause=one.cause, move_asked_at=one.appointment.move_asked_at, **facts)
