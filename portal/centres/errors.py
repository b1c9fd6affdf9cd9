"""Planned refusals of centres, and the words for each constraint that says no."""

from portal.core.db import refuses
from portal.core.errors import Duplicate, PortalError, _


class CurrencyInUse(PortalError):
    message = _("Clinicians work at this centre in its currency, so the currency has to stay.")


refuses(
    "uq_centre_name_city",
    lambda: Duplicate(details={"name": _("There is already a centre of this name in this city.")}),
)
refuses(
    "uq_holiday_centre_id_holiday_on",
    lambda: Duplicate(details={"holiday_on": _("The centre is already closed on this day.")}),
)
