"""Any date and time, typed by staff: for a visit that is booked, or moved, to a time that may not be offered."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _

from portal.core import clock
from portal.web.forms import DateField, Needed, TimeField


class AnyTime:
    """The two fields of a form with such a time, and the instant they say."""

    on = DateField(_("Date"), [Needed(_("Enter the date"))])
    time = TimeField(_("Time"), [Needed(_("Enter the time"))])

    def instant(self, zone: ZoneInfo) -> datetime:
        """What was typed, once it is valid, as wall time of the zone."""
        return clock.at(self.on.data, self.time.data, zone)
