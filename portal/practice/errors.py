"""Why a rule is not changed."""

from portal.core.errors import PortalError, _


class RulesChangedMeanwhile(PortalError):
    """Somebody else has changed one of these rules since they were read."""

    message = _("Somebody else has changed these rules meanwhile. Please look at them again.")
