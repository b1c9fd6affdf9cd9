"""Why hours and services cannot be what somebody wants them to be."""

from collections.abc import Mapping
from functools import partial

from portal.core.db import refuses
from portal.core.errors import Invalid, _


class BadHours(Invalid):
    """`position` says which of the hours that were given is wrong, counted from 0."""

    def __init__(self, *, details: Mapping[str, str] | None = None, position: int | None = None) -> None:
        super().__init__(details=details)
        self.position = position


class HoursOverlap(BadHours):
    message = _("Two of these hours overlap. Please change one of them.")


class HoursEndBeforeStart(BadHours):
    message = _("The end must be after the start.")


SENSIBLE = {
    "ck_service_duration_sensible": ("duration_minutes", _("Enter a length of 5 to 480 minutes.")),
    "ck_service_buffer_before_sensible": ("buffer_before_minutes", _("Enter 0 to 120 minutes.")),
    "ck_service_buffer_after_sensible": ("buffer_after_minutes", _("Enter 0 to 120 minutes.")),
    "ck_service_price_not_negative": ("price_minor", _("Enter an amount of 0 or more.")),
    "ck_service_has_a_way": ("is_online", _("Choose online, in person or both.")),
    "ck_schedule_notice_sensible": ("notice_hours", _("Enter 0 to 720 hours.")),
    "ck_schedule_horizon_sensible": ("advance_days", _("Enter 1 to 730 days.")),
    "ck_schedule_deadline_sensible": ("deadline_hours", _("Enter 0 to 720 hours.")),
}


for _constraint, (_field, _message) in SENSIBLE.items():
    refuses(_constraint, partial(Invalid, details={_field: _message}))
