"""Messages about an appointment that are sent at once, from its page."""

from flask import Response, flash, g, request
from flask_babel import gettext

from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import NotFound, TooManyAttempts
from portal.core.permissions import Permission
from portal.delivery.access import check_may, requires
from portal.notifications import handling
from portal.notifications.errors import NobodyToTell, NotConfirmed
from portal.notifications.kinds import Kind
from portal.web.rendering import redirect_to
from portal.web.staff import bp
from portal.web.staff.appointments import find

SENDING = {
    "confirmation": (Kind.CONFIRMED, Permission.CONFIRMATION_SEND),
    "reminder": (Kind.REMINDER, Permission.REMINDER_SEND),
}


@bp.post("/appointments/<int:appointment_id>/notifications")
@requires(Permission.CONFIRMATION_SEND, Permission.REMINDER_SEND)
def notification(appointment_id: int) -> Response:
    """Send the patient what the pressed button names."""
    appointment = find(appointment_id)
    kind, permission = _meant()
    check_may((permission,))
    try:
        in_transaction(
            db.session, lambda: handling.send_now(db.session, appointment, kind, by=g.actor, at=clock.now())
        )
    except (NotConfirmed, NobodyToTell) as refusal:
        flash(gettext(refusal.message), "danger")
    except TooManyAttempts:
        flash(gettext("It has been sent several times within the hour. Please wait a little."), "danger")
    else:
        flash(gettext("The message is on its way."), "success")
    return redirect_to("staff.appointment", appointment_id=appointment_id)


def _meant() -> tuple[Kind, Permission]:
    try:
        return SENDING[request.form.get("type", "")]
    except KeyError:
        raise NotFound from None
