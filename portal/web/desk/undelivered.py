"""Messages that did not arrive: whom to call, and what became of it."""

from collections.abc import Callable

from flask import Response, flash, g
from flask_babel import gettext

from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import PortalError
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.notifications import handling
from portal.notifications.errors import AlreadyHandled, NobodyToTell, NoLongerTrue, NotUndelivered
from portal.notifications.history import get_visible
from portal.notifications.models import Delivery
from portal.notifications.undelivered import undelivered as search
from portal.web.arguments import check_is_page, page_number
from portal.web.desk import bp
from portal.web.rendering import page, redirect_to


@bp.get("/undelivered")
@requires(Permission.DELIVERY_HANDLE)
def undelivered() -> Response:
    """The messages of one's own centre, those about visits to come first."""
    found = search(db.session, g.actor, at=clock.now(), page=page_number())
    check_is_page(found)
    return page("desk/undelivered.html", found=found)


@bp.post("/undelivered/<int:delivery_id>/repetition")
@requires(Permission.DELIVERY_HANDLE)
def repeat_message(delivery_id: int) -> Response:
    """Send it once more."""
    return _dealt_with(delivery_id, handling.send_again, gettext("The message is on its way again."))


@bp.post("/undelivered/<int:delivery_id>/telling")
@requires(Permission.DELIVERY_HANDLE)
def note_told(delivery_id: int) -> Response:
    """They have been told by phone, or at the desk."""
    return _dealt_with(delivery_id, handling.note_told, gettext("Noted: they have been told."))


def _dealt_with(delivery_id: int, command: Callable[..., object], done: str) -> Response:
    """Back to the list, which says what became of it: of two colleagues at once the second learns of the first."""
    delivery: Delivery = get_visible(db.session, g.actor, delivery_id)
    refusal: PortalError | None = None
    try:
        in_transaction(db.session, lambda: command(db.session, delivery, by=g.actor, at=clock.now()))
    except (AlreadyHandled, NobodyToTell, NoLongerTrue, NotUndelivered) as error:
        refusal = error
    flash(gettext(refusal.message) if refusal else done, "danger" if refusal else "success")
    return redirect_to("desk.undelivered")
