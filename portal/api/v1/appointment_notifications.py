"""Messages about an appointment that staff send at once."""

from flask import Blueprint, g
from flask_babel import gettext

from portal.api.v1.appointments import seen
from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer
from portal.api.v1.representations.notification_deliveries import (
    ByHand,
    DeliveryShape,
    SendNow,
    delivery_shape,
)
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import check_may
from portal.notifications.handling import send_now
from portal.notifications.kinds import Kind

bp = Blueprint("api_appointment_notifications", __name__, url_prefix="/appointments/<int:appointment_id>")
SENDING = {
    ByHand.APPOINTMENT_CONFIRMATION: (Kind.CONFIRMED, Permission.CONFIRMATION_SEND),
    ByHand.APPOINTMENT_REMINDER: (Kind.REMINDER, Permission.REMINDER_SEND),
}


@bp.post("/notifications")
@endpoint(
    "NTF-05",
    Answer[list[DeliveryShape]],
    Permission.CONFIRMATION_SEND,
    Permission.REMINDER_SEND,
    status=201,
    is_write=True,
)
def create(appointment_id: int, json: SendNow) -> Answer[list[DeliveryShape]]:
    """Send the patient a confirmation or a reminder now, at most three of a kind in an hour.

    Refused unless the appointment is confirmed and still to come. Answers the deliveries, one for each channel.
    """
    kind, permission = SENDING[json.type]
    check_may((permission,))
    appointment, _actor = seen(appointment_id)
    rows = send_now(db.session, appointment, kind, by=g.actor, at=clock.now())
    return Answer[list[DeliveryShape]](
        data=[delivery_shape(row) for row in rows], message=gettext("The message is on its way.")
    )
