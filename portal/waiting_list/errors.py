"""Why somebody cannot wait, or cannot have a time any more."""

from portal.core.db import refuses
from portal.core.errors import Duplicate, PortalError, _


class OfferGone(PortalError):
    """It was answered, or its time to answer is over."""

    code = "BOOKING_EXPIRED"
    message = _("This time is no longer kept for you.")


class AlreadyWaiting(Duplicate):
    message = _("You are on the waiting list for this already.")


class NothingToWaitFor(PortalError):
    code = "INVALID_STATE_TRANSITION"
    message = _("This appointment can no longer be moved, so there is nothing to wait for.")


refuses("uq_waiting_list_entry_appointment_id", AlreadyWaiting)
refuses("uq_waiting_list_entry_wish", AlreadyWaiting)
