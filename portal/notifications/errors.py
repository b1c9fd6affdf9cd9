"""Why a message is not sent now."""

from portal.core.errors import PortalError, _


class AlreadyHandled(PortalError):
    message = _("A colleague has dealt with this message already.")


class NotUndelivered(PortalError):
    code = "INVALID_STATE_TRANSITION"
    message = _("This message has been sent, or is still on its way.")


class NoLongerTrue(PortalError):
    code = "INVALID_STATE_TRANSITION"
    message = _("The appointment has changed since then: what that message says is not so any longer.")


class NotConfirmed(PortalError):
    code = "INVALID_STATE_TRANSITION"
    message = _("Only an appointment that is confirmed and still to come can be confirmed or reminded of.")


class NobodyToTell(PortalError):
    message = _("There is no phone number or email address over which this person can be told.")
