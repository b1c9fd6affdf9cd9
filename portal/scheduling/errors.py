"""Why hours cannot be what somebody wants them to be."""

from portal.core.errors import Invalid, _


class HoursOverlap(Invalid):
    message = _("Two of these hours overlap. Please change one of them.")


class HoursEndBeforeStart(Invalid):
    message = _("The end must be after the start.")
